"""The gate: verdicts, exit codes, and what each output says."""

from __future__ import annotations

import json
import random
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xmlschema
from scored_runs import quiz_run, speech_run, without_last_words

from evalkit.report.gate import GateReport

Main = Callable[..., Any]
SCHEMA = Path(__file__).with_name("junit.xsd")


def rights(n: int, share: float, seed: int = 0) -> list[bool]:
    rng = random.Random(seed)
    return [rng.random() < share for _ in range(n)]


def fewer(right: list[bool], lost: int) -> list[bool]:
    """The same answers, the first right ones of them wrong."""
    places = [i for i, ok in enumerate(right) if ok][:lost]
    return [ok and i not in places for i, ok in enumerate(right)]


class Gate:
    """A baseline file, and the command that judges against it."""

    def __init__(self, main: Main, folder: Path, directory: Path, *words: object) -> None:
        self.main, self.folder, self.baseline = main, folder, folder / "base.json"
        done = main("baseline", "save", directory, "--to", self.baseline, *words)
        assert done.code == 0, done.err

    def judge(self, current: Path, policy: str = "") -> tuple[Any, GateReport]:
        path = self.folder / "gate.toml"
        path.write_text("resamples = 300\n" + policy, encoding="utf-8")
        out = self.folder / "gate.json"
        out.unlink(missing_ok=True)
        junit = self.folder / "junit.xml"
        done = self.main(
            "gate", "--baseline", self.baseline, "--current", current, "--policy", path, "--json", out,
            "--junit", junit, "--summary", self.folder / "summary.md",
        )  # fmt: skip
        report = GateReport.model_validate_json(out.read_bytes())
        assert done.code == report.exit_code
        xmlschema.validate(str(junit), str(SCHEMA))
        return done, report


def test_noise_passes_and_a_drop_does_not(main: Main, tmp_path: Path) -> None:
    right = rights(400, 0.8)
    gate = Gate(main, tmp_path, quiz_run(tmp_path / "a", right))
    done, report = gate.judge(quiz_run(tmp_path / "same", right))
    assert (done.code, report.outcome, report.checks[0].p) == (0, "pass", 1.0)
    noisy = [ok if i % 40 else not ok for i, ok in enumerate(right)]  # ten flips, in either direction
    done, report = gate.judge(quiz_run(tmp_path / "noisy", noisy))
    assert (done.code, report.checks[0].status) == (0, "pass")
    assert report.checks[0].drop is not None
    assert report.checks[0].drop > 0
    assert "no more than chance explains" in report.checks[0].reason
    done, report = gate.judge(quiz_run(tmp_path / "worse", fewer(right, 8)))  # two points
    check = report.checks[0]
    assert (done.code, check.status, check.drop) == (1, "regression", pytest.approx(2.0))
    assert check.p == pytest.approx(0.5**8)
    assert "gate: regression (exit 1)" in done.out


def test_the_direction_is_the_columns_own(main: Main, tmp_path: Path) -> None:
    (good,) = speech_run(tmp_path / "a", without_last_words(0))
    (bad,) = speech_run(tmp_path / "b", without_last_words(2))
    gate = Gate(main, tmp_path, good)
    done, report = gate.judge(bad)
    assert (done.code, {check.status for check in report.checks}) == (1, {"regression"})
    assert all(check.drop is not None and check.drop > 5 for check in report.checks), "more errors are a drop"
    done, report = Gate(main, tmp_path, bad).judge(good)
    assert done.code == 0
    assert all("consider saving a new one" in " ".join(check.marks) for check in report.checks)


def test_tolerances_in_points_and_in_percent(main: Main, tmp_path: Path) -> None:
    right = rights(400, 0.8)
    share = 100 * sum(right) / 400
    gate = Gate(main, tmp_path, quiz_run(tmp_path / "a", right))
    worse = quiz_run(tmp_path / "b", fewer(right, 20))  # five points
    for policy, code, allowed in (
        ("max_drop = 4.9", 1, 4.9),
        ("max_drop = 5.0", 0, 5.0),
        ("max_drop_relative = 6", 1, 0.06 * share),
        ("max_drop_relative = 6.5", 0, 0.065 * share),
        ("max_drop = 1\nmax_drop_relative = 6.5", 0, 0.065 * share),
    ):
        done, report = gate.judge(worse, f"[default]\n{policy}")
        assert (done.code, report.checks[0].allowed) == (code, pytest.approx(allowed)), policy


