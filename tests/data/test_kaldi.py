"""Kaldi-style folders."""

from __future__ import annotations

from pathlib import Path

import pytest
from corpora import encoded, put, rows, sounds_like, texts

from evalkit.core.errors import DataError
from evalkit.data.layouts import Kaldi

LAYOUT = Kaldi({"ios": "iOS/test"}, speaker=r"(.+?)W\d+$")
TEXTS = {"IT0011W0001": "换一首歌", "IT0012W0002": "打开 GPS 导航"}


@pytest.fixture(params=["\t", " ", "  "])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    folder = tmp_path / "corpus/iOS/test"
    put(folder / "wav.scp", "".join(f"{key}{request.param}wav/{key[:6]}/{key}.wav\n" for key in TEXTS))
    put(folder / "trans.txt", "".join(f"{key}{request.param}{text}\r\n" for key, text in TEXTS.items()))
    for key in TEXTS:
        put(folder / "wav" / key[:6] / f"{key}.wav", encoded(key, "wav"))
    return folder


def read(folder: Path) -> list[dict[str, object]]:
    return rows(LAYOUT, folder.parents[2], "ios")


def test_reads_what_was_written(folder: Path) -> None:
    found = rows(LAYOUT, folder.parents[2], "ios")
    assert texts(found) == TEXTS
    assert [row["speaker"] for row in found] == ["IT0011", "IT0012"]
    assert all(sounds_like(row["audio"], row["id"]) for row in found)


def test_paths_relative_to_the_root_and_absolute(folder: Path) -> None:
    first, second = TEXTS
    absolute = folder / "wav" / second[:6] / f"{second}.wav"
    put(folder / "wav.scp", f"{first} iOS/test/wav/{first[:6]}/{first}.wav\n{second} {absolute}\n")
    assert all(sounds_like(row["audio"], row["id"]) for row in rows(LAYOUT, folder.parents[2], "ios"))


def test_speakers_from_utt2spk_come_before_the_pattern(folder: Path) -> None:
    put(folder / "utt2spk", "IT0011W0001 alice\nIT0012W0002 bob\n")
    assert [row["speaker"] for row in read(folder)] == ["alice", "bob"]


def test_a_byte_order_mark_is_no_part_of_the_first_id(folder: Path) -> None:
    put(folder / "trans.txt", "\ufeff" + "".join(f"{key}\t{text}\n" for key, text in TEXTS.items()))
    assert [row["id"] for row in read(folder)] == list(TEXTS)


def test_a_text_file_of_another_name(folder: Path) -> None:
    (folder / "trans.txt").rename(folder / "text")
    assert len(read(folder)) == 2


def test_missing_audio(folder: Path) -> None:
    (folder / "wav/IT0012/IT0012W0002.wav").unlink()
    with pytest.raises(
        DataError, match=r"wav\.scp: 1 of 2 audio files are missing: '.*' of 'IT0012W0002' is not there"
    ):
        read(folder)


def test_missing_transcript(folder: Path) -> None:
    put(folder / "trans.txt", "IT0011W0001 换一首歌\n")
    with pytest.raises(DataError, match="1 of 2 audio files have no transcript, first 'IT0012W0002'"):
        read(folder)


def test_malformed_lines(folder: Path) -> None:
    scp = (folder / "wav.scp").read_text(encoding="utf-8")
    put(folder / "wav.scp", scp + "IT0013W0001\n")
    with pytest.raises(DataError, match=r"wav\.scp, line 3: expected an id"):
        read(folder)
    put(folder / "wav.scp", scp)
    put(folder / "trans.txt", "IT0011W0001 换一首歌\nIT0011W0001 换一首歌\n")
    with pytest.raises(DataError, match=r"trans\.txt, line 2: the id 'IT0011W0001' occurs a second time"):
        read(folder)


def test_commands_are_not_run(folder: Path) -> None:
    put(folder / "wav.scp", "IT0011W0001 sox a.wav -t wav - |\n")
    with pytest.raises(DataError, match="evalkit runs none"):
        read(folder)
