"""LibriSpeech and AISHELL-1, extracted and packed."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

import pytest
from corpora import encoded, pack, put, rows, sounds_like, texts

from evalkit.core.errors import DataError
from evalkit.data.layouts import Aishell, AishellArchive, LibriSpeech, LibriSpeechArchive

LINES = {
    "1089/134686": {"1089-134686-0000": "HE HOPED THERE WOULD BE STEW", "1089-134686-0001": "STUFF IT INTO YOU"},
    "61/70968": {"61-70968-0000": "HE BEGAN A CONFUSED COMPLAINT"},
}
UTTERANCES = {key: text for chapter in LINES.values() for key, text in chapter.items()}


def librispeech(split: str) -> dict[str, bytes | str]:
    """Files of a split as the published archive holds them."""
    files: dict[str, bytes | str] = {"LibriSpeech/README.TXT": "about"}
    for chapter, lines in LINES.items():
        top = f"LibriSpeech/{split}/{chapter}"
        for key in lines:
            files[f"{top}/{key}.flac"] = encoded(key, "flac")
        listed = "".join(f"{key} {text}\n" for key, text in lines.items())
        files[f"{top}/{chapter.replace('/', '-')}.trans.txt"] = listed
    return files


@pytest.fixture(params=["LibriSpeech/", ""])
def tree(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    for name, content in librispeech("test-clean").items():
        put(tmp_path / "corpus" / name.replace("LibriSpeech/", request.param), content)
    return tmp_path


def chapter(tree: Path) -> Path:
    return next(tree.rglob("134686"))


def test_librispeech_tree(tree: Path) -> None:
    found = rows(LibriSpeech(), tree, "test_clean")
    assert texts(found) == UTTERANCES
    assert [row["id"] for row in found] == list(UTTERANCES)  # folders in name order
    assert {row["id"]: row["speaker"] for row in found} == {key: key.split("-")[0] for key in UTTERANCES}
    assert all(sounds_like(row["audio"], row["id"], "flac") for row in found)
    assert LibriSpeech().splits(tree / "corpus") == ("test_clean",)


@pytest.mark.parametrize("ending", [".tar.gz", ".tar"])
@pytest.mark.parametrize("transcripts_first", [True, False])
def test_librispeech_archive(tmp_path: Path, ending: str, transcripts_first: bool) -> None:
    files = librispeech("test-other")
    order = sorted(files, key=lambda name: name.endswith(".trans.txt") is not transcripts_first)
    pack(tmp_path / "corpus" / f"test-other{ending}", {f"./{name}": files[name] for name in order})
    found = rows(LibriSpeechArchive(), tmp_path, "test_other")
    assert texts(found) == UTTERANCES
    assert all(sounds_like(row["audio"], row["id"], "flac") for row in found)
    assert found[0]["speaker"] == found[0]["id"].split("-")[0]


def test_librispeech_missing_audio_counts_and_names(tree: Path) -> None:
    for key in ("1089-134686-0001", "61-70968-0000"):
        next(tree.rglob(f"{key}.flac")).unlink()
    with pytest.raises(DataError, match=r"2 of 3 transcripts have no audio, first '1089-134686-0001'"):
        rows(LibriSpeech(), tree, "test_clean")


def test_librispeech_missing_transcript(tree: Path) -> None:
    put(chapter(tree) / "1089-134686-0002.flac", encoded("x", "flac"))
    with pytest.raises(DataError, match=r"1 of 4 audio files have no transcript, first '1089-134686-0002'"):
        rows(LibriSpeech(), tree, "test_clean")


def test_librispeech_lines_of_ids_alone_are_no_transcripts(tree: Path) -> None:
    put(chapter(tree) / "1089-134686.trans.txt", "1089-134686-0000\n1089-134686-0001\n")
    with pytest.raises(DataError, match=r"134686\.trans\.txt, line 1: expected an id, .* found '1089-134686-0000'"):
        rows(LibriSpeech(), tree, "test_clean")
    put(chapter(tree) / "1089-134686.trans.txt", "1089-134686-0000 STEW\n1089-134686-0001\n")
    found = {row["id"]: row["text"] for row in rows(LibriSpeech(), tree, "test_clean")}
    assert found["1089-134686-0001"] == "", "an utterance without words"


def test_librispeech_duplicate_id(tree: Path) -> None:
    put(chapter(tree) / "1089-134686.trans.txt", "1089-134686-0000 STEW\n\n1089-134686-0000 STEW\n")
    with pytest.raises(DataError, match=r"line 3: the id '1089-134686-0000' occurs a second time"):
        rows(LibriSpeech(), tree, "test_clean")
    put(chapter(tree) / "1089-134686.trans.txt", "1089-134686-0000 A\n1089-134686-0001 B\n61-70968-0000 C\n")
    with pytest.raises(DataError, match="'61-70968-0000' has a transcript in another chapter"):
        rows(LibriSpeech(), tree, "test_clean")


def test_librispeech_transcript_that_is_not_text(tree: Path) -> None:
    put(chapter(tree) / "1089-134686.trans.txt", b"1089-134686-0000 STEW\n1089-134686-0001 \xff\xfe\n")
    with pytest.raises(DataError, match="line 2: not utf-8 text"):
        rows(LibriSpeech(), tree, "test_clean")


def test_librispeech_empty_folder(tree: Path) -> None:
    folder = chapter(tree).parents[1]
    shutil.rmtree(folder)
    folder.mkdir()
    with pytest.raises(DataError, match="the split is empty"):
        rows(LibriSpeech(), tree, "test_clean")


def test_librispeech_archive_gap_is_found_before_the_first_row(tmp_path: Path) -> None:
    files = librispeech("test-clean")
    del files["LibriSpeech/test-clean/61/70968/61-70968-0000.flac"]
    path = pack(tmp_path / "test-clean.tar.gz", files)
    reading = LibriSpeechArchive().read(tmp_path, "test_clean")
    with pytest.raises(DataError, match=r"1 of 3 transcripts have no audio, first '61-70968-0000'"):
        next(reading)
    assert path.name in str(path)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9, 0.999])
@pytest.mark.parametrize("ending", [".tar.gz", ".tar"])
def test_librispeech_truncated_archive(tmp_path: Path, ending: str, share: float) -> None:
    path = pack(tmp_path / f"test-clean{ending}", librispeech("test-clean"))
    size = path.stat().st_size if ending == ".tar.gz" else path.stat().st_size - 10240  # all but the padding
    path.write_bytes(path.read_bytes()[: int(size * share)])
    with pytest.raises(DataError, match=r"test-clean.*(truncated or damaged|no audio)"):
        list(LibriSpeechArchive().read(tmp_path, "test_clean"))


def test_librispeech_damaged_gzip_is_found_by_its_checksum(tmp_path: Path) -> None:
    path = pack(tmp_path / "test-clean.tar.gz", librispeech("test-clean"))
    data = bytearray(path.read_bytes())
    data[-8] ^= 1  # the stored CRC-32
    path.write_bytes(data)
    with pytest.raises(gzip.BadGzipFile):
        gzip.decompress(path.read_bytes())
    with pytest.raises(DataError, match=r"test-clean\.tar\.gz: not a whole tar archive \(CRC"):
        list(LibriSpeechArchive().read(tmp_path, "test_clean"))


SPEAKERS = {"test": ("S0764", "S0765")}
AISHELL = {"BAC009S0764W0121": "甚至 出现 交易 几乎 停滞 的 情况", "BAC009S0765W0122": "一二 线 城市"}


def aishell(top: Path, packed: bool, folder: str = "wav/test") -> None:
    other = "BAC009S0002W0122 而 对 楼市 成交\n"
    listed = "".join(f"{key} {text}\n" for key, text in AISHELL.items())
    put(top / "transcript/aishell_transcript_v0.8.txt", other + listed)
    for key in AISHELL:
        speaker = key[6:11]
        if packed:
            pack(top / f"wav/{speaker}.tar.gz", {f"test/{speaker}/{key}.wav": encoded(key, "wav")})
        else:
            put(top / folder / speaker / f"{key}.wav", encoded(key, "wav"))


@pytest.mark.parametrize("top", ["data_aishell", "."])
@pytest.mark.parametrize("packed", [False, True])
def test_aishell(tmp_path: Path, top: str, packed: bool) -> None:
    aishell(tmp_path / "corpus" / top, packed)
    layout = AishellArchive(SPEAKERS) if packed else Aishell(SPEAKERS)
    found = rows(layout, tmp_path, "test")
    assert texts(found) == AISHELL  # the training speaker of the transcript file is no part of it
    assert [row["speaker"] for row in found] == ["S0764", "S0765"]
    assert all(sounds_like(row["audio"], row["id"]) for row in found)


def test_aishell_speakers_beside_each_other(tmp_path: Path) -> None:
    aishell(tmp_path, packed=False, folder="wav")
    assert texts(rows(Aishell(SPEAKERS), tmp_path, "test")) == AISHELL


@pytest.mark.parametrize("packed", [False, True])
def test_aishell_without_a_speaker(tmp_path: Path, packed: bool) -> None:
    aishell(tmp_path, packed)
    if packed:
        (tmp_path / "wav/S0765.tar.gz").unlink()
    else:
        shutil.rmtree(tmp_path / "wav/test/S0765")
    layout = AishellArchive(SPEAKERS) if packed else Aishell(SPEAKERS)
    with pytest.raises(DataError, match=r"v0\.8\.txt: 1 of 2 transcripts have no audio, first 'BAC009S0765W0122'"):
        rows(layout, tmp_path, "test")


def test_aishell_audio_without_transcript(tmp_path: Path) -> None:
    aishell(tmp_path, packed=False)
    put(tmp_path / "wav/test/S0764/BAC009S0764W0999.wav", encoded("x", "wav"))
    with pytest.raises(DataError, match="1 of 3 audio files have no transcript, first 'BAC009S0764W0999'"):
        rows(Aishell(SPEAKERS), tmp_path, "test")
