"""Rubrics: a judge's instructions, as data and words; `evalkit.judging.rubric_file` reads them."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from evalkit.core.errors import UsageError
from evalkit.judging.outputs import Output

Policy = Literal["count", "drop", "zero", "error"]
Reduce = Literal["mean", "majority", "pairwise"]
Orders = Literal["both", "seeded", "candidate_first", "baseline_first"]
Empty = Literal["ask", "count", "zero", "drop"]
Language = Literal["en", "zh"]

LAYOUT = 1  # raised when the way prompts are put together changes; part of every hash
PLACEHOLDER = re.compile(r"\{(\{[a-z][a-z0-9_]*\})\}|\{([a-z][a-z0-9_]*)\}")  # {{word}} stands for a literal {word}
MEDIA = ("audio", "image", "video")


@dataclass(frozen=True, slots=True)
class Input:
    """A piece of data the body places.

    Args:
        name: "question", "response", "reference", "history", "audio", ... or a key of the samples' meta.
        optional: a sample may lack it; then nothing stands in its place.
    """

    name: str
    optional: bool = False

    @property
    def kind(self) -> str:
        """ "audio", "image", "video" (by the end of the name) or "text"."""
        last = self.name.rpartition("_")[2]
        return last if last in MEDIA else "text"


@dataclass(frozen=True, slots=True)
class Rubric:
    """A judge's instructions; see docs/judging.md for the keys.

    Attributes:
        factor: what a value is multiplied with to stand on `scale`.
        path, text: the file and its whole text, what it takes from another rubric included.
    """

    id: str
    version: int
    title: str
    inputs: tuple[Input, ...]
    output: tuple[Output, ...]
    scale: tuple[float, float]
    judge: str
    parse: str
    on_failure: Policy
    body: str
    value: tuple[str, ...] = ()
    average: str | None = None
    votes: int = 1
    reduce: Reduce = "mean"
    temperature: float = 0.0
    top_p: float = 1.0
    max_tokens: int | None = 1024
    reasks: int = 2
    reasks_blank: int = 0
    on_missing: Policy = "drop"
    on_empty: Empty = "ask"
    pair: tuple[str, str] | None = None
    orders: Orders = "both"
    higher_is_better: bool = True
    pattern: str | None = None
    system: str | None = None
    language: Language = "en"
    sections: str | None = None
    official_judge: str | None = None
    fence: bool = True
    join: str = "\n"
    max_chars: int = 40_000
    reproduces: str | None = None
    differs: str | None = None
    factor: float = 1.0
    path: Path | None = field(default=None, compare=False)
    text: str = field(default="", compare=False, repr=False)

    def words(self, section: str | None = None) -> str:
        """The body; of one in sections, what stands around them and the section of that name."""
        if self.sections is None:
            return self.body
        before, kept, after = split_sections(self.body)
        return before + kept[str(section)] + after

    def outputs(self) -> Mapping[str, Output]:
        """Output types by key."""
        return {output.key: output for output in self.output}

    @property
    def prompt_hash(self) -> str:
        """Hash of what determines a reply: the words and the settings. Verdicts are cached under it."""
        said = ("inputs", "output", "body", "system", "temperature", "top_p", "max_tokens", "pair", "fence", "join")
        return self._hash((*said, "max_chars", "parse", "language", "sections"))

    @property
    def hash(self) -> str:
        """Hash of what determines a score: everything but remarks and the scale it is reported on."""
        remarks = ("title", "judge", "official_judge", "reproduces", "differs", "scale", "factor")
        return self._hash(tuple(entry.name for entry in fields(self) if entry.name not in remarks))

    def on_scale(self, scale: str) -> Rubric:
        """The same rubric, reported on another scale.

        Raises:
            UsageError: no range, or no multiple of the values' range.
        """
        try:
            low, high = parse_scale(scale)
            output = self.outputs().get(self.value[0]) or self.outputs()[f"{self.value[0]}_1"]
            return dataclasses.replace(self, scale=(low, high), factor=scale_factor((low, high), output))
        except ValueError as error:
            raise UsageError(f"rubric '{self.id}': {error}") from None

    def _hash(self, names: tuple[str, ...]) -> str:
        facts = {name: value for name, value in _told(self).items() if name in names}
        data = json.dumps([LAYOUT, facts], sort_keys=True, ensure_ascii=False).encode()
        return hashlib.blake2b(data, digest_size=16).hexdigest()


def split_sections(body: str) -> tuple[str, dict[str, str], str]:
    """What stands before a body's sections, each section by its name, and what stands behind them.

    A line "## NAME" begins a section; a line "##" ends the last one.

    Raises:
        ValueError: no section, one that comes twice, or none that ends them.
    """
    pieces = re.split(r"^##[ \t]*(.*)\n", body, flags=re.MULTILINE)
    names = [name.strip() for name in pieces[1::2]]
    if len(names) < 2 or names[-1] or not all(names[:-1]) or len(set(names)) != len(names):
        raise ValueError("sections are begun by lines of '## NAME', each name once, and ended by a line '##'")
    return pieces[0], dict(zip(names[:-1], pieces[2:-1:2], strict=True)), pieces[-1]


def _told(value: Any) -> Any:
    """A value as JSON; of records what differs from the defaults, so that a new key leaves old hashes alone."""
    if dataclasses.is_dataclass(value):
        told = {entry.name: getattr(value, entry.name) for entry in fields(value) if entry.name not in ("path", "text")}
        defaults = {entry.name: entry.default for entry in fields(value)}
        return {name: _told(kept) for name, kept in told.items() if kept != defaults[name]}
    return [_told(entry) for entry in value] if isinstance(value, tuple) else value


def parse_scale(text: str) -> tuple[float, float]:
    """A range such as "20..100".

    Raises:
        ValueError: not a range.
    """
    found = re.fullmatch(r"\s*(-?\d+(?:\.\d+)?)\s*\.\.\s*(-?\d+(?:\.\d+)?)\s*", text)
    if not found or float(found[1]) >= float(found[2]):
        raise ValueError(f"'scale: {text}' should be a range such as 1..5 or 20..100")
    return float(found[1]), float(found[2])


def scale_factor(scale: tuple[float, float], output: Output) -> float:
    """What an output's values are multiplied with to stand on a scale.

    Raises:
        ValueError: the scale is no multiple of the output's range.
    """
    factor = scale[1] / output.high if output.high else 0.0
    if not factor or abs(output.low * factor - scale[0]) > 1e-9:
        raise ValueError(
            f"the scale {scale[0]:g}..{scale[1]:g} is no multiple of '{output.key}', which goes from "
            f"{output.low:g} to {output.high:g}"
        )
    return factor
