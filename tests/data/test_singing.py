"""Singing: MIR-1K and Opencpop."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from corpora import RATE, encoded, put, rows, signal, sounds_like, texts

from evalkit.core.errors import DataError
from evalkit.data.layouts import Mir1k, Opencpop
from evalkit.media.audio import decode

LYRICS = {"abjones_1_01": "但是你沒有選擇", "amy_3_02": "從前的我\n不會"}


@pytest.fixture(params=["corpus", "corpus/MIR-1K"])
def mir1k(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    for key, text in LYRICS.items():
        buffer = io.BytesIO()
        stereo = np.stack([signal(f"{key} piano"), signal(key)], axis=1)
        sf.write(buffer, stereo, RATE, format="WAV", subtype="PCM_16")
        put(tmp_path / request.param / f"Wavfile/{key}.wav", buffer.getvalue())
        put(tmp_path / request.param / f"Lyrics/{key}.txt", text.encode("big5hkscs"))
    return tmp_path


def test_mir1k_keeps_the_voice(mir1k: Path) -> None:
    found = rows(Mir1k(), mir1k, "all")
    assert texts(found) == LYRICS
    assert [row["speaker"] for row in found] == ["abjones", "amy"]
    assert all(sounds_like(row["audio"], row["id"]) for row in found)


def test_mir1k_other_channels(mir1k: Path) -> None:
    piano, *_ = rows(Mir1k(channel=0), mir1k, "all")
    assert sounds_like(piano["audio"], "abjones_1_01 piano")
    both, *_ = rows(Mir1k(channel=None), mir1k, "all")
    mean = (signal("abjones_1_01 piano") + signal("abjones_1_01")) / 2
    assert np.allclose(decode(both["audio"], RATE), mean, atol=1e-6)


def test_mir1k_lyrics_in_utf8_or_neither(mir1k: Path) -> None:
    path = next(mir1k.rglob("amy_3_02.txt"))
    path.write_text("從前的我", encoding="utf-8-sig")
    assert texts(rows(Mir1k(), mir1k, "all"))["amy_3_02"] == "從前的我"
    path.write_bytes(b"\xff\xff\xff")
    with pytest.raises(DataError, match=r"amy_3_02\.txt: the lyrics are in none of the encodings utf-8, big5hkscs"):
        rows(Mir1k(), mir1k, "all")
    path.write_bytes(b" \n")
    assert texts(rows(Mir1k(), mir1k, "all"))["amy_3_02"] == "", "a clip without words"


def test_mir1k_unpaired(mir1k: Path) -> None:
    next(mir1k.rglob("amy_3_02.txt")).unlink()
    with pytest.raises(DataError, match="1 of 2 audio files have no transcript, first 'amy_3_02'"):
        rows(Mir1k(), mir1k, "all")


SONGS = {"2044001628": "感受停在我发端的指尖", "2044001629": "如何瞬间冻结时间"}


@pytest.fixture(params=["corpus", "corpus/opencpop"])
def opencpop(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    top = tmp_path / request.param / "segments"
    put(top / "test.txt", "".join(f"{key}|{text}|g an|C4 D4|0.1 0.2|0.1 0.2|0 0\n" for key, text in SONGS.items()))
    for key in [*SONGS, "2001000001"]:  # the training set lies in the same folder
        put(top / f"wavs/{key}.wav", encoded(key, "wav", rate=44100))
    return tmp_path


def test_opencpop(opencpop: Path) -> None:
    found = rows(Opencpop(), opencpop, "test")
    assert texts(found) == SONGS
    assert all(sounds_like(row["audio"], row["id"], rate=44100) for row in found)


def test_opencpop_errors(opencpop: Path) -> None:
    next(opencpop.rglob("2044001629.wav")).unlink()
    with pytest.raises(DataError, match=r"1 of 2 audio files are not in .*, first '2044001629\.wav'"):
        rows(Opencpop(), opencpop, "test")
    next(opencpop.rglob("test.txt")).write_text("2044001628|感受\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"test\.txt, line 1: 2 fields, expected 7"):
        rows(Opencpop(), opencpop, "test")
