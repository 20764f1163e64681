"""ClothoAQA: the cleaned tables and the raw ones, whose rows are joined by threes, by the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from audio_bench import Bench, clip, columns, put

Main = Callable[..., Any]
CLEAN = 'file_name,QuestionText,answer\n"Rain.wav","Is it wet, then?",YES\n"Birds.wav","How many birds?",ELEVEN\n'
# question -> the annotators' answers, and the reply
RAW = {
    "Is it raining?": (("yes", "Yes", "YES "), "Yes."),
    "Is there a dog?": (("no", "yes", "no"), "yes"),
    "What sings?": (("bird", "bird", "finch"), "Bird"),
    "Wo ist das Café?": (("café", "bar", "street"), "bar"),
}


def raw(questions: dict[str, Any] | None = None) -> bytes:
    lines = ["file_name,QuestionText,answer,confidence"]
    for text, (answers, _) in (questions or RAW).items():
        lines += [f"Rain.wav,{text},{answer},maybe" for answer in answers]
    return ("\r\n".join(lines) + "\r\n").encode("latin-1")


def write(root: Path, folder: str = "metadata/", raw_folder: str = "metadata/metadata_orig/") -> None:
    for name in ("val", "test"):
        put(root / f"clotho_aqa/{folder}clotho_aqa_{name}_clean.csv", CLEAN)
        put(root / f"clotho_aqa/{raw_folder}clotho_aqa_{name}.csv", raw())
    put(root / "clotho_aqa/audio_files/Rain.wav", clip(channels=2, rate=44100))
    put(root / "clotho_aqa/audio_files/Birds.wav", clip(rate=8000))


REPLIES = {f"{split}/0000-Rain": "yes." for split in ("dev", "test")} | {
    "dev/0001-Birds": "eleven",
    "test/0001-Birds": "12",
}
REPLIES |= {f"raw_test/{at:04d}-Rain": reply for at, (_, reply) in enumerate(RAW.values())}
REPLIES |= {f"raw_dev/{at:04d}-Rain": "" for at in range(4)}
EXPECTED = {
    "dev.acc": 100.0, "dev.yes_no": 100.0, "dev.word": 100.0, "test.acc": 50.0, "test.yes_no": 100.0, "test.word": 0.0,
    "raw_test.acc": 75.0, "raw_test.unanimous": 100.0, "raw_test.majority": 100 * 2 / 3, "raw_test.yes_no": 50.0,
    "raw_test.word": 100.0, "raw_test.unanimous_yes_no": 100.0, "raw_test.majority_yes_no": 50.0,
    "raw_test.annotations": 100 * (3 + 1 + 2 + 1) / 12,
    **{f"raw_dev.{name}": 0.0 for name in ("acc", "unanimous", "majority", "yes_no", "word", "annotations")},
    "raw_dev.unanimous_yes_no": 0.0, "raw_dev.majority_yes_no": 0.0,
}  # fmt: skip


@pytest.mark.parametrize("folders", [("metadata/", "metadata/metadata_orig/"), ("", "")])
def test_all_tables(main: Main, tmp_path: Path, folders: tuple[str, str]) -> None:
    write(tmp_path, *folders)
    bench = Bench(main, tmp_path, "clotho_aqa")
    code, summary = bench.run(REPLIES)
    assert columns(summary) == pytest.approx({f"clotho_aqa.{name}": value for name, value in EXPECTED.items()})
    assert code == 0
    asked = bench.asked()
    assert len(asked) == 12
    assert asked["raw_test/0003-Rain"]["text"].startswith("Wo ist das Café?")  # the raw tables are Latin-1


def test_without_recordings_and_as_questions(main: Main, tmp_path: Path) -> None:
    write(tmp_path)
    done = main("data", "export", "clotho_aqa:test", "--to", tmp_path / "to", "--data", tmp_path)
    assert done.code == 0, done.err
    lines = [json.loads(line) for line in (tmp_path / "to/questions.jsonl").read_text().splitlines()]
    assert [line["id"] for line in lines] == ["test/0000-Rain", "test/0001-Birds"]
    for path in (tmp_path / "clotho_aqa/audio_files").iterdir():
        path.unlink()
    summary = Bench(main, tmp_path, "clotho_aqa").scored(REPLIES, "elsewhere")
    assert columns(summary) == pytest.approx({f"clotho_aqa.{name}": value for name, value in EXPECTED.items()})


@pytest.mark.parametrize(
    "questions",
    [
        {"Is it raining?": (("yes", "no"), "")},
        {"Is it raining?": (("yes", "no"), ""), "What sings?": (("bird", "bird", "bird"), "")},
        {"Is it raining?": (("yes", "no", "no", "no"), "")},
    ],
)
def test_annotations_that_are_not_three(main: Main, tmp_path: Path, questions: dict[str, Any]) -> None:
    write(tmp_path)
    put(tmp_path / "clotho_aqa/metadata/metadata_orig/clotho_aqa_test.csv", raw(questions))
    done = Bench(main, tmp_path, "clotho_aqa:raw_test").tried(REPLIES)
    assert done.code == 2
    assert "expected 3 consecutive rows of each question" in done.err
    assert len(done.err.strip().splitlines()) == 1
