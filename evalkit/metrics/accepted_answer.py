"""Accepted answer: a free-form answer commits to one of the accepted wordings, and to nothing else.

The rule, for answers that are known by construction:

1. Answer and wordings are read as tokens (`answer_tokens`): numbers by value and unit, number words and Chinese
   numerals as numbers, times of day by the clock, words without case, articles, punctuation and plural endings.
2. A wording occurs where its tokens stand side by side. "3" does not occur in "13" or "3.5"; "5 km" not in "5 miles".
   Wordings of other candidates (`meta["alternatives"]`) are looked for as well; the longest one wins ("pink" inside
   "hot pink" is no "pink").
3. A candidate that is denied ("not red", "而不是红色"), or named as superseded ("from Monday", "原来是周一"), is
   ignored; only other candidates can be superseded.
4. Clauses commit: one that holds an accepted wording and no other candidate commits to it; one that holds another
   candidate alone commits to that. After a conclusion ("so", "the answer is", "=", "所以", "答案是") only what follows
   it counts.
5. Right: a clause commits to an accepted wording, and none to anything else. Candidates joined by "or", "/", a range,
   or listed are several answers, and several answers are wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evalkit.core.errors import DataError
from evalkit.core.metric import Metric, ratio
from evalkit.core.sample import Sample
from evalkit.core.score import Score, Vector
from evalkit.core.scorer import Answered, Scorer
from evalkit.metrics.answer_tokens import Token, tokens

VERSION = 1  # raised when the rule decides differently

_RIGHT: dict[str, Vector] = {"correct": (1, 1)}
_WRONG: dict[str, Vector] = {"correct": (0, 1)}
_REACH = 3  # words between a denial and what it denies

_DENIED = tuple(
    tuple(tokens(cue))
    for cue in (
        "not", "isn't", "wasn't", "aren't", "weren't", "never", "neither", "nor", "rather than", "instead of",
        "whether", "不是", "并非", "不再是", "没有", "是否",
    )
)  # fmt: skip
_SUPERSEDED = tuple(
    tuple(tokens(cue))
    for cue in (
        "from", "before", "previously", "originally", "initially", "earlier", "formerly", "no longer", "used to",
        "instead of", "rather than", "at first", "unlike", "changed", "moved", "old", "original", "previous",
        "原来", "原本", "本来", "之前", "以前", "起初", "最初", "一开始", "先前", "从", "由",
    )
)  # fmt: skip
_CONCLUSIONS = tuple(
    tuple(tokens(cue))
    for cue in (
        "so", "therefore", "thus", "hence", "answer is", "answer would be", "final answer", "altogether", "in total",
        "所以", "因此", "答案", "总共", "一共", "合计",
    )
)  # fmt: skip


_SHOWN = frozenset(  # "the three menus", 三份: what is counted is what was shown, not what was asked for
    token.text
    for token in tokens(
        "menu receipt chart forecast picture photo image ticket shelf shelves plan flat board clock landscape document "
        "份张家套块幅页组遍次处种段"
    )
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What an answer commits to.

    Args:
        right: it gives an accepted answer and no other.
        matched: the accepted wording it was found by; None where there is none.
        several: it offers more than one candidate.
    """

    right: bool
    matched: str | None
    several: bool


@dataclass(frozen=True, slots=True)
class _Mention:
    clause: int
    start: int
    end: int
    accepted: bool
    wording: int
    hedged: bool


def read_answer(text: str, accepted: Sequence[str], alternatives: Sequence[str] = ()) -> Reading:
    """Decide by the rule above.

    Args:
        text: the answer.
        accepted: wordings that are right.
        alternatives: wordings of other candidates, which a right answer does not also offer; accepted ones among
            them are ignored.
    """
    right = [_pattern(wording) for wording in accepted]
    wrong = [_pattern(wording) for wording in alternatives]
    wrong = [other for other in wrong if other and not any(_same(other, pattern) for pattern in right)]
    clauses = _clauses(text)
    mentions = [mention for place in range(len(clauses)) for mention in _mentions(clauses[place], place, right, wrong)]
    concluded = _conclusion(clauses)
    after = [mention for mention in mentions if (mention.clause, mention.start) >= concluded]
    mentions = after or mentions
    matched = next((accepted[mention.wording] for mention in mentions if mention.accepted), None)
    committed: set[bool] = set()
    hedged = False
    for place in {mention.clause for mention in mentions}:
        kinds = {mention.accepted for mention in mentions if mention.clause == place}
        hedged |= any(mention.hedged for mention in mentions if mention.clause == place)
        if len(kinds) == 1:
            committed |= kinds
    if _bare_numbers(clauses, right, concluded):
        committed.add(False)
    several = matched is not None and (hedged or committed != {True})
    return Reading(committed == {True} and not hedged, matched, several)


def occurs(text: str, wordings: Sequence[str]) -> bool:
    """True when a text holds one of the wordings, in whatever sense: no clauses, no denials, no rivals."""
    read = tokens(text)
    return any(True for wording in wordings for _ in _places(read, _pattern(wording)))


def _pattern(wording: str) -> list[Token]:
    return [token for token in tokens(wording) if token.kind not in ("break", "or")]


def _same(one: Sequence[Token], other: Sequence[Token]) -> bool:
    return len(one) == len(other) and all(a.fits(b) for a, b in zip(one, other, strict=True))


def _clauses(text: str) -> list[list[Token]]:
    found: list[list[Token]] = [[]]
    for token in tokens(text):
        if token.kind == "break":
            found.append([])
        else:
            found[-1].append(token)
    return [clause for clause in found if clause]


