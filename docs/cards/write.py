"""Write into the cards of the tasks what the tasks say themselves: `make cards`."""

from __future__ import annotations

from pathlib import Path

from evalkit import plugins
from evalkit.published.card_facts import current, rewritten


def main() -> None:
    """Rewrite the headers that have changed."""
    cards: dict[Path, list[str]] = {}
    for name, plugin in plugins.plugins("task").items():
        if plugin.card is not None:
            cards.setdefault(plugin.card, []).append(name)
    for card, names in cards.items():
        text = card.read_text(encoding="utf-8")
        made = rewritten(text, current(names))
        if made != text:
            card.write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main()
