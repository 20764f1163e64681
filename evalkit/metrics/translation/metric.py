"""BLEU and chrF as metrics of single lines and scorers of tasks."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from evalkit.core.errors import DataError, EvalkitError, UsageError
from evalkit.core.metric import Metric, Reduction
from evalkit.core.score import Vector
from evalkit.metrics.languages import canonical
from evalkit.metrics.line_metric import Assessed, Line, LineMetric, LineScorer, text_field
from evalkit.metrics.translation import counts, reductions
from evalkit.metrics.translation.tokenizers import known, signature, tokenizer

SACREBLEU = "2.6.0"  # the release whose scores these are
EMPTY_REFERENCE = "empty_reference"


class _Translation(LineMetric):
    """One corpus score over lines {"reference": text or list of texts, "response"}."""

    def __init__(self, profile: str, label: str, unit: str, fields: tuple[str, ...], reduce: Reduction) -> None:
        super().__init__(profile)
        self.metrics = (Metric(self.kind, label, fields, reduce, unit=unit),)

    @property
    @abstractmethod
    def signature(self) -> str:
        """SacreBLEU's signature of the rule, without the number of references, which belongs to the data."""

    @property
    def protocol(self) -> str:
        """For example "bleu:sacrebleu/case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0"."""
        return f"{self.kind}:{self.profile}/{self.signature}"

    def identity(self) -> Mapping[str, Any]:
        """The signature."""
        return {"signature": self.signature}

    def check(self, line: Line, place: str) -> None:
        """The reference is a text or several.

        Raises:
            DataError: it is something else.
        """
        _references(line, place)

    def assess(self, line: Line, place: str) -> Assessed:
        """The sentence's statistics; a reference without any text is flagged."""
        references = _references(line, place)
        vector = self._vector(text_field(line, "response", place), references, line, place)
        flags = () if any(reference.strip() for reference in references) else (EMPTY_REFERENCE,)
        return Assessed(self._outputs(vector), {self.metrics[0].name: vector}, flags=flags)

    def worst(self, line: Line, place: str) -> Mapping[str, Vector]:
        """An empty hypothesis: its reference still counts for the brevity penalty, and for recall."""
        return {self.metrics[0].name: self._vector("", _references(line, place), line, place)}

    @abstractmethod
    def _vector(self, hypothesis: str, references: list[str], line: Line, place: str) -> Vector: ...

    @abstractmethod
    def _outputs(self, vector: Vector) -> Mapping[str, Any]: ...


class Bleu(_Translation):
    """Corpus BLEU as sacreBLEU gives it: case-sensitive, smoothing exp, effective order off.

    Fields of a line: "reference" (a text, or a list of texts), "response", and "language" (of the target) where the
    tokenizer depends on it.

    Args:
        profile: "sacrebleu".
        tokenizer: of all lines; see `TOKENIZERS`. "13a" where nothing else is said.
        by_language: tokenizer by target language, in place of `tokenizer`: {"zh": "zh", "ja": "ja-mecab"}.
        other: tokenizer of languages that `by_language` does not name; without it their lines are refused.
    """

    kind = "bleu"
    PROFILES: ClassVar[Mapping[str, str]] = {"sacrebleu": "corpus BLEU of sacreBLEU, by tokenizer (default)"}

    def __init__(
        self,
        profile: str = "sacrebleu",
        *,
        tokenizer: str | None = None,
        by_language: Mapping[str, str] | None = None,
        other: str | None = None,
    ) -> None:
        if tokenizer is not None and by_language is not None:
            raise UsageError("bleu takes a tokenizer for all lines, or by_language (with other=), not both")
        if other is not None and by_language is None:
            raise UsageError("bleu: other= is for the languages that by_language= does not name")
        self._by_language = {canonical(code): known(name) for code, name in (by_language or {}).items()}
        every = tokenizer if by_language is None else other
        self._other = known(every) if every is not None else "13a" if by_language is None else None
        orders = range(1, counts.ORDERS + 1)
        names = (*(f"matches_{n}" for n in orders), *(f"totals_{n}" for n in orders))
        fields = ("hypothesis_length", "reference_length", *names)
        super().__init__(profile, "BLEU", "BLEU", fields, reductions.corpus_bleu)

    @property
    def signature(self) -> str:
        """For example "case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0"."""
        names = [f"{code}={signature(name)}" for code, name in sorted(self._by_language.items())]
        names += [signature(self._other)] if self._other is not None else []
        return f"case:mixed|eff:no|tok:{','.join(names)}|smooth:exp|version:{SACREBLEU}"

    def check(self, line: Line, place: str) -> None:
        """The reference is a text or several, and the line's tokenizer can be had.

        Raises:
            DataError: the reference is something else, or the language is missing or has no tokenizer.
            MissingExtraError: the tokenizer's package is not installed.
        """
        super().check(line, place)
        tokenizer(self._tokenizer(line, place))

    def _tokenizer(self, line: Line, place: str) -> str:
        if not self._by_language:
            assert self._other is not None
            return self._other
        try:
            language = canonical(text_field(line, "language", place))
        except DataError:
            raise
        except EvalkitError as error:
            raise DataError(place, str(error)) from error
        found = self._by_language.get(language, self._other)
        if found is None:
            raise DataError(place, f"no tokenizer is given for the language '{language}'; name it, or give other=")
        return found

    def _vector(self, hypothesis: str, references: list[str], line: Line, place: str) -> Vector:
        cut = tokenizer(self._tokenizer(line, place))
        # what sacreBLEU cuts ends in no white space
        tokens = [cut(text.rstrip()).split() for text in (hypothesis, *references)]
        return counts.bleu_counts(tokens[0], tokens[1:])

    def _outputs(self, vector: Vector) -> Mapping[str, Any]:
        length, closest, *rest = vector
        matches, totals = rest[: counts.ORDERS], rest[counts.ORDERS :]
        return {"matches": matches, "totals": totals, "hypothesis_length": length, "reference_length": closest}