def test_significance_none_judges_by_the_tolerance_alone(main: Main, tmp_path: Path) -> None:
    right = rights(100, 0.8)
    gate = Gate(main, tmp_path, quiz_run(tmp_path / "a", right), "--no-samples")
    one = quiz_run(tmp_path / "b", fewer(right, 1))
    assert gate.judge(one, '[default]\nsignificance = "none"')[0].code == 1
    assert gate.judge(one, '[default]\nsignificance = "none"\nmax_drop = 1')[0].code == 0
    done, report = gate.judge(one)
    assert done.code == 2
    assert "without --no-samples" in report.checks[0].reason


def test_significance_by_intervals_needs_no_samples_and_a_larger_drop(main: Main, tmp_path: Path) -> None:
    right = rights(400, 0.8)
    gate = Gate(main, tmp_path, quiz_run(tmp_path / "a", right), "--no-samples")
    policy = '[default]\nsignificance = "interval"'
    done, report = gate.judge(quiz_run(tmp_path / "b", fewer(right, 8)), policy)
    assert done.code == 0, "two points are within the intervals, though no pair of answers got better"
    assert report.checks[0].test == "normal approximation"
    # Two independent accuracies: z = 0.08 / sqrt(p q / n + p' q' / n), here about 2.7.
    done, report = gate.judge(quiz_run(tmp_path / "c", fewer(right, 32)), policy)
    share, lower = sum(right) / 400, (sum(right) - 32) / 400
    z = 0.08 / ((share * (1 - share) + lower * (1 - lower)) / 400) ** 0.5
    assert done.code == 1
    assert report.checks[0].detectable == pytest.approx((1.6449 + 0.8416) * 8 / z, rel=0.1)


def cannot(report: GateReport) -> str:
    assert (report.outcome, report.exit_code, report.checks[0].status) == ("cannot judge", 2, "cannot judge")
    return report.checks[0].reason


def test_another_protocol_cannot_be_judged_unless_the_policy_says_so(main: Main, tmp_path: Path) -> None:
    right = rights(50, 0.8)
    gate = Gate(main, tmp_path, quiz_run(tmp_path / "a", right))
    other = quiz_run(tmp_path / "b", right, scorer="exact_match:exact")
    _, report = gate.judge(other)
    assert "protocol 'exact_match:strip' / 'exact_match:exact'" in cannot(report)
    done, report = gate.judge(other, "[default]\nrequire_protocol = false")
    assert done.code == 0
    assert any("not the same protocol" in mark for mark in report.checks[0].marks)
    _, report = gate.judge(quiz_run(tmp_path / "c", right, limit=20))
    assert "limit none / 20" in cannot(report)


@pytest.mark.parametrize(
    ("field", "value"), [("task_version", 2), ("data_revision", "another"), ("limit", 108), ("protocol", "other:1")]
)
def test_every_change_of_protocol_gives_exit_2(main: Main, tmp_path: Path, field: str, value: object) -> None:
    (a,) = speech_run(tmp_path / "a", without_last_words(0))
    gate = Gate(main, tmp_path, a)
    document = json.loads(gate.baseline.read_text())
    places = document["columns"].values() if field == "protocol" else document["runs"]
    for place in places:
        place[field] = value
    gate.baseline.write_text(json.dumps(document))
    done, report = gate.judge(a)
    assert (done.code, report.outcome) == (2, "cannot judge")
    assert all(field in check.reason for check in report.checks)


def test_a_missing_column_cannot_be_judged(main: Main, tmp_path: Path) -> None:
    (a,) = speech_run(tmp_path / "a", without_last_words(0))
    gate = Gate(main, tmp_path, a)
    document = json.loads(gate.baseline.read_text())
    document["columns"]["asr_demo.clear.wer"] = document["columns"].pop("asr_demo.clean.wer")
    gate.baseline.write_text(json.dumps(document))
    done, report = gate.judge(a)
    assert done.code == 2
    (missing,) = [check for check in report.checks if check.status == "cannot judge"]
    assert "Did you mean asr_demo.clean.wer" in missing.reason
    assert any("not in the baseline and not judged: asr_demo.clean.wer" in note for note in report.notes)
    other = quiz_run(tmp_path / "q", [True])
    done = main("gate", "--baseline", gate.baseline, "--current", other)
    assert done.code == 2
    assert f"missing: {other} holds no run of asr_demo (its tasks: quiz)" in done.out


def test_a_regression_is_one_although_another_column_cannot_be_judged(main: Main, tmp_path: Path) -> None:
    (a,) = speech_run(tmp_path / "a", without_last_words(0))
    (b,) = speech_run(tmp_path / "b", without_last_words(2))
    gate = Gate(main, tmp_path, a)
    done, report = gate.judge(b, '[[rule]]\ncolumns = "asr_demo.clean.wer"\nmin_n = 1000')
    assert done.code == 1
    assert [check.status for check in report.checks] == ["cannot judge", "regression", "regression"]


