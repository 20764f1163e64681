"""Spoken answers: a batch speaks as single requests do, and the workarounds for the library's bugs are needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evalkit.core.errors import UsageError
from evalkit.core.message import user
from evalkit.core.response import Response
from evalkit.core.sample import Generation, Request
from evalkit.media.audio import decode, info
from families.cases import answers, ask, clip, mixed, texts, with_settings
from families.conftest import FAMILIES

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("PIL")

Started = Callable[[str], Any]


@pytest.fixture(autouse=True)
def quick_waves(monkeypatch: pytest.MonkeyPatch) -> None:
    from evalkit.model_adapters.qwen2_5_omni import Qwen25Omni

    monkeypatch.setattr(Qwen25Omni, "steps", 2)


def spoken(model: Any) -> list[Request]:
    return list(with_settings(mixed(model.takes), speech=True, max_new_tokens=8))


def codes(model: Any, asked: list[Request], rows: int | None = None) -> list[tuple[int, ...]]:
    """Speech codes of the answers (first group), sorted; up to the end of each."""
    seen: list[tuple[int, ...]] = []
    talker = model.model.talker
    end = getattr(talker.config, "tts_codec_end_token_id", None) or talker.config.codec_eos_token_id
    kept = talker.generate

    def generate(*values: Any, **named: Any) -> Any:
        made = kept(*values, **named)
        given = named["input_ids"].shape[1] if "input_ids" in named else 0
        for row in getattr(made, "sequences", made)[:, given:].tolist():
            seen.append(tuple(row[: row.index(end)] if end in row else row))
        return made

    talker.generate = generate
    try:
        answers(model, asked, rows)
    finally:
        del talker.generate
    return sorted(seen)


def waves(found: dict[str, Response]) -> dict[str, np.ndarray]:
    texts(found)
    return {key: decode(response.audio, 24000) for key, response in found.items() if response.audio is not None}


def same_speech(one: dict[str, Response], other: dict[str, Response]) -> bool:
    """Equal lengths, and samples within 1 % of full scale."""
    a, b = waves(one), waves(other)
    assert a.keys() == b.keys()
    return all(len(a[key]) == len(b[key]) and float(np.abs(a[key] - b[key]).max()) < 0.01 for key in a)


def test_a_batch_speaks_as_single_requests_do(speaking: str, started: Started) -> None:
    model = started(speaking)
    asked = spoken(model)
    alone = answers(model, asked, rows=1)
    together = answers(model, asked[::-1])
    assert model.throughput.batches == 1
    assert texts(alone) == texts(together)
    assert same_speech(alone, together)
    spoken_codes = codes(model, asked, rows=1)
    assert len(set(spoken_codes)) == len(asked), "all say the same"
    assert codes(model, asked) == spoken_codes


def test_drawn_speech_belongs_to_the_seed(speaking: str, started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    model = started(speaking)
    greedy = answers(model, spoken(model)[:3])
    monkeypatch.setattr(model, "talker_temperature", 0.9)
    asked = spoken(model)[:3]
    alone = answers(model, asked, rows=1)
    assert same_speech(alone, answers(model, asked[::-1]))
    assert not same_speech(alone, greedy)
    other = [Request(r.id, r.messages, r.settings, run_seed=5) for r in asked]
    assert not same_speech(alone, answers(model, other))


def test_speech_has_length_and_rate(speaking: str, started: Started) -> None:
    model = started(speaking)
    found = answers(model, spoken(model)[:2])
    for response in found.values():
        assert response.audio is not None
        header = info(response.audio)
        assert (header.sample_rate, header.channels) == (24000, 1)
        assert header.seconds == pytest.approx((response.usage or {})["speech_seconds"], abs=1e-4)
        assert 0 < header.seconds < 10


def test_voices_differ_and_unknown_ones_are_refused(
    speaking: str, started: Started, checkpoint: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = started(speaking)
    asked = spoken(model)[:1]
    first = answers(model, asked)
    monkeypatch.setattr(model, "speaker", model.speakers[1])
    assert not same_speech(first, answers(model, asked))
    with pytest.raises(UsageError, match="Chelsie"):
        FAMILIES[speaking].load(checkpoint(speaking), speaker="Nobody")


def test_text_requests_stay_silent_beside_spoken_ones(speaking: str, started: Started) -> None:
    model = started(speaking)
    asked = [*spoken(model)[:2], ask("silent", "yes or no ?")]
    found = answers(model, asked)
    assert found["silent"].audio is None
    assert all(found[request.id].audio is not None for request in asked[:2])


def test_without_a_talker_it_writes_only(speaking: str, started: Started, checkpoint: Callable[[str], Path]) -> None:
    with FAMILIES[speaking].load(checkpoint(speaking), talker=False) as silent:
        assert silent.gives == {"text"}
        asked = mixed(silent.takes)
        assert texts(answers(silent, asked)) == texts(answers(started(speaking), asked))
        with pytest.raises(UsageError, match="writes only"):
            answers(silent, spoken(silent)[:1])


def test_speech_comes_with_the_fixed_instruction(started: Started) -> None:
    from evalkit.model_adapters.qwen2_5_omni import SPEAKING

    model = started("qwen2.5-omni")

    def prompt(speech: bool, instruction: str = "") -> str:
        settings = Generation(max_new_tokens=4, speech=speech)
        prepared = model.prepare(ask("x", "what ?", settings=settings, instruction=instruction))
        return str(model.tokenizer.decode(prepared.work.ids))

    assert SPEAKING in prompt(True)
    assert SPEAKING not in prompt(False)
    assert prompt(True, instruction=SPEAKING).count(SPEAKING) == 1
    both = prompt(True, instruction="helpful")
    assert both.index(SPEAKING) < both.index("helpful")


@pytest.fixture
def without_mask(started: Started) -> Iterator[Any]:
    """Qwen2.5-Omni as the library has it."""
    model = started("qwen2.5-omni")
    talker = model.model.talker
    kept = talker.forward
    talker.forward = kept.__wrapped__
    yield model
    talker.forward = kept


def test_the_mask_bug_would_be_seen(without_mask: Any) -> None:
    import transformers
    from packaging.version import Version

    asked = spoken(without_mask)
    fixed = Version(transformers.__version__) < Version("5.18")
    assert (codes(without_mask, asked, rows=1) == codes(without_mask, asked)) is fixed


@pytest.mark.parametrize("held", ["cache", "past_key_values"])
def test_the_mask_covers_what_was_read_before_whatever_its_name(held: str) -> None:
    """Transformers 5.24 renamed the argument."""
    import torch
    from transformers import DynamicCache

    from evalkit.model_adapters.qwen2_5_omni import keep_talker_mask

    seen: list[Any] = []

    class Talker:
        forward: Callable[..., Any] = lambda self, **named: None

    def later(input_ids: Any = None, attention_mask: Any = None, inputs_embeds: Any = None, cache: Any = None) -> None:
        seen.append(attention_mask)

    def earlier(
        input_ids: Any = None, attention_mask: Any = None, inputs_embeds: Any = None, past_key_values: Any = None
    ) -> None:
        seen.append(attention_mask)

    talker, read = Talker(), DynamicCache()
    talker.forward = later if held == "cache" else earlier
    keep_talker_mask(talker)
    talker.forward(inputs_embeds=torch.zeros(2, 5, 4), **{held: read})
    read.update(torch.zeros(2, 1, 5, 4), torch.zeros(2, 1, 5, 4), 0)
    talker.forward(input_ids=torch.zeros(2, 1, dtype=torch.long), **{held: read})
    given = torch.ones(2, 6, dtype=torch.long)
    talker.forward(input_ids=torch.zeros(2, 1, dtype=torch.long), attention_mask=given, **{held: read})
    assert [tuple(mask.shape) for mask in seen] == [(2, 5), (2, 6), (2, 6)]
    assert all(bool((mask == 1).all()) for mask in seen) and seen[2] is given

    talker.forward = lambda input_ids=None, attention_mask=None, memory=None: None
    with pytest.raises(UsageError, match="cannot be given its mask back"):
        keep_talker_mask(talker)


def test_the_audio_config_bug_would_be_seen(started: Started) -> None:
    model = started("qwen3-omni")
    config = model.model.talker.config
    kept = config.audio_config
    del config.audio_config
    try:
        failures = [response.failure for response in answers(model, spoken(model)[:1]).values()]
    finally:
        config.audio_config = kept
    if failures == [None]:
        pytest.skip("this version of transformers needs no workaround")
    assert failures[0] is not None
    assert "audio_config" in failures[0].message


def test_the_penalty_bug_would_be_seen(started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library's penalty passes over the first codes of padded rows."""
    from evalkit.models.local import sampling

    model = started("qwen3-omni")
    generate = model.model.generate
    monkeypatch.setattr(sampling.NewTokenPenalty, "__call__", lambda self, ids, scores: scores)
    monkeypatch.setattr(
        model.model, "generate", lambda **named: generate(**{**named, "talker_repetition_penalty": model.penalty})
    )
    asked = spoken(model)
    alone, together = codes(model, asked, rows=1), codes(model, asked)
    if alone == together:
        pytest.skip("this version of transformers needs no workaround")
    assert set(alone) & set(together), "the longest row has no padding and is spared"


def test_a_row_that_says_nothing_fails_alone(started: Started) -> None:
    model = started("qwen2.5-omni")
    asked = spoken(model)
    first = {row[0] for row in codes(model, asked[:1])}
    config = model.model.config.talker_config
    kept = config.tts_codec_pad_token_id
    config.tts_codec_pad_token_id = first.pop()  # an end token: what the first row says first
    try:
        found = answers(model, asked)
    finally:
        config.tts_codec_pad_token_id = kept
    failure = found[asked[0].id].failure
    assert failure is not None
    assert "said nothing" in failure.message
    assert any(response.failure is None for response in found.values())


def test_short_words_are_spoken(speaking: str, started: Started) -> None:
    model = started(speaking)
    request = Request("one", (user(clip(0.5, 200)),), Generation(max_new_tokens=2, speech=True))
    found: Sequence[Response] = list(answers(model, [request]).values())
    assert found[0].failure is None or "said nothing" in found[0].failure.message
