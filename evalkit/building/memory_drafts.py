"""Stage 3 of MMMB: a language model writes the dialogue of a plan; what it writes is held against the plan."""

from __future__ import annotations

import json
import string
from collections.abc import Iterator, Mapping
from typing import Any

from evalkit.building.asking import Item, UnusableError
from evalkit.building.describing import Description
from evalkit.building.draft_checks import language_name, wrong_language
from evalkit.building.memory_lines import memory_problems
from evalkit.building.memory_plan import MemoryPlan
from evalkit.building.prompting import fill
from evalkit.building.text_replies import NUMBER, TEXT, list_of, objects_of
from evalkit.core.message import Message, user
from evalkit.metrics.answers.occurrence import occurs

SCHEMA = objects_of(
    {
        "turns": list_of(objects_of({"image": TEXT, "user": TEXT, "assistant": TEXT})),
        "question": TEXT,
        "reference": TEXT,
        "accepted": list_of(TEXT),
        "alternatives": list_of(TEXT),
        "statements": list_of(objects_of({"turn": NUMBER, "quote": TEXT})),
    }
)


def labels(plan: MemoryPlan) -> dict[str, str]:
    """Image -> the letter that prompt and reply call it by, in order of showing."""
    shown = [turn.image for turn in plan.turns if turn.image is not None]
    return dict(zip(shown, string.ascii_uppercase, strict=False))


def draft_item(plan: MemoryPlan, descriptions: Mapping[str, Description]) -> Item:
    """The question for one dialogue."""
    letters = labels(plan)
    pictures = {
        letter: {
            "caption": descriptions[image].caption,
            "facts": [[fact.question, fact.answer] for fact in descriptions[image].facts],
        }
        for image, letter in letters.items()
    }
    needed: list[str] = []
    table: list[str] = []
    for place, turn in enumerate(plan.turns, 1):
        words = [f"turn {place}: {turn.kind}"]
        if turn.image is not None:
            words.append(f"shows picture {letters[turn.image]}")
        if turn.fact is not None and turn.image is not None:
            needed.append(f"picture {letters[turn.image]}: {turn.fact.question} {turn.fact.answer}")
        if turn.states:
            words.append("tells a fact")
            needed.append(f"the fact that the user tells in turn {place}, invented by you")
        table.append("- " + "; ".join(words))
    plain = {
        "turns": str(len(plan.turns) + 1),
        "context": str(len(plan.turns)),
        "language": language_name(plan.language),
        "table": "\n".join(table),
        "needs": _needs(plan),
    }
    fenced = {"pictures": json.dumps(pictures, ensure_ascii=False, indent=1), "needed": "\n".join(needed)}

    def messages(problem: str | None) -> tuple[Message, ...]:
        text = fill("memory", plan.id, plain, fenced)
        if problem is not None:
            text += "\n" + fill("again", plan.id, fenced={"problem": problem})
        return (user(text),)

    return Item(plan.id, messages, SCHEMA)


def _needs(plan: MemoryPlan) -> str:
    told = sum(turn.states for turn in plan.turns)
    facts = f"{told} fact{'s' if told > 1 else ''} that the user told"
    count = plan.recall_image_count
    images = f"{count} picture{'s' if count > 1 else ''} shown earlier"
    return {"text": f"{facts}, and no picture", "image": f"{images}, and nothing that was said",
            "mixed": f"{images} and {facts}"}[plan.memory_type]  # fmt: skip


def read_draft(plan: MemoryPlan, reply: Mapping[str, Any]) -> dict[str, Any]:
    """The review line of a reply.

    Args:
        plan: what was asked for.
        reply: the JSON object, of the types of `SCHEMA`.

    Raises:
        UnusableError: everything in which it is not what was planned.
    """
    found = list(_unlike(plan, reply))
    if found:
        raise UnusableError("; ".join(found))
    line = _line(plan, reply)
    found = memory_problems(line, labels(plan)) + list(_careless(line))
    if found:
        raise UnusableError("; ".join(found))
    return line


def _unlike(plan: MemoryPlan, reply: Mapping[str, Any]) -> Iterator[str]:
    """In what a reply departs from the plan's form."""
    turns, letters = reply["turns"], labels(plan)
    if len(turns) != len(plan.turns):
        yield f"{len(turns)} turns before the last question; expected {len(plan.turns)}"
        return
    for place, (turn, planned) in enumerate(zip(turns, plan.turns, strict=True), 1):
        wanted = letters[planned.image] if planned.image is not None else ""
        if turn["image"].strip() != wanted:
            yield f'turn {place} shows picture "{turn["image"]}"; expected "{wanted}"'
    telling = [place for place, turn in enumerate(plan.turns, 1) if turn.states]
    if sorted(entry["turn"] for entry in reply["statements"]) != telling:
        said = ", ".join(str(entry["turn"]) for entry in reply["statements"]) or "none"
        expected = ", ".join(map(str, telling)) or "none"
        yield f"statements name the turns {said}; expected {expected}"


def _line(plan: MemoryPlan, reply: Mapping[str, Any]) -> dict[str, Any]:
    turns = []
    for turn, planned in zip(reply["turns"], plan.turns, strict=True):
        image = {"image": planned.image} if planned.image is not None else {}
        turns.append({**image, "user": turn["user"].strip(), "assistant": turn["assistant"].strip()})
    evidence: list[dict[str, Any]] = [
        {"turn": place, "image": turn.image} for place, turn in enumerate(plan.turns, 1) if turn.fact is not None
    ]
    evidence += [{"turn": entry["turn"], "statement": entry["quote"].strip()} for entry in reply["statements"]]
    reference = reply["reference"].strip()
    accepted = [wording for wording in _distinct(reply["accepted"]) if wording != reference]
    return {
        "id": plan.id,
        "decision": "",
        "note": "",
        "language": plan.language,
        "memory_type": plan.memory_type,
        "turn_distance": plan.turn_distance,
        "recall_image_count": plan.recall_image_count,
        "turns": turns,
        "question": reply["question"].strip(),
        "reference": reference,
        "accepted": accepted,
        "alternatives": _distinct(reply["alternatives"]),
        "evidence": sorted(evidence, key=lambda entry: entry["turn"]),
        "question_types": [turn.kind for turn in plan.turns],
    }


def _distinct(texts: list[str]) -> list[str]:
    return list(dict.fromkeys(text.strip() for text in texts if text.strip()))


def _careless(line: Mapping[str, Any]) -> Iterator[str]:
    """Faults that a person may overrule: another language, and answers that stand in turns that are not needed."""
    turns = line["turns"]
    texts = [text for turn in turns for text in (turn["user"], turn["assistant"])]
    yield from wrong_language([*texts, line["question"]], line["language"])
    telling = {entry["turn"] for entry in line["evidence"] if "statement" in entry}
    for place, turn in enumerate(turns, 1):
        if place in telling:
            continue
        for wording in (line["reference"], *line["accepted"]):
            if occurs(turn["user"] + "\n" + turn["assistant"], [wording]):
                yield f'turn {place} says the answer "{wording}", which only what is needed may tell'
                break
