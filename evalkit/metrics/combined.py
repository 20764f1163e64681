"""Scorers made of scorers: one by a key of the samples, one over rewritten texts, one that joins samples to units."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from evalkit.core.errors import DataError, UsageError
from evalkit.core.metric import JOINS, Metric, mean, ratio
from evalkit.core.metric import join as join_named
from evalkit.core.sample import Sample
from evalkit.core.score import Score, Vector
from evalkit.core.scorer import Answered, Helper, Scorer

_BATCH = 2048


class Combined(Scorer):
    """What combinators share: they hear, listen and ask as the scorers they are made of."""

    inner: tuple[Scorer, ...]

    def _adopt(self, inner: Sequence[Scorer]) -> None:
        self.inner = tuple(inner)
        self.hears = any(one.hears for one in inner)
        self.may_hear = any(one.may_hear for one in inner)
        self.together = any(one.together for one in inner)
        self.reads_earlier = any(one.reads_earlier for one in inner)
        kept = {one.splits for one in inner}
        if len(kept) > 1:
            raise UsageError("by(): its scorers are kept to different splits; keep the whole to some: on(..., by(...))")
        (self.splits,) = kept
        roles: dict[str, tuple[str, ...]] = {}
        for one in inner:
            for role, media in one.listeners.items():
                roles[role] = tuple(dict.fromkeys([*roles.get(role, ()), *media]))
        self.listeners = roles

    @property
    def listens(self) -> bool:
        """True when one of the scorers does."""
        return any(one.listens for one in self.inner)

    def helpers(self) -> Sequence[Helper]:
        """Those of the scorers."""
        return [helper for one in self.inner for helper in one.helpers()]

    def put_to(self, helper: Helper, answer: Answered) -> Answered | None:
        """As the scorer whose helper it is."""
        found = (one.put_to(helper, answer) for one in self.inner)
        return next((one for one in found if one is not None), None)

    def close(self) -> None:
        """Close the scorers."""
        for one in self.inner:
            one.close()


class By(Combined):
    """Scores every answer by the scorer that a key of its sample's meta names; see `by`."""

    def __init__(self, key: str, scorers: Mapping[str, Scorer], other: Scorer | None = None) -> None:
        if not scorers:
            raise UsageError(f"by('{key}') needs at least one scorer")
        self.key, self.other = key, other
        self.scorers = {str(value): one for value, one in scorers.items()}  # as samples' values are looked up
        everyone = [*([other] if other is not None else []), *self.scorers.values()]
        self._adopt(list({id(one): one for one in everyone}.values()))
        self.name = "+".join(dict.fromkeys(one.name for one in everyone))
        named = [one.profile for one in self.scorers.values()] + ([other.profile] if other is not None else [])
        self.profile = "+".join(dict.fromkeys(named))
        self.metrics = _shared(key, everyone)

    def identity(self) -> Mapping[str, Any]:
        """Key, and the scorer of each of its values."""
        told = {value: _told(one) for value, one in self.scorers.items()}
        return {"by": self.key, "scorers": told, "other": _told(self.other) if self.other is not None else None}

    @property
    def protocol(self) -> str:
        """For example "error_rate:kimi(en,zh)+plain"."""
        values: dict[str, list[str]] = {}
        for value, one in self.scorers.items():
            values.setdefault(self._rule(one, value), []).append(value)
        shown = [f"{rule}({','.join(some)})" for rule, some in values.items()]
        if self.other is not None:
            shown.append(self._rule(self.other, ""))
        one_kind = len({one.name for one in self.inner}) == 1
        return (f"{self.name}:" if one_kind else "") + "+".join(shown)

    def _rule(self, one: Scorer, value: str) -> str:
        """A scorer's protocol without what stands beside it anyway: the common name, the value of the key."""
        rule = one.protocol.removesuffix(f"/{value}")
        return rule.removeprefix(f"{one.name}:") if len({other.name for other in self.inner}) == 1 else rule

    def _scorer(self, key: str, meta: Mapping[str, Any] | None) -> Scorer:
        value = (meta or {}).get(self.key)
        found = self.scorers.get(str(value), self.other) if value is not None else self.other
        if found is None:
            known = ", ".join(self.scorers)
            raise DataError(f"sample '{key}'", f"no scorer for {self.key}={value!r}; there is one for: {known}")
        return found

    def check(self, sample: Sample) -> None:
        """There must be a scorer for the sample, and it must be able to score it."""
        self._scorer(sample.id, sample.meta).check(sample)

    def put_to(self, helper: Helper, answer: Answered) -> Answered | None:
        """As the answer's scorer."""
        return self._scorer(answer.id, answer.meta).put_to(helper, answer)

    def units(self, answer: Answered) -> Mapping[str, str]:
        """As the answer's scorer."""
        return self._scorer(answer.id, answer.meta).units(answer)

    def score(self, answers: Sequence[Answered]) -> Iterator[Score]:
        """Scores in the order of the answers."""
        found = {id(answer): score for answer, score in self.stream(answers)}
        return (found[id(answer)] for answer in answers)

    def stream(self, answers: Iterable[Answered]) -> Iterator[tuple[Answered, Score]]:
        """Scores as they come; answers of a scorer that asks somebody wait for their turn, scorer by scorer."""
        asking: dict[int, tuple[Scorer, list[Answered]]] = {}
        batches: dict[int, tuple[Scorer, list[Answered]]] = {}
        for answer in answers:
            one = self._scorer(answer.id, answer.meta)
            waiting = asking if one.helpers() else batches
            share = waiting.setdefault(id(one), (one, []))[1]
            share.append(answer)
            if waiting is batches and len(share) >= _BATCH:
                yield from one.stream(list(share))
                share.clear()
        for one, share in [*batches.values(), *asking.values()]:
            yield from one.stream(share)

    def worst(self, answer: Answered) -> Mapping[str, Vector]:
        """As the answer's scorer."""
        return self._scorer(answer.id, answer.meta).worst(answer)

    def missing(self, answer: Answered) -> Mapping[str, Vector]:
        """As the answer's scorer."""
        return self._scorer(answer.id, answer.meta).missing(answer)


