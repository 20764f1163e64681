"""What answers is part of a run's identity: programs, what they import, adapters' code; and what changed is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evalkit.core.model import Model
from evalkit.models.processes.program_files import program_hashes
from evalkit.run import adapter_code
from evalkit.run.not_resumed import not_resumed


def test_scripts_settings_and_imports_count_and_logs_do_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "prog.py").write_text("import json\nfrom helper import x\n")
    (tmp_path / "helper.py").write_text("import deeper\nx = 1\n")
    (tmp_path / "deeper.py").write_text("y = 1\n")
    (tmp_path / "unused.py").write_text("z = 1\n")
    (tmp_path / "settings.json").write_text("{}")
    (tmp_path / "asked.log").write_text("")
    command = ["python3", "prog.py", "--config=settings.json", "asked.log"]
    before = program_hashes(command)
    assert set(before) >= {"python3", "prog.py", "settings.json"} and "asked.log" not in before
    for name in ("prog.py", "helper.py", "deeper.py", "settings.json"):
        content = (tmp_path / name).read_text()
        (tmp_path / name).write_text(content + " ")
        assert program_hashes(command) != before, name
        (tmp_path / name).write_text(content)
    (tmp_path / "unused.py").write_text("z = 2\n")
    (tmp_path / "asked.log").write_text("more")
    assert program_hashes(command) == before


@pytest.mark.parametrize(
    "command", [["sh", "-c", "exec python3 prog.py"], ["python3", "-m", "prog"], ["python3", "pkg"]]
)
def test_programs_behind_shells_and_modules(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pkg").mkdir()
    for path in (tmp_path / "prog.py", tmp_path / "pkg/__main__.py"):
        path.write_text("1\n")
    before = program_hashes(command)
    for path in (tmp_path / "prog.py", tmp_path / "pkg/__main__.py"):
        path.write_text("2\n")
    assert program_hashes(command) != before


def test_an_adapters_code_counts_and_its_comments_do_not(tmp_path: Path) -> None:
    def of(text: str) -> bytes:
        path = tmp_path / f"{abs(hash(text))}.py"
        path.write_text(text)
        return adapter_code._file_hash(str(path))

    plain = of('"""Doc."""\ndef f(a: int) -> int:\n    """Doc."""\n    return a + 1\n')
    assert of("def f(a: int) -> int:  # why\n\n    return (a + 1)\n") == plain
    assert of("def f(a: int) -> int:\n    return a + 2\n") != plain


def test_the_code_of_a_model_and_of_its_bases() -> None:
    from evalkit import plugins

    first, second = (adapter_code.adapter_code(plugins.model_class(name)) for name in ("constant", "command"))
    assert first and second and first != second
    assert adapter_code.adapter_code(Model) == ""


def kept(folder: Path, run: str, facts: dict[str, Any]) -> None:
    (folder / run).mkdir(parents=True)
    (folder / run / "run.json").write_text(json.dumps({"identity": facts}))
    (folder / run / "samples.jsonl").write_text("")


def test_what_changed_is_said_of_the_run_most_alike(tmp_path: Path) -> None:
    facts = {"seed": 0, "data_revision": "local:a", "model_arguments": {"cmd": "p", "program": {"p": "1"}}}
    assert not_resumed(tmp_path / "new", facts) is None
    kept(tmp_path, "far", {**facts, "seed": 3, "data_revision": "local:b"})
    kept(tmp_path, "near", {**facts, "model_arguments": {"cmd": "p", "program": {"p": "0"}}})
    line = not_resumed(tmp_path / "new", facts)
    assert line == f"model_arguments.program.p changed: 0 -> 1; not resumed from {tmp_path / 'near'}"
    kept(tmp_path, "new", facts)
    assert not_resumed(tmp_path / "new", facts) is None, "it is resumed"


def test_an_incomplete_copy_is_marked_and_not_ranked(tmp_path: Path, main: Any) -> None:
    from data.corpora import encoded, put

    chapter = tmp_path / "data/LibriSpeech/test-clean/1/2"
    put(chapter / "1-2-0000.flac", encoded("a", "flac"))
    put(chapter / "1-2.trans.txt", "1-2-0000 HELLO\n")
    out = tmp_path / "out"
    words = ("run", "--model", "constant", "--model-arg", "text=hello", "--task", "librispeech:test_clean")
    (made,) = main(*words, "--data", tmp_path / "data", "--out", out, "--json").json
    assert made["data"] == {"test_clean": {"expected": 2620, "found": 1}}
    assert made["notices"][0].startswith("incomplete data: test_clean 1 of 2,620 samples")
    found = main("leaderboard", "--out", out, "--rank", "--columns", "librispeech.test_clean.wer", "--json").json
    (own,) = [row for row in found["rows"] if row["source"] == "run"]
    assert own["value"] == 0.0 and own["rank"] is None and own["unranked"] == "incomplete data"
    assert own["complete"] is False and own["marks"] == ["incomplete data: test_clean 1 of 2,620 samples"]
