"""Recogniser, answerer and synthesizer in a row: the baseline that papers call "Whisper + LLM"."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from evalkit.core.message import Audio, Image, Message, Part, Text
from evalkit.core.model import Answer, Model, model
from evalkit.core.response import Failure, Response
from evalkit.core.sample import Generation, Request
from evalkit.models.named import named_model
from evalkit.models.side_questions import with_answers

_HEARD = Generation(max_new_tokens=None)


@model("cascade", takes=("text", "image", "audio"), gives=("text", "speech"))
class Cascade(Model):
    """Hears every spoken turn, answers the conversation as text, and speaks the answer where speech is asked for.

    The history is heard too, each recording once. Images go to the answerer where it takes them, which its server's
    list of models may tell; where it does not, they are left out, which the results say.

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
        self.computes = any(part.computes for part in self._parts())

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

    def notices(self, ids: Callable[[], Collection[str]] | None, takes: Collection[str]) -> Sequence[str]:
        """What the parts say, and whether the answerer is blind."""
        found = [notice for part in self._parts() for notice in part.notices(ids, takes)]
        if "image" in takes and not self._sees:
            found.append(f"cascade: the answerer '{self._llm.name}' sees no images; they are left out")
        return found

    def start(self) -> None:
        """Start the answerer; the recogniser and the synthesizer start when they are first needed."""
        self._use(self._llm)

    def close(self) -> None:
        """Close every part that was started."""
        while self._started:
            self._started.pop().close()

    def stream(self, requests: Iterator[Request]) -> Iterator[Answer]:
        """Answers as they come; nothing waits for more than what its own sample needs."""
        work = _Work()
        answers = _with_failures(self._llm.stream(self._texts(requests, work)), work)
        with_speech = with_answers(answers, lambda answer: self._aloud(answer, work), partial(self._ask, self._tts))
        for (key, response), said in with_speech:
            yield key, work.joined(key, response, said[0] if said else None)

    def _learn(self, request: Request) -> None:
        """Where a request shows images: let the answerer find out whether its server takes them."""
        learn = getattr(self._llm, "learn_takes", None)
        if learn is not None and _images(request):
            learn()

    def _texts(self, requests: Iterator[Request], work: _Work) -> Iterator[Request]:
        """Requests as the answerer gets them; those whose speech cannot be heard become failures."""
        for request, heard in with_answers(requests, _recordings, partial(self._ask, self._asr)):
            lost = next((response.failure for response in heard if response.failure is not None), None)
            if lost is not None:
                work.failed.append((request.id, Response(failure=lost)))
                continue
            self._learn(request)
            work.note(request, heard, 0 if self._sees else _images(request))
            settings = replace(request.settings, speech=False)
            yield replace(request, messages=self._written(request, heard), settings=settings)

    def _written(self, request: Request, heard: Sequence[Response]) -> tuple[Message, ...]:
        found = iter(heard)

        def parts(message: Message) -> Iterator[Part]:
            for part in message.content:
                if isinstance(part, Audio):
                    yield Text(next(found).text or "")
                elif isinstance(part, Text) or self._sees:
                    yield part

        return tuple(Message(message.role, tuple(parts(message))) for message in request.messages)

    def _aloud(self, given: Answer, work: _Work) -> list[Request]:
        """What the synthesizer is asked for an answer."""
        key, response = given
        text = response.text or ""
        if self._tts is None or key not in work.aloud or response.failure is not None or not text.strip():
            return []
        return [Request(key, (Message("user", (Text(text),)),), Generation(speech=True))]

    def _ask(self, part: Model | None, asked: Iterator[Request]) -> Iterator[Answer]:
        assert part is not None
        self._use(part)
        return part.stream(asked)

    @property
    def _sees(self) -> bool:
        return "image" in self._llm.takes

    def _use(self, part: Model) -> None:
        if part not in self._started:
            part.limits = self.limits
            part.answered_before = self.answered_before
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
    unseen: dict[str, int] = field(default_factory=dict)  # images left out

    def note(self, request: Request, heard: list[Response], unseen: int) -> None:
        if request.settings.speech:
            self.aloud.add(request.id)
        self.heard[request.id] = heard
        if unseen:
            self.unseen[request.id] = unseen

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
        if unseen := self.unseen.pop(key, 0):
            meta["images_left_out"] = unseen
            usage["images_left_out"] = float(unseen)
        return Response(
            text=response.text,
            audio=said.audio if said is not None else None,
            usage=usage or None,
            cost=None if response.cost is None else sum(part.cost or 0.0 for part in parts),
            seconds=sum(times) if times else None,
            failure=failure,
            meta=meta or None,
            thought=response.thought,
        )


def _recordings(request: Request) -> list[Request]:
    """What the recogniser is asked: every recording of the conversation, in order."""
    parts = [part for message in request.messages for part in message.content if isinstance(part, Audio)]
    return [Request(f"{request.id}#{n}", (Message("user", (part,)),), _HEARD) for n, part in enumerate(parts)]


def _images(request: Request) -> int:
    return sum(isinstance(part, Image) for message in request.messages for part in message.content)


def _with_failures(answers: Iterable[Answer], work: _Work) -> Iterator[Answer]:
    """Answers, and between them the requests that never reached the answerer."""
    for answer in answers:
        while work.failed:
            yield work.failed.popleft()
        yield answer
    while work.failed:
        yield work.failed.popleft()
