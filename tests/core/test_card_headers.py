"""Headers of cards and entry points without what takes long: the same as with it, whatever is remembered."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

from evalkit import card_headers, installed_entries, plugins
from evalkit.core.errors import EvalkitError


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "card-headers.json"


def card(path: Path, header: str, body: str = "text\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"---\n{header}\n---\n{body}", encoding="utf-8")
    return path


def all_cards() -> list[Path]:
    return sorted(
        path
        for name in plugins.FOLDERS.values()
        for path in plugins.folder(name).rglob("*.md")
        if path.read_text(encoding="utf-8").startswith("---\n")
    )


def test_remembered_headers_are_those_of_the_cards(cache: Path) -> None:
    cards = all_cards()
    assert len(cards) > 100
    read = [card_headers.read_card(path)[0] for path in cards]
    assert card_headers.headers(cards) == read
    assert len(json.loads(cache.read_text())) > 100
    assert card_headers.headers(cards) == read, "now from what is remembered"


def test_yaml_is_not_even_imported_a_second_time(tmp_path: Path) -> None:
    code = "import sys; from evalkit.cli.main import main; main(['list', 'tasks']); print('yaml' in sys.modules)"
    found = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path).stdout
        for _ in range(2)
    ]
    first, second = (text.splitlines() for text in found)
    assert first[:-1] == second[:-1]
    assert (first[-1], second[-1]) == ("True", "False")


def test_a_changed_card_is_read_again(tmp_path: Path) -> None:
    path = card(tmp_path / "card.md", "title: one")
    assert card_headers.headers([path]) == [{"title": "one"}]
    state = path.stat()
    card(path, "title: two")
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))  # same size, same times
    assert card_headers.headers([path]) == [{"title": "two"}]


@pytest.mark.parametrize("header", ["day: 2026-12-01", "sizes: {1: a}", "x: .nan", "x: !!set {a, b}"])
def test_what_json_would_change_is_not_remembered(header: str, tmp_path: Path, cache: Path) -> None:
    path = card(tmp_path / "card.md", header)
    first, second = (repr(card_headers.headers([path])) for _ in range(2))
    assert first == second
    assert not cache.exists()


@pytest.mark.parametrize("broken", [b"", b"{", b"[]", b"\xff", b'"x"', b"null", b"[" * 100_000])
def test_a_broken_memory_is_made_anew(broken: bytes, tmp_path: Path, cache: Path) -> None:
    path = card(tmp_path / "card.md", "title: one")
    cache.parent.mkdir()
    cache.write_bytes(broken)
    assert card_headers.headers([path]) == [{"title": "one"}]
    assert list(json.loads(cache.read_text()).values()) == [{"title": "one"}]
    cache.write_text(json.dumps(dict.fromkeys(json.loads(cache.read_text()), 5)))
    assert card_headers.headers([path]) == [{"title": "one"}]


def test_a_folder_that_cannot_be_written_costs_time_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "file" / "cache"))
    assert card_headers.headers([card(tmp_path / "card.md", "title: one")]) == [{"title": "one"}]


@pytest.mark.parametrize("text", ["no header", "---\na: [\n---\n", "---\n- a\n---\n", "---\na: b\n"])
def test_a_card_without_a_header_is_named(text: str, tmp_path: Path) -> None:
    path = tmp_path / "card.md"
    path.write_text(text)
    for read in (card_headers.read_card, lambda one: card_headers.headers([one])):
        with pytest.raises(EvalkitError, match=r"card\.md: .*header"):
            read(path)


def test_lines_of_windows_are_lines(tmp_path: Path) -> None:
    path = tmp_path / "card.md"
    path.write_bytes(b"---\r\ntitle: one\r\n---\r\ntext\r\n")
    assert card_headers.headers([path]) == [card_headers.read_card(path)[0]] == [{"title": "one"}]


# Entry points.


def installed(site: Path, record: str, text: str | None) -> None:
    folder = site / record
    folder.mkdir(parents=True)
    name = "PKG-INFO" if record.endswith("egg-info") else "METADATA"
    (folder / name).write_text("Metadata-Version: 2.1\nName: other\nVersion: 1\n")
    if text is not None:
        (folder / "entry_points.txt").write_text(text)


OURS = "[console_scripts]\nx = a:b\n\n[evalkit.tasks]\nforeign = a.b:c\n"


@pytest.mark.parametrize("record", ["other-1.dist-info", "other.egg-info"])
@pytest.mark.parametrize(
    ("text", "names"),
    [(OURS, ["foreign"]), (None, []), ("[console_scripts]\nevalkit = evalkit.cli.main:entry\n", []), ("", [])],
)
def test_entry_points_are_those_of_the_usual_way(
    record: str, text: str | None, names: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(tmp_path / "site", record, text)
    monkeypatch.syspath_prepend(tmp_path / "site")
    found = installed_entries.entries("evalkit.tasks")
    assert [entry.name for entry in found] == names
    assert found == list(entry_points(group="evalkit.tasks"))


def test_archives_and_finders_of_their_own_are_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = tmp_path / "site.zip"
    archive.write_bytes(b"PK\x05\x06" + bytes(18))
    assert not installed_entries._declared((str(tmp_path), "/nowhere"))
    assert installed_entries._declared((str(archive),))

    class Finder:
        @classmethod
        def find_distributions(cls, context: Any = None) -> list[Any]:
            return []

        @classmethod
        def find_spec(cls, *words: Any) -> None:
            return None

    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Finder])
    assert installed_entries._declared((str(tmp_path), "/elsewhere"))