def test_failures_and_too_few_samples_cannot_be_judged(main: Main, tmp_path: Path) -> None:
    right = rights(50, 0.8)
    gate = Gate(main, tmp_path, quiz_run(tmp_path / "a", right))
    failing = quiz_run(tmp_path / "b", right, failed=(3, 4))
    assert "2 of 50 samples of 'quiz' failed" in cannot(gate.judge(failing)[1])
    reason = cannot(gate.judge(failing, "[default]\nmax_failed_share = 0.03")[1])
    assert "max_failed_share = 0.03 allows 1" in reason
    assert gate.judge(failing, "[default]\nmax_failed_share = 0.04\nmax_drop = 4")[0].code == 0
    assert "50 samples, min_n = 51" in cannot(gate.judge(quiz_run(tmp_path / "c", right), "[default]\nmin_n = 51")[1])


def test_a_gate_that_could_not_see_a_drop_says_so(main: Main, tmp_path: Path) -> None:
    right = rights(50, 0.8)
    gate = Gate(main, tmp_path, quiz_run(tmp_path / "a", right))
    other = quiz_run(tmp_path / "b", rights(50, 0.85, seed=9))
    assert gate.judge(other)[0].code == 0
    reason = cannot(gate.judge(other, "[default]\nmust_detect = 2.0")[1])
    assert "is detectable with 50 independent samples, must_detect = 2" in reason


def test_unanswered_samples_cannot_be_judged(main: Main, tmp_path: Path) -> None:
    right = rights(20, 0.8)
    gate = Gate(main, tmp_path, quiz_run(tmp_path / "a", right))
    current = quiz_run(tmp_path / "b", right)
    summary = json.loads((current / "summary.json").read_text())
    summary["counts"] |= {"n_total": 25, "n_pending": 5}
    (current / "summary.json").write_text(json.dumps(summary))
    assert "5 of 25 samples of 'quiz' are not answered yet" in cannot(gate.judge(current)[1])


def test_other_samples_are_judged_only_in_common_and_only_if_asked(main: Main, tmp_path: Path) -> None:
    ids = [f"q{i:03}" for i in range(60)]
    gate = Gate(main, tmp_path, quiz_run(tmp_path / "a", [True] * 50, ids=ids[:50]))
    other = quiz_run(tmp_path / "b", [True] * 50, ids=ids[10:])
    open_door = "[default]\nrequire_protocol = false\n"  # another file of questions is another revision
    reason = cannot(gate.judge(other, open_door)[1])
    assert "40 samples in common, 10 only in the baseline (q000, q001, q002, ...)" in reason
    done, report = gate.judge(other, open_door + 'samples = "common"')
    assert (done.code, report.checks[0].n) == (0, 40)
    assert any("left out 10 samples of the baseline, 10 of the run" in mark for mark in report.checks[0].marks)


def test_undefined_values_cannot_be_judged(main: Main, tmp_path: Path) -> None:
    (a,) = speech_run(tmp_path / "a", without_last_words(0))
    gate = Gate(main, tmp_path, a)
    document = json.loads(gate.baseline.read_text())
    for vector in document["samples"][0]["metrics"]["error_rate"]["vectors"]:
        vector[:] = [0.0] * len(vector)
    gate.baseline.write_text(json.dumps(document))
    assert "the baseline's value is undefined" in cannot(gate.judge(a)[1])


def test_ignored_columns(main: Main, tmp_path: Path) -> None:
    (a,) = speech_run(tmp_path / "a", without_last_words(0))
    (b,) = speech_run(tmp_path / "b", without_last_words(2))
    gate = Gate(main, tmp_path, a)
    some = '[[rule]]\ncolumns = ["asr_demo.clean.wer", "asr_demo.noise*"]\nignore = true'
    done, report = gate.judge(b, some)
    assert (done.code, [check.status for check in report.checks]) == (1, ["ignored", "ignored", "regression"])
    done, report = gate.judge(b, "[default]\nignore = true")
    assert (done.code, report.outcome) == (2, "cannot judge")
    assert report.problem is not None
    assert "nothing was judged" in report.problem


def test_holm_over_the_columns_judged(main: Main, tmp_path: Path) -> None:
    (a,) = speech_run(tmp_path / "a", without_last_words(0))
    (b,) = speech_run(tmp_path / "b", without_last_words(1, every=7))  # five sentences: p = 1/32 in each column
    gate = Gate(main, tmp_path, a)
    done, report = gate.judge(b)
    assert [check.p for check in report.checks] == pytest.approx([1 / 32] * 3)
    assert [check.p_adjusted for check in report.checks] == pytest.approx([3 / 32] * 3)
    assert done.code == 0
    assert Gate(main, tmp_path, a).judge(b, 'correction = "none"')[0].code == 1


