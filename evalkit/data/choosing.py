"""Samples with options to choose from."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Literal

from evalkit.core.errors import DataError, UsageError
from evalkit.core.message import Message, Text
from evalkit.core.sample import Sample
from evalkit.core.source import Row
from evalkit.data.asking import (
    Language,
    Meta,
    Prompt,
    cluster_of,
    facts_of,
    instructed,
    media_of,
    needed,
    place_of,
)
from evalkit.data.splits import BySplit

AnswerKind = Literal["letter", "text", "index"]
_LETTERS = string.ascii_uppercase
_STYLE = re.compile(r"(\W*)([aA1])(\W+)text", re.ASCII)
_LETTERED = re.compile(r"\s*\(?([A-Za-z])[.):]\s*(.*)", re.DOTALL)


def choices(
    prompt: BySplit = "{question}\n{options}",
    media: str | Sequence[str] = (),
    options: str | Sequence[str] = "choices",
    answer: str = "answer",
    style: str = "A. text",
    *,
    context: str | None = None,
    meta: Meta = (),
    rotations: Literal["all"] | None = None,
    answer_as: AnswerKind | None = None,
    lettered: bool = False,
    equal: bool = False,
    withheld: Collection[str] = (),
    language: Language = None,
    cluster: str | None = None,
    system: BySplit = None,
) -> Callable[[Row, str], Any]:
    """Make samples of choice questions. `Sample.choices` are the options' texts, the reference is the right one's.

    Args:
        prompt: template; beside the row's fields it knows {options} (one a line, put behind the prompt where it has no
            such placeholder), {letters} ("A, B, C"), {last} (the last letter) and {context}.
        media: fields with recordings, images or videos, shown before the text unless the prompt places them.
        options: the field with the list of options (or an object of letter -> option); or one field for each option, of
            which those at the end may be empty.
        answer: field with the right option: its text, its letter, or its index from 0.
        style: how an option is written: "A. text", "(a) text", "1) text", "text", or a template of {letter}, {lower},
            {number} and {text}.
        context: field with a hint that may be empty; it stands before the question unless the prompt places {context}.
        meta: fields to keep in the sample's meta, and facts by split.
        rotations: "all" makes a sample of each rotation of the options, for circular evaluation: ids ID#1 to ID#N, of
            which ID#1 has the given order, all in the cluster of the row's id. The rule is VLMEvalKit's.
        answer_as: what `answer` holds, where a text may be taken for a letter.
        lettered: the options come with letters of their own ("A. text"), which are taken off.
        equal: equal options may stand, as in MMAU, whose rule compares texts; else they are refused.
        withheld: splits whose right answers may be empty, for leaderboards that keep them: such samples have no
            reference (see `choice(withheld=True)`).
        language: code of the language, kept in the sample's meta; by split, or of a `field`.
        cluster: field whose equal values make samples dependent; not with rotations.
        system: template of a system instruction.

    Returns:
        A function of row and split; with rotations it gives a list of samples.

    Raises:
        UsageError: a style or template that cannot be read.
    """
    if rotations not in (None, "all"):
        raise UsageError(f"rotations is None or 'all', not {rotations!r}")
    if rotations and cluster:
        raise UsageError("the rotations of a row are its cluster; leave cluster= out")
    if prompt is None:
        raise UsageError("a choice question needs a prompt, such as '{question}\\n{options}'")
    asked, told, written = _with_options(prompt), Prompt(system), _style(style)

    def make(row: Row, split: str) -> Sample | list[Sample]:
        texts = _options(row, options, lettered, equal)
        unknown = split in withheld and needed(row, answer) in (None, "")
        reference = None if unknown else texts[_right(row, texts, answer, answer_as)]
        first = "" if context is None else _context(row, context)

        def sample(at: int, key: str, group: str | None) -> Sample:
            order = texts[at:] + texts[:at]
            names = [_LETTERS[number] for number in range(len(order))]
            more = {
                "options": "\n".join(written(number, text) for number, text in enumerate(order)),
                "letters": ", ".join(names),
                "last": names[-1],
            }
            if context is not None:  # else a field of the row may have that name
                more["context"] = first
            parts, placed = asked.parts(row, split, more)
            if first and "{context}" not in (asked.text(split) or ""):
                parts = [Text(first), *parts] if not isinstance(parts[0], Text) else _before(first, parts)
            facts = facts_of(row, split, meta, language) or {}
            if rotations:
                facts["rotation"] = at
            return Sample(
                id=key,
                messages=(
                    *instructed(told, row, split),
                    Message("user", (*media_of(row, media, placed), *parts)),
                ),
                reference=reference,
                cluster=group,
                meta=facts or None,
                choices=tuple(order),
            )

        if rotations is None:
            return sample(0, row["id"], cluster_of(row, cluster))
        return [sample(at, f"{row['id']}#{at + 1}", row["id"]) for at in range(len(texts))]

    return make


def _with_options(prompt: BySplit) -> Prompt:
    """The prompt, with {options} at its end where it places them nowhere."""

    def ended(one: str | None) -> str:
        if one is None:
            raise UsageError("a choice question needs a prompt, such as '{question}\\n{options}'")
        return one if "{options}" in one else f"{one}\n{{options}}"

    if isinstance(prompt, str):
        return Prompt(ended(prompt))
    assert prompt is not None
    ready = {split: ended(one) for split, one in prompt.items()}
    other = getattr(prompt, "other", None)
    if other is None:
        return Prompt(ready)
    return Prompt(type(prompt)(ready, ended(other)))  # type: ignore[call-arg]


def _before(first: str, parts: list[Any]) -> list[Any]:
    return [Text(f"{first}\n{parts[0].text}"), *parts[1:]]


def _style(style: str) -> Callable[[int, str], str]:
    if "{" in style:
        template = style
    elif style == "text":
        template = "{text}"
    else:
        found = _STYLE.fullmatch(style)
        if found is None:
            raise UsageError(
                f"the style '{style}' of options is none of 'A. text', '(a) text', '1) text', 'text', or a template "
                "of {letter}, {lower}, {number}, {text}"
            )
        name = {"A": "letter", "a": "lower", "1": "number"}[found[2]]
        template = f"{found[1]}{{{name}}}{found[3]}{{text}}"

    def written(number: int, text: str) -> str:
        letter = _LETTERS[number]
        return template.format(letter=letter, lower=letter.lower(), number=number + 1, text=text)

    try:
        if "text" not in written(0, "text"):
            raise UsageError(f"the style '{style}' of options does not say where their {{text}} stands")
    except (KeyError, ValueError, IndexError) as error:
        raise UsageError(f"the style '{style}' of options cannot be filled: {error}") from None
    return written


def _context(row: Row, name: str) -> str:
    found = needed(row, name)
    if found is not None and not isinstance(found, str):
        raise DataError(place_of(row), f"the field '{name}' is no text but {found!r}")
    return (found or "").strip()


def _options(row: Row, options: str | Sequence[str], lettered: bool, equal: bool) -> list[str]:
    """The texts of the options, checked."""
    place = place_of(row)
    if isinstance(options, str):
        found = needed(row, options)
        if isinstance(found, Mapping):
            names = [str(name).strip().upper() for name in found]
            if names != list(_LETTERS[: len(names)]):
                raise DataError(
                    place, f"the options in '{options}' have the names {', '.join(names)}, not A, B, C, ..."
                )
            found = list(found.values())
        if not isinstance(found, list | tuple):
            raise DataError(place, f"the field '{options}' must be a list of options, not {found!r}")
        texts = list(found)
    else:
        texts = [row.get(name) for name in options]
        if not any(name in row for name in options):
            needed(row, options[0])
        while texts and texts[-1] in (None, ""):
            texts.pop()
    wrong = next((text for text in texts if not isinstance(text, str | int | float) or isinstance(text, bool)), None)
    if wrong is not None or None in texts:
        raise DataError(place, f"an option must be text, not {wrong!r}")
    said = [str(text).strip() for text in texts]
    if lettered:
        said = [_without_letter(place, at, text) for at, text in enumerate(said)]
    if "" in said:
        raise DataError(place, f"option {_LETTERS[said.index('')]} is empty")
    if len(said) < 2:
        raise DataError(place, f"{len(said)} options, expected at least two" if said else "there are no options")
    if len(said) > len(_LETTERS):
        raise DataError(place, f"{len(said)} options, more than there are letters")
    twice = next((text for at, text in enumerate(said) if text in said[:at]), None)
    if twice is not None and not equal:
        raise DataError(place, f"two options are equal: '{twice}'; say equal=True where the rule compares texts")
    return said


def _without_letter(place: str, at: int, text: str) -> str:
    found = _LETTERED.fullmatch(text)
    if found is None or found[1].upper() != _LETTERS[at]:
        raise DataError(place, f"option {at + 1} does not begin with its letter {_LETTERS[at]}: '{text[:60]}'")
    return found[2].strip()


def _right(row: Row, texts: list[str], name: str, kind: AnswerKind | None) -> int:
    """Index of the right option.

    Raises:
        DataError: the answer is none of the options, or may be two of them.
    """
    given, place = needed(row, name), place_of(row)
    if given is None or given == "":
        raise DataError(place, f"no answer: the field '{name}' is empty")
    said = str(given).strip()
    found: dict[AnswerKind, int] = {}
    if kind in (None, "text") and said in texts:
        found["text"] = texts.index(said)
    bare = said.strip("().: ").upper()
    if kind in (None, "letter") and len(bare) == 1 and bare in _LETTERS[: len(texts)] and isinstance(given, str):
        found["letter"] = _LETTERS.index(bare)
    counted = isinstance(given, int) and not isinstance(given, bool)
    if kind == "index" and said.isdigit():
        counted = True
    if kind in (None, "index") and counted and 0 <= int(said) < len(texts):
        found["index"] = int(said)
    if len(set(found.values())) > 1:
        both = " and ".join(f"{_LETTERS[at]} as {word}" for word, at in found.items())
        raise DataError(place, f"the answer '{given}' may be option {both}; say which with answer_as=")
    if not found:
        raise DataError(place, f"the answer {given!r} is none of the options {', '.join(texts)}")
    return next(iter(found.values()))
