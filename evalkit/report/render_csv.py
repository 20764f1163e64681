"""Tables as CSV: one line per system, values as shown, remarks as JSON in the last column."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from evalkit.report.csv_safe import inert
from evalkit.report.table_model import Table

EXTRAS = ("low", "high", "delta")  # further columns of a value, where any line has them
MARKS = "marks"


def render_csv(table: Table, *, safe: bool = True) -> str:
    """The plain form of a table.

    Columns: model, model_id, variant, group, params, source; then every column id, each followed by id:low, id:high
    and id:delta where these are shown; at last `marks`, a JSON object from column id (or "model") to its remarks.
    Missing values are empty. Reading the text with a CSV reader gives the same strings back, but for an apostrophe that
    `safe` puts before what a spreadsheet would take for a formula.
    """
    facts = list(table.records[0].facts) if table.records else []
    columns: list[tuple[str, str]] = []
    for name in table.columns:
        columns.append((name, ""))
        columns += [(name, extra) for extra in EXTRAS if any(extra in r.extras.get(name, {}) for r in table.records)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    guarded = inert if safe else _as_it_is
    heads = [*facts, *(f"{name}:{extra}" if extra else name for name, extra in columns), MARKS]
    writer.writerow(map(guarded, heads))
    for record in table.records:
        cells = [record.extras.get(n, {}).get(extra, "") if extra else record.values.get(n, "") for n, extra in columns]
        marks = {name: list(texts) for name, texts in record.marks.items()}
        encoded = json.dumps(marks, ensure_ascii=False) if marks else ""
        writer.writerow(map(guarded, [*record.facts.values(), *cells, encoded]))
    return text.getvalue()


def _as_it_is(value: Any) -> Any:
    return value
