"""`evalkit metric KIND`: every kind through one mechanism, with any file it may be given."""

from __future__ import annotations

import csv
import gzip
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evalkit.metrics import kinds

Main = Callable[..., Any]
QUESTIONS: list[dict[str, Any]] = [
    {"id": "q1", "choices": ["Rock", "Reggae"], "answer": "Reggae", "response": "B", "mine": {"x": 1}},
    {"id": "q2", "choices": ["Rock", "Reggae"], "answer": 0, "response": "The answer is B."},
    {"id": "q3", "choices": ["Rock", "Reggae"], "answer": "A", "response": "no idea"},
    {"id": "q4", "choices": ["Rock", "Reggae"], "answer": "A", "response": None},
]
READ = [("B", True), ("B", False), (None, False)]


@pytest.fixture
def questions(tmp_path: Path, write_lines: Callable[..., Path]) -> Path:
    return write_lines(tmp_path / "questions.jsonl", QUESTIONS)


def test_one_line_in_one_line_out(
    main: Main, questions: Path, tmp_path: Path, lines_of: Callable[[Path], list[dict[str, Any]]]
) -> None:
    output = tmp_path / "out.jsonl"
    done = main("metric", "choice", "--profile", "robust", "--input", questions, "--output", output)
    assert done.code == 1, "a line was not scored"
    assert done.json == {
        "metric": "choice", "profile": "robust", "unit": "%", "value": 25.0, "low": 0.0, "high": 75.0, "strict": 25.0,
        "correct": 1, "samples": 4, "n_total": 4, "n_scored": 2, "n_unparsed": 1, "n_missing": 1, "n_dropped": 0,
    }  # fmt: skip
    lines = lines_of(output)
    assert [line["id"] for line in lines] == ["q1", "q2", "q3", "q4"]
    assert [(line["parsed"], line["correct"]) for line in lines[:3]] == READ
    assert lines[0]["mine"] == {"x": 1}
    assert lines[3] == QUESTIONS[3], "nothing was read where nothing was said"


def test_dropped_guessed_and_missing_lines_are_counted(
    main: Main, tmp_path: Path, write_lines: Callable[..., Path]
) -> None:
    path = write_lines(tmp_path / "q.jsonl", QUESTIONS)
    done = main("metric", "choice", "--profile", "mmsu@217d1d3", "--input", path).json
    assert (done["value"], done["strict"], done["samples"], done["n_dropped"]) == (50.0, 25.0, 2, 2)
    done = main("metric", "choice", "--profile", "lmms", "--input", path).json
    assert (done["n_unparsed"], done["flags"]) == (1, {"random_fallback": 1})
    assert done["samples"] == 4


def table(rows: list[dict[str, Any]], delimiter: str) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, ["id", "choices", "answer", "response"], delimiter=delimiter, extrasaction="ignore")
    writer.writeheader()
    for row in rows:
        writer.writerow({**row, "choices": "|".join(row["choices"])})
    return text.getvalue()


