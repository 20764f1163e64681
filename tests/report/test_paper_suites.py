"""Suites of papers and areas: made of the tasks that have the columns, checked before they begin, ended by tables."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evalkit import plugins
from evalkit.core.errors import UnknownNameError, UsageError
from evalkit.published import numbers as published
from evalkit.published.areas import area, areas, makers
from evalkit.published.paper_suites import paper_suite
from evalkit.published.settling import settle_suite

sys.path.insert(0, str(Path(__file__).parents[1] / "tasks"))
from looking_runs import Looking, put, put_lines, tone


def test_every_published_column_is_in_an_area_of_its_paper() -> None:
    for paper in published.papers():
        whole = area(paper)
        parts = {column for one in areas() if one.paper == paper and one.name for column in one.columns}
        assert parts == set(whole.columns), paper
        assert all(one.columns for one in areas() if one.paper == paper)


def test_a_suite_has_the_tasks_and_splits_of_its_columns() -> None:
    music = paper_suite("qwen3-omni:music")
    assert dict(music.members) == {
        "rul_muchomusic": (), "gtzan": (), "mtg_jamendo": (), "magnatagatune": ()
    }  # fmt: skip
    asr = paper_suite("covo-audio:asr")
    assert asr.members["librispeech"] == ("test_clean", "test_other")
    assert "covo_asr_suite" not in asr.members, "an average of members' columns needs no member of its own"
    assert "covo_asr_suite.avg.wer" in settle_suite(asr).columns
    assert asr.members["fleurs"] == ("cmn_hans_cn", "en_us")
    assert paper_suite("covo-audio:translation").members == {"covost2": ("en_zh", "zh_en")}
    assert set(paper_suite("qwen3-omni:music", without=("gtzan",)).members) == set(music.members) - {"gtzan"}


@pytest.mark.parametrize("word", [one.word for one in areas()])
def test_a_suite_gives_every_column_that_a_task_has(word: str) -> None:
    found = area(word)
    had = {column for column in found.columns if column in makers()}
    if not had:
        with pytest.raises(UsageError, match="no task has any of its"):
            paper_suite(word)
        return
    settled = settle_suite(paper_suite(word))
    assert had <= {*settled.columns, *settled.inner_columns()}


def test_a_suite_grows_with_the_tasks_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A card that names a column makes its task a member."""
    known = dict(plugins.plugins("task"))
    card = known["gtzan"]
    header = {**card.header, "columns": ["meld.emotion.acc"]}
    known["new_one"] = plugins.Plugin("task", "new_one", card.module, header, card.card)
    monkeypatch.setattr(plugins, "plugins", lambda kind: known if kind == "task" else {})
    assert area("interactive-omni:audio").makers()["meld.emotion.acc"] == ("meld", "new_one")


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("qwen3-omni:musik", "area of qwen3-omni: unknown 'musik'.*music"),
        ("qwen-omni", "paper of --suite: unknown 'qwen-omni'.*qwen3-omni"),
        ("qwen3-omni:music:x", "area of qwen3-omni: unknown 'music:x'"),
    ],
)
def test_unknown_suites(word: str, message: str) -> None:
    with pytest.raises(UnknownNameError) as caught:
        paper_suite(word)
    import re

    assert re.search(message.replace("unknown ", ".*"), str(caught.value).replace("\n", " "))
    with pytest.raises(UnknownNameError, match="gtzam"):
        paper_suite("qwen3-omni:music", without=("gtzam",))


def music(data: Path) -> dict[str, str]:
    """Small copies of two of the four music benchmarks."""
    put(data / "gtzan" / "test_filtered.txt", "blues/blues.00012.wav\nrock/rock.00001.wav\n")
    for name in ("blues/blues.00012.wav", "rock/rock.00001.wav"):
        put(data / "gtzan" / "genres" / name, tone())
    items = {"7": {"question": "Q?", "correct_answer": "yes", "distractors": ["a", "b", "c", "d"], "PI": 0.9}}
    put(data / "rul_muchomusic" / "RUL-MuchoMusic.json", items)
    put(data / "rul_muchomusic" / "7.mp3", tone(kind="MP3"))
    rows = [
        {"audio_path": "f/a-b-01-t-0-29.mp3", "label": ["rock"]},
        {"audio_path": "f/a-b-02-t-0-29.mp3", "label": []},
    ]
    put_lines(data / "magnatagatune" / "MTT.test.jsonl", rows)
    for row in rows:
        put(data / "magnatagatune" / str(row["audio_path"]), tone(kind="MP3"))
    return {"blues.00012": "blues", "rock.00001": "jazz", **{f"7#{fold}": "yes" for fold in (1, 2, 3, 4)},
            "a-b-01-t-0-29": "rock, guitar", "a-b-02-t-0-29": ""}  # fmt: skip


