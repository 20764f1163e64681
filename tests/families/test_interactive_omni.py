"""InteractiveOmni on a stand-in checkpoint: batches write what the model's own `chat` writes, one by one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evalkit.media.audio import decode
from families.cases import answers, ask, clip, picture, texts, with_settings
from families.released_chat import cases, gif, load, own_chat, spoken, written

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("PIL")


def test_a_batch_writes_what_chat_writes_token_by_token(
    model: Any, released: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = cases()
    ids, found = written(model, asked, monkeypatch)
    assert model.throughput.batches == 1
    assert list(texts(found)) != [] and len(found) == len(asked)
    expected = {request.id: own_chat(released, request) for request in asked}
    assert ids == {key: tokens for key, (tokens, _) in expected.items()}
    assert texts(found) == {key: text for key, (_, text) in expected.items()}
    assert len({tuple(row) for row in ids.values()}) == len(asked), "inputs that give one answer would prove nothing"
    lengths = {(response.usage or {})["input_tokens"] for response in found.values()}
    assert len(lengths) > 6
    assert all("one_by_one" not in (response.usage or {}) for response in found.values())


def test_order_and_size_of_batches_do_not_matter(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = cases()
    expected, _ = written(model, asked, monkeypatch)
    assert written(model, asked[::-1], monkeypatch, rows=3)[0] == expected
    assert written(model, asked, monkeypatch, rows=1)[0] == expected


def test_media_are_told_apart_and_keep_their_order(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = clip(1.0, 100), clip(1.2, 400)
    asked = [
        *(ask(f"clip {pitch}", clip(2.0, pitch)) for pitch in (80, 200, 450, 900)),
        *(ask(f"picture {seed}", picture(84, 84, seed), "what ?") for seed in range(4)),
        *(ask(f"video {seed}", gif(4, seed), "what ?") for seed in range(2)),
        ask("ab", first, "and", second),
        ask("ba", second, "and", first),
        ask("before", "what ?", first),
    ]
    ids, _ = written(model, asked, monkeypatch)
    assert len({tuple(row) for row in ids.values()}) == len(asked)


def test_the_bound_on_tiles_goes_to_chat(folder: Path, model: Any, released: tuple[Any, Any]) -> None:
    request = ask("wide", picture(900, 450, 3), "what ?")
    (many,) = answers(model, [request]).values()
    with load(folder, max_tiles=1) as coarse:
        (one,) = answers(coarse, [request]).values()
    assert (many.usage or {})["input_tokens"] - (one.usage or {})["input_tokens"] >= 2 * 16
    assert one.text == own_chat(released, request, tiles=1)[1]
    assert many.text == own_chat(released, request)[1] != one.text


@pytest.mark.parametrize("wrong", ["no mask", "right"])
def test_padding_needs_its_mask_and_its_side(model: Any, wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    from evalkit.models.local import captured_decoding

    expected, _ = written(model, cases(), monkeypatch)
    padded = captured_decoding.padded

    def spoilt(captures: Any, device: Any) -> Any:
        embeds, mask = padded(captures, device)
        if wrong == "no mask":
            return embeds, mask.new_ones(mask.shape)
        rolled = [(e.roll(int(m.sum()), 0), m.roll(int(m.sum()), 0)) for e, m in zip(embeds, mask, strict=True)]
        return tuple(torch.stack(part) for part in zip(*rolled, strict=True))

    monkeypatch.setattr(captured_decoding, "padded", spoilt)
    found, _ = written(model, cases(), monkeypatch)
    same = [key for key in expected if found[key] == expected[key]]
    assert len(same) <= len(expected) // 2, same


def test_the_language_models_penalty_is_kept(
    model: Any, released: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, _ = written(model, cases(), monkeypatch)
    configs = [model.model.language_model.generation_config, released[1].language_model.generation_config]
    for config in configs:
        config.repetition_penalty = 1.7
    try:
        ids, _ = written(model, cases(), monkeypatch)
        expected = {request.id: own_chat(released, request)[0] for request in cases()}
    finally:
        for config in configs:
            config.repetition_penalty = 1.0
    assert ids == expected != plain


def test_answers_end_at_the_stop_token(model: Any, released: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The stop token is made likely, so that rows end at different steps of one batch."""
    stop = model.tokenizer.convert_tokens_to_ids("<|im_end|>")
    asked = list(with_settings(cases(), max_new_tokens=40))
    heads = [one.language_model.lm_head.weight for one in (model.model, released[1])]
    kept = heads[0][stop].clone()
    for head in heads:
        head.data[stop] *= 3
    try:
        ids, found = written(model, asked, monkeypatch)
        expected = {request.id: own_chat(released, request) for request in asked}
    finally:
        for head in heads:
            head.data[stop] = kept
    assert ids == {key: tokens for key, (tokens, _) in expected.items()}
    assert texts(found) == {key: text for key, (_, text) in expected.items()}
    ended = [len(row) for row in ids.values() if row[-1] == stop]
    assert len(set(ended)) > 2 and all(row.count(stop) <= 1 for row in ids.values())
    assert {key: (found[key].usage or {})["output_tokens"] for key in ids} == {
        key: len(row) for key, row in ids.items()
    }


