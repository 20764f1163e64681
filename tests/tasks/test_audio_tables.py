"""Runs of the audio tasks stand in the tables of the papers, in every format, with the values of their columns."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import test_air_bench
import test_clotho_aqa
import test_mmar
import test_mmau
import test_mmsu
from audio_bench import REPLYING, Bench

Main = Callable[..., Any]
FORMATS = ("text", "csv", "json", "latex", "markdown", "html")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs of five tasks on small copies of their data; a folder of results."""
    from evalkit.cli.main import main

    folder = tmp_path_factory.mktemp("audio")

    def call(*words: object) -> Any:
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            out = io.StringIO()
            patch.setattr("sys.stdout", out)
            return SimpleNamespace(code=main([str(word) for word in words]), out=out.getvalue(), err="")

    replies = test_mmau.published(folder)
    rows = [test_mmar.row(f"{name}_0", name) for name in test_mmar.SIZES]
    test_mmar.write(folder, rows)
    made, said = test_mmsu.rows()
    test_mmsu.write(folder, made, "jsonl")
    test_clotho_aqa.write(folder)
    replies |= {row["id"]: "C major" for row in rows} | said | test_clotho_aqa.REPLIES
    replies |= test_air_bench.foundation(folder) | test_air_bench.chat(folder)
    asked = "spoken_language_id+speaker_gender+emotion+speaker_age+chat"
    for task in ("mmau", "mmar", "mmsu", "clotho_aqa:dev+test", f"air_bench:{asked}"):
        judge = ("--judge", f"{REPLYING}:obedient") if "chat" in task else ()
        Bench(call, folder, task).run(replies, *judge)
    return folder / "out"


TABLES = {  # paper, table -> column -> what is printed of the run
    ("covo-audio", "10"): {
        "air_bench.foundation.spoken_language_id": "100.00", "air_bench.foundation.emotion": "50.00",
        "air_bench.foundation.avg": "87.50",
    },
    ("covo-audio", "11"): {
        "mmau.v05_15_25.test_mini.sound": "75.00", "mmsu.perception": "50.00", "mmsu.reasoning": "50.00",
        "mmsu.avg": "50.00",
    },
    ("covo-audio", "12"): {
        "mmau.v05_15_25.test_mini.sound": "75.00", "mmau.v05_15_25.test.speech": "66.67",
        "mmau.v05_15_25.test_mini.avg": "49.98", "mmau.v05_15_25.test.avg": "72.22",
    },
    ("covo-audio", "13"): {"mmar.sound": "100.00", "mmar.sound_music_speech": "100.00", "mmar.avg": "100.00"},
    ("interactive-omni", "11"): {
        "mmau.original.test_mini.avg": "50.00", "air_bench.chat.mixed_audio": "8.00", "air_bench.chat.avg": "6.50",
        "clotho_aqa.dev.acc": "100.00", "clotho_aqa.test.acc": "50.00",
    },
    ("qwen3-omni", "7"): {"mmau.v05_15_25.test_mini.avg": "50.0", "mmsu.avg": "50.0"},
}  # fmt: skip


@pytest.mark.parametrize(("paper", "number"), TABLES)
def test_a_run_stands_in_the_table(main: Main, runs: Path, paper: str, number: str) -> None:
    words = ("table", "--paper", paper, "--table", number, "--with-run", runs)
    done = main(*words, "--format", "csv")
    assert done.code == 0, done.err
    *_, ours = csv.DictReader(io.StringIO(done.out))
    expected = TABLES[paper, number]
    found = json.loads(main(*words, "--format", "json").out)
    values = next(row["values"] for row in found["rows"] if "replying" in json.dumps(row))
    for name, printed in expected.items():
        assert printed in ours.values()
        assert name in json.dumps(values)
    for form in FORMATS:
        shown = main(*words, "--format", form)
        assert shown.code == 0, shown.err
        for printed in expected.values():
            assert printed in shown.out, form
