"""What a run records and counts of media that were not what they seemed, whatever kind of model got them."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from evalkit.run import heard

RATE = 16_000
TONE = (0.3 * np.sin(np.arange(RATE) / 7)).astype(np.float32)

Main = Callable[..., Any]


@pytest.fixture
def task(tmp_path: Path, write_lines: Callable[..., Path]) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    sf.write(folder / "whole.wav", TONE, RATE)
    data = (folder / "whole.wav").read_bytes()
    (folder / "cut.wav").write_bytes(data[: len(data) // 2])
    (folder / "piped.wav").write_bytes(data[:40] + struct.pack("<I", 0) + data[44:])
    (folder / "short.wav").write_bytes(data[:-400])
    sf.write(folder / "opposed.wav", np.stack([TONE, -TONE], axis=1), RATE)
    sf.write(folder / "silent.flac", TONE * 0, RATE)
    sf.write(folder / "loud.wav", TONE * 8, RATE, subtype="FLOAT")
    names = ("whole.wav", "cut.wav", "piped.wav", "short.wav", "opposed.wav", "silent.flac", "loud.wav")
    return write_lines(
        folder / "own.jsonl", ({"id": name, "audio": name, "prompt": "x", "reference": "X"} for name in names)
    )


EXPECTED = {
    "cut.wav": ["truncated_input"],
    "short.wav": ["truncated_input"],
    "opposed.wav": ["antiphase_input"],
    "silent.flac": ["silent_input"],
    "loud.wav": ["clipped_input"],
}


@pytest.mark.parametrize("kind", ["command", "pocketsphinx", "cascade"])
def test_the_record_and_the_summary_tell(
    kind: str, task: Path, tmp_path: Path, main: Main, program: Any, run_of: Any, lines_of: Any
) -> None:
    words = program.words if kind == "command" else ["--model", kind]
    more = ["--model-arg", "tts=none"] if kind == "cascade" else []
    done = main("run", *words, *more, "--task", task, "--out", tmp_path / "out", "--json")
    assert done.code == 1, done.err
    records = {line["id"]: line for line in lines_of(run_of(tmp_path / "out") / "samples.jsonl")}
    assert {key: heard.flags(record.get("input")) for key, record in records.items()} == {
        key: tuple(EXPECTED.get(key, ())) for key in records
    }
    (cut,) = records["cut.wav"]["input"]
    assert (cut["type"], Path(cut["name"]).name) == ("audio", "cut.wav")
    assert (cut["promised_seconds"], cut["found_seconds"]) == (1.0, pytest.approx(0.4993, abs=1e-3))
    assert records["cut.wav"]["failure"]["kind"] == "input"
    assert "promises 1.00 s, it holds 0.50 s" in records["cut.wav"]["failure"]["message"]
    assert [key for key, record in records.items() if "failure" in record] == ["cut.wav"]
    assert done.json[0]["counts"]["n_model_failed"] == 1
    found = done.json[0]["results"][0]["flags"]
    assert {flag: count for flag, count in found.items() if flag != "empty_answer"} == {
        "truncated_input": 2,
        "antiphase_input": 1,
        "silent_input": 1,
        "clipped_input": 1,
    }


def test_media_outside_of_the_data_are_refused_before_anything_is_asked(
    task: Path, tmp_path: Path, main: Main, program: Any, write_lines: Callable[..., Path]
) -> None:
    for number, name in enumerate(("../data/../secret.wav", str(tmp_path / "secret.wav"), "link.wav")):
        (tmp_path / "secret.wav").write_bytes((task.parent / "whole.wav").read_bytes())
        if not (task.parent / "link.wav").is_symlink():
            (task.parent / "link.wav").symlink_to(tmp_path / "secret.wav")
        part = {"type": "audio", "path": name}
        turn = {"role": "user", "content": [part, {"type": "text", "text": "x"}]}
        for row in ({"audio": name, "prompt": "x"}, {"messages": [turn]}):
            other = write_lines(task.parent / "other.jsonl", [{"id": f"a{number}", **row, "reference": "X"}])
            words = ["run", *program.words, "--task", other, "--out", tmp_path / "out"]
            done = main(*words)
            assert done.code == 2
            assert all(word in done.err for word in ("other.jsonl", "line 1", "--allow-outside-media"))
            assert not (tmp_path / "out").exists()
            assert program.asked() == []
    assert main(*words, "--allow-outside-media").code == 0
    assert program.asked() == ["a2"]
    assert json.loads((tmp_path / "data" / "other.jsonl").read_text())["id"] == "a2"
