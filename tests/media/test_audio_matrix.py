"""Every format, encoding and consumer: the same wave, told apart from what is cut, piped, hidden or out of range.

What a whole file holds is taken from libsndfile's own floats, and from FFmpeg where a file is not plain.
"""

from __future__ import annotations

import io
import wave
from collections.abc import Callable
from pathlib import Path

import audio_files as files
import numpy as np
import pytest
import soundfile as sf
from numpy.typing import NDArray

from evalkit.core.errors import DataError
from evalkit.core.message import Audio, user
from evalkit.media import audio, mpeg_audio, remarks
from evalkit.media.formats import media_type
from evalkit.models.api.content import Limits, encoded
from evalkit.models.local import message_files
from evalkit.models.local.chat_inputs import MediaRules, decode_conversation
from evalkit.models.processes.spool import Spool

STEP = 1 / 32768  # of 16 bits
TAKES = Limits(frozenset({"audio/wav", "audio/mp3", "audio/ogg", "audio/flac", "audio/aiff"}), 1 << 30)
WAV_ONLY = Limits(frozenset({"audio/wav"}), 1 << 30)

Heard = NDArray[np.float64]
Consumer = Callable[[Audio], Heard]


def mono(samples: Heard) -> Heard:
    return samples.mean(axis=1)


def by_array(handle: Audio) -> Heard:
    return audio.decode(handle, files.RATE).astype(np.float64)


def by_local_model(handle: Audio) -> Heard:
    return decode_conversation((user(handle),), MediaRules()).audios[0].astype(np.float64)


def by_message_file(handle: Audio) -> Heard:
    made = message_files.write((user(handle),))
    try:
        with wave.open(made.messages[0]["content"][0]["audio"]) as file:  # 16 bits, or this raises
            assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16_000, 1, 2)
            return np.frombuffer(file.readframes(1 << 30), "<i2") / 32768
    finally:
        made.close()


def by_provider(limits: Limits) -> Consumer:
    def receive(handle: Audio) -> Heard:
        sent = encoded(handle, limits)
        assert sent.type == media_type(sent.data)
        return mono(files.oracle(sent.data))

    return receive


def by_worker(wav: bool) -> Consumer:
    def receive(handle: Audio) -> Heard:
        spool = Spool(wav)
        try:
            path, _ = spool.place(handle)
            data = Path(path).read_bytes()
            if wav:
                assert data[:4] == b"RIFF" and path.endswith(".wav")
            return mono(files.oracle(data))
        finally:
            spool.close()

    return receive


CONSUMERS: dict[str, Consumer] = {
    "array": by_array,
    "local model": by_local_model,
    "message file": by_message_file,
    "provider of wav": by_provider(WAV_ONLY),
    "provider of many": by_provider(TAKES),
    "program": by_worker(wav=False),
    "isolated model": by_worker(wav=True),
}
STRICT = {name: consumer for name, consumer in CONSUMERS.items() if name != "program"}  # those who get what was read


def held(data: bytes, name: str = "clip") -> Audio:
    return Audio(opener=lambda: data, name=name)


def close(found: Heard, expected: Heard, within: float = 1.01 * STEP) -> None:
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= within


@pytest.mark.parametrize("consumer", CONSUMERS)
@pytest.mark.parametrize("name", files.ENCODINGS)
def test_everybody_hears_what_libsndfile_reads_as_floats(name: str, consumer: str) -> None:
    data = files.encoded(name)
    handle = held(data, f"clip.{files.ENCODINGS[name][2]}")
    close(CONSUMERS[consumer](handle), mono(files.oracle(data)))
    assert not handle.remarks, "an ordinary file is nothing to remark on"


@pytest.mark.parametrize("consumer", STRICT)
@pytest.mark.parametrize("name", files.PIPED)
def test_headers_of_streams_promise_nothing_and_all_is_heard(name: str, consumer: str) -> None:
    encoding, change = files.PIPED[name]
    whole = files.encoded(encoding)
    handle = held(change(whole))
    assert change(whole) != whole
    close(STRICT[consumer](handle), mono(files.oracle(whole)))
    assert not handle.remarks


