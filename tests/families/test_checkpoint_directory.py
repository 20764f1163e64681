"""`--model DIRECTORY`: every family on samples with media, by its directory alone; what cannot be run is told early."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evalkit.core.installation import install_command
from evalkit.core.model import constructor_parameters
from families.conftest import FAMILIES

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("PIL")

Main = Callable[..., Any]
Checkpoint = Callable[[str], Path]
WORDS = ("--device", "cpu", "--dtype", "float32", "--max-new-tokens", 8, "--json")


@pytest.fixture(scope="session")
def quiz(tmp_path_factory: pytest.TempPathFactory) -> Callable[[frozenset[str]], Path]:
    """A task of one's own with the media a family takes, alone and together, in one turn and over several."""
    import PIL.Image
    import soundfile

    from families.tiny import tone

    folder = tmp_path_factory.mktemp("quiz")
    for number in range(3):
        soundfile.write(folder / f"{number}.wav", tone(0.5 + number, 100.0 * (number + 1)), 16000)
        PIL.Image.new("RGB", (56 + 28 * number, 84), (40 * number, 200, 90)).save(folder / f"{number}.png")

    def make(takes: frozenset[str]) -> Path:
        kinds = [kind for kind in ("audio", "image") if kind in takes]
        name = {"audio": "wav", "image": "png"}

        def turn(number: int, chosen: list[str], text: str) -> dict[str, Any]:
            media = [{"type": kind, "path": f"{number}.{name[kind]}"} for kind in chosen]
            return {"role": "user", "content": [*media, {"type": "text", "text": text}]}

        lines = [{"id": "all", "messages": [turn(0, kinds, "what is it ?")], "reference": "x"}]
        lines += [
            {"id": f"{kind}-{number}", "messages": [turn(number, [kind], "describe")], "reference": "x"}
            for kind in kinds
            for number in range(3)
        ]
        path = folder / f"{'-'.join(kinds)}.jsonl"
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return path

    return make


def test_every_family_is_run_by_its_directory(
    family: str, main: Main, checkpoint: Checkpoint, quiz: Callable[[frozenset[str]], Path]
) -> None:
    cls = FAMILIES[family].model_class
    takes = cls.takes
    deaf_to_text = ["--model-arg", "ignore_text=true"] if "ignore_text" in constructor_parameters(cls) else []
    words = ["--task", quiz(takes), *deaf_to_text, "--out", "out", *WORDS]
    done = main("run", "--model", checkpoint(family), *words)
    assert done.code == 0, done.err
    summary = json.loads(done.out)[0]
    kinds = len(takes & {"audio", "image"})
    assert (summary["counts"]["n_total"], summary["counts"]["n_model_failed"]) == (1 + 3 * kinds, 0)
    assert summary["model"] == checkpoint(family).name, "filed under the directory's name"
    if "audio" in takes:
        assert summary["usage"]["audio_seconds"] >= 4.5
    record = json.loads(next(Path("out").glob("*/*/*/run.json")).read_text())
    assert record["identity"]["model"] == FAMILIES[family].model_class.name
    assert record["stretches"][0]["settings"]["device"] == "cpu"
    assert record["identity"]["model_arguments"]["dtype"] == "float32"


def test_dialogues_with_pictures_of_the_twin(main: Main, checkpoint: Checkpoint, tmp_path: Path) -> None:
    from evalkit.data.procedural import seal
    from evalkit.tasks.mmmb_twin.build import build

    copy = tmp_path / "data" / "mmmb_twin"
    build(copy, workers=1, first=4)
    seal(copy)
    words = ["--task", "mmmb_twin", "--data", copy.parent, "--out", "out"]
    done = main("run", "--model", checkpoint("qwen2.5-omni"), *words, *WORDS)
    assert done.code == 0, done.err
    counts = json.loads(done.out)[0]["counts"]
    assert (counts["n_total"], counts["n_model_failed"]) == (4, 0)


