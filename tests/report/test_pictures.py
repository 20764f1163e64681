"""Pictures: the data behind them are the run's, the files are what their names say, and colours can be told apart."""

from __future__ import annotations

import csv
import itertools
import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from make_runs import COUNTS, make_run, score_again

from evalkit.cli.main import main
from evalkit.core.errors import EvalkitError, UsageError
from evalkit.report.pictures.breakdown import GroupValue, breakdown, group_values, ordered
from evalkit.report.pictures.confusion import NONE, OTHER, confusion, confusion_picture
from evalkit.report.pictures.cost import cost_picture, cost_points
from evalkit.report.pictures.forest import forest
from evalkit.report.pictures.points import Point, points
from evalkit.report.pictures.radar import _radius, radar, shared_prefix
from evalkit.report.pictures.style import COLOURS, look
from evalkit.report.summaries import load_summary

pytest.importorskip("matplotlib")
MEMORY = {"mmmb.text_memory": 61.5, "mmmb.image_memory": 22.25, "mmmb.mixed_memory": 41.0, "mmmb.average": 40.5}


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def result(group: str, value: float, n: int, by: str = "turn_distance") -> dict[str, Any]:
    return {
        "value": value, "low": value - 5, "high": value + 5, "strict": value, "n": n, "n_dropped": 0,
        "scorer": "accepted_answer", "scoring": "accepted_answer-1", "protocol": "accepted_answer", "metric": "accuracy", "label": "Acc", "unit": "%",
        "higher_is_better": True, "decimals": 2, "split": None, "breakdown": by, "group": group,
        "fields": ["correct", "samples"], "reduction": "ratio", "n_clusters": n,
        "sums": {"correct": value * n / 100, "samples": n}, "counts": {**COUNTS, "n_total": n, "n_scored": n},
    }  # fmt: skip


def test_a_forest_shows_runs_beside_what_the_papers_print_for_the_same_model(tmp_path: Path) -> None:
    run = make_run(tmp_path, "interactive-omni-4b", MEMORY, task="mmmb")
    found = points([run], None, None, "same", {})
    printed = {point.column: point.value for point in found if not point.own}
    assert printed == {
        "mmmb.text_memory": 70.71, "mmmb.image_memory": 30.39, "mmmb.mixed_memory": 59.68, "mmmb.average": 52.47
    }  # fmt: skip
    assert {point.column: (point.low, point.value, point.high) for point in found if point.own} == {
        name: (value - 1, value, value + 1) for name, value in MEMORY.items()
    }
    assert len(points([run], None, None, "all", {})) == 4 + 7 * 4
    figure = forest(found)
    labels = [text.get_text() for ax in figure.axes for text in ax.get_yticklabels()]
    assert "interactive-omni-4b  61.50" in labels and "InteractiveOmni-4B  70.71" in labels


def test_a_run_of_a_twin_is_no_part_but_the_picture_says_what_it_is(tmp_path: Path) -> None:
    run = make_run(tmp_path, "m", {"mmmb_twin.average": 50.0}, task="mmmb_twin", results=[result("1", 50.0, 9)])
    part = make_run(tmp_path, "part", {"mmmb_twin.average": 40.0}, task="mmmb_twin", limit=20)
    figure = forest(points([run, part], None, None, "none", {}))
    labels = [text.get_text() for ax in figure.axes for text in ax.get_yticklabels()]
    assert labels == ["m  50.00", "part*  40.00"]
    told = "mmmb_twin: twin of mmmb, not the original"
    assert told in figure.get_supxlabel()
    curves = breakdown(group_values([load_summary(run / "summary.json")], []))
    assert told in curves.get_supxlabel() and curves.axes[0].get_title() == "mmmb_twin: turn distance"
    assert (
        "twin"
        not in forest(points([make_run(tmp_path, "m", MEMORY, task="mmmb")], None, None, "none", {})).get_supxlabel()
    )


