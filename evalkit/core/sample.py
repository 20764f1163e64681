"""One item of a task, and the part of it a model may see."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from evalkit.core.message import Media, Message

Want = Literal["answer", "likelihood"]


@dataclass(frozen=True, slots=True)
class Turn:
    """What the answer to one user turn of a conversation is compared with.

    Args:
        reference, choices: as in `Sample`.
        meta: facts of this turn, beside those of the conversation.
    """

    reference: Any = None
    meta: Mapping[str, Any] | None = None
    choices: tuple[str, ...] | None = None


@dataclass(slots=True)
class Sample:
    """One item of a task.

    Args:
        id: unique within the task, over all its splits.
        messages: the conversation; the model answers after the last one.
        reference: what scorers compare with; anything JSON can hold.
        split: name of the split the sample belongs to; filled in by the engine.
        cluster: samples of one cluster (speaker, dialogue) are not independent; intervals resample clusters.
        meta: further facts of the sample (JSON), available to scorers and breakdowns.
        choices: of a choice question, in the order of their letters.
        media: name -> recording or image that no model is shown, for listeners and scorers that compare with it.
        turns: one for each user turn of `messages` where each of them is asked, in order: every turn is then a sample
            of its own, ID#1, ID#2, ..., with the conversation as its cluster. None asks the last turn alone.
        after: ids of the samples that ask the earlier turns, where the model's own replies belong behind them: the
            first behind the first user message, and so on. Set by the engine.
        repeat: number of the asking, from 1, where each sample is asked several times.
        origin: id of the first asking; None for the first.
    """

    id: str
    messages: tuple[Message, ...]
    reference: Any = None
    split: str = ""
    cluster: str | None = None
    meta: Mapping[str, Any] | None = None
    choices: tuple[str, ...] | None = None
    media: Mapping[str, Media] | None = None
    turns: tuple[Turn, ...] | None = None
    after: tuple[str, ...] = ()
    repeat: int = 1
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class Generation:
    """Settings of one generation. The defaults are greedy decoding.

    Args:
        max_new_tokens: upper bound of the answer's length in tokens; None leaves it to the model.
        temperature: 0 means greedy.
        top_p: nucleus share, used when temperature > 0.
        stop: strings that end an answer.
        speech: ask for a spoken answer as well as a written one.
    """

    max_new_tokens: int | None = 256
    temperature: float = 0.0
    top_p: float = 1.0
    stop: tuple[str, ...] = ()
    speech: bool = False


GREEDY = Generation()


@dataclass(frozen=True, slots=True)
class Request:
    """What a model gets to see of a sample: never the reference.

    Args:
        id: of the sample.
        messages: the conversation to answer.
        settings: of the generation.
        run_seed: seed of the run.
        schema: JSON Schema the answer should follow, for models that can be held to one (judges).
        language: code of the language spoken, for transcribers of spoken answers; None where nobody said.
        want: "answer", or "likelihood" of each of the continuations; a model is asked for what its `can` names.
        continuations: texts that could follow the conversation, for likelihoods.
    """

    id: str
    messages: tuple[Message, ...]
    settings: Generation = field(default=GREEDY)
    run_seed: int = 0
    schema: Mapping[str, Any] | None = None
    language: str | None = None
    want: Want = "answer"
    continuations: tuple[str, ...] = ()

    @property
    def seed(self) -> int:
        """Seed of this sample (32 bit): depends on the run's seed and the id, not on order or batch."""
        digest = hashlib.blake2b(f"{self.run_seed}/{self.id}".encode(), digest_size=4).digest()
        return int.from_bytes(digest, "big")
