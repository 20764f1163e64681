"""When a judge's key is asked for: before anything is sent, and only where there is something to ask."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from servers import openai_wire

pytest.importorskip("openai")


def made_run(main: Callable[..., Any], folder: Path) -> Path:
    """A run directory with two answers."""
    questions, answers = folder / "q.jsonl", folder / "a.jsonl"
    questions.write_text("".join(json.dumps({"id": f"s{n}", "prompt": "?", "reference": "x"}) + "\n" for n in range(2)))
    answers.write_text("".join(json.dumps({"id": f"s{n}", "text": f"answer {n}"}) + "\n" for n in range(2)))
    main("score", "--task", questions, "--responses", answers, "--out", folder / "out")
    (run,) = (path.parent for path in (folder / "out").glob("*/*/*/run.json"))
    return run


def test_a_key_is_asked_for_when_there_is_something_to_ask(
    main: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, serve: Any, tmp_path: Path
) -> None:
    server = serve(lambda asked: openai_wire.say(asked, "4"))
    words = ["judge", made_run(main, tmp_path), "--rubric", "vcb_tif", "--judge", "openai:gpt-x"]
    words += ["--judge-arg", f"base_url={server.url}/v1"]
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    told = main(*words, "--dry-run")
    assert (told.code, "this would keep the command from running" in told.err) == (0, True)
    assert "OPENAI_API_KEY" in told.err
    assert "2 answers to judge" in told.out
    refused = main(*words)
    assert (refused.code, "OPENAI_API_KEY" in refused.err) == (2, True)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-this-test")
    dear = main(*words, "--max-cost", 1)
    assert (dear.code, "by --judge-arg where it judges" in dear.err) == (2, True)
    assert not server.asked
    assert main(*words, "--dry-run").err == ""
    first = main(*words, "--json")
    assert (first.code, first.json[0]["calls"], len(server.asked)) == (0, 2, 2), first.err
    monkeypatch.delenv("OPENAI_API_KEY")
    again = main(*words, "--json")
    assert (again.code, again.json[0]["calls"]) == (0, 0), again.err
    assert again.json[0]["results"] == first.json[0]["results"]
    assert main(*words, "--dry-run").err == ""
