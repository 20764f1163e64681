"""Files of real benchmarks, read with a declared layout; those that may not be copied, in their published shape.

The files lie in `../shared/data` beside the checkout; tests of them are skipped where there is none.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from corpora import encoded, put, rows

from evalkit.core.errors import DataError
from evalkit.data.asking import question
from evalkit.data.choosing import choices
from evalkit.data.conversing import conversation
from evalkit.data.corpora.columns import by_stem
from evalkit.data.dataset import Dataset
from evalkit.data.fields import audio, constant, each, integer, literal, optional
from evalkit.data.fields import json as parsed
from evalkit.data.layouts import Csv, Folders, Json, JsonLines, Layout, Lines, Tsv
from evalkit.media.source import read_bytes

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
present = pytest.mark.skipif(not SHARED.is_dir(), reason="the published files are not beside this checkout")
MMAU = {"question": "question", "choices": "choices", "answer": "answer", "kind": "task", "difficulty": "difficulty"}

# folder, layout, split, number of rows, fields of the first row that are told by the file itself
FILES: list[tuple[str, Layout, str, int, dict[str, Any]]] = [
    ("mmau", Json("mmau-test-mini.v05.15.25.json", fields={**MMAU, "path": "audio_id"}), "all", 1000,
     {"answer": "Man", "kind": "sound", "choices": ["Man", "Woman", "Child", "Robot"]}),
    ("mmau", Json("mmau-test-mini.original.json", fields={**MMAU}), "all", 1000, {"difficulty": "medium"}),
    ("air_bench", Json("Chat_meta.{split}.json", id="uniq_id",
                       fields={"question": "question", "answer": "answer_gt", "said": literal("meta_info", "transcription")}),
     "common_voice_en", 200,
     {"id": "600", "said": "For this reason, positional good is related to a higher pricing."}),
    ("vstyle", JsonLines("metadata.jsonl", id="id", fields={"text": "instruct_text", "ability": "ability",
                                                            "audio": optional("source_audio_path")}), "all", 16,
     {"id": "1", "ability": "acoustic_attributes/age", "audio": None}),
    ("uro_bench", Json("llama_omni_question.json", fields={"turns": "conversations", "path": "speech"}), "all", 10,
     {"id": "helpful_base_1"}),
    ("seed_tts", Lines("{split}_targets*.lst", ("id", "text")), "en", 100,
     {"text": "Strike while the iron is hot Make hay while the sun shines"}),
    ("seed_tts", Lines("librispeech*.lst", ("prompt_id", "seconds", "prompt_text", "id", "length", "text"), sep="\t"),
     "all", 200, {"id": "4992-23283-0000", "seconds": "4.355"}),
    ("mtg_jamendo", Tsv("vocabulary_{split}.tsv", id="tag", fields={"tracks": integer("test_tracks_split0")}),
     "genre", 87, {"id": "genre---60s", "tracks": 41}),
    ("mt_bench", JsonLines("question.jsonl", id="question_id", fields={"turns": "turns", "category": "category",
                                                                       "reference": optional("reference")}), "all", 80,
     {"id": "81", "category": "writing", "reference": None}),
    ("mt_bench", JsonLines("reference_answer_gpt-4.jsonl", id="question_id", fields={"turns": "choices.0.turns"}),
     "all", 30, {"id": "101"}),
    ("video_holmes", Json("example_questions_*.json", id="{video ID}_{Question ID}",
                          fields={"question": "Question", "choices": "Options", "answer": "Answer"}), "all", 16,
     {"answer": "A"}),
    ("voicebench_sources", Json("{split}.json", id="{split}_{index}", at="examples",
                                fields={"question": "input", "answer": "target"}), "bbh_navigate", 250, {}),
    ("voicebench_sources", JsonLines("ifeval_input_data.jsonl", id="key",
                                     fields={"prompt": "prompt", "rules": "instruction_id_list", "kwargs": "kwargs"}),
     "all", 541, {"id": "1000"}),
    ("web_questions", Json("webq_test.json", id="qId", fields={"question": "qText", "answers": "answers"}), "all", 2032,
     {"answers": ["Jamaican Creole English Language", "Jamaican English"]}),
    ("emobox", JsonLines("{split}_selected_balenced.jsonl", id="wav_filename", fields={"label": "label", "who": "speaker"}),
     "MELD", 240, {"label": "neutral", "who": "Monica"}),
    ("emobox", JsonLines("casia_test_fold_1*.jsonl", id="key", fields={"label": "emo", "frames": integer("num_frame")}),
     "all", 60, {"frames": 25259}),
    ("gtzan", Lines("{split}_filtered.txt", ("path",), id=by_stem("path")), "test", 290, {"id": "blues.00012"}),
    ("magnatagatune", Lines("top50_tags.txt", ("id",)), "all", 50, {"id": "guitar"}),
    ("evalscope_meta", Folders("*.json", fields={"size": optional("statistics.total_samples"), "hub": "meta.dataset_id"}),
     "all", 9, {"id": "air_bench_chat", "hub": "evalscope/AIR-Bench"}),
    ("storycloze_probes", JsonLines("tokens.jsonl", id=by_stem("file_name"), fields={"units": "audio_repr"}), "all", 2,
     {"id": "audio2"}),
    ("speech_clips", Lines("versa_text", ("id", "text"), sep=None), "all", 1,
     {"id": "test", "text": "This is a test example for test.wav."}),
]  # fmt: skip


@present
@pytest.mark.parametrize(("folder", "layout", "split", "number", "first"), FILES)
def test_a_published_file(folder: str, layout: Layout, split: str, number: int, first: dict[str, Any]) -> None:
    source = Dataset(folder, (split,), [layout])
    found = list(source.locate(SHARED).read(split))
    assert len(found) == number
    assert {name: found[0][name] for name in first} == first


@present
def test_mmau_as_questions() -> None:
    """The rows are asked with what the official rule needs: texts are compared, so that equal options may stand."""
    layout = Json("mmau-test-mini.v05.15.25.json", fields=MMAU)
    make = choices(meta=("kind",), style="(a) text", answer_as="text", equal=True)
    samples = [make(row, "test_mini") for row in layout.read(SHARED / "mmau", "test_mini")]
    assert Counter(sample.meta["kind"] for sample in samples) == {"sound": 333, "music": 334, "speech": 333}
    assert all(sample.reference in sample.choices for sample in samples)
    assert samples[0].messages[-1].text.endswith("(a) Man\n(b) Woman\n(c) Child\n(d) Robot")


@present
def test_video_holmes_and_mt_bench_as_samples() -> None:
    layout = Json(
        "*.json",
        id="{video ID}_{Question ID}",
        fields={"question": "Question", "choices": "Options", "answer": "Answer"},
    )
    for row in layout.read(SHARED / "video_holmes", "all"):
        sample = choices()(row, "all")
        assert sample.reference == row["choices"][row["answer"]]
    turns = JsonLines("question.jsonl", id="question_id", fields={"turns": "turns"})
    samples = [conversation(ask="every")(row, "all") for row in turns.read(SHARED / "mt_bench", "all")]
    assert all([message.role for message in sample.messages] == ["user", "user"] for sample in samples)


@present
def test_audio_beside_a_published_list(tmp_path: Path) -> None:
    """URO-Bench's own field names over its own recordings."""
    names = ("helpful_base_1", "helpful_base_4", "helpful_base_5", "vicuna_1")
    put(tmp_path / "corpus/all.jsonl", "".join(json.dumps({"key": n, "source_wav": f"{n}.wav"}) + "\n" for n in names))
    layout = JsonLines("{split}.jsonl", id="key", fields={"audio": "source_wav"}, media=str(SHARED / "uro_bench"))
    assert [len(read_bytes(row["audio"])) for row in rows(layout, tmp_path, "all")] == [190544, 169040, 218192, 241744]


