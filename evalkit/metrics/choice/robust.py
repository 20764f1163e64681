"""Our own rule: the option a reply commits to, by cues in a fixed order, and nothing where it commits to none or two.

The order, after thoughts, emphasis, formulas and wide characters are out of the way (`robust_text.plain`):

1. The reply is nothing but a letter, in either case, with or without marks; or nothing but the text of an option.
2. It says which: "the answer is C", "Answer: (c)", `\\boxed{C}`, "I'd choose C", "C is correct", 答案是C, 정답은 C and
   the like in twenty languages, with a letter or an option's text. The last place that says so counts. One that is
   denied, asked or supposed ("the answer is not A", "if the answer is A") is passed over; one that offers two ("A or
   B") makes the reply unread.
3. It begins with a marker ("C. Reggae", "(C) ..."), and no other line begins with another one. Or it begins with yes,
   no, true, false, which is an option.
4. One of its lines is nothing but a letter or an option's text, and no other line is another one.
5. Everything it mentions is one option: letters in brackets, letters behind "option", capitals that stand alone (A not
   before a word, I never: they are words), texts of options as whole words. What is denied is no mention; neither is a
   text, or a letter, inside a longer option's text. A capital behind a word that may belong to it ("vitamin C") is not
   enough, but speaks against others.

Where letter and text disagree ("B. Rock", and Rock is option A), where equal texts leave it open, and where nothing or
several options are left, the reply is unread, and counts as wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from evalkit.metrics.choice import robust_cues as cue
from evalkit.metrics.choice.outcome import Lost
from evalkit.metrics.choice.question import LETTERS, Question
from evalkit.metrics.choice.robust_options import EDGES, SEVERAL, Options, agreed, lower, options_of
from evalkit.metrics.choice.robust_text import plain

_BEFORE = r"(?<![0-9A-Za-zÀ-ɏ_°'\-+])(?<![A-Za-z]\.)"
_AFTER = r"(?![0-9A-Za-zÀ-ɏ_+#♯♭]|['\-][0-9A-Za-zÀ-ɏ]|\.[A-Za-z0-9])"
_OPEN, _CLOSE = "([{【「『〔\"'“<", ")]}】」』〕\"'”>"
_WORDS = r"(?:(?:option|choice|letter|answer|number|选项|選項|选择|项|オプション|선택지)\b\s*:?\s*|选项\s*|選項\s*)?"
_LETTER_HERE = re.compile(
    rf"(?:[Tt]he\s+)?(?i:{_WORDS})"
    rf"(?:[{re.escape(_OPEN)}]\s*([A-Za-z])\s*[.:]?\s*[{re.escape(_CLOSE)}]|{_BEFORE}([A-Za-z]){_AFTER})"
)
_LETTER_ONLY = re.compile(rf"[\W_]*(?i:{_WORDS})[\W_]*([A-Za-z])[\W_]*")
_MARKER = re.compile(
    r"[ \t]*(?i:option\s+|choice\s+|选项\s*)?(?:\(\s*([A-Za-z])\s*\)|([A-Za-z])\s*[.):、](?![A-Za-z0-9]))"
)
_ALONE = re.compile(rf"(?<![0-9A-Za-zÀ-ɏ])[A-Za-z]{_AFTER}")
_PART_OF_NAME = re.compile(r"(?:[_°'+\-]|[A-Za-z]\.)\Z")
_OPTION_WORD = re.compile(r"(?:\b(?:option|choice)s?\s+|选项\s*)\Z")
_GOES_ON = re.compile(
    r"\s+(?:because|since|as|due|based|which|where|is|,|and|or|—|–|-|\()|\s*(?:[^\w\s]|\Z|\n|[^\x00-ɏ])"
)
_SHORT = re.compile(r"\(?([A-Za-z])[.)]?")
_FIRST_WORD = re.compile(r"[^\s,.:;!?，。：；！？]+")
_LABELLED = " \t.:)]}\"'）：】」-–—"  # between a letter and the text it labels


def robust(question: Question, response: str) -> str | Lost:
    """The letter of the option the reply commits to, by the rule above."""
    text = plain(response)
    if not text:
        return Lost.WRONG
    if len(text) < 4 and (short := _SHORT.fullmatch(text)):  # most replies, at a tenth of the time
        letter = short[1].upper()
        if letter in LETTERS[: len(question.options)] and not _is_text(question, letter):
            return letter
    found = _Reading(options_of(question.options), text).found()
    return LETTERS[found] if found is not None and found >= 0 else Lost.WRONG


def _is_text(question: Question, letter: str) -> bool:
    """A letter that is the text of another option."""
    for at, option in enumerate(question.options):
        if len(option) < 4 and at != LETTERS.index(letter) and plain(option).strip(EDGES).upper() == letter:
            return True
    return False


class _Mention(NamedTuple):
    option: int
    start: int
    end: int
    sure: bool


class _Reading:
    """One reply, being read.

    Args:
        options: of the question.
        text: the reply, made plain.
    """

    def __init__(self, options: Options, text: str) -> None:
        self.options, self.text, self.lower = options, text, lower(text)

    def found(self) -> int | None:
        """The place of the option; None or `SEVERAL` where there is none."""
        found = self._whole(self.text, self.lower)
        for look in (self._said, self._begins, self._line_alone, self._mentioned):
            if found is not None:
                break
            found = look()
        return found

    def _place(self, letter: str) -> int | None:
        at = ord(letter.upper()) - 65
        return at if 0 <= at < self.options.count else None

    def _whole(self, text: str, lowered: str) -> int | None:
        """A text that is a letter or an option and nothing else."""
        letter = _LETTER_ONLY.fullmatch(text) if len(text) < 40 else None
        return agreed(self._place(letter[1]) if letter else None, self.options.equal(lowered))

    def _said(self) -> int | None:
        """The last place that says which option is the answer."""
        said: list[tuple[int, int]] = []
        for trigger in cue.TRIGGER.finditer(self.lower):
            start = trigger.start()
            match = cue.BEFORE_ANSWER.match(self.lower, start)
            if match is None and (match := cue.CHOOSES.match(self.lower, start)):
                match = match if cue.I_WOULD.search(self.lower, max(0, start - 30), start) else None
            if (
                match is not None
                and self._meant(start)
                and not cue.DOES_NOT.search(self.lower, max(0, start - 4), start)
            ):
                found = self._read_here(match.end())
                if found is not None:
                    said.append((match.end(), found))
        for mention in self._letters() if cue.BEHIND_TRIGGER.search(self.lower) else ():
            if cue.BEHIND_ANSWER.match(self.lower, mention.end) and self._meant(mention.start):
                said.append((mention.start, mention.option))
        return max(said)[1] if said else None

    def _meant(self, start: int) -> bool:
        if (
            start
            and self.lower[start - 1].isalpha()
            and self.lower[start - 1] < "\u0250"
            and self.lower[start] < "\u0250"
        ):
            return False  # inside a word
        return not cue.UNMEANT.search(self.lower, max(0, start - 200), start)

    def _read_here(self, start: int) -> int | None:
        """The option that stands right at a place; `SEVERAL` where another one is offered beside."""
        told, end = self.options.here(self.lower, start)
        letter = _LETTER_HERE.match(self.text, _skipped(self.text, start))
        if letter and not letter[1]:
            word = letter[2].islower() or letter[2] in "AI"  # perhaps an article or a pronoun
            if end > letter.end() or (word and not _GOES_ON.match(self.text, letter.end())):
                letter = None  # the option is "C major", the answer "C major"
        found, same = told, told
        if letter and (at := self._place(letter[1] or letter[2])) is not None:
            told, end = self.options.here(self.lower, letter.end(), _LABELLED)
            found, end = agreed(at, told), end or letter.end()
            if told is None and same not in (None, at):
                found = SEVERAL  # the letter is the text of another option
        if found is None or self.text[end : end + 3].lstrip(" \"')*").startswith("?"):
            return None
        return SEVERAL if self._another(end, found) else found

    def _another(self, end: int, found: int) -> bool:
        """Another option is offered behind one that ends here."""
        link = cue.OR.match(self.lower, end)
        if not link:
            return False
        told, end = self.options.here(self.lower, link.end())
        letter = _LETTER_HERE.match(self.text, link.end())
        if letter and end <= letter.end():
            alone = letter[1] or (letter[2].isupper() and _GOES_ON.match(self.text, letter.end()))
            told = self._place(letter[1] or letter[2]) if alone else told
        return told not in (None, found)

    def _begins(self) -> int | None:
        """A marker at the beginning, unless other lines have others; or a word that answers by itself."""
        first = _MARKER.match(self.text)
        if first and (at := self._place(first[1] or first[2])) is not None:
            marked = (_MARKER.match(line) for line in self.text.splitlines())
            others = {self._place(match[1] or match[2]) for match in marked if match} - {None, at}
            if not others and not cue.DENIED_BEHIND.match(self.lower, first.end()):
                if self._another(first.end(), at):
                    return SEVERAL
                return agreed(at, self.options.here(self.lower, first.end(), _LABELLED)[0])
        word = _FIRST_WORD.match(self.lower)
        return self.options.equal(word[0]) if word and word[0] in cue.SAYS_BY_ITSELF else None

    def _line_alone(self) -> int | None:
        """What stands alone in a line, where no other line holds another option alone."""
        if "\n" not in self.text:
            return None
        alone = {at for line in self.text.splitlines() if (at := self._whole(line, lower(line))) is not None}
        return alone.pop() if len(alone) == 1 else None

    def _letters(self) -> Iterator[_Mention]:
        """Every letter that may name an option."""
        text = self.text
        for match in _ALONE.finditer(text):
            start, end = match.span()
            letter = text[start]
            at = self._place(letter)
            if at is None:
                continue
            bracket = _bracketed(text, start, end)
            if bracket or _OPTION_WORD.search(self.lower, max(0, start - 12), start):
                yield _Mention(at, start - bracket, end + bracket, True)
            elif letter.isupper() and letter != "I" and not _PART_OF_NAME.search(text, max(0, start - 2), start):
                if letter == "A" and not _GOES_ON.match(text, end):
                    continue
                sure = cue.BEFORE_LETTER.search(self.lower, max(0, start - 20), start) is not None
                yield _Mention(at, start, end, sure)

    def _mentioned(self) -> int | None:
        """The only option a reply mentions without denying it."""
        texts = self.options.everywhere(self.lower)
        found = {option for option, start, end in texts if not self._denied(start, end)}
        doubtful: set[int] = set()
        for option, start, end, sure in self._letters():
            if not _within(start, end, texts) and not self._denied(start, end):
                (found if sure else doubtful).add(option)
        return found.pop() if len(found) == 1 and doubtful <= found else None

    def _denied(self, start: int, end: int) -> bool:
        before = cue.DENIED_BEFORE.search(self.lower, max(0, start - 60), start)
        return before is not None or cue.DENIED_BEHIND.match(self.lower, end) is not None


def _within(start: int, end: int, texts: Sequence[tuple[int, int, int]]) -> bool:
    return any(first <= start and end <= last for _, first, last in texts)


def _bracketed(text: str, start: int, end: int) -> bool:
    before = _OPEN.find(text[start - 1]) if start else -1
    return before >= 0 and text[end : end + 1] == _CLOSE[before]


def _skipped(text: str, start: int) -> int:
    while start < len(text) and text[start].isspace():
        start += 1
    return start
