"""`evalkit reproduce`: run what a published table needs, and put the values beside the printed ones."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from evalkit.cli.judge_options import pairs
from evalkit.cli.options import add_run_arguments, options
from evalkit.cli.text import say, say_json

if TYPE_CHECKING:
    from evalkit.reproduction.plan import Job, Plan
    from evalkit.run.options import Options
    from evalkit.run.pipeline import Outcome


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.epilog = (
        "Models are looked up by the ids of the table's rows (evalkit table --paper P --table N --format csv). Exit "
        "code 0: everything that was asked for was run and scored; 1: something is missing or failed; 2: nothing "
        "could be run."
    )
    parser.add_argument("paper", metavar="PAPER", help="id of the paper; see 'evalkit table --list'")
    parser.add_argument("--table", required=True, metavar="N", help="number of the table")
    parser.add_argument("--model", metavar="M[,M2]", help="only these rows: model ids or shell patterns")
    parser.add_argument(
        "--use", action="append", default=[], metavar="ID=MODEL",
        help="the model that stands for a row: NAME[:MODEL][,KEY=VALUE], such as gpt-4o=openai:gpt-4o; an id that the "
        "table lacks adds a row (repeatable)",
    )  # fmt: skip
    parser.add_argument("--task", metavar="T[,T2]", help="only these tasks")
    add_run_arguments(parser, task=False)


def run(arguments: argparse.Namespace) -> int:
    """Plan, say what is missing, run the rest, compare."""
    from evalkit.reproduction.plan import table_plan

    chosen = options(arguments)
    plan = table_plan(
        arguments.paper,
        arguments.table,
        arguments.model.split(",") if arguments.model else (),
        arguments.task.split(",") if arguments.task else (),
        pairs(arguments.use, "--use"),
    )
    return _foresee(plan, chosen, arguments) if arguments.dry_run else _reproduce(plan, chosen, arguments)


def _foresee(plan: Plan, chosen: Options, arguments: argparse.Namespace) -> int:
    from evalkit.cli.reproduce_text import job_record, plan_text
    from evalkit.reproduction.plan import look

    jobs = list(look(plan, chosen))
    if arguments.json:
        say_json([job_record(job) for job in jobs])
    else:
        say(plan_text(plan, foreseen=True))
    return 0


def _reproduce(plan: Plan, chosen: Options, arguments: argparse.Namespace) -> int:
    from evalkit.cli.reproduce_text import cells_text, job_record, plan_text
    from evalkit.reproduction.outcome import compared, rows_of, run_jobs
    from evalkit.reproduction.plan import lack

    lack(plan, chosen)
    outcomes: list[tuple[Job, Outcome]] = []
    for job, outcome in run_jobs(plan.ready, chosen):
        outcomes.append((job, outcome))
        say(f"evalkit: {job.model_id} on {outcome.task.name}: {outcome.directory}", error=True)
    cells = compared(plan, rows_of(outcomes))
    whole = bool(outcomes) and all(outcome.complete for _, outcome in outcomes)
    if arguments.json:
        record = {"cells": [cell.record() for cell in cells], "jobs": [job_record(job) for job in plan.jobs]}
        say_json(record)
    else:
        if cells:
            say(cells_text(plan, cells))
        say(plan_text(plan, foreseen=False))
    if not outcomes:
        say("evalkit: nothing of this table can be run here yet; the reasons are listed above", error=True)
        return 2
    return 0 if whole and not any(job.problems for job in plan.jobs) else 1
