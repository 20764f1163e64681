"""`evalkit data export`: the questions of a task with their media, to be answered by any program."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit import plugins
from evalkit.core.errors import UsageError

if TYPE_CHECKING:
    from evalkit.run.plan import Plan

FORMATS = ("jsonl", "openai")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("task", metavar="TASK[:SPLIT]", help="the task, FILE.jsonl, or FILE.py[:NAME]")
    parser.add_argument(
        "--to", type=Path, required=True, metavar="DIR", help="folder to write; docs: answers made elsewhere"
    )
    parser.add_argument(
        "--format", choices=FORMATS, default="jsonl",
        help="jsonl: messages with paths of media (default); openai: requests of the OpenAI Batch API, media inside",
    )  # fmt: skip
    parser.add_argument("--model", metavar="NAME", help="openai: name of the model that the requests are for")
    parser.add_argument("--limit", metavar="N|P%|A-B", help="only N samples, P%% of each split, or places A to B")
    parser.add_argument("--ids", action="append", default=[], metavar="FILE|ID,...", help="only these samples")
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder with local copies of the data")
    parser.add_argument("--revision", metavar="REV", help="another revision of the data than the task's")
    parser.add_argument("--history", choices=("given",), help="conversations: the data's replies stand between turns")
    parser.add_argument("--task-arg", action="append", default=[], metavar="KEY=VALUE", help="argument of the task")
    parser.add_argument("--include", action="append", default=[], type=Path, metavar="DIR", help="plugin files")
    parser.add_argument("--allow-outside-media", action="store_true", help="let data name media anywhere")


def run(arguments: argparse.Namespace) -> int:
    """Write the folder."""
    from evalkit.data.export_lines import Lines
    from evalkit.data.export_questions import Folder

    if (arguments.format == "openai") != (arguments.model is not None):
        raise UsageError("--format openai needs --model NAME, and only it takes one: each request names its model")
    plugins.include(arguments.include)
    plan = _plan(arguments)
    task, generation = plan.task, plan.generation
    facts = {
        "task": task.name,
        "version": task.version,
        "arguments": dict(task.arguments),
        "code": task.code,
        "data": plan.rows.revision,
        "splits": list(plan.splits),
        "selection": str(plan.selection),
        "ids": sorted(plan.selection.ids or ()),
        "format": arguments.format,
        "model": arguments.model,
        "generation": {
            "max_new_tokens": generation.max_new_tokens,
            "temperature": generation.temperature,
            "top_p": generation.top_p,
            "stop": list(generation.stop),
        },
    }
    if task.video is not None:  # for whoever answers: the files hold all frames
        facts["video"] = str(task.video)
    written = Folder(arguments.to, facts).write(plan.samples(), Lines(arguments.format, generation, arguments.model))
    told = ", exported before" if written.done_before else ""
    print(f"{arguments.to}: {written.questions} questions, {written.media} media files{told}", file=sys.stderr)
    return 0


def _plan(arguments: argparse.Namespace) -> Plan:
    from evalkit.cli.judge_options import pairs
    from evalkit.core.task import Suite
    from evalkit.published.settling import settle
    from evalkit.run.options import Options
    from evalkit.run.plan import Plan, check, choose_splits
    from evalkit.run.prepare import data_folder
    from evalkit.run.selection import Selection, parse_ids, parse_limit
    from evalkit.run.tasks import choose

    options = Options(
        data=arguments.data,
        revision=arguments.revision,
        task_arguments=pairs(arguments.task_arg, "--task-arg"),
        outside_media=arguments.allow_outside_media,
    )
    options.check()
    selection = parse_limit(arguments.limit) if arguments.limit is not None else Selection()
    if arguments.ids:
        selection = Selection(selection.limit, selection.percent, selection.span, parse_ids(arguments.ids))
    chosen = choose(arguments.task, options)
    task = chosen.task
    if isinstance(task, Suite):
        members = ", ".join(task.members)
        raise UsageError(f"'{arguments.task}' is a suite; export its tasks one by one: {members}")
    settle(task)
    rows = task.source.locate(data_folder(options), options.revision)
    history = arguments.history or task.history or "given"
    splits = choose_splits(task, rows, chosen.splits)
    plan = Plan(task, rows, splits, selection, 0, task.generation, history=history)
    if history == "own" and (turn := next((one for one in plan.samples() if one.after), None)) is not None:
        raise UsageError(
            f"task '{task.name}' puts the model's own replies between the turns of a conversation ('{turn.id}'), which "
            "no file can hold beforehand; evalkit run --model command asks a program turn by turn, and --history given "
            "exports the turns behind the data's replies, which is another protocol"
        )
    check(plan, ())  # without the scorers: a question can be answered though its reference is withheld
    return plan
