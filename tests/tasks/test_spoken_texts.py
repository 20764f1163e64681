"""Synthesis without a voice to be cloned: EMOVA's two columns by both normalisations, and Hello-Chat's marks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from judged_by_wire import say, write_rows
from task_bench import STAND_INS, Bench, values

from evalkit import plugins
from evalkit.core.task import Task
from evalkit.metrics.error_rate.counting import errors
from evalkit.published import numbers as published

EAR = ("--transcriber", f"{STAND_INS}:ear")
RATER = ("--listener", f"people={Path(__file__).parent / 'spoken_stand_ins.py'}:natural")
ENGLISH = {"1-2-0001": ("MISTER BROWN WON'T GO", "Mr. Brown will not go."), "1-2-0002": ("HE CAME", "He came"),
           "1-2-0003": ("THE END", "the hand")}  # fmt: skip


@pytest.fixture
def bench(main: Callable[..., Any], tmp_path: Path) -> Bench:
    return Bench(main, tmp_path)


def corpus(root: Path) -> dict[str, Any]:
    """LibriSpeech's test-clean: capitals, and recordings that nobody hears."""
    folder = root / "librispeech" / "LibriSpeech" / "test-clean" / "1" / "2"
    folder.mkdir(parents=True)
    (folder / "1-2.trans.txt").write_text("".join(f"{key} {text}\n" for key, (text, _) in ENGLISH.items()))
    for key in ENGLISH:
        (folder / f"{key}.flac").write_bytes(b"fLaC")
    return {key: [said, 1000] for key, (_, said) in ENGLISH.items()}


def released(root: Path) -> dict[str, Any]:
    """EMOVA's list: synthesis behind the list's own instruction, and recognition, which is another task."""
    rows = []
    for key, (text, _) in ENGLISH.items():
        human = {"from": "human", "value": f"Speak what is written.\n{text.capitalize()}."}
        rows.append({"id": f"librispeech-tts-{key}", "conversations": [human, {"from": "gpt", "value": "<|u_1|>"}]})
        heard = {"from": "human", "value": "Write what is spoken.\n<|u_1|>"}
        rows.append({"id": f"librispeech-asr-{key}", "conversations": [heard, {"from": "gpt", "value": text}]})
    write_rows(root / "librispeech" / "librispeech-asr-tts" / "test.jsonl", rows)
    return {f"librispeech-tts-{key}": [said, 1000] for key, (_, said) in ENGLISH.items()}


def test_english_by_both_normalisations_over_all_words(bench: Bench) -> None:
    replies = corpus(bench.folder)
    code, summary = bench.run("emova_tts_en", replies, *EAR)
    # 5 + 2 + 2 words once normalised, one of them wrong; as written 4 + 2 + 2, all of them, and one word too many
    assert values(summary) == pytest.approx(
        {"librispeech.test_clean.tts_wer": 100 / 9, "librispeech.test_clean.tts_wer.raw": 100 * 9 / 8}
    )
    assert code == 0
    (run,) = (bench.folder / "out").glob("*/*/*/samples.jsonl")
    for line in map(json.loads, run.read_text().splitlines()):
        assert [part["type"] for part in line["messages"][0]["content"]] == ["text"], "nothing is heard"


def test_english_of_the_released_list_and_what_is_not_spoken(bench: Bench) -> None:
    replies = released(bench.folder)
    del replies["librispeech-tts-1-2-0002"]
    code, summary = bench.run("emova_tts_en", replies, *EAR)
    assert summary["counts"]["n_total"] == 3, "recognition is passed over"
    assert values(summary)["librispeech.test_clean.tts_wer"] == pytest.approx(100 * (1 + 2) / 9), "wholly deleted"
    assert code == 1
    assert "librispeech-asr" not in " ".join(bench.asked())


def test_chinese_by_both_normalisations_over_all_characters(bench: Bench) -> None:
    folder = bench.folder / "aishell2" / "iOS" / "test"
    folder.mkdir(parents=True)
    texts = {"IT0011W0001": ("他有三本书", "他有3本书。"), "IT0011W0002": ("你好", "你 好吗")}
    (folder / "trans.txt").write_text("".join(f"{key}\t{text}\n" for key, (text, _) in texts.items()), "utf-8")
    (folder / "wav.scp").write_text("".join(f"{key}\t{key}.wav\n" for key in texts))
    for key in texts:
        (folder / f"{key}.wav").write_bytes(say("x"))
    _, summary = bench.run("emova_tts_zh", {key: [said, 1000] for key, (_, said) in texts.items()}, *EAR)
    assert values(summary) == pytest.approx(
        {"aishell2.test.tts_cer": 100 / 7, "aishell2.test.tts_cer.raw": 100 * 4 / 7}
    )


@pytest.mark.parametrize(
    ("profile", "reference", "heard", "language", "edits", "tokens"),
    [
        ("emova_tts", "MISTER BROWN WON'T GO", "Mr. Brown will not go.", "en", 0, 5),
        ("emova_asr", "He came", "he came", "en", 1, 2),
        ("emova_tts", "他有三本书", "他 有3本书。", "zh", 0, 5),
        ("emova_asr", "他有三本书", "他有3本书。", "zh", 2, 5),
    ],
)
def test_rules_on_texts_worked_out_by_hand(
    profile: str, reference: str, heard: str, language: str, edits: int, tokens: int
) -> None:
    counts = errors(reference, heard, profile, language)
    assert counts is not None
    assert (counts.substitutions + counts.deletions + counts.insertions, counts.tokens) == (edits, tokens)


def test_marks_are_the_mean_over_recordings_and_1_where_none_is(bench: Bench) -> None:
    write_rows(bench.folder / "hello_chat_mos" / "sentences.jsonl", [{"id": "a", "text": "嗯，好呀。"},
                                                                     {"id": "b", "text": "真的吗？"}])  # fmt: skip
    code, summary = bench.run("hello_chat_mos", {"a": ["嗯好呀", 1000]}, *RATER)
    assert values(summary) == {"hello_chat.conversational_mos": 4.0}
    assert values(summary, "strict") == {"hello_chat.conversational_mos": 2.5}
    assert (summary["counts"]["n_model_failed"], code) == (1, 1)


@pytest.mark.parametrize("name", ["emova_tts_en", "emova_tts_zh", "hello_chat_mos"])
def test_without_data_a_sentence_says_how_to_get_them(tmp_path: Path, main: Callable[..., Any], name: str) -> None:
    done = main("data", "export", name, "--to", tmp_path / "export", "--data", tmp_path)
    assert done.code == 2
    assert "How to get it: " in done.err


def test_every_column_of_synthesis_has_its_task() -> None:
    tables = {"emova": "6", "hello-chat": "5", "interactive-omni": "14 15", "qwen3-omni": "13 14 15"}
    from_tasks: set[str] = set()
    for name in ("emova_tts_en", "emova_tts_zh", "hello_chat_mos", "seedtts", "emergenttts", "minimax_multilingual",
                 "cv3_eval", "librispeech"):  # fmt: skip
        made = plugins.load_task(name)
        assert isinstance(made, Task)
        from_tasks |= set(made.columns)
    wanted = {
        column
        for paper, numbers in tables.items()
        for number in numbers.split()
        for column in published.load_paper(paper).tables[number].columns
    }
    assert len(wanted) == 3 + 7 + 20 + 12 + 4 + 2
    assert wanted - from_tasks == {"aishell2.test.cer"}, "recognition, of a channel that EMOVA does not name"
