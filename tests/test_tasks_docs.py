"""docs/tasks.md: its examples run, and it names what authors have."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest

from evalkit import authoring
from evalkit.core import columns as graph
from evalkit.core.metric import JOINS

sys.path.insert(0, str(Path(__file__).parent / "run"))
from in_memory import Says, run, task, values

TEXT = (Path(__file__).parents[1] / "docs" / "tasks.md").read_text()
EXAMPLES = re.findall(r"<!-- example -->\n```python\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_run(example: str) -> None:
    made: dict[str, Any] = {}
    exec(example, made)
    assert made["scorers"]


def test_the_columns_have_the_values_that_their_words_say(tmp_path: Path) -> None:
    (block,) = re.findall(r"<!-- columns -->\n```python\n(.*?)```", TEXT, re.DOTALL)
    made: dict[str, Any] = {name: getattr(authoring, name) for name in authoring.__all__}
    exec(block, made)

    def rows(split: str, *facts: tuple[str, str, str]) -> list[dict[str, Any]]:
        return [
            {"id": f"{split}{at}", "reference": said, "meta": {"level": level, "kind": kind}}
            for at, (said, level, kind) in enumerate(facts)
        ]

    data = {
        "dev": rows("dev", ("Yes", "hard", "music"), ("yes", "easy", "music"), ("yes", "hard", "speech")),
        "test": rows("test", ("yes", "hard", "music"), ("no", "hard", "speech"), ("no", "hard", "speech"),
                     ("yes", "easy", "music")),
    }  # fmt: skip
    mine = task(data, made["scorers"], made["columns"], breakdowns=("level", "kind"))
    found = values(run(Says(), mine, tmp_path))
    assert found == {
        "mine.test": (50.0, 4),
        "mine.test.refused": (0.0, 4),
        "mine.test.hard": (pytest.approx(100 / 3), 3),
        "mine.hard_music": (50.0, 2),
        "mine.both": (pytest.approx(400 / 7), 7),
        "mine.mean": (pytest.approx((50 + 200 / 3) / 2), 7),
        "mine.weighted": (pytest.approx((3 * 50 + (50 + 200 / 3) / 2) / 4), 11),
        "mine.gap": (pytest.approx(50 - 100 / 3), 7),
    }


def test_every_maker_combinator_formula_and_join_is_explained() -> None:
    words = set(re.findall(r"\w[\w@]*", TEXT))
    lower = {name for name in authoring.__all__ if name[0].islower()}
    messages = {"user", "assistant", "system", "task", "model", "mean", "ratio", "by_stem", "by_split"}
    assert lower - messages <= words
    assert set(graph.FORMULAS) <= words
    assert set(JOINS) <= words
