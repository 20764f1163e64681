"""docs/gate.md and the ready workflows say what the program does."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from evalkit.cli.main import parser
from evalkit.report.policy import Policy, Rule, read_policy

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "gate.md").read_text(encoding="utf-8")


def test_the_table_of_keys_is_the_policys() -> None:
    table = dict(re.findall(r"^\| `(\w+)` \| (.+?) \|", PAGE, re.MULTILINE))
    defaults = Rule().model_dump()
    assert table.keys() == defaults.keys()
    for key, shown in table.items():
        expected = {"none": None, "true": True, "false": False}.get(shown, shown.strip('`"'))
        assert type(defaults[key])(expected) == defaults[key] if defaults[key] is not None else expected is None, key
    for key in ("correction", "resamples", "seed"):
        assert f"`{key}`" in PAGE
        assert key in Policy.model_fields


def test_the_example_policy_is_one(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "gate.toml").write_text(example, encoding="utf-8")
    rule = read_policy(tmp_path / "gate.toml").rule("asr_demo.clean.wer")
    assert (rule.max_drop, rule.min_n, rule.level) == (0.5, 36, 0.05)


def test_the_policy_of_the_projects_own_gate_is_one() -> None:
    rule = read_policy(ROOT / "leaderboards" / "baselines" / "asr_demo.toml").rule("asr_demo.clean.wer")
    assert (rule.significance, rule.max_drop, rule.min_n) == ("none", 1.0, 36)


def commands(node: Any) -> list[str]:
    """Every shell command of a workflow."""
    if isinstance(node, dict):
        return [line for key, value in node.items() for line in ([value] if key == "run" else commands(value))]
    if isinstance(node, list):
        return [line for entry in node for line in ([entry] if isinstance(entry, str) else commands(entry))]
    return []


@pytest.mark.parametrize("name", ["github-actions.yml", "gitlab-ci.yml"])
def test_commands_of_the_workflows_parse(name: str) -> None:
    workflow = yaml.safe_load((ROOT / "docs" / "ci" / name).read_text(encoding="utf-8"))
    found = []
    for line in commands(workflow):
        words = shlex.split(line.replace("$GITHUB_STEP_SUMMARY", "summary.md"))
        if words[0] == "evalkit":
            words = words[: words.index("||")] if "||" in words else words
            found.append(parser(words[1]).parse_args(words[1:]).command)
            for path in (word for word in words if word.endswith(".toml")):
                assert (ROOT / path).is_file()
    assert found == ["run", "gate"]
