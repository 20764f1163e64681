"""The scorers that task authors take, in whole runs: refused samples, counted failures, values, records, a comparison."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import sacrebleu

import evalkit
from evalkit.authoring import (
    BatchModel,
    DataError,
    Failure,
    JsonLines,
    Request,
    Response,
    Row,
    Sample,
    Scorer,
    Task,
    bleu,
    chrf,
    document,
    instructions,
    model,
    refusal,
    tags,
    user,
    yes_no,
)
from evalkit.core.model import Answer

Write = Callable[..., Path]


@model("reciting")
class Reciting(BatchModel):
    """Says what it is told to; fails at "fail".

    Args:
        more: said after it.
    """

    batch_size = 8

    def __init__(self, more: str = "") -> None:
        self.more = more

    def answer(self, batch: Sequence[Request]) -> Sequence[Response]:
        return [
            Response(failure=Failure("refused", "told to"))
            if (text := request.messages[-1].text) == "fail"
            else Response(text=text + self.more)
            for request in batch
        ]


def task_of(path: Path, scorer: Scorer) -> Task:
    def sample(row: Row, split: str) -> Sample:
        meta = {key: row[key] for key in row.keys() - {"id", "say", "prompt", "reference"}}
        return Sample(row["id"], (user(row["say"]),), row.get("reference"), meta=meta)

    return Task(source=JsonLines(path), sample=sample, scorers=[scorer], name="said")


def row_of(case: dict[str, Any]) -> dict[str, Any]:
    return {"prompt": case["say"], "reference": None, **case}


WORDS = [{"num_words": 3, "relation": "at least"}]
CASES: dict[str, tuple[Callable[[], Scorer], list[dict[str, Any]], dict[str, float], dict[str, Any]]] = {
    "bleu": (
        lambda: bleu(by_language={"zh": "zh"}, other="13a"),
        [
            {"say": "the cat sat on the mat", "reference": "The cat sat on the mat.", "language": "en"},
            {"say": "fail", "reference": "Four words of text", "language": "en"},
            {"say": "我爱北京天安门", "reference": ["我爱北京天安门。", "我爱"], "language": "zh"},
        ],
        {},
        {"reference": 5},
    ),
    "chrf": (
        lambda: chrf("chrf++"),
        [{"say": "a cat", "reference": "the cat"}, {"say": "fail", "reference": "dog"}],
        {"chrf": sacrebleu.corpus_chrf(["a cat", ""], [["the cat", "dog"]], word_order=2).score},
        {"reference": None},
    ),
    "refusal": (
        refusal,
        [{"say": "Sorry."}, {"say": "Sure."}, {"say": "fail"}],
        {"refusal_rate": 100 / 3},
        {},
    ),
    "instruction_following": (
        lambda: instructions("voicebench"),
        [
            {"say": "one two three", "instruction_id_list": ["length_constraints:number_words"], "kwargs": WORDS},
            {"say": "one", "instruction_id_list": ["length_constraints:number_words"], "kwargs": WORDS},
            {"say": "fail", "instruction_id_list": ["punctuation:no_comma"] * 2, "kwargs": [{}, {}]},
        ],
        {"prompt_strict": 100 / 3, "instruction_loose": 25.0, "mean": (100 / 3 + 25) / 2},
        {"instruction_id_list": ["punctuation:none"], "kwargs": [{}]},
    ),
    "tags": (
        lambda: tags(vocabulary=["rock", "pop", "jazz"]),
        [{"say": "Rock, blues", "reference": ["rock", "pop"]}, {"say": "fail", "reference": ["jazz"]}],
        {"micro_f1": 50.0, "macro_f1": 100 / 3, "out_of_vocabulary": 50.0},
        {"reference": ["blues"]},
    ),
    "document": (
        lambda: document("anls"),
        [{"say": "abce", "reference": ["abcd", "x"]}, {"say": "fail", "reference": "x"}],
        {"anls": 37.5},
        {"reference": []},
    ),
    "yes_no": (
        yes_no,
        [
            {"say": "Yes.", "reference": "Yes", "category": "OCR", "group": "1"},
            {"say": "maybe", "reference": "No", "category": "OCR", "group": "1"},
            {"say": "fail", "reference": "No", "category": "OCR", "group": "2"},
        ],
        {"accuracy": 100 / 3},
        {"reference": "perhaps", "category": "OCR", "group": "3"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_run(name: str, tmp_path: Path, write_lines: Write) -> None:
    make, rows, wanted, _ = CASES[name]
    path = write_lines(tmp_path / "said.jsonl", [{"id": f"s{i}", **row_of(row)} for i, row in enumerate(rows)])
    (outcome,) = evalkit.evaluate(Reciting(), task_of(path, make()), out=tmp_path / "out")
    assert outcome.summary is not None
    found = {result.metric: result for result in outcome.summary.results}
    assert {metric: found[metric].value for metric in wanted} == pytest.approx(wanted)
    assert all(result.protocol.startswith(f"{name}:") for result in found.values())
    assert outcome.summary_path is not None
    json.loads(outcome.summary_path.read_text())
    if name == "bleu":
        cat = sacrebleu.corpus_bleu([rows[0]["say"], ""], [[rows[0]["reference"], rows[1]["reference"]]])
        beijing = sacrebleu.corpus_bleu([rows[2]["say"]], [[one] for one in rows[2]["reference"]], tokenize="zh")
        both = sacrebleu.BLEU.compute_bleu(
            [a + b for a, b in zip(cat.counts, beijing.counts, strict=True)],
            [a + b for a, b in zip(cat.totals, beijing.totals, strict=True)],
            cat.sys_len + beijing.sys_len,
            cat.ref_len + beijing.ref_len,
            smooth_method="exp",
        )
        assert found["bleu"].value == both.score


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case[3]])
def test_a_sample_that_cannot_be_scored_is_refused_before_the_model_is_asked(
    name: str, tmp_path: Path, write_lines: Write
) -> None:
    make, rows, _, bad = CASES[name]
    path = write_lines(
        tmp_path / "said.jsonl", [{"id": "good", **row_of(rows[0])}, {"id": "bad", **row_of({"say": "x", **bad})}]
    )
    asked: list[str] = []

    class Watched(Reciting):
        def stream(self, requests: Iterator[Request]) -> Iterator[Answer]:
            for request in requests:
                asked.append(request.id)
                yield request.id, Response(text="")

    with pytest.raises(DataError, match="bad"):
        evalkit.evaluate(Watched(), task_of(path, make()), out=tmp_path / "out")
    assert asked == []
