"""`spoken_rules`: share of the expectations of a spoken dialogue that the reply meets, by physics and rules alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from evalkit.core.errors import DataError, EvalkitError
from evalkit.core.metric import Metric, ratio
from evalkit.core.response import Response
from evalkit.core.sample import Sample
from evalkit.core.score import Score, Vector
from evalkit.core.scorer import Answered, Scorer
from evalkit.metrics.spoken.expect import KINDS, PHYSICS, WORDED, problems
from evalkit.metrics.spoken.reply import (
    BOUNDS,
    LEAST,
    Neutral,
    Reply,
    Verdicts,
    decide,
    difference,
    expected_language,
    neutral_voices,
    shares,
)

if TYPE_CHECKING:
    from evalkit.media.speech_measures import SpeechMeasures

VERSION = 2  # raised when the rule decides differently
_RATE = 16_000  # Hz; what measures work on
_METRICS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "expectations_met": ("expectations met", KINDS),
    "physics": ("rate, loudness, pitch, duration", PHYSICS),
    **{f"met_{kind}": (kind.replace("_", " "), (kind,)) for kind in KINDS},
}


class SpokenRules(Scorer):
    """Share of expectations that are met, %, over all and by kind; see `spoken_reply` for the rule.

    `meta["expect"]` holds a sample's expectations, `meta["language"]` the code of its language. An expectation that
    cannot be decided is left out and flagged; strictly, it is not met. A reply that failed meets nothing.
    """

    name = "spoken_rules"
    profile = ""
    may_hear = True
    together = True

    def __init__(self) -> None:
        self.metrics = tuple(Metric(name, label, ("met", "expected"), ratio) for name, (label, _) in _METRICS.items())

    @property
    def listens(self) -> bool:
        """It measures the spoken reply."""
        return True

    def identity(self) -> Mapping[str, Any]:
        """The rule's version and bounds."""
        bounds = {
            kind: {word: [_text(end) for end in ends] for word, ends in words.items()} for kind, words in BOUNDS.items()
        }
        return {"rule": VERSION, "bounds": bounds, "least": LEAST}

    def check(self, sample: Sample) -> None:
        """The sample must name its language, and hold expectations that can be decided."""
        meta = sample.meta or {}
        try:
            expected_language({}, str(meta.get("language")))
        except EvalkitError as error:
            raise DataError(f"sample '{sample.id}'", f"spoken_rules needs its language: {error}") from None
        for problem in problems(meta.get("expect", {})):
            raise DataError(f"sample '{sample.id}'", problem)

    def worst(self, answer: Answered) -> Mapping[str, Vector]:
        """No expectation met."""
        return _vectors(dict.fromkeys(_expect(answer), False), strict=True)

    def missing(self, answer: Answered) -> Mapping[str, Vector]:
        """No answer meets nothing, as a judge of MSIB gives it the lowest grade."""
        return self.worst(answer)

    def stream(self, answers: Iterable[Answered]) -> Iterator[tuple[Answered, Score]]:
        """Scores of all answers, after the last one was measured: they are compared with the model's own voice."""
        known = list(answers)
        yield from zip(known, self.score(known), strict=True)

    def score(self, answers: Sequence[Answered]) -> list[Score]:
        """One score for each answer; the neutral voice is that of these answers."""
        replies = [self._reply(answer) for answer in answers]
        voices = neutral_voices(reply for reply in replies if isinstance(reply, Reply))
        return [
            self._scored(reply, voices.get(reply.language)) if isinstance(reply, Reply) else self._failed(answer, reply)
            for answer, reply in zip(answers, replies, strict=True)
        ]

    def _reply(self, answer: Answered) -> Reply | str:
        """The measured reply, or why there is none."""
        measures = _measured(answer.response)
        if isinstance(measures, str):
            return measures
        expect = _expect(answer)
        language = expected_language(expect, str((answer.meta or {}).get("language")))
        return Reply(language, expect, measures, answer.response.heard, answer.response.text)

    def _failed(self, answer: Answered, why: str) -> Score:
        return Score("model_failed", self.missing(answer), self.worst(answer), detail={"failure": why})

    def _scored(self, reply: Reply, neutral: Neutral | None) -> Score:
        verdicts = decide(reply, neutral)
        undecided = [kind for kind, verdict in verdicts.items() if verdict is None]
        flags = [f"undecided_{kind}" for kind in undecided]
        if reply.nothing_said:
            flags.append("nothing_said")
        elif reply.wrong_language:
            flags.append("wrong_language")
        if any(kind in WORDED for kind in reply.expect):
            flags.append(f"words_{reply.source}")
        detail = {
            "verdicts": verdicts,
            "measured": _shown(reply, neutral),
            "language": reply.spoken_language,
        }
        strict = _vectors(verdicts, strict=True) if undecided else None
        return Score("scored", _vectors(verdicts), strict, tuple(flags), detail)


def _expect(answer: Answered) -> Mapping[str, Any]:
    found: Mapping[str, Any] = (answer.meta or {}).get("expect") or {}
    return found


def _measured(response: Response) -> SpeechMeasures | str:
    from evalkit.media.audio import decode
    from evalkit.media.speech_measures import measure

    if response.audio is None:
        return "the model gave no speech"
    try:
        return measure(decode(response.audio, _RATE), _RATE)
    except DataError as error:
        return f"its speech cannot be used: {error}"


def _vectors(verdicts: Verdicts, strict: bool = False) -> dict[str, Vector]:
    """(met, decided) by metric, or (met, expected) where all count; metrics of which nothing is asked are left out."""
    vectors: dict[str, Vector] = {}
    for name, (_, kinds) in _METRICS.items():
        met, decided, expected = shares(verdicts, kinds)
        count = expected if strict else decided
        if count:
            vectors[name] = (met, count)
    return vectors


def _shown(reply: Reply, neutral: Neutral | None) -> dict[str, Any]:
    """What was measured, and against what, for a reader of the journal."""
    sound = reply.measures
    shown: dict[str, Any] = {
        "syllables_per_second": round(sound.syllable_rate, 3),
        "speech_dbfs": round(sound.speech_dbfs, 2),
        "pitch_hz": None if sound.pitch_hz is None else round(sound.pitch_hz, 1),
        "seconds": round(sound.duration, 3),
    }
    for kind in BOUNDS:
        against = difference(kind, sound, neutral)
        if kind in reply.expect and against is not None:
            shown[f"{kind}_against_neutral"] = round(against, 3)
        if kind in reply.expect:
            shown[f"{kind}_neutral_replies"] = 0 if neutral is None else neutral.replies[kind]
    return shown


def _text(end: float) -> str:
    return f"{end:g}"


def spoken_rules() -> SpokenRules:
    """The scorer of a task; see `SpokenRules`."""
    return SpokenRules()
