"""From the command to the summary: a tiny checkpoint over a real task; what cannot work is refused in words."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("PIL")

from families.conftest import FAMILIES

Main = Callable[..., Any]
Checkpoint = Callable[[str], Path]


def run(main: Main, family: str, folder: object, *words: object, task: str = "asr_demo") -> Any:
    model = ["--model", family, "--model-arg", f"path={folder}"]
    for key, value in FAMILIES[family].arguments if family in FAMILIES else ():
        model += ["--model-arg", f"{key}={str(value).lower()}"]
    return main("run", *model, "--task", task, "--limit", 4, "--out", "out", *words)


def test_a_task_is_run_in_batches(hearing: str, main: Main, checkpoint: Checkpoint) -> None:
    words = ["--max-new-tokens", 16]
    done = run(main, hearing, checkpoint(hearing), "--json", *words)
    assert done.code == 0, done.err
    summaries = json.loads(done.out)
    summary = summaries[0] if isinstance(summaries, list) else summaries
    assert (summary["counts"]["n_total"], summary["counts"]["n_model_failed"]) == (4, 0)
    assert summary["usage"]["audio_seconds"] > 4
    assert summary["model_arguments"]["checkpoint"] == hearing
    again = run(main, hearing, checkpoint(hearing), *words)
    assert again.code == 0
    runs = list(Path("out").glob("*/*/*/samples.jsonl"))
    assert len(runs) == 1, "the same command goes on in the same directory"
    assert len(runs[0].read_text().splitlines()) == 4, "nothing was asked twice"


def test_a_model_without_ears_is_refused_before_loading(main: Main, checkpoint: Checkpoint) -> None:
    done = run(main, "internvl", checkpoint("internvl"))
    assert done.code == 2
    assert "no audio input" in done.err


def test_a_checkpoint_that_is_not_there(main: Main) -> None:
    done = run(main, "qwen2-audio", "nowhere")
    assert done.code == 2
    assert "no such directory" in done.err
    done = run(main, "qwen2-audio", "somebody/something")
    assert done.code == 2
    assert "hf download somebody/something" in done.err
    done = main("run", "--model", "qwen2-audio", "--task", "asr_demo")
    assert done.code == 2
    assert "path=DIRECTORY" in done.err


def test_a_checkpoint_of_another_family(main: Main, checkpoint: Checkpoint) -> None:
    done = run(main, "qwen2-audio", checkpoint("whisper"))
    assert done.code == 2
    assert "holds WhisperForConditionalGeneration; expected Qwen2AudioForConditionalGeneration" in done.err


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("dtype=int4", "expected one of auto, float32, bfloat16, float16"),
        ("attn=fast", "expected one of auto, eager, sdpa, flash_attention_2"),
        ("batch_size=0", "expected auto or at least 1"),
        ("token_budget=-1", "token_budget >= 0"),
        ("device=cuda:77", "torch sees"),
        ("device=abacus", "expected auto, cpu or cuda:N"),
        ("speed=9", "unknown argument of model qwen2-audio"),
    ],
)
def test_arguments_that_cannot_be(main: Main, checkpoint: Checkpoint, argument: str, message: str) -> None:
    done = run(main, "qwen2-audio", checkpoint("qwen2-audio"), "--model-arg", argument)
    assert done.code == 2
    assert message in done.err


def copied(source: Path, target: Path, *without: str) -> Path:
    import shutil

    shutil.copytree(source, target, ignore=shutil.ignore_patterns(*without))
    return target


def test_pickled_weights_are_refused(main: Main, checkpoint: Checkpoint, tmp_path: Path) -> None:
    folder = copied(checkpoint("whisper"), tmp_path / "pickled", "*.safetensors")
    assert "holds no weights" in run(main, "whisper", folder).err
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04")
    done = run(main, "whisper", folder)
    assert done.code == 2
    assert "pytorch_model.bin" in done.err
    assert "safetensors" in done.err


def test_damaged_checkpoints_are_named(main: Main, checkpoint: Checkpoint, tmp_path: Path) -> None:
    folder = copied(checkpoint("whisper"), tmp_path / "torn")
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert "2 weight files of its index are missing" in run(main, "whisper", folder).err
    (folder / "model.safetensors.index.json").unlink()
    (folder / "config.json").write_text("{")
    assert "not JSON" in run(main, "whisper", folder).err
    (folder / "config.json").unlink()
    assert "no config.json" in run(main, "whisper", folder).err


def test_weights_that_lack_a_part_are_refused(main: Main, checkpoint: Checkpoint, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = copied(checkpoint("qwen2-audio"), tmp_path / "part")
    weights = load_file(folder / "model.safetensors")
    name = next(key for key in weights if "layers.1" in key)
    weights.pop(name)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    done = run(main, "qwen2-audio", folder)
    assert done.code == 2
    assert "1 weights" in done.err
    assert "would be random" in done.err


@pytest.mark.parametrize("name", ["qwen2-audio", "interactive-omni"])
def test_weights_that_cannot_be_read_are_told_in_words(
    main: Main, checkpoint: Checkpoint, released_folder: Path, tmp_path: Path, name: str
) -> None:
    source = checkpoint(name) if name in FAMILIES else released_folder
    trust = ["--trust-remote-code"] if name == "interactive-omni" else []
    folder = copied(source, tmp_path / "torn")
    whole = (folder / "model.safetensors").read_bytes()
    for damaged in (whole[:1000], whole[: len(whole) // 2], b""):
        (folder / "model.safetensors").write_bytes(damaged)
        done = run(main, name, folder, *trust)
        assert (done.code, "Traceback" in done.err) == (2, False), done.err
        assert "a weight file is damaged" in done.err
    (folder / "model.safetensors").write_bytes(whole)
    config = json.loads((folder / "config.json").read_text())
    part = config["text_config" if "text_config" in config else "llm_config"]
    part["intermediate_size"] += 8
    (folder / "config.json").write_text(json.dumps(config))
    done = run(main, name, folder, *trust)
    assert done.code == 2
    assert "other shapes than config.json says" in done.err


def test_other_weights_are_another_run(checkpoint: Checkpoint, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    from families.conftest import FAMILIES

    folder = copied(checkpoint("qwen2-audio"), tmp_path / "qwen2-audio")
    family = FAMILIES["qwen2-audio"]
    assert family.load(folder).identity() == family.load(checkpoint("qwen2-audio")).identity()
    weights = load_file(folder / "model.safetensors")
    key = next(iter(weights))
    save_file({**weights, key: weights[key] + 1}, folder / "model.safetensors", metadata={"format": "pt"})
    assert family.load(folder).identity() != family.load(checkpoint("qwen2-audio")).identity()


def test_a_whisper_checkpoint_hears_spoken_answers(main: Main, checkpoint: Checkpoint, tmp_path: Path) -> None:
    """The recogniser, asked as a transcriber is: no bound on new tokens, audio only."""
    from evalkit.core.message import user
    from evalkit.core.sample import Generation, Request
    from families.cases import clip
    from families.conftest import FAMILIES

    with FAMILIES["whisper"].load(checkpoint("whisper"), language="en") as model:
        asked = [Request(str(n), (user(clip(1.0 + n, 200)),), Generation(max_new_tokens=None)) for n in range(3)]
        found = dict(model.stream(iter(asked)))
    assert all(response.failure is None and response.text for response in found.values())
