"""Memory of one token, from what configurations of released models say."""

from __future__ import annotations

from typing import Any

import pytest

from evalkit.models.local.budgets import ON_CPU, bytes_per_token, token_budget

QWEN3_4B = {
    "num_hidden_layers": 36, "hidden_size": 2560, "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128,
}  # fmt: skip
WHISPER_LARGE = {
    "d_model": 1280, "decoder_layers": 32, "decoder_attention_heads": 20, "num_hidden_layers": 32, "encoder_layers": 32,
}  # fmt: skip


@pytest.mark.parametrize("inside", [(), ("llm_config",), ("thinker_config", "text_config")])
def test_keys_values_and_activations_count(inside: tuple[str, ...]) -> None:
    config: dict[str, Any] = dict(QWEN3_4B)
    for name in reversed(inside):
        config = {name: config, "num_hidden_layers": 1}
    assert bytes_per_token(config, 2) == (2 * 36 * 8 * 128 + 16 * 2560) * 2


def test_whisper_keeps_what_it_heard() -> None:
    """Its files have names of their own; without them it would run in batches of a CPU."""
    assert bytes_per_token(WHISPER_LARGE, 2) == (2 * 32 * 1280 + 16 * 1280) * 2


@pytest.mark.parametrize("missing", ["hidden_size", "num_attention_heads", "num_hidden_layers"])
def test_a_file_that_leaves_out_defaults_says_nothing(missing: str) -> None:
    assert bytes_per_token({"text_config": {k: v for k, v in QWEN3_4B.items() if k != missing}}, 2) == 0
    assert bytes_per_token({}, 2) == 0


def test_what_the_file_leaves_out_is_asked_of_the_loaded_model(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")

    class Loaded:
        dtype = torch.bfloat16

        class config:  # noqa: N801
            @staticmethod
            def to_dict() -> dict[str, Any]:
                return {"text_config": QWEN3_4B}

    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (64 << 30, 80 << 30))
    lean = {"text_config": {"num_hidden_layers": 36}}
    found = token_budget(Loaded(), lean, torch.device("cuda:0"))
    assert found == int(0.6 * (64 << 30) / bytes_per_token(QWEN3_4B, 2))
    assert found == token_budget(Loaded(), QWEN3_4B, torch.device("cuda:0")) != ON_CPU
    assert token_budget(Loaded(), QWEN3_4B, torch.device("cpu")) == ON_CPU