def test_a_suite_from_its_refusal_to_its_table(main: Callable[..., Any], tmp_path: Path) -> None:
    bench = Looking(main, tmp_path)
    replies = music(bench.data)
    message = bench.refused("--suite", "qwen3-omni:music")
    assert "suite 'qwen3-omni:music': 1 of its tasks cannot run; --without mtg_jamendo does without" in message
    assert "no copy of 'mtg_jamendo' found" in message

    words = ("--suite", "qwen3-omni:music", "--without", "mtg_jamendo")
    lost = {key: said for key, said in replies.items() if key != "rock.00001"}
    done = bench.call(lost, *words)
    assert done.code == 1, done.err
    assert len(bench.asked()) == 8
    done = bench.call(replies, *words)
    assert (done.code, set(bench.asked())) == (0, {"rock.00001"}), "the whole is gone on with where it stopped"
    done = bench.call({}, *words)
    assert (done.code, bench.asked()) == (0, {}), done.err
    assert done.out.count("Table 8: Music understanding") == done.out.count("Table 18: Music understanding") == 1
    table = done.out[done.out.index("Table 8") :]
    assert table.splitlines()[2].endswith("looking")
    own = {line.split()[0]: line.split()[-1].partition("[")[0] for line in table.splitlines()[4:11]}
    assert (own["RUL-MuchoMusic"], own["GTZAN"], own["MagnaTagATune"], own["MTG"]) == ("100.0", "50.0", "66.7", "-")
    assert "--with-run" in done.out

    done = bench.call({}, *words, "--json")
    assert {summary["task"] for summary in done.json} == {
        "gtzan",
        "rul_muchomusic",
        "magnatagatune",
        "qwen3-omni:music",
    }
    done = bench.call({}, *words, "--dry-run")
    assert done.code == 0, done.err
    done = bench.call({}, *words, "--stage", "generate")
    assert (done.code, "Table 8" in done.out) == (0, False), "no summary, no table"
    assert "--task-arg is for one task" in bench.refused(*words, "--task-arg", "seed=1")


@pytest.mark.parametrize("kind", ["text", "csv", "json", "latex", "markdown", "html"])
def test_table_8_with_a_run_in_every_format(kind: str, main: Callable[..., Any], tmp_path: Path) -> None:
    bench = Looking(main, tmp_path)
    replies = music(bench.data)
    assert bench.call(replies, "--task", "gtzan,rul_muchomusic,magnatagatune").code == 0
    done = main("table", "--paper", "qwen3-omni", "--table", "8", "--format", kind, "--with-run", tmp_path / "out")
    assert done.code == 0, done.err
    assert "looking" in done.out.lower()
    for value in ("100.0", "50.0", "66.7"):
        assert value in done.out
    if kind == "json":
        records = json.loads(done.out)
        assert records


def test_a_model_that_cannot_see_is_told_before_the_first_task(main: Callable[..., Any], tmp_path: Path) -> None:
    put(tmp_path / "deaf.py", "from evalkit.authoring import BatchModel, Response, model\n\n@model('deaf', takes=('text',))\n"
        "class Deaf(BatchModel):\n    def answer(self, batch):\n        return [Response(text='A') for _ in batch]\n")  # fmt: skip
    done = main("run", "--suite", "qwen3-omni:omni", "--model", tmp_path / "deaf.py", "--data", tmp_path)
    assert done.code == 2
    assert "suite 'qwen3-omni:omni': 3 of its tasks cannot run" in done.err
    done = main("run", "--task", "gtzan", "--without", "gtzan", "--model", "constant", "--model-arg", "text=x")
    assert (done.code, "--without leaves out members of a --suite" in done.err) == (2, True)


def test_list_suites(main: Callable[..., Any]) -> None:
    done = main("list", "suites", "--json")
    rows = {row["suite"]: row for row in done.json}
    assert rows["qwen3-omni:music"]["columns"] == "7 of 7"
    assert rows["qwen3-omni:omni"]["tasks"] == ["worldsense", "daily_omni", "video_holmes"]
    assert set(rows) == {one.word for one in areas()}
