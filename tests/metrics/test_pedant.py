"""PEDANT: which version decides, what is said where it cannot, and that nothing is fetched or printed behind our back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from qa_metrics_stand_in import forget, install

from evalkit.core.errors import DataError, EvalkitError, MissingExtraError, UnknownNameError, UsageError
from evalkit.metrics.pedant import package
from evalkit.metrics.pedant.metric import Pedant

LINE = {"question": "Which river flows through Paris?", "reference": "The Seine"}


def line(response: str, **more: Any) -> dict[str, Any]:
    return {**LINE, "response": response, **more}


@pytest.fixture(autouse=True)
def nothing_loaded(monkeypatch: pytest.MonkeyPatch) -> Any:
    forget(monkeypatch)
    yield
    forget(monkeypatch)


@pytest.mark.parametrize("version", ["0.2.17", "0.2.42"])
def test_verdicts_of_the_package(version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    inner = install(tmp_path, monkeypatch, version)
    metric = Pedant(f"qa_metrics_{version}")
    metric.check(LINE, "here")
    said = {"It is THE SEINE!": True, "the rhine": False, "": False, "the": False}
    found = {text: metric.assess(line(text), "here") for text in said}
    assert {text: one.outputs["correct"] for text, one in found.items()} == said
    assert found["It is THE SEINE!"].faithful == {"panda": (1, 1)}
    assert found[""].flags == ("empty_response",)
    assert metric.assess(line("Rhine", reference=["Loire", "Seine"]), "here").faithful == {"panda": (1, 1)}
    emptied = metric.assess(line("  ", reference="?"), "here")
    assert (emptied.faithful, emptied.strict) == ({"panda": (1, 1)}, {"panda": (0, 1)}), "official, and strict"
    assert not (inner / "downloads.log").exists(), "weights are what lies here, not what a branch holds today"
    assert capsys.readouterr().out == "", "a command's output may be JSON"


def test_the_weights_are_part_of_the_identity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    metric = Pedant()
    assert metric.identity() == {"rule": 1, "weights": None}, "without the package"
    inner = install(tmp_path, monkeypatch)
    first = metric.identity()["weights"]
    assert first is not None
    (inner / "classifier" / "lr_classifier.pkl").write_bytes(b"other weights")
    assert metric.identity()["weights"] not in (first, None)
    (inner / "classifier" / "lr_classifier.pkl").unlink()
    assert metric.identity()["weights"] is None


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evalkit.metrics.pedant.package.weights_folder", lambda: None)
    with pytest.raises(MissingExtraError, match=r"pedant:qa_metrics_0\.2\.17 needs the package 'qa_metrics'.*pedant"):
        Pedant().check(LINE, "here")
    with pytest.raises(UsageError, match=r"qa_metrics_0\.2\.42.*pip install 'qa_metrics==0\.2\.42'"):
        Pedant("qa_metrics_0.2.42").check(LINE, "here")


@pytest.mark.parametrize("installed", ["0.2.30", "0.2.42"])
def test_another_version_never_takes_its_place(installed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch, installed)
    with pytest.raises(UsageError, match=rf"{installed} is installed, which decides otherwise.*'qa_metrics==0\.2\.17'"):
        Pedant().check(LINE, "here")


@pytest.mark.parametrize("version", ["0.2.17", "0.2.42"])
def test_weights_that_were_never_fetched(version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = install(tmp_path, monkeypatch, version, weights=None)
    with pytest.raises(UsageError, match=r"weights are not there: lr_classifier\.pkl, tf-idf.*Fetch them once"):
        Pedant(f"qa_metrics_{version}").check(LINE, "here")
    assert not (inner / "downloads.log").exists()


def test_weights_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch, weights=b"<html>rate limited</html>")
    metric = Pedant()
    metric.check(LINE, "here")
    with pytest.raises(EvalkitError, match=r"cannot be read \(UnpicklingError.*scikit-learn 1\.3\.2"):
        metric.assess(line("x"), "here")


@pytest.mark.parametrize("wrong", [{"reference": None}, {"reference": []}, {"reference": " "}, {"question": None}])
def test_lines_that_cannot_be_used(wrong: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch)
    with pytest.raises(DataError, match=next(iter(wrong))):
        Pedant().check({**LINE, **wrong}, "here")


def test_versions_are_named() -> None:
    with pytest.raises(UnknownNameError, match=r"qa_metrics_0\.2\.17"):
        Pedant("qa_metrics_0.2.18")


# What both versions say with the weights of zli12321/qa_metrics 26623c6, run offline through `package.classifier`.
REAL = [
    ("Which river flows through Paris?", "The Seine", "It is the Seine.", True),
    ("Which river flows through Paris?", "The Seine", "The Loire", False),
    ("who wrote hamlet", "William Shakespeare", "It was written by Shakespeare.", False),
    ("when did the war end", "1945", "it ended in the year nineteen forty-five", False),
    ("capital of italy", "Rome", "", False),
    ("capital of italy", "the", "Paris", True),
    ("who sang thriller", "Michael Jackson", "Jackson, Michael", True),
]


@pytest.mark.parametrize("version", sorted(package.WEIGHTS))
def test_the_real_package(version: str) -> None:
    try:
        package.require(version)
    except EvalkitError as error:
        pytest.skip(str(error))
    metric = Pedant(f"qa_metrics_{version}")
    for question, reference, response, wanted in REAL:
        found = metric.assess({"question": question, "reference": reference, "response": response}, "here")
        assert found.outputs["correct"] is wanted, response


def test_the_command(
    main: Callable[..., Any], write_lines: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, monkeypatch)
    file = write_lines(tmp_path / "lines.jsonl", [line("The Seine."), line("Rhine", reference="seine"), line("No")])
    done = main("metric", "pedant", "--input", file)
    assert done.code == 0, done.err
    assert json.loads(done.out)["value"] == pytest.approx(200 / 3)
