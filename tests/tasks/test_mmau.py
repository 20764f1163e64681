"""MMAU: a small copy in the published layout by the command line, and the two real test-mini files by the official rule."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from audio_bench import Bench, clip, columns, put

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "mmau"
Main = Callable[..., Any]
Row = dict[str, Any]
KINDS = ("sound", "music", "speech")
LEVELS = ("easy", "medium", "hard")
OPTIONS = ["Man", "Woman", "Child", "Robot"]

# version.split -> kind -> replies: right, wrong, or no option at all; the last question of a kind is hard
OUTCOMES = {
    "original.test_mini": {"sound": "rw", "music": "rr", "speech": "w"},
    "original.test": {"sound": "r", "music": "w", "speech": "rw"},
    "v05_15_25.test_mini": {"sound": "rrrw", "music": "rwww", "speech": "r-"},
    "v05_15_25.test": {"sound": "rw", "music": "r", "speech": "rrw"},
}
SAID = {"r": "(c) Child", "w": "It is a woman.", "-": "I hear nothing of the kind."}


def row(key: str, kind: str, **more: Any) -> Row:
    return {
        "id": key,
        "audio_id": f"./test-mini-audios/{key}.wav",
        "question": "Who speaks?",
        "choices": OPTIONS,
        "answer": "Child",
        "dataset": "AudioSet",
        "task": kind,
        "split": "test-mini",
        "category": "Reasoning",
        "sub-category": "Speaker",
        "difficulty": "easy",
        **more,
    }


def write(root: Path, name: str, rows: Iterable[Row]) -> Path:
    """A question file with its recordings beside it; the first is stereo, the second has 8 kHz."""
    version, split = name.split(".") if "." in name else (name, "test_mini")
    folder = root / "mmau" / version
    rows = list(rows)
    forms: list[dict[str, int]] = [{"channels": 2, "rate": 44100}, {"rate": 8000}]
    for at, one in enumerate(rows):
        put(folder / one["audio_id"], clip(**(forms[at] if at < len(forms) else {})))
    return put(folder / f"mmau-{split.replace('_', '-')}.json", json.dumps(rows))


def published(root: Path) -> dict[str, str]:
    """All four files; ids are the same in all of them. Gives the replies."""
    replies: dict[str, str] = {}
    for name, kinds in OUTCOMES.items():
        rows = []
        for kind, outcomes in kinds.items():
            for at, outcome in enumerate(outcomes):
                level = "Hard" if at == len(outcomes) - 1 else "easy"  # spelled so before 2024-12-09
                category = "Reasoning" if at else ["Reasoning"]
                rows.append(row(f"{kind}-{at}", kind, category=category, difficulty=level))
                replies[f"{name}/{kind}-{at}"] = SAID[outcome]
        write(root, name, rows)
    return replies


def flags_of(summary: Any, scorer: str) -> dict[str, int]:
    """The counts of what a scorer flagged, over everything."""
    found: dict[str, int] = next(
        result["flags"] for result in summary["results"]
        if result["scorer"] == scorer and result["split"] is None and result["breakdown"] is None
    )  # fmt: skip
    return found


def test_all_splits_by_the_command_line(main: Main, tmp_path: Path) -> None:
    bench = Bench(main, tmp_path, "mmau")
    replies = published(tmp_path)
    code, summary = bench.run(replies)
    found = columns(summary)
    assert not [name for name in found if "hello_chat" in name]
    for name, kinds in OUTCOMES.items():
        for kind, outcomes in kinds.items():
            value = 100 * outcomes.count("r") / len(outcomes)
            assert found[f"mmau.{name}.{kind}"] == pytest.approx(value)
            assert summary["columns"][f"mmau.{name}.{kind}"]["n"] == len(outcomes)
            assert found[f"mmau.{name}.{kind}.no_lead_in"] == pytest.approx(value)
        assert found[f"mmau.{name}.moved_by_lead_in"] == 0
        assert found[f"mmau.{name}.medium"] is None
    sound, music, speech = 75.0, 25.0, 50.0
    assert found["mmau.original.test_mini.avg"] == pytest.approx((50 + 100 + 0) / 3)
    assert found["mmau.v05_15_25.test_mini.avg"] == pytest.approx((333 * sound + 334 * music + 333 * speech) / 1000)
    assert found["mmau.v05_15_25.test.avg"] == pytest.approx((50 + 100 + 200 / 3) / 3)
    assert [found[f"mmau.v05_15_25.test_mini.hard_{kind}"] for kind in KINDS] == [0.0, 0.0, 0.0]
    assert found["mmau.v05_15_25.test_mini.easy"] == pytest.approx(100 * 5 / 7)
    assert summary["columns"]["mmau.v05_15_25.test_mini.sound"]["low"] is not None
    assert (code, summary["counts"]["n_unparsed"]) == (1, 1)
    seconds = {tuple(one["seconds"]) for one in bench.asked().values()}
    assert seconds == {(0.05,)}, "stereo and 8 kHz clips are heard as they are"
    _, again = bench.run({})
    assert bench.asked() == {}
    assert columns(again) == found


def test_one_version_has_the_columns_of_that_version(main: Main, tmp_path: Path) -> None:
    replies = published(tmp_path)
    shutil.rmtree(tmp_path / "mmau" / "original")
    _, summary = Bench(main, tmp_path, "mmau:v05_15_25.test_mini+v05_15_25.test").run(replies)
    assert {name.split(".")[1] for name in columns(summary)} == {"v05_15_25"}


def test_both_rules_and_the_share_that_moves(main: Main, tmp_path: Path) -> None:
    chords = ["C major", "A minor", "G major", "C minor"]
    rows = [row(f"q{at}", "music", choices=chords, answer="C major") for at in range(6)]
    write(tmp_path, "v05_15_25.test_mini", rows)
    said = ["C major", "A. C major", "The correct answer is: (A) C major", "A", "B. A minor", "A minor"]
    replies = {f"v05_15_25.test_mini/q{at}": text for at, text in enumerate(said)}
    bench = Bench(main, tmp_path, "mmau:v05_15_25.test_mini")
    _, summary = bench.run(replies)
    found = columns(summary)
    assert found["mmau.v05_15_25.test_mini.music"] == pytest.approx(100 / 6)
    assert found["mmau.v05_15_25.test_mini.music.no_lead_in"] == pytest.approx(100 * 4 / 6)
    assert found["mmau.v05_15_25.test_mini.all.no_lead_in"] == pytest.approx(100 * 4 / 6)
    assert found["mmau.v05_15_25.test_mini.moved_by_lead_in"] == pytest.approx(50.0)
    assert flags_of(summary, "token_traps")["marker_trap"] == 6


def test_strange_options_and_answers(main: Main, tmp_path: Path) -> None:
    rows = [
        row("twins", "sound", choices=["dog and cat", "cat and dog", "bird"], answer="dog and cat"),
        row("equal", "sound", choices=["thirteen", "twenty", "thirteen"], answer="thirteen"),
        row("marks", "sound", choices=["?!", "...", "a bell"], answer="?!"),
        row("digits", "sound", choices=["1", "2", "12"], answer="12"),
        row("empty", "speech"),
        row("long", "speech"),
        row("lost", "music"),
    ]
    write(tmp_path, "original.test_mini", rows)
    said = {"twins": "cat and dog", "equal": "thirteen", "marks": "silence", "digits": "12", "empty": ""}
    said["long"] = "child " * 10_000
    replies = {f"original.test_mini/{key}": text for key, text in said.items()}
    code, summary = Bench(main, tmp_path, "mmau:original.test_mini").run(replies)
    found = summary["columns"]
    assert found["mmau.original.test_mini.sound"]["value"] == 100.0, "as the official rule says of such options"
    assert found["mmau.original.test_mini.speech"]["value"] == 50.0
    assert found["mmau.original.test_mini.music"]["value"] is None, "nothing was answered there"
    flags = flags_of(summary, "token_traps")
    assert (flags["twin_option"], flags["wordless_answer"]) == (3, 1)  # "?!" and "..." have the same words: none
    assert (code, summary["counts"]["n_model_failed"]) == (1, 1)


def test_withheld_answers_are_asked_and_submitted(main: Main, tmp_path: Path) -> None:
    known = [row(f"q{at}", "sound") for at in range(2)]
    write(tmp_path, "v05_15_25.test_mini", known)
    rows = [{**one, "audio_id": one["audio_id"].replace("test-mini", "test")} for one in known]
    rows[0]["answer"] = ""
    del rows[1]["answer"]
    write(tmp_path, "v05_15_25.test", rows)
    bench = Bench(main, tmp_path, "mmau:v05_15_25.test")
    code, summary = bench.run({"*": "Child"})
    assert code == 0
    assert {flags_of(summary, name)["answer_withheld"] for name in ("choice", "token_traps")} == {2}
    assert {name: value for name, value in columns(summary).items() if value is not None} == {}
    (folder,) = (path.parent for path in (tmp_path / "out").glob("*/*/*/run.json"))
    to = tmp_path / "submission.json"
    done = main("data", "submission", folder, "--format", "mmau", "--to", to, "--partial")  # 2 of 9,000
    assert done.code == 1, done.err
    written = json.loads(to.read_text())
    assert [(one["model_output"], one["model_prediction"]) for one in written] == [("Child", "Child")] * 2
    assert [one["id"] for one in written] == ["q0", "q1"], "as the data call them"
    assert all("answer" not in one and one["choices"] == OPTIONS for one in written)
    assert {"id", "audio_id", "question", "task", "difficulty", "sub-category"} <= set(written[0])


def test_the_hubs_form(main: Main, tmp_path: Path) -> None:
    """One Parquet file: recordings inside, options with letters, the other fields as JSON in a text."""
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    rows = [row("u1", "sound"), row("u2", "music", choices=["(A) is a letter", "Two"], answer="Two", difficulty="hard")]
    held = [
        {
            "context": {"bytes": clip(channels=2), "path": None},
            "instruction": one["question"],
            "choices": [f"({letter}) {text}" for letter, text in zip("ABCD", one["choices"], strict=False)],
            "answer": f"({'ABCD'[one['choices'].index(one['answer'])]}) {one['answer']}",
            "other_attributes": json.dumps({name: one[name] for name in ("id", "task", "difficulty", "category",
                                                                         "sub-category", "dataset")}),
        }
        for one in rows
    ]  # fmt: skip
    (tmp_path / "mmau").mkdir()
    pq.write_table(pa.Table.from_pylist(held), tmp_path / "mmau" / "test_mini.parquet")
    bench = Bench(main, tmp_path, "mmau:v05_15_25.test_mini")
    code, summary = bench.run({"v05_15_25.test_mini/u1": "Child", "v05_15_25.test_mini/u2": "(A) is a letter"})
    found = columns(summary)
    assert code == 0
    assert (found["mmau.v05_15_25.test_mini.sound"], found["mmau.v05_15_25.test_mini.hard_music"]) == (100.0, 0.0)
    assert bench.asked()["v05_15_25.test_mini/u2"]["text"].endswith("(a) (A) is a letter\n(b) Two")


def test_questions_are_exported_though_their_answers_are_withheld(main: Main, tmp_path: Path) -> None:
    write(tmp_path, "original.test", [{**row("q", "sound"), "answer": None}])
    done = main("data", "export", "mmau:original.test", "--to", tmp_path / "to", "--data", tmp_path)
    assert done.code == 0, done.err
    (line,) = (tmp_path / "to/questions.jsonl").read_text().splitlines()
    assert json.loads(line)["choices"] == OPTIONS


@pytest.mark.parametrize(("key", "value"), [("model_output", 100.0), ("model_prediction", 0.0)])
def test_an_official_result_file_is_scored_as_it_is(main: Main, tmp_path: Path, key: str, value: float) -> None:
    """Rows of the question file with both keys, and other texts in them, as third parties ship them; ids are bare."""
    rows = [row(f"q{at}", "sound") for at in range(3)]
    write(tmp_path, "v05_15_25.test_mini", rows)
    told = [{**one, "model_output": "Child", "model_prediction": "The answer is: Man"} for one in reversed(rows)]
    file = put(tmp_path / "official.json", json.dumps(told))
    words = ("score", "--responses", file, "--name", "other", "--data", tmp_path, "--out", tmp_path / "out", "--json")
    done = main(*words, "--task", "mmau:v05_15_25.test_mini", "--response-key", key)
    assert done.code == 0, done.err
    (summary,) = json.loads(done.out)
    assert columns(summary)["mmau.v05_15_25.test_mini.sound"] == value
    done = main(*words, "--task", "mmau:v05_15_25.test_mini")
    assert done.code == 2, "which of the two keys?"
    write(tmp_path, "original.test_mini", rows)
    done = main(*words, "--task", "mmau:v05_15_25.test_mini+original.test_mini", "--response-key", key)
    assert (done.code, "ids that no sample has" in done.err) == (2, True), "which of the two versions?"


def test_versions_with_the_same_ids_make_no_submission(main: Main, tmp_path: Path) -> None:
    for name in ("v05_15_25.test_mini", "original.test_mini"):
        write(tmp_path, name, [row("q", "sound")])
    bench = Bench(main, tmp_path, "mmau:v05_15_25.test_mini+original.test_mini")
    bench.run({"*": "Child"})
    (folder,) = (path.parent for path in (tmp_path / "out").glob("*/*/*/run.json"))
    done = main("data", "submission", folder, "--format", "mmau", "--to", tmp_path / "x.json", "--partial")
    assert done.code == 2
    assert "splits with the same ids" in done.err


FAULTS: dict[str, tuple[Row | None, str]] = {
    "answer that is no option": ({"answer": "Dog"}, "1 of 3 rows have an answer that is none of their options"),
    "no answer": ({"answer": ""}, "no answer"),
    "no list of options": ({"choices": "Man, Woman"}, "must be a list of options"),
    "one option": ({"choices": ["Child"]}, "expected at least two"),
    "unknown task": ({"task": "smell"}, "'smell' is none of sound, music, speech"),
    "unknown difficulty": ({"difficulty": "tough"}, "'tough' is none of easy, medium, hard"),
    "category of two": ({"category": ["a", "b"]}, "expected one category"),
    "no recording": (None, "1 audio files of 3 rows are not beside the file"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_faults_are_refused_in_one_sentence(main: Main, tmp_path: Path, name: str) -> None:
    change, told = FAULTS[name]
    path = write(
        tmp_path, "original.test_mini", [row("a", "sound"), row("b", "sound"), {**row("c", "music"), **(change or {})}]
    )
    if change is None:
        (path.parent / "test-mini-audios" / "c.wav").unlink()
    bench = Bench(main, tmp_path, "mmau:original.test_mini")
    done = bench.tried({"*": "Child"})
    assert done.code == 2
    assert told in done.err
    assert len(done.err.strip().splitlines()) == 1
    assert bench.asked() == {}


def test_the_files_of_may_2025_are_recognised(main: Main, tmp_path: Path) -> None:
    rows = [row(f"q{at}", "sound", answer="Dog" if at < 147 else "Child") for at in range(200)]
    put(tmp_path / "mmau/v05_15_25/mmau-test-mini.json", json.dumps(rows))
    done = Bench(main, tmp_path, "mmau:v05_15_25.test_mini").tried({})
    assert done.code == 2
    assert "147 of 200 rows" in done.err
    assert "faulty files of 2025-05-15" in done.err
    assert "f0a4a97" in done.err


def test_hello_chats_subset_is_a_file_of_ones_own(main: Main, tmp_path: Path) -> None:
    write(tmp_path, "hello_chat_subset", [row(f"q{at}", "sound") for at in range(4)])
    replies = {f"hello_chat_subset/q{at}": "Child" if at else "Man" for at in range(4)}
    _, summary = Bench(main, tmp_path, "mmau_hello_chat_subset").run(replies)
    column = summary["columns"]["mmau.hello_chat_subset.acc"]
    assert (column["value"], column["printed"]) == (0.75, "0.750")


# The official evaluation.py as the protocol describes it, written anew for this test.


def right(row: Row, said: str) -> bool:
    def tokens(text: str) -> set[str]:
        return set(re.findall(r"\b\w+\b", text.lower()))

    given, wanted = tokens(said), tokens(row["answer"])
    wrong = set().union(*(tokens(option) for option in row["choices"] if tokens(option) != wanted)) - wanted
    return bool(given) and wanted <= given and not given & wrong


def official(rows: list[Row], key: str) -> dict[str, float]:
    """Accuracy, %, in all and by each value of three fields; rows without the key are passed over."""
    hits: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for one in rows:
        if key not in one:
            continue
        for group in ("all", *(f"{name}={one[name]}" for name in ("task", "difficulty", "sub-category"))):
            seen[group] += 1
            hits[group] += right(one, one[key])
    return {group: 100 * hits[group] / seen[group] for group in seen}


def lettered(row: Row) -> str:
    return f"({'ABCDEFGH'[row['choices'].index(row['answer'])]}) {row['answer']}"


MODELS: dict[str, Callable[[Row], str]] = {
    "constant": lambda row: "The man speaks.",
    "oracle": lambda row: str(row["answer"]),
    "lettered": lettered,
    "led in": lambda row: f"The correct answer is: {row['answer']}",
}
TOTALS = {  # version -> model -> accuracy by the official rule, and without lead-in
    "original": {"oracle": (100.0, 100.0), "lettered": (96.5, 100.0), "led in": (92.8, 100.0)},
    "v05_15_25": {"oracle": (100.0, 100.0), "lettered": (96.7, 100.0), "led in": (90.7, 100.0)},
}


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The two real files, without recordings."""
    folder = tmp_path_factory.mktemp("mmau")
    for version, name in (("original", "original"), ("v05_15_25", "v05.15.25")):
        path = DATA / f"mmau-test-mini.{name}.json"
        if not path.is_file():
            pytest.skip(f"{path} is not there")
        put(folder / "mmau" / version / "mmau-test-mini.json", path.read_bytes())
    return folder