class Rewritten(Combined):
    """Scores rewritten references and answers by another scorer; see `rewritten`."""

    def __init__(
        self, inner: Scorer, name: str, reference: Callable[[Any], Any] | None, answer: Callable[[str], str] | None
    ) -> None:
        if reference is None and answer is None:
            raise UsageError(f"rewritten(..., '{name}') needs reference= or answer=")
        self._adopt([inner])
        self.how, self._reference, self._answer = name, reference, answer
        self.name, self.metrics = inner.name, inner.metrics
        self.profile = f"{inner.profile}+{name}"

    def identity(self) -> Mapping[str, Any]:
        """That of the inner scorer, and what is rewritten."""
        sides = [side for side, so in (("reference", self._reference), ("answer", self._answer)) if so is not None]
        return identity_around(self.inner[0], {"rewritten": self.how, "sides": sides})

    @property
    def protocol(self) -> str:
        """For example "error_rate:qwen2audio/zh+zh-cn"."""
        return f"{self.inner[0].protocol}+{self.how}"

    def check(self, sample: Sample) -> None:
        """The rewritten sample must be one the inner scorer can score."""
        if self._reference is not None:
            sample = replace(sample, reference=_applied(self._reference, sample.reference))
        self.inner[0].check(sample)

    def put_to(self, helper: Helper, answer: Answered) -> Answered | None:
        """As the inner scorer, rewritten."""
        return self.inner[0].put_to(helper, self._of(answer))

    def units(self, answer: Answered) -> Mapping[str, str]:
        """As the inner scorer."""
        return self.inner[0].units(answer)

    def score(self, answers: Sequence[Answered]) -> Iterable[Score]:
        """Scores of the rewritten answers."""
        return self.inner[0].score([self._of(answer) for answer in answers])

    def stream(self, answers: Iterable[Answered]) -> Iterator[tuple[Answered, Score]]:
        """Scores as they come, beside the answers as they were."""
        original: dict[int, tuple[Answered, Answered]] = {}

        def changed() -> Iterator[Answered]:
            for answer in answers:
                made = self._of(answer)
                original[id(made)] = answer, made  # kept, so that its id is not another's
                yield made

        for made, score in self.inner[0].stream(changed()):
            yield original.pop(id(made))[0], score

    def worst(self, answer: Answered) -> Mapping[str, Vector]:
        """As the inner scorer, of the rewritten reference."""
        return self.inner[0].worst(self._of(answer))

    def missing(self, answer: Answered) -> Mapping[str, Vector]:
        """As the inner scorer, of the rewritten reference."""
        return self.inner[0].missing(self._of(answer))

    def _of(self, answer: Answered) -> Answered:
        made, said = answer, answer.response
        if self._reference is not None:
            made = replace(made, reference=_applied(self._reference, answer.reference))
        if self._answer is not None:
            texts = {name: _applied(self._answer, getattr(said, name)) for name in ("text", "heard")}
            made = replace(made, response=replace(said, **texts))
        return made


