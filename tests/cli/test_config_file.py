"""`evalkit run --config`: an evaluation as a file, and several models, patterns and plugin files in one command."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Main = Callable[..., Any]
Write = Callable[..., Path]

PLUGIN = '''
from evalkit.authoring import BatchModel, Cell, JsonLines, Response, Task, exact_match, model, task
from evalkit.data import jsonl
from pathlib import Path

FILE = Path(__file__).with_name("quiz.jsonl")


@task("own_quiz", version=1)
def own_quiz(suffix: str = "", times: int = 1) -> Task:
    """A quiz."""
    def sample(row, split):
        made = jsonl.sample(FILE, row)
        made.reference += suffix * times
        return made
    return Task(source=JsonLines(FILE), sample=sample, scorers=[exact_match()], columns={"own_quiz.em": Cell()})


@model("own_echo")
class Echo(BatchModel):
    """Says the prompt back."""
    def __init__(self, mark: str = ""):
        self.mark = mark
    def answer(self, batch):
        return [Response(text=one.messages[-1].text + self.mark) for one in batch]
'''


@pytest.fixture
def folder(tmp_path: Path, write_lines: Write) -> Path:
    write_lines(tmp_path / "quiz.jsonl", [{"id": f"q{n}", "prompt": f"{n}", "reference": f"{n}"} for n in range(4)])
    (tmp_path / "own.py").write_text(PLUGIN)
    return tmp_path


def columns(done: Any) -> list[tuple[str, str, float]]:
    return [(one["model"], one["task"], one["results"][0]["value"]) for one in done.json]


def test_models_tasks_and_settings_are_crossed(main: Main, folder: Path) -> None:
    (folder / "eval.toml").write_text(
        f"""
models = ["constant,text=1", "{folder}/own.py:own_echo"]
tasks = ["{folder}/quiz.jsonl", "{folder}/own.py"]
out = "{folder}/out"
json = true

[[settings]]
limit = "50%"

