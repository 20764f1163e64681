"""How good a judge is as an instrument, from the score journals of a run: agreement, votes, position bias."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.core.errors import DataError, UsageError
from evalkit.judging.agreement import Estimate, agreement, bootstrapped, krippendorff_alpha

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Records = Iterable[Mapping[str, Any]]
Labels = dict[str, float]  # sample id -> label

_WORDS = {
    **dict.fromkeys(("yes", "true", "correct", "right"), 1.0),
    **dict.fromkeys(("no", "false", "incorrect", "wrong"), 0.0),
}


@dataclass(frozen=True, slots=True)
class VoteAgreement:
    """A judge's agreement with itself over its votes on the same answers.

    Args:
        unanimous: share of answers whose votes are all equal, %.
        alpha: Krippendorff's alpha, interval scale.
        spread: mean standard deviation of an answer's votes, in points.
        votes: most votes an answer has.
    """

    unanimous: Estimate
    alpha: Estimate
    spread: Estimate
    votes: int


@dataclass(frozen=True, slots=True)
class PositionBias:
    """What the places in a pair do to verdicts, over answers judged in both orders.

    Args:
        inconsistent: share of answers that get other points when the places are swapped, %.
        first_preferred: share of the verdicts with a preference that prefer the first place, %; 50 is no bias.
        effect: mean points of the candidate at the first place minus those at the second.
    """

    inconsistent: Estimate
    first_preferred: Estimate
    effect: Estimate


def labels_of(records: Records, *, judged: bool) -> dict[str, Labels]:
    """Points per sample of every value in a score journal.

    Args:
        records: its lines.
        judged: it is a judge's. Its labels are on the rubric's own range, and only of samples whose verdicts could all
            be read: what a policy gives for want of a verdict is nobody's label.
    """
    found: dict[str, Labels] = {}
    for record in records:
        for key, value in (_judged_points(record) if judged else _measured(record)).items():
            found.setdefault(key, {})[record["id"]] = float(value)
    return found


def _judged_points(record: Mapping[str, Any]) -> Mapping[str, float]:
    detail = record.get("detail") or {}
    whole = "failure" not in detail and all("points" in verdict for verdict in detail.get("verdicts", ()))
    return detail.get("points", {}) if whole else {}


def _measured(record: Mapping[str, Any]) -> Mapping[str, float]:
    return {key: vector[0] / vector[1] for key, vector in record["faithful"].items() if vector[1]}


def read_csv(path: Path, id_column: str = "id", columns: Sequence[str] = ()) -> dict[str, Labels]:
    """Human labels from a CSV file with a heading.

    Args:
        path: the file, UTF-8.
        id_column: heading of the sample ids.
        columns: headings of the labels; every other column where empty.

    Returns:
        Column -> labels; yes, true, correct, right count 1 and their opposites 0; empty cells are left out.

    Raises:
        DataError: no such column, a label that is no number, or an id twice, with the line.
    """
    found: dict[str, Labels] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            headings = list(reader.fieldnames or ())
            wanted = list(columns) or [name for name in headings if name != id_column]
            for name in (id_column, *wanted):
                if name not in headings:
                    raise DataError(path, f"no column '{name}'; the heading has {', '.join(headings) or 'none'}", 1)
            seen: set[str] = set()
            for row in reader:
                key = row[id_column]
                if key in seen:
                    raise DataError(path, f"the id '{key}' was labelled before", reader.line_num)
                seen.add(key)
                for name in wanted:
                    if (row[name] or "").strip():
                        found.setdefault(name, {})[key] = _label(path, row[name], name, reader.line_num)
    except OSError as error:
        raise DataError(path, f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise DataError(path, f"is not UTF-8 text: {error}") from None
    if not found:
        raise DataError(path, f"no labels; expected a heading with '{id_column}' and at least one column of numbers")
    return found


def _label(path: Path, text: str, column: str, line: int) -> float:
    word = text.strip().casefold()
    try:
        value = _WORDS[word] if word in _WORDS else float(word)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise DataError(path, f"{column} is {text.strip()!r}; expected a number, or yes or no", line)
    return value


def paired(first: Mapping[str, Labels], second: Mapping[str, Labels]) -> list[tuple[str, str]]:
    """Which labels of two raters to compare: those of one name, or the only ones there are.

    Raises:
        UsageError: neither.
    """
    common = [(name, name) for name in first if name in second]
    if common:
        return common
    if len(first) == 1 and len(second) == 1:
        return [(next(iter(first)), next(iter(second)))]
    raise UsageError(
        f"nothing to compare: one has labels for {', '.join(sorted(first)) or 'nothing'}, the other for "
        f"{', '.join(sorted(second)) or 'nothing'}; give the columns the names of the values"
    )


def compared(first: Labels, second: Labels, seed: int = 0) -> dict[str, Estimate]:
    """Agreement over the samples that both raters labelled, and how many of each rater's labels were left out."""
    common = sorted(first.keys() & second.keys())
    found = agreement([first[key] for key in common], [second[key] for key in common], seed=seed)
    for place, labels in (("first", first), ("second", second)):
        left_out = len(labels) - len(common)
        if left_out:
            found[f"only_by_the_{place}"] = Estimate(float(left_out), None, None, len(labels))
    return found


