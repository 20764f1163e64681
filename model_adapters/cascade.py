"""Recogniser, answerer and synthesizer in a row: the baseline that papers call "Whisper + LLM"."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from evalkit.core.message import Audio, Message, Part, Text
from evalkit.core.model import Answer, Model, model
from evalkit.core.response import Failure, Response
from evalkit.core.sample import Generation, Request
from evalkit.models.named import named_model

_TOGETHER = 32  # requests whose speech is recognised, and answers that are spoken, at a time
_HEARD = Generation(max_new_tokens=None)


@model("cascade", takes=("text", "image", "audio"), gives=("text", "speech"))
class Cascade(Model):
    """Hears every spoken turn, answers the conversation as text, and speaks the answer where speech is asked for.

    The history is heard too, each recording once. Images go to the answerer where it takes them; where it does not,
    they are left out, which the results say.

    Args:
        asr: model that turns speech into text: NAME, NAME:MODEL for providers, with ",KEY=VALUE" for arguments.
        llm: model that answers texts, named in the same way.
        tts: model that speaks texts, named in the same way; "none" for written answers only.
    """

    def __init__(self, asr: str = "pocketsphinx", llm: str = "retrieval", tts: str = "espeak-ng") -> None:
        self._asr = named_model(asr, "--asr", takes="audio", gives="text")
        self._llm = named_model(llm, "--llm", takes="text", gives="text")
        self._tts = None if tts == "none" else named_model(tts, "--tts", takes="text", gives="speech")
        self._started: list[Model] = []
        if self._tts is None:
            self.gives = frozenset({"text"})

    def identity(self) -> Mapping[str, Any]:
        """The three parts with what determines their answers."""
        parts = {"asr": self._asr, "llm": self._llm, "tts": self._tts}
        return {key: None if part is None else [part.name, dict(part.identity())] for key, part in parts.items()}

    @property
    def speech_rate(self) -> int | None:  # type: ignore[override]
        """Sample rate of the synthesizer, Hz."""
        return None if self._tts is None else self._tts.speech_rate

    def check(self) -> None:
        """All parts must be able to start."""
        for part in self._parts():
            part.check()

    def versions(self) -> Mapping[str, str]:
        """Versions of all parts."""
        return {key: value for part in self._parts() for key, value in part.versions().items()}

    def notices(self, ids: Callable[[], Collection[str]]) -> Sequence[str]:
        """What the parts say, and whether the answerer is blind."""
        found = [notice for part in self._parts() for notice in part.notices(ids)]
        if "image" not in self._llm.takes:
            found.append(f"cascade: the answerer '{self._llm.name}' sees no images; they are left out of its history")
        return found

    def start(self) -> None:
        """Start the answerer; the recogniser and the synthesizer start when they are first needed."""
        self._use(self._llm)

    def close(self) -> None:
        """Close every part that was started."""
        while self._started:
            self._started.pop().close()

    def stream(self, requests: Iterator[Request]) -> Iterator[Answer]:
        """Answers in the order the answerer gives them."""
        work = _Work()
        answers = self._llm.stream(self._texts(requests, work))
        while batch := list(itertools.islice(_with_failures(answers, work), _TOGETHER)):
            yield from self._spoken(batch, work)

    def _texts(self, requests: Iterator[Request], work: _Work) -> Iterator[Request]:
        """Requests as the answerer gets them; those whose speech cannot be heard become failures."""
        while batch := list(itertools.islice(requests, _TOGETHER)):
            heard = self._heard(batch)
            for request in batch:
                lost = [heard[id(part)] for part in _speech(request) if heard[id(part)].failure is not None]
                if lost:
                    work.failed.append((request.id, Response(failure=lost[0].failure)))
                    continue
                work.note(request, [heard[id(part)] for part in _speech(request)])
                settings = replace(request.settings, speech=False)
                yield replace(request, messages=self._written(request, heard), settings=settings)

    def _heard(self, batch: Sequence[Request]) -> dict[int, Response]:
        """What was recognised in every spoken part of some requests."""
        parts = {f"{request.id}#{n}": part for request in batch for n, part in enumerate(_speech(request))}
        if not parts:
            return {}
        self._use(self._asr)
        asked = (Request(key, (Message("user", (part,)),), _HEARD) for key, part in parts.items())
        found = dict(self._asr.stream(asked))
        return {id(part): found[key] for key, part in parts.items()}

    def _written(self, request: Request, heard: Mapping[int, Response]) -> tuple[Message, ...]:
        sees = "image" in self._llm.takes

        def parts(message: Message) -> Iterator[Part]:
            for part in message.content:
                if isinstance(part, Audio):
                    yield Text(heard[id(part)].text or "")
                elif isinstance(part, Text) or sees:
                    yield part

        return tuple(Message(message.role, tuple(parts(message))) for message in request.messages)

    def _spoken(self, batch: Sequence[Answer], work: _Work) -> Iterator[Answer]:
        """Answers with their speech, where it was asked for."""
        wanted = {
            key: response.text or ""
            for key, response in batch
            if self._tts is not None and key in work.aloud and response.failure is None
        }
        said: dict[str, Response] = {}
        if wanted and self._tts is not None:
            self._use(self._tts)
            asked = (
                Request(key, (Message("user", (Text(text),)),), Generation(speech=True))
                for key, text in wanted.items()
                if text.strip()
            )
            said = dict(self._tts.stream(asked))
        for key, response in batch:
            yield key, work.joined(key, response, said.get(key))

    def _use(self, part: Model) -> None:
        if part not in self._started:
            part.limits = self.limits
            part.start()
            self._started.append(part)

    def _parts(self) -> list[Model]:
        return [part for part in (self._asr, self._llm, self._tts) if part is not None]


@dataclass(slots=True)
class _Work:
    """What is under way: requests that are to be answered aloud, what hearing them took, and those that failed."""

    aloud: set[str] = field(default_factory=set)
    failed: deque[Answer] = field(default_factory=deque)
    heard: dict[str, list[Response]] = field(default_factory=dict)

    def note(self, request: Request, heard: list[Response]) -> None:
        if request.settings.speech:
            self.aloud.add(request.id)
        self.heard[request.id] = heard

    def joined(self, key: str, response: Response, said: Response | None) -> Response:
        """One response out of what three models gave: usage, cost and time added up."""
        heard = self.heard.pop(key, [])
        aloud = key in self.aloud
        self.aloud.discard(key)
        parts = [*heard, response, *([said] if said is not None else [])]
        failure = response.failure or (said.failure if said is not None else None)
        if response.failure is None and aloud and said is None:
            failure = Failure("model", "the answerer gave no words, so there is nothing to speak")
        usage: dict[str, float] = {}
        for part in (response, *([said] if said is not None else [])):
            for name, amount in (part.usage or {}).items():
                usage[name] = usage.get(name, 0.0) + amount
        times = [part.seconds for part in parts if part.seconds is not None]
        meta = dict(response.meta or {})
        if heard:
            meta["recognised"] = [part.text or "" for part in heard]
        return Response(
            text=response.text,
            audio=said.audio if said is not None else None,
            usage=usage or None,
            cost=None if response.cost is None else sum(part.cost or 0.0 for part in parts),
            seconds=sum(times) if times else None,
            failure=failure,
            meta=meta or None,
        )


def _speech(request: Request) -> list[Audio]:
    return [part for message in request.messages for part in message.content if isinstance(part, Audio)]


def _with_failures(answers: Iterable[Answer], work: _Work) -> Iterator[Answer]:
    """Answers, and between them the requests that never reached the answerer."""
    for answer in answers:
        while work.failed:
            yield work.failed.popleft()
        yield answer
    while work.failed:
        yield work.failed.popleft()
