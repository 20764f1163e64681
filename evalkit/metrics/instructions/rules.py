"""The 25 types of instructions of IFEval: what each needs to know, and when a text follows it.

Source: google-research/google-research, instruction_following_eval/instructions.py (Apache-2.0), and the copy in
VoiceBench 5338154, which differs in one letter rule. Behaviours are theirs, the faults too: keywords are regular
expressions, "*" opens a bullet only before another character, a response that is one bullet counts none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from evalkit.metrics.instructions import packages

Kind = Literal["count", "relation", "text", "texts", "letter", "language", "pattern", "patterns"]
RELATIONS = ("less than", "at least")
# The official table of languages; another one ends the official program.
LANGUAGES = frozenset(
    code
    for group in (
        "ar bg bn de en es fa fi fr gu he hi it ja kn",
        "ko ml mr ne pa pl pt ru sw ta te th uk ur vi",
    )
    for code in group.split()
)
_OPTIONS = ("My answer is yes.", "My answer is no.", "My answer is maybe.")


@dataclass(frozen=True, slots=True)
class Rule:
    """One type of instruction.

    Args:
        follows: whether a text follows it, given the values of `fields`.
        fields: what the instruction states, by name of the official argument.
        package: another package it needs.
    """

    follows: Callable[[str, Mapping[str, Any]], bool]
    fields: Mapping[str, Kind]
    package: str | None = None


def _compared(found: int, relation: str, wanted: int) -> bool:
    return found < wanted if relation == RELATIONS[0] else found >= wanted


def _has_keywords(text: str, said: Mapping[str, Any]) -> bool:
    return all(re.search(keyword, text, re.IGNORECASE) for keyword in said["keywords"])


def _keyword_frequency(text: str, said: Mapping[str, Any]) -> bool:
    found = len(re.findall(said["keyword"].strip(), text, re.IGNORECASE))
    return _compared(found, said["relation"], said["frequency"])


def _lacks_words(text: str, said: Mapping[str, Any]) -> bool:
    return not any(re.search(rf"\b{word}\b", text, re.IGNORECASE) for word in said["forbidden_words"])


def _letter_frequency(text: str, said: Mapping[str, Any]) -> bool:
    return _compared(text.lower().count(said["letter"].lower()), said["let_relation"], said["let_frequency"])


def _in_language(text: str, said: Mapping[str, Any]) -> bool:
    return packages.language_of(text) in (said["language"], None)


def _sentences(text: str, said: Mapping[str, Any]) -> bool:
    return _compared(packages.count_sentences(text), said["relation"], said["num_sentences"])


def _words(text: str, said: Mapping[str, Any]) -> bool:
    return _compared(len(re.findall(r"\w+", text)), said["relation"], said["num_words"])


def _paragraphs(text: str, said: Mapping[str, Any]) -> bool:
    """Between "***"; an empty one counts as none at either end, and fails the response elsewhere."""
    paragraphs = [bool(paragraph.strip()) for paragraph in re.split(r"\s?\*\*\*\s?", text)]
    if not all(paragraphs[1:-1]):
        return False
    return bool(sum(paragraphs) == said["num_paragraphs"])


def _nth_paragraph_first_word(text: str, said: Mapping[str, Any]) -> bool:
    """The nth is counted with the empty paragraphs, their number without."""
    paragraphs = text.split("\n\n")
    number = sum(bool(paragraph.strip()) for paragraph in paragraphs)
    nth = said["nth_paragraph"]
    if nth > number or not (paragraph := paragraphs[nth - 1].strip()):
        return False
    word = paragraph.split(maxsplit=1)[0].lstrip("'").lstrip('"')
    word = re.split(r"[.,?!'\"]", word, maxsplit=1)[0]
    # letter by letter, as there: a word in lower case can differ (final sigma)
    first = "".join(letter.lower() for letter in word)
    return bool(number == said["num_paragraphs"] and first == said["first_word"].lower())


def _placeholders(text: str, said: Mapping[str, Any]) -> bool:
    """Pairs of square brackets on one line, from an opening one to the next closing one."""
    found = 0
    for line in text.split("\n"):
        start = line.find("[")
        while start >= 0 and (end := line.find("]", start)) >= 0:
            found += 1
            start = line.find("[", end)
    return bool(found >= said["num_placeholders"])


def _postscript(text: str, said: Mapping[str, Any]) -> bool:
    marker = said["postscript_marker"].strip()
    patterns = {"P.P.S": r"p\.\s?p\.\s?s", "P.S.": r"p\.\s?s\."}
    return re.search(patterns.get(marker, marker.lower()), text.lower()) is not None


def _bullets(text: str, said: Mapping[str, Any]) -> bool:
    # spaces of one line only: those of earlier, empty lines add no bullet, and take quadratic time
    stars = re.findall(r"^[^\S\n]*\*[^\*].*$", text, re.MULTILINE)
    dashes = re.findall(r"^[^\S\n]*-.*$", text, re.MULTILINE)
    return bool(len(stars) + len(dashes) == said["num_bullets"])


def _highlights(text: str, said: Mapping[str, Any]) -> bool:
    """Text between asterisks on one line; what stands between double ones counts a second time."""
    single = sum(bool(found.strip("*").strip()) for found in re.findall(r"\*[^\n\*]*\*", text))
    double = sum(bool(found[2:-2].strip()) for found in re.findall(r"\*\*[^\n\*]*\*\*", text))
    return bool(single + double >= said["num_highlights"])


def _sections(text: str, said: Mapping[str, Any]) -> bool:
    parts = re.split(r"\s?" + said["section_spliter"].strip() + r"\s?\d+\s?", text)
    return bool(len(parts) - 1 >= said["num_sections"])


def _json(text: str, said: Mapping[str, Any]) -> bool:
    text = text.strip()
    for opening in ("```json", "```Json", "```JSON", "```"):
        text = text.removeprefix(opening)
    try:
        json.loads(text.removesuffix("```").strip())
    except (ValueError, RecursionError):
        return False
    return True


def _title(text: str, said: Mapping[str, Any]) -> bool:
    """Something between "<<" and the line's last ">>"."""
    for line in text.split("\n"):
        start, end = line.find("<<"), line.rfind(">>")
        if 0 <= start < end - 2 and line[start : end + 2].lstrip("<").rstrip(">").strip():
            return True
    return False


