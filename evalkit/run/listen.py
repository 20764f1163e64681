"""Listen: a listener notes something of every spoken answer: what was heard, a voice, an emotion, a quality.

Transcripts lie in `transcripts/`, what other listeners note in `listened/`. A line is of one recording: the spoken
answer, or one that a scorer compares it with (`Sample.media`), so that a voice is compared by one instrument.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from evalkit.core.errors import ResultsError
from evalkit.core.message import Audio, user
from evalkit.core.model import Answer, Model
from evalkit.core.response import Failure
from evalkit.core.sample import GREEDY, Request, Sample
from evalkit.records import journals
from evalkit.run import journal
from evalkit.run.answer_record import broken_text, failure_record, left_out, out_of_turn, storable
from evalkit.run.directory import RunDirectory
from evalkit.run.listeners import TRANSCRIBER, language_of
from evalkit.run.usable import usable

Tick = Callable[[bool], None]

ANSWER = "answer"  # the recording a line is of, beside the names in `Sample.media`
_MARK = "\x1f"  # between the id of a sample and the name of its recording


@dataclass(frozen=True, slots=True)
class Recording:
    """Something to listen to.

    Args:
        key: id of its line.
        of: "answer", or its name in `Sample.media`.
        stamp: what the line calls the recording, so that another one is listened to anew.
        audio: the handle.
        language: code of the language spoken; None where nobody said.
        silent: it holds no sound.
        broken: why it cannot be decoded; None where it can be, or where nobody has looked.
    """

    key: str
    of: str
    stamp: str
    audio: Audio
    language: str | None = None
    silent: bool = False
    broken: str | None = None


def answers(
    directory: RunDirectory, language: str | None, chosen: journals.Chosen | None = None
) -> Iterator[Recording]:
    """The spoken answers of a run.

    Args:
        directory: of the run.
        language: code of the task's language; a sample may say another.
        chosen: tells the answers to listen to; all where None.
    """
    for record in journals.read(directory.samples, journals.FAILED):
        if record.get("audio") and (chosen is None or chosen(record)):
            measured = record.get("speech") or {}
            yield Recording(
                record["id"],
                ANSWER,
                record["audio"],
                Audio(str(directory.path / record["audio"])),
                language_of(record.get("meta"), language),
                bool(measured.get("silent")),
                measured.get("unreadable"),
            )


def compared(samples: Iterable[Sample], names: Iterable[str], language: str | None) -> Iterator[Recording]:
    """The recordings that scorers compare answers with, of a sample that is asked several times once.

    Args:
        samples: of the plan.
        names: of recordings in their `media`.
        language: code of the task's language.
    """
    wanted = tuple(names)
    for sample in samples:
        if sample.origin is not None:
            continue  # asked again: its recordings are those of the first asking
        for name in wanted:
            handle = (sample.media or {}).get(name)
            if isinstance(handle, Audio):
                spoken = language_of(sample.meta, language)
                yield Recording(f"{sample.id}{_MARK}{name}", name, handle.label, handle, spoken)


def listen(
    directory: RunDirectory,
    listener: Model,
    name: str,
    recordings: Iterable[Recording],
    tick: Tick,
    role: str = TRANSCRIBER,
) -> int:
    """Note what a listener finds in every recording that has no note yet.

    A transcriber is not asked about a recording that holds no sound: recognisers tend to make words up there. Nobody is
    asked about one that cannot be decoded.

    Args:
        directory: its journal is written.
        listener: not started.
        name: of the journal.
        recordings: what there is to listen to.
        tick: called after each with True when it failed.
        role: of the listener.

    Returns:
        Number of recordings listened to.
    """
    transcribes = role == TRANSCRIBER
    path = directory.transcripts(name) if transcribes else directory.listened(role, name)
    done = {line["id"]: line["audio"] for line in journals.read(path, ()) if line.get("failure") is None}
    waiting = {one.key: one for one in recordings if done.get(one.key) != one.stamp}
    if not waiting:
        return 0
    count = len(waiting)
    settings = replace(GREEDY, max_new_tokens=None)

    def requests() -> Iterator[Request]:
        for one in list(waiting.values()):
            yield Request(one.key, (user(one.audio),), settings, language=one.language)

    with journal.Journal(path) as file:
        for one in [one for one in waiting.values() if one.silent and transcribes]:
            file.append({"id": one.key, "audio": one.stamp, "heard": "", "detail": {"silent": True}})
            del waiting[one.key]
            tick(False)
        for one in [one for one in waiting.values() if one.broken is not None]:
            nothing = {"heard": None} if transcribes else {"of": one.of, "note": None}
            told = failure_record(Failure("input", f"it cannot be decoded: {one.broken}"))
            file.append({"id": one.key, "audio": one.stamp, **nothing, "failure": told})
            del waiting[one.key]
            tick(True)
        if not waiting:
            return count
        for key, response in _answers(listener, requests()):
            response = usable(response, notes=not transcribes)
            found = waiting.pop(key, None)
            if found is None:
                raise ResultsError(out_of_turn(listener.name, key))
            failure = response.failure or broken_text(response.text)
            if transcribes and failure is None and response.text is None:
                failure = Failure("model", "it wrote nothing down: its reply holds speech alone")
            line: dict[str, Any] = {"id": key, "audio": found.stamp}
            if transcribes:
                line["heard"] = response.text if failure is None else None
            else:
                line["of"] = found.of
                line["note"] = None if failure is not None else _note(response.note, response.text)
            if failure is not None:
                line["failure"] = failure_record(failure)
            elif response.meta:
                line["detail"] = storable(response.meta)
            file.append(line)
            tick(failure is not None)
    if waiting:
        raise ResultsError(left_out(listener.name, waiting))
    return count


def _note(note: Any, text: str | None) -> Any:
    """What a listener noted; the text of one that gives a label."""
    return text if note is None else storable({"note": note})["note"]


def notes(directory: RunDirectory, role: str, name: str) -> dict[str, dict[str, Mapping[str, Any]]]:
    """The latest lines of a listener's journal: sample id -> recording -> line."""
    found: dict[str, dict[str, Mapping[str, Any]]] = {}
    for line in journals.read(directory.listened(role, name), ()):
        found.setdefault(str(line["id"]).partition(_MARK)[0], {})[line["of"]] = line
    return found


def _answers(model: Model, requests: Iterator[Request]) -> Iterator[Answer]:
    """Start a model, and close it after its last answer."""
    with model:
        yield from model.stream(requests)
