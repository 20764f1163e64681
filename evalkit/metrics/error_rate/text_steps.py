"""The text preparation that error-rate profiles do around the normalisers, as steps on lists of texts.

A step maps texts to texts, one by one and independently; steps compose with `chain`.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Callable
from functools import cache
from importlib import import_module

from evalkit.metrics.error_rate.invisible import without_invisible
from evalkit.normalize.whisper_basic import drop_spans

Step = Callable[[list[str]], list[str]]

# The characters of zhon.hanzi.punctuation, as ranges.
HANZI_PUNCTUATION = (
    "\uff02-\uff0d\uff0f\uff1a-\uff1e\uff20\uff3b-\uff40\uff5b-\uff60\uff62-\uff64\u3000\u3001\u3003\u3008-\u3011"
    "\u3014-\u301f\u3030\u303e\u303f\u2013\u2014\u2018\u2019\u201b-\u201f\u2026\u2027\ufe4f\ufe51\ufe54\u00b7"
    "\uff0e\uff01\uff1f\uff61\u3002"
)
_SEEDTTS_PUNCTUATION = re.compile(f"[{HANZI_PUNCTUATION}{re.escape(string.punctuation.replace(chr(39), ''))}]+")
_TAG = re.compile(r"<\|.*?\|>")
_SPACE_BEFORE_PUNCTUATION = re.compile(" ?([!,.?;:])")
_LATIN_IN_WIDE_PARENTHESES = re.compile("（[a-z A-Z]+?）")
_DOTTED_I = "İ"
_DIGITS = re.compile(r"\d+")


def chain(*steps: Step) -> Step:
    """One step that does all of them in order."""

    def run(texts: list[str]) -> list[str]:
        for step in steps:
            texts = step(texts)
        return texts

    return run


def each(function: Callable[[str], str]) -> Step:
    """The step that applies a function to every text."""
    return lambda texts: [function(text) for text in texts]


def unchanged(texts: list[str]) -> list[str]:
    """The step that does nothing."""
    return texts


def normalizer(name: str) -> Step:
    """The step of a registered normaliser."""
    from evalkit.normalize import get_batch

    batch = get_batch(name)
    return lambda texts: list(batch(texts))


def without_tags(text: str) -> str:
    """Drop ``<|...|>`` tags, squeeze white space, drop a space before ``!,.?;:`` and leading spaces.

    Source: Qwen2-Audio eval_audio/evaluate_asr.py, languages other than Chinese.
    """
    text = _tags_to_spaces(text)
    squeezed = " ".join(text.split())
    if text[-1:].isspace():
        squeezed += " "
    return _SPACE_BEFORE_PUNCTUATION.sub(r"\1", squeezed).lstrip(" ")


def without_tags_and_spaces(text: str) -> str:
    """Drop ``<|...|>`` tags and all white space.

    Source: Qwen2-Audio eval_audio/evaluate_asr.py, Chinese.
    """
    return "".join(_tags_to_spaces(text).split())


def _tags_to_spaces(text: str) -> str:
    """Every tag becomes a space; a tag does not go beyond its line.

    After the last "|>" of a line no tag can end: cutting there keeps "<|<|<|" from being read again and again.
    """
    if "<|" not in text:
        return text
    lines = []
    for line in text.split("\n"):
        end = line.rfind("|>") + 2 if "|>" in line else 0
        lines.append(_TAG.sub(" ", line[:end]) + line[end:])
    return "\n".join(lines)


def without_punctuation_words(text: str) -> str:
    """Drop space-delimited words made only of punctuation (category P), lower-case the rest.

    Source: the evaluation tokenizer of Qwen2-Audio eval_audio/evaluate_tokenizer.py.
    """
    return " ".join(
        word for word in text.split(" ") if word and (word[0].isalnum() or not all(map(_is_punctuation, word)))
    ).lower()


def _is_punctuation(char: str) -> bool:
    return unicodedata.category(char)[0] == "P"


def without_punctuation(text: str) -> str:
    """Delete Chinese and ASCII punctuation except the apostrophe; nothing takes its place.

    Source: seed-tts-eval run_wer.py (zhon's list of Chinese punctuation and Python's ``string.punctuation``).
    """
    return _SEEDTTS_PUNCTUATION.sub("", text)


def without_spaces(text: str) -> str:
    """Delete all white space."""
    return "".join(text.split())


def before_parenthesis(text: str) -> str:
    """What stands before the first ``(``. Source: MiMo-Audio-Eval slm_eval/evaluator/asr_evaluator.py."""
    return text.partition("(")[0]


def ultraeval_latin(text: str) -> str:
    """What UltraEval-Audio's English normaliser does more than Whisper's; to be run before Whisper's.

    Lower-case, drop bracketed and parenthesised spans, then Latin text in full-width parentheses. The first
    steps are Whisper's own and change nothing when they are done twice.

    Source: UltraEval-Audio audio_evals/lib/text_normalization/en.py.
    """
    text = text.lower()
    if "（" in text:
        text = drop_spans(text)
        text = _LATIN_IN_WIDE_PARENTHESES.sub("", text)
    return text


class _SymbolsToSpaces(dict[int, "int | None"]):
    """Translation table: symbols and punctuation become spaces, format characters go, marks stay."""

    def __missing__(self, code: int) -> int | None:
        category = unicodedata.category(chr(code))
        result = None if category == "Cf" else 32 if category[0] in "SP" else code
        self[code] = result
        return result


_SYMBOLS_TO_SPACES = _SymbolsToSpaces()


def plain_words(text: str) -> str:
    """Whisper's basic normalisation without its harm to combining marks.

    Lower-case, drop ``<...>``, ``[...]`` and ``(...)`` spans, NFKC, symbols and punctuation to spaces,
    white space squeezed. Category M stays (Whisper's version cuts Thai, Hindi and vowelled Arabic words at
    every vowel sign); where a symbol it stood on has gone, a mark goes too. What shows nothing is deleted: joiners,
    variation selectors, byte order marks. A dotted capital I becomes a plain i, in every language.
    """
    text = drop_spans(_lower(without_invisible(text)))
    text = _lower(unicodedata.normalize("NFKC", text).translate(_SYMBOLS_TO_SPACES))
    words = text.split()
    return " ".join(words if text.isascii() else filter(None, map(_without_stray_marks, words)))


def turkic_lower(text: str) -> str:
    """Lower case where I is the capital of dotless ı: Turkish and Azerbaijani."""
    text = unicodedata.normalize("NFC", text)
    return text.replace(_DOTTED_I, "i").replace("I", "ı").lower()


def _lower(text: str) -> str:
    """Lower case; Python makes an i and a separate dot of the dotted capital I."""
    return text.lower() if text.isascii() else text.replace("İ", "i").replace(_DOTTED_I, "i").lower()


def _without_stray_marks(word: str) -> str:
    """A word without marks at its beginning, which stand on nothing."""
    at = 0
    while at < len(word) and unicodedata.category(word[at])[0] == "M":
        at += 1
    return word[at:]


def wide_to_ascii(text: str) -> str:
    """NFKC and lower case: full-width digits and letters become ASCII."""
    return unicodedata.normalize("NFKC", text).lower()


def digits_to_words(language: str) -> Callable[[str], str]:
    """NFC, then every run of digits spelled out by num2words; unchanged when that fails anywhere in the text.

    The function raises EvalkitError on digits when the package num2words is not installed.

    Source: AU-Harness metrics/word_error_rate_metrics.py.
    """

    def spell(text: str) -> str:
        text = unicodedata.normalize("NFC", text)
        if not _DIGITS.search(text):
            return text
        num2words = _num2words()
        try:
            return _DIGITS.sub(lambda digits: num2words(int(digits.group()), lang=language), text)
        except Exception:  # the official rule: languages and numbers num2words cannot spell stay as they are
            return text

    return spell


@cache
def _num2words() -> Callable[..., str]:
    try:
        spell: Callable[..., str] = import_module("num2words").num2words
    except ImportError as error:
        from evalkit.core.errors import MissingExtraError

        raise MissingExtraError("num2words", "numbers", "profile auharness spells digits and") from error
    return spell


def without_any_punctuation(text: str) -> str:
    """Lower-case, delete every character of category P, strip. Source: AU-Harness utils/constants.py."""
    return "".join(char for char in text.lower() if char.isalnum() or not _is_punctuation(char)).strip()
