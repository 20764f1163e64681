"""The mutation program makes the mistakes it promises, one at a time, and finds a test that cannot fail."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
SOURCE = '''"""A docstring with 1 number."""
LIMIT: int = 3
CODES = {"quota", "money"}


def price(count: int, rate: float = 2.0, *, free: bool = False) -> float | None:
    """Never 5."""
    if count < 0 or not rate:
        raise ValueError(f"{count + 1} is less than 0")
    note(count)
    return None if free else count * rate
'''


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> set[tuple[int, str, str, str]]:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    from mutants import mutants

    found = mutants("price.py", SOURCE.encode())
    for one in found:
        text = one.apply(SOURCE.encode()).decode()
        changed = [n for n, (a, b) in enumerate(zip(SOURCE.split("\n"), text.split("\n"), strict=True), 1) if a != b]
        assert changed == [one.line], "one place at a time"
        compile(text, "price.py", "exec")
    sys.modules.pop("mutants")
    return {(one.line, one.kind, one.before, one.after) for one in found}


def test_every_sort_of_mistake_is_made_where_it_can_be(made: set[tuple[int, str, str, str]]) -> None:
    assert made == {
        (2, "constant", "3", "4"),
        (3, "text", '"quota"', "'quota~'"),
        (3, "text", '"money"', "'money~'"),
        (6, "constant", "2.0", "4.0"),
        (6, "constant", "False", "True"),
        (8, "compare", "<", "<="),
        (8, "constant", "0", "1"),
        (8, "boolean", "or", "and"),
        (8, "not", "not ", ""),
        (10, "dropped call", "note(count)", "pass"),
        (11, "return None", "None if free else count * rate", "None"),
        (11, "if-expression", "free", "True"),
        (11, "if-expression", "free", "False"),
        (11, "arithmetic", "*", "/"),
    }


def test_every_change_that_changes_nothing_is_still_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Changes left out of the share: each names a line that exists, and a reason."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import mutation

    kept = mutation.equivalent()
    for (path, source, before, after), reason in kept.items():
        everything = mutation.mutants(path, (mutation.ROOT / path).read_bytes())
        assert any((one.source, one.before, one.after) == (source, before, after) for one in everything), source
        assert len(reason) > 20
    assert len(kept) < 50
    for room in mutation.ROOMS.values():
        for pattern in (*room.code, *room.tests):
            assert mutation.files([pattern]), f"{pattern} names nothing"
