"""What a free-form answer commits to: one of the accepted wordings and nothing else, or something else.

The rule, for answers that are known by construction:

1. Answer and wordings are read as tokens (`evalkit.metrics.answers.values`): numbers by value and unit, number words
   and Chinese numerals as numbers, times by the clock, dates by day and month, words without case, articles and plural
   endings. Where "A" is a wording, it is the letter of an option, and an article only before a noun.
2. A wording occurs where its tokens stand side by side. "3" does not occur in "13" or "3.5"; "5 km" not in "5 miles".
   Wordings of other candidates are looked for as well; the longest one wins ("pink" inside "hot pink" is no "pink").
3. A candidate that is denied ("not red", "而不是红色") is ignored. Other candidates than the accepted ones are also
   ignored where the answer sets them aside: as superseded ("from Monday", "it was Monday before", "原来是周一"), as
   the rest ("the others have 27", "其余的"), as a comparison or reason ("compared to", "because"), or in brackets.
4. A conclusion outweighs what led to it and what explains it: "so", "the answer is", what comes after "=", a clause
   that settles ("the warmest is", "in total", "must leave", "最便宜的是"). The last one that names a candidate counts,
   the first kinds before the last kind, and with it the list it begins. One that gives another number is wrong.
5. Clauses commit: one that holds an accepted wording and no other candidate commits to it; one that holds another
   candidate alone commits to that.
6. Right: a clause commits to an accepted wording, and none to anything else. Candidates joined by "or", "/", a range,
   or listed are several answers, and several answers are wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from evalkit.metrics.answers.occurrence import OPTION_A, pattern, places
from evalkit.metrics.answers.values import Token, tokens
from evalkit.tasks.mmmb_twin.answers import cues as cue
from evalkit.tasks.mmmb_twin.answers.clauses import Clause, clauses

_REACH = 3  # words between a denial and what it denies
_LINKS = frozenset({"and", "then", "和", "与", "跟"})
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


def read_answer(
    text: str, accepted: Sequence[str], alternatives: Sequence[str] = (), *, former: bool = False
) -> Reading:
    """Decide by the rule above.

    Args:
        text: the answer.
        accepted: wordings that are right.
        alternatives: wordings of other candidates, which a right answer does not also offer; accepted ones among
            them are ignored.
        former: the question asks for what held before a correction, so that it is the later value that an answer may
            name beside.
    """
    right = _with_units([pattern(wording) for wording in accepted])
    wrong = [pattern(wording) for wording in alternatives]
    wrong = [other for other in wrong if other and not any(_same(other, one) for one in right)]
    found = clauses(text, options=OPTION_A in (*right, *wrong))
    if not any(token.kind == "date" for one in right for token in one):
        found = [replace(clause, tokens=[_day(token) for token in clause.tokens]) for clause in found]
    mentions = [mention for place in range(len(found)) for mention in _mentions(found, place, right, wrong, former)]
    mentions = _outside(found, mentions)
    concluded = _concluded(found, mentions, right)
    mentions = mentions if concluded is None else concluded
    matched = next((accepted[mention.wording] for mention in mentions if mention.accepted), None)
    committed: set[bool] = set()
    for place in {mention.clause for mention in mentions}:
        kinds = {mention.accepted for mention in mentions if mention.clause == place}
        if len(kinds) == 1:
            committed |= kinds
    hedged = any(mention.hedged for mention in mentions)
    if committed == {True} and _lists_numbers(found, mentions, right, concluded is not None):
        committed.add(False)
    several = matched is not None and (hedged or committed != {True})
    return Reading(committed == {True} and not hedged, matched, several)


def _outside(found: Sequence[Clause], mentions: list[_Mention]) -> list[_Mention]:
    """Candidates that stand neither in brackets nor among what stays as it was; all of them where there are none."""
    main = {at for at, clause in enumerate(found) if not clause.aside and not _holds(clause.tokens, cue.STAYS)}
    if not any(mention.clause in main for mention in mentions):
        return mentions
    return [mention for mention in mentions if mention.hedged or mention.clause in main]


def _day(token: Token) -> Token:
    """A date as the number of its day, for answers that are no dates themselves."""
    return Token("number", value=token.value % 100) if token.kind == "date" else token


def _with_units(patterns: Sequence[tuple[Token, ...]]) -> list[tuple[Token, ...]]:
    """A bare number beside the same one with a unit stands for that: 67.50 of "67.50 euros" is not 67.50 dollars."""
    units = {one[0].value: one[0].unit for one in patterns if len(one) == 1 and one[0].kind == "number" and one[0].unit}
    return [
        (replace(one[0], unit=units[one[0].value]),)
        if len(one) == 1 and one[0].kind == "number" and one[0].unit is None and one[0].value in units
        else one
        for one in patterns
    ]


def _same(one: Sequence[Token], other: Sequence[Token]) -> bool:
    return len(one) == len(other) and all(a.fits(b) for a, b in zip(one, other, strict=True))


def _mentions(
    found: Sequence[Clause],
    place: int,
    right: Sequence[Sequence[Token]],
    wrong: Sequence[Sequence[Token]],
    former: bool,
) -> list[_Mention]:
    """Candidates of one clause, longest first and without overlap; denied ones and those set aside left out."""
    clause = found[place].tokens
    ordered = sorted(
        [(-len(one), not ok, number, one) for ok, side in ((True, right), (False, wrong))
         for number, one in enumerate(side) if one],
        key=lambda entry: entry[:3],
    )  # fmt: skip
    taken: set[int] = set()
    kept = []
    for size, is_other, number, one in ordered:
        for start in places(clause, one):
            span = range(start, start - size)
            if taken.isdisjoint(span) and not (is_other and _means_something_else(clause, span, one)):
                taken.update(span)
                if not (_set_aside(found, place, span, former) if is_other else _denied(clause, span)):
                    hedged = any(clause[at].kind == "or" for at in (start - 1, start - size) if 0 <= at < len(clause))
                    kept.append(_Mention(place, start, start - size, not is_other, number, hedged))
    return kept


def _holds(clause: Sequence[Token], some: Sequence[cue.Cue]) -> bool:
    return any(True for one in some for _ in places(clause, one))


def _begins(told: Sequence[Token], some: Sequence[cue.Cue]) -> bool:
    return any(_holds(told[: len(one)], [one]) for one in some)


def _ends(told: Sequence[Token], some: Sequence[cue.Cue]) -> bool:
    return any(_holds(told[-len(one) :], [one]) for one in some)


def _means_something_else(clause: Sequence[Token], span: range, wanted: Sequence[Token]) -> bool:
    """True for numbers that equal another candidate by accident: another unit, "one", or how many things were shown."""
    same_units = all(clause[at].unit == token.unit for at, token in zip(span, wanted, strict=True))
    counts = clause[span[-1]].kind == "number" and span.stop < len(clause) and clause[span.stop].text in _SHOWN
    return not same_units or counts or any(clause[at].soft for at in span)


def _denied(clause: Sequence[Token], span: range) -> bool:
    """True when an accepted answer is denied by what stands before it in its clause, or only a term of a sum."""
    near = clause[: span.start][-_REACH - 2 :]
    if _begins(clause[span.stop :], cue.TAKEN_FROM):
        return True
    if _ends(near, cue.ADJACENT):
        return True
    for one in cue.EQUATED:
        for start in places(near, one):
            if not _holds(near[max(start - 1, 0) : start], cue.EXISTS):
                return True
    return False


def _set_aside(found: Sequence[Clause], place: int, span: range, former: bool = False) -> bool:
    """True when another candidate is denied, of another time, or no more than the rest, a comparison or a reason."""
    clause = found[place].tokens
    before, behind = clause[: span.start], clause[span.stop :]
    if _holds(before[-_REACH - 2 :], cue.DENIED) or _begins(behind, cue.TAKEN_FROM):
        return True
    current = _ends(before, cue.CURRENT) or _begins(behind, cue.CURRENT_BEHIND)
    current = current and not _ends(before, cue.COMPARED)
    if former:
        return current or _holds(before, cue.LATER)
    if current:
        return False
    if _holds(before, cue.SUPERSEDED) or _ends(behind, cue.SUPERSEDED_BEHIND) or _holds(clause, cue.STAYS):
        return True
    earlier = [one.tokens for one in found[:place] if one.sentence == found[place].sentence]
    return _holds(before, cue.ASIDE) or any(_holds(one, cue.ASIDE_ON) for one in (*earlier, before))


def _bare(clause: Sequence[Token], span: range) -> bool:
    """True when a clause holds nothing but what is in the span."""
    return all(at in span or clause[at].text in _LINKS for at in range(len(clause)))


def _concluded(
    found: Sequence[Clause], mentions: Sequence[_Mention], right: Sequence[Sequence[Token]]
) -> list[_Mention] | None:
    """What the last conclusion commits to, with the list it begins; None without one that gives anything.

    Where the answer is a number, a conclusion that gives another number commits to no candidate.
    """
    wanted = [one[0] for one in right if len(one) == 1 and one[0].kind in ("number", "time")]
    for sought in (_conclusions, _results, _settlements):
        for place, since in reversed(list(sought(found))):
            number = _number_given(found, mentions, place, since, wanted)
            if number is not None:
                later = [found[one.clause] for one in mentions if one.clause > number]
                leading = sought is _results and place == 0
                if not leading and any(
                    not clause.aside and not _number_alone(clause) and not _rest(clause) for clause in later
                ):
                    continue  # a step on the way
                return []
            chosen = _from(found, mentions, place, since, 0)
            if not chosen and sought is _settlements:
                chosen = _within(found, mentions, place)
            chosen = chosen or _from(found, mentions, place, since, 1)
            if chosen:
                return chosen
    return None


def _number_given(
    found: Sequence[Clause], mentions: Sequence[_Mention], place: int, since: int, wanted: Sequence[Token]
) -> int | None:
    """The clause in which a conclusion gives a number that is no candidate; None where it does not."""
    for at in range(place, len(found)):
        if found[at].sentence > found[place].sentence or (at > place and not _number_alone(found[at])):
            return None
        first = since if at == place else 0
        if any(one.clause == at and one.start >= first for one in mentions):
            return None
        if _gives_number(found[at].tokens[first:], wanted):
            return at
    return None


def _rest(clause: Clause) -> bool:
    return _holds(clause.tokens, cue.ASIDE_ON)


def _gives_number(clause: Sequence[Token], wanted: Sequence[Token]) -> bool:
    """True for a number that could be the answer: of its kind and unit, and no count of what was shown."""
    return any(
        token.kind == other.kind and token.unit == other.unit and not token.soft
        and not (at + 1 < len(clause) and clause[at + 1].text in _SHOWN)
        for at, token in enumerate(clause) for other in wanted
    )  # fmt: skip


def _conclusions(found: Sequence[Clause]) -> Iterator[tuple[int, int]]:
    """Clause and first place after each conclusion."""
    for place, clause in enumerate(found):
        ends = [
            start + len(one)
            for one in cue.CONCLUSIONS
            for start in places(clause.tokens, one)
            if one[0].text not in cue.AT_START or start == 0
        ]
        if ends:
            yield place, max(ends)


def _results(found: Sequence[Clause]) -> Iterator[tuple[int, int]]:
    """What follows "=" after a sum ("A = 3, B = 4" is a list), and a number at the start that a colon explains."""
    if len(found) > 1 and _number_alone(found[0]) and ":" in found[1].opened_by:
        yield 0, 0
    for place, clause in enumerate(found):
        if "=" in clause.opened_by:
            left = [one for one in found[:place] if one.sentence == clause.sentence]
            if sum(token.kind in ("number", "time") for one in left for token in one.tokens) > 1:
                yield place, 0


def _settlements(found: Sequence[Clause]) -> Iterator[tuple[int, int]]:
    for place, clause in enumerate(found):
        if not clause.aside and _holds(clause.tokens, cue.SETTLED):
            yield place, 0


def _from(
    found: Sequence[Clause], mentions: Sequence[_Mention], place: int, since: int, further: int
) -> list[_Mention]:
    """Candidates of the first clause that names one, and of the list it begins.

    It is looked for from a clause and a token on, to the end of the sentence and of so many further ones.
    """
    for at in range(place, len(found)):
        if found[at].sentence > found[place].sentence + further:
            break
        chosen = [one for one in mentions if one.clause == at and (at > place or one.start >= since)]
        if chosen:
            following = at + 1
            while following < len(found) and found[following].goes_on:
                more = [one for one in mentions if one.clause == following]
                if not more or not all(_bare(found[following].tokens, range(one.start, one.end)) for one in more):
                    break
                chosen += more
                following += 1
            return chosen
    return []


def _within(found: Sequence[Clause], mentions: Sequence[_Mention], place: int) -> list[_Mention]:
    """Candidates of the nearest clause before this one in its sentence: "it is 31, which is the highest"."""
    earlier = [
        one.clause for one in mentions if one.clause < place and found[one.clause].sentence == found[place].sentence
    ]
    return [one for one in mentions if earlier and one.clause == max(earlier)]


def _lists_numbers(
    found: Sequence[Clause], mentions: Sequence[_Mention], right: Sequence[Sequence[Token]], concluded: bool
) -> bool:
    """True when the accepted number stands in a list of numbers.

    Numbers that lead to a conclusion or to a sentence with the answer, or explain it after a colon, are no such list.
    """
    wanted = [one[0] for one in right if len(one) == 1 and one[0].kind in ("number", "time")]
    bare = {at for at, clause in enumerate(found) if _number_alone(clause) and not _set_aside(found, at, range(0))}
    for at in {mention.clause for mention in mentions}:
        listed = set(_joined(found, bare, at))
        if at in bare and not concluded:
            listed |= {place for place in bare if found[place].sentence == found[at].sentence and place != at}
        for place in listed:
            token = next(token for token in found[place].tokens if token.kind in ("number", "time"))
            if any(token.kind == other.kind and not token.fits(other) for other in wanted):
                return True
    return False


def _joined(found: Sequence[Clause], bare: set[int], at: int) -> Iterator[int]:
    """Bare clauses that follow one, joined by commas."""
    for place in range(at + 1, len(found)):
        if place not in bare or not found[place].goes_on:
            return
        yield place


def _number_alone(clause: Clause) -> bool:
    told = [] if clause.aside else [token for token in clause.tokens if token.text not in _LINKS]
    return len(told) == 1 and told[0].kind in ("number", "time") and not told[0].soft
