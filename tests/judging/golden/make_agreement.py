"""Writes agreement.json with scikit-learn, scipy and krippendorff; they are not needed to run the tests."""

from __future__ import annotations

import json
import random
from importlib.metadata import version
from pathlib import Path

import krippendorff
import numpy as np
import scipy.stats
import sklearn.metrics


def labels(draw: random.Random, n: int, levels: list[float], same: float) -> tuple[list[float], list[float]]:
    first = [draw.choice(levels) for _ in range(n)]
    second = [value if draw.random() < same else draw.choice(levels) for value in first]
    return first, second


def main() -> None:
    draw = random.Random(20)
    plans = [
        ("yes or no", 40, [0, 1], 0.7), ("one to five", 120, [1, 2, 3, 4, 5], 0.6),
        ("skewed", 60, [5, 5, 5, 5, 4], 0.5), ("ten points", 200, list(range(11)), 0.4),
        ("half points", 50, [x / 2 for x in range(11)], 0.5),
        ("three items", 3, [1, 2, 3], 0.0), ("opposite", 30, [0, 1], 0.0), ("minus one", 25, [-1, 0, 1], 0.8),
    ]  # fmt: skip
    pairs = []
    for name, n, levels, same in plans:
        a, b = labels(draw, n, levels, same)
        if name == "opposite":
            b = [1 - value for value in a]
        grid = sorted({x / 2 for x in range(int(2 * min(levels)), int(2 * max(levels)) + 1)})
        words = [str(value) for value in grid]  # scikit-learn weights by the places of the labels
        said = ([str(float(value)) for value in a], [str(float(value)) for value in b])
        both = np.array([a, b], dtype=float)
        pairs.append({
            "name": name, "first": a, "second": b,
            "percent_agreement": 100.0 * float(np.mean(np.array(a) == np.array(b))),
            "cohen_kappa": float(sklearn.metrics.cohen_kappa_score(*said)),
            "quadratic_kappa": float(sklearn.metrics.cohen_kappa_score(*said, labels=words, weights="quadratic")),
            "spearman": float(scipy.stats.spearmanr(a, b).statistic),
            "krippendorff_alpha": float(krippendorff.alpha(both, level_of_measurement="interval")),
        })  # fmt: skip
    units = []
    for name, n, raters, levels, lost in [
        ("three votes", 60, 3, [1, 2, 3, 4, 5], 0.0), ("five votes, some missing", 40, 5, [0, 1], 0.3),
        ("two votes, many missing", 30, 2, [1, 2, 3, 4, 5], 0.4), ("four votes", 25, 4, list(range(11)), 0.1),
    ]:  # fmt: skip
        table = []
        for _ in range(n):
            near = draw.choice(levels)
            row = [near if draw.random() < 0.6 else draw.choice(levels) for _ in range(raters)]
            table.append([None if draw.random() < lost else value for value in row])
        matrix = np.array([[np.nan if v is None else v for v in row] for row in table], dtype=float).T
        units.append({
            "name": name, "ratings": table,
            **{scale: float(krippendorff.alpha(matrix, level_of_measurement=scale))
               for scale in ("nominal", "ordinal", "interval")},
        })  # fmt: skip
    made_by = {name: version(name) for name in ("scikit-learn", "scipy", "krippendorff", "numpy")}
    golden = {"made_by": made_by, "pairs": pairs, "units": units}
    (Path(__file__).parent / "agreement.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
