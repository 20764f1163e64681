"""Daily-Omni: questions on videos of 30 or 60 seconds with their sound, with four options."""

from __future__ import annotations

from typing import Literal

from evalkit.authoring import Cell, Dataset, Task, VideoPolicy, choice, choices, layouts, task, video

KINDS = ("type", "category", "seconds")
LAYOUT = layouts.Json(
    "qa.json",
    id="{video_id}_{index}",
    fields={
        "video": video("{video_id}/{video_id}_video.mp4"),
        "question": "Question",
        "choices": "Choice",
        "answer": "Answer",
        "type": "Type",
        "category": "video_category",
        "seconds": "video_duration",
    },
    media=("Videos", "."),
)


@task("daily_omni", version=1)
def daily_omni(
    sound: Literal["beside", "inside", "none"] = "beside", fps: float = 2.0, frames: int | None = None, most: int = 768
) -> Task:
    """Accuracy over all questions by the rule of its script for Qwen3-Omni, and by that for served models.

    Args:
        sound: where the sound track goes; see `VideoPolicy`.
        fps: frames per second.
        frames: how many instead, evenly.
        most: frames in all.
    """
    given = "the video" if sound == "none" else "the video and its sound together"
    return Task(
        source=Dataset(
            "daily_omni",
            ("test",),
            [LAYOUT],
            get="qa.json and the unpacked Videos.tar of hub data set liarliar/Daily-Omni",
        ),
        sample=choices(
            f"Answer the question accurately, by {given}. Exactly one option is right.\n{{question}}\n{{options}}\n"
            "Answer with one capital letter, {letters}, and nothing else.",
            media="video",
            answer_as="letter",
            lettered=True,
            meta=KINDS,
        ),
        scorers=[choice("daily_omni"), choice("daily_omni_api")],
        columns={
            "daily_omni.avg": Cell("test", scorer="choice:daily_omni"),
            "daily_omni.api_avg": Cell("test", scorer="choice:daily_omni_api"),
        },
        breakdowns=KINDS,
        takes=frozenset({"text", "video", *({"audio"} if sound == "beside" else ())}),
        language="en",
        video=VideoPolicy(fps, frames, most, sound=sound),
    )
