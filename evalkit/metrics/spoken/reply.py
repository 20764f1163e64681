"""Whether a spoken reply is as it was expected: measured, or read off what was heard or written.

The rule:

1. Rate, loudness and pitch are compared with the model's own neutral voice: the median over its replies in the same
   language of which nothing of the kind was asked. With fewer than three of them it cannot be decided.
2. Words, sentences, beginning and end are looked for in what a transcriber heard, where there is a transcript, else in
   what the model wrote. Sentences need marks; a transcript without any cannot decide.
3. The language is that of what was written, else of what was heard.
4. A reply that is silence, or plainly in another language than the expected one, meets nothing.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evalkit.metrics.languages import canonical
from evalkit.metrics.spoken.expect import RELATIVE
from evalkit.metrics.spoken.text import ends, holds, language_of, sentences, starts, word_count

if TYPE_CHECKING:
    from evalkit.media.speech_measures import SpeechMeasures

LEAST = 3  # neutral replies, below which there is no neutral voice
# Bounds of (reply - neutral): rate as a factor, loudness in dB, pitch in semitones.
BOUNDS: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "rate": {
        "slow": (0.0, 0.80),
        "slower": (0.0, 0.87),
        "normal": (0.83, 1.20),
        "faster": (1.15, math.inf),
        "fast": (1.25, math.inf),
    },
    "loudness": {"quiet": (-math.inf, -3.0), "loud": (3.0, math.inf)},
    "pitch": {"low": (-math.inf, -1.5), "high": (1.5, math.inf)},
}
_UNTELLABLE = frozenset({"zh", "yue"})  # one script, told apart by a listener only
Verdicts = dict[str, bool | None]


@dataclass(frozen=True, slots=True)
class Reply:
    """One spoken reply.

    Args:
        language: code of the language it should be in.
        expect: as in `spoken_reply_expect`.
        measures: of its sound.
        heard: what a transcriber heard; None without one.
        written: what the model wrote; None where it only speaks.
    """

    language: str
    expect: Mapping[str, Any]
    measures: SpeechMeasures
    heard: str | None = None
    written: str | None = None

    @property
    def text(self) -> str | None:
        """What its words are looked for in."""
        return self.heard if self.heard is not None else self.written

    @property
    def source(self) -> str:
        """Where that is from: heard, written or nothing."""
        return "heard" if self.heard is not None else "written" if self.written is not None else "nothing"

    @property
    def spoken_language(self) -> str | None:
        """The language it is in, as far as texts tell."""
        text = self.written or self.heard
        return language_of(text) if text else None

    @property
    def nothing_said(self) -> bool:
        """True for silence, and for sound without a voice."""
        return self.measures.silent or self.measures.pitch_hz is None

    @property
    def wrong_language(self) -> bool:
        """True when it is plainly in another language."""
        found = self.spoken_language
        return found is not None and found != self.language and not {found, self.language} <= _UNTELLABLE


@dataclass(frozen=True, slots=True)
class Neutral:
    """A model's own voice in one language.

    Args:
        values: "rate" (syllables per second), "loudness" (dBFS), "pitch" (Hz); without those too few replies tell.
        replies: how many told, by the same keys.
    """

    values: Mapping[str, float]
    replies: Mapping[str, int]


def expected_language(expect: Mapping[str, Any], language: str) -> str:
    """Language a reply should be in: the one asked for, else the dialogue's."""
    return canonical(str(expect.get("language", language)))


def neutral_voices(replies: Iterable[Reply]) -> dict[str, Neutral]:
    """The neutral voice by language: medians over replies of which nothing of the kind was asked."""
    found: dict[str, dict[str, list[float]]] = {}
    for reply in replies:
        if reply.nothing_said or reply.wrong_language:
            continue
        kept = found.setdefault(reply.language, {kind: [] for kind in RELATIVE})
        for kind in RELATIVE:
            value = _value(kind, reply.measures)
            if kind not in reply.expect and value is not None:
                kept[kind].append(value)
    return {
        language: Neutral(
            {kind: statistics.median(values) for kind, values in kept.items() if len(values) >= LEAST},
            {kind: len(values) for kind, values in kept.items()},
        )
        for language, kept in found.items()
    }


def decide(reply: Reply, neutral: Neutral | None) -> Verdicts:
    """Every expectation: True met, False not, None cannot be decided."""
    if reply.nothing_said or reply.wrong_language:
        return dict.fromkeys(reply.expect, False)
    return {kind: _decided(kind, wanted, reply, neutral) for kind, wanted in reply.expect.items()}


def difference(kind: str, measures: SpeechMeasures, neutral: Neutral | None) -> float | None:
    """A reply against the neutral voice: rate as a factor, loudness in dB, pitch in semitones; None without either."""
    value = _value(kind, measures)
    own = None if neutral is None else neutral.values.get(kind)
    if value is None or own is None:
        return None
    if kind == "rate":
        return value / own
    return value - own if kind == "loudness" else 12.0 * math.log2(value / own)


def _value(kind: str, measures: SpeechMeasures) -> float | None:
    if kind == "rate":
        return measures.syllable_rate or None
    return measures.speech_dbfs if kind == "loudness" else measures.pitch_hz


def _decided(kind: str, wanted: Any, reply: Reply, neutral: Neutral | None) -> bool | None:
    if kind in BOUNDS:
        found = difference(kind, reply.measures, neutral)
        low, high = BOUNDS[kind][wanted]
        return None if found is None else low <= found <= high
    if kind == "duration":
        sound = reply.measures
        return _within(sound.duration - sound.leading_silence - sound.trailing_silence, wanted)
    if kind == "language":
        spoken = reply.spoken_language  # a wrong one met nothing before
        return None if spoken is None or (spoken != reply.language) else True
    return _worded(kind, wanted, reply)


def _worded(kind: str, wanted: Any, reply: Reply) -> bool | None:
    text = reply.text
    if text is None:
        return None
    if kind == "sentences":
        counts = (sentences(found) for found in (text, reply.written) if found is not None)
        count = next((number for number in counts if number is not None), None)
        return None if count is None else _within(count, wanted)
    if kind == "word_count":
        return _within(word_count(text, reply.language), wanted)
    if kind == "words":
        return all(holds(text, alternatives) for alternatives in wanted)
    if kind == "without":
        return not holds(text, wanted)
    return any((starts if kind == "starts" else ends)(text, wording) for wording in wanted)


def _within(value: float, bounds: Mapping[str, float]) -> bool:
    return bounds.get("min", 0.0) <= value <= bounds.get("max", math.inf)


def shares(verdicts: Mapping[str, bool | None], kinds: Sequence[str] | None = None) -> tuple[int, int, int]:
    """(met, decided, expected) over some kinds of expectation, or all."""
    chosen = [verdict for kind, verdict in verdicts.items() if kinds is None or kind in kinds]
    return sum(verdict is True for verdict in chosen), sum(verdict is not None for verdict in chosen), len(chosen)
