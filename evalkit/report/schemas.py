"""JSON Schemas of all files there are: the records of runs, and what reports write."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from evalkit.records.schema import RECORDS, described
from evalkit.report.baseline import BASELINE_SCHEMA, Baseline
from evalkit.report.comparison import COMPARISON_SCHEMA, Comparison
from evalkit.report.gate_report import GATE_SCHEMA, GateReport

FILES: dict[str, tuple[str, type[BaseModel]]] = {
    **RECORDS,
    "baseline": (BASELINE_SCHEMA, Baseline),
    "gate": (GATE_SCHEMA, GateReport),
    "comparison": (COMPARISON_SCHEMA, Comparison),
}


def json_schema(name: str) -> dict[str, Any]:
    """The JSON Schema of a file; for the .jsonl files, of one line."""
    return described(*FILES[name])