def test_radar_and_cost_say_what_is_a_twin_and_what_a_part(tmp_path: Path) -> None:
    suite = {f"mmmb_twin.{name}": 50.0 for name in ("text_memory", "image_memory", "average")}
    whole = make_run(tmp_path, "whole", suite, task="mmmb_twin", cost=1.0)
    part = make_run(tmp_path, "part", suite, task="mmmb_twin", cost=2.0, limit=20)
    runs = [(path, load_summary(path / "summary.json")) for path in (whole, part)]
    rose = radar(points([whole, part], None, None, "none", {}))
    cloud = cost_picture(cost_points(runs, "mmmb_twin.average", "cost"), "cost")
    for figure in (rose, cloud):
        told = figure.get_supxlabel().splitlines()
        assert {"mmmb_twin: twin of mmmb, not the original", "*: a part of the samples, or not complete"} <= set(told)
        assert [text.get_text() for text in figure.legends[0].get_texts()] == ["whole", "part*"]


def test_long_names_stay_on_the_page(tmp_path: Path) -> None:
    names = [f"Qwen3-Omni-30B-A3B-Instruct-2507-checkpoint-{i}00" for i in range(5)]
    for i, name in enumerate(names):
        values = {f"mmmb.{column}": 10.0 * i + 20 for column in ("text_memory", "image_memory", "average")}
        make_run(
            tmp_path, name, values, task="mmmb", cost=1.0 + i, results=[result("1", 50.0, 9), result("2", 40.0, 9)]
        )
    runs = sorted(tmp_path.glob("*/*/*"))
    summaries = [(path, load_summary(path / "summary.json")) for path in runs]
    figures = [
        breakdown(group_values([run for _, run in summaries], [])),
        radar(points(runs, None, None, "none", {})),
        cost_picture(cost_points(summaries, "mmmb.average", "cost"), "cost"),
    ]
    for figure in figures:
        figure.draw_without_rendering()
        (shown,) = figure.legends
        assert sorted(text.get_text() for text in shown.get_texts()) == names
        page, box = figure.bbox, shown.get_window_extent()
        assert page.x0 <= box.x0 and box.x1 <= page.x1 and box.y1 <= page.y1
        assert all(ax.get_tightbbox().y1 <= box.y0 + 1 for ax in figure.axes), "the names cover the picture"


def test_costs_far_apart_have_readable_numbers(tmp_path: Path) -> None:
    for name, cost in (("cheap", 0.001), ("dear", 1.0)):
        make_run(tmp_path, name, {"mmmb.average": 50.0}, task="mmmb", cost=cost)
    runs = [(path, load_summary(path / "summary.json")) for path in sorted(tmp_path.glob("*/*/*"))]
    figure = cost_picture(cost_points(runs, "mmmb.average", "cost"), "cost")
    figure.draw_without_rendering()
    (ax,) = figure.axes
    assert ax.get_xscale() == "log"
    shown = [text.get_text() for text in [*ax.get_xticklabels(), *ax.get_xticklabels(minor=True)] if text.get_text()]
    assert len(shown) >= 3 and all(float(text) > 0 for text in shown), shown


def test_several_runs_of_a_model_are_told_apart(tmp_path: Path) -> None:
    runs = [
        make_run(tmp_path, "m", {"mmmb.average": value}, task="mmmb", seed=seed, usage={"output_tokens": 50.0},
                 results=[result("1", value, 9), result("2", value, 9)])
        for seed, value in ((0, 50.0), (1, 60.0))
    ]  # fmt: skip
    names = {f"m ({run.name[:6]})" for run in runs}
    assert {point.model for point in points(runs, None, None, "none", {})} == names
    summaries = [load_summary(run / "summary.json") for run in runs]
    found = group_values(summaries, [])
    assert {value.model for value in found} == names
    (ax,) = breakdown(found).axes
    drawn = [list(line.get_ydata()) for line in ax.lines]
    assert [50.0, 50.0] in drawn and [60.0, 60.0] in drawn
    assert {point.model for point in cost_points(list(zip(runs, summaries, strict=True)), None, "tokens")} == names


