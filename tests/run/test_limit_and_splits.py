"""Which samples a command is about: `--limit`, `NAME:SPLIT+SPLIT`, and where registered tasks find their data."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from in_memory import Says, run, task

from evalkit.core.errors import DataError
from evalkit.core.sample import GREEDY
from evalkit.run.plan import Plan
from evalkit.run.selection import parse_limit

Main = Callable[..., Any]
SPLITS = ("clean", "noise_10db", "telephone")
SIZE = 36  # utterances of asr_demo in each condition

CORPUS = '''
"""Words in a folder, one split a file."""
from evalkit.authoring import Cell, DataError, Row, Rows, Sample, Source, Task, exact_match, task, user


class Found(Rows):
    cheap = True

    def __init__(self, folder, splits):
        self.splits, self.location, self.revision = splits, str(folder), (folder / "version").read_text().strip()
        self.folder = folder

    def read(self, split):
        for number, word in enumerate((self.folder / split).read_text().split()):
            yield {"id": f"{split}{number}", "word": word}


class Words(Source):
    splits = ("few", "many")

    def locate(self, data, revision=None):
        if data is None or not (data / "words").is_dir():
            raise DataError("words", f"not below {data}; give --data or set EVALKIT_DATA")
        return Found(data / "words", tuple(name for name in self.splits if (data / "words" / name).exists()))


@task("words")
def words():
    return Task(
        source=Words(),
        sample=lambda row, split: Sample(row["id"], (user(row["word"]),), row["word"].upper()),
        scorers=[exact_match()],
        columns={"words.few": Cell("few"), "words.all": Cell()},
    )
'''


@pytest.fixture
def demo(tmp_path: Path, main: Main) -> Callable[..., Any]:
    """Runs a model that always says "the" on asr_demo; returns the summary."""

    def run(task: str, *words: object) -> Any:
        done = main("run", "--model", "constant", "--model-arg", "text=the", "--task", task, "--out", tmp_path / "out",
                    "--json", *words)  # fmt: skip
        assert done.code == 0, done.err
        return done.json[0]

    return run


def sizes(summary: Mapping[str, Any]) -> dict[str | None, int]:
    return {r["split"]: r["counts"]["n_total"] for r in summary["results"] if r["breakdown"] is None}


@pytest.mark.parametrize(
    ("limit", "shares"),
    [(1, (1, 0, 0)), (2, (1, 1, 0)), (3, (1, 1, 1)), (7, (3, 2, 2)), (100, (34, 33, 33)), (109, (SIZE, SIZE, SIZE))],
)
def test_a_limit_is_shared_over_the_splits(limit: int, shares: tuple[int, ...], demo: Callable[..., Any]) -> None:
    summary = demo("asr_demo", "--limit", limit)
    given: dict[str | None, int] = dict(zip(SPLITS, shares, strict=True))
    assert sizes(summary) == {None: sum(shares), **given}
    assert summary["counts"]["n_total"] == summary["counts"]["n_scored"] == sum(shares)
    assert summary["complete"] is True
    for split, share in zip(SPLITS, shares, strict=True):
        column = summary["columns"][f"asr_demo.{split}.wer"]
        assert column["n"] == share
        assert (column["value"] is None) == (share == 0), "nothing asked has no value, not a perfect one"


def test_a_limit_takes_the_first_samples_of_each_split_and_a_larger_one_adds_to_them(
    tmp_path: Path, main: Main, program: Any
) -> None:
    words = ["run", *program.words, "--task", "asr_demo", "--out", tmp_path / "out", "--limit"]
    asked = []
    for limit in (6, 12, 5):
        assert main(*words, limit).code == 0
        asked.append(program.asked())
    assert Counter(key.partition("_")[2] for key in asked[0]) == dict.fromkeys(SPLITS, 2)
    assert asked[1][:6] == asked[0]
    assert len(set(asked[1])) == 12
    assert asked[2] == asked[1], "a smaller one asks nothing"


def test_a_share_is_of_the_number_as_it_is_written() -> None:
    made = task({"a": [{"id": str(n)} for n in range(10_000)]})
    rows = made.source.locate(None)
    sizes = {share: Plan(made, rows, ("a",), parse_limit(share), 0, GREEDY).quota(0) for share in ("0.57%", "0.001%")}
    assert sizes == {"0.57%": 57, "0.001%": 1}


@pytest.mark.parametrize("limit", [None, "5-9"])
@pytest.mark.parametrize("cheap", [True, False])
def test_nothing_to_ask_is_no_complete_run(cheap: bool, limit: str | None, tmp_path: Path) -> None:
    model = Says()
    with pytest.raises(DataError, match="there is no sample; nothing to evaluate"):
        run(model, task({"a": [{"id": "q", "reference": "yes"}] if limit else []}, cheap=cheap), tmp_path, limit=limit)
    assert model.asked == []


def test_some_splits(demo: Callable[..., Any]) -> None:
    summary = demo("asr_demo:telephone+clean")
    assert summary["splits"] == ["clean", "telephone"], "in the task's order"
    assert sizes(summary) == {None: 2 * SIZE, "clean": SIZE, "telephone": SIZE}
    assert set(summary["columns"]) == {"asr_demo.clean.wer", "asr_demo.telephone.wer"}
    one = demo("asr_demo:telephone", "--limit", 5)
    assert sizes(one) == {None: 5}
    assert set(one["columns"]) == {"asr_demo.telephone.wer"}
    assert demo("asr_demo:clean+clean", "--limit", 4)["counts"]["n_total"] == 4


def test_splits_asked_for_one_by_one_add_up_to_the_whole(tmp_path: Path, main: Main, program: Any) -> None:
    words = ["run", *program.words, "--out", tmp_path / "parts", "--json", "--task"]
    directories = set()
    for split in SPLITS[::-1]:
        done = main(*words, f"asr_demo:{split}")
        directories.add(done.json[0]["directory"])
        assert done.json[0]["counts"]["n_total"] == SIZE
    done = main(*words, "asr_demo")
    assert directories == {done.json[0]["directory"]}
    assert len(program.asked()) == 3 * SIZE, "the whole asks nothing again"
    program.log.unlink()
    whole = main("run", *program.words, "--out", tmp_path / "whole", "--task", "asr_demo", "--json")
    read = [Path(found.json[0]["directory"], "summary.json").read_bytes() for found in (done, whole)]
    assert read[0] == read[1]


@pytest.mark.parametrize(
    ("task", "words"),
    [
        ("asr_demo:clen", ["clen", "Did you mean clean"]),
        ("asr_demo:clean+", ["''", "clean, noise_10db, telephone"]),
        ("asr_demo:clean,telephone", ["telephone", "task"]),
        ("asr_demo:all", ["all", "clean, noise_10db, telephone"]),
        ("asr_demo:Clean", ["Clean", "clean"]),
    ],
)
def test_an_unknown_split_names_the_known_ones(task: str, words: list[str], tmp_path: Path, main: Main) -> None:
    done = main("run", "--model", "constant", "--task", task, "--out", tmp_path / "out")
    assert done.code == 2
    assert all(word in done.err for word in words), done.err
    assert not (tmp_path / "out").exists()


@pytest.fixture
def site(tmp_path: Path) -> dict[str, str]:
    """An installed task whose data a user must have; the variables that make it known."""
    info = tmp_path / "site" / "words-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: words\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[evalkit.tasks]\nwords = words_task\n")
    (tmp_path / "site" / "words_task.py").write_text(CORPUS)
    for folder, version, splits in (
        ("mirror", "1", {"few": "one two", "many": "three four five"}),
        ("other", "2", {"few": "uno dos", "many": "tres"}),
        ("half", "1", {"few": "one two"}),
    ):
        place = tmp_path / folder / "words"
        place.mkdir(parents=True)
        (place / "version").write_text(version)
        for name, text in splits.items():
            (place / name).write_text(text)
    return {"PYTHONPATH": str(tmp_path / "site")}


@pytest.fixture
def words(tmp_path: Path, site: dict[str, str], evalkit: Callable[..., Any]) -> Callable[..., Any]:
    def run(*more: object, folder: str | None = None, task: str = "words") -> Any:
        env = site if folder is None else {**site, "EVALKIT_DATA": folder}
        return evalkit(
            "run",
            "--model",
            "constant",
            "--task",
            task,
            "--out",
            tmp_path / "out",
            "--json",
            *more,
            env=env,
            cwd=tmp_path,
        )

    return run


def test_data_come_from_the_option_or_the_variable(words: Callable[..., Any], tmp_path: Path) -> None:
    by_option = words("--data", tmp_path / "mirror").json[0]
    by_variable = words(folder=str(tmp_path / "mirror")).json[0]
    relative = words(folder="mirror").json[0]
    assert by_option == by_variable
    assert relative["directory"] == by_option["directory"]
    assert by_option["counts"]["n_total"] == 5
    record = json.loads(Path(by_option["directory"], "run.json").read_text())
    assert record["data_location"] == str(tmp_path / "mirror" / "words")
    both = words("--data", tmp_path / "other", folder=str(tmp_path / "mirror")).json[0]
    assert (both["data_revision"], both["counts"]["n_total"]) == ("2", 3), "the option is stronger"
    assert both["directory"] != by_option["directory"]


@pytest.mark.parametrize("folder", [None, "", "nowhere", "site"])
def test_data_that_are_not_there(folder: str | None, words: Callable[..., Any], tmp_path: Path) -> None:
    done = words(folder=folder)
    assert done.code == 2
    assert "--data" in done.err
    assert folder is None or folder in done.err
    assert not (tmp_path / "out").exists()


def test_a_mirror_that_lacks_a_split(words: Callable[..., Any], tmp_path: Path) -> None:
    done = words("--data", tmp_path / "half")
    assert done.code == 2
    assert "no data for split many" in done.err
    assert "--task words:few" in done.err
    some = words("--data", tmp_path / "half", task="words:few")
    assert some.code == 0, some.err
    assert some.json[0]["counts"]["n_total"] == 2
    assert set(some.json[0]["columns"]) == {"words.few"}, "a column of all splits needs all of them"


def test_a_column_of_all_splits_needs_all_of_them(words: Callable[..., Any], tmp_path: Path) -> None:
    assert set(words("--data", tmp_path / "mirror").json[0]["columns"]) == {"words.few", "words.all"}
    assert set(words("--data", tmp_path / "mirror", task="words:many").json[0]["columns"]) == set()
