"""`--devices 2` on real families: the answers, spoken ones too, are those of one process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evalkit.core.sample import Request
from evalkit.media.audio import decode
from evalkit.models.processes import device_list
from evalkit.models.processes.device_pool import DevicePool
from families.cases import answers, mixed, texts, with_settings

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("PIL")

Started = Callable[[str], Any]


def shared(name: str, arguments: dict[str, Any], asked: list[Request], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Answers of two processes; both have worked."""
    monkeypatch.setattr(device_list, "visible_devices", lambda: [])
    given = {**arguments, "dtype": "float32", "device": "cpu", "batch_size": "2"}
    with DevicePool(name, {key: str(value) for key, value in given.items()}, 2) as pool:
        found = dict(pool.stream(iter(asked)))
        assert all(process.snapshot[0] > 0 for process in pool._processes), "one process did everything"
    return found


def test_speech_of_two_processes_is_that_of_one(
    started: Started, checkpoint: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from evalkit.model_adapters.qwen3_omni import Qwen3Omni

    model = started("qwen3-omni")
    monkeypatch.setattr(model, "talker_temperature", 0.9)  # drawn by the samples' seeds
    asked = list(with_settings(mixed(Qwen3Omni.takes), speech=True, max_new_tokens=8)) * 2
    asked = [Request(f"{n}", request.messages, request.settings) for n, request in enumerate(asked)]
    alone = answers(model, asked)
    both = shared("qwen3-omni", {"path": checkpoint("qwen3-omni"), "talker_tokens": 16}, asked, monkeypatch)
    assert texts(both) == texts(alone)
    for key, response in alone.items():
        assert response.audio is not None
        mine, theirs = decode(response.audio, 24000), decode(both[key].audio, 24000)
        assert len(mine) == len(theirs)
        assert float(abs(mine - theirs).max()) < 0.01


def test_released_code_runs_in_two_processes(
    released_model: Any, released_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from families.released_chat import cases, spoken

    asked = [*cases(), *(Request(f"said {r.id}", r.messages, r.settings) for r in spoken(cases()[-3:]))]
    alone = answers(released_model, asked)
    arguments = {"path": released_folder, "trust_remote_code": "true"}
    both = shared("interactive-omni", arguments, asked, monkeypatch)
    assert texts(both) == texts(alone)
    said = [key for key, response in alone.items() if response.audio is not None]
    assert len(said) == 3
    for key in said:
        a, b = decode(alone[key].audio, 24000), decode(both[key].audio, 24000)  # type: ignore[arg-type]
        assert len(a) == len(b)
        assert float(abs(a - b).max()) < 1e-3