@pytest.mark.parametrize("consumer", CONSUMERS)
@pytest.mark.parametrize("name", files.ENCODINGS)
def test_a_file_that_was_cut_is_nobodys_input(name: str, consumer: str) -> None:
    handle = held(files.cut(files.encoded(name)))
    with pytest.raises(DataError, match=r"^clip: truncated"):
        CONSUMERS[consumer](handle)
    facts = remarks.noted(handle)
    assert facts["flags"] == ["truncated_input"]
    assert 0 <= facts["found_seconds"] < 0.7 * files.SECONDS
    if name not in ("vorbis", "opus"):
        assert facts.get("promised_seconds", files.SECONDS) == pytest.approx(files.SECONDS, rel=0.02)


@pytest.mark.parametrize("name", files.COUNTED)
@pytest.mark.parametrize("missing", [0.3, 0.9])
def test_promised_and_found_seconds_are_told(name: str, missing: float) -> None:
    handle = held(files.cut(files.encoded(name), 1 - missing))
    with pytest.raises(DataError, match="truncated"):
        audio.decode(handle, files.RATE)
    facts = remarks.noted(handle)
    assert facts["promised_seconds"] == pytest.approx(files.SECONDS, rel=0.02)
    assert facts["found_seconds"] == pytest.approx(files.SECONDS * (1 - missing), abs=0.15 if "caf" in name else 0.06)


@pytest.mark.parametrize("name", ["wav PCM_16", "rf64 FLOAT", "w64 PCM_16", "aiff PCM_16", "au FLOAT", "caf FLOAT"])
def test_a_few_samples_too_few_are_flagged_and_answered(name: str) -> None:
    data = files.encoded(name)
    body = data.index(b"SSND" if name.startswith("aiff") else b"data" if name[:2] != "au" else b".snd")
    end = {"caf FLOAT": body + 12 + int.from_bytes(data[body + 4 : body + 12], "big")}.get(name, len(data))
    handle = held(data[: end - 400])
    found = audio.decode(handle, files.RATE)
    assert files.RATE * files.SECONDS - 201 <= len(found) < files.RATE * files.SECONDS
    assert handle.remarks["flags"] == ["truncated_input"]
    assert handle.remarks["promised_seconds"] == pytest.approx(files.SECONDS, abs=1e-3)
    sent = encoded(held(data[: end - 400]), TAKES)
    with wave.open(io.BytesIO(sent.data)) as file:
        assert file.getnframes() == len(found), "what is not whole is sent as a file that is"


@pytest.mark.parametrize("codec", ["vorbis", "opus"])
def test_an_ogg_stream_without_its_last_page_is_flagged(codec: str) -> None:
    pages = files.ogg_pages(files.encoded(codec, np.tile(files.WAVE, 5)))
    assert pages[-1][5] & 4
    handle = held(b"".join(pages[:-1]))
    found = audio.decode(handle, files.RATE)
    assert 0 < len(found) < 10 * files.RATE
    assert handle.remarks["flags"] == ["truncated_input"]
    with pytest.raises(DataError, match="truncated"):
        audio.decode(held(b"".join(pages[:-1]) + pages[-1][:20]), files.RATE)


def test_ogg_streams_that_follow_each_other_are_heard_to_the_end() -> None:
    one, two = files.encoded("vorbis"), files.encoded("vorbis", files.WAVE[:8000])
    handle = held(one + two)
    close(by_array(handle), np.concatenate([mono(files.oracle(one)), mono(files.oracle(two))]))
    assert not handle.remarks
    with wave.open(io.BytesIO(encoded(handle, TAKES).data)) as file:
        assert file.getnframes() == len(files.WAVE) + 8000


FRONTS = {
    "nothing": b"",
    "zeros": bytes(2000),
    "odd zeros": bytes(4093),
    "a tag": files.id3(),
    "a tag, then zeros": files.id3(3000) + bytes(1000),
    "two tags": files.id3(300) + files.id3(500),
    "the rest of a frame": files.encoded("mp3")[700:900],
}


@pytest.mark.parametrize("consumer", STRICT)
@pytest.mark.parametrize("front", FRONTS)
@pytest.mark.parametrize("constant", [False, True], ids=["xing", "constant"])
def test_mp3_behind_tags_and_padding(front: str, constant: bool, consumer: str) -> None:
    data = files.constant_mp3() if constant else files.encoded("mp3")
    handle = held(FRONTS[front] + data)
    close(STRICT[consumer](handle), mono(files.oracle(data)))


