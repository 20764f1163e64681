"""Small videos with sound, made by FFmpeg: what is shown and heard is known."""

from __future__ import annotations

import io

import numpy as np

RATE = 44100  # Hz, of the sound


def clip(
    seconds: float = 4.0,
    rate: int = 10,
    size: tuple[int, int] = (64, 48),
    *,
    kind: str = "mp4",
    codec: str = "mpeg4",
    sound: str | None = "aac",
    pitch: float = 440.0,
    late: float = 0.0,
    frames_between: int = 0,
) -> bytes:
    """A video whose frame number n is a grey of 4 n, and whose sound is a tone in two channels.

    Args:
        seconds: of pictures and sound.
        rate: frames per second.
        size: width and height.
        kind: container.
        codec: of the pictures.
        sound: codec of the sound; None for none.
        pitch: of the tone, Hz.
        late: seconds after the first frame at which the sound begins.
        frames_between: that are coded after the one that follows them.
    """
    import av

    target = io.BytesIO()
    with av.open(target, "w", format=kind) as file:
        pictures = file.add_stream(codec, rate=rate)
        pictures.width, pictures.height = size
        pictures.pix_fmt = "yuv420p"
        pictures.codec_context.max_b_frames = frames_between
        heard = None if sound is None else file.add_stream(sound, rate=RATE, layout="stereo")
        for number in range(round(seconds * rate)):
            grey = np.full((size[1], size[0], 3), 4 * number % 256, np.uint8)
            frame = av.VideoFrame.from_ndarray(grey, format="rgb24")
            frame.pts = number
            file.mux(pictures.encode(frame))
        file.mux(pictures.encode())
        if heard is not None:
            wave = 0.3 * np.sin(2 * np.pi * pitch * np.arange(round(seconds * RATE)) / RATE)
            both = np.stack([wave, wave]).astype(np.float32)
            for begin in range(0, both.shape[1] - 1151, 1152):
                block = av.AudioFrame.from_ndarray(both[:, begin : begin + 1152].copy(), format="fltp", layout="stereo")
                block.sample_rate, block.pts = RATE, begin + round(late * RATE)
                file.mux(heard.encode(block))
            file.mux(heard.encode())
    return target.getvalue()
