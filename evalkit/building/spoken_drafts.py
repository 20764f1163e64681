"""Stage 2 of MSIB: a language model writes the dialogue of a plan; its lines in the review file and in the result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evalkit.building.asking import Item, UnusableError
from evalkit.building.draft_checks import language_name, not_speakable, wrong_language
from evalkit.building.line_reading import LineReader
from evalkit.building.prompting import fill
from evalkit.building.spoken_plan import EXPLAINED, SpokenPlan
from evalkit.building.text_replies import TEXT, list_of, objects_of
from evalkit.core.errors import EvalkitError
from evalkit.core.message import Message, user
from evalkit.data.dialogue.spoken_dialogues import DIMENSIONS
from evalkit.metrics.languages import canonical
from evalkit.metrics.spoken.expect import problems as expect_problems

FIELDS = (
    "id", "decision", "note", "language", "dimension", "turns", "question", "reference", "attribute", "expect",
)  # fmt: skip
FEWEST, MOST = 2, 10  # turns
SCHEMA = objects_of(
    {
        "turns": list_of(objects_of({"user": TEXT, "assistant": TEXT})),
        "question": TEXT,
        "reference": TEXT,
        "attribute": TEXT,
    }
)


def spoken_item(plan: SpokenPlan) -> Item:
    """The question for one dialogue."""
    plain = {
        "dimension": plan.dimension.replace("_", " "),
        "explained": EXPLAINED[plan.dimension],
        "language": language_name(plan.language),
        "turns": str(plan.turns),
        "context": str(plan.turns - 1),
        "persona": plan.persona,
        "topic": plan.topic,
        "task": plan.task,
    }

    def messages(problem: str | None) -> tuple[Message, ...]:
        text = fill("spoken", plan.id, plain)
        if problem is not None:
            text += "\n" + fill("again", plan.id, fenced={"problem": problem})
        return (user(text),)

    return Item(plan.id, messages, SCHEMA)


def read_spoken_draft(plan: SpokenPlan, reply: Mapping[str, Any]) -> dict[str, Any]:
    """The review line of a reply.

    Raises:
        UnusableError: everything in which it is not what was planned, or cannot be spoken.
    """
    if len(reply["turns"]) != plan.turns - 1:
        raise UnusableError(f"{len(reply['turns'])} turns before the last words; expected {plan.turns - 1}")
    line = {
        "id": plan.id,
        "decision": "",
        "note": "",
        "language": plan.language,
        "dimension": plan.dimension,
        "turns": [{name: turn[name].strip() for name in ("user", "assistant")} for turn in reply["turns"]],
        "question": reply["question"].strip(),
        "reference": reply["reference"].strip(),
        "attribute": reply["attribute"].strip(),
        "expect": dict(plan.expect),
    }
    found = spoken_problems(line) or list(_careless(line))
    if found:
        raise UnusableError("; ".join(found))
    return line


def spoken_problems(line: Mapping[str, Any]) -> list[str]:
    """What is wrong with a review line, as texts."""
    reader = LineReader(line)
    reader.known(FIELDS)
    reader.turns(FEWEST, MOST)
    for name in ("question", "reference", "attribute"):
        reader.text(name)
    if line.get("dimension") not in DIMENSIONS:
        reader.found.append(f'"dimension" must be one of {", ".join(DIMENSIONS)}; it is {line.get("dimension")!r}')
    language = reader.text("language")
    if language:
        try:
            canonical(language)
        except EvalkitError as error:
            reader.found.append(f'"language": {error}')
    reader.found += expect_problems(line.get("expect"))
    return reader.found


def _careless(line: Mapping[str, Any]) -> Iterator[str]:
    """Faults that a person may overrule."""
    said = [turn["user"] for turn in line["turns"]] + [line["question"]]
    replies = [turn["assistant"] for turn in line["turns"]]
    yield from wrong_language([*said, *replies, line["reference"]], line["language"])
    for text in said:
        yield from not_speakable(text, line["language"], "user")
    for text in (*replies, line["reference"]):
        yield from not_speakable(text, line["language"], "assistant")
    if len(set(said)) < len(said):
        yield "the user says the same words twice"
    if line["reference"] in replies:
        yield "the reference repeats an earlier reply word by word"


def spoken_row(line: Mapping[str, Any], parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The line of `dialogues.jsonl`.

    Args:
        line: a reviewed line without problems.
        parts: the audio parts of the user's turns, in order.
    """
    messages: list[dict[str, Any]] = []
    for turn, part in zip(line["turns"], parts, strict=False):
        messages += [{"role": "user", "content": [dict(part)]}, {"role": "assistant", "content": turn["assistant"]}]
    messages.append({"role": "user", "content": [dict(parts[-1])]})
    return {
        "id": line["id"],
        "language": line["language"],
        "dimension": line["dimension"],
        "messages": messages,
        "reference": line["reference"],
        "attribute": line["attribute"],
        "expect": line["expect"],
        "review": {"accept": "accepted", "correct": "corrected"}[line["decision"]],
    }


def said_by_user(line: Mapping[str, Any]) -> list[str]:
    """The user's turns, in order."""
    return [turn["user"] for turn in line["turns"]] + [line["question"]]
