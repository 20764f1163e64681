"""asr_demo end to end: a real recogniser on real audio, from the command line to a leaderboard row."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import evalkit
from evalkit import plugins
from evalkit.cli.main import main
from evalkit.core.message import Audio, user
from evalkit.core.sample import Request
from evalkit.metrics.error_rate.counting import error_rate
from evalkit.records.journals import FAILED, read


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("results")
    (outcome,) = evalkit.evaluate("pocketsphinx", "asr_demo", out=out, limit=6)
    assert outcome.complete
    return outcome.directory


def test_the_limit_is_shared_over_the_conditions(run: Path) -> None:
    summary = json.loads((run / "summary.json").read_text())
    by_split = {result["split"]: result["n"] for result in summary["results"] if result["breakdown"] is None}
    assert by_split == {None: 6, "clean": 2, "noise_10db": 2, "telephone": 2}
    assert set(summary["columns"]) == {f"asr_demo.{name}.wer" for name in ("clean", "noise_10db", "telephone")}


def test_the_value_is_the_error_rate_of_the_journalled_texts(run: Path) -> None:
    summary = json.loads((run / "summary.json").read_text())
    records = list(read(run / "samples.jsonl", FAILED))
    again = error_rate([r["reference"] for r in records], [r["text"] for r in records], "plain", "en")
    overall = summary["results"][0]
    assert overall["value"] == pytest.approx(100 * again.value, abs=1e-12)
    assert overall["sums"]["tokens"] == again.counts.tokens
    assert overall["low"] <= overall["value"] <= overall["high"]
    assert 0 < again.value < 1, "a recogniser that hears something, on audio that is not trivial"


def test_a_leaderboard_row_comes_of_it(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["leaderboard", "--out", str(run.parents[2]), "--task", "asr_demo"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [row["column"] for row in rows] == [f"asr_demo.{c}.wer" for c in ("clean", "noise_10db", "telephone")]
    assert all(row["protocol"] == "error_rate:plain/en" and "limit 6" in row["marks"] for row in rows)


def test_transcripts_do_not_depend_on_order_or_number_of_processes() -> None:
    data = plugins.folder("tasks") / "asr_demo" / "data" / "audio"
    paths = sorted(data.glob("s0[1-2]_*.flac"))
    requests = [Request(path.name, (user(Audio(path=str(path))),)) for path in paths]

    def transcripts(order: list[Request], workers: int) -> dict[str, str | None]:
        with plugins.load_model("pocketsphinx", {"workers": workers}) as model:
            return {key: response.text for key, response in model.stream(iter(order))}

    one = transcripts(requests, 1)
    assert len(set(one.values())) > 2
    assert transcripts(requests[::-1], 2) == one
