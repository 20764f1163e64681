"""InteractiveOmni from the command to the summary, and what it says when weights and data are missing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from families.cases import picture
from families.released_chat import VARIANTS, variant

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("PIL")


# The command line.


def dialogue(number: int, turns: int) -> dict[str, Any]:
    shown = {"type": "image", "path": f"images/{number}.png", "provenance": "drawn", "licence": "CC0-1.0"}
    messages: list[dict[str, Any]] = [{"role": "user", "content": [shown, {"type": "text", "text": "Look."}]}]
    for turn in range(1, turns):
        messages.append({"role": "assistant", "content": f"Reply {turn}."})
        messages.append({"role": "user", "content": f"What was picture {turn} ?"})
    return {
        "id": f"d{number}", "language": "en", "messages": messages, "reference": "a red kite",
        "memory_type": ("text", "image", "mixed")[number % 3], "turn_distance": turns - 1,
        "recall_image_count": 0 if number % 3 == 0 else 1,
    }  # fmt: skip


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data/mmmb"
    (folder / "images").mkdir(parents=True)
    lines = [dialogue(number, 2 + number % 5) for number in range(9)]
    for number in range(9):
        picture_file = picture(60 + 20 * number, 60, number)
        assert picture_file.opener is not None
        (folder / f"images/{number}.png").write_bytes(picture_file.opener())
    (folder / "dialogues.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder.parent


def words(folder: Path, data: Path) -> list[object]:
    return [
        "run", "--model", "interactive-omni-4b", "--model-arg", f"path={folder}", "--trust-remote-code",
        "--task", "mmmb", "--data", data, "--scorer", "document:contains", "--max-new-tokens", 8, "--out", "out",
    ]  # fmt: skip


def test_from_the_command_to_the_summary(main: Callable[..., Any], folder: Path, data: Path) -> None:
    done = main(*words(folder, data), "--json")
    assert done.code == 0, done.err
    assert "one by one" not in done.err
    summary = done.json[0] if isinstance(done.json, list) else done.json
    assert (summary["counts"]["n_total"], summary["counts"]["n_scored"], summary["complete"]) == (9, 9, True)
    assert summary["model_arguments"]["checkpoint"] == "InteractiveOmni-4B"
    (result,) = [one for one in summary["results"] if (one["split"], one["breakdown"]) == (None, None)]
    assert (result["metric"], result["n"]) == ("contains", 9)
    (journal,) = Path("out").glob("*/*/*/samples.jsonl")
    lines = journal.read_text().splitlines()
    assert len({json.loads(line)["text"] for line in lines}) > 5
    record = json.loads((journal.parent / "run.json").read_text())
    assert record["versions"]["conversations"] == "batched"
    # Cut off in the middle: only what is missing is asked again, with the same answers.
    journal.write_text("".join(line + "\n" for line in lines[:4]))
    assert main(*words(folder, data)).code == 0
    again = journal.read_text().splitlines()
    assert again[:4] == lines[:4] and len(again) == 9
    assert {json.loads(a)["id"]: json.loads(a)["text"] for a in again} == {
        json.loads(a)["id"]: json.loads(a)["text"] for a in lines
    }


def test_the_run_tells_when_conversations_went_one_by_one(
    main: Callable[..., Any], folder: Path, data: Path, tmp_path: Path
) -> None:
    other = variant(folder, tmp_path / "variant", *VARIANTS["with no_repeat_ngram_size"])
    done = main(*words(other, data), "--json", "--limit", 4)
    assert done.code == 0 and done.err.count("one by one") == 1
    summary = done.json[0] if isinstance(done.json, list) else done.json
    assert summary["usage"]["one_by_one"] == 4
    (record,) = Path("out").glob("*/*/*/run.json")
    assert "no_repeat_ngram_size" in json.loads(record.read_text())["versions"]["conversations"]


NOTHING_LOADED = """
import sys
from evalkit.cli.main import main
code = main(sys.argv[1:])
assert not {"torch", "transformers"} & sys.modules.keys(), "loaded"
sys.exit(code)
"""


def run_process(words: Sequence[object], cwd: Path, extra: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("EVALKIT_")}
    command = [sys.executable, "-c", NOTHING_LOADED, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env={**kept, **extra}, check=False)


def test_without_weights_and_data_it_says_what_to_do_and_loads_nothing(tmp_path: Path, folder: Path) -> None:
    empty = {"HF_HOME": str(tmp_path / "hub"), "HF_HUB_CACHE": str(tmp_path / "hub/hub")}
    done = run_process(["run", "--model", "interactive-omni-4b", "--task", "mmmb"], tmp_path, empty)
    assert done.returncode == 2, done.stderr
    for step in ("hf download sensenova/InteractiveOmni-4B", "--trust-remote-code", "--data DIR", "--task mmmb_twin"):
        assert step in done.stderr
    arg = f"path={folder}"
    done = run_process(
        ["run", "--model", "interactive-omni-4b", "--model-arg", arg, "--task", "mmmb_twin"], tmp_path, empty
    )
    assert done.returncode == 2 and "--trust-remote-code" in done.stderr and "hf download" not in done.stderr
    trusted = ["run", "--model", "interactive-omni-4b", "--model-arg", arg, "--trust-remote-code", "--task", "mmmb"]
    trusted += ["--scorer", "document:contains"]
    done = run_process(trusted, tmp_path, empty)
    assert done.returncode == 2 and "--task mmmb_twin" in done.stderr
    assert not list(tmp_path.glob("results*"))
