"""Videos: the model is told how far their frames lie apart, and a batch answers as single requests do.

The processors that take videos exist for torchvision only. Where it does not load, they run on a stand-in for it, in a
process of their own.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evalkit.core.message import Video
from evalkit.media.video import Frames
from evalkit.models.local.chat_inputs import Conversation
from families.cases import answers, ask, clip, picture, written
from families.conftest import FAMILIES

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("PIL")


@pytest.mark.parametrize("name", ["video_second_per_grid", "second_per_grid_ts"])
def test_every_video_keeps_its_own_rate(name: str, started: Callable[[str], Any]) -> None:
    """Processors apply one rate to all videos (Qwen-Omni), or 24 frames a second (Qwen2.5-VL in transformers 5)."""
    import torch

    class Processor:
        """Takes videos as the real ones do."""

        class video_processor:  # noqa: N801
            temporal_patch_size = 2

        def __call__(self, videos: Any, **given: Any) -> dict[str, Any]:
            return {"input_ids": torch.ones((1, 4), dtype=torch.long), name: [1 / 12] * len(videos)}

    def frames(count: int, rate: float) -> Frames:
        return Frames(np.zeros((count, 8, 8, 3), np.uint8), np.arange(count) / rate, rate)

    conversation = Conversation(videos=[frames(8, 2.0), frames(768, 0.5), frames(1, 10.0)])
    row = started("qwen2.5-vl").processed(Processor(), "prompt", conversation)
    assert row.media[name].tolist() == pytest.approx([1.0, 4.0, 0.2])


def movie(frames: int, seed: int) -> Video:
    """Four frames a second of coarse noise, 84 by 56."""
    import av

    draw = np.random.RandomState(seed)
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as file:
        stream = file.add_stream("mpeg4", rate=4)
        stream.width, stream.height, stream.pix_fmt = 84, 56, "yuv420p"
        for _ in range(frames):
            pixels = draw.randint(0, 255, (4, 6, 3)).astype("uint8").repeat(14, 0).repeat(14, 1)
            for packet in stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")):
                file.mux(packet)
        for packet in stream.encode():
            file.mux(packet)
    data = buffer.getvalue()
    return Video(opener=lambda: data, name=f"{seed}.mp4")


def torchvision_loads() -> bool:
    try:
        import torchvision  # type: ignore[import-not-found] # noqa: F401
    except Exception:  # built for another torch it raises RuntimeError
        return False
    return True


SEEING_VIDEOS = ("internvl", "qwen2.5-vl", "qwen2.5-omni", "qwen3-omni")


def test_a_batch_sees_videos_as_single_requests_do(tmp_path: Path) -> None:
    pytest.importorskip("av")
    if torchvision_loads():
        for name in SEEING_VIDEOS:
            check_videos(name, tmp_path)
        return
    places = [Path(__file__).parent / "torchvision_stand_in", Path(__file__).parents[1]]
    program = "import sys\nfrom pathlib import Path\nfrom families import test_videos\n"
    program += "assert test_videos.torchvision_loads()\n"
    program += "for name in sys.argv[2:]:\n    test_videos.check_videos(name, Path(sys.argv[1]))\n    print(name)\n"
    path = os.pathsep.join([*map(str, places), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path), *SEEING_VIDEOS],
        capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == list(SEEING_VIDEOS)


def check_videos(name: str, folder: Path) -> None:
    with FAMILIES[name].load(FAMILIES[name].make(folder / name)) as model:
        asked = [
            ask("short", "what ?", movie(8, 1)),
            ask("long", movie(16, 2), "what is it ?"),
            ask("two", movie(32, 5), "and", movie(32, 6), "which ?"),
            ask("beside", movie(9, 3), picture(56, 84, 1), "and ?"),
            ask("text", "0 1 2"),
        ]
        if "audio" in model.takes:
            asked.append(ask("heard", movie(12, 4), clip(1.2, 200), "describe"))
        alone = written(model, asked, rows=1)
        assert len(set(map(tuple, alone.values()))) >= len(asked) - 1
        assert written(model, asked) == alone
        assert model.throughput.batches < len(asked)
        uneven = answers(model, [ask("uneven", movie(4, 5), movie(16, 6))])["uneven"].failure
        assert (uneven is not None and "equal numbers" in uneven.message) == (name == "internvl")
