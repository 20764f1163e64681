"""The recognition tasks and their cards agree with each other and with the published tables."""

from __future__ import annotations

import re
from typing import Any

import pytest

from evalkit import plugins
from evalkit.core.task import Suite, Task
from evalkit.data.dataset import Dataset
from evalkit.published import numbers as published

NAMES = (
    "librispeech", "wenetspeech", "aishell1", "aishell2", "fleurs", "childmandarin", "common_voice_15", "mir_1k",
    "opencpop", "covo_asr_suite", "hello_chat_asr",
)  # fmt: skip
KEYS = {
    "tasks", "title", "modalities", "languages", "licence", "access", "size", "columns", "protocol", "source",
    "verified", "splits", "metrics",
}  # fmt: skip
SECTIONS = (
    "Source", "Licence", "Access", "Size", "Layout for --data", "Protocol", "Known pitfalls",
    "What we could not verify",
)  # fmt: skip
RECOGNITION = re.compile(
    r"(librispeech|wenetspeech|aishell\d|fleurs|childmandarin|common_voice_15|mir_1k|opencpop|covo_asr_suite)\.\w+\.[cw]er"
    r"|hello_chat\.asr\.\w+"
)


def data_set(name: str) -> Dataset:
    task = plugins.load_task(name)
    assert isinstance(task, Task)
    assert isinstance(task.source, Dataset)
    return task.source


@pytest.mark.parametrize("name", NAMES)
def test_header_says_what_the_task_does(name: str) -> None:
    plugin, task = plugins.plugin("task", name), plugins.load_task(name)
    assert set(plugin.header) == KEYS
    assert plugin.header["tasks"] == [name]
    assert plugin.header["modalities"] == ["audio"]
    assert plugin.header["access"] in {"open", "gated", "registration"}
    if isinstance(task, Task):
        assert set(plugin.header["size"]) <= set(task.source.splits)
        rules = {word for scorer in task.scorers for word in re.findall(r"[a-z0-9]+", scorer.profile)}
        assert all(rule in plugin.header["protocol"] for rule in rules - {"zh", "cn"})
        assert task.language in (None, *plugin.header["languages"])


@pytest.mark.parametrize("name", NAMES)
def test_card_has_all_sections(name: str) -> None:
    _, body = plugins.read_card(plugins.folder("tasks") / name / "card.md")
    assert tuple(re.findall(r"^## (.+)$", body, re.MULTILINE)) == SECTIONS


def test_every_published_recognition_column_has_a_task_or_a_reason() -> None:
    wanted = {name for name in published.columns() if RECOGNITION.fullmatch(name)}
    given = {column for name in NAMES for column in plugins.plugin("task", name).header["columns"]}
    assert wanted - given == {"aishell2.test.cer", "hello_chat.asr.error_rate"}  # channel and subset are not published
    assert given - wanted == {"hello_chat_asr.corpus_mean.error_rate"}
    cards = plugins.folder("tasks")
    assert "`aishell2.test.cer`" in (cards / "aishell2/card.md").read_text(encoding="utf-8")
    assert "`hello_chat.asr.error_rate`" in (cards / "hello_chat_asr/card.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [name for name in NAMES if not name.endswith(("_suite", "_chat_asr"))])
def test_hub_declarations_fit_the_task_and_the_card(name: str) -> None:
    source = data_set(name)
    card = (plugins.folder("tasks") / name / "card.md").read_text(encoding="utf-8")
    if source.hub is None:
        assert "There is no Hub source" in card
        return
    assert set(source.hub.split) == set(source.splits)
    assert [source.hub.config_of(split) for split in source.splits]
    assert f"`{source.hub.repo}`" in card
    assert source.hub.gated == (plugins.plugin("task", name).header["access"] == "gated")
    if re.fullmatch("[0-9a-f]{40}", source.hub.revision):
        assert source.hub.revision in card
    else:
        assert "ommit not verified here" in card


def test_layouts_are_named_by_the_folders_the_cards_name() -> None:
    for name in NAMES:
        task = plugins.load_task(name)
        card = (plugins.folder("tasks") / name / "card.md").read_text(encoding="utf-8")
        members = task.members if isinstance(task, Suite) else (data_set(name).folder,)
        assert all(f"`DIR/{folder}`" in card for folder in members)


def test_rows_from_the_hub_are_those_of_the_same_files_on_disk() -> None:
    """The columns read from the hub are those the cards of the repositories list."""
    audio = {"bytes": b"RIFF", "path": "x.wav"}
    published_rows: dict[str, dict[str, Any]] = {
        "librispeech": {"file": "f", "audio": audio, "text": "A", "speaker_id": 61, "chapter_id": 7, "id": "61-7-0"},
        "wenetspeech": {"sid": "Y1_S00001", "confidence": 1, "begin_time": 0.0, "end_time": 1.0,
                        "subsets": ["TEST_NET"], "text": "A", "WavPath": "w", "audio": audio},
        "fleurs": {"id": 1904, "num_samples": 1, "path": "/c/test/1003.wav", "audio": audio, "transcription": "A",
                   "raw_transcription": "A.", "gender": 0, "lang_id": 19, "language": "English", "lang_group_id": 0},
        "childmandarin": {"__key__": "01_001", "__url__": "test.tar", "wav": audio,
                          "json": {"transcription": "A", "speaker": "1", "gender": "F", "age": "4"}},
        "common_voice_15": {"sentence": "A", "audio": audio},
        "aishell1": {"text": "A", "audio": audio},
    }  # fmt: skip
    expected = {
        "librispeech": ("61-7-0", "61"),
        "wenetspeech": ("Y1_S00001", None),
        "fleurs": ("1904_1003", None),
        "childmandarin": ("01_001", "1"),
        "common_voice_15": ("en_00003", None),
        "aishell1": ("test_00003", None),
    }
    for name, raw in published_rows.items():
        source = data_set(name)
        assert source.hub is not None
        found = source.hub.columns.row(raw, 3, source.splits[0], source.hub.repo, lambda path: pytest.fail(path))
        assert (found["id"], found["speaker"], found["text"]) == (*expected[name], "A")
