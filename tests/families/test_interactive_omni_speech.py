"""InteractiveOmni's speech: every row says what the model's own `chat` says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evalkit.core.errors import UsageError
from evalkit.core.message import assistant, system, user
from evalkit.core.sample import Request
from evalkit.media.audio import decode, encode_wav, info
from families.cases import SHORT, answers, ask, clip, picture
from families.released_chat import cases, gif, load, own_chat, spoken
from families.tiny import tone

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("PIL")


def test_speech_is_what_chat_says_row_by_row(model: Any, released: tuple[Any, Any]) -> None:
    asked = spoken(cases()[:1] + cases()[-4:])
    found = answers(model, asked)
    assert model.throughput.batches == 1
    seen = set()
    for request in asked:
        if request.id == "told":
            continue  # its system text follows the fixed one, see below
        tokens, (text, wave) = own_chat(released, request)
        response = found[request.id]
        assert response.text == text and response.audio is not None
        header = info(response.audio)
        assert (header.sample_rate, header.channels) == (24000, 1)
        said = decode(response.audio, 24000)
        # Five text tokens are 25 speech tokens, each 40 ms.
        assert len(said) == wave.numel() == len(tokens) * 25 // 5 * 960
        np.testing.assert_allclose(said, wave.reshape(-1).numpy(), atol=1e-3)
        assert float(np.abs(said).max()) > 0.01
        assert (response.usage or {})["speech_seconds"] == pytest.approx(len(said) / 24000)
        assert "one_by_one" not in (response.usage or {})
        seen.add(said[::100].tobytes())
    assert len(seen) == len(asked) - 1, "all say the same"


def test_replayed_hidden_states_are_those_of_generate(released: tuple[Any, Any]) -> None:
    import torch

    from evalkit.models.local.embedding_capture import hidden_states

    language_model = released[1].language_model
    embeds = torch.randn(1, 9, 64, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        made = language_model.generate(
            inputs_embeds=embeds, attention_mask=torch.ones(1, 9, dtype=torch.long), max_new_tokens=6, do_sample=False,
            output_hidden_states=True, return_dict_in_generate=True,
        )  # fmt: skip
        played = hidden_states(language_model, embeds, torch.ones(9, dtype=torch.long), made.sequences[0].tolist())
    assert len(played) == len(made.hidden_states) == 6
    for step, expected in zip(played, made.hidden_states, strict=True):
        for layer, other in zip(step, expected, strict=True):
            torch.testing.assert_close(layer, other, rtol=1e-4, atol=1e-4)


def test_tokens_of_one_row_are_not_played_to_another(model: Any) -> None:
    from evalkit.models.local import remote_code
    from evalkit.models.local.embedding_capture import CaptureError

    one, other = (model.prepare(request).work for request in spoken([ask("a", "what ?"), ask("b", "0 1 2 3 ?")]))
    assert one.files is not None and other.files is not None
    messages = model.messages(one.files, spoken([ask("a", "what ?")])[0])
    with remote_code.on(model.device), pytest.raises(CaptureError, match="other embeddings"):
        model.tap.play(lambda: model.chat(messages, replace(SHORT, speech=True)), [1, 2, 3], other.capture)


def test_speech_comes_with_the_fixed_instruction(model: Any) -> None:
    from evalkit.model_adapters.interactive_omni import SPEAKING
    from evalkit.models.local.message_files import write

    def sent(request: Request) -> Any:
        return model.messages(write(request.messages), request)

    quiet = ask("x", "what ?")
    assert sent(quiet) == [{"role": "user", "content": "what ?"}]
    assert sent(spoken([quiet])[0])[0] == {"role": "system", "content": SPEAKING}
    (both,) = spoken([ask("x", "what ?", instruction="helpful")])
    assert sent(both)[0]["content"] == f"{SPEAKING}\nhelpful" and len(sent(both)) == 2
    (same,) = spoken([ask("x", "what ?", instruction=SPEAKING)])
    assert sent(same)[0]["content"] == SPEAKING


def test_messages_are_in_the_released_format_and_files_are_removed(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import soundfile

    seen: list[dict[str, Any]] = []
    chat = type(model.model).chat

    def look(self: Any, tokenizer: Any, config: Any, messages: Any, *values: Any, **named: Any) -> Any:
        for message in messages:
            for part in message["content"] if isinstance(message["content"], list) else ():
                if part["type"] == "audio":
                    assert soundfile.info(part["audio"]).samplerate == 16000
                seen.append(part)
        assert (type(config), values) == (dict, (12, 8))
        return chat(self, tokenizer, config, messages, *values, **named)

    monkeypatch.setattr(type(model.model), "chat", look)
    history = (system("helpful"), user(picture(56, 56, 1), "what ?"), assistant(clip(1.0, 200)), user(gif(2, 1), "?"))
    answers(model, [Request("x", history, SHORT)])
    assert [part["type"] for part in seen] == ["image", "text", "audio", "video", "text"]
    assert all(set(part) == {"type", part["type"]} for part in seen)
    media = [Path(part[part["type"]]) for part in seen if part["type"] != "text"]
    assert not any(path.exists() for path in media)
    seen.clear()
    answers(model, spoken([Request("x", history, SHORT)]))
    assert not any(Path(part[part["type"]]).exists() for part in seen if part["type"] != "text")


def test_voices(folder: Path, model: Any, tmp_path: Path, released: tuple[Any, Any]) -> None:
    voice = tmp_path / "voice.wav"
    voice.write_bytes(encode_wav(tone(1.0, 90), 16000))
    asked = spoken([ask("x", "what ?")])
    with load(folder, speaker=str(voice)) as cloned:
        expected = released[1].extract_speaker_embedding(str(voice))
        assert np.array_equal(cloned.voice.numpy(), expected.numpy())
        other = answers(cloned, asked)["x"]
    usual = answers(model, asked)["x"]
    assert other.text == usual.text and other.audio is not None and usual.audio is not None
    a, b = decode(other.audio, 24000), decode(usual.audio, 24000)
    assert len(a) == len(b) and not np.array_equal(a, b)
    assert load(folder, speaker=str(voice)).identity()["speaker"] != load(folder).identity()["speaker"] == "default"
    with pytest.raises(UsageError, match="no such file"):
        load(folder, speaker=str(tmp_path / "nobody.wav"))
    voice.write_bytes(b"no sound")
    with pytest.raises(UsageError, match="no voice could be taken"):
        load(folder, speaker=str(voice)).start()
