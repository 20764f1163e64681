"""A model answers: candidates, judges, transcribers and synthesizers are all models."""

from __future__ import annotations

import functools
import inspect
import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any, TypeVar

from evalkit.core.limits import CallLimits
from evalkit.core.message import Message, Text
from evalkit.core.response import Response, without_thought
from evalkit.core.sample import Request

Answer = tuple[str, Response]
Stream = Callable[[Any, Iterator[Request]], Iterator[Answer]]


def _answers_only(stream: Stream) -> Stream:
    """A `stream` whose requests open with the model's system text, and whose responses keep thoughts from answers."""

    @functools.wraps(stream)
    def answers(self: Model, requests: Iterator[Request]) -> Iterator[Answer]:
        given = stream(self, requests if self.system is None else _opened(requests, self.system))
        try:
            for key, response in given:
                yield key, without_thought(response)
        finally:
            close = getattr(given, "close", None)
            if close is not None:
                close()

    return answers


def _opened(requests: Iterator[Request], text: str) -> Iterator[Request]:
    """Requests that open with a system text, once; the task's own follows in the same turn."""
    for request in requests:
        own = request.messages[0] if request.messages and request.messages[0].role == "system" else None
        if own is None:
            yield replace(request, messages=(Message("system", (Text(text),)), *request.messages))
        elif own.content and own.content[0] in (Text(text), Text(f"{text}\n\n")):
            yield request  # a stream that another one of the same model is made of
        else:
            opening = Message("system", (Text(f"{text}\n\n"), *own.content))
            yield replace(request, messages=(opening, *request.messages[1:]))


class Model(ABC):
    """Anything that maps messages to responses.

    What a model thinks is no part of its answer, whoever asks it: every `stream` gives responses whose texts hold no
    thought (see `evalkit.core.thinking`).

    Attributes:
        name: registered name.
        takes: modalities its messages may hold.
        gives: what its responses hold: "text", "speech".
        can: what it can be asked for: "answer", "likelihood".
        incidental: constructor arguments that cannot change answers (workers, timeouts); left out of the identity.
        arguments: what the constructor was called with, defaults included; recorded by the decorator.
        limits: bounds of parallel calls, rates and money, for models that make calls; set before `start`.
        speech_rate: sample rate of its spoken answers, Hz; None where the model does not say.
        hears_itself: its own earlier speech may stand in the history, beside the text; else the text alone does.
        computes: it keeps devices of this machine busy, so that calls to others can go on beside it.
        answered_before: an earlier command of the same run got answers from it; set before `start`.
        opens_media: it reads what messages hold; where it does not, media of the data may be missing.
        kept: a `with` block that ends without an error leaves it started, for the next one; until `release`.
        code: hash of the single file it stands in, where it does; part of the identity.
        system: text that opens every conversation, before the task's own; of models with that argument.
    """

    name: str = ""
    takes: frozenset[str] = frozenset({"text"})
    gives: frozenset[str] = frozenset({"text"})
    can: frozenset[str] = frozenset({"answer"})
    incidental: frozenset[str] = frozenset()
    arguments: Mapping[str, Any] = {}
    limits: CallLimits = CallLimits()
    speech_rate: int | None = None
    hears_itself: bool = False
    computes: bool = False
    opens_media: bool = True
    kept: bool = False
    code: str = ""
    answered_before: bool = False
    system: str | None = None
    _at_work: bool = False

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        if "stream" in cls.__dict__:
            setattr(cls, "stream", _answers_only(cls.stream))  # noqa: B010 a plain assignment is refused by mypy

    def identity(self) -> Mapping[str, Any]:
        """What determines the answers besides the request (JSON); called before `start`."""
        given = {key: value for key, value in self.arguments.items() if key not in self.incidental}
        if given.get("system", "") is None:
            del given["system"]  # none is what there was before there was such an argument
        return given

    def versions(self) -> Mapping[str, str]:
        """Versions of what answers, for the record."""
        return {}

    def status(self) -> str:
        """Rates and memory of the running stream, for a progress line; empty where there is nothing to say."""
        return ""

    def circumstances(self) -> Mapping[str, Any]:
        """What was found while it answered and changes no answer (JSON): recorded with the stretch of work."""
        return {}

    def notices(self, ids: Callable[[], Collection[str]] | None, takes: Collection[str]) -> Sequence[str]:
        """What a reader of the results must know; must not depend on timing.

        Args:
            ids: gives the ids of all samples of the task; None where the run has a part of them.
            takes: kinds of input the task's samples hold.
        """
        return ()

    def check(self) -> None:
        """Find out, without loading or asking anything, whether it could be started; called before a run.

        Raises:
            EvalkitError: a package, key or file is missing; how to get it.
        """
        return None

    def start(self) -> None:
        """Load weights, open connections. Called once, only when there is something to ask."""

    def close(self) -> None:
        """Release everything; called after `start`, also on errors."""

    @abstractmethod
    def stream(self, requests: Iterator[Request]) -> Iterator[Answer]:
        """Answer every request, in any order.

        A request taken from the iterator and not yet answered is in flight: it is asked again after a crash, so
        an adapter takes no more of them than it can work on. One bad request gives a response with a failure;
        only errors that end the run are raised.
        """

    def release(self) -> None:
        """Close it where a `with` block has left it started."""
        if self._at_work:
            self._at_work = False
            self.close()

    def __enter__(self) -> Model:
        if not self._at_work:
            self.start()
            self._at_work = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None or not self.kept:
            self.release()


