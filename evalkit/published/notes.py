"""What a reader should know about a printed number, in words: its source, doubtful readings, misprints."""

from __future__ import annotations

import re

from evalkit.published.tables import Column, Paper, Row, Table

_NAMES = {
    "opencompass": "OpenCompass",
    "uro-bench-paper": "the URO-Bench paper",
    "step-audio-2-paper": "the Step-Audio 2 paper",
    "vstyle-paper": "the VStyle paper",
    "fun-audio-chat-paper": "the Fun-Audio-Chat paper",
    "leaderboard": "the benchmark's leaderboard",
    "leaderboard-or-paper": "the benchmark's leaderboard or paper",
    "mmar-paper-or-original": "the MMAR paper or the model's own",
    "emergenttts-eval": "EmergentTTS-Eval",
    "figure-1": "the paper's Figure 1",
    "baichuan-omni": "Baichuan-Omni",
}
# What a table cannot do without; the others compare papers or sources, or contradict the text.
_MISPRINTS = frozenset({"misprint", "arithmetic", "column-labels-exchanged", "outlier", "print", "internal"})


def mark(text: str) -> str:
    """A mark of leaderboards/published in words: "from-opencompass" is "taken from OpenCompass"."""
    if text == "reproduced":
        return "reproduced by the paper's authors"
    found = re.fullmatch(r"(from|reported-by)-(.+)", text)
    if found:
        verb = "taken from" if found[1] == "from" else "as reported by"
        return f"{verb} {_NAMES.get(found[2], found[2].replace('-', ' '))}"
    if text.startswith("specialist: "):
        return f"result of {text.removeprefix('specialist: ')}"
    return text.removeprefix("from: ")


def cell(paper: Paper, table: Table, row: Row, name: str) -> tuple[str, ...]:
    """Footnotes of one cell."""
    found = []
    if name in row.marks:
        found.append(mark(row.marks[name]))
    place = (table.table, row.model_id, name)
    for item in paper.repaired:
        if (item.table, item.model_id, item.column) == place:
            found.append(f"damaged in the source text; the value is confirmed by {item.confirmed_by}")
    for item in paper.uncertain:
        if (item.table, item.model_id, item.column) == place:
            found.append(f"uncertain reading: {item.why}")
    for aggregate in table.aggregates:
        if aggregate.column == name and row.key in aggregate.exceptions:
            found.append(f"does not follow from its columns: {aggregate.exceptions[row.key]}")
    return tuple(dict.fromkeys(found))


def heading(column: Column) -> str:
    """Footnote of a heading that the paper prints wrongly."""
    return f"the paper prints the heading {column.label} here; the values are those of {column.label_corrected}"


def remarks(paper: Paper, table: Table, *, everything: bool) -> list[str]:
    """Remarks about a whole table: its misprints; with `everything` also differences between sources and the notes."""
    found = [
        _sentence(str(record["what"]))
        for record in paper.discrepancies
        if record["table"] == table.table and (everything or record["kind"] in _MISPRINTS)
    ]
    if everything:
        if table.notes:  # they speak of the data, whose rows and columns need not be those of the page
            said = " ".join(_sentence(note) for note in table.notes)
            found.append(f"From leaderboards/published/{paper.id}.json: {said}")
        if table.aggregates:
            found.append(_sentence(f"Averages: {table.aggregation}"))
    return found


def _sentence(text: str) -> str:
    text = text.strip().rstrip(".")
    return f"{text[:1].upper()}{text[1:]}."
