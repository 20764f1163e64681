"""An error rate over simplified characters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from evalkit import normalize
from evalkit.authoring import Answered, Sample, Score, Scorer


@cache
def zh_cn() -> Callable[[str], str]:
    """The conversion zh-cn of zhconv; its tables are loaded on the first call."""
    return normalize.get("zhconv_cn")


class Simplified(Scorer):
    """Scores the simplified form of the answer, and of the reference, by another scorer.

    Args:
        inner: an error-rate scorer.
    """

    def __init__(self, inner: Scorer) -> None:
        self.inner = inner
        self.name, self.metrics, self.hears = inner.name, inner.metrics, inner.hears
        self.profile = f"{inner.profile}+zh-cn"

    def identity(self) -> Mapping[str, Any]:
        """That of the inner scorer, and the conversion."""
        return {**self.inner.identity(), "convert": "zhconv zh-cn, both sides"}

    @property
    def protocol(self) -> str:
        """For example "error_rate:qwen2audio/zh+zh-cn"."""
        return f"{self.inner.protocol}+zh-cn"

    def check(self, sample: Sample) -> None:
        """As the inner scorer."""
        self.inner.check(sample)

    def score(self, answers: Sequence[Answered]) -> Iterable[Score]:
        """Scores of the converted answers."""
        return self.inner.score([self._converted(answer) for answer in answers])

    def worst(self, answer: Answered) -> Mapping[str, tuple[float, ...]]:
        """As the inner scorer, of the converted reference."""
        return self.inner.worst(self._converted(answer))

    def missing(self, answer: Answered) -> Mapping[str, tuple[float, ...]]:
        """As the inner scorer, of the converted reference."""
        return self.inner.missing(self._converted(answer))

    def _converted(self, answer: Answered) -> Answered:
        said = answer.response
        texts = {name: _simplified(getattr(said, name)) for name in ("text", "heard")}
        return replace(answer, reference=_simplified(answer.reference), response=replace(said, **texts))


def _simplified(text: Any) -> Any:
    return zh_cn()(text) if isinstance(text, str) else text
