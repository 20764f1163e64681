"""The stand-in for InteractiveOmni under test: fixtures, requests, and the answers of its own `chat`."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evalkit.core.message import Part, Video, assistant, user
from evalkit.core.response import Response
from evalkit.core.sample import Generation, Request
from families.cases import SHORT, answers, ask, clip, mixed, picture, with_settings


@pytest.fixture(scope="session")
def released_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from families.interactive_omni_checkpoint import interactive_omni

    return interactive_omni(tmp_path_factory.mktemp("released") / "InteractiveOmni-4B")


@pytest.fixture(scope="session")
def released_model(released_folder: Path) -> Iterator[Any]:
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # tiny matrices: threads cost more than they bring
    with load(released_folder) as loaded:
        yield loaded
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def released(released_folder: Path) -> tuple[Any, Any]:
    """Tokenizer and model as released, untouched."""
    import torch

    from evalkit.models.local import remote_code

    return remote_code.load(released_folder, "float32", "eager", torch.device("cpu"))


def load(folder: Path, **changed: Any) -> Any:
    from evalkit.model_adapters.interactive_omni import InteractiveOmni

    given = {"path": str(folder), "trust_remote_code": True, "dtype": "float32", "device": "cpu", **changed}
    return InteractiveOmni(**given)


def own_chat(released: tuple[Any, Any], request: Request, tiles: int = 12) -> tuple[list[int], Any]:
    """New tokens and return value of the released `chat`, called as its page shows."""
    import torch

    from evalkit.model_adapters.interactive_omni import SPEAKING
    from evalkit.models.local import remote_code
    from evalkit.models.local.message_files import write

    tokenizer, model = released
    files = write(request.messages)
    given, spoken = files.messages, {}
    if request.settings.speech:
        given = [{"role": "system", "content": SPEAKING}, *given]
        spoken = {"generate_audio": True, "speaker_embedding": model.default_speaker_embedding}
    seen: list[list[int]] = []
    generate = model.language_model.generate

    def note(**named: Any) -> Any:
        made = generate(**named)
        seen.append(made.sequences[0].tolist())
        return made

    model.language_model.generate = note
    try:
        with remote_code.on(torch.device("cpu")), torch.inference_mode():
            torch.manual_seed(request.seed)
            settings = {"do_sample": False, "max_new_tokens": request.settings.max_new_tokens}
            result = model.chat(tokenizer, settings, given, tiles, 8, **spoken)
    finally:
        del model.language_model.generate
        files.close()
    assert len(seen) == 1
    return seen[0], result


def written(model: Any, requests: Sequence[Request], monkeypatch: pytest.MonkeyPatch, rows: int | None = None) -> Any:
    """New tokens of the adapter's batches by request, and its responses."""
    ids: dict[str, list[int]] = {}
    finished = model._finished

    def note(item: Any, tokens: list[int]) -> Response:
        ids[item.request.id] = list(tokens)
        return finished(item, tokens)

    with monkeypatch.context() as patch:
        patch.setattr(model, "_finished", note)
        return ids, answers(model, requests, rows)


def gif(frames: int, seed: int) -> Video:
    import PIL.Image

    draw = np.random.RandomState(seed)
    shown = [PIL.Image.fromarray(draw.randint(0, 255, (48, 64, 3)).astype("uint8")) for _ in range(frames)]
    buffer = io.BytesIO()
    shown[0].save(buffer, "GIF", save_all=True, append_images=shown[1:])
    data = buffer.getvalue()
    return Video(opener=lambda: data, name=f"{seed}.gif")


def talk(key: str, *turns: Sequence[Part | str], settings: Generation = SHORT) -> Request:
    """A conversation of user and assistant turns, the user first and last."""
    messages = [(user, assistant)[place % 2](*turn) for place, turn in enumerate(turns)]
    return Request(key, tuple(messages), settings)


def cases() -> list[Request]:
    """Text, image, audio, both, video, and histories of different length."""
    return [
        *mixed(frozenset({"text", "image", "audio"})),
        ask("video", gif(3, 1), "what is in the picture ?"),
        ask("told", "what ?", instruction="helpful"),
        talk("two", ["what ?", picture(80, 40, 2)], ["a dog ."], ["and the audio ?", clip(1.5, 220)]),
        talk("said", [clip(1.0, 330)], [clip(0.7, 500), "yes ."], ["describe the sound you hear ."]),
        talk(
            "long", [picture(30, 90, 4)], ["no answer"], ["0 1 2 3"], ["4 5"], [picture(60, 60, 6), clip(0.5, 150)],
            ["the lazy dog"], ["which picture was it ?"],
        ),
    ]  # fmt: skip


def spoken(requests: Sequence[Request]) -> list[Request]:
    return list(with_settings(requests, speech=True))


# What the released code might do otherwise: the capture does not fit, and conversations are answered one by one.
VARIANTS = {
    "chat called language_model.generate 0 times": (
        "self.language_model.generate(\n", "type(self.language_model).generate(\n            self.language_model,\n",
    ),
    "with no_repeat_ngram_size": ("use_cache=True,", "use_cache=True, no_repeat_ngram_size=3,"),
    "no language_model.generate": ("language_model", "writer"),
    "samples": ("use_cache=True, **generation_config", "use_cache=True, **{**generation_config, 'do_sample': True}"),
    "without inputs_embeds": ("inputs_embeds=embeds, attention_mask=mask,", "input_ids=ids, attention_mask=mask,"),
}  # fmt: skip


def variant(folder: Path, target: Path, old: str, new: str) -> Path:
    from safetensors.torch import load_file, save_file

    shutil.copytree(folder, target)
    code = target / "modeling_interactiveomni.py"
    assert old in code.read_text()
    code.write_text(code.read_text().replace(old, new))
    if new == "writer":
        weights = {name.replace(old, new): value for name, value in load_file(target / "model.safetensors").items()}
        save_file(weights, target / "model.safetensors", metadata={"format": "pt"})
    return target


def changed(folder: Path, target: Path, **config: Any) -> Path:
    shutil.copytree(folder, target)
    given = json.loads((target / "config.json").read_text())
    (target / "config.json").write_text(json.dumps({**given, **config}))
    return target