def test_two_protocols_of_a_run_are_told_apart(tmp_path: Path) -> None:
    run = make_run(tmp_path, "m", {"mmmb.average": 50.0}, task="mmmb", protocol="a_rule")
    score_again(run, {"mmmb.average": 60.0}, "b_rule", "b_rule-1")
    board = tmp_path / "board.json"
    assert main(["leaderboard", "--out", str(tmp_path), "--to", str(board)]) == 0
    names = {point.model: point.value for point in points([board], None, None, "none", {})}
    assert names == {f"m ({run.name[:6]}) a_rule": 50.0, f"m ({run.name[:6]}) b_rule": 60.0}


def test_units_and_directions_have_panels_of_their_own(tmp_path: Path) -> None:
    a = make_run(tmp_path, "m", {"mmmb.average": 50.0}, task="mmmb")
    b = make_run(tmp_path, "m", {"librispeech.test_clean.wer": 3.0}, task="librispeech", higher=False)
    figure = forest(points([a, b], None, None, "none", {}))
    assert sorted(ax.get_xlabel() for ax in figure.axes) == ["%, higher is better", "%, lower is better"]


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_files_are_what_their_names_say_and_repeat_byte_for_byte(tmp_path: Path, ending: str) -> None:
    run = make_run(tmp_path, "模型 $5_a <b> & c", MEMORY, task="mmmb")
    files = [tmp_path / f"{name}.{ending}" for name in "ab"]
    for file in files:
        assert main(["plot", "forest", str(run), "--to", str(file)]) == 0
    head = files[0].read_bytes()[:8]
    assert files[0].read_bytes() == files[1].read_bytes()
    if ending == "svg":
        texts = [element.text for element in ET.parse(files[0]).iter() if element.text]
        assert any("模型 $5_a <b> & c" in text for text in texts)
    else:
        assert head.startswith({"png": b"\x89PNG\r\n\x1a\n", "pdf": b"%PDF-"}[ending])
    assert not list(tmp_path.glob(".*"))


def test_the_data_of_a_picture_are_the_values_of_the_run(tmp_path: Path) -> None:
    groups = [result("10", 20.0, 5), result("2", 60.0, 40), result("1", 80.0, 55)]
    run = make_run(tmp_path, "m", MEMORY, task="mmmb", results=groups)
    to = tmp_path / "figure5.csv"
    assert main(["plot", "breakdown", str(run), "--by", "turn_distance", "--to", str(to)]) == 0
    rows = [(row["group"], float(row["value"]), float(row["low"]), int(row["n"])) for row in rows_of(to)]
    assert rows == [("10", 20.0, 15.0, 5), ("2", 60.0, 55.0, 40), ("1", 80.0, 75.0, 55)]
    figure = breakdown(group_values([load_summary(run / "summary.json")], []))
    (ax,) = figure.axes
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["1\n(55)", "2\n(40)", "10\n(5)"]
    line = ax.lines[0]
    assert list(line.get_xdata()) == [1, 2, 10] and list(line.get_ydata()) == [80, 60, 20]


def test_groups_that_are_no_numbers_are_not_joined_by_a_line(tmp_path: Path) -> None:
    run = make_run(tmp_path, "m", MEMORY, results=[result(name, 50.0, 9, "memory_type") for name in ("text", "image")])
    (ax,) = breakdown(group_values([load_summary(run / "summary.json")], [])).axes
    assert ax.lines[0].get_linestyle() == "None"
    assert ordered(["b", "a", "10"]) == ["10", "a", "b"] and ordered(["10", "9", "0.5"]) == ["0.5", "9", "10"]


def test_outside_is_better_on_every_axis_of_a_radar(tmp_path: Path) -> None:
    for scale in ("range", "shown"):
        assert _radius(90.0, (0.0, 100.0), scale) > _radius(80.0, (0.0, 100.0), scale)  # type: ignore[arg-type]
        assert _radius(5.0, (100.0, 0.0), scale) > _radius(10.0, (100.0, 0.0), scale)  # type: ignore[arg-type]
    run = make_run(tmp_path, "m", MEMORY, task="mmmb")
    (ax,) = radar(points([run], None, None, "none", {})).axes
    radii = dict(zip(MEMORY, ax.lines[0].get_ydata(), strict=False))
    assert radii == pytest.approx({name: value / 100 for name, value in MEMORY.items()})
    assert shared_prefix(list(MEMORY)) == "mmmb." and shared_prefix(["a.b", "c.d"]) == ""


