"""Error rates: WER, CER and MER with their counts, under named profiles that reproduce official scorers.

What is defined for odd input, in every profile:

- A rate may exceed 1 and is never capped.
- An empty hypothesis deletes every reference token (rate 1).
- An empty reference, on which most official programs crash, has the number of inserted tokens as its rate
  (as in jiwer 4); its insertions count in the corpus rate, and it is left out of the mean of utterances.
  Three profiles have a rule of their own: `wenet` prints 0, `auharness` takes a denominator of 1,
  `lmms_wenetspeech` divides by the longer side.
- A hypothesis of None (no answer) is dropped where the official program leaves such items out, and an empty
  hypothesis elsewhere; see `Profile.missing`.
- Nothing is left out uncounted: `ErrorRate` carries n_total, n_scored, n_dropped and n_empty_reference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from evalkit.core.errors import EvalkitError
from evalkit.metrics.error_rate.counts import Counts
from evalkit.metrics.error_rate.profiles import PROFILES, Profile, get_profile, scheme_of
from evalkit.metrics.error_rate.schemes import Scheme
from evalkit.metrics.error_rate.tokenize import characters
from evalkit.metrics.error_rate.value import ErrorRate, statistic, summarize, unit, value_of

__all__ = [
    "PROFILES",
    "Counts",
    "ErrorRate",
    "LengthMismatchError",
    "Profile",
    "error_rate",
    "errors",
    "errors_batch",
    "get_profile",
    "statistic",
    "summarize",
    "tokenize_pair",
    "unit",
    "value_of",
]


class LengthMismatchError(EvalkitError, ValueError):
    """References and hypotheses are not paired."""


def tokenize_pair(
    reference: str, hypothesis: str, profile: str = "plain", language: str = "en"
) -> tuple[list[str], list[str]]:
    """Normalise and cut both texts.

    Returns:
        Reference tokens and hypothesis tokens, as they are aligned.

    Raises:
        UnknownNameError: no such profile or language.
        UnsupportedLanguageError: the official program has no rule for the language.
    """
    scheme = scheme_of(profile, language)
    prepared = scheme.reference([reference])[0], scheme.hypothesis([hypothesis])[0]
    return scheme.tokens(prepared[0]), scheme.tokens(prepared[1])


def errors(reference: str, hypothesis: str | None, profile: str = "plain", language: str = "en") -> Counts | None:
    """Error counts of one pair; None when the profile's official rule drops it.

    Args:
        reference: expected text.
        hypothesis: recognised text; None when there is none.
        profile: name of a rule in `PROFILES`.
        language: code of the language, see `evalkit.metrics.languages.canonical`.

    Raises:
        UnknownNameError: no such profile or language.
        UnsupportedLanguageError: the official program has no rule for the language.
    """
    return errors_batch([reference], [hypothesis], profile, language)[0]


def errors_batch(
    references: Sequence[str],
    hypotheses: Sequence[str | None],
    profile: str = "plain",
    language: str = "en",
) -> list[Counts | None]:
    """Error counts of many pairs, each as `errors` gives them; the fast way.

    Raises:
        LengthMismatchError: not one hypothesis for each reference.
        UnknownNameError: no such profile or language.
        UnsupportedLanguageError: the official program has no rule for the language.
    """
    rule, scheme = get_profile(profile), scheme_of(profile, language)
    _check(references, hypotheses)
    kept: list[int] = []
    given: list[str] = []
    for index, hypothesis in enumerate(hypotheses):
        if hypothesis is None:
            if rule.missing == "dropped":
                continue
            hypothesis = ""
        elif rule.drops(hypothesis):
            continue
        kept.append(index)
        given.append(hypothesis)
    expected = [references[index] for index in kept]
    result: list[Counts | None] = [None] * len(references)
    for index, counts in zip(kept, _align(expected, given, rule, scheme), strict=True):
        result[index] = counts
    return result


def _check(references: Sequence[str], hypotheses: Sequence[str | None]) -> None:
    if len(references) != len(hypotheses):
        raise LengthMismatchError(
            f"{len(references)} references but {len(hypotheses)} hypotheses: give one hypothesis for each reference"
        )
    if isinstance(references, str) or isinstance(hypotheses, str):
        raise EvalkitError("references and hypotheses are lists of texts; use errors() for a single pair")
    for name, texts in (("reference", references), ("hypothesis", hypotheses)):
        for index, text in enumerate(texts):
            if not isinstance(text, str) and (text is not None or name == "reference"):
                raise EvalkitError(f"{name} {index} is {type(text).__name__}, expected text")


def _align(references: list[str], hypotheses: list[str], rule: Profile, scheme: Scheme) -> list[Counts]:
    from evalkit.metrics.error_rate.alignment import TooManyTokensError

    try:
        expected, given = _encode(references, hypotheses, scheme)
    except TooManyTokensError:
        half = len(references) // 2
        if not half:
            raise EvalkitError("a pair has more than a million distinct tokens and cannot be aligned") from None
        return _align(references[:half], hypotheses[:half], rule, scheme) + _align(
            references[half:], hypotheses[half:], rule, scheme
        )
    return _count(expected, given, rule)


def _encode(references: list[str], hypotheses: list[str], scheme: Scheme) -> tuple[Iterable[str], Iterable[str]]:
    """Token sequences as strings of one character per token; every distinct text is prepared once."""
    from evalkit.metrics.error_rate.alignment import Symbols

    symbols = Symbols()

    def encoded(texts: list[str], prepare: Callable[[list[str]], list[str]]) -> dict[str, str]:
        distinct = list(dict.fromkeys(texts))
        prepared = prepare(distinct)
        if scheme.tokens is not characters:
            own, cut, encode = scheme.own_tokens, scheme.tokens, symbols.encode
            prepared = [own(text) or encode(cut(text)) for text in prepared]
        return dict(zip(distinct, prepared, strict=True))

    if scheme.reference is scheme.hypothesis:
        table = encoded(references + hypotheses, scheme.reference)
        return map(table.__getitem__, references), map(table.__getitem__, hypotheses)
    return (
        map(encoded(references, scheme.reference).__getitem__, references),
        map(encoded(hypotheses, scheme.hypothesis).__getitem__, hypotheses),
    )


def _count(expected: Iterable[str], given: Iterable[str], rule: Profile) -> list[Counts]:
    from evalkit.metrics.error_rate.alignment import split, split_delete_first

    align = split_delete_first if rule.delete_first else split
    known: dict[tuple[int, int, int, int], Counts] = {}  # the same few counts come again and again
    result = []
    for reference, hypothesis in zip(expected, given, strict=True):
        key = (0, 0, 0, len(reference)) if reference == hypothesis else (*align(reference, hypothesis), len(reference))
        counts = known.get(key)
        if counts is None:
            counts = known[key] = Counts(*key)
        result.append(counts)
    return result


def error_rate(
    references: Sequence[str],
    hypotheses: Sequence[str | None],
    profile: str = "plain",
    language: str = "en",
) -> ErrorRate:
    """The error rate of a set of pairs, by a profile's rule.

    Example:
        >>> error_rate(["the cat sat"], ["the cat sit"]).value
        0.3333333333333333

    Raises:
        LengthMismatchError: not one hypothesis for each reference.
        UnknownNameError: no such profile or language.
        UnsupportedLanguageError: the official program has no rule for the language.
    """
    return summarize(errors_batch(references, hypotheses, profile, language), profile, language)