def test_what_cannot_be_read_gives_exit_2_and_outputs_that_say_why(main: Main, tmp_path: Path) -> None:
    right = rights(20, 0.8)
    a = quiz_run(tmp_path / "a", right)
    gate = Gate(main, tmp_path, a)
    for current, policy, message in (
        (tmp_path / "nowhere", "", "no such file or folder"),
        (a, '[[rule]]\ncolumns = "quiz/all/exact_macth"', "Did you mean quiz/all/exact_match"),
        (a, "[default]\nmax_dorp = 1", "Did you mean max_drop"),
    ):
        done, report = gate.judge(current, policy)
        assert done.code == 2
        assert report.problem is not None
        assert message in report.problem
        assert message in done.err
        assert message in (tmp_path / "junit.xml").read_text()
    text = (a / "summary.json").read_bytes()
    for damaged in (text[:300], b"", text.replace(b"evalkit.summary/2", b"evalkit.summary/1")):
        (a / "summary.json").write_bytes(damaged)
        done, report = gate.judge(a)
        assert done.code == 2
        assert report.problem is not None
        assert "summary.json" in report.problem
    (a / "summary.json").write_bytes(text)
    gate.baseline.write_bytes(gate.baseline.read_bytes()[:200])
    assert "perhaps truncated" in str(gate.judge(a)[1].problem)
    gate.baseline.unlink()
    assert "Write one with: evalkit baseline save RUN_DIR --to" in str(gate.judge(a)[1].problem)


def test_junit_counts_and_cases(main: Main, tmp_path: Path) -> None:
    (a,) = speech_run(tmp_path / "a", without_last_words(0))
    (b,) = speech_run(tmp_path / "b", without_last_words(2))
    policy = """
[[rule]]
columns = "asr_demo.clean.wer"
ignore = true
[[rule]]
columns = "asr_demo.telephone.wer"
min_n = 500
"""
    Gate(main, tmp_path, a).judge(b, policy)
    (suite,) = ElementTree.parse(tmp_path / "junit.xml").getroot()
    assert [suite.get(key) for key in ("tests", "failures", "errors", "skipped")] == ["3", "1", "1", "1"]
    cases = {case.get("name"): [child.tag for child in case] for case in suite.iter("testcase")}
    assert cases == {
        "asr_demo.clean.wer": ["skipped"],
        "asr_demo.noise_10db.wer": ["failure"],
        "asr_demo.telephone.wer": ["error"],
    }
    failure = next(suite.iter("failure"))
    assert "baseline 0.00" in str(failure.get("message"))


def test_names_with_markup_and_control_characters_are_data(main: Main, tmp_path: Path) -> None:
    a = quiz_run(tmp_path / "a", rights(30, 0.8))
    for file in ("summary.json", "run.json"):
        document = json.loads((a / file).read_text())
        document["model"] = "模型 <b>&|`x`\x07\ud800".encode("utf-8", "replace").decode() + " */ ]]>"
        (a / file).write_text(json.dumps(document))
    gate = Gate(main, tmp_path, a)
    done, report = gate.judge(a)
    assert done.code == 0
    assert report.model_current.startswith("模型 <b>")
    xml = ElementTree.parse(tmp_path / "junit.xml")
    value = next(p.get("value") for p in xml.iter("property") if p.get("name") == "model_current")
    assert value is not None
    assert value.startswith("模型 <b>&|`x`\ufffd")
    assert "``" in (tmp_path / "summary.md").read_text(), "a longer fence than the backtick inside"


def test_the_step_summary_is_appended(main: Main, tmp_path: Path) -> None:
    a = quiz_run(tmp_path / "a", rights(30, 0.8))
    gate = Gate(main, tmp_path, a)
    (tmp_path / "summary.md").write_text("# Before\n\n", encoding="utf-8")
    gate.judge(a)
    gate.judge(a)
    text = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert text.startswith("# Before\n\n## ")
    assert text.count("evalkit gate: no regression") == 2
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} == {10}, "nine cells in every row"


def test_a_folder_of_runs_of_other_tasks_too(main: Main, tmp_path: Path) -> None:
    right = rights(30, 0.8)
    gate = Gate(main, tmp_path, quiz_run(tmp_path / "a", right))
    current = quiz_run(tmp_path / "b", right)
    speech_run(tmp_path / "b", without_last_words(0))
    speech_run(tmp_path / "b", without_last_words(1))  # two runs of a task that the baseline does not have
    assert gate.judge(current.parents[2])[0].code == 0
    quiz_run(tmp_path / "b", fewer(right, 2))
    done, report = gate.judge(current.parents[2])
    assert done.code == 2
    assert "several runs of the task 'quiz'" in str(report.problem)