class Joined(Combined):
    """Joins the samples of a unit to one value, beside the plain values; see `joined`."""

    def __init__(self, inner: Scorer, by: str | Callable[[Answered], str | None] = "cluster", how: str = "all") -> None:
        try:
            join_named(how)
        except ValueError as error:
            raise UsageError(f"joined(how='{how}'): {error}; known: {', '.join(JOINS)}") from None
        self._adopt([inner])
        self._by, self.how = by, how
        self.name = inner.name
        place = by if isinstance(by, str) else getattr(by, "__name__", "function")
        self.profile = f"{inner.profile}+{how}-by-{place}" if inner.profile else f"{how}-by-{place}"
        self._names: dict[str, str] = {}
        self._tops: dict[str, float] = {}  # of means: what a wholly right answer has
        made = []
        for metric in inner.metrics:
            top = _top(metric, how)
            if metric.join is None and top is not None:
                self._names[metric.name], self._tops[metric.name] = f"{metric.name}_{how}", top
                made.append(_joined_metric(metric, how))
        if not made:
            what = "a mean" if how == "mean" else "a share, or a mean on a scale from 0"
            raise UsageError(f"joined(how='{how}'): no metric of {inner.name} is {what}")
        self.metrics = (*made, *inner.metrics)

    def identity(self) -> Mapping[str, Any]:
        """That of the inner scorer, and how samples are joined."""
        place = self._by if isinstance(self._by, str) else getattr(self._by, "__qualname__", "function")
        return identity_around(self.inner[0], {"joined": self.how, "by": place})

    @property
    def protocol(self) -> str:
        """For example "choice:vlmevalkit+all-by-cluster"."""
        place = self._by if isinstance(self._by, str) else getattr(self._by, "__name__", "function")
        return f"{self.inner[0].protocol}+{self.how}-by-{place}"

    def check(self, sample: Sample) -> None:
        """As the inner scorer; the sample must name its unit, but for clusters: one without is its own unit."""
        if isinstance(self._by, str) and self._by != "cluster" and (sample.meta or {}).get(self._by) is None:
            raise DataError(f"sample '{sample.id}'", f"its meta has no '{self._by}', by which samples are joined")
        self.inner[0].check(sample)

    def units(self, answer: Answered) -> Mapping[str, str]:
        """The unit of a sample, for each joined metric."""
        if not isinstance(self._by, str):
            found = self._by(answer)
        else:
            found = answer.cluster if self._by == "cluster" else (answer.meta or {}).get(self._by)
        own = {} if found is None else dict.fromkeys(self._names.values(), str(found))
        return {**self.inner[0].units(answer), **own}

    def score(self, answers: Sequence[Answered]) -> Iterable[Score]:
        """The inner scores, with their statistics under the joined names as well."""
        return [self._both(score) for score in self.inner[0].score(answers)]

    def stream(self, answers: Iterable[Answered]) -> Iterator[tuple[Answered, Score]]:
        """As `score`, as they come."""
        for answer, score in self.inner[0].stream(answers):
            yield answer, self._both(score)

    def worst(self, answer: Answered) -> Mapping[str, Vector]:
        """As the inner scorer."""
        return self._twice(self.inner[0].worst(answer))

    def missing(self, answer: Answered) -> Mapping[str, Vector]:
        """As the inner scorer."""
        return self._twice(self.inner[0].missing(answer))

    def _both(self, score: Score) -> Score:
        strict = self._twice(score.strict) if score.strict is not None else None
        return replace(score, faithful=self._twice(score.faithful), strict=strict)

    def _twice(self, vectors: Mapping[str, Vector]) -> dict[str, Vector]:
        own = {
            self._names[key]: _of_top(vector, self._tops[key]) for key, vector in vectors.items() if key in self._names
        }
        if self.how == "whole":  # a sample without a value takes its unit out
            own = {name: (*own[name][:2], 0.0) if name in own else (0.0, 0.0, 1.0) for name in self._names.values()}
        return {**own, **vectors}


