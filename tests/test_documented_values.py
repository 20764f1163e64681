"""Figures that the docs promise are those of the code: defaults, bounds and thresholds, told in one place and kept in
another. A figure that changes a score, a cost or what is given up is changed on purpose, in both."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest

from evalkit.core.sample import Generation

DOCS = Path(__file__).resolve().parents[1] / "docs"


def of(module: str, name: str) -> Any:
    found = importlib.import_module(f"evalkit.{module}")
    for part in name.split("."):
        found = getattr(found, part)
    return found


def default(module: str, name: str, field: str) -> Any:
    return of(module, name).__dataclass_fields__[field].default


NUMBERS = {"five": 5.0, "ten": 10.0, "twice": 2.0}
FIGURES: dict[str, tuple[str, str, Any]] = {
    "judges' bound": ("judging.md", r"\| `temperature`, `top_p`, `max_tokens` \| 0, 1, (\S+) \|",
                      lambda: default("judging.rubric", "Rubric", "max_tokens")),
    "judges' temperature": ("judging.md", r"\| `temperature`, `top_p`, `max_tokens` \| (\S+), 1",
                            lambda: default("judging.rubric", "Rubric", "temperature")),
    "judges' nucleus": ("judging.md", r"\| `temperature`, `top_p`, `max_tokens` \| 0, (\S+),",
                        lambda: default("judging.rubric", "Rubric", "top_p")),
    "judged text": ("judging.md", r"\| `max_chars` \| (\d+) \|", lambda: default("judging.rubric", "Rubric", "max_chars")),
    "asked again": ("judging.md", r"\| `reasks` \| (\d+) \|", lambda: default("judging.rubric", "Rubric", "reasks")),
    "resamples": ("gate.md", r"`resamples` \((\d+)\)", lambda: of("report.comparison", "RESAMPLES")),
    "permutations": ("gate.md", r"else ([\d,]+) random ones", lambda: of("report.comparison", "RESAMPLES")),
    "power": ("gate.md", r"must be detectable with (\d+) % power", lambda: 100 * of("report.gate", "POWER")),
    "first window": ("local_models.md", r"first window is small \((\d+) requests\)",
                     lambda: of("models.local.batching", "PlannedModel.first_window")),
    "deaths": ("local_models.md", r"dies (five) times in a row without an answer",
               lambda: of("models.processes.device_pool", "_DEATHS_IN_A_ROW")),
    "failed starts": ("local_models.md", r"without an answer \((twice) while it loads\)",
                      lambda: of("models.processes.device_pool", "_FAILED_STARTS")),
    "lost requests": ("worker.md", r"After (\d+) requests lost in a row",
                      lambda: of("models.processes.isolated_model", "_LOST_IN_A_ROW")),
    "a slow worker": ("worker.md", r"After (\d+) % of the timeout a worker is asked",
                      lambda: 100 * of("models.processes.workers", "_PATIENCE")),
    "stray lines": ("worker.md", r"after\s+(\d+) of them the process is killed",
                    lambda: default("models.processes.workers", "Handshake", "stray_lines")),
    "tokens of an answer": ("worker.md", r'"max_new_tokens": (\d+)', lambda: Generation().max_new_tokens),
    "silence": ("speech_output.md", r"`silent` \| less than (\S+) s of sound", lambda: of("media.speech_measures", "LEAST_SOUND")),
    "clipped speech": ("speech_output.md", r"\((\S+) % of the samples or more\)", lambda: 100 * of("run.spoken", "CLIPPED")),
    "clipped input": ("media.md", r"`clipped_input` \| (\S+) % of the samples", lambda: 100 * of("media.remarks", "CLIPPED")),
}  # fmt: skip


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_of_the_docs_is_that_of_the_code(name: str) -> None:
    page, sentence, value = FIGURES[name]
    found = re.findall(sentence, (DOCS / page).read_text(encoding="utf-8"))
    assert found, f"docs/{page} no longer says it"
    for word in found:
        told = NUMBERS[word] if word in NUMBERS else float(word.replace(",", ""))
        assert value() == pytest.approx(told)


def test_the_help_tells_the_limits_of_calls(capsys: pytest.CaptureFixture[str]) -> None:
    """What a user who sets nothing gets: sixteen calls at once, ten minutes for each, six further attempts."""
    from evalkit.cli.main import main

    with pytest.raises(SystemExit):
        main(["run", "--help"])
    shown = " ".join(capsys.readouterr().out.split())
    for words in (
        "calls under way at once (default: 16)",
        "seconds that one attempt of a call may take (default: 600)",
        "further attempts after a fault that may pass (default: 6)",
    ):
        assert words in shown
