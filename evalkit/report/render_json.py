"""Tables as JSON: one object per system, values as shown."""

from __future__ import annotations

import json

from evalkit.report.table_model import Table


def render_json(table: Table) -> str:
    """The plain form of a table.

    An object with `caption`, `columns` (their ids), `remarks` and `rows`; a row has what identifies the system (model,
    model_id, variant, group, params, source) and `values`, by column id: `text` as shown, further texts such as `low`,
    `high` and `delta` where they are shown, and `marks`, its footnotes. A missing value has no entry; one with
    a footnote alone has no `text`.
    """
    rows = []
    for record in table.records:
        values = {}
        for name in table.columns:
            shown = {"text": record.values[name]} if name in record.values else {}
            marks = {"marks": list(record.marks[name])} if name in record.marks else {}
            if found := {**shown, **record.extras.get(name, {}), **marks}:
                values[name] = found
        rows.append({**record.facts, "values": values, "marks": list(record.marks.get("model", ()))})
    document = {"caption": table.caption, "columns": table.columns, "remarks": table.remarks, "rows": rows}
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
