"""Arguments that several commands share."""

from __future__ import annotations

import argparse
from pathlib import Path

from evalkit.cli.judge_options import (
    add_call_arguments,
    add_judge_arguments,
    call_limits,
    pairs,
    read_judge_options,
)
from evalkit.core.errors import UsageError
from evalkit.run.options import DEFAULT_OUT, STAGES, Options, Stage


def add_run_arguments(parser: argparse.ArgumentParser, *, task: bool = True) -> None:
    """Arguments of everything that runs a task; with `task` False, what to run is settled by other arguments."""
    if task:
        parser.add_argument(
            "--task", required=True, metavar="T[,T2]",
            help="task names, NAME:SPLIT[+SPLIT] for some splits, or FILE.jsonl for your own data",
        )  # fmt: skip
    parser.add_argument("--limit", type=int, metavar="N", help="only N samples of each task, shared over its splits")
    parser.add_argument(
        "--out",
        type=Path,
        default=DEFAULT_OUT,
        metavar="DIR",
        help="folder of all results (default: results)",
    )
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="folder with local copies of the data (default: EVALKIT_DATA)",
    )
    parser.add_argument("--revision", metavar="REV", help="another revision of the data than the task's")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of everything random (default: 0)")
    parser.add_argument("--fresh", action="store_true", help="move earlier results of this run aside and start over")
    parser.add_argument("--stage", choices=STAGES, action="append", help="do only this stage (repeatable)")
    parser.add_argument("--scorer", metavar="NAME[:PROFILE]", help="score by this rule instead of the task's")
    parser.add_argument("--scorer-arg", action="append", default=[], metavar="KEY=VALUE", help="argument of the scorer")
    calls = parser.add_argument_group("models that make calls")
    add_call_arguments(calls)
    add_judge_arguments(parser.add_argument_group("judges"))
    parser.add_argument(
        "--transcriber", metavar="MODEL",
        help="model that hears spoken answers; LANGUAGE=MODEL,... for several languages, or 'default'",
    )  # fmt: skip
    parser.add_argument(
        "--transcriber-arg", action="append", default=[], metavar="[LANGUAGE:]KEY=VALUE",
        help="argument of the transcriber (repeatable)",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print the summaries as JSON on stdout")
    parser.add_argument(
        "--dry-run", action="store_true",
        help="print samples, calls, estimated tokens and cost; ask, load and write nothing",
    )  # fmt: skip


def options(arguments: argparse.Namespace) -> Options:
    """The options that shared arguments ask for.

    Raises:
        UsageError: a value that cannot be used.
    """
    if arguments.scorer_arg and not arguments.scorer:
        raise UsageError("--scorer-arg needs --scorer NAME; the arguments of a task's own scorers are its protocol")
    stages: tuple[Stage, ...] = tuple(stage for stage in STAGES if not arguments.stage or stage in arguments.stage)
    limits = call_limits(arguments)
    return Options(
        out=arguments.out,
        data=arguments.data,
        revision=arguments.revision,
        limit=arguments.limit,
        seed=arguments.seed,
        fresh=arguments.fresh,
        stages=stages,
        scorer=arguments.scorer,
        scorer_arguments=pairs(arguments.scorer_arg, "--scorer-arg"),
        transcriber=arguments.transcriber,
        transcriber_arguments=pairs(arguments.transcriber_arg, "--transcriber-arg"),
        limits=limits,
        judging=read_judge_options(arguments, limits),
        command=tuple(arguments.words),
        progress=True,
    )
