"""A real language model as candidate: in batches, and behind a real server."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from real_runs import NEW_TOKENS, QUESTIONS, Ran, environment, evalkit, questions, right, words
from real_table import Measured
from recorded_calls import Recorded

pytestmark = pytest.mark.real

PROMPT, WRITTEN = 0.15, 0.6  # US dollars per million tokens, made up
AT_ONCE = 4
KILLED_AFTER = 20  # answers


def test_batched_answers_are_the_single_ones(
    language_model: Path, answered: Ran, folder: Path, measured: Measured
) -> None:
    single = evalkit(
        "run", "--model", language_model, "--dtype", "float32", "--batch-size", 1, "--max-new-tokens", NEW_TOKENS,
        "--task", QUESTIONS, "--scorer", "document:contains", out=folder / "single",
    )  # fmt: skip
    asked = {row["id"] for row in questions()}
    assert set(single.texts) == asked and single.texts == answered.texts
    assert len(set(answered.texts.values())) > 0.9 * len(asked), "one answer to everything would prove nothing"
    for one, other in zip(single.samples, answered.samples, strict=True):
        assert (one["id"] != other["id"]) or one["usage"] == other["usage"]
    # A model of this size answers easy questions half the time: neither noise nor a broken tokenizer does that.
    assert 35 < answered.value(split=None, breakdown=None)["value"] < 90
    measured.tell(
        "batches", "SmolLM2-135M-Instruct, float32", "`transformers-text`",
        f"{len(asked)} questions, batches of 16 and of 1",
        f"{len(asked)} of {len(asked)} answers equal; {right(answered)}; "
        f"{answered.seconds:.0f} s in batches, {single.seconds:.0f} s one by one",
        seconds=answered.seconds + single.seconds,
    )  # fmt: skip


def test_a_killed_run_on_a_real_server_goes_on_without_loss_or_doubles(
    server: Recorded, answered: Ran, folder: Path, measured: Measured
) -> None:
    given = [
        "run", "--model", "openai-compatible:smollm2", "--base-url", server.url, "--concurrency", AT_ONCE,
        "--model-arg", f"price_input={PROMPT}", "--model-arg", f"price_output={WRITTEN}",
        "--max-new-tokens", NEW_TOKENS, "--task", QUESTIONS, "--scorer", "document:contains",
    ]  # fmt: skip
    out = folder / "served"
    began = time.monotonic()
    kept = _killed(words(*given, "--out", out), out)
    before = len(server.calls)
    ran = evalkit(*given, out=out)
    seconds = time.monotonic() - began

    asked = {row["prompt"]: row["id"] for row in questions()}
    assert Counter(line["id"] for line in ran.samples) == Counter(asked.values()), "every question once"
    assert ran.samples[: len(kept)] == kept, "what was answered before the kill stands as it was"
    assert all(call.status == 200 for call in server.calls)
    again = Counter(asked[call.question] for call in server.calls[before:])
    assert not set(again) & {line["id"] for line in kept}, "no answer is paid for twice"
    assert len(server.calls) <= len(asked) + AT_ONCE, "only what was under way is asked again"

    last = {asked[call.question]: call for call in server.calls}
    assert ran.texts == {key: call.text.strip() for key, call in last.items()}
    by_hand = sum(call.price(PROMPT, WRITTEN) for call in last.values())
    assert ran.summary["cost"] == pytest.approx(by_hand, rel=1e-9) and by_hand > 0
    tokens = {line["id"]: line["usage"]["input_tokens"] for line in answered.samples}
    assert tokens == {line["id"]: line["usage"]["input_tokens"] for line in ran.samples}, "two tokenizers agree"
    same = sum(ran.texts[key] == text for key, text in answered.texts.items())
    measured.tell(
        "served", "the same, 4 bits a weight, llama.cpp's server", "`openai-compatible`",
        f"the same, {AT_ONCE} at once; killed (-9) after {len(kept)} answers, repeated",
        f"{len(asked)} answers, none lost or twice, {len(server.calls) - len(asked)} under way asked again; "
        f"{right(ran)}, {same} answers as in float32; cost ${ran.summary['cost']:.6f}, by hand ${by_hand:.6f}",
        seconds=seconds,
    )  # fmt: skip


def _killed(command: list[str], out: Path) -> list[dict[str, Any]]:
    """Start a command, kill it among its answers; what it kept."""
    import json

    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment())
    limit = time.monotonic() + 120
    data = b""
    while data.count(b"\n") < KILLED_AFTER and time.monotonic() < limit:
        assert process.poll() is None, "it ended before it was killed"
        for journal in out.glob("*/*/*/samples.jsonl"):
            data = journal.read_bytes()
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    (journal,) = out.glob("*/*/*/samples.jsonl")
    return [json.loads(line) for line in journal.read_bytes().split(b"\n")[:-1]]