def test_a_radar_refuses_what_nobody_could_read(tmp_path: Path) -> None:
    run = make_run(tmp_path, "m", {"mmmb.average": 1.0}, task="mmmb")
    with pytest.raises(UsageError, match="three columns"):
        radar(points([run], None, None, "none", {}))
    with pytest.raises(UsageError, match="told apart"):
        radar(points([], "voicebench.*", None, "all", {}))


def test_cost_is_per_answered_sample_and_unknown_cost_is_not_zero(tmp_path: Path) -> None:
    counts = {**COUNTS, "n_total": 50, "n_scored": 40, "n_model_failed": 10}
    priced = make_run(tmp_path, "priced", MEMORY, cost=0.8, counts=counts)
    unknown = make_run(tmp_path, "local", MEMORY)
    runs = [(path, load_summary(path / "summary.json")) for path in (priced, unknown)]
    found = cost_points(runs, "mmmb.average", "cost")
    assert [(point.model, point.cost) for point in found] == [("priced", pytest.approx(20.0)), ("local", None)]
    with pytest.raises(UsageError, match="choose one column"):
        cost_points(runs, None, "cost")
    with pytest.raises(UsageError, match="knows its cost"):
        cost_points(runs[1:], "mmmb.average", "cost")
    assert main(["plot", "cost", str(tmp_path), "--columns", "mmmb.average", "--to", str(tmp_path / "c.svg")]) == 0
    assert "cost unknown: local" in (tmp_path / "c.svg").read_text(encoding="utf-8")


def labelled(directory: Path, pairs: list[tuple[str, str | None]]) -> None:
    lines = [
        {"id": str(i), "messages": [], "reference": reference, "text": answer}
        | ({"failure": {"kind": "model", "message": "no"}} if answer is None else {})
        for i, (reference, answer) in enumerate(pairs)
    ]
    (directory / "samples.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def test_a_confusion_matrix_counts_every_sample(tmp_path: Path) -> None:
    run = make_run(tmp_path, "m", {"x": 1.0}, task="emotions")
    labelled(run, [("happy", "Happy "), ("happy", "sad"), ("sad", "sad"), ("sad", "no idea"), ("sad", None)])
    found = confusion(run, "emotions", "m")
    assert found.labels == ["happy", "sad"] and found.answers == ["happy", "sad", OTHER, NONE]
    assert found.counts.tolist() == [[1, 1, 0, 0], [0, 1, 1, 1]]
    title = confusion_picture(found).axes[0].get_title()
    assert title == "m on emotions"
    (run / "scores").mkdir()
    lines = [{"id": str(i), "detail": {"label": label}} for i, label in enumerate(["happy", "happy", "sad", "sad"])]
    (run / "scores" / "choice.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    assert confusion(run, "emotions", "m").counts.tolist() == [[2, 0, 0], [0, 2, 1]]  # what the scorer read counts


def test_texts_are_no_labels(tmp_path: Path) -> None:
    run = make_run(tmp_path, "m", {"x": 1.0})
    labelled(run, [(f"a sentence, the {i}th", "yes") for i in range(50)])
    with pytest.raises(UsageError, match="50 different references"):
        confusion(run, "t", "m")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["forest", "--to", "x.jpg"], "ends in .png, .svg, .pdf or .csv"),
        (["forest", "--columns", "mmmb.avrage", "--to", "x.png"], "mmmb.average"),
        (["forest", "--model", "n*", "--to", "x.png"], "model"),
        (["breakdown", "--to", "x.png"], "no run there has a breakdown"),
        (["forest", "--to", "nowhere/x.png"], "cannot be written"),
        (["breakdown", "--columns", "mmmb.average", "--to", "x.png"], "--columns belongs to forest and radar and cost"),
        (["forest", "--x", "cost", "--to", "x.png"], "--x belongs to cost"),
    ],
)
def test_errors_say_what_was_expected(tmp_path: Path, words: list[str], expected: str) -> None:
    run = make_run(tmp_path, "m", MEMORY, task="mmmb")
    done = subprocess.run(
        [sys.executable, "-m", "evalkit", "plot", words[0], str(run), *words[1:]],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2 and expected in done.stderr and "Traceback" not in done.stderr


def test_without_matplotlib_the_message_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_run(tmp_path, "m", MEMORY, task="mmmb")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(EvalkitError, match=r"pip install -e .*\[plots\]"):
        forest(points([run], None, None, "none", {}))


# Simulated dichromacy in linear RGB, from Viénot, Brettel and Mollon (1999), "Digital video colourmaps for checking
# the legibility of displays by dichromats": protanopia and deuteranopia.
_SEEN = {
    "protanopia": [[0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.00401, -0.00401, 1.0]],
    "deuteranopia": [[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]],
}


@pytest.mark.parametrize("eyes", ["normal", *_SEEN])
def test_colours_can_be_told_apart(eyes: str) -> None:
    rgb = np.array([[int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)] for colour in COLOURS])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    if eyes in _SEEN:
        linear = np.clip(linear @ np.array(_SEEN[eyes]).T, 0, 1)
    xyz = linear @ np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]).T
    scaled = xyz / np.array([0.9505, 1.0, 1.089])
    f = np.where(scaled > 0.008856, np.cbrt(scaled), 7.787 * scaled + 16 / 116)
    lab = np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)
    closest = min(float(np.linalg.norm(a - b)) for a, b in itertools.combinations(lab, 2))
    assert closest > 10  # a CIE76 difference of 2.3 is just noticeable


