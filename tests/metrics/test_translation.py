"""BLEU and chrF as metrics of lines and scorers of tasks."""

from __future__ import annotations

import sys
from typing import Any

import pytest
import sacrebleu
from sacrebleu.metrics import BLEU

from evalkit.core.errors import DataError, MissingExtraError, UnknownNameError, UsageError
from evalkit.core.metric import REDUCTIONS, Tally
from evalkit.core.response import Response
from evalkit.core.sample import Sample
from evalkit.core.scorer import Answered
from evalkit.metrics.translation import tokenizers
from evalkit.metrics.translation.metric import SACREBLEU, Bleu, Chrf, bleu, chrf

LINES = [
    {"reference": "The cat sat on the mat.", "response": "the cat sat on the mat", "language": "en"},
    {"reference": ["我爱北京天安门。", "我爱天安门。"], "response": "我爱北京", "language": "zh-CN"},
    {"reference": "", "response": "", "language": "en"},
]


def value(metric: Any, lines: list[dict[str, Any]]) -> float | None:
    tally = Tally()
    for line in lines:
        found = metric.worst(line, "x") if line["response"] is None else metric.assess(line, "x").faithful
        tally.add(tuple(map(float, found[metric.metrics[0].name])))
    return tally.value(metric.metrics[0])


def test_a_missing_response_is_an_empty_hypothesis() -> None:
    lines = [LINES[0], {"reference": "A second sentence of some length.", "response": None}]
    wanted = sacrebleu.corpus_bleu([lines[0]["response"], ""], [[line["reference"] for line in lines]]).score
    assert value(Bleu(), lines) == wanted
    assert (
        value(Chrf(), lines)
        == sacrebleu.corpus_chrf(["the cat sat on the mat", ""], [[x["reference"] for x in lines]]).score
    )


def test_the_tokenizer_may_depend_on_the_language() -> None:
    metric = Bleu(by_language={"zh": "zh", "ja": "char"}, other="13a")
    for line in LINES:
        metric.check(line, "x")
    zh = {"reference": "我爱北京天安门。", "response": "我爱北京天安门", "language": "cmn_hans_cn"}
    assert value(metric, [zh]) == pytest.approx(86.6878, abs=5e-5)
    assert "tok:ja=char,zh=zh,13a" in metric.signature
    assert metric.identity() != Bleu(by_language={"zh": "zh", "ja": "char"}).identity() != Bleu().identity()


@pytest.mark.parametrize("language", ["xx", 5, None, "zh-HK"])
def test_a_language_nobody_knows_is_the_lines_fault(language: object) -> None:
    with pytest.raises(DataError, match="line 3"):
        Bleu(by_language={"zh": "zh"}).check({"reference": "a", "language": language}, "file.jsonl, line 3")


def test_a_language_without_a_tokenizer_is_refused() -> None:
    with pytest.raises(DataError, match="other="):
        Bleu(by_language={"zh": "zh"}).check({"reference": "a", "language": "fr"}, "x")


def test_the_signature_is_sacrebleus() -> None:
    official = BLEU(tokenize="zh")
    official.corpus_score(["a"], [["a"]])
    wanted = str(official.get_signature()).replace("nrefs:1|", "").replace(sacrebleu.__version__, SACREBLEU)
    assert Bleu(tokenizer="zh").signature == wanted
    official = sacrebleu.metrics.CHRF(word_order=2)
    official.corpus_score(["a"], [["a"]])
    wanted = str(official.get_signature()).replace("nrefs:1|", "").replace(sacrebleu.__version__, SACREBLEU)
    assert Chrf("chrf++").signature == wanted
    assert bleu(tokenizer="char").protocol == "bleu:sacrebleu/case:mixed|eff:no|tok:char|smooth:exp|version:2.6.0"
    assert chrf().protocol.startswith("chrf:chrf/case:mixed|")


@pytest.mark.parametrize(
    "line", [{}, {"reference": None}, {"reference": 5}, {"reference": []}, {"reference": ["a", None]}]
)
@pytest.mark.parametrize("metric", [Bleu(), Chrf()], ids=["bleu", "chrf"])
def test_a_line_without_a_text_to_compare_with(metric: Any, line: dict[str, Any]) -> None:
    for ask in (metric.check, metric.assess, metric.worst):
        with pytest.raises(DataError, match=r"here, line 1.*reference"):
            ask({**line, "response": "x"}, "here, line 1")


@pytest.mark.parametrize("metric", [Bleu(), Chrf()], ids=["bleu", "chrf"])
@pytest.mark.parametrize("response", [None, 5, ["a"]])
def test_a_response_that_is_no_text(metric: Any, response: object) -> None:
    with pytest.raises(DataError, match="response"):
        metric.assess({"reference": "a", "response": response}, "x")


def test_options_that_do_not_go_together() -> None:
    with pytest.raises(UnknownNameError, match="13a"):
        Bleu(tokenizer="13")
    with pytest.raises(UnknownNameError):
        Bleu(by_language={"zh": "zho"})
    with pytest.raises(UnknownNameError):
        Bleu("mteval")
    with pytest.raises(UnknownNameError):
        Chrf("chrf3")
    with pytest.raises(UsageError):
        Bleu(tokenizer="zh", by_language={"ja": "char"})
    with pytest.raises(UsageError):
        Bleu(other="zh")


@pytest.mark.parametrize(
    ("name", "blocked", "command"),
    [
        ("ja-mecab", "sacrebleu.tokenizers.tokenizer_ja_mecab", r"\[japanese\]"),
        ("intl", "sacrebleu.tokenizers.tokenizer_intl", r"\[translation\]"),
        ("ko-mecab", "sacrebleu.tokenizers.tokenizer_ko_mecab", r"\[korean\]"),
    ],
)
def test_a_missing_package_is_told_before_anything_is_asked(
    monkeypatch: pytest.MonkeyPatch, name: str, blocked: str, command: str
) -> None:
    tokenizers.tokenizer.cache_clear()
    monkeypatch.setitem(sys.modules, blocked, None)
    with pytest.raises(MissingExtraError, match=command):
        bleu(tokenizer=name).check(Sample(id="1", split="test", messages=(), reference="a"))
    tokenizers.tokenizer.cache_clear()


def test_the_core_install_has_the_common_tokenizers(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [name for name in sys.modules if name.split(".")[0] == "sacrebleu"]:
        monkeypatch.setitem(sys.modules, module, None)
    for name in ("13a", "zh", "char", "none"):
        assert Bleu(tokenizer=name).assess(LINES[0], "x").faithful


def test_a_scorer_sees_meta_and_several_references() -> None:
    scorer = bleu(by_language={"zh": "zh"}, other="13a")
    answers = [
        Answered(str(i), "test", line["reference"], Response(line["response"]), meta={"language": line["language"]})
        for i, line in enumerate(LINES)
    ]
    scores = list(scorer.score(answers))
    assert [score.status for score in scores] == ["scored"] * 3
    assert scores[2].flags == ("empty_reference",)
    assert scores[1].faithful["bleu"][:2] == (4, 6), "of two references the nearer in length"
    assert scorer.worst(answers[0])["bleu"][:2] == (0, 7), "the full stop is a token"
    assert REDUCTIONS[scorer.metrics[0].reduce.__name__] is scorer.metrics[0].reduce


def test_a_very_long_text() -> None:
    line = {"reference": "word " * 20_000, "response": "word " * 30_000}
    assert value(Bleu(), [line]) == sacrebleu.corpus_bleu([line["response"]], [[line["reference"]]]).score
