"""What a run leaves behind is what the published JSON Schemas say, to the last line."""

from __future__ import annotations

import importlib.util
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from evalkit.report.schemas import FILES

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = ROOT / "docs" / "schemas"
AUDIO = ROOT / "tasks" / "asr_demo" / "data" / "audio"
Main = Callable[..., Any]
Valid = Callable[[str, Any], None]


@pytest.fixture
def valid(main: Main) -> Valid:
    """Validates a value against what `evalkit schema NAME` prints."""
    made: dict[str, Any] = {}

    def check(name: str, value: Any) -> None:
        if name not in made:
            done = main("schema", name)
            assert done.code == 0, f"evalkit schema {name}: {done.err}"
            jsonschema.Draft202012Validator.check_schema(done.json)
            made[name] = jsonschema.Draft202012Validator(done.json)
        made[name].validate(value)

    return check


def reply(**fields: Any) -> str:
    return "reply " + json.dumps(fields)


def talk() -> Iterator[dict[str, Any]]:
    """Every shape an answer can take."""
    speech = str(AUDIO / "s01_clean.flac")
    reference = {"reference": "the city council"}
    yield {"id": "plain", "prompt": "the city council", **reference}
    yield {"id": "spoken", "prompt": reply(audio=speech), **reference, "cluster": "c", "topic": "x"}
    yield {
        "id": "both",
        "prompt": reply(text="hm", audio=speech, usage={"tokens": 3}, cost=0.5, seconds=1),
        **reference,
    }
    yield {"id": "broken", "prompt": reply(text="hm", audio=str(ROOT / "README.md")), **reference}
    yield {"id": "lost", "prompt": reply(text="hm", audio="/nowhere.wav"), **reference}
    yield {"id": "failed", "prompt": reply(error="out of memory"), **reference, "meta": {"deep": [{"er": None}]}}
    yield {"id": "dead", "prompt": "die", **reference}
    yield {"id": "hung", "prompt": "hang", **reference}
    yield {"id": "input", "audio": "none.wav", "prompt": "x", **reference}
    turns = [
        {"role": "system", "content": "s"},
        {"role": "user", "content": [{"type": "audio", "path": "speech.flac"}, {"type": "text", "text": ""}]},
    ]
    yield {"id": "turns", "messages": turns, "reference": ""}


def check_run(run: Path, valid: Valid, lines_of: Callable[..., Any]) -> set[str]:
    """Validates every file of a run; returns the kinds it found."""
    kinds = set()
    for path in sorted(run.rglob("*.json*")):
        kind = {"samples.jsonl": "samples", "run.json": "run"}.get(path.name)
        kind = kind or {"scores": "scores", "transcripts": "transcripts"}.get(path.parent.name) or "summary"
        kinds.add(kind)
        for value in lines_of(path) if path.suffix == ".jsonl" else [json.loads(path.read_text())]:
            valid(kind, value)
    return kinds


@pytest.fixture
def spoken(
    tmp_path: Path, main: Main, program: Any, write_lines: Callable[..., Path], run_of: Callable[..., Path]
) -> Path:
    program.speech = ROOT
    task = write_lines(tmp_path / "talk.jsonl", talk())
    shutil.copy(AUDIO / "s01_clean.flac", tmp_path / "speech.flac")
    words = ["run", *program.words, "--model-arg", "timeout=0.4", "--task", task, "--out", tmp_path / "out"]
    heard = ["--scorer-arg", "language=en", "--scorer-arg", "heard=true", "--transcriber", "pocketsphinx"]
    assert main(*words, "--scorer", "error_rate", *heard).code == 1
    assert main(*words, "--scorer", "error_rate:seedtts", *heard, "--stage", "score", "--stage", "summarize").code == 1
    main(*words, "--scorer", "error_rate", *heard, "--limit", 2, "--stage", "summarize")
    return run_of(tmp_path / "out")


def test_every_file_of_a_run_is_as_its_schema_says(
    spoken: Path, valid: Valid, lines_of: Callable[..., Any], tmp_path: Path
) -> None:
    transcripts = spoken / "transcripts"
    kept = tmp_path / "transcripts"
    transcripts.rename(kept)  # they have a test of their own
    assert check_run(spoken, valid, lines_of) == {"samples", "run", "scores", "summary"}
    records = {line["id"]: line for line in lines_of(spoken / "samples.jsonl")}
    assert len(records) == len(list(talk()))
    kinds = {key: record["failure"]["kind"] for key, record in records.items() if "failure" in record}
    assert kinds == {"lost": "model", "failed": "model", "dead": "model", "hung": "timeout", "input": "input"}


def test_every_transcript_is_as_its_schema_says(spoken: Path, valid: Valid, lines_of: Callable[..., Any]) -> None:
    (path,) = (spoken / "transcripts").glob("*.jsonl")
    lines = lines_of(path)
    assert {"failure" in line for line in lines} == {True, False}
    for line in lines:
        valid("transcripts", line)


