"""Metrics as modules of Hugging Face evaluate, offline."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from evalkit.core.errors import MissingExtraError, UnknownNameError
from evalkit.metrics import huggingface
from evalkit.metrics.scorers import scorer


def test_without_the_package_the_command_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "evaluate", None)
    huggingface._module_class.cache_clear()
    with pytest.raises(MissingExtraError, match=r"pip install -e '?.*\[evaluate\]'"):
        huggingface.load("error_rate")
    huggingface._module_class.cache_clear()


def test_no_sum_hides_another() -> None:
    line = {"instruction_id_list": ["punctuation:no_comma", "detectable_format:title"], "kwargs": [{}, {}]}
    found = huggingface.compute(scorer("instruction_following"), ["*<<A>>*, b"], [line])
    assert (found["prompt_strict_followed"], found["prompt_strict_prompts"]) == (0, 1)
    assert (found["instruction_strict_followed"], found["instruction_strict_instructions"]) == (1, 2)
    assert found["instructions_strict"] == 1, "a sum that one metric has alone keeps its name"
    assert "followed" not in found


def test_a_thought_is_no_part_of_a_prediction() -> None:
    found = huggingface.compute(scorer("exact_match"), ["<think>B or A?</think>B", "<think>B"], ["B", "B"])
    assert found["exact_match"] == 50.0


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    pytest.importorskip("evaluate")


@pytest.mark.usefixtures("offline")
class TestWithEvaluate:
    def test_is_a_module_of_evaluate(self) -> None:
        import evaluate

        metric = huggingface.load("error_rate", profile="kimi", language="zh")
        assert isinstance(metric, evaluate.EvaluationModule)
        assert set(metric.features[0]) == {"predictions", "references"}

    def test_compute(self) -> None:
        metric = huggingface.load("error_rate", profile="kimi", language="zh")
        result = metric.compute(
            predictions=["我用爱疯打电话", "你好世界", "null", None],
            references=["我用iPhone打电话", "你好，世界", "好", "好"],
        )
        assert result["error_rate"] == pytest.approx(100 * 2 / 10)
        assert result["strict_error_rate"] == pytest.approx(100 * 4 / 12)
        assert (result["substitutions"], result["insertions"], result["tokens"]) == (1, 1, 10)
        assert (result["n_total"], result["n_scored"], result["n_model_failed"]) == (4, 2, 1)
        assert "kimi" in result["protocol"]

    def test_batches_add_up_and_do_not_stay(self) -> None:
        metric = huggingface.load("error_rate", profile="seedtts", language="en")
        metric.add_batch(predictions=[None, "a b"], references=["x", "a c"])
        metric.add_batch(predictions=["d"], references=["d"])
        assert metric.compute()["error_rate"] == pytest.approx(25.0)
        assert metric.compute(predictions=["d"], references=["d"])["n_total"] == 1

    def test_several_references(self) -> None:
        metric = huggingface.load("exact_match")
        result = metric.compute(predictions=["a", "b"], references=[["x", "a"], ["c"]])
        assert result["exact_match"] == 50.0

    def test_mismatch_and_unknown_names(self) -> None:
        with pytest.raises(ValueError, match="Mismatch"):
            huggingface.load("error_rate", language="en").compute(predictions=["a"], references=["a", "b"])
        with pytest.raises(UnknownNameError):
            huggingface.load("errorrate")
        with pytest.raises(UnknownNameError):
            huggingface.load("error_rate", profile="kimy", language="en")
