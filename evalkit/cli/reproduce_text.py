"""What `evalkit reproduce` prints: what is missing, what the rest would take, and ours beside theirs."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from evalkit.cli.text import columns_of_text, interval, number

if TYPE_CHECKING:
    from evalkit.reproduction.outcome import Cell
    from evalkit.reproduction.plan import Job, Plan


def plan_text(plan: Plan, *, foreseen: bool) -> str:
    """Jobs with what they take or lack, and columns without a task."""
    blocks = []
    ready = [job for job in plan.jobs if not job.problems]
    if foreseen and ready:
        rows = [["model", "task", "columns", "samples", "answered", "calls", "cost"]]
        rows += [_take(job) for job in ready]
        blocks.append("can be run:\n" + columns_of_text(rows, right={2, 3, 4, 5, 6}))
    missing = _missing(plan)
    if missing:
        blocks.append("cannot be run here:\n" + missing)
    if plan.without_task:
        blocks.append("no task yields: " + ", ".join(plan.without_task))
    if plan.averages:
        blocks.append("averages by the table's rule: " + ", ".join(plan.averages))
    if foreseen and any(_cost(job) is None for job in ready):
        blocks.append("cost unknown: the model has no price list; local models cost nothing but time")
    return "\n\n".join(blocks)


def cells_text(plan: Plan, cells: Sequence[Cell]) -> str:
    """One line per value, footnotes below."""
    notes: dict[str, int] = {}
    rows = [["model", "column", "ours", "interval", "theirs", "difference", "theirs inside", "protocol", ""]]
    for cell in cells:
        marks = [f"[{notes.setdefault(remark, len(notes) + 1)}]" for remark in cell.remarks]
        rows.append(
            [
                cell.model_id + (f" ({cell.variant})" if cell.variant else ""),
                cell.column,
                number(cell.ours, cell.decimals),
                interval(cell.low, cell.high, cell.decimals),
                number(cell.theirs, cell.decimals),
                number(cell.difference, cell.decimals, signed=True),
                {True: "yes", False: "no", None: "-"}[cell.inside],
                cell.protocol,
                " ".join(marks),
            ]
        )
    text = f"{plan.table.paper}, table {plan.table.table}: {plan.table.title}\n\n"
    text += columns_of_text(rows, right={2, 4, 5}) + "\n"
    text += "".join(f"\n[{place}] {note}" for note, place in notes.items())
    inside = [cell.inside for cell in cells if cell.inside is not None]
    if inside:
        text += f"\n{sum(inside)} of {len(inside)} printed values lie in our intervals\n"
    return text


def job_record(job: Job) -> dict[str, Any]:
    """A job as JSON."""
    return {
        "model": job.model_id,
        "task": job.task,
        "splits": list(job.splits),
        "columns": job.columns,
        "problems": job.problems,
        "samples": sum(one.samples for one in job.foreseen),
        "answered": sum(one.answered for one in job.foreseen),
        "calls": sum(one.calls for one in job.foreseen),
        "cost": _cost(job),
        "takes": [dataclasses.asdict(one) | {"directory": str(one.directory)} for one in job.foreseen],
    }


def _take(job: Job) -> list[str]:
    cost = _cost(job)
    return [
        job.model_id,
        job.task,
        str(len(job.columns)),
        f"{sum(one.samples for one in job.foreseen):,}",
        f"{sum(one.answered for one in job.foreseen):,}",
        f"{sum(one.calls for one in job.foreseen):,}",
        "unknown" if cost is None else f"about ${cost:.4f}",
    ]


def _cost(job: Job) -> float | None:
    costs = [one.cost for one in job.foreseen]
    known = [cost for cost in costs if cost is not None]
    return sum(known) if known and len(known) == len(costs) else None


def _missing(plan: Plan) -> str:
    """Each reason once, with the models and tasks it holds for."""
    reasons: dict[str, list[Job]] = {}
    for job in plan.jobs:
        for problem in job.problems:
            reasons.setdefault(problem, []).append(job)
    lines = []
    for reason, jobs in reasons.items():
        models = ", ".join(dict.fromkeys(job.model_id for job in jobs))
        tasks = ", ".join(dict.fromkeys(job.task for job in jobs))
        lines.append(f"- {models} on {tasks}:\n    " + reason.replace("\n", "\n    "))
    return "\n".join(lines)
