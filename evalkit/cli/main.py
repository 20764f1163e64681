"""The `evalkit` command: parses the command's name and loads only that command's module."""

from __future__ import annotations

import argparse
import atexit
import contextlib
import importlib
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import evalkit
from evalkit.cli.streams import make_lasting
from evalkit.core.own_process import leave_current_folder

# command -> what it does; the module of the same name has add_arguments(parser) and run(arguments) -> exit code
COMMANDS: dict[str, str] = {
    "run": "run models on tasks, or go on where a run stopped",
    "score": "score answers that were made elsewhere",
    "judge": "judge the answers of a run by another judge or rubric",
    "judge-check": "measure a judge: agreement, votes, position bias, resistance to injected instructions",
    "metric": "apply a metric or a normaliser to a JSON Lines file",
    "list": "list tasks, models, judges, metrics, profiles or columns",
    "show": "show the card of a task, a model or a judge",
    "leaderboard": "results and published rows, ranked or merged, as JSON, CSV, Markdown or HTML",
    "table": "a published table, or one of your own, beside your runs",
    "reproduce": "run what a published table needs, and compare with what is printed",
    "plot": "pictures: intervals, radar, breakdowns, confusion matrix, cost against score",
    "export": "results as Parquet or CSV, or as the metadata of a model card",
    "compare": "compare two runs over the same samples, with intervals and tests",
    "baseline": "save the values and scores that later runs are judged against",
    "gate": "judge a run against a baseline: exit code 0, 1 or 2",
    "data": "check data of your own, export questions, write files for official scorers",
    "build": "build MMMB or MSIB data of your own: drafted by models, reviewed by you",
    "worker": "start or check the worker of a model with an environment of its own",
    "doctor": "check versions, devices, keys and data",
    "schema": "print the JSON Schema of a result file",
}


_LONGEST = 8000  # characters of a message


def parser(command: str | None = None) -> argparse.ArgumentParser:
    """The argument parser; only the named command's own arguments are added."""
    top = argparse.ArgumentParser(
        prog="evalkit",
        description="Evaluation of omni-modal models: every score carries its protocol, its uncertainty and its cost.",
        epilog="exit codes: 0 every sample answered and scored; 1 finished, but some were not; "
        "2 wrong usage, data or environment; 3 a bug in evalkit; 130 interrupted (repeat the command to go on)",
    )
    top.add_argument("--version", action="version", version=f"evalkit {evalkit.__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, purpose in COMMANDS.items():
        sub = commands.add_parser(name, help=purpose, description=purpose[0].upper() + purpose[1:] + ".")
        if name == command:
            _module(name).add_arguments(sub)
    return top


def _module(command: str) -> Any:
    return importlib.import_module(f"evalkit.cli.{command.replace('-', '_')}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    command = next((word for word in words if not word.startswith("-")), None)
    parsed = parser(command).parse_args(words)
    parsed.words = ["evalkit", *words]
    from evalkit.core.errors import EvalkitError

    try:
        code: int = _module(parsed.command).run(parsed)
        sys.stdout.flush()
        return code
    except EvalkitError as error:
        _tell(str(error))
        return 2
    except KeyboardInterrupt:
        print("evalkit: interrupted; repeat the command to go on where it stopped", file=sys.stderr)
        return 130
    except OSError as error:
        _tell(str(error))
        return 2


def _tell(problem: str) -> None:
    """Say on stderr what ended a command, as much as a person reads."""
    from evalkit.cli.text import say
    from evalkit.core.shown import clipped

    say(f"evalkit: {clipped(problem, _LONGEST)}", error=True)


def _interrupt(number: int, frame: object) -> None:
    """Let SIGTERM and SIGHUP end a run as Ctrl-C does: workers closed, temporary files removed, record written."""
    raise KeyboardInterrupt


def entry() -> None:
    """Console script."""
    signal.signal(signal.SIGTERM, _interrupt)
    if signal.getsignal(signal.SIGHUP) == signal.SIG_DFL:  # `nohup` has it ignored
        signal.signal(signal.SIGHUP, _interrupt)
    leave_current_folder()
    make_lasting()
    try:
        code = main()
    except Exception:
        import traceback

        from evalkit.cli.text import say

        say(traceback.format_exc(), error=True)
        say("evalkit: this is a bug; please report it. Answers so far are kept.", error=True)
        code = 3
    _leave(code)


def _leave(code: int) -> NoReturn:
    """End the process with this code, and leave its memory to the operating system.

    Taking apart what a provider's client or pyarrow brings takes a tenth of a second and more, and threads that pyarrow
    left may abort it. Everything a command wrote is closed by now.
    """
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    atexit._run_exitfuncs()
    os._exit(code)


if __name__ == "__main__":
    entry()
