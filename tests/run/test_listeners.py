"""Who hears which language, what happens where nobody does, and what the wave of an answer shows by itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from evalkit import plugins
from evalkit.core.errors import UnknownNameError, UsageError
from evalkit.core.source import Rows, Source
from evalkit.core.task import Task
from evalkit.run.adapter_code import adapter_code
from evalkit.run.listeners import DEFAULT, Listeners, choose, language_of, table

Main = Callable[..., Any]
Write = Callable[..., Path]

MODELS = '''
"""A transcriber that hears its own argument, and one whose card says it hears English."""
from evalkit.core.model import Model, model
from evalkit.core.response import Response


@model("hears", takes=("audio",))
class Hears(Model):
    def __init__(self, word: str = "word", tag: str = "") -> None:
        self.word, self.tag = word, tag

    def versions(self):
        return {"listening": "1.0"}

    def stream(self, requests):
        for request in requests:
            yield request.id, Response(text=f"{self.word} {request.language}", meta={"tag": self.tag} if self.tag else None)


@model("hears-too", takes=("audio",))
class HearsToo(Hears):
    pass
'''


@pytest.fixture(autouse=True)
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    info = tmp_path / "site" / "two_listeners-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: two-listeners\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[evalkit.models]\nhears = two_listeners\nhears-too = two_listeners\n")
    (tmp_path / "site" / "two_listeners.py").write_text(MODELS)
    monkeypatch.syspath_prepend(tmp_path / "site")
    plugins.plugins.cache_clear()
    yield
    plugins.plugins.cache_clear()


class Nothing(Source):
    splits = ("all",)

    def locate(self, data: Path | None, revision: str | None = None) -> Rows:
        raise AssertionError


def task(**given: Any) -> Task:
    return Task(source=Nothing(), sample=lambda row, split: None, scorers=[], name="t", **given)  # type: ignore[arg-type, return-value]


def test_what_the_option_says() -> None:
    assert table("whisper-large-v3") == {"*": "whisper-large-v3"}
    assert table("en=a,zh=b") == {"en": "a", "zh": "b"}
    assert table("en-US=a, cmn_hans_cn=b,*=c") == {"en": "a", "zh": "b", "*": "c"}
    assert table("default") == DEFAULT
    assert (DEFAULT["en"], DEFAULT["zh"]) == ("whisper-large-v3", "paraformer-zh")
    for wrong in ("en=", "=a", "en=a,b"):
        with pytest.raises(UsageError, match="LANGUAGE=MODEL"):
            table(wrong)
    with pytest.raises(UsageError, match="twice"):
        table("en=a,en-GB=b")
    with pytest.raises(UnknownNameError):
        table("klingon=a")


def test_the_language_of_an_answer() -> None:
    assert language_of({"language": "zh-CN"}, "en") == "zh"
    assert language_of({"language": "en", "answer_language": "zh"}, None) == "zh", "answers may be in another one"
    assert language_of(None, "english") == "en"
    assert language_of({}, None) is None
    assert language_of({"language": "klingon"}, None) is None


def test_a_language_may_choose_the_listener_without_being_told_to_it() -> None:
    from evalkit.core.sample import Request

    assert language_of({"language": "zh", "answer_language": "english?"}, None) == "en?"
    two = choose(task(), "en=hears,zh=hears-too")
    assert two.heard_by("en?") is two.heard_by("en")
    assert "'ja'" in str(two.heard_by("ja?"))
    requests = [Request(code, (), language=code) for code in ("en?", "zh", "en")]
    assert {key: response.text for key, response in two.stream(iter(requests))} == {
        "en?": "word None", "zh": "word zh", "en": "word en"
    }  # fmt: skip


def test_the_user_comes_before_the_task_and_the_task_before_nobody() -> None:
    own = task(transcriber={"en": "hears", "zh": "hears-too"})
    assert choose(own, None).by_language.keys() == {"en", "zh"}
    assert choose(own, "hears-too").name == "hears-too"
    assert choose(task(transcriber={"en": "hears", "zh": "none-such"}, language="en"), None).name == "hears"
    with pytest.raises(UsageError, match=r"--transcriber .*en=whisper-large-v3.*pocketsphinx"):
        choose(task(), None)
    with pytest.raises(UnknownNameError):
        choose(task(), "en=hears,zh=none-such")
    with pytest.raises(UsageError, match="its language 'ja'"):
        choose(task(transcriber={"en": "hears"}, language="ja"), None)


def test_a_table_for_many_tasks_may_lack_a_language_and_says_so() -> None:
    found = choose(task(transcriber={"en": "hears", "zh": "paraformer-zh"}), None)
    reason = found.heard_by("zh")
    assert isinstance(reason, str)
    assert "modelscope download" in reason
    assert not isinstance(found.heard_by("en"), str)
    with pytest.raises(UsageError, match="modelscope download"):
        choose(task(transcriber={"en": "hears", "zh": "paraformer-zh"}, language="zh"), None)
    with pytest.raises(UsageError, match="no transcriber can be had"):
        choose(task(), "default")


def test_nobody_stands_in_for_another_language() -> None:
    two = choose(task(), "en=hears,zh=hears-too")
    assert "'ja'" in str(two.heard_by("ja"))
    assert "names no language" in str(two.heard_by(None))
    english = choose(task(), "pocketsphinx")
    assert "pocketsphinx hears en" in str(english.heard_by("zh"))
    assert not isinstance(english.heard_by(None), str)
    assert not isinstance(choose(task(), "en=pocketsphinx,*=hears").heard_by("ja"), str)


def test_arguments_belong_to_all_or_to_one_language() -> None:
    found = choose(task(), "en=hears,zh=hears", {"en:word": "one", "zh-CN:word": "two", "tag": "x"})
    assert [found.by_language[code].arguments["word"] for code in ("en", "zh")] == ["one", "two"]
    assert {one.arguments["tag"] for one in found.by_language.values()} == {"x"}
    shared = choose(task(), "en=hears,zh=hears")
    assert shared.by_language["en"] is shared.by_language["zh"], "one model is loaded once"
    with pytest.raises(UsageError, match="no transcriber for that language"):
        choose(task(), "en=hears", {"zh:word": "two"})
    with pytest.raises(UnknownNameError):
        choose(task(), "hears", {"volume": "11"})


def test_name_arguments_and_version_are_the_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    def facts(*given: Any) -> str:
        return json.dumps(choose(task(), *given).identity(), sort_keys=True)

    plain = facts("hears")
    assert json.loads(plain)["*"] == {
        "model": "hears", "arguments": {"word": "word", "tag": ""}, "versions": {"listening": "1.0"},
        "code": adapter_code(plugins.model_class("hears")),
    }  # fmt: skip
    assert len({plain, facts("hears-too"), facts("hears", {"word": "x"}), facts("en=hears")}) == 4
    monkeypatch.setattr(plugins.model_class("hears"), "versions", lambda self: {"listening": "2.0"})
    assert facts("hears") != plain


def test_a_transcriber_whose_code_changes_is_another(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    found = []
    for word in ("one", "two", "one"):
        file.write_text(OWN.format(word=word))
        found.append(choose(task(), str(file)).identity())
    assert found[0] == found[2] != found[1]


OWN = """
from evalkit.authoring import Model, Response, model


