"""Rows of emova-sft-speech-eval: a prompt with speech units, and the true question and reply as JSON."""

from __future__ import annotations

import json
import re
import string
from collections.abc import Mapping
from typing import Any

from evalkit.authoring import Audio, DataError, Field, Image, Modality, Row, Sample, Text, image, optional, user
from evalkit.tasks.emova_dialogue.reply import QUESTION, RESPONSE

_UNITS = re.compile(r"(?:<\|speech_\d+\|>\s*)+")
_IMAGE = re.compile(r"<image>\n?")


def told(raw: Mapping[str, Any]) -> dict[str, str]:
    """The true question and reply of a row.

    Raises:
        ValueError: the second turn is no JSON object with both texts.
    """
    said = json.loads(raw["conversations"][1]["value"])
    if not isinstance(said, dict):
        raise ValueError("the second turn is no JSON object")
    for key in (QUESTION, RESPONSE):
        if not isinstance(said.get(key), str) or not said[key].strip():
            raise ValueError(f'the second turn has no text in "{key}"')
    return {key: one for key, one in said.items() if isinstance(one, str) and not key.endswith("speech")}


def prompt(raw: Mapping[str, Any]) -> str:
    """The prompt with its units.

    Raises:
        ValueError: there are none.
    """
    text = raw["conversations"][0]["value"]
    if _UNITS.search(text) is None:
        raise ValueError("the first turn holds no speech units, <|speech_N|>")
    return _IMAGE.sub("", text)


FIELDS: dict[str, Field] = {
    "image": optional(image("image")),
    "prompt": prompt,
    "told": told,
    "reference": lambda raw: told(raw)[RESPONSE],
    "question": lambda raw: told(raw)[QUESTION],
}


def language(split: str) -> str:
    """The last part of a set's name."""
    return split.rpartition("_")[2]


class Maker:
    """Makes samples.

    Args:
        given: "speech": the data's prompt with the recording in place of its units; "bare": the recording alone, for
            models that write that prompt themselves; "units": the prompt as it stands; "text": the true question.
    """

    def __init__(self, given: str) -> None:
        self.given = given

    def __call__(self, row: Row, split: str) -> Sample:
        """One question.

        Raises:
            DataError: a set with images whose row has none.
        """
        shown = [row["image"]] if row["image"] is not None else []
        if "image" in split and not shown:
            raise DataError(f"sample '{row['id']}'", "it has no image, and the set is about images")
        asked: list[Text | Audio | Image]
        if self.given == "text":
            asked = [Text(row["question"])]
        elif self.given == "units":
            asked = [Text(row["prompt"])]
        elif self.given == "bare":
            asked = [row["audio"]]
        else:
            around = [part.strip("\n") for part in _UNITS.split(row["prompt"], maxsplit=1)]
            before, after = ([Text(part)] if part.strip() else [] for part in around)
            asked = [*before, row["audio"], *after]
        code = language(split)
        heard = {"answer_language": "en?"} if code == "en" else {}  # Whisper is not told what it hears
        meta = {"language": code, **heard, "question": row["question"], "told": row["told"]}
        return Sample(row["id"], (user(*shown, *asked),), reference=row["reference"], meta=meta)


def plain(text: str) -> str:
    """Lower case without ASCII punctuation: the program's cleaning of recognised English."""
    return text.lower().translate(str.maketrans("", "", string.punctuation))


def taken(question: Modality, images: bool) -> frozenset[Modality]:
    """What a model must accept."""
    return frozenset({question, "image"} if images else {question})
