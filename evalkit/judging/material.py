"""What a judge gets to see of one answered sample: texts and media, found by the names a rubric declares."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evalkit.core.errors import DataError
from evalkit.core.message import Audio, Image, Text, Video
from evalkit.core.response import Response
from evalkit.core.sample import Sample
from evalkit.core.scorer import Answered
from evalkit.judging.rubric import Rubric, split_sections
from evalkit.media.source import content_hash, read_bytes

Medium = Audio | Image | Video
_MEDIA: Mapping[str, type[Medium]] = {"audio": Audio, "image": Image, "video": Video}
_ROLES = {"user": "User", "assistant": "Assistant", "system": "System"}
CANDIDATE = ("response", "audio", "rounds")  # inputs that are the candidate's own words or voice


class MissingInputError(Exception):
    """A sample lacks an input the rubric needs."""


class NoAnswerError(Exception):
    """The model gave nothing of the kind the rubric judges."""


@dataclass(slots=True)
class Material:
    """The inputs of one sample.

    Args:
        texts: input name -> text; an optional input the sample lacks is empty.
        media: input name -> media files.
        cut: input name -> its length in characters, where it was longer than the rubric allows.
        section: of a rubric in sections, the one that is meant.
        absent: optional media that samples name and that are not here.
    """

    texts: dict[str, str]
    media: dict[str, tuple[Medium, ...]]
    cut: dict[str, int]
    section: str | None = None
    absent: list[str] = field(default_factory=list)

    def digest(self) -> str:
        """Hash of all texts and of the contents of all media.

        Raises:
            DataError: a media file cannot be read.
        """
        hashes = {name: [content_hash(read_bytes(item)) for item in items] for name, items in self.media.items()}
        data = json.dumps([self.texts, hashes], sort_keys=True, ensure_ascii=False)
        return hashlib.blake2b(data.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def gather(answer: Answered, rubric: Rubric, sources: Mapping[str, str], heard: bool) -> Material:
    """Find a rubric's inputs in an answered sample.

    Args:
        answer: the sample.
        rubric: names the inputs.
        sources: input name -> where to find it, for inputs that are not found under their own name.
        heard: judge what a transcriber heard instead of what the model wrote.

    Raises:
        NoAnswerError: the model gave no text, or no speech, and that is what is judged.
        MissingInputError: the sample lacks another input.
    """
    material = Material({}, {}, {})
    for wanted in rubric.inputs:
        source = sources.get(wanted.name, wanted.name)
        value = find(answer, source, heard)
        if value is None or value == () or value == []:
            if wanted.optional:
                value = () if wanted.kind != "text" else ""
            elif source in CANDIDATE:
                raise NoAnswerError("the model gave no speech" if source == "audio" else "the model gave no text")
            else:
                place = source if "." in source or source in _FINDERS else f"meta.{source}"
                raise MissingInputError(f"no {place}, which rubric '{rubric.id}' needs as '{wanted.name}'")
        if wanted.kind == "text":
            text = as_text(value, rubric.join)
            if len(text) > rubric.max_chars:
                material.cut[wanted.name] = len(text)
                text = shortened(text, rubric.max_chars)
            material.texts[wanted.name] = text
        else:
            try:
                material.media[wanted.name] = _media(value, wanted.kind)
            except MissingInputError:
                if not wanted.optional:
                    raise
                material.media[wanted.name] = ()
                material.absent.append(wanted.name)
    if rubric.sections is not None:
        material.section = material.texts[rubric.sections]
        known = split_sections(rubric.body)[1]
        if material.section not in known:
            raise MissingInputError(
                f"rubric '{rubric.id}' has no section '{material.section}' for its {rubric.sections}; it has "
                + ", ".join(known)
            )
    return material


def check_sample(sample: Sample, rubric: Rubric, sources: Mapping[str, str]) -> None:
    """Refuse a sample that lacks an input which does not come from the candidate, before a model is asked.

    Raises:
        DataError: naming sample and input.
    """
    answer = as_answered(sample, Response(text=""))
    given = [entry for entry in rubric.inputs if sources.get(entry.name, entry.name) not in CANDIDATE]
    try:
        gather(answer, dataclasses.replace(rubric, inputs=tuple(given)), sources, heard=False)
    except MissingInputError as error:
        raise DataError(f"sample '{sample.id}'", str(error)) from None


def as_answered(sample: Sample, response: Response) -> Answered:
    """A sample with an answer, as a scorer gets to see it."""
    recorded = [
        {
            "role": turn.role,
            "content": [
                {"type": "text", "text": part.text}
                if isinstance(part, Text)
                else {"type": part.modality, "name": part.label, "transcript": getattr(part, "transcript", None)}
                for part in turn.content
            ],
        }
        for turn in sample.messages
    ]
    asked = [turn.text for turn in sample.messages if turn.role == "user"]
    return Answered(
        id=sample.id,
        split=sample.split,
        reference=sample.reference,
        response=response,
        prompt=asked[-1] if asked else "",
        cluster=sample.cluster,
        meta=sample.meta,
        messages=recorded,
    )


def find(answer: Answered, source: str, heard: bool = False) -> Any:
    """A value by name: one of the standard ones, "meta.KEY", "reference.KEY", or a key of meta; None without one."""
    head, _, rest = source.partition(".")
    if head == "meta" and rest:
        return _inside(answer.meta, rest)
    if head == "reference" and rest:
        return _inside(answer.reference, rest)
    if head == "notes" and rest:
        return _inside({role: noted.get("answer") for role, noted in answer.notes.items()}, rest)
    if source in _FINDERS:
        return _FINDERS[source](answer, heard)
    return (answer.meta or {}).get(source)


def as_text(value: Any, join: str) -> str:
    """A JSON value as text: strings as they are, lists of plain values joined, anything else as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, (list, tuple)) and not any(isinstance(item, (dict, list)) for item in value):
        return join.join(as_text(item, join) for item in value)
    return json.dumps(value, ensure_ascii=False)


