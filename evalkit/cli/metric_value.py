"""Apply a metric to lines: their assessments, and the value over all of them with its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from evalkit.core import thinking
from evalkit.core.errors import DataError
from evalkit.core.metric import Metric, Tally, join
from evalkit.core.shown import is_unicode
from evalkit.metrics.line_metric import Assessed, Line, LineMetric
from evalkit.run.summarize import LEVEL, RESAMPLES, cell_seed

SEED = 0
THOUGHT = "thought_taken_off"


def assess(metric: LineMetric, lines: Sequence[Line], places: Sequence[str]) -> list[Assessed | None]:
    """Check all lines, then assess those with a response: what a model thought is none of it, as in a run.

    Returns:
        One assessment for each line, in order; None where its response is null, missing, or no Unicode text, as it
        has half a surrogate pair.

    Raises:
        DataError: a line that cannot be assessed, or a response that is neither a text nor null.
    """
    if lines and not any("response" in line for line in lines):
        known = ", ".join(lines[0]) or "no fields"
        problem = f'expected a text, or null, in "response" or "hypothesis"; it has {known} (see --response-key)'
        raise DataError(places[0], problem)
    for line, place in zip(lines, places, strict=True):
        metric.check(line, place)
        response = line.get("response")
        if response is not None and not isinstance(response, str):
            raise DataError(place, f'expected a text, or null, in "response", got {response!r}')
    answered = [at for at, line in enumerate(lines) if is_text(line.get("response"))]
    found: list[Assessed | None] = [None] * len(lines)
    taken = [_without_thought(lines[at]) for at in answered]
    done = metric.assess_all(taken, [places[at] for at in answered])
    for at, line, assessed in zip(answered, taken, done, strict=True):
        if line is not lines[at]:  # metrics share what they find in equal lines
            assessed = replace(assessed, flags=(*assessed.flags, THOUGHT))
        found[at] = assessed
    return found


def _without_thought(line: Line) -> Line:
    """The line itself where its response holds no thought."""
    response = line["response"]
    answer = thinking.split(response).answer
    return line if answer == response else {**line, "response": answer}


def is_text(response: object) -> bool:
    """Whether a response can be assessed: a text without half a surrogate pair."""
    return isinstance(response, str) and is_unicode(response)


def corpus_value(
    metric: LineMetric, lines: Sequence[Line], places: Sequence[str], found: Sequence[Assessed | None]
) -> dict[str, Any]:
    """What the command prints: values by the official rule and strictly, intervals, sums and counts.

    The interval is the one a run prints: percentile bootstrap, 1000 resamples, 95 %, seed 0, over independent units
    (lines with the same "cluster" are one); null where it is undefined.
    """
    faithful = {one.name: Tally() for one in metric.metrics}
    strict = {one.name: Tally() for one in metric.metrics}
    joins = {one.name: join(one.join) for one in metric.metrics if one.join is not None}
    flags: dict[str, int] = {}
    statuses = {"scored": 0, "unparsed": 0}
    for line, place, assessed in zip(lines, places, found, strict=True):
        cluster = line.get("cluster")
        if assessed is None:
            official, harsh = metric.missing(line, place), metric.worst(line, place)
        else:
            official = assessed.faithful
            harsh = official if assessed.strict is None else assessed.strict
            statuses[assessed.status] += 1
            for flag in assessed.flags:
                flags[flag] = flags.get(flag, 0) + 1
        units = metric.units(line, place) if joins else {}
        for tallies, vectors in ((faithful, official), (strict, harsh)):
            for name, vector in vectors.items():
                unit = units.get(name, place) if name in joins else None
                tallies[name].add(vector, None if cluster is None else str(cluster), unit)
    for tallies in (faithful, strict):
        tallies.update({name: tallies[name].joined(how) for name, how in joins.items()})
    values = {one.name: _value(one, faithful[one.name], strict[one.name]) for one in metric.metrics}
    first = metric.metrics[0].name
    printed: dict[str, Any] = {"metric": metric.kind, "profile": metric.profile, **values[first]}
    printed |= {
        "n_total": len(lines),
        "n_scored": statuses["scored"],
        "n_unparsed": statuses["unparsed"],
        "n_missing": sum(assessed is None for assessed in found),
        "n_dropped": strict[first].n - faithful[first].n,
    }
    if flags:
        printed["flags"] = dict(sorted(flags.items()))
    if len(values) > 1:
        printed["metrics"] = values
    return printed | dict(metric.summary(lines, found))


def _value(one: Metric, faithful: Tally, strict: Tally) -> dict[str, Any]:
    seed = cell_seed(SEED, None, None, one.name)
    interval = faithful.interval(one, seed=seed, resamples=RESAMPLES, level=LEVEL) if faithful.n else None
    return {
        "unit": one.unit,
        "value": faithful.value(one),
        "low": interval.low if interval else None,
        "high": interval.high if interval else None,
        "strict": strict.value(one),
        **_sums(one.fields, faithful.total()),
    }


def _sums(fields: Sequence[str], total: Sequence[float]) -> Mapping[str, float]:
    sums = total or [0.0] * len(fields)
    return {name: int(value) if float(value).is_integer() else value for name, value in zip(fields, sums, strict=True)}
