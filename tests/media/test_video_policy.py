"""Which frames of a video are shown and what is heard of it, by a policy; each kind of bad file in one sentence."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from evalkit.core.errors import DataError, UsageError
from evalkit.core.message import Audio, Message, Text, Video, VideoPolicy, user
from evalkit.media import audio, sound_track, video
from evalkit.media.decoded_once import DecodedOnce
from evalkit.models.api.content import Limits, encoded

av = pytest.importorskip("av")
from video_clips import clip  # noqa: E402

ANY = Limits(frozenset({"video/mp4", "video/webm", "video/avi"}), 1 << 30)
KINDS = {
    "mp4": {"kind": "mp4"},
    "mp4, frames out of order": {"kind": "mp4", "frames_between": 2},
    "mov": {"kind": "mov"},
    "mkv": {"kind": "matroska", "frames_between": 2},
    "avi": {"kind": "avi", "sound": "mp3"},
    "avi, frames out of order": {"kind": "avi", "sound": "mp3", "frames_between": 2},
    "flv": {"kind": "flv", "codec": "flv", "sound": "mp3"},
    "mpeg": {"kind": "mpeg", "codec": "mpeg2video", "sound": "mp2", "rate": 25},
}


def held(data: bytes, policy: VideoPolicy | None = None) -> Video:
    return Video(opener=lambda: data, name="it", policy=policy)


def greys(frames: video.Frames) -> list[float]:
    return [float(one.mean()) for one in frames.pixels]


def all_frames(data: bytes) -> dict[float, np.ndarray[Any, Any]]:
    """Seconds from the first frame -> what is shown from then on."""
    with av.open(io.BytesIO(data)) as file:
        frames = [(float(frame.time), frame.to_ndarray(format="rgb24")) for frame in file.decode(video=0)]
    return {time - frames[0][0]: picture for time, picture in frames}


@pytest.mark.parametrize(
    "policy", [VideoPolicy(fps=2.0), VideoPolicy(fps=2.0, most=3), VideoPolicy(frames=4), VideoPolicy(fps=7.0)]
)
@pytest.mark.parametrize("kind", KINDS)
def test_frames_are_those_shown_at_the_times_wanted(kind: str, policy: VideoPolicy) -> None:
    data = clip(4.0, **{"rate": 10, **KINDS[kind]})
    every = all_frames(data)
    times = sorted(every)
    found = video.decode(held(data, policy))
    length = times[-1] + times[-1] / (len(times) - 1)
    count = policy.frames or min(policy.most, round(length * policy.fps))
    middle = 0.5 if policy.frames else 0.0
    wanted = [(place + middle) * length / count for place in range(count)]
    expected = [max(time for time in times if time <= at + 1e-6) for at in wanted]
    assert list(found.seconds) == pytest.approx(expected)
    assert all(np.array_equal(picture, every[time]) for picture, time in zip(found.pixels, expected, strict=True))
    assert found.rate == pytest.approx(count / length, rel=0.01)


def test_a_short_video_repeats_frames_where_a_number_is_wanted() -> None:
    found = video.decode(held(clip(0.3, sound=None), VideoPolicy(frames=32)))
    assert len(found.pixels) == 32
    assert len(set(greys(found))) == 3


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"fps": 0.0}, "fps=0.0"), ({"fps": float("nan")}, "fps=nan"), ({"fps": 1e9}, "fps=1000000000.0"),
        ({"frames": 0}, "frames=0"), ({"most": 0}, "most=0"), ({"pixels": -1}, "pixels=-1"),
        ({"sound": "loud"}, "sound=loud: expected one of beside, inside, none"),
    ],
)  # fmt: skip
def test_policies_that_cannot_be(given: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        VideoPolicy(**given)


@pytest.mark.parametrize("kind", KINDS)
def test_the_sound_is_cut_from_the_same_file(kind: str) -> None:
    data = clip(4.0, **{"rate": 10, **KINDS[kind]})
    wave = audio.decode(Audio.from_bytes(sound_track.extracted(held(data))), 16000)
    assert len(wave) / 16000 == pytest.approx(4.0, abs=0.1)
    middle = wave[16000:48000]
    assert int(np.argmax(np.abs(np.fft.rfft(middle)))) / 2 == 440
    assert float(np.sqrt((middle**2).mean())) == pytest.approx(0.3 / np.sqrt(2), rel=0.05)


def test_sound_that_begins_late_is_late() -> None:
    wave = audio.decode(Audio.from_bytes(sound_track.extracted(held(clip(3.0, kind="matroska", late=0.5)))), 16000)
    loud = np.flatnonzero(np.abs(wave) > 0.05)
    assert loud[0] / 16000 == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("kind", KINDS)
def test_the_file_without_its_sound_shows_the_same(kind: str) -> None:
    data = clip(4.0, **{"rate": 10, **KINDS[kind]})
    policy = VideoPolicy(fps=2.0)
    (shown,) = sound_track.shown(Message("user", (held(data),)), policy).content
    assert isinstance(shown, Video)
    assert np.array_equal(video.decode(shown).pixels, video.decode(held(data, policy)).pixels)
    if kind == "mpeg":  # program streams lack the times that a copy needs: files are refused, frames are shown
        with pytest.raises(DataError, match="cannot be taken apart into pictures and sound"):
            sound_track.silent(held(data))
        return
    bare = sound_track.silent(held(data))
    with av.open(io.BytesIO(bare)) as file:
        assert (len(file.streams.audio), len(file.streams.video)) == (0, 1)
    assert np.array_equal(video.decode(held(bare, policy)).pixels, video.decode(held(data, policy)).pixels)
    assert sound_track.silent(held(bare)) == bare


@pytest.mark.parametrize(("sound", "kinds"), [
    ("beside", ["text", "video", "audio", "text"]), ("none", ["text", "video", "text"]),
    ("inside", ["text", "video", "text"]),
])  # fmt: skip
def test_a_message_by_a_policy(sound: Any, kinds: list[str]) -> None:
    data, policy = clip(), VideoPolicy(sound=sound)
    opened: list[int] = []

    def opener() -> bytes:
        opened.append(1)
        return data

    message = sound_track.shown(user("before", Video(opener=opener, name="v.mp4"), "after"), policy)
    assert [part.modality for part in message.content] == kinds
    assert opened == [], "nothing is read before somebody opens a part"
    (shown,) = [part for part in message.content if isinstance(part, Video)]
    assert shown.policy == policy and shown.label == "v.mp4"
    handed = encoded(shown, ANY).data
    with av.open(io.BytesIO(handed)) as file:
        assert bool(file.streams.audio) is (sound == "inside")
    assert shown.remarks["flags"] == ["frames_by_model"]
    if sound == "inside":
        with pytest.raises(DataError, match="would not hear the sound inside the file"):
            video.decode(shown)
        return
    assert len(video.decode(shown).pixels) == 8
    assert shown.remarks == {"flags": [], "frames": 8}, "they are the policy's after all"


def truncated_index(data: bytes, offset: int) -> bytes:
    """The places of the chunks in an mp4 moved to somewhere else."""
    made, place = bytearray(data), data.find(b"stco")
    for at in range(int.from_bytes(data[place + 8 : place + 12], "big")):
        made[place + 12 + 4 * at : place + 16 + 4 * at] = offset.to_bytes(4, "big")
    return bytes(made)


def no_frames(kind: str) -> bytes:
    target = io.BytesIO()
    with av.open(target, "w", format=kind) as file:
        if kind == "matroska":
            stream = file.add_stream("mpeg4", rate=10)
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        heard = file.add_stream("aac", rate=44100, layout="stereo")
        for number in range(20):
            block = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), format="fltp", layout="stereo")
            block.sample_rate, block.pts = 44100, number * 1024
            file.mux(heard.encode(block))
        file.mux(heard.encode())
    return target.getvalue()


BAD: dict[str, Callable[[], bytes]] = {
    "an index that points at other bytes": lambda: truncated_index(clip(), 7),
    "an index that points behind the end": lambda: truncated_index(clip(), 10**9),
    "a table of sizes that is empty": lambda: (d := clip())[: (p := d.find(b"stsz") + 12)] + bytes(4) + d[p + 4 :],
    "sound alone, mp4": lambda: no_frames("mp4"),
    "a track of pictures without any": lambda: no_frames("matroska"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_video_that_shows_nothing_is_refused_by_everybody(case: str) -> None:
    data = BAD[case]()
    for look in (video.decode, lambda handle: sound_track.silent(held(data))):
        handle = held(data, VideoPolicy())
        with pytest.raises(DataError, match=r"^it: [^\n]+$") as caught:
            look(handle)
        assert "frames" in str(caught.value) or "cannot be" in str(caught.value)
        assert "frames_by_model" not in handle.remarks.get("flags", [])


@pytest.mark.parametrize("mark", [b"idx1", b"\x1c\x53\xbb\x6b"])
def test_an_index_for_seeking_is_not_needed(mark: bytes) -> None:
    data = clip(kind="avi", sound="mp3") if mark == b"idx1" else clip(kind="matroska")
    place = data.rfind(mark) + 8
    broken = data[:place] + bytes(len(data[place : place + 24])) + data[place + 24 :]
    for policy in (VideoPolicy(), VideoPolicy(frames=3)):
        assert np.array_equal(video.decode(held(broken, policy)).pixels, video.decode(held(data, policy)).pixels)


def test_a_video_without_sound_is_refused_where_sound_is_asked_for() -> None:
    mute = held(clip(sound=None))
    with pytest.raises(DataError, match=r"^it: the video has no sound track, .*--task-arg sound=none"):
        sound_track.extracted(mute)
    assert len(video.decode(held(clip(sound=None), VideoPolicy())).pixels) == 8
    with pytest.raises(DataError, match=r"truncated: .* s of sound are promised"):
        sound_track.extracted(held(truncated_index(clip(), 10**9)))


def test_large_frames_are_bounded_by_the_policy() -> None:
    data = clip(0.6, size=(1920, 1080), rate=5, sound=None)
    handle = held(data, VideoPolicy(pixels=100_000))
    found = video.decode(handle)
    assert found.pixels.shape[1] * found.pixels.shape[2] <= 100_000
    assert found.pixels.shape[2] / found.pixels.shape[1] == pytest.approx(16 / 9, rel=0.01)
    assert handle.remarks == {
        "flags": ["scaled_input"], "frames": 1, "size": [1920, 1080], "shown_size": list(found.pixels.shape[2:0:-1])
    }  # fmt: skip
    assert video.decode(held(data, VideoPolicy(pixels=None))).pixels.shape[1:3] == (1080, 1920)
    assert VideoPolicy().pixels is not None and VideoPolicy().pixels < 3840 * 2160


def test_questions_on_one_video_decode_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    data, decoded = clip(pitch=123.0), []
    plain = video._decoded
    monkeypatch.setattr(video, "_decoded", lambda *given: decoded.append(given[2]) or plain(*given))
    for _ in range(3):
        handle = held(data, VideoPolicy(fps=1.0))
        assert len(video.decode(handle).pixels) == 4
        assert handle.remarks == {"flags": [], "frames": 4}, "what is noted is noted of each"
    video.decode(held(data, VideoPolicy(fps=3.0)))
    assert [policy.fps for policy in decoded] == [1.0, 3.0]


def test_what_is_made_once_is_made_once_and_failures_are_not_kept() -> None:
    kept: DecodedOnce[int] = DecodedOnce()
    begun, go = threading.Event(), threading.Event()
    made, found = [], []

    def make() -> int:
        begun.set()
        go.wait(10)
        made.append(1)
        return 7

    threads = [threading.Thread(target=lambda: found.append(kept.get("a", make, lambda value: 1))) for _ in range(4)]
    for thread in threads:
        thread.start()
    assert begun.wait(10)
    go.set()
    for thread in threads:
        thread.join(10)
    assert (made, found) == ([1], [7] * 4)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            kept.get("b", lambda: 1 // 0, lambda value: 1)
    assert kept.get("b", lambda: 8, lambda value: 1 << 40) == 8
    assert kept.get("b", lambda: 9, lambda value: 1) == 9, "what is large is not kept"


def test_messages_without_videos_stay_as_they_are() -> None:
    message = Message("user", (Text("only text"),))
    assert sound_track.shown(message, VideoPolicy(sound="beside")) == message


def test_the_policy_goes_before_a_familys_own_habits_and_to_other_processes() -> None:
    """A local family shows 2 frames a second, or 1; a task's policy is followed instead, also by workers on devices."""
    import pickle

    from evalkit.core.sample import Request
    from evalkit.models.local.chat_inputs import MediaRules, decode_conversation
    from evalkit.models.processes.device_frames import portable_request

    data = clip(4.0)
    message = sound_track.shown(
        user(Video(opener=lambda: data, name="v.mp4"), "what?"), VideoPolicy(frames=3, sound="beside")
    )
    request = pickle.loads(pickle.dumps(portable_request(Request("q", (message,)))))
    for messages in ((message,), request.messages):
        found = decode_conversation(messages, MediaRules(frame_rate=1.0, most_frames=2))
        assert [frames.pixels.shape[0] for frames in found.videos] == [3]
        assert found.audio_seconds == pytest.approx(4.0, abs=0.1)
        assert [part["type"] for part in found.turns[0]["content"]] == ["video", "audio", "text"]
