"""Arguments that several commands share."""

from __future__ import annotations

import argparse
import dataclasses
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
from evalkit.run.selection import Selection, parse_ids, parse_limit


def add_run_arguments(parser: argparse.ArgumentParser, *, task: bool = True) -> None:
    """Arguments of everything that runs a task; with `task` False, what to run is settled by other arguments."""
    if task:
        parser.add_argument(
            "--task", metavar="T[,T2]",
            help="task names, NAME:SPLIT[+SPLIT] for some splits, patterns ('librispeech*'), tag:TAG, FILE.jsonl for "
            "your own data, or FILE.py[:NAME[:SPLIT]] for a task of your own",
        )  # fmt: skip
        parser.add_argument(
            "--task-arg", action="append", default=[], metavar="KEY=VALUE", help="argument of the task (repeatable)"
        )
        parser.add_argument(
            "--include", action="append", default=[], type=Path, metavar="DIR",
            help="folder of plugin files whose tasks and models can be named (repeatable)",
        )  # fmt: skip
    parser.add_argument(
        "--limit", metavar="N|P%|A-B",
        help="only N samples of each task, shared over its splits; P%% of each split; or places A to B",
    )  # fmt: skip
    parser.add_argument(
        "--ids", action="append", default=[], metavar="FILE|ID,...",
        help="only these samples: ids, or a file with one a line (repeatable)",
    )  # fmt: skip
    parser.add_argument(
        "--repeats", type=int, default=1, metavar="N",
        help="ask each sample N times, with seeds of their own: mean, spread and pass@k",
    )  # fmt: skip
    parser.add_argument(
        "--history", choices=("own", "given"),
        help="what stands between the turns of a conversation: the model's own replies, or those of the data",
    )  # fmt: skip
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
    parser.add_argument(
        "--allow-outside-media", action="store_true",
        help="let data name media outside of their own folder",
    )  # fmt: skip
    parser.add_argument(
        "--verify-data", action="store_true",
        help="read every data and checkpoint file again for its content hash, also where its times have not changed",
    )  # fmt: skip
    parser.add_argument("--revision", metavar="REV", help="another revision of the data than the task's")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of everything random (default: 0)")
    parser.add_argument("--fresh", action="store_true", help="move earlier results of this run aside and start over")
    parser.add_argument("--stage", type=_stage, choices=STAGES, action="append", help="do only this stage (repeatable)")
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
    parser.add_argument(
        "--listener", action="append", default=[], metavar="ROLE=MODEL",
        help="model that notes something else of spoken answers, in a role that the task names (repeatable)",
    )  # fmt: skip
    parser.add_argument(
        "--listener-arg", action="append", default=[], metavar="ROLE:KEY=VALUE",
        help="argument of the listener of a role (repeatable)",
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
        selection=_selection(arguments),
        repeats=arguments.repeats,
        history=arguments.history,
        seed=arguments.seed,
        fresh=arguments.fresh,
        stages=stages,
        scorer=arguments.scorer,
        scorer_arguments=pairs(arguments.scorer_arg, "--scorer-arg"),
        transcriber=arguments.transcriber,
        transcriber_arguments=pairs(arguments.transcriber_arg, "--transcriber-arg"),
        listeners=pairs(arguments.listener, "--listener"),
        listener_arguments=_by_role(arguments.listener_arg),
        limits=limits,
        task_arguments=pairs(getattr(arguments, "task_arg", []), "--task-arg"),
        without=_without(arguments),
        judging=read_judge_options(arguments, limits),
        command=tuple(arguments.words),
        progress=True,
        outside_media=arguments.allow_outside_media,
        verify_data=arguments.verify_data,
    )


def _stage(word: str) -> str:
    """A stage by its name; "transcribe" is what "listen" was called when there were only transcribers."""
    return "listen" if word == "transcribe" else word


def _without(arguments: argparse.Namespace) -> tuple[str, ...]:
    words = getattr(arguments, "without", None)
    if words and not getattr(arguments, "suite", None):
        raise UsageError("--without leaves out members of a --suite; name one")
    return tuple(word.strip() for word in (words or "").split(",") if word.strip())


def _selection(arguments: argparse.Namespace) -> Selection:
    chosen = parse_limit(arguments.limit) if arguments.limit is not None else Selection()
    return dataclasses.replace(chosen, ids=parse_ids(arguments.ids)) if arguments.ids else chosen


def _by_role(words: list[str]) -> dict[str, dict[str, str]]:
    found: dict[str, list[str]] = {}
    for word in words:
        role, separator, rest = word.partition(":")
        if not separator or not role:
            raise UsageError(f"--listener-arg {word}: expected ROLE:KEY=VALUE")
        found.setdefault(role, []).append(rest)
    return {role: pairs(given, f"--listener-arg {role}:") for role, given in found.items()}
