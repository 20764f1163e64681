"""A task in one file outside the repository, found through an entry point; and the model of CONTRIBUTING.md."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from evalkit import evaluate

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "docs" / "examples" / "meeting_room"
AUDIO = ROOT / "tasks" / "asr_demo" / "data" / "audio"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The example as an installed distribution: its module and its metadata on the path."""
    site = tmp_path / "site"
    site.mkdir()
    shutil.copy(EXAMPLE / "meeting_room.py", site)
    tomllib = pytest.importorskip("tomllib")  # Python 3.11
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["project"]
    info = site / "meeting_room-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    groups = project["entry-points"]
    lines = [f"[{group}]\n" + "".join(f"{k} = {v}\n" for k, v in names.items()) for group, names in groups.items()]
    (info / "entry_points.txt").write_text("\n".join(lines))
    return {**os.environ, "PYTHONPATH": str(site)}


@pytest.fixture
def corpora(tmp_path: Path) -> Path:
    """Three sentences near and far from the microphone, in Kaldi's layout."""
    manifest = [json.loads(line) for line in (AUDIO.parent / "manifest.jsonl").read_text().splitlines()]
    for folder, condition in (("close_talk", "clean"), ("table_mic", "telephone")):
        place = tmp_path / "corpora" / "meeting_room" / folder
        place.mkdir(parents=True)
        rows = [row for row in manifest if row["condition"] == condition][:3]
        keys = [f"{row['voice'].replace('_', '')}-{row['id']}" for row in rows]
        for key, row in zip(keys, rows, strict=True):
            shutil.copy(AUDIO.parent / row["audio"], place / f"{key}.flac")
        (place / "wav.scp").write_text("".join(f"{key} {key}.flac\n" for key in keys))
        (place / "trans.txt").write_text("".join(f"{k}\t{row['text']}\n" for k, row in zip(keys, rows, strict=True)))
    return tmp_path / "corpora"


def evalkit(environment: dict[str, str], folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "evalkit", *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def test_the_example_is_one_file_of_less_than_forty_lines() -> None:
    assert len((EXAMPLE / "meeting_room.py").read_text().splitlines()) < 40


def test_it_is_listed_shown_and_run(environment: dict[str, str], corpora: Path, tmp_path: Path) -> None:
    listed = evalkit(environment, tmp_path, "list", "tasks", "--json")
    assert "meeting_room" in {row["name"] for row in json.loads(listed.stdout)}
    shown = evalkit(environment, tmp_path, "show", "task", "meeting_room")
    assert shown.stdout.startswith("Meeting room: far-field English")

    command = ["run", "--model", "pocketsphinx", "--task", "meeting_room", "--data", str(corpora), "--json"]
    ran = evalkit(environment, tmp_path, *command)
    assert ran.returncode == 0, ran.stderr
    (summary,) = json.loads(ran.stdout)
    assert summary["counts"]["n_scored"] == 6
    assert set(summary["columns"]) == {"meeting_room.near.wer", "meeting_room.far.wer"}
    assert 0 <= summary["columns"]["meeting_room.near.wer"]["value"] < 100
    assert summary["interval"]["unit"] == "clusters"


def test_the_model_example_works(tmp_path: Path) -> None:
    blocks = (ROOT / "CONTRIBUTING.md").read_text().split("```python\n")[1:]
    (example,) = [block.split("```")[0] for block in blocks if "class Shouting" in block]
    names: dict[str, Any] = {"__name__": "shouting"}
    exec(example, names)
    task = tmp_path / "words.jsonl"
    task.write_text('{"id": 1, "prompt": "yes", "reference": "YES?"}\n{"id": 2, "prompt": "no", "reference": "no"}\n')
    (outcome,) = evaluate(names["Shouting"](mark="?"), task, out=tmp_path / "results")
    assert outcome.summary.results[0].value == 50.0
    assert outcome.summary.model_arguments == {"mark": "?"}
