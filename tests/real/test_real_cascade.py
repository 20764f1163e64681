"""Real models in a row: a recogniser, a language model behind a server, and a synthesizer."""

from __future__ import annotations

from pathlib import Path

import pytest
from real_runs import evalkit
from real_table import Measured
from recorded_calls import Recorded

pytestmark = pytest.mark.real

ASKED = 6
SPOKEN = 4


def _answerer(server: Recorded) -> str:
    return f"openai-compatible,base_url={server.url},model=smollm2,price_input=0,price_output=0"


def test_a_server_that_takes_text_alone_is_sent_text_alone(server: Recorded, folder: Path, measured: Measured) -> None:
    ran = evalkit(
        "run", "--model", "cascade", "--llm", _answerer(server), "--tts", "none", "--task", "mmmb_twin:image",
        "--limit", ASKED, "--max-new-tokens", 32, out=folder / "images",
    )  # fmt: skip
    assert len(server.calls) == ASKED and all(call.status == 200 for call in server.calls)
    assert all(call.kinds == {"text"} for call in server.calls)
    left_out = sum(line["meta"]["images_left_out"] for line in ran.samples)
    assert left_out >= ASKED
    (notice,) = (text for text in ran.summary["notices"] if "sees no images" in text)
    assert notice in ran.out
    assert ran.summary["counts"]["n_model_failed"] == 0 and ran.summary["cost"] == 0
    measured.tell(
        "cascade_images", "SmolLM2 behind llama.cpp", "`cascade --llm`", f"`mmmb_twin`, {ASKED} dialogues with images",
        f"{ASKED} answers, {left_out} images left out, which a notice tells; not one of them sent",
        seconds=ran.seconds,
    )  # fmt: skip


def test_speech_in_and_out(server: Recorded, whisper: Path, folder: Path, measured: Measured) -> None:
    ran = evalkit(
        "run", "--model", "cascade", "--asr", f"whisper,path={whisper}", "--llm", _answerer(server),
        "--task", "msib_twin", "--limit", SPOKEN, "--judge", "rules", "--max-new-tokens", 48,
        "--transcriber", "en=whisper,zh=whisper", "--transcriber-arg", f"en:path={whisper}",
        "--transcriber-arg", f"zh:path={whisper}", out=folder / "speech",
    )  # fmt: skip
    assert len(ran.samples) == SPOKEN and all(line["speech"]["sound_seconds"] > 0.3 for line in ran.samples)
    assert len(server.calls) == SPOKEN and all(call.kinds == {"text"} for call in server.calls)
    counts = ran.summary["counts"]
    assert counts["n_scored"] == SPOKEN, counts
    measured.tell(
        "cascade_speech", "Whisper, SmolLM2 behind llama.cpp, eSpeak NG", "`cascade`, and Whisper as transcriber",
        f"`msib_twin`, {SPOKEN} spoken dialogues, judged by rules",
        f"{SPOKEN} spoken answers, all heard and scored",
        seconds=ran.seconds,
    )  # fmt: skip