@pytest.mark.parametrize("front", FRONTS)
def test_ffmpeg_hears_the_same_in_such_an_mp3(front: str) -> None:
    av = pytest.importorskip("av")
    data = FRONTS[front] + files.constant_mp3()
    with av.open(io.BytesIO(data), format="mp3") as file:
        theirs = np.concatenate([frame.to_ndarray().reshape(-1) for frame in file.decode(audio=0)])
    ours = by_array(held(data))
    assert abs(len(ours) - len(theirs)) <= 4 * 576
    part = ours[4000:20000]
    best = max(
        float(np.corrcoef(part, theirs[begin : begin + len(part)])[0, 1])
        for begin in np.argsort(np.correlate(theirs, part, "valid"))[-3:]
    )
    assert best > 0.999


def test_flac_behind_a_tag() -> None:
    data = files.encoded("flac PCM_16")
    close(by_array(held(files.id3() + data)), mono(files.oracle(data)))


@pytest.mark.parametrize("rate", [8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000])
@pytest.mark.parametrize("channels", [1, 2])
def test_mp3_of_every_rate_is_known_as_whole_and_as_cut(rate: int, channels: int) -> None:
    samples = np.repeat(np.resize(files.WAVE, rate)[:, None], channels, axis=1)
    data = files.encoded("mp3", samples, rate)
    handle = held(bytes(999) + data)
    assert len(audio.decode(handle, rate)) == len(files.oracle(data))
    assert not handle.remarks
    with pytest.raises(DataError, match="truncated"):
        audio.decode(held(files.cut(data)), rate)


def test_an_mp3_without_a_count_that_ends_inside_a_frame_is_flagged() -> None:
    data = files.constant_mp3()
    handle = held(data[:-60])
    audio.decode(handle, files.RATE)
    assert handle.remarks["flags"] == ["truncated_input"]
    tagged = held(data + b"TAG" + bytes(125))
    audio.decode(tagged, files.RATE)
    assert not tagged.remarks


@pytest.mark.parametrize("consumer", STRICT)
@pytest.mark.parametrize("quiet", ["first", "last"])
def test_an_mp3_of_changing_bit_rate_without_a_count_is_heard_to_its_end(quiet: str, consumer: str) -> None:
    """By the first frame alone libsndfile takes its bit rate for that of all, and ends early or believes in more."""
    noise = (np.random.default_rng(1).standard_normal(6 * files.RATE) * 0.1).astype(np.float32)
    noise[: 3 * files.RATE] *= 1e-4
    data = files.encoded("mp3", noise if quiet == "first" else noise[::-1].copy())
    second = mpeg_audio.first_frame(data[4:])  # the first one holds the count
    assert second is not None
    handle = held(data[4 + second :])
    heard = CONSUMERS[consumer](handle)
    assert len(heard) == pytest.approx(6 * files.RATE, abs=2 * 1152)
    assert not handle.remarks
    assert audio.info(handle).seconds == pytest.approx(6.0, abs=0.1)


def test_an_mp3_behind_another_is_flagged() -> None:
    data = files.encoded("mp3")
    handle = held(data + data)
    audio.decode(handle, files.RATE)
    assert handle.remarks["flags"] == ["unread_input"]


@pytest.mark.parametrize("consumer", CONSUMERS)
@pytest.mark.parametrize("name", ["wav FLOAT", "wav DOUBLE", "aiff FLOAT", "caf FLOAT", "au FLOAT", "vorbis"])
def test_what_is_too_loud_is_clipped_once_and_never_wraps(name: str, consumer: str) -> None:
    data = files.encoded(name, files.WAVE * 8)
    expected = np.clip(mono(files.oracle(data)), -1.0, 1.0)
    handle = held(data)
    found = np.clip(CONSUMERS[consumer](handle), -1.0, 1.0)  # a program gets the file as it lies
    close(found, expected)
    assert handle.remarks["flags"] == ["clipped_input"]
    assert handle.remarks["clipped"] == pytest.approx(np.mean(np.abs(mono(files.oracle(data))) > 1.0), abs=1e-4)


