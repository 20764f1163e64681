"""Recognisers of FunASR on tiny checkpoints laid out as released."""

from __future__ import annotations

import json
import pickle
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evalkit.core.errors import UsageError
from evalkit.core.message import Audio, user
from evalkit.core.response import Response
from evalkit.core.sample import Generation, Request
from evalkit.media.audio import from_samples
from evalkit.models.local.funasr_model import FunasrModel, cut_at_silence, joined
from families.cases import clip
from families.tiny import tone

UNBOUND = Generation(max_new_tokens=None)


def hear(key: str, *audio: Audio, language: str | None = None) -> Request:
    return Request(key, (user(*audio),), UNBOUND, language=language)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    for package in ("torch", "funasr", "kaldi_native_fbank", "sentencepiece"):
        pytest.importorskip(package)
    from families import funasr_checkpoints

    root = tmp_path_factory.mktemp("funasr")
    names = ("paraformer", "sense_voice", "emotion2vec")
    return {name: getattr(funasr_checkpoints, name)(root / name) for name in names}


def adapter(name: str) -> type[FunasrModel]:
    import importlib

    module = importlib.import_module(f"evalkit.model_adapters.{name}")
    made: type[FunasrModel] = getattr(module, {"sense_voice": "SenseVoice"}.get(name, name.capitalize()))
    return made


@pytest.fixture(scope="module")
def recogniser(folders: dict[str, Path]) -> Iterator[Callable[[str], FunasrModel]]:
    made: dict[str, FunasrModel] = {}

    def get(name: str) -> FunasrModel:
        if name not in made:
            made[name] = adapter(name)(path=str(folders[name]), device="cpu")
            made[name].start()
        return made[name]

    yield get
    for model in made.values():
        model.close()


def answers(model: FunasrModel, asked: list[Request], rows: int | None = None) -> dict[str, Response]:
    kept, model.batch_size = model.batch_size, rows
    try:
        found = dict(model.stream(iter(asked)))
    finally:
        model.batch_size = kept
    assert model.throughput.spoiled == 0
    return found


def texts(found: dict[str, Response]) -> dict[str, str | None]:
    assert not any(response.failure for response in found.values()), found
    return {key: response.text for key, response in found.items()}


NAMES = ("paraformer", "sense_voice", "emotion2vec")
CLIPS = [(1.0, 200), (3.0, 400), (2.0, 90), (0.4, 700), (5.5, 120), (2.0, 300), (1.0, 350)]


@pytest.mark.parametrize("name", NAMES)
def test_a_batch_hears_as_single_clips_do(name: str, recogniser: Callable[[str], FunasrModel]) -> None:
    model = recogniser(name)
    asked = [hear(str(number), clip(*shape)) for number, shape in enumerate(CLIPS)]
    alone, together = answers(model, asked, rows=1), answers(model, asked)
    assert texts(alone) == texts(together) == texts(answers(model, random.Random(1).sample(asked, len(asked))))
    assert {key: response.meta for key, response in alone.items()} == {k: r.meta for k, r in together.items()}
    assert len({(response.text, str(response.meta)) for response in alone.values()}) == len(CLIPS)
    sizes = {"paraformer": 5, "sense_voice": 1, "emotion2vec": 1}
    answers(model, asked)
    assert model.throughput.batches == sizes[name], "Paraformer: one batch for each length"


def test_padding_changes_what_paraformer_hears(folders: dict[str, Path]) -> None:
    """Why clips of different length share no batch: with funasr's own batches, answers change."""
    from families import funasr_checkpoints

    random_lengths = np.random.default_rng(0)
    changed = 0
    for seed in range(2):
        folder = folders["paraformer"].parent / f"seed{seed}"
        model = adapter("paraformer")(path=str(funasr_checkpoints.paraformer(folder, seed)), device="cpu")
        shapes = zip(random_lengths.uniform(0.3, 6, 12), random_lengths.uniform(80, 900, 12), strict=True)
        asked = [hear(str(number), from_samples(tone(*shape), 16000)) for number, shape in enumerate(shapes)]
        with model:
            alone = texts(answers(model, asked))
            assert texts(answers(model, asked, rows=1)) == alone
            model.equal_lengths = False
            together = texts(answers(model, asked))
        changed += sum(alone[key] != together[key] for key in alone)
    assert changed > 0


