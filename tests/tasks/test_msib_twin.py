"""msib_twin: built once and always alike, spoken as written, run by rules alone, and by a judge that hears."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import soundfile as sf
from msib_speakers import Speaks, foreign, neutral, oracle, silence

from evalkit import plugins
from evalkit.core.errors import DataError, EvalkitError
from evalkit.core.message import Audio
from evalkit.core.response import Response
from evalkit.core.task import Task
from evalkit.data.dialogue.spoken_dialogues import spoken_dialogue_rules
from evalkit.data.procedural import Procedural, seal, whole
from evalkit.judging.judge import JudgeScorer
from evalkit.judging.options import JudgeOptions
from evalkit.media import espeak
from evalkit.media.speech_measures import measure
from evalkit.metrics.spoken.scorer import SpokenRules
from evalkit.run.options import Options
from evalkit.run.pipeline import Outcome, run
from evalkit.tasks.msib_twin import speech, texts
from evalkit.tasks.msib_twin.build import build
from evalkit.tasks.msib_twin.texts import FOLDER, NAMES

FIRST = 12  # dialogues of a small copy: one of each dimension in either language
RULES = JudgeOptions(judge="rules")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The texts of a small copy: the first line of every file."""
    folder = tmp_path_factory.mktemp("texts")
    for path in texts.files():
        first = path.read_text(encoding="utf-8").split("\n", 1)[0]
        (folder / path.name).write_text(first + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def small(written: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a small copy of the twin."""
    data = tmp_path_factory.mktemp("data")
    build(data / "msib_twin", folder=written)
    seal(data / "msib_twin")
    return data


@pytest.fixture
def lines(small: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (small / "msib_twin/dialogues.jsonl").read_text().splitlines()]


def twin() -> Task:
    task = plugins.load_task("msib_twin")
    assert isinstance(task, Task)
    return task


def go(asked: Speaks, out: Path, data: Path, **options: Any) -> Outcome:
    return run(asked, twin(), Options(out=out, data=data, **{"judging": RULES, **options}))


def test_the_copy_is_as_the_schema_says_and_passes_the_check(
    small: Path, lines: list[dict[str, Any]], main: Callable[..., Any]
) -> None:
    assert len(lines) == FIRST
    assert [entry["dimension"] for entry in lines] == [*NAMES.values()] * 2
    assert [entry["language"] for entry in lines] == ["en"] * 6 + ["zh"] * 6
    done = main("data", "check", "msib_twin", small / "msib_twin")
    assert done.code == 0, done.out
    written = {entry["id"]: entry for entry in texts.read()}
    for entry in lines:
        turns = written[entry["id"]]["turns"]
        users = [message["content"][0] for message in entry["messages"][::2]]
        assert [part["transcript"] for part in users] == [turn["user"] for turn in turns]
        assert [message["content"] for message in entry["messages"][1::2]] == [turn["reply"] for turn in turns[:-1]]
        assert len({part["provenance"] for part in users}) == 1, "one voice for a dialogue"
        assert all(part["licence"] == "CC0-1.0" for part in users)


def test_built_again_it_is_the_same_to_the_byte(small: Path, written: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    build(again, workers=1, folder=written)
    first = small / "msib_twin"
    names = sorted(path.relative_to(again).as_posix() for path in again.rglob("*") if path.is_file())
    assert names == sorted(path.relative_to(first).as_posix() for path in first.rglob("*") if path.is_file())
    for name in names:
        if name != "build.json":
            assert (again / name).read_bytes() == (first / name).read_bytes(), name


def test_the_turns_are_spoken_in_the_manner_that_is_written(small: Path, lines: list[dict[str, Any]]) -> None:
    for entry in lines:
        for message in entry["messages"][::2]:
            samples, rate = sf.read(small / "msib_twin" / message["content"][0]["path"], dtype="float32")
            found = measure(samples, rate)
            assert (rate, samples.ndim) == (16_000, 1)
            assert not found.silent
            assert found.clipped_share == 0
    fast, slow, low = (
        measure(espeak.synthesize("We leave at seven, not at eight.", "en-us", **how), espeak.SAMPLE_RATE)
        for how in ({"rate": 1.5}, {"rate": 0.7}, {"pitch": 0.8})
    )
    assert fast.duration < 0.6 * slow.duration
    assert (low.pitch_hz or 999) < (fast.pitch_hz or 0)
    made = list(speech.VOICES["en"]) + list(speech.VOICES["zh"])
    assert len({speech.voice_of(entry["id"], entry["language"]) for entry in texts.read()}) == len(made), "all are used"


def test_no_voice_says_the_same_thing_in_two_ways() -> None:
    """Variants with breath draw random numbers: none of them speaks here."""
    for language, voices in speech.VOICES.items():
        text = {"en": "Thirty-six hours, since noon yesterday.", "zh": "三十六个小时，从昨天中午开始。"}[language]
        for voice in voices:
            one, other = (espeak.engine().speak(text, voice, 175, 50).tobytes() for _ in range(2))
            assert one == other, voice


def test_the_data_revision_tells_texts_and_synthesizer(small: Path, tmp_path: Path) -> None:
    revision = twin().source.locate(small).revision
    assert re.fullmatch(r"procedural:[0-9a-f]{32}:espeak-ng-[\d.]+", revision)
    assert revision.endswith(espeak.engine().version.replace(" ", "-"))
    source = twin().source
    assert isinstance(source, Procedural)
    assert texts.digest() in source.key


def test_built_on_first_use_and_read_from_the_cache_afterwards(
    written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path))
    source = Procedural("toy_twin", "1", lambda out: build(out, folder=written), spoken_dialogue_rules())
    rows = source.locate(None)
    assert len(list(rows.read("all"))) == FIRST
    assert whole(Path(rows.location))
    assert "building toy_twin" in capsys.readouterr().err
    assert source.locate(None).revision == rows.revision
    assert "building" not in capsys.readouterr().err


def test_without_a_synthesizer_nothing_is_left_half_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, main: Callable[..., Any]
) -> None:
    espeak.engine.cache_clear()
    monkeypatch.setattr("importlib.util.find_spec", lambda name, package=None: None)
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    try:
        with pytest.raises(EvalkitError, match=r"pip install -e '?.*\[twins\]'"):
            twin().source.locate(None)
    finally:
        espeak.engine.cache_clear()
    assert not list((tmp_path / "cache").rglob("*.jsonl"))


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"dimension": "humour"}, "must be those of the file"), ({"turns": []}, "2 to 10 turns"),
        ({"turns": [{"user": "Hi."}, {"user": "Bye."}]}, "turn 1 needs user and reply"),
        ({"turns": [{"user": "Hi.", "reply": "Hi."}, {"user": "Bye.", "reply": "Bye."}]}, "the one to be answered"),
        ({"turns": [{"user": "Hi.", "reply": "Hi.", "say": {"rate": 9}}, {"user": "Bye."}]}, "expected 0.7 to 1.5"),
    ],
)  # fmt: skip
def test_a_text_that_is_not_as_it_should_be_is_named(tmp_path: Path, changes: dict[str, Any], problem: str) -> None:
    path = next(path for path in texts.files() if path.name == "basic.en.jsonl")
    first, second = path.read_text(encoding="utf-8").splitlines()[:2]
    broken = json.dumps({**json.loads(second), **changes})
    (tmp_path / path.name).write_text(f"{first}\n{broken}\n", encoding="utf-8")
    with pytest.raises(DataError, match=f"basic.en.jsonl, line 2: .*{problem}"):
        texts.read(tmp_path)


def test_the_card_names_the_columns_and_the_original_has_none_of_them() -> None:
    task = twin()
    header = plugins.plugin("task", "msib_twin").header
    assert set(header["columns"]) == set(task.columns)
    assert all(name.startswith("msib_twin.") for name in task.columns)
    judge, rules = task.scorers
    assert isinstance(judge, JudgeScorer)
    assert isinstance(rules, SpokenRules)
    size = header["size"]
    assert (size["dialogues"], size["turns"]) == (244, sum(len(entry["turns"]) for entry in texts.read()))


def test_rules_alone_ask_no_judge_and_say_so(
    tmp_path: Path, small: Path, lines: list[dict[str, Any]], main: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GEMINI_API_KEY", raising=False)
    outcome = go(Speaks().tell(lines), tmp_path / "out", small)
    summary = outcome.summary
    assert summary is not None
    assert summary.complete
    assert {result.protocol for result in summary.results} == {"spoken_rules"}
    assert (summary.counts.n_total, summary.counts.n_scored) == (FIRST, FIRST)
    assert not any(name.split(".")[1] in ("content", "speech", "average") for name in summary.columns)
    overall = summary.columns["msib_twin.rules.overall"]
    assert overall.protocol == "spoken_rules"
    assert (overall.low is None) == (overall.value == 100), "an interval unless all replies are alike"
    assert overall.value is not None and overall.value >= 90
    assert overall.strict is not None and overall.strict <= overall.value
    groups = {(result.breakdown, result.group) for result in summary.results}
    assert {("dimension", name) for name in NAMES.values()} | {("language", "en"), ("language", "zh")} <= groups
    (pooled,) = [r for r in summary.results if r.metric == "expectations_met" and r.breakdown is None]
    assert pooled.flags["words_written"] == FIRST
    assert pooled.sums["expected"] == sum(len(entry["expect"]) for entry in lines)


def test_a_judge_that_cannot_be_had_is_told_with_the_ways_around(
    small: Path, main: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GEMINI_API_KEY", "GOOGLE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    done = main("run", "--model", "cascade", "--task", "msib_twin", "--data", small, "--out", tmp_path / "out")
    assert done.code == 2
    assert "judge gemini:gemini-2.5-pro of rubric 'msib_speech_content': model 'gemini' needs" in done.err
    assert "--judge names another judge, and --judge rules asks none" in done.err
    assert not (tmp_path / "out").exists()


def test_the_cascade_hears_and_speaks_without_anything_else(
    small: Path, main: Callable[..., Any], tmp_path: Path
) -> None:
    """pocketsphinx, lookup and eSpeak NG: the command of the card, on the shortest dialogue of the copy."""
    words = ("--task", "msib_twin", "--judge", "rules", "--limit", 1, "--data", small, "--out", tmp_path / "out")
    done = main("run", "--model", "cascade", *words)
    assert done.code == 0, done.err
    assert "n_total 1  n_scored 1  n_unparsed 0  n_model_failed 0  n_judge_failed 0" in done.out
    assert re.search(r"^flags: .*words_written 1", done.out, re.MULTILINE)
    assert "sees no images" not in done.out, "the task has none"
    (journal,) = (tmp_path / "out").rglob("samples.jsonl")
    (line,) = map(json.loads, journal.read_text().splitlines())
    spoken = [part for turn in line["messages"] for part in turn["content"] if part["type"] == "audio"]
    assert len(line["detail"]["recognised"]) == len(spoken) and any(line["detail"]["recognised"])
    assert (journal.parent / line["audio"]).is_file() and line["speech"]["sound_seconds"] > 0.1


@pytest.mark.parametrize("extra", [{"votes": 3}, {"rubric": "msib_speech_content"}])
def test_rules_alone_have_no_votes_and_no_rubric(tmp_path: Path, small: Path, extra: dict[str, Any]) -> None:
    with pytest.raises(EvalkitError, match="asks no judge"):
        go(Speaks(), tmp_path, small, judging=JudgeOptions(judge="rules", **extra))


def test_a_run_that_goes_on_ends_like_one_in_one_piece(
    tmp_path: Path, small: Path, lines: list[dict[str, Any]]
) -> None:
    """The neutral voice is that of all answers, so scores of a part are made anew."""
    go(Speaks().tell(lines), tmp_path / "parts", small, limit=3)
    part = go(Speaks().tell(lines), tmp_path / "parts", small)
    entire = go(Speaks().tell(lines), tmp_path / "whole", small)
    assert part.asked == FIRST - 3
    assert part.summary == entire.summary
    read = [sorted(next((one.directory / "scores").iterdir()).read_text().splitlines()) for one in (part, entire)]
    assert read[0] == read[1]
    again = go(Speaks().tell(lines), tmp_path / "parts", small)
    assert (again.asked, again.summary) == (0, entire.summary)


def test_bad_replies_meet_nothing_and_are_counted(tmp_path: Path, small: Path, lines: list[dict[str, Any]]) -> None:
    asked = Speaks().tell(lines, neutral)
    strange = Speaks().tell(lines[:1], foreign).replies[lines[0]["id"]]
    asked.replies[lines[0]["id"]] = strange
    asked.replies[lines[1]["id"]] = Response(text=lines[1]["reference"], audio=silence())
    asked.replies[lines[2]["id"]] = Response(text=lines[2]["reference"])
    asked.replies[lines[3]["id"]] = Response(text="x", audio=Audio(opener=lambda: b"", name="empty.wav"))
    outcome = go(asked, tmp_path / "out", small)
    assert outcome.summary is not None
    (scores,) = (outcome.directory / "scores").iterdir()
    found = {record["id"]: record for record in map(json.loads, scores.read_text().splitlines())}
    for entry, flag in zip(lines[:2], ("wrong_language", "nothing_said"), strict=True):
        record = found[entry["id"]]
        assert record["faithful"]["expectations_met"] == [0, len(entry["expect"])]
        assert flag in record["flags"]
    for entry in lines[2:4]:
        assert found[entry["id"]]["status"] == "model_failed"
        assert found[entry["id"]]["faithful"]["expectations_met"] == [0, len(entry["expect"])]
    assert outcome.summary.counts.n_model_failed == 2


def test_words_are_those_a_transcriber_heard_where_one_is_named(
    tmp_path: Path, small: Path, lines: list[dict[str, Any]]
) -> None:
    """The model `constant` hears nothing in all that is said."""
    asked = Speaks().tell(lines)
    outcome = go(asked, tmp_path / "out", small, transcriber="constant", limit=2)
    assert outcome.summary is not None
    (pooled,) = [r for r in outcome.summary.results if r.metric == "expectations_met" and r.breakdown is None]
    assert pooled.flags["words_heard"] == 2
    assert "words_written" not in pooled.flags
    assert (outcome.directory / "transcripts").is_dir()


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    import sys

    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "models"))
    pytest.importorskip("openai")
    from servers import openai_wire
    from servers.loopback import Asked, Loopback, Reply

    from evalkit.models.api import retrying

    monkeypatch.setattr(retrying, "BASE", 0.01)
    refused: set[bytes] = set()

    def answer(asked: Asked) -> Reply:
        if len(refused) < 4 and asked.body not in refused:
            refused.add(asked.body)
            return openai_wire.refuse(500, "try again")
        verdict = {
            "transcript": "x", "speech_quality_score": 2, "speech_score_reasoning": "robot",
            "content_quality_score": 5, "content_score_reasoning": "right",
        }  # fmt: skip
        return openai_wire.say(asked, json.dumps(verdict))

    with Loopback(answer) as server:
        yield server


def test_judged_and_ruled_in_one_run(tmp_path: Path, small: Path, lines: list[dict[str, Any]], judge: Any) -> None:
    arguments = {"model": "hears", "base_url": f"{judge.url}/v1", "takes": "text,audio"}
    judging = JudgeOptions(judge="openai-compatible", judge_arguments=arguments)
    outcome = go(Speaks().tell(lines, oracle), tmp_path / "out", small, judging=judging)
    assert outcome.summary is not None
    columns = outcome.summary.columns
    assert columns["msib_twin.average.overall"].value == 3.5
    assert columns["msib_twin.speech.role_playing"].value == 2.0
    assert columns["msib_twin.rules.overall"].value is not None
    assert columns["msib_twin.content.overall"].protocol.startswith("judge:msib_speech_content")
    asked = [json.loads(entry.body)["messages"][-1]["content"] for entry in judge.asked]
    assert all(any(part["type"] == "input_audio" for part in content) for content in asked)
    assert len(asked) >= FIRST + 4, "the first four were refused once"


def test_the_texts_lie_in_the_package() -> None:
    assert FOLDER.is_dir()
    assert len(texts.files()) == 12
