"""`plain` where scripts differ: what shows nothing, case pairs, marks, scripts without spaces, any language's code."""

from __future__ import annotations

import pytest

from evalkit.metrics.error_rate.counting import errors_batch, unit
from evalkit.metrics.error_rate.counts import Counts
from evalkit.metrics.error_rate.lines import ErrorRate
from evalkit.metrics.languages import canonical


def errors(reference: str, hypothesis: str, profile: str, language: str) -> Counts:
    (found,) = errors_batch([reference], [hypothesis], profile, language)
    assert found is not None
    return found


INVISIBLE = [
    "\ufe0f",
    "\u200b",
    "\u200d",
    "\u2060",
    "\u034f",
    "\u00ad",
    "\ufeff",
    "\u180e",
    "\U000e0101",
    "\u20e3",
    "\u3164",
]


@pytest.mark.parametrize("language", ["en", "de", "zh", "ja", "th", "yue", "hi", "ko", "fa", "km"])
@pytest.mark.parametrize("char", INVISIBLE, ids=ascii)
def test_what_shows_nothing_makes_no_error_in_plain(char: str, language: str) -> None:
    for said in (f"a1{char} b", f"a1 b {char}", f"a1 {char} b", f"a1 b ❤{char}"):
        assert errors("a1 b", said, "plain", language).errors == 0, ascii(said)


@pytest.mark.parametrize(
    ("language", "one", "other", "same"),
    [
        ("tr", "ISPARTA İL", "ısparta il", True), ("az", "IŞIQ", "ışıq", True), ("az", "IŞIQ", "işiq", False),
        ("de", "İstanbul", "istanbul", True), ("de", "ICH", "ich", True), ("el", "ΟΔΟΣ", "οδος", True),
        ("hi", "हिन्दी", "हन्द", False), ("vi", "tiếng", "tie\u0302\u0301ng", True),
    ],
)  # fmt: skip
def test_case_pairs_and_marks_in_plain(language: str, one: str, other: str, same: bool) -> None:
    assert (errors(one, other, "plain", language).errors == 0) is same


@pytest.mark.parametrize("language", ["lo", "my", "km", "bo", "dz", "wuu", "nan-tw", "th"])
def test_scripts_without_spaces_count_by_character(language: str) -> None:
    assert unit("plain", language) == "CER"
    assert errors("ภาษา ไทย", "ภาษาไทย", "plain", language).errors == 0, "spaces are no part of it"


@pytest.mark.parametrize(
    ("code", "language"), [("jw", "jv"), ("tl", "fil"), ("Welsh", "cy"), ("sv-SE", "sv"), ("zgh", "zgh")]
)
def test_codes_of_whisper_and_common_voice(code: str, language: str) -> None:
    assert canonical(code) == language and unit("plain", code) in {"WER", "CER"}


def test_a_profile_that_keeps_punctuation_says_so() -> None:
    line = {"reference": "hello world", "response": "Hello, world."}
    assert ErrorRate("wenet").assess(line, "x").flags == ("punctuation_counts",)
    assert ErrorRate("kimi").assess(line, "x").flags == ()
    assert ErrorRate("wenet").assess({"reference": "hello world", "response": "hello world"}, "x").flags == ()
