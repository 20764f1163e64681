"""docs/judging.md: its example works, and its tables name what there is."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

from evalkit.judging.parsing import PARSERS
from evalkit.judging.rubric import Rubric
from evalkit.judging.rules import RULES

TEXT = (Path(__file__).parents[2] / "docs" / "judging.md").read_text(encoding="utf-8")


def test_the_example_is_a_judge_in_one_file(main: Callable[..., Any], tmp_path: Path) -> None:
    found = re.search(r"<!-- example -->\n```\n(.*?)```", TEXT, re.DOTALL)
    assert found is not None
    (tmp_path / "kindness.md").write_text(found[1], encoding="utf-8")
    data = tmp_path / "mine.jsonl"
    data.write_text(json.dumps({"id": "a", "prompt": "I failed.", "reference": "x"}) + "\n")
    main("run", "--model", "constant", "--model-arg", "text=Oh no!", "--task", data, "--out", tmp_path / "out")
    (run,) = (path.parent for path in (tmp_path / "out").glob("*/*/*/run.json"))
    judge = ["--judge", "constant", "--judge-arg", 'text={"reason": "it feels with the user", "score": 4}']
    done = main("judge", run, "--rubric", tmp_path / "kindness.md", *judge, "--json")
    assert done.code == 0, done.err
    assert done.json[0]["results"][0]["value"] == 4.0


def test_every_key_parser_and_profile_is_explained() -> None:
    keys = {field.name for field in fields(Rubric)} - {"path", "text", "factor"} | {"grades"}
    header = TEXT.partition("### Header")[2].partition("### Inputs")[0]
    assert keys == set(re.findall(r"`(\w+)`", "\n".join(re.findall(r"^\| (.*?) \|", header, re.MULTILINE))))
    parsers = TEXT.partition("### Parsers")[2].partition("### Pairs")[0]
    assert set(PARSERS) <= set(re.findall(r"`(\w+)`", parsers))
    rules = TEXT.partition("## Judges that ask nobody")[2].partition("## How good")[0]
    assert set(RULES) <= set(re.findall(r"`(\w+)`", rules))