@pytest.mark.parametrize("name", NAMES)
def test_short_empty_and_several_clips(name: str, recogniser: Callable[[str], FunasrModel]) -> None:
    model = recogniser(name)
    asked = [
        hear("one", from_samples(np.full(1, 0.5, dtype=np.float32), 16000)),
        hear("still", from_samples(np.zeros(16000, dtype=np.float32), 16000)),
        hear("none", Audio(opener=lambda: b"", name="none.wav")),
        hear("nothing", from_samples(np.zeros(0, dtype=np.float32), 16000, "nothing.wav")),
        hear("two", clip(1.0, 100), clip(1.0, 200)),
        hear("good", clip(1.0, 200)),
        hear("fast", from_samples(tone(1.0, 200, rate=44100), 44100)),
    ]
    found = answers(model, asked)
    failures = {key: response.failure for key, response in found.items() if response.failure is not None}
    assert {key: failure.kind for key, failure in failures.items()} == dict.fromkeys(
        ("none", "nothing", "two"), "input"
    )
    assert "one audio" in failures["two"].message
    assert all(found[key].text is not None for key in ("one", "still", "good", "fast"))
    assert (found["fast"].usage or {})["audio_seconds"] == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("name", NAMES)
def test_reload_gives_the_same(name: str, recogniser: Callable[[str], FunasrModel], folders: dict[str, Path]) -> None:
    asked = [hear(str(number), clip(*shape)) for number, shape in enumerate(CLIPS[:3])]
    again = adapter(name)(path=str(folders[name]), device="cpu")
    assert again.identity() == recogniser(name).identity()
    assert again.versions()["funasr"]
    with again:
        assert texts(answers(again, asked)) == texts(answers(recogniser(name), asked))


@pytest.mark.parametrize("name", ["paraformer", "sense_voice"])
def test_long_clips_are_heard_in_pieces(name: str, recogniser: Callable[[str], FunasrModel]) -> None:
    model = recogniser(name)
    pause = np.zeros(16000, dtype=np.float32)
    parts = [tone(27.0, 150), tone(20.0, 300), tone(6.0, 500)]
    whole = np.concatenate([parts[0], pause, parts[1], pause, parts[2]])
    asked = [hear("whole", from_samples(whole, 16000)), *(hear(str(n), clip(*CLIPS[n])) for n in range(3))]
    alone = texts(answers(model, asked, rows=1))
    assert texts(answers(model, asked)) == alone
    pieces = model.prepare(asked[0]).work.pieces
    assert [round(len(piece) / 16000) for piece in pieces] == [28, 27]
    single = [texts(answers(model, [hear("x", from_samples(piece, 16000))]))["x"] or "" for piece in pieces]
    assert alone["whole"] == joined(single)


def test_clips_are_cut_where_they_are_quiet() -> None:
    rate = 1000
    wave = np.ones(95 * rate, dtype=np.float32)
    for second in (7, 27, 28, 54, 70):
        wave[second * rate : second * rate + 100] = 0.0
    pieces = cut_at_silence(wave, rate, 30.0)
    assert np.array_equal(np.concatenate(pieces), wave)
    cuts = np.cumsum([len(piece) for piece in pieces])[:-1] / rate
    assert [int(cut) for cut in cuts] == [28, 54, 84]
    assert all(len(piece) <= 30 * rate for piece in pieces)
    assert all(wave[round(cut * rate)] == 0.0 for cut in cuts[:2]), "inside the quiet places"
    assert [len(piece) for piece in cut_at_silence(wave, rate, 0.0)] == [len(wave)]
    assert [len(piece) for piece in cut_at_silence(wave[: 30 * rate], rate, 30.0)] == [30 * rate]


def test_pieces_are_joined_as_their_script_is_written() -> None:
    assert joined(["今天", "天气", "very good", " day ", "", "吧"]) == "今天天气 very good day 吧"
    assert joined(["", " "]) == ""


def test_sense_voice_gives_texts_without_tags(recogniser: Callable[[str], FunasrModel]) -> None:
    model = recogniser("sense_voice")
    raw = [{"text": "<|zh|><|HAPPY|><|Speech|><|woitn|>今天 天气"}, {"text": "<|en|><|Speech|>and more"}]
    made = model.response(raw)
    assert made.text == "今天 天气 and more"
    assert made.meta == {"tags": ["zh", "HAPPY", "Speech", "woitn", "en", "Speech"]}
    assert model.response([{"text": ""}]).text == ""
    for response in answers(model, [hear(str(n), clip(*shape)) for n, shape in enumerate(CLIPS)]).values():
        assert "<|" not in (response.text or "")


