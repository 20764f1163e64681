"""Checks every line and every media file of a dialogue file; lists all problems instead of stopping at one."""

from __future__ import annotations

import importlib.util
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from evalkit.core.errors import DataError, UsageError
from evalkit.core.installation import install_command
from evalkit.core.message import Audio, Image, Media
from evalkit.data.dialogue.dialogues import FILE, Dialogue, Rules, parse
from evalkit.data.jsonl import read_lines
from evalkit.media.audio import decode
from evalkit.media.source import read_bytes

SILENCE = 10 ** (-60 / 20)  # peak of full scale below which audio counts as silence
_PNG = b"\x89PNG\r\n\x1a\n"
_ENDINGS = {b"\xff\xd8\xff": b"\xff\xd9", b"GIF8": b";"}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a line or a file it names.

    Args:
        line: line number, from 1.
        id: of the dialogue; "?" where it has none.
        text: what is wrong and what was expected.
    """

    line: int
    id: str
    text: str


@dataclass(slots=True)
class Findings:
    """What a file holds and what is wrong with it.

    Args:
        path: the file.
        problems: in file order.
        dialogues: lines that are dialogues.
        turns: number of turns -> dialogues.
        fields: field of the rules -> value -> dialogues.
        media: kind -> distinct files.
    """

    path: Path
    problems: list[Problem] = field(default_factory=list)
    dialogues: int = 0
    turns: Counter[int] = field(default_factory=Counter)
    fields: dict[str, Counter[str]] = field(default_factory=dict)
    media: Counter[str] = field(default_factory=Counter)


def check_dialogues(path: Path, rules: Rules) -> Findings:
    """Check a file, or the `dialogues.jsonl` of a folder.

    Args:
        path: file or folder.
        rules: of the benchmark.

    Raises:
        UsageError: there is no such file.
        DataError: there is no line.
    """
    file = path / FILE if path.is_dir() else path
    if not file.is_file():
        raise UsageError(f"{file}: no such file; expected JSON Lines, one dialogue per line")
    found = Findings(file, fields={name: Counter() for name in (*rules.choices, *rules.counts)})
    lines: dict[str, int] = {}
    media: dict[str, str | None] = {}

    def broken(error: DataError) -> None:
        found.problems.append(Problem(error.line or 0, "?", error.problem))

    for number, value in read_lines(file, broken):
        key = str(value.get("id", "?"))
        dialogue, problems = parse(value, file.parent, rules)
        if key in lines:
            problems.append(f"the id occurs more than once; line {lines[key]} has it too")
        lines.setdefault(key, number)
        if dialogue is not None:
            found.dialogues += 1
            found.turns[dialogue.turns] += 1
            for name, counter in found.fields.items():
                counter[str(dialogue.fields[name])] += 1
            problems += _media_problems(dialogue, media, found)
        found.problems += [Problem(number, key, text) for text in dict.fromkeys(problems)]
    if not lines and not found.problems:
        raise DataError(file, "there is no line; expected one dialogue per line")
    return found


def _media_problems(dialogue: Dialogue, known: dict[str, str | None], found: Findings) -> Iterator[str]:
    for medium in dialogue.media():
        path = str(medium.path)
        if path not in known:
            known[path] = media_problem(medium)
            found.media["image" if isinstance(medium, Image) else "audio"] += 1
        problem = known[path]
        if problem is not None:
            yield problem


def media_problem(medium: Media) -> str | None:
    """What is wrong with an image or audio file, or None: it is missing, empty, cannot be decoded, or is silence."""
    try:
        if isinstance(medium, Audio):
            samples = decode(medium, 16_000)
            if float(abs(samples).max()) < SILENCE:
                return f"{medium.label}: the audio is silence (peak below -60 dB of full scale)"
            return None
        data = read_bytes(medium)
    except DataError as error:
        return str(error)
    if importlib.util.find_spec("PIL") is None:
        if _known(data):
            return _torn(data, medium.label)
        more = f"to check other formats: {install_command('images')}"
        return f"{medium.label}: not a PNG, JPEG, WebP or GIF file ({more})"
    return _torn(data, medium.label) or _undecodable(data, medium.label)  # decoders forgive a missing end


def _undecodable(data: bytes, label: str) -> str | None:
    import io

    from PIL import Image as Picture
    from PIL import UnidentifiedImageError

    try:
        with Picture.open(io.BytesIO(data)) as picture:
            picture.load()
    except UnidentifiedImageError:
        return f"{label}: not an image of a known kind"
    except Exception as error:  # decoders raise whatever broken bytes lead them to
        return f"{label}: cannot be decoded as an image ({type(error).__name__}: {error})"
    return None


def _known(data: bytes) -> bool:
    return data.startswith((_PNG, *_ENDINGS)) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")


def _torn(data: bytes, label: str) -> str | None:
    """By its own account of its length or end, where its kind has one, the file is not whole."""
    if data.startswith(_PNG):
        return None if _whole_png(data) else f"{label}: the PNG file is cut off or damaged"
    for start, end in _ENDINGS.items():
        if data.startswith(start):
            return None if data.rstrip(b"\0").endswith(end) else f"{label}: the image file is cut off"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP" and len(data) < 8 + int.from_bytes(data[4:8], "little"):
        return f"{label}: the image file is cut off"
    return None


def _whole_png(data: bytes) -> bool:
    place = len(_PNG)
    while place + 12 <= len(data):
        size = int.from_bytes(data[place : place + 4], "big")
        body = data[place + 4 : place + 8 + size]
        stated = data[place + 8 + size : place + 12 + size]
        if zlib.crc32(body).to_bytes(4, "big") != stated:
            return False
        if body[:4] == b"IEND":
            return True
        place += 12 + size
    return False
