"""What the answers of a run took, on one line: units, and money, or where nothing is paid for, time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evalkit.core.shown import printable
from evalkit.models.api.waiting import seconds_text
from evalkit.records.run import Run
from evalkit.records.summary import Summary
from evalkit.run.priced import access, parts, sold

_ON_DEVICES = ("weights", "worker", "local")


def spending_lines(summary: Summary, directory: Path) -> str:
    """Lines on the answers and the verdicts; none where nothing was answered.

    Args:
        summary: of the run.
        directory: where its record is.
    """
    lines = []
    counts = summary.counts
    answered = counts.n_total > counts.n_model_failed + counts.n_pending
    if answered or any(summary.usage.values()) or summary.cost:
        ending = _paid(summary, directory) if summary.cost is None or summary.cost == 0.0 else money(summary.cost)
        if summary.usage or ending:
            lines.append(used("answers", summary.usage, ending))
    if summary.verdict_usage or summary.verdict_cost:
        lines.append(used("verdicts", summary.verdict_usage, money(summary.verdict_cost)))
    return "\n".join(lines)


def money(cost: float | None) -> str:
    """An amount in US dollars; never a number where it is not known."""
    return "cost " + ("unknown" if cost is None else f"${cost:.4f}")


def used(what: str, usage: Mapping[str, float], ending: str) -> str:
    """Units, and what they cost or took."""
    parts = [f"{key.replace('_', ' ')} {value:g}" for key, value in usage.items()]
    return printable(f"{what}: " + "  ".join([*parts, *([ending] if ending else [])]))


def _paid(summary: Summary, directory: Path) -> str:
    """For answers without an amount: that it is unknown, or the time where no part of the model is paid for."""
    try:
        record = Run.model_validate_json((directory / "run.json").read_bytes())
    except (OSError, ValueError):
        return money(summary.cost) if summary.cost is None else ""  # a suite's folder holds no record
    name, arguments = str(record.identity.get("model")), record.identity.get("model_arguments") or {}
    if summary.cost is None and sold(name, arguments):
        return money(None)
    stretches = [part for part in record.stretches if part.asked]
    seconds = sum(part.seconds for part in stretches)
    if not seconds:
        return ""
    told = f"time {seconds_text(seconds) if seconds >= 10 else f'{seconds:.1f} s'}"
    if record.devices and any(access(part) in _ON_DEVICES for part in parts(name, arguments)):
        hours = sum(part.seconds * _count(part.settings.get("devices")) for part in stretches) / 3600
        told += f"  device hours {hours:.3g}"
    return told


def _count(devices: Any) -> int:
    """Devices a command used, by its settings: a number, or names with ";" or "," between them."""
    if isinstance(devices, int) and not isinstance(devices, bool):
        return max(1, devices)
    return (
        max(1, len([name for name in devices.replace(",", ";").split(";") if name])) if isinstance(devices, str) else 1
    )