def vote_agreement(records: Records, seed: int = 0) -> dict[str, VoteAgreement]:
    """Self-agreement of each value over votes; values no answer has two votes of are left out."""
    import numpy as np

    rows: dict[str, list[list[float]]] = {}
    for record in records:
        for key, votes in _votes(record).items():
            if len(votes) > 1:
                rows.setdefault(key, []).append(votes)
    found = {}
    for key, votes_of in rows.items():
        width = max(map(len, votes_of))
        table = np.full((len(votes_of), width), np.nan)
        for place, votes in enumerate(votes_of):
            table[place, : len(votes)] = votes
        ones = np.ones(len(table), dtype=np.int64)
        equal = 100.0 * (np.nanmax(table, axis=1) == np.nanmin(table, axis=1))

        def alpha(weights: NDArray[np.float64], table: NDArray[np.float64] = table) -> float:
            return krippendorff_alpha(table, weights)

        found[key] = VoteAgreement(
            unanimous=_mean(equal, seed),
            alpha=bootstrapped(alpha, ones, seed),
            spread=_mean(np.nanstd(table, axis=1), seed),
            votes=width,
        )
    return found


def position_bias(records: Records, seed: int = 0) -> dict[str, PositionBias]:
    """Position bias of each value of a pairwise rubric; empty when no answer was judged in both orders."""
    effects: dict[str, list[float]] = {}
    preferred: dict[str, list[tuple[float, float]]] = {}
    for record in records:
        both: dict[str, dict[str, list[float]]] = {}
        places: dict[str, list[str]] = {}
        for verdict in (record.get("detail") or {}).get("verdicts", ()):
            if "order" not in verdict or "points" not in verdict:
                continue
            for key, value in verdict["points"].items():
                both.setdefault(key, {}).setdefault(verdict["order"], []).append(value)
                places.setdefault(key, []).append(verdict["preferred"][key])
        for key, orders in both.items():
            if len(orders) == 2:
                ahead, behind = orders["candidate_first"], orders["baseline_first"]
                effects.setdefault(key, []).append(math.fsum(ahead) / len(ahead) - math.fsum(behind) / len(behind))
                decided = [place for place in places[key] if place != "tie"]
                preferred.setdefault(key, []).append((decided.count("first"), len(decided)))
    return {key: _bias(effects[key], preferred[key], seed) for key in effects}


def _bias(effects: Sequence[float], preferred: Sequence[tuple[float, float]], seed: int) -> PositionBias:
    import numpy as np

    shifts, decided = np.asarray(effects), np.asarray(preferred, dtype=np.float64)

    def share(weights: NDArray[np.float64]) -> float:
        first, total = weights @ decided
        return float(100.0 * first / total) if total else math.nan

    ones = np.ones(len(decided), dtype=np.int64)
    return PositionBias(_mean(100.0 * (shifts != 0), seed), bootstrapped(share, ones, seed), _mean(shifts, seed))


def _votes(record: Mapping[str, Any]) -> dict[str, list[float]]:
    """Points per value and vote; the two orders of a pair are one vote, their mean."""
    votes: dict[str, dict[int, list[float]]] = {}
    for verdict in (record.get("detail") or {}).get("verdicts", ()):
        for key, value in (verdict.get("points") or {}).items():
            votes.setdefault(key, {}).setdefault(verdict["vote"], []).append(value)
    return {key: [math.fsum(v) / len(v) for _, v in sorted(found.items())] for key, found in votes.items()}


def _mean(values: NDArray[Any], seed: int) -> Estimate:
    import numpy as np

    distinct, counts = np.unique(np.asarray(values, dtype=np.float64), return_counts=True)
    return bootstrapped(lambda weights: float(weights @ distinct / weights.sum()), counts, seed)
