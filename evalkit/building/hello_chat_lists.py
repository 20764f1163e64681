"""The lists that a set of Hello-Chat's kinds is put together from: JSON Lines, recordings named from their folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evalkit.core.errors import DataError
from evalkit.data.jsonl import read_lines
from evalkit.metrics.languages import canonical

LANGUAGES = {"zh": "Chinese", "en": "English", "ja": "Japanese", "ko": "Korean"}
_UNLABELLED = ("<unk>", "unknown", "other", "others")


@dataclass(slots=True)
class Item:
    """One item before it has its recording.

    Args:
        id: unique over all lists: NAME OF THE LIST-KEY.
        test: of Hello-Chat.
        prompt: what is asked of the recording; "" for nothing.
        reference: the answer; "" for none.
        origin: name of its list.
        text, language: what is to be spoken, where there is no recording.
        audio: the recording.
        facts: further fields of the line.
    """

    id: str
    test: str
    prompt: str
    reference: str
    origin: str
    text: str = ""
    language: str = ""
    audio: Path | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def said(self) -> dict[str, str]:
        """The transcript and where the recording comes from, as its part has them."""
        transcript = {"transcript": self.text} if self.text else {}
        return {**transcript, "provenance": f"the user's list {self.origin}"}

    def row(self, part: Mapping[str, Any]) -> dict[str, Any]:
        """The item as a line of the result."""
        asked = [{"type": "text", "text": self.prompt}] if self.prompt else []
        reference = {"reference": self.reference} if self.reference else {}
        language = {"language": self.language} if self.language else {}
        message = {"role": "user", "content": [dict(part), *asked]}
        return {"id": self.id, "test": self.test, "messages": [message], **reference, **language, **self.facts,
                "list": self.origin}  # fmt: skip


def speech(path: Path) -> list[Item]:
    """`{"audio", "text", "language"}`: recognition."""
    return [
        Item(
            f"{path.stem}-{number}", "asr", "Write down what is said, and nothing else.", _text(line, "text", place),
            path.name, _text(line, "text", place), _language(line, place),
            _recording(path.parent, line, "audio", place),
        )
        for number, line, place in _lines(path)
    ]  # fmt: skip


def questions(path: Path) -> list[Item]:
    """`{"question", "language"}` and, where it is known, "answer": questions that a synthesizer asks."""
    return [
        Item(
            f"{path.stem}-{number}", "nlp_question", "", _text(line, "answer", place) if line.get("answer") else "",
            path.name, _text(line, "question", place), _language(line, place),
        )
        for number, line, place in _lines(path)
    ]  # fmt: skip


def translations(path: Path) -> list[Item]:
    """`{"text", "language", "target_language", "translation"}`: sentences that a synthesizer says."""
    found = []
    for number, line, place in _lines(path):
        source, target = _language(line, place), _language(line, place, "target_language")
        for code in (source, target):
            if code not in LANGUAGES:
                raise DataError(path, f"{code} is none of Hello-Chat's languages: {', '.join(LANGUAGES)}", number)
        if source == target:
            raise DataError(path, f"language and target_language are both {source}", number)
        prompt = f"Translate what is said into {LANGUAGES[target]}. Give the translation alone."
        facts = {"source_language": source, "target_language": target}
        found.append(
            Item(f"{path.stem}-{number}", "translation", prompt, _text(line, "translation", place), path.name,
                 _text(line, "text", place), source, facts=facts)
        )  # fmt: skip
    return found


def emobox(path: Path, folder: Path, labels: Mapping[str, str] | None) -> list[Item]:
    """A list of EmoBox, of a fold (`wav`, `emo`) or of its balanced selections (`wav_filename`, `label`).

    Args:
        path: the list.
        folder: of the corpus, in which its recordings lie.
        labels: raw label -> class; the raw ones, in lower case, where None.

    Raises:
        DataError: a label without a class, a recording that is not there, or fewer than two classes.
    """
    found: list[tuple[int, str, Path, Mapping[str, Any]]] = []
    for number, line, place in _lines(path):
        raw = _text(line, "emo" if "emo" in line else "label", place)
        if labels is not None and raw not in labels:
            raise DataError(path, f"the label '{raw}' is not in the label map; it has {', '.join(labels)}", number)
        label = (labels[raw] if labels is not None else raw).lower()
        recording = _recording(folder, line, "wav" if "wav" in line else "wav_filename", place)
        if label not in _UNLABELLED:
            found.append((number, label, recording, line))
    closed = sorted({label for _, label, _, _ in found})
    if len(closed) < 2:
        raise DataError(path, f"its labels are {', '.join(closed) or 'none'}; a test of emotions needs two or more")
    prompt = f"Which emotion does the speaker express? Answer with one of: {', '.join(closed)}."
    return [
        Item(f"{path.stem}-{number}", "ser", prompt, label, path.name, audio=recording,
             facts={"labels": closed, **({"speaker": str(line["speaker"])} if line.get("speaker") else {})})
        for number, label, recording, line in found
    ]  # fmt: skip


def label_map(path: Path) -> dict[str, str]:
    """EmoBox's `label_map.json`: raw label -> class.

    Raises:
        DataError: it is no object of texts.
    """
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise DataError(path, f"no label map: {error}") from None
    if not isinstance(found, dict) or not all(isinstance(one, str) and one for one in found.values()):
        raise DataError(path, "a label map is an object: raw label -> class")
    return found


def events(path: Path) -> list[Item]:
    """`{"audio", "label"}`: sounds; the labels of the list are its closed list."""
    lines = _lines(path)
    closed = sorted({_text(line, "label", place).lower() for _, line, place in lines})
    if len(closed) < 2:
        raise DataError(path, f"its labels are {', '.join(closed) or 'none'}; a test of events needs two or more")
    prompt = f"What is heard? Answer with one of: {', '.join(closed)}."
    return [
        Item(f"{path.stem}-{number}", "aed", prompt, _text(line, "label", place).lower(), path.name,
             audio=_recording(path.parent, line, "audio", place), facts={"labels": closed})
        for number, line, place in lines
    ]  # fmt: skip


def _lines(path: Path) -> list[tuple[int, Mapping[str, Any], str]]:
    if not path.is_file():
        raise DataError(path, "no such file; expected JSON Lines")
    return [(number, line, f"{path}, line {number}") for number, line in read_lines(path)]


def _text(line: Mapping[str, Any], name: str, place: str) -> str:
    found = line.get(name)
    if not isinstance(found, str) or not found.strip():
        raise DataError(place, f'"{name}" must be a text, not {found!r}')
    return found.strip()


def _language(line: Mapping[str, Any], place: str, name: str = "language") -> str:
    return canonical(_text(line, name, place))


def _recording(folder: Path, line: Mapping[str, Any], name: str, place: str) -> Path:
    given = _text(line, name, place)
    whole = folder / given
    # lists of folds name recordings from EmoBox's own folder: downloads/CORPUS/...
    for path in (whole, *(folder / Path(*Path(given).parts[cut:]) for cut in (1, 2) if len(Path(given).parts) > cut)):
        if path.is_file():
            return path
    raise DataError(place, f"the recording {given} is not in {folder}")