@present
def test_a_published_file_that_is_cut_off() -> None:
    """The demo of URO-Bench ends in the middle of its sixth line, in the repository too."""
    layout = JsonLines("slam_omni_demo.jsonl", id="key", fields={"question": "source_text", "reference": "target_text"})
    reading = layout.read(SHARED / "uro_bench", "all")
    assert [next(reading)["id"] for _ in range(5)] == ["1", "2", "3", "4", "5"]
    with pytest.raises(DataError, match=r"slam_omni_demo\.jsonl, line 6: not JSON"):
        next(reading)


def clip(top: Path, name: str) -> None:
    put(top / name, encoded(name, "wav"))


def quoted(names: list[str], found: list[list[str]], **form: Any) -> str:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, **form)
    writer.writerows([names, *found])
    return buffer.getvalue()


def test_mtg_jamendo_has_any_number_of_tags(tmp_path: Path) -> None:
    top = tmp_path / "corpus"
    header = "TRACK_ID\tARTIST_ID\tALBUM_ID\tPATH\tDURATION\tTAGS\n"
    put(
        top / "autotagging_genre-test.tsv",
        header
        + "track_1\ta\tb\t15/1.mp3\t215.1\tgenre---pop\ntrack_2\ta\tb\t16/2.mp3\t9.0\tgenre---pop\tgenre---rock\n",
    )
    clip(top / "audio", "15/1.mp3")
    clip(top / "audio", "16/2.mp3")
    layout = Tsv("autotagging_{split}-test.tsv", id="TRACK_ID", fields={"audio": "PATH", "tags": "TAGS", "group": constant("g")},
                 quote=None, rest="TAGS", media="audio")  # fmt: skip
    assert layout.splits(top) == ("genre",)
    assert [row["tags"] for row in rows(layout, tmp_path, "genre")] == [
        ["genre---pop"],
        ["genre---pop", "genre---rock"],
    ]


