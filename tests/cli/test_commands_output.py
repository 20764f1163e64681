"""What `list`, `show`, `doctor`, `leaderboard` and `--version` print: true, complete, and never a key."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import evalkit as package
from evalkit import normalize, plugins
from evalkit.core.errors import UsageError
from evalkit.core.task import Suite
from evalkit.metrics.error_rate.profiles import PROFILES
from evalkit.metrics.exact_match import ExactMatch
from evalkit.metrics.scorers import scorer
from evalkit.published import numbers as published
from evalkit.published.settling import columns_of

Main = Callable[..., Any]
LISTS = ("tasks", "models", "metrics", "profiles", "columns", "suites")
SECRETS = {"OPENAI_API_KEY": "secret-openai-1", "GEMINI_API_KEY": "secret-gemini-2", "HF_TOKEN": "secret-hub-3"}


@pytest.fixture
def listed(main: Main) -> Callable[[str], list[dict[str, Any]]]:
    def rows(what: str) -> list[dict[str, Any]]:
        done = main("list", what, "--json")
        assert (done.code, done.err) == (0, "")
        found: list[dict[str, Any]] = done.json
        return found

    return rows


@pytest.mark.parametrize("what", LISTS)
def test_a_list_is_the_same_as_a_table_and_as_json(what: str, main: Main, listed: Callable[..., Any]) -> None:
    rows = listed(what)
    assert rows
    assert all(set(row) == set(rows[0]) for row in rows), "every row has the same keys"
    done = main("list", what)
    assert (done.code, done.err) == (0, "")
    head, rule, *lines = done.out.split("\n")
    assert head.split() == list(rows[0])
    assert set(rule) == {"-", " "}
    assert not [line for line in lines if line != line.rstrip()]
    names = [next(iter(row.values())) for row in rows]
    width = len(rule.split()[0])
    assert [line[:width].rstrip() for line in lines[: len(rows)]] == names
    identity = [tuple(str(value) for value in row.values())[:2] for row in rows]
    assert len(set(identity)) == len(rows), "no row twice"


@pytest.mark.parametrize("what", LISTS)
def test_lists_are_sorted_and_say_something_of_every_entry(what: str, listed: Callable[..., Any]) -> None:
    rows = listed(what)
    keys = [next(iter(row.values())) for row in rows]
    groups = list(dict.fromkeys(keys))
    assert keys == sorted(keys, key=groups.index), "entries of one group stand together"
    if what != "profiles":
        assert keys == sorted(keys)
    texts = {"tasks": "title", "models": "title", "metrics": "measures", "profiles": "rule", "columns": "unit"}
    texts["suites"] = "tables"
    assert all(row[texts[what]] for row in rows)


def test_the_list_of_models_is_what_their_classes_say(listed: Callable[..., Any]) -> None:
    rows = {row["name"]: row for row in listed("models")}
    assert {"constant", "command", "replay", "pocketsphinx"} <= set(rows)
    for name, row in rows.items():
        cls = plugins.model_class(name)
        assert (set(row["takes"]), set(row["gives"])) == (set(cls.takes), set(cls.gives)), name


def test_the_list_of_tasks_is_what_the_tasks_say(listed: Callable[..., Any]) -> None:
    rows = {row["name"]: row for row in listed("tasks")}
    assert rows["asr_demo"]["modalities"] == ["audio"]
    assert rows["asr_demo"]["access"] == "embedded"
    for name, row in rows.items():
        task = plugins.load_task(name)
        assert task.name == name
        if not isinstance(task, Suite):
            assert task.takes - {"text"} <= set(row["modalities"]), name


def test_every_metric_and_profile_of_the_lists_works(listed: Callable[..., Any]) -> None:
    for row in listed("metrics"):
        try:
            made = scorer(row["name"]).name
        except UsageError as error:  # one that needs arguments says which
            made = row["name"] if "--scorer-arg" in str(error) else str(error)
        assert made == row["name"]
    found: dict[str, set[str]] = {}
    for row in listed("profiles"):
        found.setdefault(row["metric"], set()).add(row["profile"])
    assert found["error_rate"] == set(PROFILES)
    assert all(ExactMatch(name).profile == name for name in found["exact_match"])
    assert all(isinstance(normalize.get(name)("Mr. Brown"), str) for name in found["normalize"])


def test_the_list_of_columns_is_the_published_ones_and_their_tasks(main: Main, listed: Callable[..., Any]) -> None:
    rows = {row["column"]: row for row in listed("columns")}
    assert set(rows) == set(published.columns())
    assert len(rows) > 300
    assert all(row["papers"] for row in rows.values())
    tasks = {row["task"] for row in rows.values() if row["task"]}
    columns = {name: set(columns_of(plugins.load_task(name))) for name in tasks}
    for column, row in rows.items():
        assert row["task"] is None or column in columns[row["task"]], column
    done = sum(row["task"] is not None for row in rows.values())
    assert main("list", "columns").out.endswith(f"\n{done} of {len(rows)} published columns have a task\n")


@pytest.mark.parametrize("kind", ["task", "model"])
def test_every_card_is_shown(kind: str, main: Main) -> None:
    for name, plugin in plugins.plugins(kind).items():
        shown = main("show", kind, name)
        assert (shown.code, shown.err) == (0, "")
        assert shown.out.strip() == plugin.text().strip()
        found = main("show", kind, name, "--json").json
        assert found["name"] == name
        assert found["card"] == plugin.text()
        assert json.loads(json.dumps(found["header"])) == found["header"]


def test_a_card_says_how_it_is_used(main: Main) -> None:
    assert "--model-arg cmd=" in main("show", "model", "command").out
    header = main("show", "task", "asr_demo", "--json").json["header"]
    assert header["columns"] == [f"asr_demo.{name}.wer" for name in ("clean", "noise_10db", "telephone")]
    assert header["protocol"].startswith("error_rate plain")


def test_the_version(evalkit: Callable[..., Any]) -> None:
    done = evalkit("--version")
    assert (done.code, done.out, done.err) == (0, f"evalkit {package.__version__}\n", "")


def test_doctor_finds_versions_machine_keys_and_data(main: Main, monkeypatch: pytest.MonkeyPatch) -> None:
    import numpy

    for name in SECRETS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_TOKEN", "")
    found = main("doctor", "--json").json
    assert set(found) >= {"versions", "machine", "keys", "data"}
    assert found["versions"]["evalkit"] == package.__version__
    assert found["versions"]["numpy"] == numpy.__version__
    assert found["machine"]["cores"] >= 1
    assert all(found["keys"][name].startswith("not set") for name in SECRETS)
    assert set(plugins.plugins("task")) <= set(found["data"])
    assert "clean, noise_10db, telephone" in found["data"]["asr_demo"]
    shown = main("doctor")
    assert (shown.code, shown.err) == (0, "")
    for title, rows in found.items():
        assert f"{title}\n" in shown.out
        for key, value in rows.items():
            assert any(line.split()[:1] == [key] and str(value) in line for line in shown.out.splitlines()), (
                title,
                key,
            )


def test_doctor_tells_parts_that_are_there_missing_or_broken(evalkit: Callable[..., Any], tmp_path: Path) -> None:
    """A torchaudio that does not load takes every processor of transformers with it."""
    pytest.importorskip("torch")
    site = tmp_path / "site"
    (site / "torchaudio").mkdir(parents=True)
    (site / "torchaudio/__init__.py").write_text("raise OSError('libc10_cuda.so: cannot open shared object file')\n")
    info = site / "torchaudio-2.11.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: torchaudio\nVersion: 2.11.0\n")
    found = evalkit("doctor", "--json", env={"PYTHONPATH": str(site)}).json
    parts = found["parts"]
    assert parts["torchaudio"].startswith("2.11.0, installed but broken (OSError: libc10_cuda.so")
    assert "pip uninstall torchaudio" in parts["torchaudio"]
    assert "CUDA" in parts["torch"]
    missing = [line for line in parts.values() if line.startswith("not installed")]
    assert all("pip install -e '" in line and f"{Path(package.__file__).parents[1]}[" in line for line in missing)
    assert found["data"]["mmmb"] == "not released; your own data, with --data"
    assert found["data"]["mmmb_twin"] == "made on first use"
    assert found["data"]["librispeech"].startswith("from the Hub")


def test_doctor_says_where_it_looks_for_data(tmp_path: Path, main: Main, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "EVALKIT_DATA" in main("doctor", "--json").json["data"]["folder"]
    monkeypatch.setenv("EVALKIT_DATA", str(tmp_path))
    assert main("doctor", "--json").json["data"]["folder"] == str(tmp_path)
    (tmp_path / "other").mkdir()
    data = main("doctor", "--data", tmp_path / "other", "--json").json["data"]
    assert data["folder"] == str(tmp_path / "other")
    assert data["librispeech"].startswith("not found")


@pytest.mark.parametrize("place", ["option", "variable"])
def test_doctor_tells_of_a_folder_that_is_not_there(place: str, main: Main, monkeypatch: pytest.MonkeyPatch) -> None:
    if place == "variable":
        monkeypatch.setenv("EVALKIT_DATA", "/nowhere")
    done = main("doctor", *(["--data", "/nowhere"] if place == "option" else []))
    assert "no such folder" in done.out + done.err


def every_output(evalkit: Callable[..., Any], out: Path, task: Path, program: Any) -> Iterator[Any]:
    for words in (
        ["doctor"],
        ["doctor", "--json"],
        ["run", *program.words, "--task", task, "--out", out],
        ["run", "--model", "constant", "--task", task, "--out", out, "--json"],
        ["leaderboard", "--out", out],
        ["show", "model", "command"],
        ["run", "--model", "constant", "--task", "librispeech", "--data", out, "--out", out],
    ):
        yield evalkit(*words, env=SECRETS)


def test_no_key_is_ever_printed_or_kept(
    tmp_path: Path, evalkit: Callable[..., Any], program: Any, write_lines: Callable[..., Path]
) -> None:
    lines = [{"id": "a", "prompt": "x", "reference": "X"}, {"id": "b", "prompt": "die", "reference": ""}]
    task, out = write_lines(tmp_path / "own.jsonl", lines), tmp_path / "out"
    found = list(every_output(evalkit, out, task, program))
    assert [done.code for done in found] == [0, 0, 1, 0, 0, 0, 2], [done.err for done in found]
    assert all(found[1].json["keys"][name].startswith("set") for name in SECRETS)
    assert not [done for done in found if "secret-" in done.out + done.err]
    files = [path for path in out.rglob("*") if path.is_file()]
    assert len(files) >= 8
    assert not [path for path in files if b"secret-" in path.read_bytes()]
    assert b"secret-" not in program.log.read_bytes()


@pytest.fixture
def broken_site(tmp_path: Path) -> dict[str, str]:
    """An installed task whose module needs a package that is not there."""
    info = tmp_path / "site" / "broken-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[evalkit.tasks]\nbroken = broken_task\n")
    (tmp_path / "site" / "broken_task.py").write_text("import package_that_is_not_there\n")
    return {"PYTHONPATH": str(tmp_path / "site")}


def test_doctor_finds_the_plugin_that_cannot_be_imported(
    evalkit: Callable[..., Any], broken_site: dict[str, str]
) -> None:
    done = evalkit("doctor", "--json", "--task", "broken,asr_demo", env=broken_site)
    assert done.code == 0, done.err
    assert "package_that_is_not_there" in done.json["data"]["broken"]
    assert "asr_demo" in done.json["data"], "the others are examined all the same"


def test_doctor_runs_no_code_of_other_packages_unasked(
    evalkit: Callable[..., Any], broken_site: dict[str, str], tmp_path: Path
) -> None:
    mark = tmp_path / "imported"
    (tmp_path / "site" / "broken_task.py").write_text(f"open({str(mark)!r}, 'w')\n")
    done = evalkit("doctor", "--json", env=broken_site)
    assert done.code == 0, done.err
    assert "--task broken" in done.json["data"]["broken"]
    assert not mark.exists()


@pytest.mark.parametrize("words", [["run", "--model", "constant", "--task", "broken"], ["show", "task", "broken"]])
def test_a_plugin_that_cannot_be_imported_is_no_bug_of_evalkit(
    words: list[str], evalkit: Callable[..., Any], broken_site: dict[str, str]
) -> None:
    assert any(row["name"] == "broken" for row in evalkit("list", "tasks", "--json", env=broken_site).json)
    done = evalkit(*words, env=broken_site)
    assert done.code == 2
    assert "package_that_is_not_there" in done.err
    assert "broken" in done.err
    assert "Traceback" not in done.err


def test_the_leaderboard_repeats_the_values_of_the_runs(tmp_path: Path, main: Main) -> None:
    out = tmp_path / "out"
    summaries = {}
    for name, text, more in (("the", "the", []), ("a", "a", ["--limit", 6]), ("old", "the", [])):
        words = [
            "--model",
            "constant",
            "--model-arg",
            f"text={text}",
            "--name",
            name,
            "--task",
            "asr_demo",
            "--out",
            out,
        ]
        summaries[name] = main("run", *words, *more, "--json").json[0]
        if name == "old":
            main("run", *words, "--fresh", "--stage", "generate")  # set aside, and not summarized again
    done = main("leaderboard", "--out", out)
    assert (done.code, done.err) == (0, "")
    rows = [row for row in done.json["rows"] if row["source"] == "run"]
    assert sorted({row["model"] for row in rows}) == ["a", "the"]
    assert len(rows) == 6
    for row in rows:
        column = summaries[row["model"]]["columns"][row["column"]]
        assert {key: row[key] for key in ("value", "low", "high", "strict", "n", "unit", "protocol")} == {
            key: column[key] for key in ("value", "low", "high", "strict", "n", "unit", "protocol")
        }
        assert ("limit 6" in row["marks"]) == (row["model"] == "a")
    for column in {row["column"] for row in rows}:
        values = [row["value"] for row in rows if row["column"] == column]
        assert values == sorted(values), "the lowest error rate first"
    papers = main("leaderboard", "--out", out, "--task", "librispeech").json["rows"]
    assert {row["source"] for row in papers} == {"paper"}
    assert {row["column"] for row in papers} <= set(plugins.load_task("librispeech").columns)
