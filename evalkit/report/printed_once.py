"""Printed numbers, each once: what a paper repeats in a second table is no second number."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from evalkit.published.numbers import PublishedRow
from evalkit.report.kinds import row_kind


@dataclass(frozen=True, slots=True)
class Printed:
    """A number with the places where it is printed.

    Attributes:
        row: the clearest of its rows, with the most decimals.
        places: (paper, tables) in the order of the rows; tables as "6" or "6, 17".
    """

    row: PublishedRow
    places: tuple[tuple[str, str], ...]


def printed_once(rows: Iterable[PublishedRow], *, across_papers: bool = False) -> list[Printed]:
    """Rows of one column, those of one number joined.

    One number: the same model in the same setting with the same value, in one paper; with `across_papers` in any.
    """
    groups: dict[Hashable, list[PublishedRow]] = {}
    for row in rows:
        kind = row_kind(row.model_id, row.group, row.paper, row.table)
        paper = None if across_papers else row.paper
        groups.setdefault((paper, row.model_id, row.variant, row.value, kind), []).append(row)
    return [_joined(group) for group in groups.values()]


def _joined(group: list[PublishedRow]) -> Printed:
    clearest = min(group, key=lambda row: (row.reading != "clear", row.exception is not None, -row.decimals))
    papers = dict.fromkeys(row.paper for row in group)
    tables = {paper: dict.fromkeys(row.table for row in group if row.paper == paper) for paper in papers}
    return Printed(clearest, tuple((paper, ", ".join(tables[paper])) for paper in papers))
