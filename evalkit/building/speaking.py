"""Texts spoken by synthesizers: every file is journalled; silence and speech that is too short are asked for again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.building.asking import Item, Outcome, Stage, Tick, UnusableError, ask
from evalkit.building.folder import BuildFolder
from evalkit.core.errors import DataError
from evalkit.core.message import Message, user
from evalkit.core.model import Model
from evalkit.core.response import Response
from evalkit.core.sample import Generation
from evalkit.media.source import content_hash, read_bytes
from evalkit.run.identity import digest
from evalkit.run.journal import write_atomically

STAGE = "speech"
SHORTEST = 0.2  # seconds of sound
_PER_LETTER, _PER_HAN = 0.03, 0.08  # seconds; faster than anybody speaks


@dataclass(frozen=True, slots=True)
class Voice:
    """A synthesizer.

    Args:
        shown: what it is called.
        identity: what determines its speech.
        model: not started; None where nothing is to be asked.
    """

    shown: str
    identity: Mapping[str, Any]
    model: Model | None


@dataclass(frozen=True, slots=True)
class Utterance:
    """Something to be said.

    Args:
        text, language: what, and in which language.
        voice: by whom.
    """

    text: str
    language: str
    voice: Voice

    @property
    def key(self) -> str:
        """Names the recording: the same text in the same voice is spoken once."""
        return digest([self.text, self.language, dict(self.voice.identity)], 16)


def voice_of(dialogue: str, voices: Sequence[Voice], seed: int) -> Voice:
    """The voice of a dialogue's user."""
    return voices[int(digest([seed, dialogue], 8), 16) % len(voices)]


def speak(folder: BuildFolder, utterances: Sequence[Utterance], attempts: int, seed: int, tick: Tick) -> Outcome[Path]:
    """Speak everything that is not spoken yet.

    Args:
        folder: of the build; recordings are kept in it.
        utterances: what to say; equal ones are spoken once.
        attempts: tries with unusable speech.
        seed: of the build.
        tick: called after each.

    Returns:
        Key of an utterance -> recording.
    """
    stage = _stage(folder, {utterance.key: utterance for utterance in utterances}, attempts)
    whole: Outcome[Path] = Outcome()
    for voice in {id(utterance.voice): utterance.voice for utterance in utterances}.values():
        items = {u.key: _item(u) for u in utterances if u.voice is voice}
        found = ask(stage, list(items.values()), voice.model, seed, tick)
        whole.results.update(found.results)
        whole.unusable.update(found.unusable)
        whole.failed.update(found.failed)
    return whole


def _item(utterance: Utterance) -> Item:
    def messages(problem: str | None) -> tuple[Message, ...]:
        return (user(utterance.text),)

    return Item(utterance.key, messages, language=utterance.language)


def _stage(folder: BuildFolder, texts: Mapping[str, Utterance], attempts: int) -> Stage[Path]:
    def keep(item: Item, response: Response) -> dict[str, Any]:
        if response.audio is None:
            raise UnusableError("it gave no speech")
        try:
            data = read_bytes(response.audio)
        except DataError as error:
            raise UnusableError(f"its speech cannot be read: {error}") from None
        seconds = _sound(data, texts[item.id])
        name = content_hash(data) + (Path(response.audio.label).suffix or ".wav")
        write_atomically(folder.speech / name, data)
        return {"audio": name, "seconds": round(seconds, 3)}

    def load(item: Item, record: Mapping[str, Any]) -> Path:
        path: Path = folder.speech / str(record["audio"])
        if not path.is_file() or content_hash(path.read_bytes()) != path.stem:
            raise UnusableError(f"{path} is gone or was changed")
        return path

    first = Generation(speech=True, max_new_tokens=None)
    later = Generation(speech=True, max_new_tokens=None, temperature=0.7)
    return Stage(STAGE, folder.journal(STAGE), keep, load, (first, later), attempts)


def _sound(data: bytes, utterance: Utterance) -> float:
    """Seconds of sound of a recording.

    Raises:
        UnusableError: it cannot be decoded, is silence, or is too short for its text.
    """
    from evalkit.core.message import Audio
    from evalkit.media import audio
    from evalkit.media.speech_measures import glance

    handle = Audio(opener=lambda: data, name="the speech")
    try:
        rate = audio.info(handle).sample_rate
        found = glance(audio.decode(handle, rate), rate)
    except DataError as error:
        raise UnusableError(str(error)) from None
    if found.silent:
        raise UnusableError(f"its speech is silence ({found.duration:.2f} s, peak {found.peak_dbfs:.0f} dB)")
    letters = [char for char in utterance.text if char.isalnum()]
    han = sum("\u3400" <= char <= "\u9fff" for char in letters)
    least = max(SHORTEST, _PER_LETTER * (len(letters) - han) + _PER_HAN * han)
    if found.sound_seconds < least:
        raise UnusableError(
            f"its speech has {found.sound_seconds:.2f} s of sound, too little for {utterance.text[:60]!r} (at least "
            f"{least:.2f} s)"
        )
    return found.duration
