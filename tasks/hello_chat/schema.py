"""What the items of Hello-Chat's tests must be, and the samples they make."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evalkit.core.errors import EvalkitError
from evalkit.core.message import Audio, Text
from evalkit.core.sample import Sample
from evalkit.core.source import Row
from evalkit.data.dialogue.dialogues import Dialogue, Rules
from evalkit.metrics.languages import canonical

TESTS = ("asr", "nlp_question", "translation", "ser", "aed", "only_yes", "dialogue")
UNDERSTANDING, DIALOGUE = TESTS[:-1], TESTS[-1:]
LABELLED = ("ser", "aed")
TRANSLATED = ("zh", "en", "ja", "ko")
YES = "yes"


def rules() -> Rules:
    """One item a line; `test` says which of the tests it belongs to."""
    return Rules(
        min_turns=1,
        max_turns=15,
        choices={"test": TESTS},
        takes=frozenset({"text", "audio"}),
        consistent=_problems,
        needs_reference=lambda value: value.get("test") != "nlp_question",
    )


def _problems(item: Dialogue) -> Iterator[str]:
    test, fields = item.fields["test"], item.fields
    recordings = [part for part in item.messages[-1].content if isinstance(part, Audio)]
    if len(recordings) != 1:
        yield f"the last message holds {len(recordings)} recordings; one is expected, with a text beside it if need be"
    if test != "dialogue" and item.turns > 1:
        yield f'{item.turns} turns; only items of "dialogue" have several'
    for name in ("source_language", "target_language") if test == "translation" else ():
        if fields.get(name) not in TRANSLATED:
            yield f'"{name}" must be one of {", ".join(TRANSLATED)}; it is {fields.get(name)!r}'
    if test == "translation" and fields.get("source_language") == fields.get("target_language"):
        yield '"source_language" and "target_language" are the same'
    if test in ("nlp_question", "translation", "dialogue") and not all(one.transcript for one in recordings):
        yield 'its recording needs a "transcript", for the judge'
    if test in LABELLED:
        yield from _label_problems(item.reference, fields.get("labels"))
    if test == "only_yes":
        if item.reference.strip().lower() != YES:
            yield f'"reference" must be "{YES}"; it is {item.reference!r}'
        if not any(isinstance(part, Text) and YES in part.text.lower() for part in item.messages[-1].content):
            yield f'its last message needs a text that asks for "{YES}" and nothing else'
    if test in ("asr", "dialogue") or "language" in fields:
        try:
            canonical(str(fields.get("language")))
        except EvalkitError as error:
            yield f'"language" must be a language code, for example en or zh: {error}'


def _label_problems(reference: str, labels: Any) -> Iterator[str]:
    if not isinstance(labels, list) or not all(isinstance(one, str) and one.strip() for one in labels):
        yield f'"labels" must be a list of texts, the closed list that the answer is one of; it is {labels!r}'
    elif len({one.strip().lower() for one in labels}) < max(2, len(labels)):
        yield f'"labels" must be two or more different texts; they are {labels!r}'
    elif reference not in labels:
        yield f'"reference" {reference!r} is none of the labels {", ".join(labels)}'


def sample(row: Row, split: str) -> Sample:
    """The sample of an item: labels as choices, what is said as the question a judge reads."""
    item: Dialogue = row["dialogue"]
    said = next((part.transcript for part in item.messages[-1].content if isinstance(part, Audio)), None)
    meta: dict[str, Any] = {**item.fields, **({"question": said} if said else {})}
    reference: Any = item.reference or None
    if split == "nlp_question" and item.accepted:
        reference = [*([reference] if reference else []), *item.accepted]
    choices = tuple(item.fields["labels"]) if split in LABELLED else None
    return Sample(item.id, item.messages, reference, meta=meta, choices=choices)


def only_yes(text: str) -> str:
    """A reply that is made of words for yes alone becomes one "yes"; any other stays as it is."""
    words = "".join(char if char.isalnum() else " " for char in text.lower()).split()
    return YES if words and all(word in _YESES for word in words) else text


_ENGLISH = ("yes", "yeah", "yep", "yup", "ok", "okay", "sure", "certainly")
_YESES = frozenset((*_ENGLISH, "是", "是的", "好", "好的", "对", "はい", "네", "예"))
