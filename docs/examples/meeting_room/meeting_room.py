"""Meeting room: far-field English recorded by our own team, in Kaldi's layout."""

from __future__ import annotations

from evalkit.authoring import Cell, Dataset, Task, error_rate, layouts, task, transcription

FOLDERS = {"near": "close_talk", "far": "table_mic"}  # split -> folder with wav.scp and trans.txt


@task("meeting_room", version=1)
def meeting_room() -> Task:
    """Word error rate near and far from the microphone; speakers are the clusters of the intervals."""
    return Task(
        source=Dataset("meeting_room", tuple(FOLDERS), [layouts.Kaldi(FOLDERS, speaker="([a-z]+)-")]),
        sample=transcription("Write down what is said.", language="en"),
        scorers=[error_rate("plain", language="en")],
        columns={f"meeting_room.{split}.wer": Cell(split) for split in FOLDERS},
        takes=frozenset({"audio"}),
        language="en",
    )
