"""`evalkit build`: make data of one's own for MMMB, MSIB and Hello-Chat, with any models and a review by a person."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.cli.text import json_text, say
from evalkit.core.errors import UsageError

if TYPE_CHECKING:
    from evalkit.building.pipeline import Builder, Report

_SHOWN = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    kinds = parser.add_subparsers(dest="benchmark", metavar="BENCHMARK", required=True)
    memory = kinds.add_parser("mmmb", help="memory over many turns of images and text, from images of yours")
    memory.add_argument(
        "--images", type=Path, metavar="DIR",
        help="images, with images.csv or images.jsonl: path, provenance, licence of each",
    )  # fmt: skip
    memory.add_argument("--vlm", metavar="MODEL", help="model that describes the images")
    spoken = kinds.add_parser("msib", help="spoken conversations in six dimensions")
    spoken.add_argument("--dimension", metavar="D[,D2]", help="only these, for example rate_control (default: all six)")
    _add_hello_chat(
        kinds.add_parser("hello-chat", help="a set of Hello-Chat's kinds, from lists and recordings of yours")
    )
    for kind, turns, purpose in ((memory, "5-15", "speaks the last question"), (spoken, "2-10", "speaks the user")):
        kind.add_argument("--llm", metavar="MODEL", help="model that writes the dialogues")
        kind.add_argument(
            "--tts", metavar="MODEL", action="append", help=f"model that {purpose}; repeat for more voices"
        )
        kind.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the build and its result")
        kind.add_argument("--dialogues", type=int, metavar="N", help="how many to draft")
        kind.add_argument("--language", metavar="L[,L2]", help="language codes, shared evenly (default: en)")
        kind.add_argument("--turns", metavar="A-B", help=f"fewest and most turns (default: {turns})")
        kind.add_argument("--seed", type=int, metavar="S", help="of everything random (default: 0)")
        kind.add_argument("--attempts", type=int, metavar="N", help="tries where a reply is unusable (default: 3)")
        kind.add_argument("--finish", action="store_true", help="make the result of a full review; draft nothing")
        kind.add_argument(
            "--concurrency", type=int, default=16, metavar="N", help="calls under way at once (default: 16)"
        )
        kind.add_argument("--max-cost", type=float, metavar="USD", help="stop, resumably, when this much is spent")
        kind.add_argument("--json", action="store_true", help="print what was done as JSON")
        kind.epilog = (
            "MODEL is NAME[:MODEL][,KEY=VALUE]... as in openai:gpt-4o-mini. Repeat the command to go on; --out alone "
            "is enough then."
        )


def _add_hello_chat(parser: argparse.ArgumentParser) -> None:
    for name, what in (
        ("speech", "recordings with transcripts: audio, text, language"),
        ("questions", "questions to be spoken: question, language, and answer where it is known"),
        ("translations", "sentences to be spoken: text, language, target_language, translation"),
        ("events", "recordings of sounds: audio, label"),
    ):
        parser.add_argument(
            f"--{name}", type=Path, metavar="FILE", action="append", default=[], help=f"JSON Lines; {what} (repeatable)"
        )
    parser.add_argument(
        "--emobox", metavar="LIST=DIR", action="append", default=[],
        help="a list of EmoBox, and the folder of its corpus (repeatable)",
    )  # fmt: skip
    parser.add_argument("--label-map", type=Path, metavar="FILE", help="EmoBox's label_map.json of these lists")
    parser.add_argument("--each", type=int, metavar="N", help="items drawn of each list (default: all)")
    parser.add_argument("--only-yes", type=int, default=100, metavar="N", help="items of Only-Yes (default: 100)")
    parser.add_argument("--tts", metavar="MODEL", action="append", help="model that speaks; repeat for more voices")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the build and its result")
    parser.add_argument("--seed", type=int, metavar="S", help="of everything random (default: 0)")
    parser.add_argument("--attempts", type=int, metavar="N", help="tries where speech is unusable (default: 3)")
    parser.add_argument("--concurrency", type=int, default=16, metavar="N", help="calls at once (default: 16)")
    parser.add_argument("--max-cost", type=float, metavar="USD", help="stop, resumably, when this much is spent")
    parser.add_argument("--json", action="store_true", help="print what was done as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Build as far as can be; 0, or 1 where something could not be made."""
    report = _builder(arguments).build()
    say(json_text(_facts(report)) if arguments.json else _text(report, arguments))
    return 1 if report.lost else 0


