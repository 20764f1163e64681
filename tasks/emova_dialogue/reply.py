"""EMOVA's replies: one JSON object with what was heard, what is answered, and how it is said."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from evalkit.core.metric import Metric, ratio
from evalkit.core.sample import Sample
from evalkit.core.score import Score, Vector
from evalkit.core.scorer import Answered, Helper, Scorer
from evalkit.metrics.combined import Combined, identity_around

QUESTION, RESPONSE = "user question text", "assistant response text"
SPEECH = "assistant response speech"  # its units; a model that speaks by itself need not spell them out
LABELS = ("assistant response emotion", "assistant response pitch")
KEYS = (QUESTION, "user question emotion", "user question pitch", RESPONSE, *LABELS)
# The program folds seven emotions into the four that its judge chooses from.
FOLDED = {"surprised": "happy", "fearful": "sad", "disgusted": "angry"}


def read(text: str | None, spoken: bool) -> Mapping[str, str] | None:
    """The object of a reply, None where it is none: the whole reply must be JSON with all keys, each a text.

    Source: EMOVA emova/eval/extract_speech_json.py, commit dd1b0f9.

    Args:
        text: the reply.
        spoken: the model gave speech of its own, so units are not looked for.
    """
    try:
        found = json.loads(text or "")
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not (spoken or SPEECH in found):
        return None
    kept = {key: found.get(key) for key in KEYS}
    return kept if all(isinstance(one, str) for one in kept.values()) else None  # type: ignore[return-value]


class OfReply(Combined):
    """Scores one text of each reply by another scorer; a reply that is not the JSON asked for is dropped and counted.

    Args:
        inner: gets the text as the reply; meta has "said_question", "response_emotion" and "response_pitch", folded.
        text: key of the text.
        against: what it is held against: "reference" (the sample's), "question" (the true one), or "text" (itself,
            for what was heard of it).
        name: of the metric, where the scorer has one.
    """

    def __init__(self, inner: Scorer, text: str = RESPONSE, against: str = "reference", name: str = "") -> None:
        self._adopt([inner])
        self.text, self.against = text, against
        self.name, self.profile = inner.name, f"{inner.profile}+reply" + (f"-{name}" if name else "")
        self._names = {
            metric.name: name if name and len(inner.metrics) == 1 else metric.name for metric in inner.metrics
        }
        self.metrics = tuple(
            replace(metric, name=self._names[metric.name], label=(name or metric.label).replace("_", " "))
            for metric in inner.metrics
        )

    def identity(self) -> Mapping[str, Any]:
        """That of the inner scorer, and what of the reply it gets."""
        return identity_around(self.inner[0], {"reply": self.text, "against": self.against})

    @property
    def protocol(self) -> str:
        """For example "error_rate:emova_tts/en+reply"."""
        return f"{self.inner[0].protocol}+reply"

    def check(self, sample: Sample) -> None:
        """The inner scorer must be able to score a reply that is whole."""
        meta = {**(sample.meta or {}), "said_question": "x", "response_emotion": "x", "response_pitch": "x"}
        reference = meta.get("question") if self.against == "question" else sample.reference
        self.inner[0].check(replace(sample, meta=meta, reference=reference))

    def put_to(self, helper: Helper, answer: Answered) -> Answered | None:
        """As the inner scorer, as if the reply were whole."""
        return self.inner[0].put_to(helper, self._of(answer, self._read(answer)))

    def score(self, answers: Sequence[Answered]) -> Iterable[Score]:
        """Scores in the order of the answers."""
        found = {id(answer): score for answer, score in self.stream(answers)}
        return [found[id(answer)] for answer in answers]

    def stream(self, answers: Iterable[Answered]) -> Iterator[tuple[Answered, Score]]:
        """Scores as they come."""
        original: dict[int, tuple[Answered, Answered]] = {}
        broken: list[Answered] = []

        def whole() -> Iterator[Answered]:
            for answer in answers:
                told = self._read(answer)
                if told is None:
                    broken.append(answer)
                    continue
                made = self._of(answer, told)
                original[id(made)] = answer, made
                yield made

        for made, score in self.inner[0].stream(whole()):
            strict = None if score.strict is None else self._renamed(score.strict)
            yield original.pop(id(made))[0], replace(score, faithful=self._renamed(score.faithful), strict=strict)
        for answer in broken:
            yield answer, Score("unparsed", {}, self.worst(answer), detail={"failure": "no JSON with all keys"})

    def worst(self, answer: Answered) -> Mapping[str, Vector]:
        """As the inner scorer."""
        return self._renamed(self.inner[0].worst(self._of(answer, self._read(answer))))

    def missing(self, answer: Answered) -> Mapping[str, Vector]:
        """Dropped, as a reply that is no JSON."""
        return {}

    def _read(self, answer: Answered) -> Mapping[str, str] | None:
        return read(answer.response.text, answer.response.audio is not None)

    def _of(self, answer: Answered, told: Mapping[str, str] | None) -> Answered:
        told = told or dict.fromkeys(KEYS, answer.response.text or "")
        meta = dict(answer.meta or {})
        meta["said_question"] = told[QUESTION]
        meta["response_emotion"] = FOLDED.get(told[LABELS[0]], told[LABELS[0]])
        meta["response_pitch"] = told[LABELS[1]]
        against = {"question": meta.get("question"), "text": told[self.text]}.get(self.against, answer.reference)
        return replace(answer, meta=meta, reference=against, response=replace(answer.response, text=told[self.text]))

    def _renamed(self, vectors: Mapping[str, Vector]) -> dict[str, Vector]:
        return {self._names[name]: vector for name, vector in vectors.items()}


class JsonReplies(Scorer):
    """Share of replies that are the JSON asked for, %."""

    name, profile = "json_replies", "emova"
    metrics = (Metric("json_success", "JSON", ("whole", "replies"), ratio, binary=True),)

    def identity(self) -> Mapping[str, Any]:
        """The rule's version."""
        return {"rule": 1}

    def score(self, answers: Sequence[Answered]) -> Iterator[Score]:
        """One for a whole reply."""
        for answer in answers:
            told = read(answer.response.text, answer.response.audio is not None)
            yield Score("scored" if told else "unparsed", {"json_success": (float(told is not None), 1.0)})

    def worst(self, answer: Answered) -> Mapping[str, Vector]:
        """None."""
        return {"json_success": (0.0, 1.0)}

    def missing(self, answer: Answered) -> Mapping[str, Vector]:
        """A reply that is not there was no success."""
        return self.worst(answer)
