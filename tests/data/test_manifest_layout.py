"""A manifest.jsonl beside its audio."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from corpora import encoded, put, rows, sounds_like, texts

from evalkit.core.errors import DataError
from evalkit.data.layouts import Columns, Manifest

LINES = [
    {"id": "s1", "audio": "audio/s1.flac", "text": "one", "voice": "a", "kind": "clean"},
    {"id": "s2", "audio": "audio/s2.flac", "text": "two", "voice": "b", "kind": "noisy"},
]
LAYOUT = Manifest(
    {"clean": "manifest.jsonl", "noisy": "manifest.jsonl"},
    Columns(id="id", text="text", speaker="voice"),
    where={"clean": ("kind", "clean"), "noisy": ("kind", "noisy")},
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    write(tmp_path, LINES)
    for line in LINES:
        put(tmp_path / "corpus" / line["audio"], encoded(line["id"], "flac"))
    return tmp_path


def write(data: Path, lines: list[dict[str, str]]) -> None:
    put(data / "corpus/manifest.jsonl", "".join(json.dumps(line) + "\n" for line in lines))


def test_splits_share_a_manifest(data: Path) -> None:
    for split, key in (("clean", "s1"), ("noisy", "s2")):
        (row,) = rows(LAYOUT, data, split)
        assert (row["id"], row["kind"], row["speaker"]) == (key, split, row["voice"])
        assert sounds_like(row["audio"], key, "flac")
        assert row["audio"].label == f"audio/{key}.flac"


def test_the_whole_manifest_is_one_split(data: Path) -> None:
    assert texts(rows(Manifest({"all": "manifest.jsonl"}), data, "all")) == {"s1": "one", "s2": "two"}


def test_missing_audio(data: Path) -> None:
    (data / "corpus/audio/s1.flac").unlink()
    with pytest.raises(DataError, match=r"manifest\.jsonl: 1 audio files of 1 rows .*, first 'audio/s1\.flac'"):
        rows(LAYOUT, data, "clean")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ({"id": "s1", "audio": "audio/s1.flac", "kind": "clean", "voice": "a"}, "no column 'text'"),
        ({"id": "s1", "audio": "audio/s1.flac", "text": "x", "voice": "a"}, 'line 1: no "kind"; it has id, audio'),
        ({"id": "s1", "text": "one", "kind": "clean"}, "line 1: no column 'audio'; it has id, text"),
        ({"id": "", "audio": "audio/s1.flac", "text": "x", "kind": "clean"}, "line 1: the id must be text"),
    ],
)
def test_broken_lines(data: Path, line: dict[str, str], problem: str) -> None:
    write(data, [line])
    with pytest.raises(DataError, match=problem):
        rows(LAYOUT, data, "clean")
