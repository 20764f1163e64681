"""Finding a data set: local layouts in order, fingerprints, revisions, and what errors say."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest
from corpora import encoded, pack, put

from evalkit.core.errors import DataError
from evalkit.core.source import Rows
from evalkit.data.dataset import Dataset, LocalRows
from evalkit.data.hub import Hub
from evalkit.data.layouts import LibriSpeech, LibriSpeechArchive

SPLITS = ("dev_clean", "dev_other", "test_clean", "test_other")
COMMIT = "0123456789abcdef0123456789abcdef01234567"
HUB = Hub("owner/corpus", COMMIT, None, dict.fromkeys(SPLITS, "test"), id="id", text="text")


def source(hub: Hub | None = None) -> Dataset:
    return Dataset("libri", SPLITS, [LibriSpeech(), LibriSpeechArchive()], hub, get="download it from openslr.org/12")


def files(split: str) -> dict[str, bytes | str]:
    return {f"{split}/1/2/1-2-0000.flac": encoded("a", "flac"), f"{split}/1/2/1-2.trans.txt": "1-2-0000 HELLO\n"}


def tree(top: Path, split: str) -> Path:
    for name, content in files(split).items():
        put(top / name, content)
    return top


def found(data: Path) -> Rows:
    return source().locate(data)


def test_the_named_folder_comes_before_the_data_folder(tmp_path: Path) -> None:
    tree(tmp_path, "test-clean")
    assert found(tmp_path).location == str(tmp_path)
    tree(tmp_path / "libri", "test-other")
    rows = found(tmp_path)
    assert (rows.location, rows.splits) == (str(tmp_path / "libri"), ("test_other",))


def test_the_first_layout_that_fits_is_taken(tmp_path: Path) -> None:
    pack(tmp_path / "libri/test-clean.tar.gz", files("test-clean"))
    rows = found(tmp_path)
    assert isinstance(rows, LocalRows)
    assert isinstance(rows.layout, LibriSpeechArchive)
    assert not rows.cheap
    tree(tmp_path / "libri", "dev-clean")
    rows = found(tmp_path)
    assert (rows.cheap, rows.splits) == (True, ("dev_clean",))


def test_splits_come_in_the_order_of_the_task(tmp_path: Path) -> None:
    for split in ("test-other", "dev-clean"):
        tree(tmp_path, split)
    assert found(tmp_path).splits == ("dev_clean", "test_other")


def test_nothing_found_says_where_was_looked_and_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        found(tmp_path)
    message = str(error.value)
    for root in (tmp_path / "libri", tmp_path):
        assert f"{root}/[LibriSpeech/]{{dev-clean,dev-other,test-clean,test-other}}/SPEAKER" in message
        assert f"{root}/{{dev-clean,dev-other,test-clean,test-other}}.tar.gz" in message
    assert "How to get it: download it from openslr.org/12" in message


def test_a_local_folder_is_never_replaced_by_the_hub(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no copy of 'libri' found"):
        source(HUB).locate(tmp_path)


def test_no_data_folder_and_no_hub() -> None:
    with pytest.raises(DataError, match=r"--data or EVALKIT_DATA\nHow to get it: download it"):
        source().locate(None)


def test_a_data_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nowhere: no such folder"):
        found(tmp_path / "nowhere")


def test_the_fingerprint_stays_when_the_folder_moves_or_gets_other_files(tmp_path: Path) -> None:
    tree(tmp_path / "one/libri", "test-clean")
    before = found(tmp_path / "one").revision
    shutil.copytree(tmp_path / "one/libri", tmp_path / "two/deeper")
    assert found(tmp_path / "two/deeper").revision == before
    put(tmp_path / "one/libri/README.TXT", "read me")
    put(tmp_path / "one/libri/test-clean/1/2/.DS_Store", "x")
    assert found(tmp_path / "one").revision == before
    assert before.startswith("local:")


def test_the_fingerprint_changes_with_transcripts_sizes_names_and_splits(tmp_path: Path) -> None:
    tree(tmp_path, "test-clean")
    revisions = [found(tmp_path).revision]
    put(tmp_path / "test-clean/1/2/1-2.trans.txt", "1-2-0000 HALLO\n")  # of the same size
    revisions.append(found(tmp_path).revision)
    put(tmp_path / "test-clean/1/2/1-2-0000.flac", encoded("a", "flac", seconds=0.5))
    revisions.append(found(tmp_path).revision)
    put(tmp_path / "test-clean/1/2/1-2-0001.flac", encoded("a", "flac", seconds=0.5))
    revisions.append(found(tmp_path).revision)
    tree(tmp_path, "test-other")
    revisions.append(found(tmp_path).revision)
    (tmp_path / "test-clean/1/2/1-2-0001.flac").unlink()
    revisions.append(found(tmp_path).revision)
    assert len(set(revisions)) == len(revisions)


def test_the_fingerprint_of_an_archive_is_its_content(tmp_path: Path) -> None:
    path = pack(tmp_path / "test-clean.tar", files("test-clean"))
    before = found(tmp_path).revision
    data = path.read_bytes()
    path.write_bytes(data.replace(b"1-2-0000", b"1-2-9999", 1))
    assert path.stat().st_size == len(data) and found(tmp_path).revision != before
    path.write_bytes(data)
    assert found(tmp_path).revision == before


def test_a_revision_is_checked_against_a_local_copy(tmp_path: Path) -> None:
    tree(tmp_path, "test-clean")
    revision = found(tmp_path).revision
    assert source(HUB).locate(tmp_path, revision).revision == revision
    with pytest.raises(DataError, match=f"--revision {COMMIT} was asked for, but this local copy is {revision}"):
        source(HUB).locate(tmp_path, COMMIT)


def test_a_pinned_commit_of_the_hub_needs_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("datasets")
    rows = source(HUB).locate(None)
    assert (rows.revision, rows.splits, rows.cheap) == (f"hub:owner/corpus@{COMMIT}", SPLITS, False)


def test_the_fingerprint_is_one_that_others_can_compute(tmp_path: Path) -> None:
    """Names and contents of all files, split by split: finished runs are found again by it, so it must not move."""
    for split in ("test-other", "dev-clean"):
        tree(tmp_path, split)
    digest = hashlib.blake2b(digest_size=10)
    for split in ("dev-clean", "test-other"):
        digest.update(f"split {split.replace('-', '_')}\n".encode())
        for name in sorted(path for path in files(split)):
            content = hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()[:32]
            digest.update(f"{name} {content}\n".encode())
    rows = found(tmp_path)
    assert rows.revision == f"local:{digest.hexdigest()}"
    assert rows.established["files"] == 4
    assert rows.established["hashed"] + rows.established["cached"] == 4


@pytest.mark.parametrize("demands_media", [True, False])
def test_a_copy_without_media_serves_those_who_open_none(tmp_path: Path, demands_media: bool) -> None:
    tree(tmp_path, "test-clean")
    wanted = source() if demands_media else source().without_media()
    assert wanted.demands_media is demands_media
    assert source().demands_media, "the data set itself is unchanged"
    whole = wanted.locate(tmp_path)
    assert isinstance(whole, LocalRows)
    assert (whole.splits, whole.location) == (("test_clean",), str(tmp_path))
    assert [row["id"] for row in whole.read("test_clean")] == ["1-2-0000"]


def test_without_layouts_the_hubs_own_files_are_looked_for(tmp_path: Path) -> None:
    assert len(Dataset("libri", SPLITS, None, HUB).layouts) == 1
    assert Dataset("libri", SPLITS, None, None).layouts == ()
    with pytest.raises(DataError, match="no copy of 'libri' found; looked for\n"):
        Dataset("libri", SPLITS, None, HUB).locate(tmp_path)
    with pytest.raises(DataError, match=r"--data or EVALKIT_DATA$"):
        Dataset("libri", SPLITS).locate(None)
