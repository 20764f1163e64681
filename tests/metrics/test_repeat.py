"""URO-Bench's rates: its own definition with jiwer beside it, numerals as cn2an reads them, the reversed reference."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jiwer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit import normalize
from evalkit.core.errors import DataError, UsageError
from evalkit.core.metric import Tally
from evalkit.core.response import Response
from evalkit.core.scorer import Answered
from evalkit.metrics.as_written import as_written
from evalkit.metrics.repeat import Repeat
from evalkit.metrics.spoken_rate import spoken_rate
from evalkit.normalize.numbers_cn2an import numerals_read

# cn2an 0.5.23, transform(text, "an2cn"); run on the package's own source
READ = {
    "小王2008年12月3日生": "小王二零零八年十二月三日生",
    "007": "七", "10": "十", "12": "十二", "110": "一百一十", "1003000": "一百万零三千", "100000000": "一亿",
    "12345678901234567": "12345678901234567", "１２个": "十二个", "25℃": "二十五摄氏度", "3.14": "三点一四",
    "-5": "负五", "1/2": "二分之一", "25%": "百分之二十五", "0": "零", "20000020": "二千万零二十", "九8七": "九八七",
    "12345年": "一二三四五年", "2008年٣日": "二零零八年٣日",
}  # fmt: skip
words = st.lists(st.sampled_from(["the", "cat", "sat", "down", "two"]), max_size=6).map(" ".join)


@pytest.mark.parametrize("text", READ)
def test_numerals_are_read_as_the_package_reads_them(text: str) -> None:
    assert numerals_read(text) == READ[text]


@given(words, words)
def test_the_english_rate_is_jiwers(one: str, other: str) -> None:
    normal = normalize.get("whisper_english")
    expected = jiwer.wer(normal(one), normal(other)) if normal(one) else 1.0
    assert spoken_rate(one, other, "en") == pytest.approx(expected)


@pytest.mark.parametrize(
    ("truth", "hypothesis", "rate"),
    [
        ("今天，天气 很好。", "今天天气 很好", 0.0),
        ("今天  天气", "今天 天气", 0.0),  # two spaces become one
        ("今天 天气", "今天天气", 1 / 5),  # a space is a character
        ("12个", "十二个", 0.0),
        ("ABC", "abc", 0.0),
        ("。", "好", 1.0),  # nothing is left of it: the program's exception counts 1
        ("", "", 1.0),
    ],
)
def test_the_chinese_rate(truth: str, hypothesis: str, rate: float) -> None:
    assert spoken_rate(truth, hypothesis, "zh") == pytest.approx(rate)


GOLDEN = [json.loads(line) for line in (Path(__file__).parent / "golden/uro_rates.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("line", GOLDEN, ids=range(len(GOLDEN)))
def test_the_rates_are_those_of_the_official_program(line: dict[str, Any]) -> None:
    """URO-Bench's get_wer was run on these pairs (commit 9e74bc0, cn2an 0.5.23); it agreed on 24,000 random ones too."""
    assert spoken_rate(line["truth"], line["hypothesis"], line["language"]) == pytest.approx(line["rate"])


LINES = [
    # heard, sentence, rate over what was heard, rate over the sentence
    ("the cat sat down", "the cat sat down", 0.0, 0.0),
    ("the cat", "the cat sat", 1 / 2, 1 / 3),  # within both limits
    ("the cat", "the cat sat down", 1.0, 1 / 2),  # too short: out by what was heard, in by the sentence
    ("the cat sat down now please", "the cat sat", 1 / 2, 1.0),  # too long: the other way round
    ("", "the cat", 1.0, 1.0),
]


def test_the_official_value_has_the_reversed_reference() -> None:
    metric = Repeat()
    official, strict = Tally(), Tally()
    for heard, sentence, reversed_rate, right_rate in LINES:
        found = metric.assess({"reference": sentence, "response": heard, "language": "en"}, "here")
        assert found.outputs["official_rate"] == pytest.approx(reversed_rate)
        assert found.outputs["strict_rate"] == pytest.approx(right_rate)
        official.add(found.faithful["repeat"])
        strict.add(found.faithful["repeat_strict"])
    good = [rate for _, _, rate, _ in LINES if rate <= 0.5]
    product = 100 * len(good) / len(LINES) * (1 - sum(good) / len(good))  # as the program writes it
    assert official.value(metric.metrics[0]) == pytest.approx(product) == pytest.approx(100 * (1 + 0.5 + 0.5) / 5)
    assert strict.value(metric.metrics[1]) == pytest.approx(100 * (1 + 2 / 3 + 1 / 2) / 5)


def test_the_command_gives_both_rates_of_each_line(main: Callable[..., Any], tmp_path: Path) -> None:
    lines = [{"reference": sentence, "response": heard, "language": "en"} for heard, sentence, _, _ in LINES]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    done = main("metric", "repeat", "--input", tmp_path / "in.jsonl", "--output", tmp_path / "out.jsonl")
    assert done.code == 0, done.err
    told = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [line["official"] for line in told] == pytest.approx([100, 50, 0, 50, 0])
    assert done.json["metrics"]["repeat"]["value"] == pytest.approx(40.0)


@pytest.mark.parametrize("language", ["fr", None, 3])
def test_a_language_without_a_rule_is_refused(language: Any) -> None:
    with pytest.raises(DataError, match="URO-Bench has a rule for these two"):
        Repeat().check({"reference": "x", "language": language}, "here")


def answered(key: str, written: str | None, heard: str, **meta: Any) -> Answered:
    return Answered(key, "s", "never read", Response(text=written, heard=heard), meta={"language": "en", **meta})


def test_what_was_heard_is_held_against_what_was_written() -> None:
    scorer = as_written("emova_tts", "en")
    found = list(
        scorer.score([answered("a", "the cat sat", "the cat"), answered("b", None, "x"), answered("c", "no", "")])
    )
    assert [score.faithful.get("as_written", (None,))[:2] for score in found] == [(1.0, 3.0), (None,), (1.0, 1.0)]
    assert [score.status for score in found] == ["scored", "unparsed", "scored"]
    mean = as_written("uro_bench")
    (score,) = mean.score([answered("a", "the cat", "the cat and the dog sat")])
    assert score.faithful == {"as_written": (200.0, 1.0)}, "a rate may exceed 100 %"
    with pytest.raises(UsageError):
        as_written("uro_bench", "en")
