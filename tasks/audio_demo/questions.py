"""The sixty questions of audio_demo: fifteen kinds of four, in each of which every answer is right once.

The options of a kind are the same four texts in all of its questions; the right one stands at each of the four places
once. So whoever does not hear, and prefers a text or a place, is right in one of four, exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from evalkit.tasks.audio_demo import sounds
from evalkit.tasks.audio_demo.sounds import Wave

VERSION = 1
Draw = np.random.Generator


@dataclass(frozen=True, slots=True)
class Kind:
    """Four questions.

    Args:
        name: for ids and breakdowns.
        task: "sound", "music" or "speech".
        difficulty: "easy", "medium" or "hard", as we think.
        question: what is asked.
        options: four texts.
        make: the recording in which an option, given by its place in `options`, is right.
    """

    name: str
    task: str
    difficulty: str
    question: str
    options: tuple[str, str, str, str]
    make: Callable[[int, Draw], Wave]


@dataclass(frozen=True, slots=True)
class Question:
    """One of them.

    Args:
        key: its id.
        kind: what it is one of.
        options: in the order of their letters.
        right: place of the right one in `Kind.options`.
    """

    key: str
    kind: Kind
    options: tuple[str, ...]
    right: int

    def recording(self) -> Wave:
        """Samples at 16 kHz, shape (samples,); the same each time."""
        seed = [VERSION, KINDS.index(self.kind), self.right]
        return self.kind.make(self.right, np.random.default_rng(seed))


ORDINALS = ("the first", "the second", "the third", "all are alike")
COUNTS = ("two", "three", "four", "five")


def _odd_one(at: int, ordinary: float, odd: float) -> list[float]:
    return [odd if place == at else ordinary for place in range(3)]


def _pitches(at: int, draw: Draw) -> Wave:
    low = draw.uniform(250, 400)
    return sounds.joined([sounds.tone(pitch) for pitch in _odd_one(at, low, low * 1.5)])


def _melody(at: int, draw: Draw) -> Wave:
    low = draw.uniform(220, 300)
    shape = ((1, 1.3, 1.7, 2.2), (2.2, 1.7, 1.3, 1), (1, 1.8, 2.2, 1.8, 1), (2.2, 1.4, 1, 1.4, 2.2))[at]
    return sounds.joined([sounds.glide([low * step for step in shape])])


def _notes(at: int, draw: Draw) -> Wave:
    notes = draw.choice([262, 294, 330, 392, 440], at + 2)
    return sounds.joined([sounds.tone(float(note), 0.25) for note in notes], draw.uniform(0.12, 0.2))


def _instrument(at: int, draw: Draw) -> Wave:
    pitch = float(draw.choice([220, 262, 330]))
    made = (sounds.flute, sounds.organ, sounds.plucked)
    return sounds.joined([made[at](pitch, draw) if at < 3 else sounds.drum(draw)])


def _tempo(at: int, draw: Draw) -> Wave:
    steps = np.linspace(0.5, 0.15, 7)
    gaps = (np.full(7, 0.3), steps, steps[::-1], np.array([0.15, 0.5, 0.2, 0.45, 0.15, 0.6, 0.2]))[at]
    parts = [sounds.silence(0.2)]
    for gap in gaps:
        parts += [sounds.knock(draw), sounds.silence(float(gap))]
    return np.concatenate([*parts, sounds.knock(draw), sounds.silence(0.2)])


_NOISES = (sounds.rain, sounds.wind, sounds.ticking, sounds.siren)


def _noise(at: int, draw: Draw) -> Wave:
    return sounds.joined([_NOISES[at](draw)], 0.1)


def _louder(at: int, draw: Draw) -> Wave:
    return sounds.joined([sounds.burst(draw, rms=rms) for rms in _odd_one(at, 0.04, 0.12)])


def _longer(at: int, draw: Draw) -> Wave:
    return sounds.joined([sounds.burst(draw, seconds) for seconds in _odd_one(at, 0.4, 0.9)])


def _knocks(at: int, draw: Draw) -> Wave:
    return sounds.joined([sounds.knock(draw) for _ in range(at + 2)], draw.uniform(0.15, 0.3))


def _first(at: int, draw: Draw) -> Wave:
    others = [place for place in range(4) if place != at]
    draw.shuffle(others)
    return sounds.joined([_NOISES[place](draw, 1.0) for place in (at, *others)])


def _heard(at: int, draw: Draw) -> Wave:
    made = (lambda: sounds.voice("woman_1", 2), lambda: sounds.bell(draw), lambda: sounds.rain(draw))
    return sounds.joined([made[at]()] if at < 3 else [sounds.silence(1.0)])


def _who(at: int, draw: Draw) -> Wave:
    sex, number = ("man", "woman")[at % 2], int(draw.integers(1, 3))
    said = [sounds.voice(f"{sex}_{number}", 1)]
    if at >= 2:
        said.append(sounds.voice(f"{sex}_{3 - number}", 2))
    return sounds.joined(said, 0.4)


def _sentences(at: int, draw: Draw) -> Wave:
    names = draw.choice(["man_1", "woman_1", "woman_2"], at + 2)
    return sounds.joined([sounds.voice(str(name), 1 + place % 2) for place, name in enumerate(names)], 0.5)


def _louder_voice(at: int, draw: Draw) -> Wave:
    return sounds.joined([sounds.voice("man_1", 1, rms) for rms in _odd_one(at, 0.03, 0.1)], 0.4)


def _when(at: int, draw: Draw) -> Wave:
    said, rung = sounds.voice("woman_1", 1), sounds.bell(draw)
    return sounds.joined([[said, rung], [rung, said], [rung, said, rung], [rung]][at], 0.3)


KINDS = (
    Kind("highest_tone", "music", "easy", "Which of the three tones is the highest?", ORDINALS, _pitches),
    Kind("melody", "music", "medium", "How does the pitch of the tone move?",
         ("it keeps rising", "it keeps falling", "it peaks in the middle", "it is lowest halfway"), _melody),
    Kind("notes", "music", "easy", "How many notes are played?", COUNTS, _notes),
    Kind("instrument", "music", "hard", "Which instrument is played?",
         ("flute", "organ", "plucked string", "drum"), _instrument),
    Kind("tempo", "music", "medium", "What does the tempo of the beats do?",
         ("it stays even", "it quickens", "it slows down", "it has no order"), _tempo),
    Kind("noise", "sound", "hard", "Which of these is heard?", ("rain", "wind", "clock", "siren"), _noise),
    Kind("loudest_noise", "sound", "easy", "Which of the three noises is the loudest?", ORDINALS, _louder),
    Kind("longest_noise", "sound", "easy", "Which of the three noises is the longest?", ORDINALS, _longer),
    Kind("knocks", "sound", "easy", "How many knocks are heard?", COUNTS, _knocks),
    Kind("first_noise", "sound", "hard", "Which of these is heard first?", ("rain", "wind", "clock", "siren"), _first),
    Kind("heard", "speech", "easy", "What is heard?", ("speech", "bell", "rain", "nothing"), _heard),
    Kind("who", "speech", "medium", "Who speaks?", ("one man", "one woman", "two men", "two women"), _who),
    Kind("sentences", "speech", "medium", "How many sentences are spoken?", COUNTS, _sentences),
    Kind("loudest_voice", "speech", "easy", "Which of the three utterances is the loudest?", ORDINALS, _louder_voice),
    Kind("when", "speech", "hard", "When does somebody speak?",
         ("before the bell", "after it", "between two bells", "never"), _when),
)  # fmt: skip


def questions() -> Iterator[Question]:
    """All sixty, in a fixed order."""
    for turn, kind in enumerate(KINDS):
        for right in range(4):
            place = (right + turn) % 4  # of the right option
            others = [option for option in kind.options if option != kind.options[right]]
            others = others[right % 3 :] + others[: right % 3]
            options = (*others[:place], kind.options[right], *others[place:])
            yield Question(f"{kind.name}-{right + 1}", kind, options, right)
