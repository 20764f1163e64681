"""Files that are not what their names say: each is called by what it is, and what does not belong is passed over."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest
from data.corpora import encoded, put, rows

from evalkit.core.errors import DataError
from evalkit.core.message import Audio
from evalkit.data.corpora.kaldi import Kaldi
from evalkit.data.corpora.parquet import Parquet
from evalkit.data.corpora.trees import LibriSpeech, LibriSpeechArchive
from evalkit.data.jsonl import read_lines
from evalkit.media.source import read_bytes

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12345\n"
IMPOSTORS = {
    "pointer": (POINTER, "Git LFS pointer.*git lfs pull"),
    "page": (b"<!DOCTYPE html>\n<html><body>404</body></html>", "web page"),
    "bucket": (b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code></Error>', "web page"),
    "refusal": (b'{"error":"Repository Not Found"}', "server's error message"),
    "sentence": (b"Entry not found", "server's error message"),
    "zeros": (bytes(4096), "zero bytes"),
}
COMPANION = bytes([0, 5, 0x16, 7, 0, 2, 0, 0]) + b"Mac OS X        " + bytes([0xB0, 0xFF]) * 20


@pytest.mark.parametrize("kind", IMPOSTORS)
def test_an_impostor_is_called_by_its_name(tmp_path: Path, kind: str) -> None:
    content, told = IMPOSTORS[kind]
    for name in ("a.wav", "1-2.trans.txt", "test-clean.tar.gz", "test.parquet"):
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=told):
        read_bytes(Audio(str(tmp_path / "a.wav")))
    folder = tmp_path / "tree/test-clean/1/2"
    folder.mkdir(parents=True)
    (folder / "1-2.trans.txt").write_bytes(content)
    with pytest.raises(DataError, match=told):
        rows(LibriSpeech(), tmp_path / "tree", "test_clean")
    pytest.importorskip("pyarrow")
    with pytest.raises(DataError, match=told):
        rows(Parquet({"test": "test"}, text="t"), tmp_path, "test")
    if kind != "zeros":  # an empty archive
        with pytest.raises(DataError, match=told):
            rows(LibriSpeechArchive(), tmp_path, "test_clean")


def test_companions_of_macos_are_no_part_of_a_corpus(tmp_path: Path) -> None:
    folder = tmp_path / "LibriSpeech/test-clean/1/2"
    put(folder / "1-2-0000.flac", encoded("a", "flac"))
    put(folder / "1-2.trans.txt", "1-2-0000 HELLO\n")
    (folder / "._1-2.trans.txt").write_bytes(COMPANION)
    (folder / "._1-2-0000.flac").write_bytes(COMPANION)
    put(tmp_path / "LibriSpeech/test-clean/__MACOSX/1/1-2.trans.txt", "1-2-0000 OTHER\n")
    with tarfile.open(tmp_path / "test-clean.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "LibriSpeech", "LibriSpeech")
    for layout in (LibriSpeech(), LibriSpeechArchive()):
        assert [row["text"] for row in rows(layout, tmp_path, "test_clean")] == ["HELLO"]


def kaldi(tmp_path: Path, scp: str, text: str, segments: str | None = None) -> Kaldi:
    put(tmp_path / "test/wav.scp", scp)
    put(tmp_path / "test/text", text)
    put(tmp_path / "test/wav/rec.wav", encoded("r", "wav", seconds=1.0))
    if segments is not None:
        put(tmp_path / "test/segments", segments)
    return Kaldi({"test": "test"})


def test_segments_are_cut_out_of_recordings(tmp_path: Path) -> None:
    layout = kaldi(tmp_path, "rec wav/rec.wav\r\n", "u1 one\r\nu2\r\n", "u1 rec 0.0 0.25\r\nu2 rec 0.25 -1\r\n")
    found = rows(layout, tmp_path, "test")
    assert [row["text"] for row in found] == ["one", ""], "an utterance without words"
    import io

    import soundfile as sf

    lengths = [sf.info(io.BytesIO(read_bytes(row["audio"]))).duration for row in found]
    assert lengths == pytest.approx([0.25, 0.75])
    assert tmp_path / "test/segments" in set(layout.files(tmp_path, "test"))


@pytest.mark.parametrize(
    ("segments", "told"),
    [
        ("u1 rec 0.0\n", "expected a recording, begin and end"),
        ("u1 other 0 1\n", "'other', which wav.scp does not list"),
    ],
)
def test_segments_that_fit_nothing(tmp_path: Path, segments: str, told: str) -> None:
    with pytest.raises(DataError, match=told):
        rows(kaldi(tmp_path, "rec wav/rec.wav\n", "u1 one\n", segments), tmp_path, "test")


def test_a_list_of_another_machine_is_called_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"'/export/x/rec\.wav' of 'u1' is not there; the list was written on another"):
        rows(kaldi(tmp_path, "u1 /export/x/rec.wav\n", "u1 one\n"), tmp_path, "test")
    with pytest.raises(DataError, match="the copy is incomplete"):
        rows(kaldi(tmp_path, "u1 wav/gone.wav\n", "u1 one\n"), tmp_path, "test")


def test_half_a_surrogate_pair_is_called_so(tmp_path: Path) -> None:
    put(tmp_path / "a.jsonl", '{"id": "a", "text": "x \\ud83d y"}\n{"id": "b", "text": "\\ud83d\\ude0a"}\n')
    with pytest.raises(DataError, match="line 1: a text of it has half a surrogate pair"):
        list(read_lines(tmp_path / "a.jsonl"))
    assert [row["id"] for _, row in read_lines(tmp_path / "a.jsonl", halves=True)] == ["a", "b"]
    put(tmp_path / "a.jsonl", '{"id": "\\ud83d" "x"}\n')
    with pytest.raises(DataError, match="not JSON"):
        list(read_lines(tmp_path / "a.jsonl", halves=True))