def test_clotho_aqa_is_latin_1(tmp_path: Path) -> None:
    top = tmp_path / "corpus"
    rows_ = [
        ["caf\xe9 1.wav", 'Is it caf\xe9, "really"?', a, c] for a, c in (("yes", "Yes"), ("no", "maybe"), ("yes", "no"))
    ]
    put(
        top / "clotho_aqa_test.csv",
        quoted(["file_name", "QuestionText", "answer", "confidence"], rows_).encode("latin-1"),
    )
    clip(top / "audio_files", "caf\xe9 1.wav")
    layout = Csv("clotho_aqa_{split}.csv", id="{split}_{index}", encoding="latin-1", media="audio_files",
                 fields={"audio": "file_name", "question": "QuestionText", "answer": "answer"})  # fmt: skip
    found = rows(layout, tmp_path, "test")
    assert [row["answer"] for row in found] == ["yes", "no", "yes"]
    assert found[0]["question"] == 'Is it caf\xe9, "really"?'


def test_meld_csv(tmp_path: Path) -> None:
    top = tmp_path / "corpus"
    names = [
        "Sr No.",
        "Utterance",
        "Speaker",
        "Emotion",
        "Sentiment",
        "Dialogue_ID",
        "Utterance_ID",
        "Season",
        "Episode",
        "StartTime",
        "EndTime",
    ]
    line = [
        "1",
        "Why do all you\x92re coffee mugs have numbers, on the bottom?",
        "Mark",
        "surprise",
        "positive",
        "0",
        "3",
        "3",
        "19",
        "00:14:38,127",
        "00:14:40,378",
    ]
    put(top / "test_sent_emo.csv", quoted(names, [line], lineterminator="\r\n"))
    clip(top / "output_repeated_splits_test", "dia0_utt3.mp4")
    layout = Csv("{split}_sent_emo.csv", id="dia{Dialogue_ID}_utt{Utterance_ID}", media="output_repeated_splits_{split}",
                 fields={"audio": audio("dia{Dialogue_ID}_utt{Utterance_ID}.mp4"), "label": "Emotion", "number": integer("Sr No.")})  # fmt: skip
    (row,) = rows(layout, tmp_path, "test")
    assert (row["id"], row["label"], row["number"]) == ("dia0_utt3", "surprise", 1)


def test_seed_tts_meta_with_four_or_five_fields(tmp_path: Path) -> None:
    top = tmp_path / "corpus/zh"
    put(
        top / "meta.lst",
        "a|\u4f60\u597d|prompt-wavs/a.wav|\u518d\u89c1\nb|\u4f60\u597d|prompt-wavs/b.wav|\u597d|wavs/b.wav\n",
    )
    clip(top, "prompt-wavs/a.wav")
    clip(top, "prompt-wavs/b.wav")
    layout = Lines("{split}/meta.lst", ("id", "prompt_text", "prompt_audio", "text", optional("wav")), sep="|")
    first, second = rows(layout, tmp_path, "zh")
    assert (first["text"], first["wav"], second["wav"]) == ("\u518d\u89c1", None, "wavs/b.wav")
    assert read_bytes(second["prompt_audio"]) == encoded("prompt-wavs/b.wav", "wav")