def test_the_real_command_in_a_process_of_its_own(
    evalkit: Callable[..., Any], main: Main, checkpoint: Checkpoint, quiz: Callable[[frozenset[str]], Path]
) -> None:
    words = ["run", "--model", checkpoint("qwen2-audio"), "--task", quiz(frozenset({"audio"})), "--out", "out"]
    shared = evalkit(*words, *WORDS, "--devices", 2, "--batch-size", 2, "--name", "two")
    assert shared.code == 0, shared.err
    alone = main(*words, *WORDS)
    assert alone.code == 0, alone.err
    (one,), (two,) = alone.json, shared.json
    assert (two["model"], two["run"], two["results"], two["usage"]) == (
        "two", one["run"], one["results"], one["usage"]
    )  # fmt: skip


def edited(checkpoint: Path, target: Path, **config: Any) -> Path:
    """A copy of a checkpoint whose config.json says something else."""
    shutil.copytree(checkpoint, target)
    path = target / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **config}))
    return target


LISTED = "Qwen2AudioForConditionalGeneration (qwen2-audio)"


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"architectures": ["Qwen2AudioForSomething"]}, "The nearest known is Qwen2AudioForConditionalGeneration"),
        ({"architectures": ["ZebraModel"]}, LISTED),
        ({"architectures": ["OwnForCausalLM"], "auto_map": {"AutoModel": "own.Own"}}, "brings code of its own"),
        ({"architectures": None}, "names no architecture"),
    ],
)
def test_architectures_nobody_takes(
    main: Main, checkpoint: Checkpoint, tmp_path: Path, config: dict[str, Any], message: str
) -> None:
    folder = edited(checkpoint("qwen2-audio"), tmp_path / "other", **config)
    done = main("run", "--model", folder, "--task", "asr_demo", "--out", "out")
    assert done.code == 2
    assert message in done.err


def test_what_is_wrong_with_a_directory_is_told_without_torch(checkpoint: Checkpoint, tmp_path: Path) -> None:
    """In one process, which must not have imported torch or transformers at its end."""
    source = checkpoint("whisper")
    broken = {
        "no-config": ("config.json", "has no config.json"),
        "no-weights": ("*.safetensors", "holds no weights"),
        "no-tokenizer": ("tok*", "has no tokenizer"),
    }
    folders = {"nowhere/at-all": "no such directory", "./nowhere": "no such directory"}
    for name, (without, message) in broken.items():
        ignored = shutil.ignore_patterns(without, *(["vocab*", "merges*"] if without == "tok*" else []))
        folders[str(shutil.copytree(source, tmp_path / name, ignore=ignored))] = message
    pickled = shutil.copytree(source, tmp_path / "pickled", ignore=shutil.ignore_patterns("*.safetensors"))
    (pickled / "pytorch_model.bin").write_bytes(b"\x80\x04")
    folders[str(pickled)] = "are pickled"
    program = (
        "import sys, io, json, contextlib\n"
        "from evalkit.cli.main import main\n"
        "said = {}\n"
        "for folder in json.loads(sys.argv[1]):\n"
        "    with contextlib.redirect_stderr(io.StringIO()) as err:\n"
        "        code = main(['run', '--model', folder, '--task', 'asr_demo', '--out', 'out'])\n"
        "    said[folder] = [code, err.getvalue()]\n"
        "print(json.dumps([said, sorted({'torch', 'transformers'} & sys.modules.keys())]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, json.dumps(list(folders))], capture_output=True, cwd=tmp_path, check=True
    )
    said, heavy = json.loads(done.stdout)
    assert heavy == []
    for folder, message in folders.items():
        code, text = said[folder]
        assert (code, message in text) == (2, True), (folder, text)


def test_a_registered_name_comes_before_a_directory(main: Main, checkpoint: Checkpoint) -> None:
    Path("constant").mkdir()
    done = main("run", "--model", "constant", "--task", "asr_demo", "--limit", 2, "--out", "out")
    assert done.code == 0, done.err
    unknown = main("run", "--model", "qwen-audio", "--task", "asr_demo", "--out", "out")
    assert (unknown.code, "Did you mean qwen2-audio" in unknown.err) == (2, True)


def test_a_directory_is_given_once(main: Main, checkpoint: Checkpoint) -> None:
    folder = checkpoint("whisper")
    done = main("run", "--model", folder, "--model-arg", f"path={folder}", "--task", "asr_demo", "--out", "out")
    assert (done.code, "leave --model-arg path=... out" in done.err) == (2, True)


