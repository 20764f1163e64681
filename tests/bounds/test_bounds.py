"""evalkit works with the lowest dependencies that it allows, and with the newest.

`make bounds` runs this; it needs a package index, so that neither `make test` nor `make campaign` does.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import environments
import pytest

ROOT = environments.ROOT
# Tests of the core and of what the extras bring, which need neither torch nor a server.
SMOKE = (
    "tests/metrics/test_document.py",
    "tests/metrics/test_translation.py",
    "tests/metrics/test_instruction_following.py",
    "tests/data/test_parquet_layout.py",
    "tests/data/test_tables.py",
    "tests/data/test_fingerprint.py",
    "tests/report/test_export.py",
    "tests/judging/test_judge_scorer.py",
    "tests/adapters/test_plain_calls.py",
)


def test_bounds_are_read_as_they_stand() -> None:
    pins = dict(line.split(";")[0].strip().split("==") for line in environments.lowest(environments.requirements()))
    assert pins["pillow"] == "10.1", "the higher one of two"
    assert pins.keys() > {"jiwer", "numpy", "openai[aiohttp]", "sacrebleu[ja]", "pytest"}
    assert list(environments.lowest(["a[x]>=1.2,<2", "a[y]>=1.10,<2", "b>=3; python_version < '3.11'"])) == [
        "a[x,y]==1.10", "b==3; python_version < '3.11'",
    ]  # fmt: skip


@pytest.mark.skipif(not os.environ.get("EVALKIT_BOUNDS"), reason="needs a package index: make bounds")
@pytest.mark.parametrize("kind", ["lowest", "newest"])
def test_it_works(kind: str, tmp_path: Path) -> None:
    python = environments.make(kind, tmp_path)
    inside = {key: value for key, value in os.environ.items() if not key.startswith(("EVALKIT_", "PYTHON", "VIRTUAL_"))}

    def run(*words: object, cwd: Path = tmp_path) -> None:
        done = subprocess.run(
            list(map(str, words)), cwd=cwd, env=inside, capture_output=True, text=True, timeout=900, check=False
        )
        assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]

    run(python, "-m", "evalkit", "run", "--model", "pocketsphinx", "--task", "asr_demo", "--limit", "6")
    run(python, "-m", "evalkit", "plot", "forest", "results", "--to", "forest.svg")
    run(python, "-m", "evalkit", "export", "--to", "columns.parquet")
    run(python.with_name("pytest"), "-q", "-x", "-p", "no:cacheprovider", *SMOKE, cwd=ROOT)