def rows_of(folder: Path, version: str) -> list[Row]:
    rows: list[Row] = json.loads((folder / "mmau" / version / "mmau-test-mini.json").read_bytes())
    return rows


@pytest.mark.parametrize("model", MODELS)
def test_the_real_files_score_as_the_official_program_does(main: Main, real: Path, model: str) -> None:
    rows = {version: rows_of(real, version) for version in TOTALS}
    said = {f"{version}.test_mini/{one['id']}": MODELS[model](one) for version, some in rows.items() for one in some}
    bench = Bench(main, real, "mmau:original.test_mini+v05_15_25.test_mini")
    summary = bench.scored(said, model.replace(" ", "-"))
    found = summary["columns"]
    for version, some in rows.items():
        expected = official([{**one, "model_output": MODELS[model](one)} for one in some], "model_output")
        at = f"mmau.{version}.test_mini"
        for kind in KINDS:
            assert found[f"{at}.{kind}"]["value"] == pytest.approx(expected[f"task={kind}"])
            assert found[f"{at}.{kind}"]["n"] == {"music": 334}.get(kind, 333)
        for level in LEVELS:
            assert found[f"{at}.{level}"]["value"] == pytest.approx(expected[f"difficulty={level}"])
        assert found[f"{at}.avg"]["value"] == pytest.approx(expected["all"], abs=0.02)
        groups = {
            result["group"]: result["value"] for result in summary["results"]
            if result["breakdown"] == "sub-category" and result["split"] == f"{version}.test_mini"
            and result["protocol"] == "choice:mmau"
        }  # fmt: skip
        assert len(groups) == 27
        for group, value in groups.items():
            assert value == pytest.approx(expected[f"sub-category={group}"])
        if model in TOTALS[version]:
            faithful, bare = TOTALS[version][model]
            assert expected["all"] == pytest.approx(faithful)
            assert found[f"{at}.all.no_lead_in"]["value"] == pytest.approx(bare)
            assert found[f"{at}.moved_by_lead_in"]["value"] == pytest.approx(bare - faithful)
    assert flags_of(summary, "token_traps")["marker_trap"] == 35 + 33


def test_a_real_file_in_the_others_folder_is_refused(main: Main, real: Path, tmp_path: Path) -> None:
    wrong = real / "mmau" / "v05_15_25" / "mmau-test-mini.json"
    put(tmp_path / "mmau/original/mmau-test-mini.json", wrong.read_bytes())
    done = main("data", "export", "mmau:original.test_mini", "--to", tmp_path / "to", "--data", tmp_path)
    assert done.code == 2
    assert "these are the questions of v05_15_25.test_mini" in done.err
