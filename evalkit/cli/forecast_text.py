"""What `--dry-run` prints: calls, tokens and money of a run or of re-judging, before anything is asked."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from evalkit.cli.text import columns_of_text, say, say_json
from evalkit.models.api.waiting import seconds_text

if TYPE_CHECKING:
    from evalkit.core.model import Model
    from evalkit.judging.forecast import Forecast
    from evalkit.run.forecast import Calls, Foreseen
    from evalkit.run.options import Options
    from evalkit.run.rejudge import Outlook

_RULES = (
    "tokens and money are rough: answers and verdicts are taken to be as long as they may be; what is asked again "
    "after a fault or an unreadable verdict comes on top"
)


def show_forecast(make_model: Callable[[], Model], words: Sequence[str], options: Options, *, as_json: bool) -> int:
    """Print what the tasks of a command would take; returns the exit code.

    Args:
        make_model: makes the model; it is not started.
        words: what `--task` names.
        options: of the command.
        as_json: print JSON.
    """
    from evalkit.run.forecast import foresee_all, totals
    from evalkit.run.tasks import choose

    found = list(foresee_all(make_model, [choose(word, options) for word in words], options))
    if as_json:
        say_json([_as_json(one) for one in found])
        return 0
    for one in found:
        _show(one)
    if len(found) > 1:
        total = totals(found)
        say(f"in all: {total['calls']:,} calls, cost {money(total['cost'])}\n")
    say(_RULES)
    sys.stdout.flush()
    show_obstacles(problem for one in found for problem in one.obstacles)
    return 0


def money(cost: float | None) -> str:
    """An estimated amount in US dollars; never a number where it is not known, or where there is nothing to pay."""
    return "unknown" if cost is None else f"about ${cost:.4f}" if cost else "nothing"


def verdict_rows(protocol: str, found: Forecast) -> list[str]:
    """Cells of one judge: whose calls, how many, of what, tokens, cost."""
    asked = f"{found.answers:,} answers to judge, {found.verdicts:,} verdicts"
    known = found.verdicts - found.calls
    asked += f", {known:,} of them known" if known else ""
    return [protocol, f"{found.calls:,}", asked, *_tokens(found.input_tokens, found.output_tokens, found.calls),
            money(found.cost)]  # fmt: skip


def show_outlooks(found: Sequence[Outlook], *, as_json: bool) -> int:
    """Print what judges would be asked; returns the exit code."""
    if as_json:
        say_json({one.protocol: dataclasses.asdict(one.found) for one in found})
    else:
        rows = [HEADINGS, *(verdict_rows(one.protocol, one.found) for one in found)]
        say(f"{columns_of_text(rows, right=NUMBERS)}\n\n{_RULES}")
    sys.stdout.flush()
    show_obstacles(one.obstacle for one in found if one.obstacle is not None)
    return 0


def show_obstacles(problems: Iterable[str]) -> None:
    """Say on stderr what a command would fail for, each thing once."""
    for problem in dict.fromkeys(problems):
        say(f"evalkit: this would keep the command from running: {problem}", error=True)


HEADINGS = ["calls of", "calls", "", "input tokens", "output tokens", "cost"]
NUMBERS = {1, 3, 4}


def _show(one: Foreseen) -> None:
    say(f"\n{one.task}  ·  {one.model}  ·  {one.directory}\n")
    rows = [HEADINGS]
    rows.append(_row("model", one.generation, f"{one.samples:,} samples, {one.answered:,} answered already"))
    if one.transcription is not None:
        rows.append(_row("transcriber", one.transcription, "spoken answers without a transcript"))
    rows += [verdict_rows(protocol, found) for protocol, found in one.judging.items()]
    say(columns_of_text(rows, right=NUMBERS))
    time = f", about {seconds_text(one.seconds)} as in earlier runs" if one.seconds is not None else ""
    say(f"\n{one.calls:,} calls, cost {money(one.cost)}{time}\n")


def _row(name: str, calls: Calls, what: str) -> list[str]:
    tokens = _tokens(calls.input_tokens, calls.output_tokens, calls.calls)
    return [name, f"{calls.calls:,}", what, *tokens, money(calls.cost)]


def _tokens(read: int | None, written: int | None, calls: int) -> tuple[str, str]:
    return (
        "unknown" if read is None and calls else f"{read or 0:,}",
        "unknown" if written is None and calls else f"{written or 0:,}",
    )


def _as_json(one: Foreseen) -> dict[str, Any]:
    return {
        "task": one.task,
        "model": one.model,
        "directory": str(one.directory),
        "samples": one.samples,
        "answered": one.answered,
        "generation": dataclasses.asdict(one.generation),
        "transcription": dataclasses.asdict(one.transcription) if one.transcription is not None else None,
        "judging": {protocol: dataclasses.asdict(found) for protocol, found in one.judging.items()},
        "calls": one.calls,
        "cost": one.cost,
        "seconds": one.seconds,
        "obstacles": one.obstacles,
    }
