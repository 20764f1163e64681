"""A real `transformers serve` on tiny checkpoints: audio and pictures in, text out, several calls at once."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

for package in ("torch", "transformers", "PIL", "openai", "fastapi", "uvicorn"):
    pytest.importorskip(package)

Main = Callable[..., Any]
Checkpoint = Callable[[str], Path]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server that takes directories as names of models."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = tmp_path_factory.mktemp("server") / "log"
    boot = "from transformers.cli.transformers import main; main()"
    words = ["serve", "--host", "127.0.0.1", "--port", str(port), "--device", "cpu", "--dtype", "float32"]
    offline = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", boot, *words], stdout=output, stderr=output, env={**os.environ, **offline}
        )
    try:
        limit = time.monotonic() + 120
        while True:
            assert process.poll() is None and time.monotonic() < limit, log.read_text()
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(20)


def served(url: str, folder: Path) -> list[object]:
    return ["run", "--model", "openai-compatible", "--base-url", url, "--served-name", folder]


def answers() -> dict[str, str]:
    (journal,) = Path("out").glob("*/*/*/samples.jsonl")
    return {line["id"]: line["text"] for line in map(json.loads, journal.read_text().splitlines())}


def test_audio_goes_in_and_the_answers_are_the_models_own(server: str, main: Main, checkpoint: Checkpoint) -> None:
    folder = checkpoint("qwen2-audio")
    words = ["--task", "asr_demo", "--limit", 8, "--max-new-tokens", 6, "--out", "out", "--json"]
    done = main(*served(server, folder), *words, "--concurrency", 3)
    assert done.code == 0, done.err
    (summary,) = json.loads(done.out)
    assert (summary["counts"]["n_total"], summary["counts"]["n_model_failed"]) == (8, 0)
    assert 8 <= summary["usage"]["output_tokens"] <= 8 * 6
    heard = answers()
    assert len(set(heard.values())) > 4, "different audio, different answers"
    Path("out").rename("served")
    local = main("run", "--model", folder, "--device", "cpu", "--dtype", "float32", *words)
    assert local.code == 0, local.err
    assert answers() == heard, "served and local answers are the same"


@pytest.fixture(scope="module")
def llava(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A family whose processor needs no video part, so that the server runs without torchvision."""
    import transformers as tf
    from transformers.models.clip import CLIPImageProcessorPil

    from families.tiny import DENSE, ROPE, VOCABULARY, lively, qwen_tokenizer, template

    folder = tmp_path_factory.mktemp("llava") / "tiny-llava"
    tokenizer = qwen_tokenizer(["<image>"], {"image_token": "<image>"})
    vision = {
        "model_type": "clip_vision_model", "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
        "num_attention_heads": 2, "image_size": 56, "patch_size": 14, "projection_dim": 32,
    }  # fmt: skip
    text = {"model_type": "qwen2", "vocab_size": VOCABULARY, "rope_parameters": ROPE, "tie_word_embeddings": False}
    config = tf.LlavaConfig(
        vision_config=vision,
        text_config={**text, **DENSE},
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
    )
    lively(tf.LlavaForConditionalGeneration(config).float()).save_pretrained(folder)
    size = {"shortest_edge": 56}
    pictures = CLIPImageProcessorPil(size=size, crop_size={"height": 56, "width": 56})
    processor = tf.LlavaProcessor(
        image_processor=pictures, tokenizer=tokenizer, patch_size=14, vision_feature_select_strategy="default",
        chat_template=template(image="<image>\n"), num_additional_image_tokens=1,
    )  # fmt: skip
    processor.save_pretrained(folder)
    return folder


def test_pictures_go_in(server: str, main: Main, llava: Path, tmp_path: Path) -> None:
    import PIL.Image

    colours = [(250, 0, 0), (0, 250, 0), (0, 0, 250), (250, 250, 0)]
    lines = []
    for number, colour in enumerate(colours):
        PIL.Image.new("RGB", (64, 64), colour).save(tmp_path / f"{number}.png")
        content = [{"type": "image", "path": f"{number}.png"}, {"type": "text", "text": "what is in the picture ?"}]
        lines.append({"id": str(number), "messages": [{"role": "user", "content": content}], "reference": "x"})
    task = tmp_path / "colours.jsonl"
    task.write_text("".join(json.dumps(line) + "\n" for line in lines))
    words = ["--task", task, "--max-new-tokens", 6, "--out", "out", "--json"]
    done = main(*served(server, llava), *words)
    assert done.code == 0, done.err
    assert json.loads(done.out)[0]["counts"]["n_model_failed"] == 0
    assert len(set(answers().values())) == 4, "different pictures, different answers"
