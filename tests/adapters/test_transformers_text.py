"""The local language model, on a tiny random checkpoint; and the same checkpoint behind `transformers serve`."""

from __future__ import annotations

import os
import random
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evalkit import plugins
from evalkit.core.errors import UsageError
from evalkit.core.limits import CallLimits
from evalkit.core.message import assistant, system, user
from evalkit.core.sample import GREEDY, Request

pytest.importorskip("torch")
pytest.importorskip("transformers")
import tiny_checkpoint

SHORT = replace(GREEDY, max_new_tokens=12)
QUESTIONS = ("what is it ?", "yes", "no no one two three " * 9, "请把这段语音转写", "be short please")


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_checkpoint.make(tmp_path_factory.mktemp("tiny"))


def requests(settings: Any = SHORT) -> list[Request]:
    return [Request(f"r{number}", (user(text),), settings) for number, text in enumerate(QUESTIONS)]


def answers(path: Path, asked: list[Request], **arguments: Any) -> dict[str, Any]:
    with plugins.load_model("transformers-text", {"model": str(path), "dtype": "float32", **arguments}) as model:
        return dict(model.stream(iter(asked)))


def reference(path: Path, text: str, tokens: int) -> str:
    """The library's own greedy answer to one question."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(path)
    model: Any = AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32)
    turns = [{"role": "user", "content": text}]
    prompt = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    inputs = tokenizer(prompt, return_tensors="pt", add_special_tokens=False, return_token_type_ids=False)
    made = model.generate(**inputs, max_new_tokens=tokens, do_sample=False)
    written: str = tokenizer.decode(made[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
    return written


def test_batched_answers_are_those_of_the_library(checkpoint: Path) -> None:
    found = answers(checkpoint, requests())
    texts = [found[f"r{number}"].text for number in range(len(QUESTIONS))]
    assert texts == [reference(checkpoint, text, 12) for text in QUESTIONS]
    assert len(set(texts)) == len(QUESTIONS), "a model that says one thing to everything proves nothing"
    assert all(found[key].usage["output_tokens"] <= 12 for key in found)


def test_batches_and_order_do_not_matter(checkpoint: Path) -> None:
    together = answers(checkpoint, requests())
    alone = answers(checkpoint, requests()[::-1], batch_size=1)
    assert {key: one.text for key, one in together.items()} == {key: one.text for key, one in alone.items()}


def test_sizes_are_measured_and_no_answer_changes(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """300 prompts: all sizes tried give the answers of a fixed one, and the record tells what was found."""
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    draw = random.Random(0)
    words = ["what", "is", "it", "yes", "no", "one", "two", "three", "be", "short", "please"]
    texts = [" ".join(draw.choices(words, k=draw.randrange(1, 40))) for _ in range(300)]
    asked = [Request(f"r{n}", (user(text),), replace(GREEDY, max_new_tokens=4)) for n, text in enumerate(texts)]
    given = {"model": str(checkpoint), "dtype": "float32", "device": "cpu"}
    with plugins.load_model("transformers-text", given) as model:
        found = {key: response.text for key, response in model.stream(iter(asked))}
        (told,) = model.circumstances()["batch_sizes"]
    with plugins.load_model("transformers-text", {**given, "batch_size": 4}) as fixed:
        expected = {key: response.text for key, response in fixed.stream(iter(asked))}
        assert fixed.circumstances() == {}
        assert fixed.identity() == model.identity()
    assert len(found) == 300
    assert found == expected
    assert told["rows"] <= told["bound"]
    assert len(told["rows_per_second"]) >= 2, "more than one size was tried"
    assert told["cost_of_next"]


def test_sampled_answers_depend_on_the_sample_and_the_runs_seed_alone(checkpoint: Path) -> None:
    warm = replace(SHORT, temperature=1.0)
    first = answers(checkpoint, requests(warm))
    again = answers(checkpoint, requests(warm)[::-1], token_budget=10)
    assert {key: one.text for key, one in first.items()} == {key: one.text for key, one in again.items()}
    other = answers(checkpoint, [replace(one, run_seed=1) for one in requests(warm)])
    assert {key: one.text for key, one in first.items()} != {key: one.text for key, one in other.items()}


def test_bounds_stops_and_the_context_are_kept(checkpoint: Path) -> None:
    whole = answers(checkpoint, requests())["r2"]
    assert whole.usage["truncated"] == 1.0
    stop = whole.text[3:5]
    cut = answers(checkpoint, requests(replace(SHORT, stop=(stop,))))["r2"]
    assert cut.text == whole.text.split(stop)[0]
    long = Request("long", (user("one two three " * 400),), SHORT)
    found = answers(checkpoint, [long, *requests()])
    assert found["long"].failure.kind == "limit"
    assert "the model takes 512" in found["long"].failure.message
    assert found["r2"].text == whole.text


def test_the_conversation_goes_through_the_template_or_is_joined(checkpoint: Path) -> None:
    turns = (system("be short"), user("what ?"), assistant("yes"), user("no ?"))
    chat = answers(checkpoint, [Request("a", turns, SHORT)])["a"]
    plain = answers(checkpoint, [Request("a", turns, SHORT)], chat=False)["a"]
    assert chat.text != plain.text
    assert chat.usage["input_tokens"] == plain.usage["input_tokens"] + 9 - 3  # nine marks against three line ends


def test_a_checkpoint_that_cannot_be_used_is_refused_at_the_start(checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"'.*nowhere' cannot be loaded"):
        answers(tmp_path / "nowhere", requests())
    bare = tmp_path / "bare"
    shutil.copytree(checkpoint, bare)
    (bare / "chat_template.jinja").unlink()
    with pytest.raises(UsageError, match="has no chat template; for a base model use"):
        answers(bare, requests())


@pytest.fixture(scope="module")
def served(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of `transformers serve`, a server nobody here wrote."""
    for package in ("fastapi", "uvicorn", "openai"):
        pytest.importorskip(package)
    program = Path(sys.executable).with_name("transformers")
    if not program.exists():
        pytest.skip("no program 'transformers' beside this Python")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("serve") / "log"
    words = [str(program), "serve", "--host", "127.0.0.1", "--port", str(port), "--device", "cpu", "--dtype", "float32"]
    offline = {**os.environ, "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    with log.open("wb") as output, subprocess.Popen(words, stdout=output, stderr=output, env=offline) as process:
        end = time.monotonic() + 120
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < end, log.read_text()
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}/v1"
        process.terminate()