FORMS: dict[str, tuple[str, Callable[[list[dict[str, Any]]], bytes]]] = {
    "json lines": ("q.jsonl", lambda rows: "".join(json.dumps(row) + "\n" for row in rows).encode()),
    "any ending": ("q.results", lambda rows: "".join(json.dumps(row) + "\n" for row in rows).encode()),
    "windows": ("q.jsonl", lambda rows: b"\xef\xbb\xbf" + "".join(json.dumps(row) + "\r\n" for row in rows).encode()),
    "blank lines": ("q.jsonl", lambda rows: ("\n" + "\n\n".join(json.dumps(row) for row in rows)).encode()),
    "packed": ("q.jsonl.gz", lambda rows: gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode())),
    "packed in secret": ("q.jsonl", lambda rows: gzip.compress("".join(json.dumps(r) + "\n" for r in rows).encode())),
    "csv": ("q.csv", lambda rows: table(rows, ",").encode()),
    "csv of a spreadsheet": ("q.CSV", lambda rows: b"\xef\xbb\xbf" + table(rows, ",").encode()),
    "tsv": ("q.tsv", lambda rows: table(rows, "\t").replace("\r\n", "\n").encode()),
    "packed tsv": ("q.tsv.gz", lambda rows: gzip.compress(table(rows, "\t").encode())),
    "csv with json": (
        "q.csv",
        lambda rows: table(rows, ",").replace("Rock|Reggae", '"[""Rock"", ""Reggae""]"').encode(),
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_file(form: str, main: Main, tmp_path: Path) -> None:
    name, made = FORMS[form]
    rows = [{**row, "answer": "Rock" if row["answer"] == 0 else row["answer"]} for row in QUESTIONS[:3]]
    path = tmp_path / name
    path.write_bytes(made(rows))
    done = main("metric", "choice", "--input", path)
    assert done.code == 1, done.err
    assert (done.json["correct"], done.json["samples"], done.json["n_unparsed"]) == (1, 3, 1)


def test_streams(questions: Path) -> None:
    command = [sys.executable, "-m", "evalkit", "metric", "choice", "--input", "-", "--output", "-"]
    done = subprocess.run(command, input=questions.read_bytes(), capture_output=True, check=False, timeout=60)
    assert done.returncode == 1
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line.get("parsed") for line in lines] == ["B", "B", None, None]
    assert json.loads(done.stderr)["value"] == 25.0
    packed = [*command[:-2], "--format", "tsv"]
    text = gzip.compress(table(QUESTIONS[:1], "\t").encode())
    done = subprocess.run(packed, input=text, capture_output=True, check=False, timeout=60)
    assert json.loads(done.stdout)["value"] == 100.0, done.stderr


@pytest.mark.parametrize("ending", ["csv", "tsv", "csv.gz", "jsonl.gz"])
def test_output_in_the_form_of_its_ending(ending: str, main: Main, questions: Path, tmp_path: Path) -> None:
    output = tmp_path / f"out.{ending}"
    assert main("metric", "choice", "--input", questions, "--output", output).code == 1
    raw = gzip.decompress(output.read_bytes()) if ending.endswith(".gz") else output.read_bytes()
    text = raw.decode()
    if ending.startswith("jsonl"):
        assert [json.loads(line).get("parsed") for line in text.splitlines()] == ["B", "B", None, None]
        return
    rows = list(csv.DictReader(io.StringIO(text), delimiter="\t" if ending == "tsv" else ","))
    assert [row["parsed"] for row in rows] == ["B", "B", "", ""]
    assert json.loads(rows[0]["choices"]) == ["Rock", "Reggae"]
    again = main("metric", "choice", "--input", output)
    assert again.code in (1, 2), "what was written can be read again"