def _mentions(
    clause: Sequence[Token], place: int, right: Sequence[Sequence[Token]], wrong: Sequence[Sequence[Token]]
) -> list[_Mention]:
    """Candidates of one clause, longest first and without overlap; denied and superseded ones left out."""
    ordered = sorted(
        [(-len(pattern), not ok, number, pattern) for ok, side in ((True, right), (False, wrong))
         for number, pattern in enumerate(side) if pattern],
        key=lambda entry: entry[:3],
    )  # fmt: skip
    taken: set[int] = set()
    found = []
    for size, is_other, number, pattern in ordered:
        for start in _places(clause, pattern):
            span = range(start, start - size)
            if taken.isdisjoint(span) and not (is_other and _means_something_else(clause, span, pattern)):
                taken.update(span)
                if not _dismissed(clause[:start], is_other):
                    hedged = any(clause[at].kind == "or" for at in (start - 1, start - size) if 0 <= at < len(clause))
                    found.append(_Mention(place, start, start - size, not is_other, number, hedged))
    return found


def _places(clause: Sequence[Token], pattern: Sequence[Token]) -> Iterator[int]:
    for start in range(len(clause) - len(pattern) + 1):
        if all(clause[start + i].fits(token) for i, token in enumerate(pattern)):
            yield start


def _means_something_else(clause: Sequence[Token], span: range, pattern: Sequence[Token]) -> bool:
    """True for numbers that equal another candidate by accident: another unit, "one", or how many things were shown."""
    same_units = all(clause[at].unit == token.unit for at, token in zip(span, pattern, strict=True))
    counts = clause[span[-1]].kind == "number" and span.stop < len(clause) and clause[span.stop].text in _SHOWN
    return not same_units or counts or any(clause[at].soft for at in span)


def _dismissed(before: Sequence[Token], is_other: bool) -> bool:
    near = before[-_REACH - 2 :]
    if is_other and any(True for cue in _SUPERSEDED for _ in _places(before, cue)):
        return True
    return any(True for cue in _DENIED for _ in _places(near, cue))


def _conclusion(clauses: Sequence[Sequence[Token]]) -> tuple[int, int]:
    """Clause and place of the last conclusion's end; (0, 0) without one."""
    found = (0, 0)
    for place, clause in enumerate(clauses):
        for cue in _CONCLUSIONS:
            for start in _places(clause, cue):
                if cue[0].text not in ("so", "thus", "hence") or start == 0:
                    found = max(found, (place, start + len(cue)))
    return found


def _bare_numbers(clauses: Sequence[Sequence[Token]], right: Sequence[Sequence[Token]], since: tuple[int, int]) -> bool:
    """True when the wanted answer is a number and a clause that is nothing but a number gives another one."""
    wanted = [pattern[0] for pattern in right if len(pattern) == 1 and pattern[0].kind in ("number", "time")]
    if not wanted:
        return False
    bare = [clause[0] for clause in clauses[since[0] :] if len(clause) == 1 and clause[0].kind in ("number", "time")]
    bare = [token for token in bare if not token.soft]
    return len(bare) > 1 and any(
        not token.fits(other) for token in bare for other in wanted if token.kind == other.kind
    )


class AcceptedAnswer(Scorer):
    """Share of answers that give an accepted answer and no other, %.

    The reference is a text or a list of accepted wordings; `meta["alternatives"]` may list wordings of other
    candidates. See the module for the rule.
    """

    name = "accepted_answer"
    profile = ""

    def __init__(self) -> None:
        # named as judges name a verdict of right or wrong, so that either serves a task's columns
        self.metrics = (Metric("correct", "Acc", ("right", "samples"), ratio),)

    def identity(self) -> Mapping[str, Any]:
        """The rule's version."""
        return {"rule": VERSION}

    def check(self, sample: Sample) -> None:
        """The reference must be a text or a list of texts with something to look for."""
        _accepted(sample.id, sample.reference)
        _alternatives(sample.id, sample.meta)

    def worst(self, answer: Answered) -> Mapping[str, Vector]:
        """Wrong."""
        return _WRONG

    def missing(self, answer: Answered) -> Mapping[str, Vector]:
        """No answer is a wrong answer."""
        return _WRONG

    def score(self, answers: Sequence[Answered]) -> Iterator[Score]:
        """One for a right answer, zero otherwise; several candidates are flagged."""
        for answer in answers:
            accepted = _accepted(answer.id, answer.reference)
            reading = read_answer(answer.response.text or "", accepted, _alternatives(answer.id, answer.meta))
            yield Score(
                "scored",
                _RIGHT if reading.right else _WRONG,
                flags=("several_candidates",) if reading.several else (),
                detail={"matched": reading.matched} if reading.matched is not None else None,
            )


def _accepted(key: str, reference: Any) -> Sequence[str]:
    accepted = reference if isinstance(reference, list) else [reference]
    if not accepted or not all(isinstance(wording, str) and _pattern(wording) for wording in accepted):
        raise DataError(
            f"sample '{key}'", f"accepted_answer needs a text reference or a list of them, not {reference!r}"
        )
    return accepted


def _alternatives(key: str, meta: Mapping[str, Any] | None) -> Sequence[str]:
    found = (meta or {}).get("alternatives", [])
    if not isinstance(found, list) or not all(isinstance(wording, str) for wording in found):
        raise DataError(f"sample '{key}'", '"alternatives" must be a list of texts')
    return found


def accepted_answer() -> AcceptedAnswer:
    """The accepted-answer scorer of a task; see `AcceptedAnswer`."""
    return AcceptedAnswer()
