"""The gate's policy: which drops of which columns are tolerated, read from TOML."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal

import pydantic
from pydantic import Field

from evalkit.core.errors import UnknownNameError, UsageError
from evalkit.records.samples import Strict

Significance = Literal["paired", "interval", "none"]


class Rule(Strict):
    """How one column is judged."""

    max_drop: float = Field(0.0, ge=0, description="tolerated worsening, in the column's unit")
    max_drop_relative: float = Field(0.0, ge=0, description="tolerated worsening, % of the baseline's value")
    significance: Significance = Field("paired", description="which evidence a regression needs beyond the tolerance")
    level: float = Field(0.05, gt=0, lt=1, description="chance of a false alarm where nothing changed")
    must_detect: float | None = Field(None, gt=0, description="a drop that must be detectable with 80 % power")
    min_n: int = Field(1, ge=1, description="samples to compare")
    max_failed_share: float = Field(0.0, ge=0, le=1, description="share of samples whose model or judge failed")
    max_unparsed_share: float = Field(1.0, ge=0, le=1, description="share of samples whose answer was not understood")
    require_protocol: bool = Field(True, description="protocol, task version, data revision, limit, judge are equal")
    require_complete: bool = Field(True, description="every planned sample was answered")
    samples: Literal["same", "common"] = Field("same", description="common: judge by the samples both have")
    value: Literal["faithful", "strict"] = Field("faithful", description="strict: everything not scored is wrong")
    ignore: bool = Field(False, description="do not judge this column")


RULE_KEYS = tuple(Rule.model_fields)


class PatternRule(Strict):
    """A `[[rule]]`: settings for the columns its patterns match."""

    columns: list[str] = Field(min_length=1)
    settings: dict[str, Any]


class Policy(Strict):
    """A whole policy: `[default]` for every column, each `[[rule]]` in turn laid over it."""

    seed: int = 0
    resamples: int = Field(10_000, ge=100)
    correction: Literal["holm", "none"] = Field("holm", description="for the number of columns judged")
    default: Rule = Field(default_factory=Rule)
    rules: list[PatternRule] = Field(default_factory=list)

    def rule(self, column: str) -> Rule:
        """The rule of a column: the defaults, then every matching rule in the order of the file."""
        settings = self.default.model_dump()
        for rule in self.rules:
            if any(fnmatchcase(column, pattern) for pattern in rule.columns):
                settings.update(rule.settings)
        return Rule.model_validate(settings)

    def check_columns(self, judged: Iterable[str], current: Iterable[str], where: str) -> None:
        """Refuse patterns that match no column, so that a misspelt rule is not a rule silently left out.

        Args:
            judged: columns of the baseline.
            current: columns of the current run.
            where: name of the policy file.

        Raises:
            UnknownNameError: with the nearest columns.
            UsageError: the column is new: the current run has it, the baseline does not.
        """
        known, new = list(judged), list(current)
        for rule in self.rules:
            for pattern in rule.columns:
                if any(fnmatchcase(name, pattern) for name in known):
                    continue
                if any(fnmatchcase(name, pattern) for name in new):
                    raise UsageError(
                        f"{where}: the column '{pattern}' is in the current run but not in the baseline; "
                        "save the baseline anew (evalkit baseline save), with --all for splits and breakdowns"
                    )
                raise UnknownNameError(f"column in {where}:", pattern, known)


def read_policy(path: Path) -> Policy:
    """Read a policy file.

    Raises:
        UsageError: missing, not TOML, or with a value that cannot be used.
        UnknownNameError: a key that no policy has, with the nearest one.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read as a policy ({error})") from error
    toml = _toml()
    try:
        document = toml.loads(text)
    except toml.TOMLDecodeError as error:
        raise UsageError(f"{path}: not TOML: {error}") from error
    return parse_policy(document, str(path))


def parse_policy(document: dict[str, Any], where: str) -> Policy:
    """A policy of a parsed TOML document.

    Args:
        document: `seed`, `resamples`, `correction`, a table `default`, an array of tables `rule`.
        where: name of the file, for messages.

    Raises:
        UsageError, UnknownNameError: as `read_policy`.
    """
    top = ("seed", "resamples", "correction", "default", "rule")
    _check_keys(document, top, where)
    default = _table(document.get("default", {}), f"{where}, [default]")
    _check_keys(default, RULE_KEYS, f"{where}, [default]")
    rules = []
    given = document.get("rule", [])
    if not isinstance(given, list):
        raise UsageError(f"{where}: write rules as [[rule]], with two pairs of brackets")
    for number, entry in enumerate(given, 1):
        place = f"{where}, [[rule]] {number}"
        table = _table(entry, place)
        _check_keys(table, ("columns", *RULE_KEYS), place)
        if "columns" not in table:
            raise UsageError(f'{place}: name its columns, as in columns = "asr_demo.*.wer"')
        columns = table["columns"]
        if isinstance(columns, str):
            columns = [columns]
        settings = {key: value for key, value in table.items() if key != "columns"}
        _validated(Rule, settings, place)
        rules.append(_validated(PatternRule, {"columns": columns, "settings": settings}, place))
    shared = {key: document[key] for key in ("seed", "resamples", "correction") if key in document}
    policy: Policy = _validated(
        Policy, {**shared, "default": _validated(Rule, default, f"{where}, [default]"), "rules": rules}, where
    )
    return policy


def _toml() -> Any:
    return importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")


def _check_keys(table: dict[str, Any], known: Iterable[str], where: str) -> None:
    for key in table:
        if key not in known:
            raise UnknownNameError(f"key in {where}:", key, known)


def _table(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UsageError(f"{where}: expected a table of keys and values")
    return value


def _validated(model: type[Any], values: Any, where: str) -> Any:
    try:
        return model.model_validate(values, strict=True)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"{where}: {place} = {first.get('input')!r}: {first['msg']}") from error
