"""Errors a user meets: the nearest name, the place, what to do."""

from __future__ import annotations

import pytest

from evalkit.core.errors import DataError, EvalkitError, MissingExtraError, UnknownNameError, UsageError
from evalkit.core.installation import install_command


@pytest.mark.parametrize(
    ("asked", "known", "expected"),
    [
        ("librispech", ["librispeech", "aishell", "fleurs"], "Did you mean librispeech?"),
        ("xyz", ["one", "two"], "Known: one, two."),
        ("xyz", [], "None is known."),
        ("xyz", [f"name{i}" for i in range(40)], "There are 40; see 'evalkit list'"),
    ],
)
def test_unknown_names_say_what_there_is(asked: str, known: list[str], expected: str) -> None:
    error = UnknownNameError("task", asked, known)
    assert f"unknown task '{asked}'" in str(error)
    assert expected in str(error)
    assert isinstance(error, UsageError)


def test_data_errors_name_file_and_line() -> None:
    assert str(DataError("a.jsonl", "broken", 7)) == "a.jsonl, line 7: broken"
    assert str(DataError("a.wav", "broken")) == "a.wav: broken"


def test_a_missing_package_names_the_command_that_brings_it() -> None:
    error = MissingExtraError("pandas", "frames", "load_results")
    assert install_command("frames") in str(error)
    assert isinstance(error, EvalkitError)
