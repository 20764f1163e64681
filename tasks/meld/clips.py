"""MELD's tables: the utterances, and which of their clips Kimi-Audio-Evalkit leaves out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from evalkit.authoring import DataError, layouts

LONGEST = 30.0  # seconds by the table, of the clips that Kimi-Audio-Evalkit keeps
FOLDERS = {"dev": "dev_splits_complete", "test": "output_repeated_splits_test"}
_TIME = re.compile(r"(\d+):(\d\d):(\d\d)[,.](\d+)")


class Utterances(layouts.Csv):
    """A table with the sound of its clips: a WAV, FLAC or MP3 file under the name of the video, or under its number."""

    def records(self, place: Any, path: Path, split: str) -> Iterator[Any]:
        """The rows, each with the file of its sound in the column "clip".

        Raises:
            DataError: there is a video where its sound should be.
        """
        for row in super().records(place, path, split):
            name = f"dia{row.raw['Dialogue_ID']}_utt{row.raw['Utterance_ID']}"
            names = [f"{FOLDERS[split]}/{name}.{ending}" for ending in ("wav", "flac", "mp3")]
            names.append(f"audios/{row.raw['Sr No.']}.mp3")  # as Kimi-Audio-Evalkit writes them
            found = next((one for one in names if place.media(path, one, split) is not None), None)
            video = f"{FOLDERS[split]}/{name}.mp4"
            if found is None and place.media(path, video, split) is not None:
                raise DataError(
                    path, f"the clip {video} is a video; put its sound beside it for each clip: "
                    f"ffmpeg -i {name}.mp4 -ac 1 -ar 16000 {name}.wav"
                )  # fmt: skip
            yield row._replace(raw={**row.raw, "clip": found or names[0]})


def length(raw: Mapping[str, Any]) -> str:
    """Whether Kimi-Audio-Evalkit keeps the clip: "kept" or "over 30 s"."""
    begin, end = (_seconds(str(raw[name])) for name in ("StartTime", "EndTime"))
    return "kept" if end - begin <= LONGEST else "over 30 s"


def _seconds(time: str) -> float:
    found = _TIME.fullmatch(time.strip())
    if found is None:
        raise ValueError(f"{time!r} is no time such as 00:14:38,127")
    hours, minutes, seconds, rest = found.groups()
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds) + float(f"0.{rest}")
