"""Segments of long recordings: cutting, and WenetSpeech as published."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
from corpora import LOSSY, RATE, encoded, put, rows, signal, texts

from evalkit.core.errors import DataError
from evalkit.data.corpora.segments import cut
from evalkit.data.corpora.wenetspeech import items
from evalkit.data.layouts import WenetSpeech
from evalkit.media.audio import decode


@pytest.mark.parametrize("kind", ["wav", "flac", "mp3", "opus"])
def test_a_cut_is_the_same_as_decoding_all_and_slicing(tmp_path: Path, kind: str) -> None:
    path = put(tmp_path / f"long.{kind}", encoded("long", kind, seconds=20))
    whole, rate = sf.read(path, dtype="float32")
    for begin, end in ((0.0, 1.5), (3.217, 5.0), (12.5, 19.99)):
        piece, piece_rate = sf.read(io.BytesIO(cut(path, begin, end)), dtype="float32")
        assert piece_rate == rate
        expected = whole[round(begin * rate) : round(end * rate)]
        assert len(piece) == len(expected)
        # after a jump a lossy decoder may differ by a little until its state has settled
        assert np.abs(piece - expected).max() <= (0.01 if kind in LOSSY else 0.0)


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "PCM_32"])
def test_bit_depth_is_kept_and_a_channel_picked(tmp_path: Path, subtype: str) -> None:
    both = np.stack([signal("left"), signal("right")], axis=1)
    sf.write(tmp_path / "x.wav", both, RATE, subtype=subtype)
    for channel, name in enumerate(("left", "right")):
        with sf.SoundFile(io.BytesIO(cut(tmp_path / "x.wav", 0.0, None, channel))) as piece:
            assert (piece.subtype, piece.channels) == (subtype, 1)
            assert np.array_equal(piece.read(dtype="float32"), signal(name))
    stereo, _ = sf.read(io.BytesIO(cut(tmp_path / "x.wav", 0.0, None)), dtype="float32")
    assert np.array_equal(stereo, both)


def test_samples_beyond_full_scale_are_not_clipped(tmp_path: Path) -> None:
    loud = 3 * signal("loud")
    sf.write(tmp_path / "x.wav", loud, RATE, subtype="FLOAT")
    piece, _ = sf.read(io.BytesIO(cut(tmp_path / "x.wav", 0.0, None)), dtype="float32")
    assert np.abs(loud).max() > 1
    assert np.array_equal(piece, loud)


@pytest.mark.parametrize(
    ("begin", "end", "channel", "problem"),
    [
        (1.0, 3.0, None, r"x\.wav, 1 to 3 s: the recording has 2\.000 s"),
        (2.5, None, None, r"2\.5 to its end s: the recording has 2\.000 s"),
        (1.0, 1.0, None, "the recording has"),
        (-1.0, 1.0, None, "the recording has"),
        (0.0, 1.0, 1, "no channel 1; the recording has 1"),
    ],
)
def test_parts_that_are_not_there(
    tmp_path: Path, begin: float, end: float | None, channel: int | None, problem: str
) -> None:
    path = put(tmp_path / "x.wav", encoded("x", "wav", seconds=2))
    with pytest.raises(DataError, match=problem):
        cut(path, begin, end, channel)


def test_an_end_a_little_beyond_the_recording_is_its_end(tmp_path: Path) -> None:
    path = put(tmp_path / "x.wav", encoded("x", "wav", seconds=2))
    piece, _ = sf.read(io.BytesIO(cut(path, 1.0, 2.3)), dtype="float32")
    assert np.array_equal(piece, signal("x", seconds=2)[RATE:])


def test_missing_and_broken_recordings(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="file not found"):
        cut(tmp_path / "x.wav", 0.0, 1.0)
    put(tmp_path / "x.wav", b"nothing")
    with pytest.raises(DataError, match="cannot be decoded as audio"):
        cut(tmp_path / "x.wav", 0.0, 1.0)


# (recording, subset) -> segments as (sid, begin, end, text)
RECORDINGS = {
    ("TEST_NET_Y0001", "TEST_NET"): [
        ("TEST_NET_Y0001_S0", 0.5, 1.75, "怎么样"),
        ("TEST_NET_Y0001_S1", 2.0, 3.1, "OK 吧"),
    ],
    ("TRAIN_Y0002", "M"): [("TRAIN_Y0002_S0", 0.0, 1.0, "训练")],
    ("TEST_MEETING_T0003", "TEST_MEETING"): [("TEST_MEETING_T0003_S0", 1.0, 2.5, "开会")],
}
FOLDERS = {"TEST_NET": "audio/test_net/B00000", "TEST_MEETING": "audio/test_meeting/third_party", "M": "audio/train"}


def described() -> dict[str, Any]:
    audios = [
        {
            "aid": aid,
            "duration": 4.0,
            "path": f"{FOLDERS[subset]}/{aid}.opus",
            "source": "youtube",
            "tags": ["drama"],
            "segments": [
                {"sid": sid, "begin_time": begin, "end_time": end, "text": text, "confidence": 1.0, "subsets": [subset]}
                for sid, begin, end, text in segments
            ],
        }
        for (aid, subset), segments in RECORDINGS.items()
    ]
    return {"dataset": "WenetSpeech", "language": "ZH", "version": "v1.0.0", "audios": audios, "end": "]"}


@pytest.fixture
def wenetspeech(tmp_path: Path) -> Path:
    """The published files, without the training audio."""
    top = tmp_path / "corpus"
    put(top / "WenetSpeech.json", json.dumps(described(), ensure_ascii=False, indent=2))
    for aid, subset in RECORDINGS:
        if subset != "M":
            put(top / FOLDERS[subset] / f"{aid}.opus", encoded(aid, "opus", seconds=4))
    return tmp_path


@pytest.mark.parametrize(("split", "subset"), [("test_net", "TEST_NET"), ("test_meeting", "TEST_MEETING")])
def test_wenetspeech(wenetspeech: Path, split: str, subset: str) -> None:
    (aid, segments), *_ = [(a, parts) for (a, s), parts in RECORDINGS.items() if s == subset]
    found = rows(WenetSpeech(), wenetspeech, split)
    assert texts(found) == {sid: text for sid, _, _, text in segments}
    whole, _ = sf.read(wenetspeech / "corpus" / FOLDERS[subset] / f"{aid}.opus", dtype="float32")
    for row, (_, begin, end, _) in zip(found, segments, strict=True):
        expected = whole[round(begin * RATE) : round(end * RATE)]
        heard = decode(row["audio"], RATE)
        assert len(heard) == len(expected)
        assert np.abs(heard - expected).max() <= 0.01
        assert (row["recording"], row["begin"], row["end"], row["speaker"]) == (aid, begin, end, None)


def test_wenetspeech_missing_recording(wenetspeech: Path) -> None:
    next(wenetspeech.rglob("TEST_NET_Y0001.opus")).unlink()
    with pytest.raises(DataError, match=r"1 recordings of TEST_NET are not there, first 'audio/test_net/B00000"):
        rows(WenetSpeech(), wenetspeech, "test_net")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"text": None}, 'TEST_NET_Y0001_S0: no "text"'),
        ({"sid": None}, 'a segment of TEST_NET_Y0001: no "sid"'),
        ({"end_time": "1.75"}, 'TEST_NET_Y0001_S0: "end_time" is not a number'),
    ],
)
def test_wenetspeech_broken_segment(wenetspeech: Path, change: dict[str, Any], problem: str) -> None:
    broken = described()
    broken["audios"][0]["segments"][0].update(change)
    put(wenetspeech / "corpus/WenetSpeech.json", json.dumps(broken))
    with pytest.raises(DataError, match=problem):
        rows(WenetSpeech(), wenetspeech, "test_net")


def test_a_big_json_array_piece_by_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [{"n": n, "text": "]},[" + '字"\\' * (n % 40), "more": [[], {}]} for n in range(300)]
    content = json.dumps({"a": [1], "audios": entries, "z": 1}, ensure_ascii=False, indent="\t")
    path = put(tmp_path / "x.json", content.replace("\n", "\r\n"))
    for size in (1, 7, 64, 1 << 20):
        monkeypatch.setattr("evalkit.data.corpora.wenetspeech._CHUNK", size)
        assert list(items(path, "audios")) == entries


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('{"audios": [{"a": 1}, {"a": ', 'truncated, inside "audios"'),
        ('{"audios": [{"a": 1}', 'truncated, inside "audios"'),
        ('{"audios": [{"a": 1} nonsense]}', "not JSON"),
        ('{"others": []}', 'no array "audios"'),
        ('{"audios": {}}', 'no array "audios"'),
        ("", 'no array "audios"'),
        (b'{"audios": [{"a": "\xe5\xad"', "not UTF-8 text"),
    ],
)
def test_broken_json(tmp_path: Path, content: str | bytes, problem: str) -> None:
    with pytest.raises(DataError, match=problem):
        list(items(put(tmp_path / "x.json", content), "audios"))