@model("own", takes=("text", "audio"))
class Own(Model):
    def stream(self, requests):
        for request in requests:
            yield request.id, Response(text="{word}")
"""


def says(key: str, audio: Path | None, **meta: Any) -> dict[str, Any]:
    reply = {"text": "hm", **({"audio": str(audio)} if audio else {})}
    return {"id": key, "prompt": "reply " + json.dumps(reply), "reference": "one en", **meta}


@pytest.fixture
def speech(tmp_path: Path) -> dict[str, Path]:
    folder = tmp_path / "speech"
    folder.mkdir()
    tone = 0.3 * np.sin(2 * np.pi * 200 * np.arange(24000) / 24000)
    waves = {"fine": tone, "loud": np.clip(9 * tone, -1, 1), "still": np.zeros(24000), "other": 0.5 * tone}
    for name, wave in waves.items():
        sf.write(folder / f"{name}.wav", wave, 24000)
    return {name: folder / f"{name}.wav" for name in waves}


SCORED = ["--scorer", "error_rate", "--scorer-arg", "heard=true"]


def test_each_language_is_heard_by_its_own(
    tmp_path: Path, main: Main, program: Any, write_lines: Write, speech: dict[str, Path],
    run_of: Callable[..., Path], lines_of: Callable[..., list[dict[str, Any]]],
) -> None:  # fmt: skip
    lines = [
        says("a", speech["fine"], language="en"),
        says("b", speech["other"], language="zh"),
        says("c", speech["fine"], language="ja"),
    ]
    path = write_lines(tmp_path / "talk.jsonl", lines)
    words = ["run", *program.words, "--task", path, "--out", tmp_path / "out", *SCORED, "--json"]
    words += ["--transcriber", "en=hears,zh=hears-too", "--transcriber-arg", "en:word=one"]
    words += ["--transcriber-arg", "zh:tag=calm"]
    done = main(*words)
    assert done.code == 1, "one sample has no score"
    counts = done.json[0]["counts"]
    assert (counts["n_scored"], counts["n_model_failed"], counts["n_judge_failed"]) == (2, 0, 1)
    run = run_of(tmp_path / "out")
    (journal,) = (run / "transcripts").iterdir()
    heard = {line["id"]: line for line in lines_of(journal)}
    assert (heard["a"]["heard"], heard["b"]["heard"]) == ("one en", "word zh")
    assert heard["b"]["detail"] == {"tag": "calm"}
    assert heard["c"]["failure"]["kind"] == "missing"
    (scores,) = (run / "scores").iterdir()
    found = {line["id"]: line for line in lines_of(scores)}
    assert found["c"]["status"] == "judge_failed"
    assert "no transcriber for language 'ja'" in found["c"]["detail"]["failure"]
    assert found["c"]["faithful"] == {}, "it is no part of the official value"
    assert found["c"]["strict"]["error_rate"] != found["a"]["faithful"]["error_rate"]
    record = json.loads((run / "run.json").read_text())
    assert record["transcribers"][journal.stem]["zh"]["model"] == "hears-too"
    (scoring,) = record["scorings"].values()
    assert scoring["transcriber"] == journal.stem
    # going on writes nothing that is there, and another word is another scoring
    before = scores.read_bytes()
    assert main(*words).code == 1
    assert scores.read_bytes() == before
    assert main(*[word.replace("word=one", "word=two") if isinstance(word, str) else word for word in words]).code == 1
    assert len(list((run / "transcripts").iterdir())) == len(list((run / "scores").iterdir())) == 2
    assert len(program.asked()) == 3


def test_the_wave_of_an_answer_is_measured_and_counted(
    tmp_path: Path, main: Main, program: Any, write_lines: Write, speech: dict[str, Path],
    run_of: Callable[..., Path], lines_of: Callable[..., list[dict[str, Any]]],
) -> None:  # fmt: skip
    broken = tmp_path / "speech" / "broken.wav"
    broken.write_text("404 not found")
    lines = [says(name, path, language="en") for name, path in speech.items()]
    lines += [says("mute", None, language="en"), says("broken", broken, language="en")]
    path = write_lines(tmp_path / "talk.jsonl", lines)
    words = ["run", *program.words, "--task", path, "--out", tmp_path / "out", *SCORED, "--transcriber", "hears"]
    done = main(*words, "--json")
    run = run_of(tmp_path / "out")
    records = {line["id"]: line for line in lines_of(run / "samples.jsonl")}
    fine = records["fine"]["speech"]
    assert (fine["seconds"], fine["rate"], fine["silent"], fine["clipped"]) == (1.0, 24000, False, 0.0)
    assert fine["peak_dbfs"] == pytest.approx(20 * np.log10(0.3), abs=0.05)
    assert records["still"]["speech"]["silent"]
    assert records["loud"]["speech"]["clipped"] > 0.5
    assert "speech" not in records["mute"]
    assert "cannot be decoded" in records["broken"]["speech"]["unreadable"]
    flags = done.json[0]["results"][0]["flags"]
    expected = {"clipped_speech": 1, "no_speech": 1, "silent_speech": 1, "unreadable_speech": 1}
    assert {key: count for key, count in flags.items() if "speech" in key} == expected
    heard = {line["id"]: line for line in lines_of(next((run / "transcripts").iterdir()))}
    assert heard["still"]["heard"] == "", "recognisers make words up in silence"
    assert heard["still"]["detail"] == {"silent": True}
    assert heard["fine"]["heard"] == "word en"


def test_another_rate_than_the_declared_one_is_counted(tmp_path: Path) -> None:
    from evalkit.run.spoken import facts, flags

    sf.write(tmp_path / "a.wav", 0.3 * np.sin(np.arange(16000) / 5), 16000)
    assert flags(facts(tmp_path / "a.wav", None)) == flags(facts(tmp_path / "a.wav", 16000)) == ()
    found = facts(tmp_path / "a.wav", 24000)
    assert found["declared_rate"] == 24000
    assert flags(found) == ("wrong_speech_rate",)
    assert flags(None) == ()


def test_transcribers_are_started_one_after_another() -> None:
    from evalkit.core.model import Model
    from evalkit.core.response import Response
    from evalkit.core.sample import Request

    log: list[str] = []

    class Logged(Model):
        def __init__(self, name: str) -> None:
            self.name = name

        def start(self) -> None:
            log.append(f"+{self.name}")

        def close(self) -> None:
            log.append(f"-{self.name}")

        def stream(self, requests: Any) -> Any:
            for request in requests:
                yield request.id, Response(text=self.name)

    both = Listeners({"en": Logged("e"), "zh": Logged("z"), "ja": Logged("j")})
    asked = [Request(str(n), (), language=code) for n, code in enumerate(["en", "zh", "en", None])]
    found = dict(both.stream(iter(asked)))
    assert [found[key].text for key in "012"] == ["e", "z", "e"]
    assert found["3"].failure is not None
    assert log == ["+e", "-e", "+z", "-z"], "two large models need not fit at once, and nobody starts for nothing"
