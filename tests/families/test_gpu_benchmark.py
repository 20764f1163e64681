"""The GPU benchmark: its code at tiny size on the CPU, its full-size shapes without memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.mark.campaign
def test_the_tiny_shapes_run_on_a_cpu(tmp_path: Path) -> None:
    words = [BENCHMARKS / "gpu_batching.py", "--tiny", "--requests", "8", "--alone", "2", "--rows", "4"]
    path = tmp_path / "figures.json"
    done = subprocess.run(
        [sys.executable, *map(str, words), "--json", str(path)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},  # tiny matrices: threads cost more than they bring
    )
    assert done.returncode == 0, done.stderr
    for found in json.loads(path.read_text()):
        ways = [row["way"] for row in found["ways"]]
        assert ways == ["one by one", "fixed batches of 4", "planner"]
        for row in found["ways"]:
            assert row["samples"] > 0 and row["tokens"] > row["samples"]
            assert 0 <= row["outside"] < 1 and 0 <= row["padding"] < 1
            assert row["reading"] > 0 and row["writing"] > 0
        assert found["ways"][0]["padding"] == 0


def test_no_room_halves_fixed_batches_and_leaves_out_lone_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.syspath_prepend(BENCHMARKS)
    import gpu_batching
    from gpu_shapes import TINY_MIX, Composite, draw

    from evalkit.models.local.batching import OutOfMemoryError

    model = Composite(draw(8, TINY_MIX), torch.device("cpu"), True, 12)
    model.token_budget = 1000
    answer = model.answer
    refused = {"3"}

    def small(batch: Any) -> Any:
        if len(batch) > 2 or batch[0].request.id in refused:
            raise OutOfMemoryError("no room")
        return answer(batch)

    monkeypatch.setattr(model, "answer", small)
    rates = (1e12, 1e12)
    alone = gpu_batching.measured("one by one", model, gpu_batching.one_by_one(model, model.requests()), rates)
    assert (alone.count, alone.failed) == (7, 1)
    refused.clear()
    fixed = gpu_batching.fitting_batches(model, 8, rates)
    assert (fixed.way, fixed.count, fixed.out_of_memory) == ("fixed batches of 2", 8, 2)
    whole = gpu_batching.planned(model, rates)
    assert whole.count == 8
    assert whole.out_of_memory > 0


def test_the_roofline_counts_what_the_device_has_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Against a count by hand, for two rows of one batch."""
    import torch

    monkeypatch.syspath_prepend(BENCHMARKS)
    from gpu_shapes import Composite, Inputs

    model = Composite({}, torch.device("cpu"), True, 12)
    weights = sum(p.numel() for p in model.language.parameters())
    words = 512 * 64
    model._count([Inputs(10, None, None, 0, 0, 3), Inputs(4, None, None, 0, 0, 1)], 1.0, 2.0)
    ((moved, flops, seconds),) = model.done.steps
    # The first row takes two further steps, which see 11 and 12 tokens; the second none.
    assert moved == pytest.approx(2 * weights * 4 + 2 * 11.5 * (2 * 2 * 2 * 16 * 4))
    assert flops == pytest.approx(2 * weights * 2 + 4 * 2 * 64 * 2 * 11.5)
    assert seconds == 2.0
    assert model.done.read_flops == pytest.approx(
        2 * (weights - words) * 14 + 2 * words * 2 + 2 * 2 * 64 * (10**2 + 4**2)
    )
    assert (model.done.read_tokens, model.done.padded, model.done.written) == (14, 20, 4)


def test_full_sizes_are_those_of_the_released_models(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.syspath_prepend(BENCHMARKS)
    from gpu_shapes import Composite, Mix, draw
    from gpu_thinker import Thinker

    asks = draw(400, Mix())
    assert (min(a.new for a in asks.values()), max(a.new for a in asks.values())) >= (16, 450)
    assert max(a.new for a in asks.values()) <= 512
    assert {bool(a.seconds) for a in asks.values()} == {bool(a.tiles) for a in asks.values()} == {False, True}
    composite = Composite(asks, torch.device("meta"), False, 512).sizes
    assert composite["language"] == pytest.approx(4.02e9, rel=0.02)  # Qwen3-4B
    assert composite["vision"] == pytest.approx(0.304e9, rel=0.02)  # InternViT-300M
    assert composite["audio"] == pytest.approx(0.637e9, rel=0.02)  # encoder of Whisper large-v3
    assert composite["cache"] == 2 * 36 * 8 * 128 * 2
    thinker = Thinker(asks, torch.device("meta"), False, 512).sizes
    assert thinker["language"] == pytest.approx(7.07e9, rel=0.02)
    assert thinker["audio"] == pytest.approx(0.64e9, rel=0.02)
    assert thinker["vision"] == pytest.approx(0.67e9, rel=0.05)


def test_memory_benchmark_keeps_to_the_look_ahead() -> None:
    words = [str(BENCHMARKS / "audio_memory.py"), "--requests", "400", "--megabytes", "100"]
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    alive = int(done.stdout.split("alive at the most: ")[1].split(";")[0])
    assert 8 < alive <= (100 << 20) // (4 * 16000 * 60) + 16
