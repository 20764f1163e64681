"""Renew pinned facts: `python tests/pins/pin.py [tables] [prompts] [prices] [rubrics]`; all of them where none is named.

A prompt or rubric that changed is renewed only where its version was raised, a price only where its date or source is
another; a task that is new is added. Exit code 1 where something was refused.
"""

from __future__ import annotations

import sys

import prices
import prompts
import rubrics
import tables

KINDS = {
    "prompts": (prompts.PROMPTS, prompts.pins),
    "prices": (prices.PRICES, prices.pins),
    "rubrics": (rubrics.RUBRICS, rubrics.pins),
}


def main(words: list[str]) -> int:
    """Renew the kinds that are named."""
    unknown = [word for word in words if word not in (*KINDS, "tables")]
    if unknown:
        print(f"no such pins: {', '.join(unknown)}; there are tables, {', '.join(KINDS)}")
        return 2
    refused = []
    for name, (kind, pins) in KINDS.items():
        if not words or name in words:
            refused += [f"{name}: {line}" for line in kind.renew(pins())]
    if tables.READINGS.is_dir() and (not words or "tables" in words):
        tables.renew()
    elif "tables" in words:
        refused.append(f"tables: the readings are not at {tables.READINGS}")
    print("\n".join(refused) or "renewed")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
