"""MMMB: a dialogue as it stands in the review file, what must hold of it, and the line of the result it becomes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from evalkit.building.draft_checks import given_away
from evalkit.building.images import Picture
from evalkit.building.line_reading import LineReader
from evalkit.core.errors import EvalkitError
from evalkit.metrics.languages import canonical

FIELDS = (
    "id", "decision", "note", "language", "memory_type", "turn_distance", "recall_image_count", "turns", "question",
    "reference", "accepted", "alternatives", "evidence", "question_types",
)  # fmt: skip
FEWEST, MOST = 2, 15  # turns
IMAGES = "images"


def memory_problems(line: Mapping[str, Any], pictures: Collection[str]) -> list[str]:
    """What is wrong with a review line, as texts.

    Args:
        line: as it stands in the review file.
        pictures: names of the images there are.
    """
    reader = LineReader(line)
    reader.known(FIELDS)
    turns = reader.turns(FEWEST, MOST, ("image", "user", "assistant"))
    question, reference = reader.text("question"), reader.text("reference")
    accepted, alternatives = reader.texts("accepted"), reader.texts("alternatives")
    language = reader.text("language")
    if language:
        try:
            canonical(language)
        except EvalkitError as error:
            reader.found.append(f'"language": {error}')
    both = sorted({reference, *accepted} & set(alternatives))
    if both:
        reader.found.append(f'"alternatives" are wrong answers, but {both[0]!r} is also a right one')
    kinds = line.get("question_types")
    if not isinstance(kinds, list) or not all(isinstance(kind, str) for kind in kinds):
        reader.found.append('"question_types" must be a list of texts')
    shown: dict[str, int] = {}
    for number, turn in enumerate(turns, 1):
        image = turn.get("image")
        if image is None:
            continue
        if image not in pictures:
            reader.found.append(f"turn {number}: there is no image {image!r} in the folder of images")
        elif image in shown:
            reader.found.append(f"turn {number}: the image {image} was shown in turn {shown[image]} already")
        else:
            shown[image] = number
    if turns:
        reader.found += _evidence(line, turns, shown)
    if question:
        reader.found += given_away([wording for wording in (reference, *accepted) if wording], question)
    return reader.found


def _evidence(line: Mapping[str, Any], turns: list[dict[str, Any]], shown: Mapping[str, int]) -> Iterator[str]:
    evidence = line.get("evidence")
    form = '{"turn", "image"} or {"turn", "statement"}'
    if not isinstance(evidence, list) or not evidence:
        yield f'"evidence" must list what the last question needs, each {form}'
        return
    places: list[int] = []
    images: set[str] = set()
    told = 0
    for number, entry in enumerate(evidence, 1):
        keys = set(entry) if isinstance(entry, dict) else set()
        place = entry.get("turn") if isinstance(entry, dict) else None
        if keys not in ({"turn", "image"}, {"turn", "statement"}) or isinstance(place, bool):
            yield f"evidence {number} must be {form}"
            return
        if not isinstance(place, int) or not 1 <= place <= len(turns):
            yield f'evidence {number}: "turn" is {place!r}; expected 1 to {len(turns)}'
            return
        places.append(place)
        if "image" in entry:
            if not isinstance(entry["image"], str) or shown.get(entry["image"]) != place:
                yield f"evidence {number}: turn {place} does not show the image {entry['image']!r}"
            elif entry["image"] in images:
                yield f"evidence {number}: the image {entry['image']} is named twice"
            images.add(str(entry["image"]))
        else:
            told += 1
            if not _stands(entry["statement"], turns[place - 1]["user"]):
                yield f"evidence {number}: the user does not say {entry['statement']!r} in turn {place}"
    facts = {
        "memory_type": "mixed" if images and told else "image" if images else "text",
        "turn_distance": len(turns) + 1 - min(places),
        "recall_image_count": len(images),
    }
    for name, value in facts.items():
        if line.get(name) != value or isinstance(line.get(name), bool):
            yield f'"{name}" is {line.get(name)!r}; by the evidence it is {value!r}'


def _stands(quote: Any, text: str) -> bool:
    return isinstance(quote, str) and bool(quote.split()) and " ".join(quote.split()) in " ".join(text.split())


def memory_row(
    line: Mapping[str, Any], pictures: Mapping[str, Picture], files: Mapping[str, str], question: Any
) -> dict[str, Any]:
    """The line of `dialogues.jsonl`.

    Args:
        line: a reviewed line without problems.
        pictures: name -> image.
        files: name -> its path in the result.
        question: content of the last turn: a text or parts.
    """
    messages: list[dict[str, Any]] = []
    for turn in line["turns"]:
        content: Any = turn["user"]
        if turn.get("image") is not None:
            picture = pictures[turn["image"]]
            shown = {
                "type": "image",
                "path": files[picture.name],
                "provenance": picture.provenance,
                "licence": picture.licence,
            }
            content = [shown, {"type": "text", "text": turn["user"]}]
        messages += [{"role": "user", "content": content}, {"role": "assistant", "content": turn["assistant"]}]
    messages.append({"role": "user", "content": question})
    kept = ("reference", "accepted", "alternatives", "memory_type", "turn_distance", "recall_image_count")
    return {
        "id": line["id"],
        "language": line["language"],
        "messages": messages,
        **{name: line[name] for name in kept},
        "evidence": line["evidence"],
        "question_types": line["question_types"],
        "review": {"accept": "accepted", "correct": "corrected"}[line["decision"]],
    }