def _builder(arguments: argparse.Namespace) -> Builder:
    from evalkit.building.hello_chat import HelloChatBuilder, Inputs
    from evalkit.building.mmmb import MemoryBuilder
    from evalkit.building.msib import SpokenBuilder

    if arguments.benchmark != "hello-chat":
        return (MemoryBuilder if arguments.benchmark == "mmmb" else SpokenBuilder)(_options(arguments))
    made = HelloChatBuilder(_options(arguments))
    pairs = [word.rpartition("=") for word in arguments.emobox]
    for word, (path, _, folder) in zip(arguments.emobox, pairs, strict=True):
        if not path or not folder:
            raise UsageError(f"--emobox {word}: expected LIST=DIR, a list and the folder of its corpus")
    made.inputs = Inputs(
        arguments.speech, arguments.questions, arguments.translations,
        [(Path(path), Path(folder)) for path, _, folder in pairs], arguments.label_map, arguments.events,
        arguments.each, arguments.only_yes,
    )  # fmt: skip
    return made


def _options(arguments: argparse.Namespace) -> Any:
    from evalkit.building.options import BuildOptions
    from evalkit.core.limits import Budget, CallLimits

    if arguments.concurrency < 1:
        raise UsageError(f"--concurrency {arguments.concurrency}: expected at least 1")
    dimensions = getattr(arguments, "dimension", None)
    settings = {
        "dialogues": getattr(arguments, "dialogues", None),
        "languages": _list(getattr(arguments, "language", None)),
        "turns": _range(getattr(arguments, "turns", None)),
        "seed": arguments.seed,
        "attempts": arguments.attempts,
        "dimensions": _list(dimensions),
    }
    return BuildOptions(
        out=arguments.out,
        finish=getattr(arguments, "finish", False),
        images=getattr(arguments, "images", None),
        vlm=getattr(arguments, "vlm", None),
        llm=getattr(arguments, "llm", None),
        tts=arguments.tts,
        settings=settings,
        limits=CallLimits(concurrency=arguments.concurrency, budget=Budget(arguments.max_cost)),
        progress=True,
    )


def _list(text: str | None) -> list[str] | None:
    return None if text is None else [word.strip() for word in text.split(",") if word.strip()]


def _range(text: str | None) -> list[int] | None:
    if text is None:
        return None
    found = re.fullmatch(r"(\d+)(?:-(\d+))?", text)
    if found is None:
        raise UsageError(f"--turns {text}: expected FEWEST-MOST, for example 5-15")
    return [int(found[1]), int(found[2] or found[1])]


def _facts(report: Report) -> dict[str, Any]:
    return {
        "state": report.state,
        "path": str(report.path),
        "counts": report.counts,
        "open": report.open,
        "lost": report.lost,
        "cost": report.cost,
    }


def _text(report: Report, arguments: argparse.Namespace) -> str:
    lines = [", ".join(f"{name.replace('_', ' ')} {count}" for name, count in report.counts.items())]
    lines.append("cost: " + ("not known of every call" if report.cost is None else f"{report.cost:.4f} US dollars"))
    shown = list(report.lost.items())[:_SHOWN]
    lines += [f"could not be made: {key}: {why}" for key, why in shown]
    if len(report.lost) > _SHOWN:
        lines.append(f"... and {len(report.lost) - _SHOWN} more; --json lists all")
    again = f"evalkit build {arguments.benchmark} --out {arguments.out}"
    if report.state == "review":
        ids = ", ".join(report.open[:_SHOWN]) + (", ..." if len(report.open) > _SHOWN else "")
        lines.append(f"{len(report.open)} dialogues wait for a decision: {ids}")
        lines.append(f'to do: set "decision" of each line of {report.path} to accept, correct or reject')
        lines.append(f"       ({arguments.out / 'review.md'} says what to look at), then: {again} --finish")
    else:
        data = arguments.out
        lines.append(f"{report.path}: {report.counts['written']} dialogues, checked")
        task = "hello_chat_built" if arguments.benchmark == "hello-chat" else arguments.benchmark
        lines.append(f"to run a model: evalkit run --task {task} --data {data} --model MODEL")
    return "\n".join(lines)