def test_series_differ_in_shape_and_line_too() -> None:
    assert len({(look(i)["color"], look(i)["marker"]) for i in range(49)}) == 49
    looks = [look(i) for i in range(len(COLOURS))]
    assert len({look["marker"] for look in looks}) == len({str(look["linestyle"]) for look in looks}) == len(looks)


GROUPS = {
    "long names": [f"a very long group name, number {i}" for i in range(8)],
    "numbers far apart": ["1", "2", "3", "10", "11", "40", "400"],
    "many numbers": [str(i) for i in range(1, 31)],
    "few": ["en", "zh"],
}


@pytest.mark.parametrize("kinds", [[kind] for kind in GROUPS] + [list(GROUPS)])
def test_labels_of_groups_do_not_lie_over_one_another(kinds: list[str]) -> None:
    values = [
        GroupValue(model, "task", "ACC", kind, group, 50.0, 40.0, 60.0, 12345, "%")
        for kind in kinds
        for model in ("alpha", "beta")
        for group in GROUPS[kind]
    ]
    figure = breakdown(values)
    figure.draw_without_rendering()
    for ax in figure.axes[: len(kinds)]:
        assert not lying_over(ax)
        shown = [label.get_text().split()[-1] for label in ax.get_xticklabels()]
        assert set(shown) == {"(12345)"}


@pytest.mark.parametrize("axes", [3, 14, 34])
def test_labels_of_a_radar_do_not_lie_over_one_another(axes: int) -> None:
    found = [
        Point(f"suite.some_long_column_name_{i}.accuracy_of_things", "m", 50.0, None, None, "%", True, 2, "run")
        for i in range(axes)
    ]
    figure = radar(found)
    figure.draw_without_rendering()
    assert not lying_over(figure.axes[0])


def lying_over(ax: Any) -> list[tuple[str, str]]:
    boxes = [(label.get_text(), label.get_window_extent()) for label in ax.get_xticklabels() if label.get_text()]
    return [(one, other) for (one, a), (other, b) in itertools.combinations(boxes, 2) if a.overlaps(b)]
