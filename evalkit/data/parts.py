"""The sets of one benchmark as a table of text: a row is a set, and splits, meta, scorers and columns follow from it.

SETS = parts('''
    AlpacaEval     en  basic  open
    AlpacaEval-zh  zh  basic  open
    Repeat         en  basic  repeat
''', fields=("split", "language", "level", "rule"))
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from evalkit.core.columns import Cell, Mean
from evalkit.core.errors import DataError, UnknownNameError, UsageError
from evalkit.core.scorer import Scorer, on

_CELL = re.compile(r'"([^"]*)"|(\S+)')
_WHERE = "table of parts"


class Parts:
    """A table of sets.

    Args:
        rows: field -> value, for each set.
        fields: their names, "split" among them.
    """

    def __init__(self, rows: Sequence[Mapping[str, str]], fields: Sequence[str]) -> None:
        self.rows, self.fields = tuple(rows), tuple(fields)

    @property
    def splits(self) -> tuple[str, ...]:
        """Names of the sets, in the table's order."""
        return tuple(row["split"] for row in self.rows)

    @property
    def breakdowns(self) -> tuple[str, ...]:
        """Fields whose values several sets share; `meta()` has them all."""
        shared = (name for name in self.fields if len({row[name] for row in self.rows}) < len(self.rows))
        return tuple(name for name in shared if name != "split")

    def meta(self, *names: str) -> dict[str, dict[str, str]]:
        """Split -> facts of all its samples, for the `meta` of a maker.

        Args:
            names: the fields; all but "split" where none is named.

        Raises:
            UnknownNameError: there is no such field.
        """
        wanted = names or tuple(name for name in self.fields if name != "split")
        for name in wanted:
            self._check(name)
        return {row["split"]: {name: row[name] for name in wanted} for row in self.rows}

    def select(self, **values: str | Iterable[str]) -> Parts:
        """The sets with these values, as a table of their own: `SETS.select(level="basic")`.

        Raises:
            UnknownNameError: there is no such field, or no set with such a value.
        """
        rows = list(self.rows)
        for name, wanted in values.items():
            self._check(name)
            allowed = {wanted} if isinstance(wanted, str) else set(wanted)
            for one in sorted(allowed - {row[name] for row in self.rows}):
                raise UnknownNameError(name, one, {row[name] for row in self.rows})
            rows = [row for row in rows if row[name] in allowed]
        return Parts(rows, self.fields)

    def scorers(self, name: str, rules: Mapping[str, Scorer | Sequence[Scorer]]) -> list[Scorer]:
        """Scorers of a task, each on the sets whose field names it.

        Args:
            name: the field.
            rules: value of the field -> its scorer or scorers; others than the table's may be there.

        Raises:
            UnknownNameError: no such field, or a value without a rule.
        """
        self._check(name)
        found: list[Scorer] = []
        for value in dict.fromkeys(row[name] for row in self.rows):
            if value not in rules:
                raise UnknownNameError(name, value, rules)
            rule = rules[value]
            splits = tuple(row["split"] for row in self.rows if row[name] == value)
            found += on(splits, *((rule,) if isinstance(rule, Scorer) else rule))
        return found

    def columns(
        self,
        *templates: str,
        metric: str | None = None,
        cell: Callable[..., Any] | None = None,
        mean: Callable[..., Any] | None = None,
    ) -> dict[str, Any]:
        """Column ids by templates of the fields, such as "uro_bench.{level}_{language}".

        An id that one set makes is that set's value; one that several make is the plain mean of their values.

        Args:
            templates: of ids; a table of published numbers need not know them.
            metric: name of the metric, or of a field with its name; None for the only one of a set.
            cell: makes the value of a set, of its split and metric; `Cell` where None.
            mean: makes a mean, of several values; the plain mean of a task's columns where None.

        Raises:
            UnknownNameError: a template names a field that is not there.
            UsageError: two templates make the same id of different sets.
        """
        cell, mean = cell or Cell, mean or Mean
        groups: dict[str, tuple[str, ...]] = {}
        for template in templates:
            made: dict[str, list[str]] = {}
            for row in self.rows:
                made.setdefault(self._filled(template, row), []).append(row["split"])
            for key, splits in made.items():
                if groups.setdefault(key, tuple(splits)) != tuple(splits):
                    raise UsageError(
                        f"the column '{key}' would be made of {', '.join(groups[key])} and of {', '.join(splits)}"
                    )
        metrics = {row["split"]: row[metric] if metric in self.fields else metric for row in self.rows}
        cells = {split: cell(split, metrics[split]) for split in self.splits}
        return {
            key: cells[splits[0]] if len(splits) == 1 else mean(*(cells[split] for split in splits))
            for key, splits in groups.items()
        }

    def _filled(self, template: str, row: Mapping[str, str]) -> str:
        try:
            names = [name for _, name, _, _ in string.Formatter().parse(template) if name is not None]
        except ValueError as error:
            raise UsageError(f"the column '{template}' is no template: {error}") from None
        for name in names:
            self._check(name)
        return template.format_map(row)

    def _check(self, name: str) -> None:
        if name not in self.fields:
            raise UnknownNameError("field", name, self.fields)


def parts(table: str, fields: Sequence[str] = ("split",)) -> Parts:
    """Read a table of sets: one a line, cells parted by spaces, cells with spaces in quotation marks.

    Blank lines and lines that begin with # are skipped.

    Args:
        table: the text.
        fields: names of its columns; "split" must be among them.

    Raises:
        UsageError: no field "split", or a field twice.
        DataError: a row with more or fewer cells, a split twice, or no row.
    """
    if "split" not in fields or len(set(fields)) != len(fields):
        raise UsageError(f"the fields of a table of parts are distinct, and one is 'split'; got {', '.join(fields)}")
    rows: list[dict[str, str]] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(table.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        cells = [found[1] if found[1] is not None else found[2] for found in _CELL.finditer(line)]
        if len(cells) != len(fields):
            raise DataError(
                _WHERE, f"{len(cells)} cells, expected {len(fields)} ({', '.join(fields)}): '{line.strip()}'", number
            )
        row = dict(zip(fields, cells, strict=True))
        if row["split"] in seen:
            raise DataError(_WHERE, f"the split '{row['split']}' stands in line {seen[row['split']]} already", number)
        seen[row["split"]] = number
        rows.append(row)
    if not rows:
        raise DataError(_WHERE, "it has no row")
    return Parts(rows, fields)
