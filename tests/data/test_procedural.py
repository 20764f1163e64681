"""Data that are built on first use: where they lie, that half a build never counts, that damage is noticed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from evalkit.core.errors import DataError, MissingExtraError, UsageError
from evalkit.data.cache_folder import cache_folder
from evalkit.data.dialogue.dialogues import Rules
from evalkit.data.procedural import Procedural, build_into, seal, whole

LINE = {"id": "a", "messages": [{"role": "user", "content": "hello"}], "reference": "hi"}


class Builder:
    """Writes one dialogue and a file; counts how often."""

    def __init__(self) -> None:
        self.times = 0
        self.fails = False

    def __call__(self, folder: Path) -> None:
        self.times += 1
        (folder / "extra.bin").write_bytes(b"0123456789")
        if self.fails:
            raise RuntimeError("interrupted")
        (folder / "dialogues.jsonl").write_text(json.dumps(LINE) + "\n")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def source(build: Builder, key: str = "1") -> Procedural:
    return Procedural("toy", key, build, Rules())


def test_built_once_and_read_from_the_cache_afterwards(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    build = Builder()
    rows = source(build).locate(None)
    assert [row["id"] for row in rows.read("all")] == ["a"]
    assert "building toy" in capsys.readouterr().err
    again = source(build).locate(None)
    assert (build.times, capsys.readouterr().err) == (1, "")
    assert again.revision == rows.revision
    assert Path(rows.location).parent == cache / "toy"
    assert source(build, "2").locate(None).location != rows.location
    with pytest.raises(DataError, match="was asked for"):
        source(build).locate(None, "else")


def test_a_build_that_fails_leaves_nothing_that_counts(cache: Path) -> None:
    build = Builder()
    build.fails = True
    with pytest.raises(RuntimeError):
        source(build).locate(None)
    assert list((cache / "toy").iterdir()) == []
    build.fails = False
    assert whole(Path(source(build).locate(None).location))


def test_what_a_killed_build_left_is_cleared_and_a_running_one_left_alone(cache: Path) -> None:
    build = Builder()
    folder = source(build).folder
    dead = folder.with_name(f"{folder.name}.partial-{2**22 + 1}")  # above the largest process number
    living = folder.with_name(f"{folder.name}.partial-{os.getppid()}")
    for left in (dead, living):
        left.mkdir(parents=True)
    source(build).locate(None)
    assert (dead.exists(), living.exists()) == (False, True)


def test_damage_is_noticed_and_repaired(cache: Path) -> None:
    build = Builder()
    folder = Path(source(build).locate(None).location)
    (folder / "extra.bin").write_bytes(b"012")
    assert not whole(folder)
    source(build).locate(None)
    assert build.times == 2
    assert (folder / "extra.bin").read_bytes() == b"0123456789"
    (folder / "build.json").unlink()
    source(build).locate(None)
    assert build.times == 3


def test_a_copy_in_the_data_folder_comes_first_and_must_be_whole(cache: Path, tmp_path: Path) -> None:
    build = Builder()
    copy = tmp_path / "data/toy"
    copy.mkdir(parents=True)
    Builder()(copy)
    (copy / "build.json").write_text("{}")
    with pytest.raises(DataError, match="not complete"):
        source(build).locate(tmp_path / "data")
    seal(copy)
    assert source(build).locate(tmp_path / "data").location == str(copy)
    assert build.times == 0
    assert source(build).locate(tmp_path).location != str(copy)
    assert build.times == 1


def test_a_folder_that_is_the_copy_itself_is_taken_where_the_record_names_the_generator(
    cache: Path, tmp_path: Path
) -> None:
    build, copy = Builder(), tmp_path / "seed5"
    copy.mkdir()
    Builder()(copy)
    (copy / "build.json").write_text(json.dumps({"generator": "other"}))
    seal(copy)
    assert source(build).locate(copy).location != str(copy)
    (copy / "build.json").write_text(json.dumps({"generator": "toy"}))
    with pytest.raises(DataError, match="not complete"):
        source(build).locate(copy)
    seal(copy)
    assert source(build).locate(copy).location == str(copy)


def test_a_folder_of_the_name_that_was_not_built_is_refused_rather_than_passed_over(
    cache: Path, tmp_path: Path
) -> None:
    build = Builder()
    (tmp_path / "data/toy").mkdir(parents=True)
    with pytest.raises(DataError, match=r"data/toy: has no build\.json"):
        source(build).locate(tmp_path / "data")
    assert build.times == 0


def test_what_building_needs_is_found_out_before_anything_is_said_or_written(
    cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build = Builder()

    def missing() -> None:
        raise MissingExtraError("pillow", "twins", "drawing")

    twin = Procedural("toy", "1", build, Rules(), ready=missing)
    with pytest.raises(MissingExtraError, match="pip install"):
        twin.locate(None)
    assert (build.times, capsys.readouterr().err, cache.exists()) == (0, "", False)


def test_a_file_in_place_of_the_folder_is_replaced(cache: Path) -> None:
    folder = source(Builder()).folder
    folder.parent.mkdir(parents=True)
    folder.write_text("")
    assert whole(Path(source(Builder()).locate(None).location))


def test_the_cache_folder_can_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("EVALKIT_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "evalkit"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path.home() / ".cache/evalkit"
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "file"))
    with pytest.raises(DataError, match="EVALKIT_CACHE"):
        source(Builder()).locate(None)


def test_the_command_of_a_builder_builds_into_an_empty_folder_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def build(out: Path) -> None:
        out.mkdir(parents=True, exist_ok=True)
        (out / "dialogues.jsonl").write_text("{}\n" * 500_000)

    def broken(out: Path) -> None:
        raise UsageError("no voice")

    assert build_into(tmp_path / "new", build) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'new'}: 1.5 MB\n"
    assert whole(tmp_path / "new")
    assert build_into(tmp_path / "new", build) == 2
    assert capsys.readouterr().err == f"error: {tmp_path / 'new'} is not empty\n"
    assert build_into(tmp_path / "other", broken) == 2
    assert capsys.readouterr() == ("", "error: no voice\n")


def test_the_values_of_a_field_may_be_the_splits(cache: Path) -> None:
    def build(out: Path) -> None:
        kinds = ("b", "a", "b", "c")
        lines = [json.dumps({**LINE, "id": str(n), "kind": kind}) + "\n" for n, kind in enumerate(kinds)]
        (out / "dialogues.jsonl").write_text("".join(lines))

    toy = Procedural("toy", "1", build, Rules(choices={"kind": ("a", "b", "c")}), by="kind")
    rows = toy.locate(None)
    assert toy.splits == rows.splits == ("a", "b", "c")
    assert {split: [row["id"] for row in rows.read(split)] for split in rows.splits} == {
        "a": ["1"], "b": ["0", "2"], "c": ["3"]
    }  # fmt: skip
