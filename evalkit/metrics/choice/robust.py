"""Our own rule: the option a reply commits to, by cues in a fixed order, and nothing where it commits to none or two.

The order, after thoughts, emphasis, formulas and wide characters are out of the way (`robust_text.plain`):

1. The reply is nothing but a letter, in either case, with or without marks; or nothing but the text of an option.
2. It says which: "the answer is C", "Answer: (c)", `\\boxed{C}`, "I'd choose C", "C is correct",
   答案是C, 选C, 정답은 C and the like in twenty languages, with a letter or an option's text. The last place that says so counts. One that
   is denied, asked or supposed ("the answer is not A", "if the answer is A") is passed over; one that offers two
   ("A or B") makes the reply unread.
3. It begins with a marker ("C. Reggae", "(C) ..."), and no other line begins with another one.
   Or it begins with yes, no, true, false, which is an option.
4. One of its lines is nothing but a letter or an option's text, and no other line is another one.
5. Everything it mentions is one option: letters in brackets, letters behind "option", capitals that stand alone (A not
   before a word, I never: they are words), texts of options as whole words. What is denied is no mention; neither is a
   text, or a letter, inside a longer option's text. A capital behind a word that may belong to it ("vitamin C") is not
   enough, but speaks against others.

Where letter and text disagree ("B. Rock", and Rock is option A), where equal texts leave it open, and where nothing or
several options are left, the reply is unread, and counts as wrong.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from evalkit.metrics.choice import robust_cues as cue
from evalkit.metrics.choice.outcome import Lost
from evalkit.metrics.choice.question import LETTERS, Question
from evalkit.metrics.choice.robust_text import plain

_BEFORE = r"(?<![0-9A-Za-zÀ-ɏ_°'\-+])(?<![A-Za-z]\.)"
_AFTER = r"(?![0-9A-Za-zÀ-ɏ_+#♯♭]|['\-][0-9A-Za-zÀ-ɏ]|\.[A-Za-z0-9])"
_OPEN, _CLOSE = r"[(\[【「『〔\"'“<{]", r"[)\]】」』〕\"'”>}]"
_WORDS = r"(?:(?:option|choice|letter|answer|number|选项|選項|选择|项|オプション|선택지)\b\s*:?\s*|(?:选项|選項)\s*)?"
_LETTER_HERE = re.compile(
    rf"(?:the\s+)?{_WORDS}(?:{_OPEN}\s*([A-Za-z])\s*[.:]?\s*{_CLOSE}|{_BEFORE}([A-Za-z]){_AFTER})", re.IGNORECASE
)
_LETTER_ONLY = re.compile(rf"[\s\W_]*?{_WORDS}[^\w]*([A-Za-z])[\s\W_]*", re.IGNORECASE)
_MARKER = re.compile(
    r"[ \t]*(?:option\s+|choice\s+|选项\s*)?(?:\(\s*([A-Za-z])\s*\)|([A-Z])\s*[.):、](?![A-Za-z0-9]))", re.IGNORECASE
)
_MENTION = re.compile(
    rf"(?:\b(?:option|choice)s?\s+|选项\s*)?(?:[(\[【「]\s*([A-Za-z])\s*[)\]】」]|{_BEFORE}([A-Z]){_AFTER})"
    rf"|\b(?:option|choice)\s+([a-z]){_AFTER}"
)
_GOES_ON = re.compile(
    r"\s+(?:because|since|as|due|based|which|where|is|,|and|or|—|–|-|\()|\s*(?:[^\w\s]|\Z|\n|[^\x00-ɏ])"
)
_EDGES = " \t\r\n.,;:!?\"'“”‘’()[]{}（）。，！？：；、「」『』…"
_LABELLED = " \t.:)]}\"'）：】」-–—"  # between a letter and the text it labels
_ARTICLE = re.compile(r"(?:the|an?)\s+")
_SEVERAL = -1


def robust(question: Question, response: str) -> str | Lost:
    """The letter of the option the reply commits to, by the rule above."""
    text = plain(response)
    if not text:
        return Lost.WRONG
    options = _options(question.options)
    found = _whole(options, text)
    if found is None:
        found = _said(options, text)
    if found is None:
        found = _begins(options, text)
    if found is None:
        found = _line_alone(options, text)
    if found is None:
        found = _mentioned(options, text)
    return LETTERS[found] if found is not None and found >= 0 else Lost.WRONG


@dataclass(frozen=True, slots=True)
class _Options:
    """The options of a question, ready to be looked for.

    Args:
        count: how many.
        places: folded text -> place; `_SEVERAL` where two options fold alike.
        anywhere: finds any option's text as whole words, the longest first.
    """

    count: int
    places: dict[str, int]
    anywhere: re.Pattern[str]


@functools.lru_cache(maxsize=1 << 14)
def _options(options: tuple[str, ...]) -> _Options:
    places: dict[str, int] = {}
    for at, option in enumerate(options):
        folded = _folded(option)
        places[folded] = _SEVERAL if folded in places else at
    ordered = sorted(filter(None, places), key=len, reverse=True)
    bounded = [_bounded(re.escape(text).replace(r"\ ", r"\s+"), text) for text in ordered]
    return _Options(len(options), places, re.compile("|".join(bounded) or r"(?!)"))


def _bounded(pattern: str, text: str) -> str:
    """As whole words, where the script has any: a Latin letter or digit at an edge must not go on."""
    word = r"[0-9a-zß-ɏ_]"
    before = rf"(?<!{word})" if re.match(word, text) else ""
    return before + pattern + (rf"(?!{word})" if re.match(word, text[-1]) else "")


def _folded(text: str) -> str:
    return " ".join(plain(text).casefold().strip(_EDGES).split())


def _whole(options: _Options, text: str) -> int | None:
    """A text that is a letter or an option and nothing else."""
    letter = _LETTER_ONLY.fullmatch(text)
    by_letter = _place(options, letter[1]) if letter else None
    by_text = options.places.get(_folded(text)) if len(text) < 1000 else None
    return _agreed(by_letter, by_text)


def _agreed(one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return other if one is None else one
    return one if one == other else _SEVERAL


def _place(options: _Options, letter: str) -> int | None:
    at = ord(letter.upper()) - 65
    return at if 0 <= at < options.count else None


def _said(options: _Options, text: str) -> int | None:
    """The last place that says which option is the answer."""
    said: list[tuple[int, int]] = []
    for match in cue.BEFORE_ANSWER.finditer(text):
        if not cue.UNMEANT.search(text, max(0, match.start() - 200), match.start()):
            found = _read_here(options, text, match.end())
            if found is not None:
                said.append((match.end(), found))
    for at, start, end, _ in _mentions(options, text):
        if cue.BEHIND_ANSWER.match(text, end) and not cue.UNMEANT.search(text, max(0, start - 200), start):
            said.append((start, at))
    return max(said)[1] if said else None


def _line_alone(options: _Options, text: str) -> int | None:
    """What stands alone in a line, where no other line holds another option alone."""
    if "\n" not in text:
        return None
    found = {at for line in text.splitlines() if len(line) < 500 and (at := _whole(options, line)) is not None}
    return found.pop() if len(found) == 1 else None


def _read_here(options: _Options, text: str, start: int) -> int | None:
    """The option that stands right at a place; `_SEVERAL` where another one is offered beside."""
    told, end = _text_here(options, text, start)
    letter = _LETTER_HERE.match(text, _skipped(text, start))
    if letter and not letter[1]:
        word = letter[2].islower() or letter[2] in "AI"  # perhaps an article or a pronoun
        if end > letter.end() or (word and not _GOES_ON.match(text, letter.end())):
            letter = None  # the option is "C major", the answer "C major"
    found = told
    if letter and (at := _place(options, letter[1] or letter[2])) is not None:
        told, end = _text_here(options, text, letter.end(), _LABELLED)
        found, end = _agreed(at, told), end or letter.end()
    if found is None or text[end : end + 3].lstrip(" \"')*").startswith("?"):
        return None
    if (more := cue.OR.match(text, end)) and _another(options, text, more.end(), found):
        return _SEVERAL
    return found


def _skipped(text: str, start: int) -> int:
    while start < len(text) and text[start].isspace():
        start += 1
    return start


def _another(options: _Options, text: str, start: int, found: int) -> bool:
    told, end = _text_here(options, text, start)
    letter = _LETTER_HERE.match(text, start)
    if letter and end <= letter.end() and (letter[1] or (letter[2].isupper() and _GOES_ON.match(text, letter.end()))):
        told = _place(options, letter[1] or letter[2])
    return told not in (None, found)


def _text_here(options: _Options, text: str, start: int, marks: str = _EDGES) -> tuple[int | None, int]:
    """The option whose text stands at a place, marks and an article before it allowed, and its end; (None, 0)."""
    while start < len(text) and text[start] in marks:
        start += 1
    folded = _lower(text[start : start + 500])
    article = _ARTICLE.match(folded)
    for skipped in (0, article.end()) if article else (0,):
        if (found := options.anywhere.match(folded, skipped)) is not None:
            return options.places.get(" ".join(found[0].split())), start + found.end()
    return None, 0


def _lower(text: str) -> str:
    """The text in lower case, every letter in its place."""
    folded = text.casefold()
    return folded if len(folded) == len(text) else "".join(c if len(c.lower()) > 1 else c.lower() for c in text)


def _begins(options: _Options, text: str) -> int | None:
    """A marker at the beginning, unless other lines have others; or a word that answers by itself."""
    first = _MARKER.match(text)
    if first and (at := _place(options, first[1] or first[2])) is not None:
        marked = (_MARKER.match(line) for line in text.splitlines())
        others = {_place(options, match[1] or match[2]) for match in marked if match} - {None, at}
        if not others and not cue.DENIED_BEHIND.match(text, first.end()):
            more = cue.OR.match(text, first.end())
            if more and _another(options, text, more.end(), at):
                return _SEVERAL
            return _agreed(at, _text_here(options, text, first.end(), _LABELLED)[0])
    word = re.match(r"[^\s,.:;!?，。：；！？]+", text)
    return options.places.get(word[0].casefold()) if word and word[0].casefold() in cue.SAYS_BY_ITSELF else None


def _mentions(options: _Options, text: str) -> Iterator[tuple[int, int, int, bool]]:
    """Option, start and end of every letter that may name one, and whether it surely does."""
    for match in _MENTION.finditer(text):
        letter = match[1] or match[2] or match[3]
        bare = match[0] == match[2]
        if bare and (letter == "I" or (letter == "A" and not _GOES_ON.match(text, match.end()))):
            continue
        if (at := _place(options, letter)) is not None:
            sure = not bare or bool(cue.BEFORE_LETTER.search(text, max(0, match.start() - 20), match.start()))
            yield at, match.start(), match.end(), sure


def _mentioned(options: _Options, text: str) -> int | None:
    """The only option a reply mentions without denying it."""
    found: set[int] = set()
    doubtful: set[int] = set()
    lower = _lower(text)
    spans = []
    for told in options.anywhere.finditer(lower):
        spans.append(told.span())
        if not _denied(lower, *told.span()):
            found.add(options.places.get(" ".join(told[0].split()), _SEVERAL))
    for at, start, end, sure in _mentions(options, text):
        within = any(first <= start and end <= last for first, last in spans)
        if not within and not _denied(text, start, end):
            (found if sure else doubtful).add(at)
    return found.pop() if len(found) == 1 and doubtful <= found else None


def _denied(text: str, start: int, end: int) -> bool:
    return bool(cue.DENIED_BEFORE.search(text, max(0, start - 60), start) or cue.DENIED_BEHIND.match(text, end))