def test_air_bench_foundation_paths_from_several_columns(tmp_path: Path) -> None:
    row = {"uniq_id": 5973, "path": "x.wav", "task_name": "Speaker_Age", "dataset_name": "cv", "question": "how old?",
           "choice_a": "young", "choice_b": "old", "choice_c": None, "choice_d": "", "answer_gt": "old"}  # fmt: skip
    put(tmp_path / "corpus/Foundation_meta.json", json.dumps([row]))
    clip(tmp_path / "corpus", "Speaker_Age_cv/x.wav")
    layout = Json("Foundation_meta.json", id="uniq_id", fields={
        "audio": audio("{task_name}_{dataset_name}/{path}"), "question": "question", "a": "choice_a", "b": "choice_b",
        "c": optional("choice_c"), "d": optional("choice_d"), "answer": "answer_gt"})  # fmt: skip
    (found,) = rows(layout, tmp_path, "all")
    sample = choices(media="audio", options=("a", "b", "c", "d"))(found, "all")
    assert (sample.choices, sample.reference) == (("young", "old"), "old")


def test_muchomusic_with_lists_as_text(tmp_path: Path) -> None:
    put(tmp_path / "corpus/m.csv", quoted(["id", "prompt", "answers"], [["3", "Which?", "['a', \"it's\"]"]]))
    (row,) = rows(Csv("m.csv", fields={"answers": literal("answers")}), tmp_path, "all")
    assert row["answers"] == ["a", "it's"]


def test_uro_dialogues_with_media_in_each_round(tmp_path: Path) -> None:
    rounds = [{"source_wav": f"{n}.wav", "source_text": f"q{n}", "target_text": f"a{n}"} for n in range(2)]
    put(tmp_path / "corpus/test.jsonl", json.dumps({"id": 1, "dialogue": rounds}) + "\n")
    for n in range(2):
        clip(tmp_path / "corpus", f"{n}.wav")
    layout = JsonLines(
        "test.jsonl",
        fields={"turns": each("dialogue", {"audio": "source_wav", "text": "source_text", "reply": "target_text"})},
    )
    (row,) = rows(layout, tmp_path, "test")
    sample = conversation()(row, "test")
    assert [message.role for message in sample.messages] == ["user", "assistant", "user"]
    assert (sample.messages[1].text, sample.reference) == ("a0", "a1")


def test_omnibench_paths_with_many_endings(tmp_path: Path) -> None:
    row = {"index": 0, "audio_path": "x.mp4.mp3.mp3.mp3", "image_path": "x.png", "options": ["p", "q"], "answer": "q",
           "question": "who?", "audio type": "speech"}  # fmt: skip
    put(tmp_path / "corpus/b.jsonl", json.dumps(row) + "\n")
    clip(tmp_path / "corpus/mm/audio", row["audio_path"])
    put(tmp_path / "corpus/mm/image/x.png", b"picture")
    layout = JsonLines("b.jsonl", id="index", media=("mm/audio", "mm/image"), fields={
        "audio": "audio_path", "image": "image_path", "choices": "options", "answer": "answer", "question": "question",
        "kind": "audio type"})  # fmt: skip
    (found,) = rows(layout, tmp_path, "all")
    sample = choices(media=("image", "audio"), meta=("kind",))(found, "all")
    assert [part.modality for part in sample.messages[0].content] == ["image", "audio", "text"]
    assert (sample.reference, sample.meta) == ("q", {"kind": "speech"})


def test_a_question_whose_options_are_json_text(tmp_path: Path) -> None:
    put(tmp_path / "corpus/d.csv", quoted(["id", "q", "o"], [["1", "which?", '["x", "y"]']]))
    (row,) = rows(Csv("d.csv", fields={"question": "q", "options": parsed("o")}), tmp_path, "all")
    assert question("{question} {options.1}", reference=None)(row, "all").messages[0].text == "which? y"