def test_sense_voice_is_told_the_language_of_each_clip(
    recogniser: Callable[[str], FunasrModel], folders: dict[str, Path]
) -> None:
    model = recogniser("sense_voice")
    clips = [clip(*shape) for shape in CLIPS]
    languages = ["zh", "en", None, "de", "en", "yue", "zh"]
    mixed = [hear(str(n), one, language=code) for n, (one, code) in enumerate(zip(clips, languages, strict=True))]
    found = texts(answers(model, mixed))
    assert model.throughput.batches == 4, "zh, en, yue, and what it has to detect"
    for code in ("zh", "en", "yue"):
        with adapter("sense_voice")(path=str(folders["sense_voice"]), device="cpu", language=code) as fixed:
            told = texts(answers(fixed, [hear(str(n), one) for n, one in enumerate(clips)]))
        assert all(found[str(n)] == told[str(n)] for n, given in enumerate(languages) if given == code)
    assert (
        texts(answers(model, [hear("x", clips[4], language="en")]))["x"]
        != texts(answers(model, [hear("x", clips[4], language="zh")]))["x"]
    ), "the language matters"
    with pytest.raises(UsageError, match="yue"):
        adapter("sense_voice")(path=str(folders["sense_voice"]), language="de")


def test_emotions_come_with_probabilities(recogniser: Callable[[str], FunasrModel]) -> None:
    model = recogniser("emotion2vec")
    found = answers(model, [hear(str(number), clip(*shape)) for number, shape in enumerate(CLIPS)])
    labels = {"angry", "disgusted", "fearful", "happy", "neutral", "other", "sad", "surprised", "unknown"}
    for response in found.values():
        shares = (response.meta or {})["probabilities"]
        assert set(shares) == labels
        assert sum(shares.values()) == pytest.approx(1.0, abs=1e-4)
        assert response.text == max(shares, key=shares.__getitem__)


def test_checkpoints_that_are_not_there(tmp_path: Path) -> None:
    make = adapter("paraformer")
    with pytest.raises(UsageError, match="modelscope download --model iic/none"):
        make(path="iic/none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=r"no config\.yaml"):
        make(path=str(tmp_path / "empty"))
    (tmp_path / "empty" / "config.yaml").write_text("model: Paraformer\n")
    with pytest.raises(UsageError, match=r"no model\.safetensors or model\.pt"):
        make(path=str(tmp_path / "empty"))
    (tmp_path / "empty" / "model.pt").write_bytes(b"")
    (tmp_path / "empty" / "config.yaml").write_text("model: Emotion2vec\n")
    with pytest.raises(UsageError, match="holds Emotion2vec; expected Paraformer"):
        make(path=str(tmp_path / "empty"))
    (tmp_path / "empty" / "config.yaml").write_text("model: [")
    with pytest.raises(UsageError, match="not YAML"):
        make(path=str(tmp_path / "empty"))


def test_ids_are_found_in_the_cache_of_modelscope(
    folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODELSCOPE_CACHE", str(tmp_path))
    shutil.copytree(folders["emotion2vec"], tmp_path / "models" / "iic" / "emotion2vec_plus_large")
    import importlib

    released = importlib.import_module("evalkit.model_adapters.emotion2vec").Emotion2vecPlusLarge(device="cpu")
    assert released.identity()["checkpoint"] == "iic/emotion2vec_plus_large"


class Harmful:
    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path("touched"),))