class BatchModel(Model):
    """A model that answers fixed batches in arrival order."""

    batch_size: int = 1

    @abstractmethod
    def answer(self, batch: Sequence[Request]) -> Sequence[Response]:
        """One response for each request, in order."""

    def stream(self, requests: Iterator[Request]) -> Iterator[Answer]:
        """Answer batch by batch."""
        while batch := list(itertools.islice(requests, self.batch_size)):
            responses = self.answer(batch)
            if len(responses) != len(batch):
                raise ValueError(f"{self.name} gave {len(responses)} responses to {len(batch)} requests")
            for request, response in zip(batch, responses, strict=True):
                yield request.id, response


ModelClass = TypeVar("ModelClass", bound=type[Model])


def model(
    name: str, *, takes: Collection[str] = ("text",), gives: Collection[str] = ("text",)
) -> Callable[[ModelClass], ModelClass]:
    """Register a model class under a name.

    The class' constructor arguments, with their annotations, are what `--model-arg KEY=VALUE` sets.

    Args:
        name: what `--model` takes.
        takes: modalities its messages may hold.
        gives: what its responses hold: "text", "speech".
    """

    def mark(cls: ModelClass) -> ModelClass:
        cls.name, cls.takes, cls.gives = name, frozenset(takes), frozenset(gives)
        _record_arguments(cls)
        return cls

    return mark


def constructors(cls: type[Model]) -> Iterator[Callable[..., None]]:
    """A model's constructor, and those of its bases that get what it takes as `**further`."""
    for base in cls.__mro__:
        own = base.__dict__.get("__init__")
        if base is object:
            return
        if own is not None:
            yield own
            if inspect.Parameter.VAR_KEYWORD not in {one.kind for one in inspect.signature(own).parameters.values()}:
                return


def constructor_parameters(cls: type[Model]) -> dict[str, inspect.Parameter]:
    """The named parameters of a model's constructor, in order; behind them those of a base that gets `**further`."""
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    found: dict[str, inspect.Parameter] = {}
    for own in constructors(cls):
        for parameter in list(inspect.signature(own).parameters.values())[1:]:
            if parameter.kind not in kinds:
                found.setdefault(parameter.name, parameter)
    return found


def _record_arguments(cls: type[Model]) -> None:
    """Make the constructor note its arguments: they are part of every run's identity."""
    original: Callable[..., None] = cls.__init__
    if original is object.__init__:
        return
    signature, parameters = inspect.signature(original), constructor_parameters(cls)
    further = next((one.name for one in signature.parameters.values() if one.kind is one.VAR_KEYWORD), "")

    @functools.wraps(original)
    def init(self: Model, *values: Any, **named: Any) -> None:
        bound = signature.bind(self, *values, **named)
        bound.apply_defaults()
        if "arguments" not in self.__dict__:  # the outermost constructor runs first
            given = {**bound.arguments, **bound.arguments.get(further, {})}
            self.arguments = {key: given.get(key, one.default) for key, one in parameters.items()}
        original(self, *values, **named)

    setattr(cls, "__init__", init)  # noqa: B010 a plain assignment is refused by type checkers