def test_stop_strings_and_bounds(model: Any) -> None:
    whole = {key: text or "" for key, text in texts(answers(model, cases())).items()}
    stop = max(whole.values(), key=len)[2]
    cut = texts(answers(model, list(with_settings(cases(), stop=(stop,)))))
    assert cut == {key: text.split(stop)[0] for key, text in whole.items()} != whole
    bounded = answers(model, list(with_settings(cases(), max_new_tokens=2)))
    assert all((response.usage or {})["output_tokens"] <= 2 for response in bounded.values())


def test_draws_belong_to_the_seed(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list(with_settings(cases(), temperature=1.0, top_p=0.95))
    alone, _ = written(model, asked, monkeypatch, rows=1)
    assert written(model, asked[::-1], monkeypatch)[0] == alone
    assert written(model, [replace(request, run_seed=7) for request in asked], monkeypatch)[0] != alone
    said = spoken(cases()[-3:])
    waves = [
        {key: decode(r.audio, 24000).tobytes() for key, r in found.items() if r.audio is not None}
        for found in (
            answers(model, said), answers(model, said[::-1], rows=1),
            answers(model, [replace(request, run_seed=7) for request in said]),
        )
    ]  # fmt: skip
    assert waves[0] == waves[1] and len(waves[0]) == 3
    assert all(waves[0][key] != waves[2][key] for key in waves[0])


def test_out_of_memory_halves_the_batch_and_changes_no_answer(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    expected = texts(answers(model, cases()))
    generate, capture, sizes = model.tap.generate, model.tap.capture, []

    def small(**named: Any) -> Any:
        sizes.append(len(named["inputs_embeds"]))
        if sizes[-1] > 3:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return generate(**named)

    refused = iter([True, False, True] + [False] * 100)

    def busy(chat: Any) -> Any:
        if next(refused):
            raise torch.OutOfMemoryError("CUDA out of memory")
        return capture(chat)

    monkeypatch.setattr(model.tap, "generate", small)
    monkeypatch.setattr(model.tap, "capture", busy)
    monkeypatch.setattr(model, "token_budget", model.token_budget)
    found = answers(model, cases())
    assert texts(found) == expected
    assert model.throughput.out_of_memory > 0 and max(sizes) > 3


def test_short_broken_and_long_input(model: Any) -> None:
    from evalkit.core.message import Audio, Image

    asked = [
        ask("sample", clip(0.01, 300)),
        ask("broken", Audio(opener=lambda: b"noise", name="broken.wav")),
        ask("gone", Image(path="nowhere.png"), "what ?"),
        ask("long", "yes " * 5000),
        ask("fine", "what ?"),
        replace(ask("schema", "what ?"), schema={"type": "object"}),
    ]
    found = answers(model, asked)
    failures = {key: response.failure.kind for key, response in found.items() if response.failure is not None}
    assert failures == {"broken": "input", "gone": "input", "long": "limit", "schema": "input"}
    assert found["long"].failure is not None and "4096" in found["long"].failure.message
