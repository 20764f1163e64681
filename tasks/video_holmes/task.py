"""Video-Holmes: questions on suspense shorts whose clues are scattered, with up to six options."""

from __future__ import annotations

from typing import Literal

from evalkit.authoring import Cell, Dataset, Generation, Task, VideoPolicy, choice, choices, layouts, task, video

TYPES = ("SR", "IMC", "TCI", "TA", "MHR", "PAR", "CTI")
LAYOUT = layouts.Json(
    "test_Video-Holmes.json",
    id="{video ID}_{Question ID}",
    fields={
        "video": video("{video ID}.mp4"),
        "question": "Question",
        "choices": "Options",
        "answer": "Answer",
        "type": "Question Type",
    },
    media=("videos", "videos_cropped", "video", "videos.zip", "."),
)


@task("video_holmes", version=1)
def video_holmes(
    sound: Literal["beside", "inside", "none"] = "beside", fps: float = 2.0, frames: int | None = None, most: int = 768
) -> Task:
    """Accuracy over all questions, and by type, by the official rule.

    Args:
        sound: where the sound track goes; see `VideoPolicy`.
        fps: frames per second.
        frames: how many instead, evenly.
        most: frames in all.
    """
    return Task(
        source=Dataset(
            "video_holmes",
            ("test",),
            [LAYOUT],
            get="test_Video-Holmes.json and videos.zip of hub data set TencentARC/Video-Holmes; never the train file",
        ),
        sample=choices(
            "Reason about the video and choose one option. Put your reasoning between <think> and </think>, then the "
            "letter of your choice between <answer> and </answer>.\n{question}\n{options}",
            media="video",
            answer_as="letter",
            style="A: text",
            meta="type",
        ),
        scorers=[choice("video_holmes"), choice("robust")],
        columns={
            "video_holmes.avg": Cell("test", scorer="choice:video_holmes"),
            **{
                f"video_holmes.{kind.lower()}": Cell("test", group=("type", kind), scorer="choice:video_holmes")
                for kind in TYPES
            },
            "video_holmes.robust_avg": Cell("test", scorer="choice:robust"),
        },
        breakdowns=("type",),
        generation=Generation(max_new_tokens=1024),
        takes=frozenset({"text", "video", *({"audio"} if sound == "beside" else ())}),
        language="en",
        optional_groups=True,
        video=VideoPolicy(fps, frames, most, sound=sound),
    )
