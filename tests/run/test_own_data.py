"""`--task FILE.jsonl`: what a line may hold, what a model gets of it, and what must never reach a model."""

from __future__ import annotations

import base64
import io
import json
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from evalkit import plugins

Main = Callable[..., Any]
Write = Callable[..., Path]


def sound(kind: str) -> bytes:
    buffer = io.BytesIO()
    sf.write(buffer, 0.1 * np.sin(np.arange(1600) / 5), 16_000, format=kind)
    return buffer.getvalue()


MEDIA = {
    ".wav": sound("WAV"),
    ".flac": sound("FLAC"),
    ".mp4": b"\0\0\0\x10ftypisom\0\0\0\0" + b"\0\0\0\x08mdat",
    ".png": base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    ),
}


@pytest.fixture
def ask(tmp_path: Path, main: Main, program: Any, write_lines: Write) -> Callable[..., Any]:
    """Runs the answering program on lines; returns the summary."""

    def run(*lines: Any, more: tuple[object, ...] = (), code: int = 0) -> Any:
        task = write_lines(tmp_path / "data" / "own.jsonl", lines)
        done = main("run", *program.words, "--task", task, "--out", tmp_path / "out", "--json", *more)
        assert done.code == code, done.err
        return done.json[0]

    return run


def contents(program: Any) -> list[list[tuple[str, list[dict[str, str]]]]]:
    return [[(turn["role"], turn["content"]) for turn in request["messages"]] for request in program.requests()]


def text(words: str) -> dict[str, str]:
    return {"type": "text", "text": words}


def media(kind: str, path: str) -> dict[str, str]:
    return {"type": kind, "path": path}


def test_a_prompt_is_one_turn_of_the_user_and_nothing_is_added(ask: Callable[..., Any], program: Any) -> None:
    ask({"id": "a", "prompt": "  two\nlines ", "reference": "TWO\nLINES"})
    assert contents(program) == [[("user", [text("  two\nlines ")])]]


def test_messages_arrive_as_they_stand(ask: Callable[..., Any], program: Any) -> None:
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [text("first"), text("second")]},
        {"role": "assistant", "content": "I said this."},
        {"role": "user", "content": "and now?"},
    ]
    summary = ask({"id": "a", "messages": messages, "reference": "AND NOW?"})
    assert summary["results"][0]["value"] == 100.0
    assert contents(program) == [
        [
            ("system", [text("Be brief.")]),
            ("user", [text("first"), text("second")]),
            ("assistant", [text("I said this.")]),
            ("user", [text("and now?")]),
        ]
    ]


