"""How a row becomes a sample: what all makers share, and the makers of free questions and of spoken ones.

A maker is a function of a row and its split. Prompts are templates with {field}; a placeholder of a field with media
puts the recording or image there, other media stand before the text. Choices, synthesis and conversations have files of
their own: `choosing`, `speaking`, `conversing`.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evalkit.core.errors import DataError, UsageError
from evalkit.core.message import Media, Message, Part, Text
from evalkit.core.message import system as system_message
from evalkit.core.sample import Sample
from evalkit.core.source import Row
from evalkit.data.cells import known, value
from evalkit.data.splits import BySplit, of_split

Maker = Callable[[Row, str], Sample]
Facts = Mapping[str, Mapping[str, Any]]  # split -> facts of all its samples
Meta = str | Facts | Sequence[str | Facts]
_GIVEN = "reference"  # the field that is the reference where a maker names none and the row has it


@dataclass(frozen=True, slots=True)
class RowField:
    """A field of the row, where a constant could stand."""

    name: str


Language = BySplit | RowField


def field(name: str) -> RowField:
    """Something that depends on the row: `language=field("lang")`."""
    return RowField(name)


class Prompt:
    """A template of the fields of a row, one for all splits or by split.

    Args:
        template: text with {field}, {field.inner}, {field:02d}; braces that are text are doubled; None for no text.

    Raises:
        UsageError: the template's braces do not fit.
    """

    def __init__(self, template: BySplit) -> None:
        self.template = template
        templates = template.values() if isinstance(template, Mapping) else (template,)
        for one in (*templates, getattr(template, "other", None)):
            try:
                list(string.Formatter().parse(one or ""))
            except ValueError as error:
                raise UsageError(f"the prompt {one!r} is no template ({error}); double braces that are text") from None

    def text(self, split: str) -> str | None:
        """The template of a split.

        Raises:
            UsageError: it names no prompt for the split.
        """
        return _of(self.template, split, "prompt")

    def parts(self, row: Row, split: str, more: Mapping[str, Any] | None = None) -> tuple[list[Part], set[str]]:
        """What the template says of a row, and the fields with media it puts somewhere.

        Args:
            row: the row.
            split: its split.
            more: further names for placeholders.

        Raises:
            DataError: a placeholder that no field fills, or one that is empty.
        """
        template = self.text(split)
        fields = {**row, **(more or {})}
        parts: list[Part] = []
        placed: set[str] = set()
        said = ""
        for literal, name, form, _ in string.Formatter().parse(template or ""):
            said += literal
            if name is None:
                continue
            found = _filled(fields, name, row)
            if isinstance(found, Media) or _is_media(found):
                placed.add(name)
                if said.strip():
                    parts.append(Text(said.strip("\n")))
                said = ""
                parts += found if isinstance(found, tuple) else [found]
            else:
                said += format(found, form or "")
        if said.strip():
            parts.append(Text(said.strip("\n") if parts else said))
        return parts, placed


def question(
    prompt: BySplit = "{question}",
    media: str | Sequence[str] = (),
    reference: str | None = _GIVEN,
    *,
    meta: Meta = (),
    language: Language = None,
    cluster: str | None = None,
    system: BySplit = None,
    compared: str | Sequence[str] = (),
) -> Maker:
    """Make samples that ask for a free answer.

    Args:
        prompt: template of the question; a mapping where it depends on the split.
        media: fields with recordings, images or videos, shown before the text unless the prompt places them.
        reference: field with the reference, text or anything JSON can hold; None for none. "reference" is taken where
            the row has such a field.
        meta: fields to keep in the sample's meta, and facts by split (`Parts.meta`).
        language: code of the language of the answer, kept in the sample's meta; by split, or of a `field`.
        cluster: field whose equal values make samples dependent.
        system: template of a system instruction.
        compared: fields with media that no model is shown, for listeners and scorers.

    Returns:
        A function of row and split.

    Raises:
        UsageError: a template's braces do not fit.
    """
    asked, told = Prompt(prompt), Prompt(system)

    def make(row: Row, split: str) -> Sample:
        parts, placed = asked.parts(row, split)
        content = (*media_of(row, media, placed), *parts)
        if not content:
            raise DataError(place_of(row), "nothing is asked: neither media nor text")
        return Sample(
            id=row["id"],
            messages=(*instructed(told, row, split), Message("user", content)),
            reference=reference_of(row, reference),
            cluster=cluster_of(row, cluster),
            meta=facts_of(row, split, meta, language),
            media=compared_of(row, compared),
        )

    return make


def spoken(
    prompt: BySplit = None,
    *,
    media: str | Sequence[str] = "audio",
    meta: Meta = (),
    reference: str | None = _GIVEN,
    language: Language = None,
    cluster: str | None = None,
    system: BySplit = None,
) -> Maker:
    """Make samples whose spoken question is the whole prompt.

    Args:
        prompt: template of an instruction behind it; None for the recording alone.
        media: field with the recording, and with what is shown beside it.
        meta: fields to keep in the sample's meta, and facts by split (`Parts.meta`).
        reference: field with the reference; "reference" is taken where the row has such a field; None for none.
        language: code of the language of the answer, kept in the sample's meta; by split, or of a `field`.
        cluster: field whose equal values make samples dependent.
        system: template of a system instruction.
    """
    return question(prompt, media, reference, meta=meta, language=language, cluster=cluster, system=system)


def instructed(told: Prompt, row: Row, split: str) -> tuple[Message, ...]:
    """The system message of a row, or nothing."""
    if told.template is None or told.text(split) is None:
        return ()
    parts, _ = told.parts(row, split)
    return (system_message(*parts),)


def media_of(row: Row, names: str | Sequence[str], placed: set[str] | None = None) -> tuple[Part, ...]:
    """Handles in fields, in order; fields that are None (declared optional) give none.

    Args:
        row: the row.
        names: the fields.
        placed: fields that a prompt has placed already.

    Raises:
        DataError: there is no such field, or it holds no media.
    """
    found: list[Part] = []
    for name in (names,) if isinstance(names, str) else names:
        if name in (placed or ()):
            continue
        held = needed(row, name)
        if held is None:
            continue
        handles = held if isinstance(held, tuple | list) else (held,)
        if not all(isinstance(one, Media) for one in handles):
            raise DataError(
                place_of(row),
                f"the field '{name}' holds no media but a {type(held).__name__}; declare it as audio, image or video",
            )
        found += handles
    return tuple(found)


def compared_of(row: Row, names: str | Sequence[str]) -> dict[str, Media] | None:
    """Media that no model is shown, by the names of their fields."""
    wanted = (names,) if isinstance(names, str) else tuple(names)
    found: dict[str, Media] = {}
    for name in wanted:
        for at, one in enumerate(media_of(row, name)):
            if isinstance(one, Media):
                found[f"{name}[{at}]" if at else name] = one
    return found or None


def reference_of(row: Row, name: str | None) -> Any:
    """The reference in a field; None where the default field is not there."""
    if name is None or (name == _GIVEN and name not in row):
        return None
    return needed(row, name)


def cluster_of(row: Row, name: str | None) -> str | None:
    """The value of the field by which samples are dependent."""
    found = None if name is None else needed(row, name)
    return None if found is None else str(found)


def facts_of(row: Row, split: str, meta: Meta, language: Language) -> dict[str, Any] | None:
    """The sample's meta: the language, the named fields, and the facts of the split.

    Raises:
        DataError: a field is not there; the facts do not name the split.
    """
    facts: dict[str, Any] = {}
    if (code := language_of(row, split, language)) is not None:
        facts["language"] = code
    for one in (meta,) if isinstance(meta, str | Mapping) else meta:
        if isinstance(one, str):
            facts[one] = needed(row, one)
        elif split in one:
            facts |= one[split]
        else:
            raise DataError(place_of(row), f"no facts of the split '{split}'; {known(split, one)}")
    return facts or None


def language_of(row: Row, split: str, language: Language) -> str | None:
    """Code of the language: a constant, by split, or of a field.

    Raises:
        DataError: the field is not there, or holds no text.
    """
    if not isinstance(language, RowField):
        return _of(language, split, "language")
    found = needed(row, language.name)
    if found is not None and not isinstance(found, str):
        raise DataError(place_of(row), f"the field '{language.name}' is no language code but {found!r}")
    return found


def needed(row: Row, name: str) -> Any:
    """A field of the row, or what lies inside one.

    Raises:
        DataError: naming sample and row, and the fields there are.
    """
    if name in row:
        return row[name]
    if name.partition(".")[0].partition("[")[0] in row:
        return value(row, name, place_of(row))
    raise DataError(place_of(row), f"the row has no column '{name}'; {known(name, row)}")


def place_of(row: Row) -> str:
    """The sample and where its row stands, for errors."""
    place = getattr(row, "place", None)
    return f"sample '{row.get('id')}' ({place})" if place else f"sample '{row.get('id')}'"


def _filled(fields: Row, name: str, row: Row) -> Any:
    try:
        found = value(fields, name, "")
    except DataError:
        raise DataError(place_of(row), f"no field fills {{{name}}} of the prompt; {known(name, fields)}") from None
    if found is None:
        raise DataError(place_of(row), f"the field of {{{name}}} in the prompt is empty")
    return found


def _is_media(found: Any) -> bool:
    return isinstance(found, tuple) and bool(found) and all(isinstance(one, Media) for one in found)


def _of(given: BySplit, split: str, what: str) -> str | None:
    try:
        return of_split(given, split) if isinstance(given, Mapping) else given
    except KeyError:
        raise UsageError(f"no {what} for the split '{split}'; {known(split, given or ())}") from None
