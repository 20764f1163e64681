"""Lists of a data set that name files outside of its folder."""

from __future__ import annotations

import json
import wave
from collections.abc import Callable
from pathlib import Path

import pytest

from evalkit.core.errors import DataError
from evalkit.data import layouts
from evalkit.data.corpora.layout import Layout
from evalkit.data.dataset import Dataset
from evalkit.data.fields import audio

Written = Callable[[Path, str], Layout]


def _kaldi(root: Path, name: str) -> Layout:
    root.mkdir(parents=True, exist_ok=True)
    (root / "wav.scp").write_text(f"u1 {name}\n")
    (root / "text").write_text("u1 hello\n")
    return layouts.Kaldi({"test": "."})


def _segmented(root: Path, name: str) -> Layout:
    layout = _kaldi(root, name)
    (root / "segments").write_text("u1 u1 0 0.05\n")
    return layout


def _table(root: Path, name: str) -> Layout:
    root.mkdir(parents=True, exist_ok=True)
    (root / "test.tsv").write_text(f"path\tsentence\n{name}\thello\n")
    return layouts.Table(
        {"test": "test"}, "{name}.tsv", None, layouts.Columns(id="path", text="sentence", audio="path")
    )


def _json(root: Path, name: str) -> Layout:
    root.mkdir(parents=True, exist_ok=True)
    (root / "test.json").write_text(json.dumps([{"id": "u1", "wav": name}]))
    return layouts.Json("test.json", id="id", fields={"audio": audio("wav")})


def _json_lines(root: Path, name: str) -> Layout:
    root.mkdir(parents=True, exist_ok=True)
    (root / "test.jsonl").write_text(json.dumps({"id": "u1", "wav": name}) + "\n")
    return layouts.JsonLines("test.jsonl", id="id", fields={"audio": audio("wav")})


def _tsv(root: Path, name: str) -> Layout:
    root.mkdir(parents=True, exist_ok=True)
    (root / "test.tsv").write_text(f"id\twav\nu1\t{name}\n")
    return layouts.Tsv("test.tsv", id="id", fields={"audio": audio("wav")})


def _parquet(root: Path, name: str) -> Layout:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    root.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"id": ["u1"], "wav": [name]}), root / "test-00000-of-00001.parquet")
    return layouts.Parquet({"test": "test"}, id="id", fields={"audio": audio("wav")})


WRITERS = [_kaldi, _segmented, _table, _json, _json_lines, _tsv, _parquet]


def _speech(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(b"\1\0" * 1600)
    return path


@pytest.mark.parametrize("absolute", [True, False], ids=["absolute", "dots"])
@pytest.mark.parametrize("write", WRITERS)
def test_no_list_leads_out_of_its_folder(write: Written, absolute: bool, tmp_path: Path) -> None:
    secret = _speech(tmp_path / "private/diary.wav")
    name = str(secret) if absolute else "../../private/diary.wav"
    source = Dataset("corpus", ["test"], [write(tmp_path / "data/corpus", name)])
    with pytest.raises(DataError, match=r"(?s)diary\.wav.*--allow-outside-media"):
        _ = source.locate(tmp_path / "data").revision
    allowed = source.anywhere().locate(tmp_path / "data")
    assert allowed.revision
    assert [row["id"] for row in allowed.read("test")]


@pytest.mark.parametrize("write", WRITERS)
def test_what_lies_inside_is_read_however_it_is_named(
    write: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = _speech(tmp_path / "data/corpus/clips/a.wav")
    monkeypatch.chdir(tmp_path / "data")
    for name, data in (
        (str(inside), tmp_path / "data"),
        ("clips/../clips/a.wav", Path("../data")),
        ("clips/a.wav", Path()),
    ):
        layout = write(tmp_path / "data/corpus", name)
        assert Dataset("corpus", ["test"], [layout]).locate(data).revision


def test_links_are_followed(tmp_path: Path) -> None:
    blob = _speech(tmp_path / "blobs/0a1b")
    layout = _kaldi(tmp_path / "data/corpus", "a.wav")
    (tmp_path / "data/corpus/a.wav").symlink_to(blob)
    assert Dataset("corpus", ["test"], [layout]).locate(tmp_path / "data").revision
