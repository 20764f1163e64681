"""Every family's worker against a stand-in of its package, in another interpreter: what the model's code is given."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evalkit import plugins
from evalkit.core.message import Audio, Image, Message, assistant, system, user
from evalkit.core.response import Response
from evalkit.core.sample import Generation, Request
from evalkit.models.processes.isolated_model import IsolatedModel

# registered name -> folder of stand-ins, whether they need torch
FAMILIES = {
    "kimi-audio": ("kimi", False), "step-audio-2-mini": ("step", False), "mimo-audio": ("mimo", False),
    "cosyvoice2": ("cosyvoice", False), "cosyvoice3": ("cosyvoice", False), "glm-4-voice": ("glm", True),
    "minicpm-o-2-6": ("minicpm", True), "minicpm-o-4-5": ("minicpm", True), "baichuan-audio": ("baichuan", True),
    "covo-audio-chat": ("covo", True), "emova-7b": ("emova", True), "emova-3b": ("emova", True),
    "emova-72b": ("emova", True), "midashenglm-7b": ("midashenglm", True), "fun-audio-chat-8b": ("fun", True),
    "freeze-omni": ("freeze", True), "llama-omni2-7b": ("llama", True), "vita-1-5": ("vita", True),
}  # fmt: skip


@pytest.fixture
def repo(tmp_path: Path, wav: Any) -> Path:
    """A clone with the files that workers look for."""
    folder = tmp_path / "repo"
    for name in ("assets", "asset", "checkpoints", "covoaudio"):
        (folder / name).mkdir(parents=True)
    voice = wav("voice.wav", frames=800).read_bytes()
    (folder / "assets" / "default_female.wav").write_bytes(voice)
    (folder / "asset" / "zero_shot_prompt.wav").write_bytes(voice)
    (folder / "covoaudio" / "model-1.safetensors").write_text("llm.weight")
    (folder / "covoaudio" / "model-2.safetensors").write_text("encoder.weight")
    return folder


@pytest.fixture
def answer(environment: Any, ask: Any, repo: Path) -> Callable[..., Response]:
    """One answer of a family; settings of the generation by name, arguments of the model as `arguments`."""

    def run(name: str, *turns: Message, arguments: dict[str, Any] | None = None, **settings: Any) -> Response:
        folder, torch = FAMILIES[name]
        given = {"timeout": 60.0, "start_timeout": 60.0, **(arguments or {})}
        cls = plugins.model_class(name)
        assert issubclass(cls, IsolatedModel)
        if cls.repository:
            given["repo"] = str(repo)
        if cls.needs_trust:
            given["trust_remote_code"] = True
        request = Request("a", turns, Generation(**settings), run_seed=3)
        response: Response = ask(name, environment(folder, torch=torch), request, **given)["a"]
        return response

    return run


@pytest.fixture
def told(answer: Any) -> Callable[..., dict[str, Any]]:
    """What the stand-in says it got."""

    def run(name: str, *turns: Message, **more: Any) -> dict[str, Any]:
        response = answer(name, *turns, **more)
        assert response.failure is None, response.failure
        found: dict[str, Any] = json.loads(str(response.text))
        return found

    return run


def spoken(response: Response) -> tuple[int, int]:
    """Samples and rate of the speech."""
    from evalkit.media.audio import info

    assert response.failure is None, response.failure
    assert response.audio is not None
    header = info(response.audio)
    assert header.channels == 1
    return round(header.seconds * header.sample_rate), header.sample_rate


def refusal(response: Response) -> str:
    assert response.failure is not None
    assert response.failure.kind == "limit", response.failure
    return response.failure.message


@pytest.fixture
def heard(wav: Any) -> Audio:
    return Audio(str(wav()))


@pytest.fixture
def picture(tmp_path: Path) -> Image:
    pillow = pytest.importorskip("PIL.Image")
    pillow.new("RGB", (8, 6)).save(tmp_path / "a.png")
    return Image(str(tmp_path / "a.png"))


def test_every_worker_model_is_tested_here() -> None:
    registered = {name for name, one in plugins.plugins("model").items() if one.header.get("access") == "worker"}
    assert registered == set(FAMILIES)


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_card_class_and_worker_agree_on_modalities(name: str) -> None:
    from evalkit.models.processes import worker_main

    cls = plugins.model_class(name)
    assert issubclass(cls, IsolatedModel)
    worker = worker_main.load_family(str(cls.worker_file))
    header = plugins.plugin("model", name).header
    for facts in ((worker.TAKES, worker.GIVES), (header["takes"], header["gives"])):
        assert (set(facts[0]), set(facts[1])) == (cls.takes, cls.gives)
    text = plugins.plugin("model", name).text()
    sections = ("## Install", "## Interface", "## What evalkit does", "Memory:", "## Pitfalls")
    assert all(section in text for section in sections)
    commands = text.split("## Install")[1].split("## Run")[0]
    assert "pip install" in commands
    assert cls.repository in text


def test_the_workers_are_of_the_oldest_python_they_may_meet() -> None:
    import ast

    for name in FAMILIES:
        cls = plugins.model_class(name)
        assert issubclass(cls, IsolatedModel)
        source = cls.worker_file.read_text(encoding="utf-8")
        assert "evalkit." not in source.replace("`evalkit.", ""), "evalkit is not there"
        ast.parse(source, feature_version=(3, 9))


def test_kimi_audio(told: Any, answer: Any, heard: Audio) -> None:
    talk = (system("be brief"), user("what?", heard), assistant("this"), user(heard, "and this?"))
    got = told("kimi-audio", *talk, max_new_tokens=7)
    assert got["chats"] == [
        {"role": "user", "message_type": "text", "content": "be brief"},
        {"role": "user", "message_type": "text", "content": "what?"},
        {"role": "user", "message_type": "audio", "content": "wav:1600@16000"},
        {"role": "assistant", "message_type": "text", "content": "this"},
        {"role": "user", "message_type": "audio", "content": "wav:1600@16000"},
        {"role": "user", "message_type": "text", "content": "and this?"},
    ]
    assert got["made"] == {"model_path": "moonshotai/Kimi-Audio-7B-Instruct", "load_detokenizer": True}
    assert (got["output_type"], got["text_temperature"], got["max_new_tokens"]) == ("text", 0.0, 7)
    said = answer("kimi-audio", user(heard), speech=True)
    assert spoken(said) == (2400, 24000)
    got = json.loads(str(said.text))
    assert (got["output_type"], got["audio_temperature"], got["audio_top_k"]) == ("both", 0.8, 10)
    assert "turns" in refusal(answer("kimi-audio", user("a"), user("b")))


def test_step_audio_2(told: Any, answer: Any, heard: Audio, repo: Path) -> None:
    got = told(
        "step-audio-2-mini", system("s"), user("what?", heard), assistant("this"), user("and?"), max_new_tokens=9
    )
    assert got["messages"] == [
        {"role": "system", "content": "s"},
        {"role": "human", "content": [{"type": "text", "text": "what?"}, {"type": "audio", "audio": "wav:1600@16000"}]},
        {"role": "assistant", "content": "this"},
        {"role": "human", "content": [{"type": "text", "text": "and?"}]},
        {"role": "assistant", "content": None},
    ]
    assert got["kwargs"] == {"max_new_tokens": 9, "do_sample": False}
    assert got["folder"] == str(repo), "released code is run in its repository"
    said = answer("step-audio-2-mini", user(heard), speech=True)
    assert spoken(said) == (3000, 24000)
    got = json.loads(str(said.text).replace('"content": ""', '"content": "<tts_start>"'))
    assert got["messages"][-1] == {"role": "assistant", "content": "<tts_start>", "eot": False}
    assert got["kwargs"] == {
        "do_sample": True, "temperature": 0.7, "top_p": 0.9, "repetition_penalty": 1.05, "max_new_tokens": 4096,
    }  # fmt: skip


def test_mimo_audio(told: Any, answer: Any, heard: Audio) -> None:
    understanding = told("mimo-audio", user("what?", heard), max_new_tokens=5)
    assert understanding["got"] == ["wav:1600@16000", "what?", False]
    assert (understanding["task"], understanding["max_new_tokens"]) == ("audio_understanding", 5)
    assert understanding["sampler"]["do_sample"] is False
    dialogue = told("mimo-audio", user(heard), assistant("yes"), user(heard), temperature=0.5, top_p=0.8)
    assert dialogue["got"][0] == [
        {"role": "user", "content": "wav:1600@16000"}, {"role": "assistant", "content": "yes"},
        {"role": "user", "content": "wav:1600@16000"},
    ]  # fmt: skip
    assert dialogue["sampler"] == {"do_sample": True, "temperature": 0.5, "top_k": None, "top_p": 0.8}
    assert told("mimo-audio", user("hello"))["task"] == "text_chat"
    said = answer("mimo-audio", system("be kind"), user(heard), speech=True)
    assert spoken(said) == (4800, 24000)
    got = json.loads(str(said.text))
    assert got["got"] == [[{"role": "user", "content": "wav:1600@16000"}], "be kind", None]
    assert got["sampler"] == {"do_sample": True, "temperature": 0.6, "top_k": None, "top_p": 0.95}, "as released"
    assert got["max_new_tokens"] == 8192
    assert "no method" in refusal(answer("mimo-audio", user(heard), assistant("a"), user("text")))
    drawn = {told("mimo-audio", user("x", heard), arguments={"method": "asr"})["got"]["template"] for _ in range(2)}
    assert len(drawn) == 1, "the random prompt follows the sample's seed"


def test_cosyvoice(answer: Any, heard: Audio, repo: Path) -> None:
    def calls() -> list[dict[str, Any]]:
        lines = (repo / "calls.jsonl").read_text().splitlines()
        (repo / "calls.jsonl").unlink()
        return [json.loads(line) for line in lines]

    assert spoken(answer("cosyvoice2", user(heard, "what is said", "say this"), speech=True)) == (2400, 24000)
    (call,) = calls()
    assert call == {
        "method": "zero_shot", "tts_text": "say this", "prompt_text": "what is said", "prompt_wav": "wav:1600@16000",
        "text_frontend": True,
    }  # fmt: skip
    answer("cosyvoice2", user(heard, "say this"), speech=True)
    assert calls()[0]["method"] == "cross_lingual"
    answer(
        "cosyvoice3",
        user("say this"),
        speech=True,
    )
    (call,) = calls()
    assert (call["prompt_wav"], call["tts_text"]) == ("wav:800@16000", "say this")
    assert call["prompt_text"].startswith("You are a helpful assistant.<|endofprompt|>希望")
    assert "writes nothing" in refusal(answer("cosyvoice2", user("say this")))


def test_glm_4_voice(told: Any, answer: Any, heard: Audio) -> None:
    codes = "<|begin_of_audio|><|audio_0|><|end_of_audio|>"
    got = told("glm-4-voice", user("write it down", heard), max_new_tokens=30)
    assert got["prompt"] == (
        f"<|system|>\nwrite it down respond with only text tokens<|user|>\n{codes}<|assistant|>streaming_transcription\n"
    )
    assert got["ids"] == [5, 6, 7], "codes and what follows the end are left out"
    assert got["settings"] == {"max_new_tokens": 30, "do_sample": False}
    said = answer("glm-4-voice", user(heard), assistant("yes"), user(heard), speech=True)
    assert spoken(said) == (2205, 22050)
    prompt = json.loads(str(said.text))["prompt"]
    assert prompt.startswith("<|system|>\nUser will provide you with a speech instruction.")
    assert "13 text token followed by 26 audio tokens" in prompt
    assert prompt.endswith(
        f"<|user|>\n{codes}<|assistant|>streaming_transcription\nyes<|user|>\n{codes}<|assistant|>streaming_transcription\n"
    )


@pytest.mark.parametrize("name", ["minicpm-o-2-6", "minicpm-o-4-5"])
def test_minicpm_o(told: Any, answer: Any, heard: Audio, picture: Image, wav: Any, name: str) -> None:
    got = told(name, system("s"), user("what?", picture, heard), max_new_tokens=5)
    assert got["msgs"] == [
        {"role": "system", "content": ["s"]}, {"role": "user", "content": ["what?", "Image", "ndarray[1600]"]},
    ]  # fmt: skip
    switch = "sampling" if name.endswith("2-6") else "do_sample"
    wanted = {"max_new_tokens": 5, switch: False, "num_beams": 1, "repetition_penalty": 1.0, "use_tts_template": True}
    assert got["settings"] == wanted | ({"enable_thinking": False} if switch == "do_sample" else {})
    assert told(name, user("hello"))["settings"]["use_tts_template"] is False
    voice = {"voice": str(wav("v.wav", frames=320))}
    said = answer(name, user(heard), speech=True, arguments=voice)
    assert spoken(said) == (2400, 24000)
    got = json.loads(str(said.text))
    assert got["msgs"][0] == {"role": "system", "content": ["audio_assistant en", "ndarray[320]"]}
    assert "voice=" in refusal(answer(name, user(heard), speech=True))


def test_baichuan_audio(told: Any, answer: Any, heard: Audio) -> None:
    got = told("baichuan-audio", system("s"), user("what?", heard), assistant("this"), user("and?"), max_new_tokens=5)
    path = json.dumps({"path": heard.path})
    assert got["prompt"] == f"<B_SYS>s<C_Q>what?<audio_start>{path}<audio_end><C_A>this<C_Q>and?<C_A>"
    assert got["settings"] == {"max_new_tokens": 5, "do_sample": False, "stop_strings": [""]}, (
        "its mark is cut from the digest"
    )
    said = answer("baichuan-audio", user(heard), speech=True)
    assert spoken(said) == (3 * 240, 24000)
    assert str(said.text).startswith("one,two.")
    got = json.loads(str(said.text)[len("one,two.") :])
    assert got["prompt"].endswith("<audio_end><audiotext_start_baichuan><C_A>")
    assert (got["first"]["temperature"], got["later"][0]["temperature"]) == (0.8, 0.3)


def test_covo_audio(told: Any, answer: Any, heard: Audio, repo: Path) -> None:
    got = told("covo-audio-chat", user(heard, "what?"), assistant("this"), user(heard), max_new_tokens=5)
    marks = "<|begofcAUDIO|><|cAUDIO|><|endofcAUDIO|>"
    assert got["prompt"] == (
        f"<|im_start|>system\npersona<|im_end|>\n<|im_start|>user\n{marks}what?<|im_end|>\n<|im_start|>assistant\n"
        f"this<|im_end|>\n<|im_start|>user\n{marks}<|im_end|>\n<|im_start|>assistant\n"
    )
    assert got["waves"] == [1600, 1600]
    assert got["window"] == [1.05, 8]
    assert (got["settings"]["eos_token_id"], got["settings"]["repetition_penalty"]) == (2, 1.05)
    said = answer("covo-audio-chat", user(heard), speech=True)
    assert spoken(said) == (2400, 24000)
    assert json.loads(str(said.text))["settings"]["eos_token_id"] == 1
    assert "system text of its own" in refusal(answer("covo-audio-chat", system("s"), user(heard)))


def test_covo_audio_does_not_start_with_missing_weights(answer: Any, heard: Audio, repo: Path) -> None:
    from evalkit.core.errors import EvalkitError

    (repo / "covoaudio" / "model-2.safetensors").unlink()
    with pytest.raises(EvalkitError, match=r"1 weights are not in its safetensors files: \['encoder.weight'\]"):
        answer("covo-audio-chat", user(heard))


def test_emova(told: Any, answer: Any, heard: Audio, picture: Image) -> None:
    got = told("emova-7b", user(picture, "what?"), assistant("this"), user("and?"), max_new_tokens=5)
    assert [turn["role"] for turn in got["got"]["text"]] == ["system", "user", "assistant", "user"]
    assert got["got"]["text"][1]["content"] == [{"type": "image"}, {"type": "text", "text": "what?"}]
    assert got["got"]["text"][0]["content"][0]["text"] == "You are a helpful assistant."
    assert got["settings"] == {"max_new_tokens": 5, "do_sample": False}
    said = answer("emova-7b", system("s"), user(heard), speech=True)
    assert spoken(said) == (2205, 22050)
    got = json.loads(str(said.text))
    assert got["got"]["audios"] == "wav:1600@16000", "the words in the answer's JSON are its text"
    assert [turn["role"] for turn in got["got"]["text"]] == ["system"]
    assert "beside it" in refusal(answer("emova-7b", user(heard, "write it down")))


def test_midashenglm(told: Any, heard: Audio) -> None:
    got = told("midashenglm-7b", user("what?", heard), max_new_tokens=5, temperature=0.5, top_p=0.9)
    assert got["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "what?"}, {"type": "audio", "path": "wav:1600@16000"}]}
    ]
    assert got["settings"] == {"max_new_tokens": 5, "do_sample": True, "temperature": 0.5, "top_p": 0.9}
    assert got["path"] == "mispeech/midashenglm-7b-1021-bf16"


def test_fun_audio_chat(told: Any, answer: Any, heard: Audio) -> None:
    got = told("fun-audio-chat-8b", system("s"), user("what?", heard), max_new_tokens=5)
    assert got["conversation"] == [
        {"role": "system", "content": "text mode s"}, {"role": "user", "content": "<audio>\nwhat?"},
    ]  # fmt: skip
    assert got["waves"] == [[1600]]
    assert got["settings"] == {"max_new_tokens": 5}
    assert (got["speech"]["text_greedy"], got["speech"]["disable_speech"], got["speech"]["released"]) == (
        True,
        True,
        True,
    )
    said = answer("fun-audio-chat-8b", user(heard), speech=True)
    assert spoken(said) == (480, 24000)
    got = json.loads(str(said.text))
    assert got["conversation"][0] == {"role": "system", "content": "speech mode"}
    assert got["settings"] == {"released_setting": 1, "max_new_tokens": 2048}
    assert got["speech"]["disable_speech"] is False


def test_freeze_omni(answer: Any, wav: Any, heard: Audio) -> None:
    said = answer("freeze-omni", user(Audio(str(wav("b.wav", frames=6000)))), speech=True)
    assert spoken(said) == (200, 24000), "two sentences: the point in 1.5 ends none"
    first, _, rest = str(said.text).partition("|")
    assert rest == "Hello 1.5 metres! Bye"
    got = json.loads(first)
    assert got["heard"] == [1.0, 2.0, 3.0], "6000 samples are three chunks of 2560"
    assert got["role"] == "You are a helpful assistant."
    assert (got["args"]["top_k"], got["args"]["llm_path"]) == (1, "Qwen2-7B-Instruct")
    plain = answer("freeze-omni", system("be brief"), user(heard), max_new_tokens=3)
    assert plain.audio is None
    assert str(plain.text).partition("|")[2] == "Hello 1."
    assert "one audio" in refusal(answer("freeze-omni", user("text")))


def test_llama_omni2(told: Any, answer: Any, heard: Audio) -> None:
    got = told("llama-omni2-7b", user(heard), assistant("yes"), user(heard), max_new_tokens=5)
    assert got["ids"] == [[1, -200, 8, -200, 2]]
    assert (got["speech"], got["lengths"], got["dtype"]) == ("Tensor[2, 3000, 128]", [3000, 3000], "torch.bfloat16")
    assert got["settings"]["do_sample"] is False and got["settings"]["num_beams"] == 1
    said = answer("llama-omni2-7b", user(heard), speech=True, arguments={"language": "zh"})
    assert spoken(said) == (960, 24000)
    assert "one audio" in refusal(answer("llama-omni2-7b", user("text")))


def test_vita(told: Any, answer: Any, heard: Audio, picture: Image) -> None:
    got = told("vita-1-5", user("what?", picture, heard), max_new_tokens=5)
    assert got["prompt"] == "image:[['user', '<image><image><image>\\nwhat?<audio>'], ['bot', None]]"
    assert got["images"] == [3, 3, 448, 448]
    assert got["audios"] == {"audios": [1, 123, 80], "lengths": [123.0], "lengths_for_llm": [31]}
    assert got["settings"]["shared_v_pid_stride"] is None and got["settings"]["max_new_tokens"] == 5
    plain = answer("vita-1-5", user("hello"))
    assert plain.meta is not None and plain.meta["state"] == "☞"
    assert json.loads(str(plain.text))["audios"]["lengths_for_llm"] == [60]
    assert "one user turn" in refusal(answer("vita-1-5", user("a"), assistant("b"), user("c")))