def test_pickles_that_could_run_code_are_refused(
    folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    import torch

    folder = tmp_path / "harmful"
    shutil.copytree(folders["emotion2vec"], folder)
    for save in (
        lambda: torch.save({"state_dict": Harmful()}, folder / "model.pt"),
        lambda: (folder / "model.pt").write_bytes(pickle.dumps(Harmful())),
    ):
        save()
        with pytest.raises(UsageError, match="could run code"):
            adapter("emotion2vec")(path=str(folder), device="cpu").start()
        assert not Path("touched").exists()
    (folder / "model.pt").write_bytes(b"not a checkpoint")
    with pytest.raises(UsageError, match="damaged"):
        adapter("emotion2vec")(path=str(folder), device="cpu").start()


def test_a_configuration_that_could_run_code_is_refused(folders: dict[str, Path], tmp_path: Path) -> None:
    folder = tmp_path / "harmful"
    shutil.copytree(folders["emotion2vec"], folder)
    text = (folder / "config.yaml").read_text()
    assert "[(16, 10, 5)]" in text
    (folder / "config.yaml").write_text(text.replace("[(16, 10, 5)]", "[(16, 10, 5)] + __import__(os)"))
    with pytest.raises(UsageError, match="not a plain list of layers"):
        adapter("emotion2vec")(path=str(folder))


def test_weights_in_safetensors_and_wrapped_ones_are_read(
    folders: dict[str, Path], recogniser: Callable[[str], FunasrModel], tmp_path: Path
) -> None:
    import torch
    from safetensors.torch import save_file

    asked = [hear("x", clip(2.0, 200))]
    expected = answers(recogniser("emotion2vec"), asked)["x"].meta
    state = torch.load(folders["emotion2vec"] / "model.pt", weights_only=True)
    for number, write in enumerate(
        (
            lambda folder: save_file(state, folder / "model.safetensors"),
            lambda folder: torch.save({"model": {f"module.{k}": v for k, v in state.items()}}, folder / "model.pt"),
        )
    ):
        folder = tmp_path / str(number)
        shutil.copytree(folders["emotion2vec"], folder)
        (folder / "model.pt").unlink()
        write(folder)
        with adapter("emotion2vec")(path=str(folder), device="cpu") as model:
            assert answers(model, asked)["x"].meta == expected


def test_weights_that_are_missing_or_misshapen_are_refused(folders: dict[str, Path], tmp_path: Path) -> None:
    """FunASR's own loader would leave them random."""
    import torch

    folder = tmp_path / "torn"
    shutil.copytree(folders["emotion2vec"], folder)
    state = torch.load(folder / "model.pt", weights_only=True)
    for broken in ({k: v for k, v in state.items() if k != "proj.bias"}, {**state, "proj.bias": torch.zeros(3)}):
        torch.save(broken, folder / "model.pt")
        with pytest.raises(UsageError, match=r"1 of \d+ weights .*proj\.bias"):
            adapter("emotion2vec")(path=str(folder), device="cpu").start()


def test_configuration_json_names_the_files(folders: dict[str, Path], tmp_path: Path) -> None:
    """And where there is none, files of the usual names are found."""
    from evalkit.models.local.funasr_checkpoints import read_config

    folder = tmp_path / "plain"
    shutil.copytree(folders["paraformer"], folder)
    named = read_config(folder)
    assert named["tokenizer_conf"]["token_list"] == str(folder / "tokens.json")
    assert json.loads((folder / "configuration.json").read_text())
    (folder / "configuration.json").unlink()
    assert read_config(folder) == named


def test_spoken_answers_are_heard_by_these_from_the_command_line(
    folders: dict[str, Path], checkpoint: Callable[[str], Path], tmp_path: Path, main: Any, program: Any,
    write_lines: Any, run_of: Any, lines_of: Any,
) -> None:  # fmt: skip
    import soundfile as sf

    lines = []
    for key, language, seconds in (("a", "en", 1.0), ("b", "zh", 2.0), ("c", "en", 31.0)):
        sf.write(tmp_path / f"{key}.wav", tone(seconds, 200, rate=24000), 24000)
        reply = json.dumps({"text": "hm", "audio": str(tmp_path / f"{key}.wav")})
        lines.append({"id": key, "prompt": f"reply {reply}", "reference": "x", "language": language})
    task = write_lines(tmp_path / "talk.jsonl", lines)
    words = ["run", *program.words, "--task", task, "--out", tmp_path / "out", "--json", "--scorer", "error_rate"]
    words += ["--scorer-arg", "heard=true", "--transcriber", "en=whisper,zh=paraformer"]
    for code, folder in (("en", checkpoint("whisper")), ("zh", folders["paraformer"])):
        words += ["--transcriber-arg", f"{code}:path={folder}", "--transcriber-arg", f"{code}:device=cpu"]
    done = main(*words)
    assert done.code == 0, done.err
    assert done.json[0]["counts"]["n_scored"] == 3
    (journal,) = (run_of(tmp_path / "out") / "transcripts").iterdir()
    assert all(line["heard"] for line in lines_of(journal))
    listening = [word for word in words if "transcriber" not in str(word) and ":" not in str(word)]
    listening[listening.index("en=whisper,zh=paraformer") :] = []
    listening += ["--transcriber", "emotion2vec", "--transcriber-arg", f"path={folders['emotion2vec']}"]
    done = main(*listening)
    assert done.code == 0, done.err
    (journal,) = (run_of(tmp_path / "out") / "transcripts").glob("emotion2vec-*")
    assert all(line["heard"] in line["detail"]["probabilities"] for line in lines_of(journal))
    assert len(program.asked()) == 3, "listening anew asks nothing"
