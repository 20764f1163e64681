"""What every family has to keep, on a tiny checkpoint with redrawn weights: batches change nothing."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evalkit.core.message import Audio, system, user
from evalkit.core.sample import Generation, Request
from evalkit.media.audio import from_samples
from families.cases import SHORT, answers, ask, clip, mixed, picture, texts, with_settings, written
from families.conftest import FAMILIES
from families.tiny import tone

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("PIL")

Started = Callable[[str], Any]


def cases(model: Any) -> list[Request]:
    """Mixed rows this family can take."""
    recognises = model.name.startswith(("whisper", "moshi"))
    rows = [request for request in mixed(model.takes) if not (recognises and request.id == "text")]
    return [*rows, ask("long", clip(33.0, 100))] if model.name.startswith("whisper") else rows


def test_a_batch_answers_as_single_requests_do(family: str, started: Started) -> None:
    model = started(family)
    asked = cases(model)
    alone = written(model, asked, rows=1)
    assert len(set(map(tuple, alone.values()))) == len(asked), "inputs that give one answer would prove nothing"
    assert written(model, asked) == alone
    assert (model.throughput.batches == len(asked)) if model.one_by_one else (model.throughput.batches < len(asked))


def test_order_does_not_matter(family: str, started: Started) -> None:
    model = started(family)
    asked = cases(model)
    expected = written(model, asked)
    shuffled = random.Random(1).sample(asked, len(asked))
    assert written(model, shuffled) == expected
    assert written(model, asked[::-1], rows=2) == expected


def test_sampling_depends_on_the_seed_and_not_on_the_batch(chatting: str, started: Started) -> None:
    model = started(chatting)
    asked = list(with_settings(cases(model), temperature=1.0, top_p=0.95))
    alone = written(model, asked, rows=1)
    assert written(model, asked[::-1]) == alone
    other = [replace(request, run_seed=7) for request in asked]
    assert written(model, other) != alone
    greedy = written(model, cases(model))
    assert alone != greedy
    narrow = list(with_settings(cases(model), temperature=1.0, top_p=1e-9))
    assert written(model, narrow) == greedy


def test_different_audio_gives_different_answers(hearing: str, started: Started) -> None:
    model = started(hearing)
    asked = [ask(f"{pitch}", clip(2.0, pitch)) for pitch in (80, 200, 450, 900)]
    assert len(set(map(tuple, written(model, asked).values()))) == 4


def test_different_images_give_different_answers(seeing: str, started: Started) -> None:
    model = started(seeing)
    asked = [ask(f"{seed}", picture(84, 84, seed), "what ?") for seed in range(4)]
    assert len(set(map(tuple, written(model, asked).values()))) == 4


def test_media_order_matters(family: str, started: Started) -> None:
    model = started(family)
    if family in ("whisper", "audio-flamingo-3", "granite-speech", "moshi"):
        request = ask("two", clip(1.0, 100), clip(1.2, 400))
        failure = answers(model, [request])["two"].failure
        assert failure is not None, "two clips have to be refused"
        assert (failure.kind, "one audio" in failure.message) == ("input", True)
        return
    if "audio" in model.takes:
        first, second = clip(1.0, 100), clip(1.2, 400)
    else:
        first, second = picture(56, 84, 1), picture(84, 56, 2)
    asked = [ask("ab", first, "and", second), ask("ba", second, "and", first)]
    found = written(model, asked)
    assert found["ab"] != found["ba"]
    assert written(model, asked, rows=1) == found


def test_text_before_and_after_media_are_different_prompts(chatting: str, started: Started) -> None:
    model = started(chatting)
    part = clip(1.0, 100) if "audio" in model.takes else picture(56, 84, 1)
    found = written(model, [ask("before", "what ?", part), ask("after", part, "what ?")])
    assert found["before"] != found["after"]


def test_history_and_instructions_are_heard(chatting: str, started: Started) -> None:
    from evalkit.core.message import assistant

    if chatting == "voxtral":
        pytest.skip("this tokenizer has no system turn")
    model = started(chatting)
    question = user("what is in the picture ?")
    asked = [
        Request("plain", (question,), SHORT),
        Request("told", (system("helpful"), question), SHORT),
        Request("history", (user("0 1 2 3 ?"), assistant("yes"), question), SHORT),
    ]
    found = written(model, asked)
    assert len(set(map(tuple, found.values()))) == 3
    assert written(model, asked, rows=1) == found


def test_answers_end_at_stop_tokens(chatting: str, started: Started) -> None:
    model = started(chatting)
    asked = cases(model)
    whole = written(model, asked)
    kept = model.stop
    # Whatever each row wrote third ends answers now: rows end at different steps of one batch.
    model.stop = kept | {row[2] for row in whole.values() if len(row) > 2}
    try:
        alone, together = written(model, asked, rows=1), written(model, asked)
        counted = {key: (response.usage or {})["output_tokens"] for key, response in answers(model, asked).items()}
    finally:
        model.stop = kept
    assert alone == together
    for key, row in together.items():
        assert row == whole[key][: len(row)]
        assert len(row) <= 2
        assert counted[key] == len(row) + 1, "the stop token was written too"


def test_stop_strings_end_answers(chatting: str, started: Started) -> None:
    model = started(chatting)
    found = {key: text or "" for key, text in texts(answers(model, cases(model))).items()}
    stop = max(found.values(), key=len)[2]
    ended = texts(answers(model, list(with_settings(cases(model), stop=(stop,)))))
    assert ended == {key: text.split(stop)[0] for key, text in found.items()}
    assert ended != found


def test_the_bound_on_new_tokens_is_kept(chatting: str, started: Started) -> None:
    model = started(chatting)
    found = answers(model, list(with_settings(cases(model), max_new_tokens=3)))
    assert all((response.usage or {})["output_tokens"] <= 3 for response in found.values())


def test_short_and_empty_audio(hearing: str, started: Started) -> None:
    model = started(hearing)
    empty = Audio(opener=lambda: b"", name="empty.wav")
    nothing = from_samples(np.zeros(0, dtype=np.float32), 16000, "nothing.wav")
    asked = [
        ask("one", from_samples(np.full(1, 0.5, dtype=np.float32), 16000)),
        ask("frame", from_samples(np.full(160, 0.1, dtype=np.float32), 16000)),
        ask("eighth", clip(0.125, 300)),
        ask("second", clip(1.0, 300)),
        ask("empty", empty),
        ask("nothing", nothing),
    ]
    found = answers(model, asked)
    failures = {key: response.failure for key, response in found.items() if response.failure is not None}
    assert {key: failure.kind for key, failure in failures.items()} == {"empty": "input", "nothing": "input"}
    assert "0 bytes" in failures["empty"].message
    assert "no samples" in failures["nothing"].message
    alone = answers(model, asked, rows=1)
    assert [alone[key].text for key in ("one", "frame", "eighth", "second")] == [
        found[key].text for key in ("one", "frame", "eighth", "second")
    ]


def test_other_sample_rates_are_resampled(hearing: str, started: Started) -> None:
    model = started(hearing)
    found = answers(model, [ask("fast", from_samples(tone(1.0, 200, rate=44100), 44100))])
    assert (found["fast"].usage or {})["audio_seconds"] == pytest.approx(1.0, abs=0.01)


def test_a_request_longer_than_the_context_is_refused(chatting: str, started: Started) -> None:
    model = started(chatting)
    asked = [ask("long", "yes " * 5000), ask("fits", "yes")]
    found = answers(model, asked)
    failure = found["long"].failure
    assert failure is not None
    assert failure.kind == "limit"
    assert "4096" in failure.message
    assert found["fits"].failure is None


def test_reload_gives_the_same_answers(family: str, started: Started, checkpoint: Callable[[str], Path]) -> None:
    model = started(family)
    again = FAMILIES[family].load(checkpoint(family))
    assert again.identity() == model.identity()
    with again:
        assert written(again, cases(model)) == written(model, cases(model))


def test_a_prompt_costs_the_scores_of_one_position(chatting: str, started: Started) -> None:
    """Scores of whole prompts would take more memory than anything else."""
    model = started(chatting)
    decoder = model.decoder()
    seen: list[int] = []
    head = decoder.get_output_embeddings()
    hook = head.register_forward_hook(lambda module, values, made: seen.append(made.shape[1]))
    try:
        written(model, cases(model))
    finally:
        hook.remove()
    assert set(seen) == {1}


def test_answers_at_the_bound_are_counted(chatting: str, started: Started) -> None:
    model = started(chatting)
    asked = cases(model)
    kept, whole = model.stop, written(model, asked)
    model.stop = kept | {next(row[1] for row in whole.values() if len(row) > 1)}
    try:
        rows, found = written(model, asked), answers(model, asked)
    finally:
        model.stop = kept
    bound = {key: len(row) == SHORT.max_new_tokens for key, row in rows.items()}
    assert False in bound.values() and True in bound.values()
    assert bound == {key: (response.usage or {}).get("truncated") == 1 for key, response in found.items()}


@pytest.mark.parametrize("attn", ["eager", "sdpa"])
def test_both_kinds_of_attention(attn: str, started: Started, checkpoint: Callable[[str], Path]) -> None:
    family = "qwen2-audio"
    with FAMILIES[family].load(checkpoint(family), attn=attn) as model:
        asked = cases(model)
        assert written(model, asked) == written(model, asked, rows=1)
        assert written(model, asked) == written(started(family), asked)


def test_settings_beyond_greedy_are_those_of_the_checkpoint(started: Started) -> None:
    """Released checkpoints ask for sampling; a greedy protocol overrides that and keeps penalties."""
    from evalkit.models.local.generation import settings_of

    model = started("qwen2-audio")
    given = model.model.generation_config
    given.update(do_sample=True, temperature=0.7, top_k=20, repetition_penalty=1.1)
    try:
        used = settings_of(model.model, model.stop, model.pad, 5)
        assert (used.do_sample, used.repetition_penalty, used.max_new_tokens) == (False, 1.1, 5)
        asked = cases(model)
        assert written(model, asked) == written(model, asked, rows=1)
    finally:
        given.update(do_sample=False, temperature=1.0, top_k=50, repetition_penalty=None)


def test_without_a_bound_the_family_sets_one(hearing: str, started: Started) -> None:
    model = started(hearing)
    kept, model.default_new_tokens = model.default_new_tokens, 20
    try:
        request = Request("open", (user(clip(1.0, 300)),), Generation(max_new_tokens=None))
        response = answers(model, [request])["open"]
    finally:
        model.default_new_tokens = kept
    assert response.failure is None


def test_short_padding_gives_the_frames_of_long_padding(started: Started) -> None:
    """The extractor of Qwen2.5-Omni pads to its bound; less padding changes no frame that is kept."""
    import torch

    from evalkit.media.audio import decode

    model = started("qwen2.5-omni")
    for seconds in (0.15, 1.0, 4.7, 29.99, 33.0):
        part = clip(seconds, 200)
        work = model.prepare(ask("x", part)).work
        whole = model.processor.feature_extractor(
            decode(part, 16000),
            sampling_rate=16000,
            padding="max_length",
            return_tensors="pt",
            return_attention_mask=True,
        )
        count = int(whole["attention_mask"].sum())
        assert int(work.media["feature_attention_mask"].sum()) == count
        # Equal but for the order of sums in one product of matrices.
        torch.testing.assert_close(
            work.media["input_features"], whole["input_features"][..., :count], rtol=0, atol=1e-5
        )
        assert work.usage.get("audio_seconds_cut", 0.0) == pytest.approx(max(0.0, seconds - 30), abs=1e-6)


@pytest.mark.parametrize("name", ["voxtral", "audio-flamingo-3", "qwen3-omni"])
def test_clips_of_several_windows_are_answered_as_alone(name: str, started: Started) -> None:
    model = started(name)
    asked = [ask(f"{seconds}", clip(seconds, 90.0 + 7 * seconds), "what ?") for seconds in (1.0, 29.9, 31.0, 64.0)]
    asked.append(ask("late", from_samples(np.concatenate([tone(31.0, 307), tone(33.0, 700)]), 16000), "what ?"))
    alone = written(model, asked, rows=1)
    assert len(set(map(tuple, alone.values()))) >= 4
    assert alone["late"] != alone["64.0"], "what comes after the first window is heard"
    assert written(model, asked[::-1]) == alone
    assert model.throughput.batches == 1


def test_what_is_cut_off_is_counted(hearing: str, started: Started) -> None:
    model = started(hearing)
    cut = model.prepare(ask("x", clip(33.0, 100))).work.usage.get("audio_seconds_cut", 0.0)
    assert cut == (pytest.approx(3.0) if hearing in ("qwen2-audio", "qwen2.5-omni") else 0.0)
