"""The policy file: layers, misspelt keys and columns, values that cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalkit.core.errors import UnknownNameError, UsageError
from evalkit.report.policy import Policy, Rule, read_policy


def policy(tmp_path: Path, text: str) -> Policy:
    path = tmp_path / "gate.toml"
    path.write_text(text, encoding="utf-8")
    return read_policy(path)


LAYERS = """
seed = 7
correction = "none"

[default]
max_drop = 0.5
level = 0.01

[[rule]]
columns = ["asr_demo.*", "quiz.acc"]
max_drop_relative = 2

[[rule]]
columns = "asr_demo.clean.wer"
max_drop = 1.5
significance = "none"
"""


def test_later_rules_lie_over_earlier_ones_and_over_the_defaults(tmp_path: Path) -> None:
    found = policy(tmp_path, LAYERS)
    assert (found.seed, found.correction, found.resamples) == (7, "none", 10_000)
    assert found.rule("other") == Rule(max_drop=0.5, level=0.01)
    assert found.rule("quiz.acc") == Rule(max_drop=0.5, level=0.01, max_drop_relative=2.0)
    assert found.rule("asr_demo.clean.wer") == Rule(
        max_drop=1.5, level=0.01, max_drop_relative=2.0, significance="none"
    )


def test_no_policy_is_the_strictest_one() -> None:
    rule = Policy().rule("anything")
    assert (rule.max_drop, rule.max_drop_relative, rule.significance, rule.level) == (0.0, 0.0, "paired", 0.05)
    assert (rule.require_protocol, rule.require_complete, rule.max_failed_share) == (True, True, 0.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[default]\nmax_dorp = 1", r"\[default\]: 'max_dorp'. Did you mean max_drop"),
        ("[defaults]\nmax_drop = 1", "'defaults'. Did you mean default"),
        (
            "[[rule]]\ncolumns = 'x'\nsignificanse = 'none'",
            r"\[\[rule\]\] 1: 'significanse'. Did you mean significance",
        ),
        ("[default]\nmax_drop = -1", "max_drop = -1: .*greater than or equal to 0"),
        ("[default]\nmax_drop = nan", "max_drop = nan"),
        ("[default]\nmax_drop = '1'", "max_drop = '1': .*valid number"),
        ("[default]\nlevel = 5", "level = 5: .*less than 1"),
        ("[default]\nsignificance = 'maybe'", "'paired', 'interval' or 'none'"),
        ("[default]\nmin_n = 0", "min_n = 0"),
        ("[default]\nrequire_protocol = 'no'", "require_protocol = 'no'"),
        ("[[rule]]\nmax_drop = 1", r"\[\[rule\]\] 1: name its columns, as in columns ="),
        ("[[rule]]\ncolumns = []", "columns = "),
        ("[[rule]]\ncolumns = 'x'\n[[rule]]\ncolumns = 'y'\nmax_failed_share = 2", r"\[\[rule\]\] 2: max_failed_share"),
        ("[rule]\ncolumns = 'x'", "two pairs of brackets"),
        ("default = 3", "expected a table"),
        ("resamples = 3", "resamples = 3"),
        ("[default\nmax_drop = 1", "not TOML: .*line 1"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        policy(tmp_path, text)
    assert "gate.toml" in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"absent\.toml"):
        read_policy(tmp_path / "absent.toml")
    (tmp_path / "latin.toml").write_bytes(b"# caf\xe9\n")
    with pytest.raises(UsageError, match="cannot be read"):
        read_policy(tmp_path / "latin.toml")


def test_a_pattern_that_matches_no_column_is_refused_with_the_nearest(tmp_path: Path) -> None:
    found = policy(tmp_path, "[[rule]]\ncolumns = ['asr_demo.*', 'asr_demo.claen.wer']")
    known = ["asr_demo.clean.wer", "asr_demo.telephone.wer"]
    with pytest.raises(UnknownNameError, match=r"gate: 'asr_demo\.claen\.wer'. Did you mean asr_demo\.clean\.wer"):
        found.check_columns(known, known, "gate")
    found.check_columns([*known, "asr_demo.claen.wer"], [], "gate")
    with pytest.raises(UsageError, match="in the current run but not in the baseline; save the baseline anew"):
        found.check_columns(known, ["asr_demo.claen.wer"], "gate")
