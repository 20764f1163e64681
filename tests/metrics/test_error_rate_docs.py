"""The table of docs/error_rates.md is what the profiles compute."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalkit.metrics.error_rate.counting import error_rate
from evalkit.metrics.error_rate.profiles import PROFILES

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "error_rates.md"


def rows() -> list[list[str]]:
    lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("| language | reference"))
    table = []
    for line in [lines[start], *lines[start + 2 :]]:
        if not line.startswith("|"):
            break
        table.append([cell.strip() for cell in line.strip("|").split("|")])
    return table


@pytest.mark.parametrize("row", rows()[1:], ids=lambda row: row[1])
def test_each_printed_rate(row: list[str]) -> None:
    language, reference, hypothesis, *printed = row
    for profile, rate in zip(rows()[0][3:], printed, strict=True):
        found = error_rate([reference], [hypothesis], profile, language).value
        assert found == pytest.approx(float(rate), abs=5e-5), profile


def test_every_profile_is_described() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert [name for name in PROFILES if f"`{name}`" not in text] == []