def test_a_registered_task_with_breakdowns_and_columns(
    tmp_path: Path, main: Main, valid: Valid, run_of: Callable[..., Path], lines_of: Callable[..., Any]
) -> None:
    words = ["run", "--model", "constant", "--model-arg", "text=the", "--task", "asr_demo", "--out", tmp_path / "out"]
    for more in ([], ["--limit", 2], ["--scorer", "error_rate:kimi", "--scorer-arg", "language=en"]):
        assert main(*words, *more).code == 0
    run = run_of(tmp_path / "out")
    assert check_run(run, valid, lines_of) == {"samples", "run", "scores", "summary"}
    summary = json.loads((run / "summary.json").read_text())
    assert {result["breakdown"] for result in summary["results"]} == {None, "voice"}
    assert len(summary["columns"]) == 3
    board = main("leaderboard", "--out", tmp_path / "out").json
    valid("leaderboard", board)
    shown = sorted(row["protocol"] for row in board["rows"])
    assert shown == ["error_rate:kimi/en"] * 3 + ["error_rate:plain/en"] * 3


def test_a_leaderboard_with_papers(tmp_path: Path, main: Main, valid: Valid) -> None:
    (tmp_path / "out").mkdir()
    board = main("leaderboard", "--out", tmp_path / "out", "--task", "librispeech").json
    valid("leaderboard", board)
    assert {row["source"] for row in board["rows"]} == {"paper"}
    assert len(board["rows"]) > 10


def test_an_interrupted_and_resumed_run(
    tmp_path: Path,
    main: Main,
    program: Any,
    write_lines: Callable[..., Path],
    valid: Valid,
    run_of: Callable[..., Path],
    lines_of: Any,
) -> None:
    task = write_lines(tmp_path / "quiz.jsonl", [{"id": f"q{i}", "prompt": "die", "reference": ""} for i in range(200)])
    words = ["run", *program.words, "--task", task, "--out", tmp_path / "out"]
    assert main(*words).code == 2, "a program that only dies"
    assert check_run(run_of(tmp_path / "out"), valid, lines_of) >= {"run"}
    record = json.loads((run_of(tmp_path / "out") / "run.json").read_text())
    assert record["stretches"][0]["interrupted"]


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("summary", lambda value: value.update(valu=3)),
        ("summary", lambda value: value.pop("seed")),
        ("summary", lambda value: value.update(schema="evalkit.summary/3")),
        ("summary", lambda value: value["results"][0].update(value="12 %")),
        ("summary", lambda value: value["counts"].pop("n_total")),
        ("run", lambda value: value["stretches"][0].update(asked="3")),
        ("samples", lambda value: value.pop("id")),
        ("samples", lambda value: value["messages"][0].update(role="bot")),
        ("scores", lambda value: value.update(status="fine")),
        ("scores", lambda value: value["faithful"].update(error_rate=1)),
    ],
)
def test_a_schema_refuses_what_is_wrong(
    name: str,
    change: Callable[[Any], object],
    tmp_path: Path,
    main: Main,
    valid: Valid,
    run_of: Callable[..., Path],
    lines_of: Any,
) -> None:
    assert (
        main("run", "--model", "constant", "--task", "asr_demo:clean", "--limit", 2, "--out", tmp_path / "out").code
        == 0
    )
    run = run_of(tmp_path / "out")
    (scores,) = (run / "scores").glob("*.jsonl")
    files = {
        "summary": run / "summary.json",
        "run": run / "run.json",
        "samples": run / "samples.jsonl",
        "scores": scores,
    }
    value = lines_of(files[name])[0] if files[name].suffix == ".jsonl" else json.loads(files[name].read_text())
    valid(name, value)
    change(value)
    with pytest.raises(jsonschema.ValidationError):
        valid(name, value)


def test_the_published_schemas_are_the_ones_of_this_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = importlib.util.spec_from_file_location("write_schemas", SCHEMAS / "write.py")
    assert spec is not None
    assert spec.loader is not None
    write = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(write)
    monkeypatch.setattr(write, "HERE", tmp_path)
    write.main()
    made = {path.name: path.read_text() for path in tmp_path.glob("*.json")}
    assert made == {path.name: path.read_text() for path in SCHEMAS.glob("*.json")}, "run `make schemas`"


@pytest.mark.parametrize("name", FILES)
def test_a_schema_names_its_version(name: str, main: Main) -> None:
    shown = main("schema", name).json
    assert shown["$id"] == FILES[name][0]
    assert shown["$id"].startswith(f"evalkit.{name}/")
    assert shown["additionalProperties"] is False
    if "schema" in shown["properties"]:
        assert shown["properties"]["schema"]["const"] == shown["$id"]