def _two_responses(text: str, said: Mapping[str, Any]) -> bool:
    parts = [part.strip() for part in text.split("******")]
    if not all(parts[1:-1]):
        return False
    responses = [part for part in parts if part]
    return len(responses) == 2 and responses[0] != responses[1]


def _repeats(text: str, said: Mapping[str, Any]) -> bool:
    return text.strip().lower().startswith(said["prompt_to_repeat"].strip().lower())


def _ends(text: str, said: Mapping[str, Any]) -> bool:
    return text.strip().strip('"').lower().endswith(said["end_phrase"].strip().lower())


def _capital_words(text: str, said: Mapping[str, Any]) -> bool:
    found = sum(word.isupper() for word in packages.words_of(text))
    return _compared(found, said["capital_relation"], said["capital_frequency"])


def _quoted(text: str, said: Mapping[str, Any]) -> bool:
    text = text.strip()
    return len(text) > 1 and text[0] == '"' == text[-1]


_ENGLISH = ("en", None)  # a text whose language nothing tells passes, as there
RULES: dict[str, Rule] = {
    "keywords:existence": Rule(_has_keywords, {"keywords": "patterns"}),
    "keywords:frequency": Rule(
        _keyword_frequency, {"keyword": "pattern", "frequency": "count", "relation": "relation"}
    ),
    "keywords:forbidden_words": Rule(_lacks_words, {"forbidden_words": "patterns"}),
    "keywords:letter_frequency": Rule(
        _letter_frequency, {"letter": "letter", "let_frequency": "count", "let_relation": "relation"}
    ),
    "language:response_language": Rule(_in_language, {"language": "language"}, "langdetect"),
    "length_constraints:number_sentences": Rule(_sentences, {"num_sentences": "count", "relation": "relation"}, "nltk"),
    "length_constraints:number_paragraphs": Rule(_paragraphs, {"num_paragraphs": "count"}),
    "length_constraints:number_words": Rule(_words, {"num_words": "count", "relation": "relation"}),
    "length_constraints:nth_paragraph_first_word": Rule(
        _nth_paragraph_first_word, {"num_paragraphs": "count", "nth_paragraph": "count", "first_word": "text"}
    ),
    "detectable_content:number_placeholders": Rule(_placeholders, {"num_placeholders": "count"}),
    "detectable_content:postscript": Rule(_postscript, {"postscript_marker": "pattern"}),
    "detectable_format:number_bullet_lists": Rule(_bullets, {"num_bullets": "count"}),
    "detectable_format:constrained_response": Rule(lambda text, said: any(one in text for one in _OPTIONS), {}),
    "detectable_format:number_highlighted_sections": Rule(_highlights, {"num_highlights": "count"}),
    "detectable_format:multiple_sections": Rule(_sections, {"section_spliter": "pattern", "num_sections": "count"}),
    "detectable_format:json_format": Rule(_json, {}),
    "detectable_format:title": Rule(_title, {}),
    "combination:two_responses": Rule(_two_responses, {}),
    "combination:repeat_prompt": Rule(_repeats, {"prompt_to_repeat": "text"}),
    "startend:end_checker": Rule(_ends, {"end_phrase": "text"}),
    "startend:quotation": Rule(_quoted, {}),
    "change_case:capital_word_frequency": Rule(
        _capital_words, {"capital_frequency": "count", "capital_relation": "relation"}, "nltk"
    ),
    "change_case:english_capital": Rule(
        lambda text, said: text.isupper() and packages.language_of(text) in _ENGLISH, {}, "langdetect"
    ),
    "change_case:english_lowercase": Rule(
        lambda text, said: text.islower() and packages.language_of(text) in _ENGLISH, {}, "langdetect"
    ),
    "punctuation:no_comma": Rule(lambda text, said: "," not in text, {}),
}