def test_fields_by_other_names(main: Main, tmp_path: Path, write_lines: Callable[..., Path]) -> None:
    rows = [{"opts": ["Rock", "Pop"], "gold": "B", "answer": "A", "model_output": "B", "response": "A", "uuid": "7"}]
    path = write_lines(tmp_path / "q.jsonl", rows)
    keys = ["--choices-key", "opts", "--reference-key", "gold", "--response-key", "model_output", "--id-key", "uuid"]
    assert main("metric", "choice", "--profile", "lmms", *keys, "--input", path).json["value"] == 100.0
    path = write_lines(tmp_path / "p.jsonl", [{"ref": "a b", "hyp": "a c"}])
    done = main("metric", "wer", "--reference-key", "ref", "--hypothesis-key", "hyp", "--input", path)
    assert done.json["value"] == 50.0
    done = main("metric", "wer", "--reference-key", "gold", "--hypothesis-key", "hyp", "--input", path)
    assert (done.code, "line 1" in done.err, "gold" in done.err) == (2, True, True)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'{"choices": ["a", "b"], "answer": "a", "response": "a"}\n{"choices": ["a", "a"], "answer": "a"}', "line 2"),
        (b'{"choices": ["a", "b"], "answer": "a", "response": 3}', "line 1"),
        (b'{"choices": ["a", "b"], "answer": "a", "prediction": "a"}', "--response-key"),
        (b"\n\n[1]", "line 3"),
        (b"nonsense", "line 1"),
        (b"\xff\xfe{", "line 1"),
    ],
)
def test_lines_that_cannot_be_used(content: bytes, told: str, main: Main, tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_bytes(content)
    output = tmp_path / "out.jsonl"
    done = main("metric", "choice", "--input", path, "--output", output)
    assert done.code == 2
    assert str(path) in done.err
    assert told in done.err
    assert not output.exists()
    assert done.out == ""


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"reference,hypothesis\na,b\na\n", "line 3"),
        (b"reference,reference\na,b\n", "header"),
        (b"", "no header"),
        (b'reference,hypothesis\na,"b\n', "line 2"),
        (b"reference,hypothesis\na,\xff\n", "UTF-8"),
    ],
)
def test_tables_that_cannot_be_used(content: bytes, told: str, main: Main, tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_bytes(content)
    done = main("metric", "exact_match", "--input", path)
    assert (done.code, told in done.err, str(path) in done.err) == (2, True, True), done.err


def test_a_table_keeps_its_line_numbers(main: Main, tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_bytes(b'choices,answer,response\n"a|b","a","one\ntwo"\n"a|b","z","a"\n')
    done = main("metric", "choice", "--input", path)
    assert "line 4" in done.err


@pytest.mark.parametrize("path", ["/nowhere/q.jsonl", "."])
def test_files_that_are_not_there(path: str, main: Main) -> None:
    done = main("metric", "choice", "--input", path)
    assert (done.code, path in done.err) == (2, True)


@pytest.mark.parametrize("name", kinds.KINDS)
def test_help_of_every_kind(name: str, main: Main) -> None:
    done = main("metric", name, "--help")
    assert done.code == 0, done.err
    assert "--profile" in done.out
    assert next(iter(kinds.profiles(name))) in done.out
    for key in kinds.options(name):
        assert f"--{key.replace('_', '-')}" in done.out


def test_unknown_names(main: Main, questions: Path) -> None:
    assert main("metric", "choise", "--input", questions).code == 2
    done = main("metric", "choice", "--profile", "mmao", "--input", questions)
    assert (done.code, "mmau" in done.err) == (2, True)


def test_word_and_character_error_rates(main: Main, tmp_path: Path, write_lines: Callable[..., Path]) -> None:
    path = write_lines(
        tmp_path / "p.jsonl", [{"reference": "你好吗", "hypothesis": "你好"}, {"reference": "好", "response": "好"}]
    )
    done = main("metric", "cer", "--language", "zh", "--input", path)
    assert (done.code, done.json["value"], done.json["deletions"], done.json["tokens"]) == (0, 25.0, 1, 4)
    done = main("metric", "wer", "--language", "zh", "--input", path)
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "gives a CER" in done.err


def test_null_hypotheses_and_intervals(main: Main, tmp_path: Path, write_lines: Callable[..., Path]) -> None:
    rows = [{"reference": "a b", "hypothesis": text} for text in ("a b", "a c", "", None)]
    path = write_lines(tmp_path / "p.jsonl", rows)
    done = main("metric", "error_rate", "--input", path)
    assert (done.code, done.json["n_missing"], done.json["n_total"]) == (0, 1, 4)
    assert done.json["low"] <= done.json["value"] <= done.json["high"]
    done = main("metric", "exact_match", "--input", path)
    assert (done.code, done.json["value"], done.json["unit"], done.json["n_missing"]) == (1, 25.0, "%", 1)
    alike = write_lines(tmp_path / "same.jsonl", rows[:1] * 3)
    done = main("metric", "exact_match", "--input", alike)
    assert (done.json["value"], done.json["low"], done.json["high"]) == (100.0, None, None)


def test_the_value_and_interval_of_a_run(main: Main, tmp_path: Path, write_lines: Callable[..., Path]) -> None:
    """Asked or not, the same answers give the same figures."""
    samples = [
        {
            "id": f"q{at}",
            "prompt": "Which?",
            "choices": ["Rock", "Pop"],
            "reference": "AB"[at % 3 % 2],
            "cluster": f"s{at % 7}",
        }
        for at in range(30)
    ]
    task = write_lines(tmp_path / "task.jsonl", samples)
    done = main(
        "run", "--model", "constant", "--model-arg", "text=The answer is B.", "--task", task, "--scorer", "choice:robust",
        "--out", tmp_path / "out", "--json",
    )  # fmt: skip
    assert done.code == 0, done.err
    (result,) = done.json[0]["results"]
    pairs = write_lines(tmp_path / "pairs.jsonl", [{**row, "response": "The answer is B."} for row in samples])
    found = main("metric", "choice", "--input", pairs).json
    assert {key: result[key] for key in ("value", "low", "high", "strict", "unit")} == {
        key: found[key] for key in ("value", "low", "high", "strict", "unit")
    }
    assert result["protocol"] == "choice:robust"


def test_a_thought_is_no_part_of_a_response(main: Main, tmp_path: Path, write_lines: Callable[..., Path]) -> None:
    """As in a run: thoughts name options, refuse and hold references."""
    rows = [
        {"reference": "Paris", "response": "<think>Paris? No: Rome.</think>Rome"},
        {"reference": "Paris", "response": "<think>Paris, I think"},
        {"reference": "Paris", "response": "It is Paris."},
    ]
    path, output = write_lines(tmp_path / "thoughts.jsonl", rows), tmp_path / "out.jsonl"
    done = main("metric", "document", "--profile", "contains", "--input", path, "--output", output).json
    assert (done["value"], done["n_scored"]) == (pytest.approx(100 / 3), 3)
    assert done["flags"] == {"thought_taken_off": 2}
    written = [json.loads(line) for line in output.read_text().splitlines()]
    assert [(row["response"], row["score"]) for row in written] == [
        (rows[0]["response"], 0.0), (rows[1]["response"], 0.0), (rows[2]["response"], 1.0),
    ]  # fmt: skip


def test_what_is_named_holds_whatever_else_a_line_has(
    main: Main, tmp_path: Path, write_lines: Callable[..., Path]
) -> None:
    path = write_lines(tmp_path / "q.jsonl", [{"references": ["x"], "gold": "y", "response": "y"}])
    assert main("metric", "document", "--input", path, "--reference-key", "gold").json["value"] == 100.0
    assert main("metric", "document", "--input", path).json["value"] == 0.0
    assert main("metric", "document", "--input", path, "--reference-key", "references").json["value"] == 0.0


@pytest.mark.parametrize("cell", ["rock|pop", '"[""rock"", ""pop""]"'])
def test_tags_of_a_table(cell: str, main: Main, tmp_path: Path) -> None:
    (tmp_path / "tags.txt").write_text("rock\npop\n")
    path = tmp_path / "q.csv"
    path.write_text(f"reference,response\n{cell},rock\n")
    done = main("metric", "tags", "--vocabulary", tmp_path / "tags.txt", "--input", path).json
    assert done["value"] == pytest.approx(200 / 3)


def test_profiles_of_every_kind_are_listed(main: Main) -> None:
    rows = main("list", "profiles", "--json").json
    for name in kinds.KINDS:
        listed = [row["profile"] for row in rows if row["metric"] == name]
        assert listed == list(kinds.profiles(name))
    assert {row["name"] for row in main("list", "metrics", "--json").json} >= set(kinds.KINDS)


def test_only_the_kind_that_is_asked_for_is_loaded() -> None:
    program = (
        "import sys; from evalkit.cli.main import parser; parser('metric');"
        "print([name for name in sys.modules if name.startswith('evalkit.metrics.')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, timeout=60)
    assert b"choice" not in done.stdout
    assert b"error_rate" not in done.stdout