@pytest.fixture(scope="session")
def causal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A language model that reads text only."""
    import transformers as tf

    from families.tiny import DENSE, ROPE, VOCABULARY, lively, qwen_tokenizer, template

    folder = tmp_path_factory.mktemp("causal") / "tiny-lm"
    config = tf.Qwen2Config(vocab_size=VOCABULARY, rope_parameters=ROPE, tie_word_embeddings=False, **DENSE)
    lively(tf.Qwen2ForCausalLM(config).float()).save_pretrained(folder)
    tokenizer = qwen_tokenizer([])
    tokenizer.chat_template = template()
    tokenizer.save_pretrained(folder)
    return folder


def test_a_text_model_is_refused_where_it_would_have_to_hear(main: Main, causal: Path, tmp_path: Path) -> None:
    done = main("run", "--model", causal, "--task", "asr_demo", "--out", "out")
    assert done.code == 2
    assert "model 'transformers-text' has no audio input, which task 'asr_demo' needs. Tasks it can do: " in done.err
    task = tmp_path / "own.jsonl"
    task.write_text(json.dumps({"id": "a", "prompt": "yes or no ?", "reference": "x"}) + "\n")
    done = main("run", "--model", causal, "--task", task, "--max-new-tokens", 4, "--out", "out", "--json")
    assert done.code == 0, done.err
    assert json.loads(done.out)[0]["model"] == "tiny-lm"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--model", "constant", "--dtype", "float32"], "model 'constant' has no use for --dtype; leave it out"),
        (["--model", "constant", "--devices", "2"], "has no use for --devices"),
        (["--model", "constant", "--batch-size", "4"], "has no use for --batch-size"),
        (["--model", "transformers-text", "--model-arg", "model=x", "--attn", "sdpa"], "has no use for --attn"),
        (["--model", "qwen2-audio", "--trust-remote-code"], "runs no code of its checkpoint"),
        (["--model", "qwen2-audio", "--base-url", "http://localhost/v1"], "has no use for --base-url"),
        (["--model", "qwen2-audio", "--batch-size", "0"], "expected auto or a number from 1"),
        (["--model", "qwen2-audio", "--devices", "0"], "expected at least 1"),
        (["--model", "qwen2-audio", "--devices", "2", "--device", "cuda:1"], "a device of its own"),
        (["--model", "qwen2-audio", "--dtype", "float32", "--model-arg", "dtype=auto"], "the same thing twice"),
        (["--model", "qwen2-audio", "--model-arg", "path=x", "--dtype", "int4"], "expected one of auto, float32"),
    ],
)
def test_flags_a_model_has_no_use_for(main: Main, words: list[str], message: str) -> None:
    done = main("run", *words, "--task", "asr_demo", "--out", "out")
    assert done.code == 2
    assert message in done.err, done.err


def test_what_decides_answers_is_another_run_and_what_does_not_is_not(main: Main, checkpoint: Checkpoint) -> None:
    words = ["run", "--model", checkpoint("whisper"), "--task", "asr_demo", "--limit", 2, "--out", "out"]
    words += ["--max-new-tokens", 4, "--device", "cpu"]
    for further in (["--dtype", "float32"], ["--dtype", "float32", "--batch-size", 1]):
        assert main(*words, *further).code == 0
    assert len(list(Path("out").glob("*/*/*/run.json"))) == 1
    assert main(*words, "--dtype", "bfloat16").code == 0
    assert main(*words, "--dtype", "float32", "--attn", "eager").code == 0
    assert len(list(Path("out").glob("*/*/*/run.json"))) == 3


def test_a_request_longer_than_the_context_is_counted_with_its_lengths(
    main: Main, checkpoint: Checkpoint, tmp_path: Path
) -> None:
    task = tmp_path / "long.jsonl"
    prompts = {"long": "yes " * 5000, "fits": "yes ?"}
    task.write_text("".join(json.dumps({"id": k, "prompt": v, "reference": "x"}) + "\n" for k, v in prompts.items()))
    done = main("run", "--model", checkpoint("qwen2.5-vl"), "--task", task, "--out", "out", *WORDS)
    assert done.code == 1, done.err
    counts = json.loads(done.out)[0]["counts"]
    assert (counts["n_total"], counts["n_scored"], counts["n_model_failed"]) == (2, 1, 1)
    assert "tokens and the answer may have 8; the model's context is 4096" in done.err


def test_a_processor_that_lacks_a_package_names_the_command(checkpoint: Checkpoint, tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "sys.modules['PIL'] = None\n"  # as if Pillow were not installed
        "from evalkit.cli.main import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    words = ["run", "--model", checkpoint("internvl"), "--task", "mmmb_twin", "--limit", "2", "--out", "out"]
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, words)], capture_output=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 2, done.stderr.decode()
    assert f"needs the package 'pillow'. Install it with: {install_command('local')}".encode() in done.stderr


def test_a_processor_that_lacks_its_files_is_told(main: Main, checkpoint: Checkpoint, tmp_path: Path) -> None:
    folder = tmp_path / "torn"
    shutil.copytree(checkpoint("whisper"), folder, ignore=shutil.ignore_patterns("*processor_config.json"))
    done = main("run", "--model", folder, "--task", "asr_demo", "--limit", 2, "--out", "out")
    assert (done.code, "WhisperProcessor cannot be loaded" in done.err) == (2, True), done.err


@pytest.mark.parametrize(
    ("said", "package", "extra"),
    [
        ("MistralCommonBackend requires the mistral-common library", "mistral-common[audio]", "voxtral"),
        ("No module named 'mistral_common'", "mistral-common[audio]", "voxtral"),
        ("XProcessor requires the PIL library but it was not found", "pillow", "local"),
        ("No module named 'torchvision'", "torchvision", "video"),
    ],
)
def test_the_extra_that_is_named_brings_the_missing_package(
    said: str, package: str, extra: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import transformers

    from evalkit.core.errors import MissingExtraError
    from evalkit.models.local.transformers_loading import load_processor

    class Processor:
        @classmethod
        def from_pretrained(cls, *values: Any, **named: Any) -> None:
            raise ImportError(said)

    monkeypatch.setattr(transformers, "VoxtralProcessor", Processor)
    with pytest.raises(MissingExtraError) as told:
        load_processor("VoxtralProcessor", tmp_path)
    assert f"'{package}'. Install it with: {install_command(extra)}" in str(told.value)
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    (line,) = (line for line in text.splitlines() if line.startswith(f"{extra} = ["))
    assert f'"{package}' in line


@pytest.mark.parametrize(
    "error",
    [
        OSError("libc10_cuda.so: cannot open shared object file: No such file or directory"),
        RuntimeError("operator torchvision::nms does not exist"),
    ],
)
def test_a_compiled_package_that_does_not_fit_torch_is_not_blamed_on_the_checkpoint(
    error: Exception, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import transformers

    from evalkit.core.errors import UsageError
    from evalkit.models.local.transformers_loading import load_processor

    class Processor:
        @classmethod
        def from_pretrained(cls, *values: Any, **named: Any) -> None:
            raise error

    monkeypatch.setattr(transformers, "WhisperProcessor", Processor)
    with pytest.raises(UsageError, match="'evalkit doctor' tells which") as told:
        load_processor("WhisperProcessor", tmp_path)
    assert str(error) in str(told.value) and str(tmp_path) not in str(told.value)


def test_a_model_class_that_cannot_be_imported_is_told_in_words(checkpoint: Checkpoint, tmp_path: Path) -> None:
    """As with the torchvision of PyPI beside a torch without CUDA."""
    broken = tmp_path / "site" / "torchvision"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("raise RuntimeError('operator torchvision::nms does not exist')\n")
    words = ["run", "--model", checkpoint("qwen2.5-vl"), "--task", "mmmb_twin", "--limit", "2", "--out", "out"]
    done = subprocess.run(
        [sys.executable, "-m", "evalkit", *map(str, words)], capture_output=True, cwd=tmp_path, check=False,
        env={**os.environ, "PYTHONPATH": str(broken.parent)},
    )  # fmt: skip
    said = done.stderr.decode()
    assert (done.returncode, "Traceback" in said) == (2, False), said
    assert "operator torchvision::nms does not exist" in said and "'evalkit doctor' tells which" in said