def test_a_single_loud_sample_is_recorded_and_no_flag() -> None:
    samples = files.WAVE.copy()
    samples[5] = 1.5
    handle = held(files.encoded("wav FLOAT", samples))
    audio.decode(handle, files.RATE)
    assert (handle.remarks["flags"], handle.remarks["clipped"]) == ([], pytest.approx(1 / len(samples), abs=1e-6))


@pytest.mark.parametrize("consumer", CONSUMERS)
@pytest.mark.parametrize("name", ["wav PCM_16", "flac PCM_16", "rf64 FLOAT", "opus", "mp3"])
def test_opposite_channels_and_silence_are_flagged(name: str, consumer: str) -> None:
    for second, flag in ((-1.0, "antiphase_input"), (0.0, None), (1.0, None), (-0.95, "antiphase_input")):
        handle = held(files.encoded(name, np.stack([files.WAVE, second * files.WAVE], axis=1)))
        CONSUMERS[consumer](handle)
        assert handle.remarks.get("flags", []) == ([flag] if flag else []), second
    silent = held(files.encoded(name, np.zeros((16_000, 2), dtype=np.float32)))
    CONSUMERS[consumer](silent)
    assert silent.remarks["flags"] == ["silent_input"]


def test_sound_that_the_header_does_not_speak_of_is_flagged() -> None:
    one = files.encoded("wav PCM_16")
    handle = held(one[:40] + (len(one) // 4 // 2 * 2).to_bytes(4, "little") + one[44:])
    audio.decode(handle, files.RATE)
    assert handle.remarks["flags"] == ["unread_input"]
    listed = held(one + b"LIST" + (3000).to_bytes(4, "little") + bytes(range(1, 251)) * 12)
    audio.decode(listed, files.RATE)
    assert not listed.remarks, "another chunk is no sound"


def test_an_empty_wav_with_other_chunks_is_empty() -> None:
    empty = files.encoded("wav PCM_16", files.WAVE[:0])
    with pytest.raises(DataError, match="no samples"):
        audio.decode(held(empty + b"LIST" + (64).to_bytes(4, "little") + b"INFO" + bytes(60)), files.RATE)


def test_provider_gets_bytes_as_they_lie_only_where_all_readers_agree() -> None:
    kept = {"wav PCM_16", "wav PCM_24", "wav PCM_32", "wav PCM_U8", "wavex PCM_16", "aiff PCM_16", "aiff PCM_24"}
    kept |= {"flac PCM_16", "flac PCM_24", "vorbis", "opus", "mp3"}
    for name in files.ENCODINGS:
        data = files.encoded(name)
        sent = encoded(held(data), TAKES)
        assert (sent.data == data) == (name in kept), name
        if name not in kept:
            assert sf.info(io.BytesIO(sent.data)).subtype == "PCM_16"


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "PostScript"),
        (b"#EXTM3U\nhttp://127.0.0.1/x.ts\n", "HLS"),
        (b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\n", "SDP"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "concat"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
        (b"\0\0\0\x18ftypM4A \0\0\0\0", "audio/mp4"),
        (b"404 not found", "no known format"),
        (bytes(5000), "begins with zero bytes alone"),
        (b"MATLAB 5.0 MAT-file" + bytes(200), "no known format"),
        (b"\xff\xfe4\x000\x004\x00", "no known format"),
    ],
)
@pytest.mark.parametrize("consumer", CONSUMERS)
def test_other_formats_are_refused_by_name(data: bytes, what: str, consumer: str) -> None:
    with pytest.raises(
        DataError, match=f"^clip: (cannot be decoded as audio|is a|begins with).*{what.removeprefix('begins with')}"
    ):
        CONSUMERS[consumer](held(data))


@pytest.mark.parametrize(
    ("place", "value", "what"),
    [(24, (1_000_000).to_bytes(4, "little"), "768000 Hz"), (22, (200).to_bytes(2, "little"), "channels")],
)
def test_headers_beyond_the_bounds_are_refused_before_decoding(place: int, value: bytes, what: str) -> None:
    with pytest.raises(DataError, match=what):
        audio.decode(held(files.patched(files.encoded("wav PCM_16"), place, value)), files.RATE)