class Chrf(_Translation):
    """Corpus chrF as sacreBLEU gives it: case-sensitive, beta 2, white space left out.

    Fields of a line: "reference" (a text, or a list of texts) and "response".

    Args:
        profile: "chrf" or "chrf++".
    """

    kind = "chrf"
    PROFILES: ClassVar[Mapping[str, str]] = {
        "chrf": "character n-grams of order 1-6 (default)",
        "chrf++": "and word n-grams of order 1-2",
    }

    def __init__(self, profile: str = "chrf") -> None:
        self._word_orders = reductions.WORD_ORDERS if profile == "chrf++" else 0
        orders = [f"characters_{n + 1}" for n in range(counts.CHARACTER_ORDERS)]
        orders += [f"words_{n + 1}" for n in range(self._word_orders)]
        fields = tuple(f"{what}_{order}" for order in orders for what in ("hypothesis", "reference", "matches"))
        self._reduce = reductions.corpus_chrf_plus_plus if self._word_orders else reductions.corpus_chrf
        super().__init__(profile, "chrF2++" if self._word_orders else "chrF2", "chrF", fields, self._reduce)

    @property
    def signature(self) -> str:
        """For example "case:mixed|eff:yes|nc:6|nw:0|space:no|version:2.6.0"."""
        return f"case:mixed|eff:yes|nc:{counts.CHARACTER_ORDERS}|nw:{self._word_orders}|space:no|version:{SACREBLEU}"

    def _vector(self, hypothesis: str, references: list[str], line: Line, place: str) -> Vector:
        return counts.chrf_counts(hypothesis, references, self._word_orders)

    def _outputs(self, vector: Vector) -> Mapping[str, Any]:
        return {"chrf": self._reduce(vector)}


def _references(line: Line, place: str) -> list[str]:
    reference = line.get("reference")
    listed = reference if isinstance(reference, list) else [reference]
    references = [text for text in listed if isinstance(text, str)]
    if not references or len(references) != len(listed):
        raise DataError(place, f'expected a text or a list of texts in "reference", got {reference!r:.200}')
    return references


def bleu(
    *,
    tokenizer: str | None = None,
    by_language: Mapping[str, str] | None = None,
    other: str | None = None,
    heard: bool = False,
) -> LineScorer:
    """The BLEU scorer of a task; see `Bleu`. `heard` scores what a transcriber heard of a spoken answer."""
    return LineScorer(Bleu(tokenizer=tokenizer, by_language=by_language, other=other), heard)


def chrf(profile: str = "chrf", *, heard: bool = False) -> LineScorer:
    """The chrF scorer of a task; see `Chrf`. `heard` scores what a transcriber heard of a spoken answer."""
    return LineScorer(Chrf(profile), heard)
