"""Declarations of whole benchmarks, as tasks write them: rows in the published layout become samples."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import pytest
from corpora import encoded, put

from evalkit.authoring import (
    Cell,
    Dataset,
    Hub,
    Sample,
    base64_image,
    by_split,
    choices,
    layouts,
    optional,
    parts,
    speak,
    spoken,
    transcription,
)
from evalkit.core.message import Audio, Text
from evalkit.media.source import read_bytes

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def samples(source: Dataset, make: Any, data: Path) -> dict[str, list[Sample]]:
    """All samples of a local copy, by split; a maker may give several of a row."""
    rows = source.locate(data)
    found: dict[str, list[Sample]] = {}
    for split in rows.splits:
        made = [make(row, split) for row in rows.read(split)]
        found[split] = [one for sample in made for one in (sample if isinstance(sample, list) else [sample])]
    return found


def parquet(path: Path, **columns: list[Any]) -> None:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    put(path, buffer.getvalue())


def clip(name: str) -> dict[str, Any]:
    return {"bytes": encoded(name, "wav"), "path": f"{name}.wav"}


def test_mmau(tmp_path: Path) -> None:
    source = Hub("lmms-lab/mmau", COMMIT, split={"test_mini": "test_mini"}, id="id",
                 fields={"audio": "audio", "question": "question", "choices": "choices", "answer": "answer", "kind": "task"},
                 ).dataset("mmau")  # fmt: skip
    parquet(
        tmp_path / "mmau/data/test_mini-00000-of-00001.parquet",
        id=["u1", "u2"],
        audio=[clip("u1"), clip("u2")],
        question=["Who speaks?", "What sounds?"],
        choices=[["Man", "Woman"], ["Bell", "Dog", "Rain"]],
        answer=["Woman", "Dog"],
        task=["speech", "sound"],
        other=["a", "b"],
    )
    make = choices("{question}\n{options}", media="audio", style="(a) text", meta=("kind",))
    (first, second) = samples(source, make, tmp_path)["test_mini"]
    assert isinstance(first.messages[0].content[0], Audio)
    assert read_bytes(first.messages[0].content[0]) == encoded("u1", "wav")
    assert first.messages[0].content[1] == Text("Who speaks?\n(a) Man\n(b) Woman")
    assert (second.choices, second.reference, second.meta) == (("Bell", "Dog", "Rain"), "Dog", {"kind": "sound"})


def test_mmbench(tmp_path: Path) -> None:
    source = Dataset("mmbench", ("dev_en", "dev_cn"), [layouts.Tsv("{split}.tsv", id="index", fields={
        **{name: optional(name) for name in "ABCD"}, "question": "question", "hint": "hint", "answer": "answer",
        "category": "category", "image": base64_image("image")})])  # fmt: skip
    picture = base64.b64encode(b"\xff" * 100).decode()
    header = "index\tquestion\thint\tA\tB\tC\tD\tanswer\tcategory\timage\n"
    put(
        tmp_path / "mmbench/dev_en.tsv",
        header + f"0\tWhich?\tLook.\tx\ty\tz\t\tB\tocr\t{picture}\n1\tWhere?\t\tp\tq\t\t\tA\tocr\t0\n",
    )
    make = choices("{question}\n{options}", media="image", options=("A", "B", "C", "D"), context="hint",
                   rotations="all", meta=("category",))  # fmt: skip
    found = samples(source, make, tmp_path)["dev_en"]
    assert [sample.id for sample in found] == ["0#1", "0#2", "0#3", "1#1", "1#2"]
    assert [sample.cluster for sample in found] == ["0", "0", "0", "1", "1"]
    assert found[1].messages[0].text == "Look.\nWhich?\nA. y\nB. z\nC. x"
    assert {read_bytes(sample.messages[0].content[0]) for sample in found} == {b"\xff" * 100}  # type: ignore[arg-type]
    assert found[0].meta == {"category": "ocr", "rotation": 0}


def test_seed_tts(tmp_path: Path) -> None:
    splits = ("en", "zh", "zh_hard")
    source = Dataset(
        "seed_tts_eval",
        splits,
        [layouts.Lines("{split}/meta.lst", sep="|", fields=("id", "prompt_text", "prompt_audio", "text"))],
    )
    for split in splits:
        put(tmp_path / f"seed_tts_eval/{split}/meta.lst", f"{split}_1|Hello there.|prompt-wavs/p.wav|Say {split}!\n")
        put(tmp_path / f"seed_tts_eval/{split}/prompt-wavs/p.wav", encoded(split, "wav"))
    make = speak("Say this in the voice you heard:", voice="prompt_audio", text="text", transcript="prompt_text",
                 language=by_split({"en": "en"}, other="zh"))  # fmt: skip
    found = samples(source, make, tmp_path)
    (hard,) = found["zh_hard"]
    assert hard.media is not None and read_bytes(hard.media["prompt_audio"]) == encoded("zh_hard", "wav")
    assert (hard.reference, hard.meta) == ("Say zh_hard!", {"language": "zh"})
    voice, words = hard.messages[0].content
    assert isinstance(voice, Audio) and voice.transcript == "Hello there."
    assert words == Text("Say this in the voice you heard:\nSay zh_hard!")
    assert found["en"][0].meta == {"language": "en"}


def test_uro_bench(tmp_path: Path) -> None:
    sets = parts(
        """
        AlpacaEval     en  basic  oral_conversation  open
        AlpacaEval-zh  zh  basic  oral_conversation  open
        Repeat         en  basic  understanding      repeat
        """,
        fields=("split", "language", "level", "skill", "rule"),
    )
    hub = Hub("owner/uro", COMMIT, config="{split}", id="{split}_{index}",
              fields={"audio": "source_wav", "reference": "target_text"})  # fmt: skip
    for name in sets.splits:
        parquet(tmp_path / f"uro_bench/{name}/test-00000-of-00001.parquet", source_wav=[clip(name)], target_text=[name])
    source = hub.dataset("uro_bench", sets.splits)
    found = samples(source, spoken(meta=sets.meta("language", "level", "skill")), tmp_path)
    assert list(found) == list(sets.splits)
    (sample,) = found["AlpacaEval-zh"]
    assert (sample.id, sample.reference) == ("AlpacaEval-zh_0", "AlpacaEval-zh")
    assert sample.meta == {"language": "zh", "level": "basic", "skill": "oral_conversation"}
    assert [type(part) for part in sample.messages[0].content] == [Audio]
    columns = sets.columns("uro_bench.{split}", "uro_bench.{level}_{language}.{skill}", "uro_bench.{level}_{language}")
    assert columns["uro_bench.Repeat"] == columns["uro_bench.basic_en.understanding"] == Cell("Repeat")


def test_voicebench(tmp_path: Path) -> None:
    splits = ("alpacaeval", "sd_qa", "ifeval")
    hub = Hub("hlt-lab/voicebench", COMMIT, config={"sd_qa": "sd-qa"}, id="{split}_{index}",
              fields={"audio": "audio", "question": "prompt", "reference": "output", "kwargs": optional("kwargs")})  # fmt: skip
    for config in ("alpacaeval", "sd-qa", "ifeval"):
        more: dict[str, Any] = {"kwargs": [[{"n": 3}]]} if config == "ifeval" else {}
        parquet(
            tmp_path / f"voicebench/{config}/test-00000-of-00001.parquet",
            audio=[clip(config)],
            prompt=["q"],
            output=["o"],
            **more,
        )
    found = samples(
        Dataset("voicebench", splits, hub=hub), spoken(reference="reference", meta=("question", "kwargs")), tmp_path
    )
    assert {split: sample[0].meta for split, sample in found.items()} == {
        "alpacaeval": {"question": "q", "kwargs": None},
        "sd_qa": {"question": "q", "kwargs": None},
        "ifeval": {"question": "q", "kwargs": [{"n": 3}]},
    }
    assert found["sd_qa"][0].reference == "o"


def test_covost2(tmp_path: Path) -> None:
    pairs = ("en_zh-CN", "zh-CN_en")
    source = Dataset("covost2", pairs, [layouts.Tsv("covost_v2.{split}.test.tsv", id="path", quote=None, media="clips",
                     fields={"audio": "path", "text": "sentence", "translation": "translation", "speaker": optional("client_id")})])  # fmt: skip
    for pair in pairs:
        put(
            tmp_path / f"covost2/covost_v2.{pair}.test.tsv",
            'path\tsentence\ttranslation\tclient_id\na.mp3\tHe said "no\tNein\tc1\n',
        )
    put(tmp_path / "covost2/clips/a.mp3", encoded("a", "mp3"))
    make = transcription({pair: f"Translate into {pair.split('_')[1]}." for pair in pairs}, reference="translation")
    (sample,) = samples(source, make, tmp_path)["en_zh-CN"]
    assert (sample.reference, sample.cluster, sample.messages[0].text) == ("Nein", "c1", "Translate into zh-CN.")


def test_full_duplex_bench(tmp_path: Path) -> None:
    splits = ("pause", "turn_taking")
    source = Dataset("full_duplex_bench", splits, [layouts.Folders("{split}/*", id="{split}_{folder}", fields={
        "audio": "input.wav", "timing": optional("{split}.json"), "pauses": optional("pause.json"),
        "turns": optional("turn_taking.json")})])  # fmt: skip
    put(tmp_path / "full_duplex_bench/pause/1/input.wav", encoded("1", "wav"))
    put(tmp_path / "full_duplex_bench/pause/1/pause.json", json.dumps([{"text": "[PAUSE]", "timestamp": [1.0, 2.0]}]))
    put(tmp_path / "full_duplex_bench/turn_taking/7/input.wav", encoded("7", "wav"))
    put(
        tmp_path / "full_duplex_bench/turn_taking/7/turn_taking.json",
        json.dumps([{"text": "[TURN-TAKING]", "timestamp": [3.0, 3.5]}]),
    )
    found = samples(source, spoken(meta=("pauses", "turns")), tmp_path)
    (pause,), (turn,) = found["pause"], found["turn_taking"]
    assert pause.id == "pause_1" and pause.meta == {
        "pauses": [{"text": "[PAUSE]", "timestamp": [1.0, 2.0]}],
        "turns": None,
    }
    assert turn.meta is not None and turn.meta["turns"][0]["timestamp"] == [3.0, 3.5]


def test_rows_without_audio_from_parquet(tmp_path: Path) -> None:
    """A table of questions and answers reads, in short and with fields."""
    parquet(tmp_path / "q/data/test-00000-of-00001.parquet", question=["2+2?"], answer=["4"])
    short = layouts.Parquet({"test": "test"}, id="{split}_{index}", text="answer", audio=None)
    (row,) = Dataset("q", ("test",), [short]).locate(tmp_path).read("test")
    assert dict(row) == {"id": "test_0", "text": "4", "speaker": None}
    full = layouts.Parquet(
        {"test": "test"}, id="{split}_{index}", fields={"question": "question", "reference": "answer"}
    )
    (row,) = Dataset("q", ("test",), [full]).locate(tmp_path).read("test")
    assert dict(row) == {"id": "test_0", "question": "2+2?", "reference": "4"}
    missing = layouts.Parquet({"test": "test"}, id="{split}_{index}", text="answer")
    with pytest.raises(
        Exception, match="no column 'audio'; it has question, answer; say audio=None where rows have none"
    ):
        list(Dataset("q", ("test",), [missing]).locate(tmp_path).read("test"))