[[settings]]
seed = 7
task-arg = {{suffix = "!", times = 2}}
"""
    )
    done = main("run", "--config", folder / "eval.toml")
    assert columns(done) == [
        ("constant", "quiz", 50.0), ("constant", "own_quiz", 50.0),
        ("own_echo", "quiz", 100.0), ("own_echo", "own_quiz", 100.0),
        ("constant", "quiz", 25.0), ("constant", "own_quiz", 0.0),
        ("own_echo", "quiz", 100.0), ("own_echo", "own_quiz", 0.0),
    ]  # fmt: skip
    over = main("run", "--config", folder / "eval.toml", "--model", "constant,text=2", "--limit", "2-3", "--seed", 0)
    assert [value for _, _, value in columns(over)] == [50.0, 50.0, 50.0, 0.0]
    assert {one["selection"] for one in over.json} == {"samples 2-3"}


WRONG = {
    "an unknown key": (
        'model = "constant"\ntask = "x"\nlimt = 3',
        "unknown key in {file}: 'limt'. Did you mean limit",
    ),
    "an unknown key of a setting": ("[[settings]]\nsed = 1", "Did you mean seed"),
    "a list where one value belongs": ("seed = [1, 2]", "seed takes one value"),
    "a value of the wrong kind": ('seed = "x"', "seed = 'x' cannot be used"),
    "a choice that is none": ('history = "mine"', "expected one of own, given"),
    "one model where a list belongs": ('models = "constant"', "models is a list"),
    "no TOML": ("seed = ", "is not TOML"),
    "a flag that is no flag": ("fresh = 3", "fresh is true or false"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_is_told_before_anything_runs(main: Main, tmp_path: Path, name: str) -> None:
    text, message = WRONG[name]
    file = tmp_path / "eval.toml"
    file.write_text(text)
    done = main("run", "--config", file, "--model", "constant", "--task", "asr_demo", "--out", tmp_path / "out")
    assert done.code == 2
    assert message.format(file=file) in done.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("typed", ["--limit 1", "--limit=1", "--lim 1"])
def test_the_command_line_goes_before_the_file_however_it_is_typed(main: Main, folder: Path, typed: str) -> None:
    (folder / "eval.toml").write_text(
        f'model = "constant,text=1"\ntask = "{folder}/quiz.jsonl"\nout = "{folder}/out"\nlimit = 3\njson = true\n'
    )
    (summary,) = main("run", "--config", folder / "eval.toml", *typed.split()).json
    assert summary["counts"]["n_total"] == 1


def test_nothing_to_run(main: Main) -> None:
    assert "--model is needed" in main("run", "--task", "asr_demo").err
    assert "--task is needed" in main("run", "--model", "constant").err
    several = main(
        "run", "--model", "constant", "--model", "constant,text=b", "--model-arg", "text=a", "--task", "asr_demo"
    )
    assert several.code == 2
    assert "--model-arg with several models" in several.err


def test_patterns_and_tags_name_tasks(main: Main, tmp_path: Path) -> None:
    words = ["run", "--model", "constant", "--out", tmp_path, "--dry-run", "--json", "--limit", 1]
    done = main(*words, "--task", "asr_d*:clean,asr_demo")
    assert [one["task"] for one in done.json] == ["asr_demo", "asr_demo"]
    assert "no task matches 'asrr*'" in main(*words, "--task", "asrr*").err
    assert "unknown tag of tasks: 'audioo'. Did you mean audio" in main(*words, "--task", "tag:audioo").err


def test_a_plugin_file_is_part_of_the_identity(main: Main, folder: Path) -> None:
    words = ["run", "--model", f"{folder}/own.py:own_echo,mark=?", "--task", f"{folder}/own.py:own_quiz", "--json"]
    first = main(*words, "--out", folder / "out")
    assert columns(first) == [("own_echo", "own_quiz", 0.0)]
    (folder / "own.py").write_text(PLUGIN + "\n# changed\n")
    again = main(*words, "--out", folder / "out")
    assert again.json[0]["run"] != first.json[0]["run"]


def test_an_included_folder_offers_names_without_running_them(main: Main, folder: Path) -> None:
    (folder / "bad.py").write_text('raise SystemExit("ran")\n')
    words = ["--include", folder, "--out", folder / "out", "--json"]
    done = main("run", "--model", "own_echo", "--task", "own_quiz", *words)
    assert columns(done) == [("own_echo", "own_quiz", 100.0)]
    assert "Did you mean own_quiz" in main("run", "--model", "own_echo", "--task", "own_quis", *words).err


FILES = {
    "no such file": ("run --model none.py --task asr_demo", "none.py: cannot be read"),
    "no such name": ("run --model {own}:other --task asr_demo", "registers no model 'other'; it registers: own_echo"),
    "two tasks": ("run --model constant --task {two}", "registers 2 tasks (a, b); name one: {two}:NAME"),
    "none": ("run --model {two} --task asr_demo", "registers no model"),
    "an error inside": ("run --model constant --task {broken}", "broken.py, line 5: does not run: ZeroDivisionError"),
    "no Python": ("run --model constant --task {text}", "is no Python file"),
    "an argument that is not there": ("run --model constant --task {own} --task-arg sufix=x", "Did you mean suffix"),
    "an argument of the wrong kind": ("run --model constant --task {own} --task-arg times=x", "should be a number"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_cannot_be_used_is_explained(main: Main, folder: Path, name: str) -> None:
    words, message = FILES[name]
    head = "from evalkit.authoring import task\n"
    (folder / "two.py").write_text(head + '@task("a")\ndef a(): ...\n@task("b")\ndef b(): ...\n')
    (folder / "broken.py").write_text(head + '@task("a")\ndef a(): ...\n\n1 / 0\n')
    (folder / "text.py").write_text("def (:\n")
    places = {key: str(folder / f"{key}.py") for key in ("own", "two", "broken", "text")}
    done = main(*words.format(**places).split(), "--out", folder / "out")
    assert done.code == 2, done.err
    assert message.format(**places) in done.err


def test_keys_are_read_from_a_file_when_asked(main: Main, folder: Path) -> None:
    (folder / "keys.env").write_text("# keys\nexport OWN_KEY='a b'\nOTHER=1\n")
    (folder / "own.py").write_text(
        PLUGIN.replace("self.mark = mark", "import os\n        self.mark = os.environ['OWN_KEY']")
    )
    done = main("run", "--env-file", folder / "keys.env", "--model", folder / "own.py", "--task", folder / "quiz.jsonl",
                "--out", folder / "out", "--json")  # fmt: skip
    assert done.code == 0, done.err
    lines = next((folder / "out").glob("*/*/*/samples.jsonl")).read_text().splitlines()
    assert json.loads(lines[0])["text"] == "0a b"
    (folder / "keys.env").write_text("SECRET OF MINE\n")
    wrong = main("run", "--env-file", folder / "keys.env", "--model", "constant", "--task", "asr_demo")
    assert wrong.code == 2
    assert "line 1: expected KEY=VALUE" in wrong.err
    assert "SECRET" not in wrong.err