def identity_around(inner: Scorer, own: Mapping[str, Any]) -> dict[str, Any]:
    """The identity of a scorer made of another one, whose facts stand beside its own, or apart where names meet."""
    facts = inner.identity()
    return {**facts, **own} if facts.keys().isdisjoint(own) else {"of": dict(facts), **own}


def _top(metric: Metric, how: str) -> float | None:
    """What the first entry of a wholly right answer's vector is; None for a metric that cannot be joined so."""
    if how in ("mean", "whole"):
        return 1.0 if metric.reduce in (ratio, mean) else None
    if metric.reduce is ratio:  # errors per token are no right and wrong; what is drawn for pass@K is one or the other
        return 1.0 if metric.binary or (metric.higher_is_better and not how.startswith("pass@")) else None
    if metric.reduce is mean and metric.range is not None and metric.range[0] == 0:
        return metric.range[1]  # points: a grade from 1 is never wholly wrong, so it has no right and wrong to join
    return None


def _joined_metric(metric: Metric, how: str) -> Metric:
    names = {"name": f"{metric.name}_{how}", "label": f"{metric.label} ({how})", "fields": ("hits", "units")}
    made = replace(metric, **names, join=how, binary=False)  # type: ignore[arg-type]
    if how == "whole":
        return replace(made, fields=("sum", "weight", "missing"), reduce=mean)
    if metric.reduce is mean and how != "mean":
        return replace(made, reduce=ratio, unit="%", range=None)
    return made


def _of_top(vector: Vector, top: float) -> Vector:
    return vector if top == 1 else (vector[0] / top, *vector[1:])


def by(key: str, scorers: Mapping[str, Scorer], other: Scorer | None = None) -> By:
    """Score every answer by the scorer that a key of its sample's meta names.

    Args:
        key: of `Sample.meta`, for example "language".
        scorers: value -> scorer.
        other: for all other values; where None, a sample with another value is refused before a model is asked.

    Raises:
        UsageError: two of the scorers give one metric in different units, directions or statistics.
    """
    return By(key, scorers, other)


def rewritten(
    scorer: Scorer,
    name: str,
    reference: Callable[[Any], Any] | None = None,
    answer: Callable[[str], str] | None = None,
) -> Rewritten:
    """Score rewritten texts by another scorer.

    Args:
        scorer: the other one.
        name: of the rewriting, printed in the protocol, for example "zh-cn"; another name for another function.
        reference: maps the reference, or each text of a list of references; left alone where None.
        answer: maps what the model wrote, and what was heard of it; left alone where None.
    """
    return Rewritten(scorer, name, reference, answer)


def joined(scorer: Scorer, by: str | Callable[[Answered], str | None] = "cluster", how: str = "all") -> Joined:
    """Join samples to units: a question asked in all rotations of its options, several questions on one image.

    The joined metric "<metric>_<how>" comes first; the plain ones stay.

    Args:
        scorer: of the single samples. Its shares are joined, and means on a scale from 0, of whose top an answer has a
            share; with "mean" any mean, and error rates as well.
        by: "cluster", a key of `Sample.meta`, or a function of the answered sample; None for a unit of its own.
        how: "all", "any", "mean", "majority" or "pass@K"; see `evalkit.core.metric.join`.
    """
    return Joined(scorer, by, how)


def _shared(key: str, scorers: Sequence[Scorer]) -> tuple[Metric, ...]:
    found: dict[str, Metric] = {}
    for scorer in scorers:
        for metric in scorer.metrics:
            known = found.setdefault(metric.name, metric)
            alike = (known.fields, known.reduce, known.unit, known.higher_is_better, known.join, known.range)
            if alike != (metric.fields, metric.reduce, metric.unit, metric.higher_is_better, metric.join, metric.range):
                told = f"its scorers give '{metric.name}' in different units, directions or statistics"
                raise UsageError(f"by('{key}'): {told}")
            if known.label != metric.label:  # words here and characters there: the whole is neither
                known = replace(known, label=metric.name.replace("_", " "))
            found[metric.name] = replace(known, binary=known.binary and metric.binary)
    return tuple(found.values())


def _told(scorer: Scorer) -> dict[str, Any]:
    return {"scorer": scorer.name, "profile": scorer.profile, **scorer.identity()}


def _applied(function: Callable[[Any], Any], value: Any) -> Any:
    if isinstance(value, list):
        return [_applied(function, one) for one in value]
    return function(value) if isinstance(value, str) else value
