"""Real Whisper as recogniser and as transcriber, on clips that are in the repository."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from real_runs import Ran, evalkit, lines
from real_table import Measured

from evalkit import plugins

pytestmark = pytest.mark.real

CLIPS = 36  # a dozen of each condition
HIGHEST = {"clean": 4.0, "noise_10db": 18.0, "telephone": 14.0}  # WER in %


@pytest.fixture(scope="module")
def recognised(whisper: Path, folder: Path) -> Ran:
    return evalkit(
        "run", "--model", "whisper", "--model-arg", f"path={whisper}", "--model-arg", "language=en",
        "--task", "asr_demo", "--limit", CLIPS, out=folder / "recognised",
    )  # fmt: skip


def _rates(ran: Ran) -> dict[str, float]:
    return {split: ran.value(split=split, breakdown=None)["value"] for split in HIGHEST}


def test_whisper_recognises(recognised: Ran, folder: Path, measured: Measured) -> None:
    peer = evalkit(
        "run", "--model", "pocketsphinx", "--task", "asr_demo", "--limit", CLIPS, out=folder / "pocketsphinx"
    )  # fmt: skip
    assert len(recognised.samples) == len(peer.samples) == CLIPS
    ours, theirs = _rates(recognised), _rates(peer)
    for split, highest in HIGHEST.items():
        assert ours[split] <= highest, f"{split}: {ours}"
        assert ours[split] < 0.5 * theirs[split], f"{split}: {ours} beside {theirs}"
    told = "; ".join(f"{split} {ours[split]:.2f} (pocketsphinx {theirs[split]:.2f})" for split in HIGHEST)
    measured.tell(
        "recogniser", "Whisper base, float32", "`whisper`", f"`asr_demo`, {CLIPS} clips", f"WER %: {told}",
        seconds=recognised.seconds,
    )  # fmt: skip


def test_whisper_transcribes_what_it_recognises(
    recognised: Ran, whisper: Path, folder: Path, measured: Measured
) -> None:
    """The same clips as somebody's spoken answers: the transcriber is the recogniser, so it hears the same words."""
    data = plugins.folder("tasks") / "asr_demo" / "data"
    clips = {row["id"]: row for row in lines(data / "manifest.jsonl") if row["id"] in recognised.texts}
    assert len(clips) == CLIPS
    task, answers = folder / "read_aloud.jsonl", folder / "spoken.jsonl"
    asked = [
        {"id": key, "prompt": f"Read aloud: {row['text']}", "reference": row["text"]} for key, row in clips.items()
    ]
    spoken = [{"id": key, "text": "", "audio": str(data / row["audio"])} for key, row in clips.items()]
    for path, rows in ((task, asked), (answers, spoken)):
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    ran = evalkit(
        "score", "--task", task, "--responses", answers, "--name", "recordings", "--scorer", "error_rate:plain",
        "--scorer-arg", "language=en", "--scorer-arg", "heard=true", "--transcriber", "en=whisper",
        "--transcriber-arg", f"en:path={whisper}", out=folder / "transcribed",
    )  # fmt: skip
    (journal,) = (ran.run / "transcripts").glob("*.jsonl")
    heard = {line["id"]: line["heard"] for line in lines(journal)}
    assert heard == recognised.texts
    found = ran.value(split=None, breakdown=None)
    assert found["value"] == pytest.approx(recognised.value(split=None, breakdown=None)["value"])
    measured.tell(
        "transcriber", "the same", "transcriber", "the same clips as spoken answers",
        f"{CLIPS} of {CLIPS} transcripts as recognised; WER {found['value']:.2f} [{found['low']:.2f}, {found['high']:.2f}] %",
        seconds=ran.seconds,
    )  # fmt: skip