@pytest.mark.parametrize("stream", [False, True])
def test_a_real_server_gives_the_librarys_answers(checkpoint: Path, served: str, stream: bool) -> None:
    given = {"base_url": served, "model": str(checkpoint), "stream": stream, "price_input": 0.0, "price_output": 0.0}
    model = plugins.load_model("openai-compatible", given)
    model.limits = CallLimits(concurrency=3, timeout=60.0, retries=1)
    with model:
        found = dict(model.stream(iter(requests())))
    assert [found[f"r{n}"].failure for n in range(len(QUESTIONS))] == [None] * len(QUESTIONS)
    texts = [found[f"r{n}"].text for n in range(len(QUESTIONS))]
    expected = [reference(checkpoint, text, 12) for text in QUESTIONS]
    if stream:  # the server keeps back bytes at the end that make no whole character
        texts, expected = ([text.rstrip("\ufffd") for text in side] for side in (texts, expected))
    assert texts == expected
    assert all(one.usage["output_tokens"] == 12 for one in found.values())
    assert all(one.cost == 0.0 for one in found.values())


def test_a_real_servers_refusal_is_readable(served: str) -> None:
    model = plugins.load_model("openai-compatible", {"base_url": served, "model": "/nowhere/at-all"})
    model.limits = CallLimits(concurrency=1, timeout=60.0, retries=0)
    with model:
        stream = model.stream(iter(requests()[:1]))
        try:
            outcome = str(next(stream)[1].failure)
        except Exception as error:
            outcome = str(error)
    assert "/nowhere/at-all" in outcome or "500" in outcome