def test_media_are_relative_to_the_file_and_come_before_the_prompt(
    ask: Callable[..., Any], program: Any, tmp_path: Path
) -> None:
    data, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    elsewhere.mkdir()
    for path in (data / "sounds" / "a b.wav", data / "é.png", data / "c.mp4", elsewhere / "d.flac"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(MEDIA[path.suffix])
    turns = [
        {"role": "user", "content": [media("audio", "../elsewhere/d.flac"), text("one"), media("image", "é.png")]},
        {"role": "assistant", "content": "x"},
        {"role": "user", "content": [media("audio", str(elsewhere / "d.flac"))]},
    ]  # fmt: skip
    ask(
        {"id": "a", "audio": "sounds/a b.wav", "prompt": "what?", "reference": "WHAT?"},
        {"id": "b", "image": "é.png", "video": "c.mp4", "prompt": "who?", "reference": "WHO?"},
        {"id": "c", "audio": "sounds/a b.wav", "reference": ""},
        {"id": "d", "messages": turns, "reference": "ONE"},
        more=("--allow-outside-media",),
    )
    a, b, c, d = (turns for turns in contents(program))
    assert a == [("user", [{"type": "audio", "path": str(data / "sounds" / "a b.wav")}, text("what?")])]
    (parts,) = (parts for _, parts in b)
    assert {(part["type"], Path(part.get("path", "-")).name) for part in parts[:-1]} == {
        ("image", "é.png"),
        ("video", "c.mp4"),
    }
    assert parts[-1] == text("who?")
    assert c == [("user", [{"type": "audio", "path": str(data / "sounds" / "a b.wav")}])]
    assert [part["type"] for part in d[0][1]] == ["audio", "text", "image"], "the order of the parts is kept"
    for part in (d[0][1][0], d[2][1][0]):
        assert Path(part["path"]).is_absolute()
        assert Path(part["path"]).read_bytes() == MEDIA[".flac"]


def test_missing_media_fail_their_sample_and_are_told(ask: Callable[..., Any], program: Any, tmp_path: Path) -> None:
    lines = [
        {"id": "a", "audio": "none.wav", "prompt": "x", "reference": "X"},
        {"id": "b", "prompt": "x", "reference": "X"},
    ]
    summary = ask(*lines, code=1)
    assert summary["counts"]["n_model_failed"] == 1
    assert program.asked() == ["b"]
    (tmp_path / "data" / "none.wav").write_bytes(MEDIA[".wav"])
    assert ask(*lines)["counts"]["n_scored"] == 2


def test_a_relative_file_in_any_folder(
    tmp_path: Path, evalkit: Callable[..., Any], program: Any, write_lines: Write
) -> None:
    write_lines(tmp_path / "data" / "own.jsonl", [{"id": "a", "audio": "a.wav", "prompt": "x", "reference": "X"}])
    (tmp_path / "data" / "a.wav").write_bytes(MEDIA[".wav"])
    for folder, name in (
        (tmp_path, "data/own.jsonl"),
        (tmp_path / "data", "own.jsonl"),
        (tmp_path / "data", "../data/own.jsonl"),
    ):
        done = evalkit("run", *program.words, "--task", name, "--out", tmp_path / "out", "--json", cwd=folder)
        assert done.code == 0, done.err
    assert program.asked() == ["a"], "it is one run, from wherever"
    assert contents(program)[0][0][1][0] == {"type": "audio", "path": str(tmp_path / "data" / "a.wav")}


@pytest.mark.parametrize(("kind", "name"), [("image", "a.png"), ("video", "a.mp4")])
def test_a_model_that_cannot_take_it_is_refused_before_anything_is_asked(
    kind: str, name: str, tmp_path: Path, main: Main, write_lines: Write
) -> None:
    lines = [{"id": "a", "prompt": "x", "reference": ""}, {"id": "b", kind: name, "prompt": "x", "reference": ""}]
    task = write_lines(tmp_path / "own.jsonl", lines)
    done = main("run", "--model", "pocketsphinx", "--task", task, "--out", tmp_path / "out")
    assert done.code == 2
    assert all(word in done.err for word in ("pocketsphinx", kind, "'own'"))
    assert not (tmp_path / "out").exists()


def test_further_fields_are_facts_of_the_sample(
    ask: Callable[..., Any], tmp_path: Path, run_of: Callable[..., Path], lines_of: Callable[..., Any]
) -> None:
    ask(
        {
            "id": 7,
            "prompt": "x",
            "reference": "X",
            "cluster": 3,
            "topic": "history",
            "meta": {"year": 1066, "topic": "older"},
        },
        {"id": "b", "prompt": "x", "reference": ["X", "Y"], "cluster": None, "nested": {"failure": {"kind": "none"}}},
        {"id": "c", "prompt": "x", "reference": "X", "failure": None, "text": "not mine", "split": "test", "": 9},
    )
    records = {line["id"]: line for line in lines_of(run_of(tmp_path / "out") / "samples.jsonl")}
    assert records["7"]["meta"] == {"year": 1066, "topic": "history"}
    assert records["7"]["cluster"] == "3"
    assert records["b"]["meta"] == {"nested": {"failure": {"kind": "none"}}}
    assert "cluster" not in records["b"]
    assert records["c"]["meta"] == {"failure": None, "text": "not mine", "split": "test"}
    assert records["c"]["text"] == "X"
    assert records["c"]["split"] == "all"
    assert all("failure" not in record for record in records.values())


def test_samples_of_a_cluster_are_resampled_together(ask: Callable[..., Any]) -> None:
    lines = [
        {"id": f"q{i}", "prompt": "x", "reference": "X" if i < 20 else "no", "cluster": f"c{i // 10}"}
        for i in range(40)
    ]
    summary = ask(*lines)
    (result,) = summary["results"]
    assert summary["interval"]["unit"] == "clusters"
    assert (result["n"], result["n_clusters"]) == (40, 4)
    apart = ask(*({key: value for key, value in line.items() if key != "cluster"} for line in lines))
    assert apart["interval"]["unit"] == "samples"
    assert apart["results"][0]["n_clusters"] == 40
    widths = [r["high"] - r["low"] for r in (result, apart["results"][0])]
    assert widths[0] > 2 * widths[1], "four speakers tell less than forty"


def test_the_language_of_a_line_reaches_the_scorer(ask: Callable[..., Any]) -> None:
    lines = [
        {"id": "en", "prompt": 'reply {"text": "Mr. Brown"}', "reference": "mister brown", "language": "en"},
        {"id": "zh", "prompt": 'reply {"text": "你好"}', "reference": "你坏", "meta": {"language": "zh"}},
    ]
    (result,) = ask(*lines, more=("--scorer", "error_rate:plain"))["results"]
    assert (result["sums"]["tokens"], result["sums"]["substitutions"]) == (4, 1), "two words, and two characters"


def test_what_a_model_must_not_see_never_reaches_it(ask: Callable[..., Any], program: Any) -> None:
    turn = {"role": "user", "content": [{**text("x"), "answer": "SECRETpart"}], "reference": "SECRETturn"}
    secrets = {
        "reference": "SECRETreference",
        "cluster": "SECRETcluster",
        "meta": {"k": "SECRETmeta"},
        "hint": "SECRETfield",
    }
    ask(
        {"id": "a", "prompt": "x", **secrets},
        {"id": "b", "messages": [{"role": "user", "content": "x"}], **secrets, "reference": ["SECRETone", "SECRETtwo"]},
        {"id": "c", "messages": [turn], **secrets},
        {"id": "d", "prompt": "die", **secrets},
        code=1,
    )  # fmt: skip
    assert len(program.requests()) == 5, "the one that died is asked twice"
    assert b"SECRET" not in program.log.read_bytes()
    assert all(
        set(request) <= {"type", "id", "messages", "settings", "seed", "schema"} for request in program.requests()
    )


def test_the_seed_reaches_every_request_and_changes_with_the_run(ask: Callable[..., Any], program: Any) -> None:
    lines = [{"id": f"q{i}", "prompt": f"text {i}", "reference": f"TEXT {i % 3}"} for i in range(30)]
    ask(*lines[:1], *lines[1:])
    first = {request["id"]: request["seed"] for request in program.requests()}
    assert len(set(first.values())) == 30
    program.log.unlink()
    summary = ask(*lines, more=("--seed", 7))
    other = {request["id"]: request["seed"] for request in program.requests()}
    assert not set(first.values()) & set(other.values())
    assert summary["seed"] == summary["interval"]["seed"] == 7
    program.log.unlink()
    ask(*lines[::-1], more=("--seed", 7))
    assert {request["id"]: request["seed"] for request in program.requests()} == other, "no order shows in them"


def test_the_same_seed_gives_the_same_interval_and_another_its_own(ask: Callable[..., Any]) -> None:
    lines = [{"id": f"q{i}", "prompt": f"text {i}", "reference": f"TEXT {i}" if i % 3 else "no"} for i in range(50)]
    summaries = [ask(*lines, more=("--seed", seed, "--fresh")) for seed in (1, 1, -5)]
    ends = [(s["results"][0]["low"], s["results"][0]["high"]) for s in summaries]
    assert ends[0] == ends[1]
    assert [s["results"][0]["value"] for s in summaries] == [66.0] * 3
    assert ends[2] != ends[0]


def test_several_files_and_tasks_in_one_command(tmp_path: Path, main: Main, write_lines: Write) -> None:
    one = write_lines(tmp_path / "one.jsonl", [{"id": "a", "prompt": "x", "reference": "the"}])
    two = write_lines(tmp_path / "two.ndjson", [{"id": "a", "prompt": "x", "reference": "no"}])
    words = ["--model", "constant", "--model-arg", "text=the", "--task", f"{one},{two},asr_demo:clean", "--limit", 4]
    done = main("run", *words, "--out", tmp_path / "out", "--json")
    assert done.code == 0, done.err
    assert [(s["task"], s["counts"]["n_total"]) for s in done.json] == [("one", 1), ("two", 1), ("asr_demo", 4)]
    assert [s["results"][0]["value"] for s in done.json][:2] == [100.0, 0.0]


def test_a_file_named_like_a_task_is_not_that_task(tmp_path: Path, main: Main, write_lines: Write) -> None:
    task = write_lines(tmp_path / "asr_demo.jsonl", [{"id": "a", "prompt": "x", "reference": "the"}])
    words = ["--model", "constant", "--model-arg", "text=the", "--out", tmp_path / "out", "--json"]
    own = main("run", *words, "--task", task).json[0]
    registered = main("run", *words, "--task", "asr_demo", "--limit", 3).json[0]
    assert own["directory"] != registered["directory"]
    assert own["columns"] == {}
    rows = json.loads(main("leaderboard", "--out", tmp_path / "out", "--json").out)["rows"]
    columns = {row["column"] for row in rows if row["source"] == "run"}
    assert {name.split(".")[0] for name in columns} == {"asr_demo", "asr_demo/all/exact_match"}, "a column of its own"


COUNTING = """
import json, sys
for line in sys.stdin:
    with open(sys.argv[1], "a+") as file:
        file.write("x")
        file.seek(0)
        print(json.dumps({"id": json.loads(line)["id"], "text": str(len(file.read()))}), flush=True)
"""


def test_an_answer_asked_for_anew_is_scored_anew(
    tmp_path: Path, main: Main, write_lines: Write, run_of: Callable[..., Path]
) -> None:
    """Who removes a damaged line of the answers, as the message says, gets no score of an answer that is gone."""
    counting = tmp_path / "counting.py"
    counting.write_text(COUNTING)
    task = write_lines(tmp_path / "own.jsonl", [{"id": key, "prompt": "?", "reference": "3"} for key in ("a", "b")])
    cmd = shlex.join([sys.executable, str(counting), str(tmp_path / "count")])
    words = [
        "run",
        "--model",
        "command",
        "--model-arg",
        f"cmd={cmd}",
        "--task",
        task,
        "--out",
        tmp_path / "out",
        "--json",
    ]
    assert main(*words).code == 0
    samples = run_of(tmp_path / "out") / "samples.jsonl"
    samples.write_bytes(samples.read_bytes().splitlines(keepends=True)[1])
    done = main(*words)
    assert done.code == 0, done.err
    texts = {line["id"]: line["text"] for line in map(json.loads, samples.read_text().splitlines())}
    assert texts == {"a": "3", "b": "2"}
    assert done.json[0]["results"][0]["value"] == 50.0, "the answer '3' is right"


def test_the_references_of_a_registered_task_never_reach_a_model(tmp_path: Path, main: Main, program: Any) -> None:
    manifest = plugins.folder("tasks") / "asr_demo" / "data" / "manifest.jsonl"
    rows = [json.loads(line) for line in manifest.read_text().splitlines()]
    assert main("run", *program.words, "--task", "asr_demo:clean", "--out", tmp_path / "out").code == 0
    assert len(program.asked()) == 36
    seen = program.log.read_text()
    assert not [row["text"] for row in rows if row["text"] in seen or row["voice"] in seen]