def shortened(text: str, limit: int) -> str:
    """The first three quarters and the last quarter of `limit` characters, with a note of what is left out."""
    head, tail = limit - limit // 4, limit // 4
    left_out = len(text) - head - tail
    return f"{text[:head]}\n[{left_out} characters left out]\n{text[-tail:]}"


def dialogue(turns: Iterable[Mapping[str, Any]]) -> str:
    """Turns as text, one paragraph each: "User: ..."; media as [audio], with the transcript where there is one."""
    shown = []
    for turn in turns:
        parts = [
            part["text"] if part["type"] == "text" else f"[{part['type']}] {part.get('transcript') or ''}".rstrip()
            for part in turn["content"]
        ]
        shown.append(f"{_ROLES[turn['role']]}: " + "\n".join(parts))
    return "\n\n".join(shown)


def _inside(value: Any, path: str) -> Any:
    for key in path.split("."):
        if not isinstance(value, Mapping) or key not in value:
            return None
        value = value[key]
    return value


def _last_user(answer: Answered) -> int:
    places = [place for place, turn in enumerate(answer.messages) if turn["role"] == "user"]
    return places[-1] if places else len(answer.messages)


def _question(answer: Answered, heard: bool) -> Any:
    return (answer.meta or {}).get("question") or answer.prompt or None


def _response(answer: Answered, heard: bool) -> Any:
    return answer.response.heard if heard else answer.response.text


def _history(answer: Answered, heard: bool) -> Any:
    return dialogue(turn for turn in answer.messages[: _last_user(answer)])


def _names(turns: Sequence[Mapping[str, Any]], kind: str) -> list[str]:
    return [part["name"] for turn in turns for part in turn["content"] if part["type"] == kind]


def _rounds(answer: Answered, heard: bool) -> Any:
    """Every round with what was asked, the candidate's reply and the suggested one; None without a last reply.

    Replies to earlier rounds are the model's own where it played them, else those of the data.

    Raises:
        MissingInputError: a reply to an earlier round is not there, or was not heard.
    """
    asked = [_said(turn) for turn in answer.messages if turn["role"] == "user"]
    last = _response(answer, heard)
    if last is None:
        return None
    replies: list[Any] = [_said(turn) for turn in answer.messages if turn["role"] == "assistant"]
    suggested: list[Any] = [None] * len(replies)
    if answer.earlier:
        suggested = [turn.reference for turn in answer.earlier]
    if plays_its_own(answer):
        replies = [_response(turn, heard) for turn in answer.earlier]
    if len(replies) != len(asked) - 1 or None in replies:
        raise MissingInputError(f"the replies to the {len(asked) - 1} rounds before the last are not all there")
    whole = answer.reference if isinstance(answer.reference, (list, tuple)) else ()
    suggested = list(whole) if len(whole) == len(asked) > 1 else [*suggested, answer.reference]
    shown = []
    for number, (request, reply, better) in enumerate(zip(asked, [*replies, last], suggested, strict=True), 1):
        lines = [f"Round {number}", f"User: {request}", f"Assistant: {reply}"]
        shown.append("\n".join(lines if better is None else [*lines, f"Suggested reply: {as_text(better, ' / ')}"]))
    return "\n\n".join(shown)


def plays_its_own(answer: Answered) -> bool:
    """True of a turn whose history holds what the model said in the turns before it."""
    told = [_said(turn) for turn in answer.messages if turn["role"] == "assistant"]
    return bool(answer.earlier) and told == [turn.response.text or "" for turn in answer.earlier]


def _said(turn: Mapping[str, Any]) -> str:
    """What a turn says, as text: a recording by its transcript, where it has one."""
    parts = [part["text"] if part["type"] == "text" else part.get("transcript") for part in turn["content"]]
    return "\n".join(dict.fromkeys(part for part in parts if part))


_FINDERS: dict[str, Any] = {
    "question": _question,
    "prompt": lambda answer, heard: answer.prompt or None,
    "response": _response,
    "reference": lambda answer, heard: answer.reference,
    "history": _history,
    "rounds": _rounds,
    "conversation": lambda answer, heard: dialogue(answer.messages) or None,
    "audio": lambda answer, heard: answer.response.audio,
    **{
        f"question_{kind}": lambda answer, heard, kind=kind: _names(answer.messages[_last_user(answer) :], kind)
        for kind in _MEDIA
    },
    **{f"history_{kind}": lambda answer, heard, kind=kind: _names(answer.messages, kind) for kind in _MEDIA},
}


def _media(value: Any, kind: str) -> tuple[Medium, ...]:
    items = value if isinstance(value, (list, tuple)) else (value,)
    found: list[Medium] = []
    for item in items:
        if isinstance(item, str):
            if not os.path.isfile(item):
                raise MissingInputError(
                    f"the judge needs the {kind} '{item}', which is no file here; "
                    "give the samples' meta a path, or judge where the data lies"
                )
            item = _MEDIA[kind](path=item)
        if not isinstance(item, _MEDIA[kind]):
            raise MissingInputError(f"expected {kind} or its path, not {str(item)[:60]!r}")
        found.append(item)
    return tuple(found)
