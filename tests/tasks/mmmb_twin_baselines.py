"""What can be answered in mmmb_twin without memory: guessers that are as strong as we could make them.

Each gets more than a model would: the kind of the answer, all other items with their answers, or the state itself.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from evalkit.metrics.answers.values import tokens
from evalkit.tasks.mmmb_twin.answers.reading import read_answer
from evalkit.tasks.mmmb_twin.dialogues import Twin, twins

Guess = Callable[[Twin], str]


@cache
def dialogues() -> tuple[Twin, ...]:
    """The 300 dialogues."""
    return tuple(twins(0))


def right(twin: Twin, answer: str) -> bool:
    former = twin.plot.query["op"] == "first"
    return read_answer(answer, twin.plot.answer.wordings, twin.alternatives, former=former).right


def accuracy(guess: Guess, chosen: Iterable[Twin]) -> float:
    """Share of right answers in %."""
    found = [right(twin, guess(twin)) for twin in chosen]
    return 100 * sum(found) / len(found)


def of_type(*kinds: str) -> list[Twin]:
    return [twin for twin in dialogues() if twin.order.memory in kinds]


def chance(chosen: Sequence[Twin]) -> float:
    """What a uniform guess among the values an answer could have had would score, in %."""
    return 100 * sum(1 / twin.plot.choices for twin in chosen) / len(chosen)


def commonest(chosen: Iterable[Twin]) -> str:
    """The most frequent answer."""
    counted = Counter(twin.plot.answer.text for twin in chosen)
    return max(sorted(counted), key=lambda text: counted[text])


def always_commonest(twin: Twin) -> str:
    """One answer to everything: the commonest of all 300."""
    return commonest(dialogues())


def commonest_of_kind(twin: Twin) -> str:
    """Only the last turn: the commonest answer among all other items with the same kind of answer."""
    others = [one for one in _by_kind()[twin.order.language, twin.plot.kind] if one is not twin]
    return commonest(others) if others else ""


@cache
def _by_kind() -> Mapping[tuple[str, str], list[Twin]]:
    found: dict[tuple[str, str], list[Twin]] = defaultdict(list)
    for twin in dialogues():
        found[twin.order.language, twin.plot.kind].append(twin)
    return found


def nearest_question(twin: Twin) -> str:
    """Only the last turn: the answer of the item, among all others, whose last turn has most words in common."""
    mine = _words(twin.messages[-1].text)
    others = [one for one in dialogues() if one is not twin and one.order.language == twin.order.language]
    nearest = max(
        others, key=lambda one: len(mine & _words(one.messages[-1].text)) / len(mine | _words(one.messages[-1].text))
    )
    return nearest.plot.answer.text


@cache
def _words(text: str) -> frozenset[str]:
    return frozenset(token.text or f"{token.value:g}" for token in tokens(text) if token.kind != "break")


def _sentences(twin: Twin) -> list[str]:
    said = [message.text for message in twin.messages[:-1]]
    return [part for text in said for part in re.split(r"(?<=[.!?。！？])\s*", text) if part]


def _candidates(twin: Twin) -> list[tuple[str, str]]:
    """Values in the history that have the form of the answer, with the sentence they stand in, in order.

    What counts as a value of the kind is learnt from the answers and wrong candidates of all other items of the kind.
    """
    shapes = {kind for kind in ("number", "time") if any(token.kind == kind for token in tokens(twin.plot.answer.text))}
    found = []
    if shapes:
        for sentence in _sentences(twin):
            for token in tokens(sentence):
                if token.kind in shapes:
                    value = token.value
                    text = f"{int(value) // 60}:{int(value) % 60:02d}" if token.kind == "time" else f"{value:g}"
                    found.append((text, sentence))
        return found
    known = {
        word
        for one in _by_kind()[twin.order.language, twin.plot.kind]
        for word in (one.plot.answer.text, *one.alternatives)
    }
    for sentence in _sentences(twin):
        found += [(word, sentence) for word in sorted(known) if word in sentence]
    return found


def latest_value(twin: Twin) -> str:
    """Text without images: the last value of the right form that was said."""
    found = _candidates(twin)
    return found[-1][0] if found else commonest_of_kind(twin)


def most_frequent_value(twin: Twin) -> str:
    """Text without images: the value of the right form that was said most often."""
    counted = Counter(text for text, _ in _candidates(twin))
    return max(sorted(counted), key=lambda text: counted[text]) if counted else commonest_of_kind(twin)


def best_matching_value(twin: Twin) -> str:
    """Text without images: the value of the right form in the sentence that shares most words with the question."""
    found = _candidates(twin)
    asked = _words(twin.messages[-1].text)
    if not found:
        return commonest_of_kind(twin)
    return max(found, key=lambda entry: len(asked & _words(entry[1])) / (4 + len(_words(entry[1]))))[0]


def worked_out_value(twin: Twin) -> str:
    """Text without images: the best matching number, combined with the typical size of what the images would add.

    It knows the kind of question, and for each the mean factor or difference between answer and statement over all
    other items of that kind.
    """
    stated = _stated(twin)
    others = [(one.plot.answer.number, _stated(one)) for one in dialogues() if one is not twin and one.plot.name == twin.plot.name
              and one.order.images == twin.order.images]  # fmt: skip
    pairs = [(answer, said) for answer, said in others if answer and said]
    if not stated or not pairs:
        return commonest_of_kind(twin)
    factors = Counter(round(answer / said) for answer, said in pairs)
    if twin.plot.name == "collection":
        return f"{stated * max(sorted(factors), key=lambda factor: factors[factor]):g}"
    gaps = [said - answer for answer, said in pairs]
    return f"{stated - round(sum(gaps) / len(gaps)):g}"


def _stated(twin: Twin) -> float | None:
    """The number of the statement the question needs."""
    for piece in twin.plot.needed:
        if piece.statement is not None and isinstance(piece.statement.fact.get("value"), (int, float)):
            return float(piece.statement.fact["value"])
    return None


def caption(twin: Twin) -> str:
    """Everything the last image shows, sentence by sentence."""
    return ". ".join(fact.says for fact in twin.pictures[-1].facts.values()) + "."


def short_caption(twin: Twin) -> str:
    """One sentence about the last image, of the kind that is asked for where it has such a fact."""
    facts = list(twin.pictures[-1].facts.values())
    fitting = [fact for fact in facts if fact.kind == twin.plot.kind] or facts
    asked = _words(twin.messages[-1].text)
    return max(fitting, key=lambda fact: max(len(asked & _words(ask)) for ask in fact.asks)).says


LAST_TURN: Mapping[str, Guess] = {"commonest of the kind": commonest_of_kind, "nearest question": nearest_question}
TEXT_ONLY: Mapping[str, Guess] = {
    "latest value": latest_value,
    "most frequent value": most_frequent_value,
    "best matching value": best_matching_value,
    "worked out value": worked_out_value,
    **LAST_TURN,
}
CAPTION: Mapping[str, Guess] = {"caption": caption, "short caption": short_caption}


def table() -> dict[str, Any]:
    """Measured levels, for the card."""
    rows: dict[str, Any] = {}
    for name, guess in {**LAST_TURN, "commonest answer": always_commonest, **TEXT_ONLY, **CAPTION}.items():
        rows[name] = {kind: round(accuracy(guess, of_type(kind)), 1) for kind in ("text", "image", "mixed")}
        rows[name]["all"] = round(accuracy(guess, dialogues()), 1)
    rows["uniform guess"] = {kind: round(chance(of_type(kind)), 1) for kind in ("text", "image", "mixed")}
    rows["uniform guess"]["all"] = round(chance(dialogues()), 1)
    return rows


if __name__ == "__main__":
    for name, levels in table().items():
        print(f"{name:24}", levels)
