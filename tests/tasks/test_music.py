"""Music benchmarks on small copies in their published layouts, run by the command line; values worked out by hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from looking_runs import Looking, put, put_lines, tone, values

from evalkit import plugins
from evalkit.core.task import Task
from evalkit.published import numbers as published

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
present = pytest.mark.skipif(not SHARED.is_dir(), reason="the published files are not beside this checkout")
OPTIONS = ["Pop music", "Reggae", "Latin rock", "Ska"]


@pytest.fixture
def bench(main: Callable[..., Any], tmp_path: Path) -> Looking:
    return Looking(main, tmp_path)


def muchomusic(data: Path) -> dict[str, str]:
    """Two questions on one track, one on another, as prepare_prompts.py writes them; the order tells the right one."""
    rows = []
    facts = [
        (415600, [3, 0, 2, 1], "sdd", ["genre and style"], [], "sdd/audio/00/415600.2min.mp3"),
        (415600, [0, 1, 2, 3], "sdd", [], ["melody"], "sdd/audio/00/415600.2min.mp3"),
        ("-kssA-FOzU", [1, 2, 3, 0], "musiccaps", ["mood"], ["rhythm"], "musiccaps/audio/[-kssA-FOzU]-[30-40].wav"),
        ("-kssA-FOzU", [1, 2, 0, 3], "musiccaps", ["mood"], [], "musiccaps/audio/[-kssA-FOzU]-[30-40].wav"),
    ]
    for key, order, source, reasoning, knowledge, path in facts:
        said = "Question: A? \n Options: (A) x \n The correct answer is: A\n Question: What is it?\n Options: (A) Pop music "
        rows.append(
            {"id": key, "prompt": said, "answers": OPTIONS, "answer_orders": order, "dataset": source, "genre": "Reggae",
             "reasoning": reasoning, "knowledge": knowledge, "audio_path": f"data/{path}", "model_output": "A"}
        )  # fmt: skip
        put(data / "muchomusic" / "data" / path, tone(kind="MP3" if path.endswith("mp3") else "WAV"))
    put(data / "muchomusic" / "muchomusic.json", rows)
    return {
        "415600_0": "The correct answer is: B",  # right
        "415600_1": "According to audio, it is pop music",  # A anywhere: right by the official rule, and by ours
        "-kssA-FOzU_2": "Answer: D",  # A and D: unread by the official rule, right by ours
        "-kssA-FOzU_3": "none",
    }


def test_muchomusic(bench: Looking) -> None:
    replies = muchomusic(bench.data)
    code, summary = bench.run(replies, "--task", "muchomusic")
    assert values(summary) == {"muchomusic.acc": 50.0, "muchomusic.robust_acc": 75.0}
    assert (code, summary["counts"]["n_unparsed"], summary["counts"]["n_total"]) == (1, 2, 4)
    parts = bench.asked()["415600_0"]
    assert parts[0][0] == "audio"
    assert parts[1].startswith("What is it?\n(A) Pop music\n(B) Reggae\n(C) Latin rock\n(D) Ska\n")
    groups = {r["group"]: r["value"] for r in summary["results"] if r["breakdown"] == "dimension" and not r["split"]
              and r["protocol"] == "choice:muchomusic"}  # fmt: skip
    assert groups == {"reasoning": 50.0, "knowledge": 100.0, "knowledge+reasoning": 0.0}
    bench.run({}, "--task", "muchomusic")
    assert bench.asked().keys() == set(), "nothing is asked a second time"


def test_muchomusic_as_others_ship_it_and_a_prompt_without_a_question(bench: Looking) -> None:
    folder = bench.data / "muchomusic"
    put(folder / "a.wav", tone())
    row = {
        "audio": "a.wav",
        "question": "Which?",
        "choices": OPTIONS,
        "answer": "B",
        "dataset_name": "sdd",
        "lang": "en",
    }
    put_lines(folder / "muchomusic.jsonl", [row, {**row, "answer": "D"}])
    _, summary = bench.run({"q_0": "Reggae", "q_1": "B"}, "--task", "muchomusic")
    assert values(summary)["muchomusic.acc"] == 50.0
    put_lines(folder / "muchomusic.jsonl", [{**row, "answer": "E"}])
    assert "the answer 'E' is none of the options" in bench.refused("--task", "muchomusic")
    rows = [{"id": 1, "prompt": "Listen.", "answers": OPTIONS, "answer_orders": [0, 1, 2, 3], "dataset": "sdd",
             "audio_path": "a.wav"}]  # fmt: skip
    put(folder / "muchomusic.json", rows)
    assert "no question between 'Question:' and 'Options:'" in bench.refused("--task", "muchomusic")


def rul(data: Path, distractors: int = 4) -> dict[str, Any]:
    items = {
        str(key): {"question": f"Q{key}?", "caption": "c", "correct_answer": f"right {key}", "PI": 0.9,
                   "distractors": [f"wrong {key}.{at}" for at in range(distractors)]}
        for key in (1740, 3)
    }  # fmt: skip
    put(data / "rul_muchomusic" / "RUL-MuchoMusic.json", items)
    for key in items:
        put(data / "rul_muchomusic" / "audio" / f"{key}.mp3", tone(kind="MP3"))
    return items


def test_rul_muchomusic(bench: Looking) -> None:
    rul(bench.data)
    _, summary = bench.run({}, "--task", "rul_muchomusic")
    asked = bench.asked()
    assert set(asked) == {f"{key}#{fold}" for key in (1740, 3) for fold in (1, 2, 3, 4)}
    letters, orders = {}, []
    for key, (_, text) in asked.items():
        item, fold = key.split("#")
        options = [line[4:] for line in text.splitlines() if line[:1] == "("]
        assert set(options) == {f"right {item}"} | {f"wrong {item}.{at}" for at in range(4) if at != int(fold) - 1}
        letters[key] = "ABCD"[options.index(f"right {item}")]
        orders.append(options.index(f"right {item}"))
    assert len(set(orders)) > 1, "the right option moves"
    assert summary["counts"]["n_model_failed"] == 8

    wrong = {key: "ABCD"[("ABCD".index(letter) + 1) % 4] for key, letter in letters.items()}
    replies = {key: f"(A) or (B)? I think [[{letter}]]" for key, letter in letters.items()}
    replies |= {"3#1": f"[[{letters['3#1']}]] no, [[{wrong['3#1']}]]", "3#2": "I cannot tell", "1740#1": "right 1740"}
    code, summary = bench.run(replies, "--task", "rul_muchomusic")
    assert values(summary)["rul_muchomusic.acc"] == pytest.approx((50 + 50 + 100 + 100) / 4)
    assert (code, summary["counts"]["n_unparsed"]) == (1, 1)
    column = summary["columns"]["rul_muchomusic.acc"]
    assert column["n"] == 8
    assert column["low"] <= 75 <= column["high"]

    _, other = bench.run({}, "--task", "rul_muchomusic", "--task-arg", "seed=1")
    assert other["run"] != summary["run"], "the seed of the options is part of the identity"
    again = {key: text for key, (_, text) in bench.asked().items()}
    assert again != {key: text for key, (_, text) in asked.items()}


def test_rul_muchomusic_needs_four_distractors(bench: Looking) -> None:
    rul(bench.data, distractors=3)
    assert "expected a list of 4 distractors" in bench.refused("--task", "rul_muchomusic")


GTZAN = {  # file -> reply, whether it is right
    "blues.00012": ("Blues", True),
    "blues.00013": ("This sounds like jazz, not blues.", False),
    "hiphop.00001": ("hip-hop", True),
    "hiphop.00002": ("It is Hip Hop music", True),
    "rock.00099": ("rockabilly", False),
    "jazz.00054": ("", False),
}


@pytest.mark.parametrize("layout", ["list", "marble"])
def test_gtzan(bench: Looking, layout: str) -> None:
    folder = bench.data / "gtzan"
    names = [f"{key.partition('.')[0]}/{key}.wav" for key in GTZAN]
    for name in names:
        put(folder / ("genres" if layout == "list" else "data/GTZAN/Data/genres_original") / name, tone())
    if layout == "list":
        put(folder / "test_filtered.txt", "\n".join(names) + "\n")
    else:
        rows = [
            {"audio_path": f"data/GTZAN/Data/genres_original/{name}", "label": name.partition("/")[0], "duration": 30.0,
             "sample_rate": 22050, "num_samples": 661500, "bit_depth": None, "channels": 1}
            for name in names
        ]  # fmt: skip
        put_lines(folder / "data/GTZAN/GTZANGenre.test.jsonl", rows)
    code, summary = bench.run({key: said for key, (said, _) in GTZAN.items()}, "--task", "gtzan")
    assert values(summary) == {"gtzan.acc": 50.0, "gtzan.mean_class_acc": None}, "six classes have no item"
    groups = {r["group"]: r["value"] for r in summary["results"] if r["breakdown"] == "genre" and not r["split"]}
    assert groups == {"blues": 50.0, "hiphop": 100.0, "rock": 0.0, "jazz": 0.0}
    assert (code, summary["counts"]["n_unparsed"]) == (1, 2)


@present
def test_gtzan_on_the_real_list_differs_by_class(bench: Looking) -> None:
    """A model that always says rock: 32 of 290, and one class of ten."""
    names = (SHARED / "gtzan" / "test_filtered.txt").read_text().split()
    put(bench.data / "gtzan" / "test_filtered.txt", "\n".join(names) + "\n")
    for name in names:
        put(bench.data / "gtzan" / "genres" / name, b"RIFF")
    replies = {Path(name).stem: "rock" for name in names}
    code, summary = bench.run(replies, "--task", "gtzan", "--model-arg", "decode=false")
    assert code == 0
    assert values(summary) == pytest.approx({"gtzan.acc": 100 * 32 / 290, "gtzan.mean_class_acc": 10.0})
    assert summary["complete"]


TRACKS = {  # tags of a genre track -> reply
    "track_1": (["genre---rock", "genre---hiphop"], "Hip-Hop, rock, polka"),
    "track_2": (["genre---jazz"], '["Jazz", "genre---blues"]'),
    "track_3": (["genre---folk"], "I hear a guitar."),
}


def jamendo(data: Path, rows: Sequence[str] | None = None) -> None:
    head = "TRACK_ID\tARTIST_ID\tALBUM_ID\tPATH\tDURATION\tTAGS"
    lines = [f"{key}\tartist_{at}\talbum_1\t1{at}/{at}.mp3\t93.1\t" + "\t".join(names)
             for at, (key, (names, _)) in enumerate(TRACKS.items())]  # fmt: skip
    text = "\n".join([head, *(lines if rows is None else rows)]) + "\n"
    put(data / "mtg_jamendo/data/splits/split-0/autotagging_genre-test.tsv", text)
    others = {"instrument": "instrument---piano", "moodtheme": "mood/theme---film", "top50tags": "genre---pop"}
    for name, tag in others.items():
        put(
            data / f"mtg_jamendo/data/splits/split-0/autotagging_{name}-test.tsv",
            f"{head}\n{lines[0].rsplit(chr(9), 2)[0]}\t{tag}\n",
        )
    for at in range(len(TRACKS)):
        put(data / f"mtg_jamendo/audio/1{at}/{at}.mp3", tone(kind="MP3"))


def test_mtg_jamendo(bench: Looking) -> None:
    jamendo(bench.data)
    replies = {f"genre/{key}": said for key, (_, said) in TRACKS.items()}
    replies |= {"instrument/track_1": "piano and drums", "mood_theme/track_1": "film", "top50/track_1": "pop/rock"}
    code, summary = bench.run(replies, "--task", "mtg_jamendo")
    found = values(summary)
    # genre: 3 right (rock, hiphop, jazz), 1 extra (blues), 1 missed (folk); polka and the guitar are outside the list
    assert found["mtg_jamendo.genre.micro_f1"] == pytest.approx(100 * 6 / 8)
    assert summary["columns"]["mtg_jamendo.genre.micro_f1"]["strict"] == pytest.approx(100 * 6 / 10)
    assert found["mtg_jamendo.genre.macro_f1"] == pytest.approx(100 * 3 / 87)
    assert found["mtg_jamendo.instrument.micro_f1"] == pytest.approx(100 * 2 / 3)
    assert found["mtg_jamendo.mood_theme.micro_f1"] == 100.0
    assert found["mtg_jamendo.top50.micro_f1"] == pytest.approx(100 * 2 / 3)
    assert (code, summary["counts"]["n_total"]) == (1, 6)
    _, text = bench.asked()["genre/track_1"]
    assert "hiphop" in text and "genre---" not in text
    rates = [r["value"] for r in summary["results"] if r["metric"] == "out_of_vocabulary" and r["split"] == "genre"]
    assert rates == [pytest.approx(100 * 2 / 6)]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("t\ta\tb\t10/0.mp3\t9.5", "knows no item without a tag"),
        ("t\ta\tb\t10/0.mp3", "4 fields, expected 6"),
        (
            "t\ta\tb\t10/0.mp3\t9.5\tgenre---rock\tgenre---polka",
            "tag in \"reference\": unknown 'genre---polka'|genre---polka",
        ),
        ("t\ta\tb\t10/0.mp3\t9.5\tgenre---rock\t", 'tag in "reference"'),
        ("t\ta\tb\t99/9.mp3\t9.5\tgenre---rock", "1 audio files of 1 rows are not below audio"),
    ],
)
def test_rows_of_mtg_jamendo_that_cannot_be(bench: Looking, row: str, message: str) -> None:
    import re

    jamendo(bench.data, [row])
    assert re.search(message, bench.refused("--task", "mtg_jamendo:genre"))


@present
@pytest.mark.parametrize(("split", "name", "positives"), [
    ("genre", "genre", 27_658), ("instrument", "instrument", 12_468), ("mood_theme", "moodtheme", 7_564),
    ("top50", "top50tags", 34_878),
])  # fmt: skip
def test_the_tags_of_mtg_jamendo_are_the_published_ones(split: str, name: str, positives: int) -> None:
    lines = (SHARED / "mtg_jamendo" / f"vocabulary_{name}.tsv").read_text().splitlines()[1:]
    task = plugins.load_task("mtg_jamendo")
    assert isinstance(task, Task)
    assert task.sample.__module__ == "evalkit.data.asking"
    vocabulary = json.loads((plugins.folder("tasks") / "mtg_jamendo" / "tags.json").read_text())[split]
    assert vocabulary == [line.split("\t")[0] for line in lines]
    assert sum(int(line.split("\t")[1]) for line in lines) == positives


CLIPS = {  # clip -> folder, tags, reply
    "2": ("f", ["classical", "no vocals"], "Classical, noVocals"),
    "6": ("d", ["male vocal"], "male voice, polka"),
    "10": ("e", [], "guitar"),
    "11": ("e", [], ""),
    "14": ("c", ["rock"], "rock"),  # of the validation set
}


@pytest.mark.parametrize("layout", ["annotations", "marble"])
def test_magnatagatune(bench: Looking, layout: str) -> None:
    from evalkit.tasks.magnatagatune.layout import TAGS  # type: ignore[import-not-found,unused-ignore]

    folder = bench.data / "magnatagatune"
    path = {key: f"{place}/artist-album-0{key}-track-30-59.mp3" for key, (place, _, _) in CLIPS.items()}
    for name in path.values():
        put(folder / "mp3" / name, tone(kind="MP3"))
    if layout == "annotations":
        names = ["clip_id", "singer", *TAGS, "mp3_path"]
        rows = [[key, "0", *("1" if tag in marked else "0" for tag in TAGS), path[key]]
                for key, (_, marked, _) in CLIPS.items()]  # fmt: skip
        put(
            folder / "annotations_final.csv", "".join("\t".join(f'"{c}"' for c in row) + "\n" for row in [names, *rows])
        )
        ids = {key: key for key in CLIPS}
    else:
        rows = [{"audio_path": f"mp3/{path[key]}", "label": marked, "duration": 29.1, "bitrate": 32}
                for key, (place, marked, _) in CLIPS.items() if place != "c"]  # fmt: skip
        put_lines(folder / "MTT.test.jsonl", rows)
        ids = {key: Path(name).stem for key, name in path.items()}
    replies = {ids[key]: said for key, (_, _, said) in CLIPS.items()}
    code, summary = bench.run(replies, "--task", "magnatagatune")
    assert set(bench.asked()) == {ids[key] for key in ("2", "6", "10", "11")}, "the clip of folder c is no test clip"
    found = values(summary)
    # 2 right, 1 extra (male voice), 1 missed (male vocal); the guitar of a clip without tags is extra in the whole set
    assert found["magnatagatune.samplecnn.micro_f1"] == pytest.approx(100 * 4 / 6)
    assert found["magnatagatune.tags.micro_f1"] == pytest.approx(100 * 4 / 7)
    assert summary["columns"]["magnatagatune.tags.micro_f1"]["strict"] == pytest.approx(100 * 4 / 8)
    assert summary["columns"]["magnatagatune.tags.micro_f1"]["n"] == 4
    assert code == 0
    flags = [r["flags"] for r in summary["results"] if r["split"] is None and r["breakdown"] is None]
    assert flags[0]["empty_reference"] == 2


@present
def test_the_tags_of_magnatagatune_fold_to_the_copied_list() -> None:
    from evalkit.metrics.tags import Vocabulary
    from evalkit.tasks.magnatagatune.layout import TAGS

    vocabulary = Vocabulary(TAGS)
    copied = (SHARED / "magnatagatune" / "top50_tags.txt").read_text().split()
    assert sorted(vocabulary.place(tag) for tag in copied) == list(range(50))  # type: ignore[type-var]


def test_every_music_column_has_its_task() -> None:
    prefixes = ("rul_muchomusic.", "gtzan.", "mtg_jamendo.", "magnatagatune.")
    wanted = {name for name in published.columns() if name.startswith(prefixes)}
    had = {column for name in ("rul_muchomusic", "gtzan", "mtg_jamendo", "magnatagatune")
           for column in plugins.plugin("task", name).header["columns"]}  # fmt: skip
    assert len(wanted) == 7 and wanted <= had
