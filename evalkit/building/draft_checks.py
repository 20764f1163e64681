"""Checks that drafts of both benchmarks share: language, answers that give themselves away, texts to be spoken."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from evalkit.metrics.answers.occurrence import occurs
from evalkit.metrics.languages import canonical
from evalkit.metrics.spoken.text import language_of, word_count

NAMES = {"en": "English", "zh": "Chinese (simplified characters)"}
_NOT_SPOKEN = re.compile(
    r"https?://|www\.|^\s*(?:[-*#>]|\d+\.)\s|[*_`]{2}|[<>{}\[\]|]|[\U0001f300-\U0001faff]", re.MULTILINE
)
_LIMITS = {"zh": (100, 150), "": (60, 90)}  # units of the user, of the assistant: half more than the prompt asks for


def language_name(code: str) -> str:
    """What a prompt calls a language."""
    return NAMES.get(code, f"the language with the code {code}")


def wrong_language(texts: Sequence[str], language: str) -> Iterator[str]:
    """The language of each text, and of all together, where it is clearly another one than it should be."""
    wanted = {canonical(language), "zh"} if canonical(language) == "yue" else {canonical(language)}
    whole = language_of(" \n".join(texts))
    if whole is not None and whole not in wanted:
        yield f"it is written in {whole}, not in {language}"
        return
    for text in texts:
        found = language_of(text)
        scripts = {"zh", "ja", "ko"}
        if found is not None and found not in wanted and (found in scripts or wanted & scripts):
            yield f"{text[:60]!r} is written in {found}, not in {language}"
            return


def given_away(wordings: Sequence[str], question: str) -> Iterator[str]:
    """The wordings of the answer that stand in the question."""
    for wording in wordings:
        if occurs(question, [wording]):
            yield f'the last question holds the answer "{wording}"'


def not_speakable(text: str, language: str, who: str) -> Iterator[str]:
    """What keeps a text from being spoken as it stands."""
    if _NOT_SPOKEN.search(text):
        yield f"{text[:60]!r} cannot be spoken: it holds a link, a list, brackets, marks of a markup language or emoji"
    limit = _LIMITS.get(canonical(language), _LIMITS[""])[who == "assistant"]
    if (length := word_count(text, language)) > limit:
        yield f"{text[:60]!r} is too long for one turn of the {who}: {length} words or characters, at most {limit}"
