"""The baseline that listens a little: choice questions answered by loudness, pitch, onsets and speech or not."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Callable, Iterator, Sequence

from evalkit.core.errors import DataError
from evalkit.core.message import Audio
from evalkit.core.model import Answer, Model, model
from evalkit.core.response import Failure, Response
from evalkit.core.sample import Request
from evalkit.model_adapters.listening_baseline.hearing import RATE, Stretch, stretches

_OPTION = re.compile(r"^\s*\(?([A-Za-z])[.):]\s+(.+?)\s*$", re.MULTILINE)
_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_ORDINALS = ("first", "second", "third", "fourth", "fifth")
_ALIKE = re.compile(r"\b(alike|same|equal)\b")
_LIKE = 1.12  # ratio below which two measures are the same
_MALE = 165.0  # Hz: deeper voices are taken for men's
Heard = Sequence[Stretch]
Guess = str | None


@model("listening-baseline", takes=("text", "audio"))
class ListeningBaseline(Model):
    """Answers choice questions on a recording by a few measures; where they say nothing, it guesses.

    Args:
        deaf: guess always, and hear nothing: what a score is worth without listening.
    """

    def __init__(self, deaf: bool = False) -> None:
        self.deaf = deaf

    def stream(self, requests: Iterator[Request]) -> Iterator[Answer]:
        """One response per request, in order: the text of an option."""
        from evalkit.media.audio import decode

        for request in requests:
            message = request.messages[-1]
            options = [text for _, text in _OPTION.findall(message.text)]
            clips = [part for part in message.content if isinstance(part, Audio)]
            if not options:
                yield request.id, Response(text="")
                continue
            chosen: Guess = None
            if clips and not self.deaf:
                try:
                    wave = decode(clips[0], RATE).astype("float64")
                except DataError as error:
                    yield request.id, Response(failure=Failure("input", str(error)))
                    continue
                chosen = answered(message.text.partition("\n")[0].lower(), options, stretches(wave))
            yield request.id, Response(text=chosen or _guessed(options))


def answered(question: str, options: Sequence[str], heard: Heard) -> Guess:
    """The option that the measures speak for; None where they say nothing.

    Args:
        question: its first line, in lower case.
        options: texts, in any order.
        heard: the sounds of the recording.
    """
    rules: Sequence[tuple[str, Callable[[str, Sequence[str], Heard], Guess]]] = (
        (r"how many", _counted),
        (r"loudest|longest|highest|softest|shortest|lowest", _outstanding),
        (r"\bpitch\b|melody", _moving),
        (r"tempo|rhythm", _tempo),
        (r"\bwho\b", _who),
        (r"\bwhen\b", _when),
        (r"", _named),
    )
    return next(
        (
            found
            for pattern, rule in rules
            if re.search(pattern, question) and (found := rule(question, options, heard))
        ),
        None,
    )


def _guessed(options: Sequence[str]) -> str:
    """The option whose text has the smallest hash: a taste for texts that knows nothing of the question."""
    return min(options, key=lambda text: hashlib.blake2b(text.encode("utf-8", "surrogatepass")).digest())


def _with(options: Sequence[str], *words: str) -> Guess:
    """The first option with one of these words, the words in order of preference."""
    for word in words:
        for option in options:
            if re.search(rf"\b{word}", option.lower()):
                return option
    return None


def _counted(question: str, options: Sequence[str], heard: Heard) -> Guess:
    heard = _units(question, heard)
    return _with(options, _NUMBERS[min(len(heard), 10)] + r"\b", rf"{len(heard)}\b")


def _units(question: str, heard: Heard) -> Heard:
    """What is counted or compared: utterances where speech is asked for, else every sound."""
    return _utterances(heard) if re.search(r"sentence|utterance|voice|speak|spoken", question) else heard


def _utterances(heard: Heard) -> list[Stretch]:
    """Sounds joined over the short pauses within a sentence."""
    found: list[Stretch] = []
    for one in heard:
        if not found or one.start - (found[-1].start + found[-1].seconds) > 0.3:
            found.append(one)
        else:
            last = found.pop()
            longer = max(last, one, key=lambda part: part.seconds)
            whole = one.start + one.seconds - last.start
            pitches = last.pitches + one.pitches
            found.append(_joined(longer, last.start, whole, max(last.loudness, one.loudness), pitches))
    return found


def _joined(longer: Stretch, start: float, seconds: float, loudness: float, pitches: tuple[float, ...]) -> Stretch:
    from dataclasses import replace

    return replace(longer, start=start, seconds=seconds, loudness=loudness, pitches=pitches)


def _outstanding(question: str, options: Sequence[str], heard: Heard) -> Guess:
    """Which of several sounds has the most, or the least, of something."""
    measures: dict[str, Callable[[Stretch], float]] = {
        "loud": lambda one: 10 ** (one.loudness / 20),
        "soft": lambda one: -(10 ** (one.loudness / 20)),
        "long": lambda one: one.seconds,
        "short": lambda one: -one.seconds,
        "high": lambda one: one.pitch,
        "low": lambda one: -one.pitch,
    }
    measure = next(of for word, of in measures.items() if f"{word}est" in question)
    sounds = _units(question, heard)
    if not sounds:
        return None
    found = [measure(one) for one in sounds]
    low, high = sorted(abs(value) for value in found)[:: max(1, len(found) - 1)][:2] if len(found) > 1 else (1.0, 1.0)
    if low > 0 and high / low < _LIKE:
        return next((option for option in options if _ALIKE.search(option.lower())), None)
    at = found.index(max(found))
    return _with(options, _ORDINALS[at]) if at < len(_ORDINALS) else None


def _moving(question: str, options: Sequence[str], heard: Heard) -> Guess:
    """Where a gliding pitch goes: the thirds of its course are compared."""
    course = [pitch for one in heard for pitch in one.pitches]
    if len(course) < 6:
        return None
    third = len(course) // 3
    first, middle, last = (
        sorted(part)[len(part) // 2] for part in (course[:third], course[third:-third], course[-third:])
    )
    if middle > _LIKE * max(first, last):
        return _with(options, "it peaks", "peak", "up and then down")
    if middle * _LIKE < min(first, last):
        return _with(options, "it is lowest", "lowest", "dip")
    return _with(options, *(("it keeps rising", "ris", "up") if last > first else ("it keeps falling", "fall", "down")))


def _tempo(question: str, options: Sequence[str], heard: Heard) -> Guess:
    """Whether distances between beginnings grow, shrink, stay, or none of these."""
    starts = [one.start for one in heard]
    gaps = [after - before for before, after in itertools.pairwise(starts)]
    if len(gaps) < 3:
        return None
    steps = [after - before for before, after in itertools.pairwise(gaps)]
    slack = 0.03  # seconds
    if max(gaps) - min(gaps) < 2 * slack:
        return _with(options, "it stays", "even", "steady")
    if all(step < slack for step in steps):
        return _with(options, "it quickens", "quick", "fast")
    if all(step > -slack for step in steps):
        return _with(options, "it slows", "slow")
    return _with(options, "it has no", "irregular", "no order")


def _who(question: str, options: Sequence[str], heard: Heard) -> Guess:
    """One or several speakers, men or women, by their pitch."""
    spoken = [one for one in _utterances(heard) if one.pitches]
    if not spoken:
        return None
    low = sum(one.pitch for one in spoken) / len(spoken) < _MALE
    many = len(spoken) > 1
    if many:
        return _with(options, r"men\b" if low else r"women\b", "two")
    return _with(options, r"man\b" if low else r"woman\b", "one")


def _when(question: str, options: Sequence[str], heard: Heard) -> Guess:
    """Where speech stands among other sounds."""
    kinds = [one.speech for one in _utterances(heard)]
    if not any(kinds):
        return _with(options, "never", "nobody", "no ")
    at = kinds.index(True)
    before, behind = at > 0, at < len(kinds) - 1
    return _with(options, "between" if before and behind else "after" if before else "before")


def _named(question: str, options: Sequence[str], heard: Heard) -> Guess:
    """A sound named by its kind; the first of several."""
    if not heard:
        return _with(options, "nothing", "silence")
    for word in _kinds_of(heard):
        if (found := _with(options, word)) is not None:
            return found
    return None


def _kinds_of(heard: Heard) -> Iterator[str]:
    """Words for what the first sound may be, the likeliest first."""
    first = heard[0]
    clicks = [one for one in heard[:4] if one.seconds < 0.08]
    if len(clicks) >= 3:
        yield "clock"
    if first.speech:
        yield from ("speech", "person", "voice")
    if first.voiced > 0.6 and first.pitches and max(first.pitches) / min(first.pitches) > 1.5:
        yield "siren"
    if first.voiced > 0.6:
        if first.decay > 6:
            yield from ("plucked", "string", "bell")
        yield "flute" if first.overtones < 0.1 else "organ"
    if first.decay > 10 and first.seconds < 1:
        yield "drum"
    if first.decay > 6:
        yield "bell"
    yield "wind" if first.centre < 800 else "rain"
