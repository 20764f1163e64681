"""WorldSense: questions on videos with their sound, with three or four options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from evalkit.authoring import Cell, Dataset, Task, VideoPolicy, choice, choices, layouts, subtitles, task

BREAKDOWNS = ("duration", "domain", "sub_category", "task_domain", "task_type", "audio_class")
WITH = {"none": "the video, of which you see frames"}
ASKED = (
    "Watch closely. Choose the best option, by {given}.\n{{question}}\n{{options}}\n"
    "Answer with the letter of the right option alone."
)


def layout(fields: Mapping[str, Any]) -> layouts.Json:
    """The published file: video -> facts of the video, and its tasks."""
    return layouts.Json(
        "worldsense_qa.json",
        id=lambda raw, index: "_".join(raw["keys"]),  # VIDEO_TASK
        at="*.task*",
        fields={
            "video": lambda raw: f"{raw['keys'][0]}.mp4",
            "question": "question",
            "candidates": "candidates",
            "answer": "answer",
            **{key: key for key in BREAKDOWNS},
            "audio_class": lambda raw: "+".join(raw["audio_class"]),
            **fields,
        },
        media=("videos", "subtitles", "worldsense_videos*.zip", "worldsense_subtitles.zip", "."),
    )


@task("worldsense", version=1)
def worldsense(
    sound: Literal["beside", "inside", "none"] = "beside",
    transcripts: bool = False,
    fps: float = 2.0,
    frames: int | None = None,
    most: int = 768,
) -> Task:
    """Accuracy over all questions by the rule of its evaluator.

    Args:
        sound: where the sound track goes; see `VideoPolicy`.
        transcripts: give the published subtitles as text.
        fps: frames per second.
        frames: how many instead, evenly.
        most: frames in all.
    """
    written = {"transcript": subtitles(lambda raw: f"{raw['keys'][0]}.srt")} if transcripts else {}
    given = ASKED.format(given=WITH.get(sound, "the video and its sound"))
    return Task(
        source=Dataset(
            "worldsense", ("test",), [layout(written)], get="hf download honglyhly/WorldSense --repo-type dataset"
        ),
        sample=choices(
            "The subtitles of the video:\n{transcript}\n" + given if transcripts else given,
            media="video",
            options="candidates",
            answer_as="letter",
            lettered=True,
            meta=BREAKDOWNS,
        ),
        scorers=[choice("worldsense"), choice("robust")],
        columns={
            "worldsense.avg": Cell("test", scorer="choice:worldsense"),
            "worldsense.robust_avg": Cell("test", scorer="choice:robust"),
        },
        breakdowns=BREAKDOWNS,
        takes=frozenset({"text", "video", *({"audio"} if sound == "beside" else ())}),
        language="en",
        video=VideoPolicy(fps, frames, most, sound=sound),
    )
