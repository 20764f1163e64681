"""Rubric files: what is refused, where it says so, and what a hash is a hash of."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from judging_kit import BODY, HEADER, Oracle, answered, rubric_text

from evalkit import plugins
from evalkit.core.errors import DataError, EvalkitError, UnknownNameError, UsageError
from evalkit.judging.judge import JudgeScorer
from evalkit.judging.rubric import Rubric
from evalkit.judging.rubric_file import load_rubric, read_rubric

Write = Callable[..., Path]
PAIR = {
    "inputs": "[question, response, reference]",
    "pair": "[response, reference]",
    "output": "{score_1: 1..10, score_2: 1..10}",
    "reduce": "pairwise",
    "parse": "numbers",
    "scale": "1..10",
}
PAIR_BODY = "{question}\nOne: {first}\nTwo: {second}"


def line_of(path: Path, piece: str) -> int:
    return next(n for n, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1) if piece in line)


@pytest.mark.parametrize(
    ("changes", "piece", "problem"),
    [
        ({"body": BODY + "\n{answer}"}, "{answer}", r"\{answer\} is no input; inputs are question, response"),
        ({"body": "{question} {question} {response}"}, "{question} {q", "used twice"),
        ({"inputs": "[question, response, reference]"}, "inputs:", r"no placeholder \{reference\}"),
        ({"inputs": "[question, question]"}, "inputs:", "named twice"),
        ({"inputs": "[Question]"}, "inputs:", "cannot be the name"),
        ({"inputs": "question: text"}, "inputs:", None),
        ({"output": "{score: 1-5}"}, "output:", "'score: 1-5' is no output type"),
        ({"output": "{score: 5..1}"}, "output:", "range is empty"),
        ({"output": "{score: 0..5 step 0}", "scale": "0..5"}, "output:", "step should be above 0"),
        ({"output": "{score: 0..5 step 6}", "scale": "0..5"}, "output:", "fit into the range"),
        ({"output": "{score: 1..5, score: 1..3}"}, "output:", "'score' is given twice in 'output'"),
        ({"output": "{v: yes=nan | no=0}", "parse": "choice", "scale": "0..1"}, "output:", "finite numbers"),
        ({"output": "{v: yes=inf | no=0}", "parse": "choice", "scale": "0..1"}, "output:", "finite numbers"),
        ({"output": "{v: yes=1 | no=1}", "parse": "choice", "scale": "0..1"}, "output:", "not all the same"),
        ({"temperature": ".nan"}, "temperature:", "finite"),
        ({"temperature": "1" + "0" * 400}, "temperature:", "finite"),
        ({"top_p": ".inf"}, "top_p:", "finite"),
        ({"top_p": "0"}, "top_p:", "above 0 and at most 1"),
        ({"system": '"\\ud800"'}, "system:", "half a surrogate pair"),
        ({"output": "score"}, "output:", "map keys to types"),
        ({"output": "{a: 1..5, b: 1..5}", "parse": "json"}, "output:", "name them with 'value'"),
        ({"output": "{reason: str}", "parse": "json"}, "output:", "0 outputs can be scored"),
        ({"value": "reason", "output": "{reason: str, score: 1..5}", "parse": "json"}, "value:", "has no number"),
        ({"value": "other"}, "value:", "is no output"),
        ({"value": "[a, b]", "output": "{a: 1..5, b: 0..1}", "parse": "json"}, "scale:", "no multiple of 'b'"),
        ({"scale": "0..100"}, "scale:", "no multiple of 'score', which goes from 1 to 5"),
        ({"scale": "five"}, "scale:", "should be a range"),
        ({"votes": 0}, "votes:", "at least 1"),
        ({"votes": "three"}, "votes:", "of type int"),
        ({"votes": "true"}, "votes:", "of type int"),
        ({"temperature": "warm"}, "temperature:", "of type int or float"),
        ({"reduce": "median"}, "reduce:", "mean, majority, pairwise"),
        ({"reduce": "pairwise"}, "reduce:", "'pair: "),
        ({"parse": "xml"}, "parse:", "should be one of json, number"),
        ({"parse": "pattern"}, "parse:", "goes with"),
        ({"parse": "pattern", "pattern": "'('"}, "pattern:", "not a regular expression"),
        ({"parse": "pattern", "pattern": "'[1-5]'"}, "pattern:", r"lacks the named group \(\?P<score>"),
        ({"parse": "last_line"}, "parse:", "reads one output that is a choice"),
        ({"parse": "number", "output": "{a: 1..5, b: str}"}, "parse:", "reads one output that is a number"),
        ({"on_failure": "guess"}, "on_failure:", "should be one of count, drop, zero, error"),
        ({"on_empty": "error"}, "on_empty:", "should be one of ask, count, zero, drop"),
        ({"average": "overall"}, "average:", "needs several values"),
        ({"id": "Polite-ness"}, "id:", "lower-case letters"),
        ({"vote": 3}, "vote:", "unknown key 'vote'; known are average"),
        ({"output": "{winner: 1=first | 2=second}", "scale": "0..1", "parse": "choice"}, "output:", "need 'reduce"),
        ({**PAIR, "body": PAIR_BODY, "pair": "[response]"}, "pair:", "names two of the inputs"),
        ({**PAIR, "body": PAIR_BODY, "inputs": "[question, response, audio]", "pair": "[response, audio]"}, "pair:",
         "of one kind"),
        ({**PAIR, "body": "{question} {first} {response}"}, "{first}", r"\{response\} is no input; inputs are first"),
    ],
)  # fmt: skip
def test_a_rubric_that_cannot_work_is_refused_with_its_line(
    write_rubric: Write, changes: dict[str, Any], piece: str, problem: str | None
) -> None:
    path = write_rubric(**changes)
    with pytest.raises(DataError, match=problem) as caught:
        read_rubric(path)
    assert caught.value.line == line_of(path, piece)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("key", list(HEADER))
def test_every_needed_key_is_asked_for(write_rubric: Write, key: str) -> None:
    with pytest.raises(DataError, match=f"lacks '{key}'"):
        read_rubric(write_rubric(**{key: None}))


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("no header at all", 1, "starts with a YAML header"),
        ("---\nid: x\n", 1, "starts with a YAML header"),
        ("---\nid: [x\nversion: 1\n---\nbody\n", 3, "not YAML"),
        ("---\n- id\n---\nbody\n", 2, "mapping"),
        (rubric_text().replace("version: 1\n", "version: 1\nversion: 2\n"), 4, "'version' is given twice"),
    ],
)
def test_a_file_that_is_no_rubric(tmp_path: Path, text: str, line: int, problem: str) -> None:
    path = tmp_path / "x.md"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=problem) as caught:
        read_rubric(path)
    assert caught.value.line == line


def borrower(folder: Path, name: str, body: str = "", **changes: Any) -> Path:
    text = rubric_text(body, **changes).replace("version: 1\n", f"version: 1\nbody: {name}\n")
    path = folder / "borrower.md"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_body_of_another_rubric_is_taken_word_for_word(tmp_path: Path) -> None:
    (tmp_path / "lender.md").write_text(rubric_text(), encoding="utf-8")
    own, taken = read_rubric(tmp_path / "lender.md"), read_rubric(borrower(tmp_path, "lender"))
    assert (taken.body, taken.prompt_hash, taken.hash) == (own.body, own.prompt_hash, own.hash)
    whole = tmp_path / "whole.md"
    whole.write_text(taken.text, encoding="utf-8")
    assert read_rubric(whole).hash == own.hash
    installed = read_rubric(borrower(tmp_path, "voicebench_open"))
    assert installed.body == load_rubric("voicebench_open").body


@pytest.mark.parametrize(
    ("name", "body", "changes", "problem"),
    [
        ("lender", "A word of its own.", {}, "leave out what follows the header"),
        ("nobody_at_all", "", {}, "nobody_at_all"),
        ("../lender", "", {}, "should be the id of a rubric"),
        ("3", "", {}, "should be of type str"),
        ("lender", "", {"inputs": "[question, answer]"}, r"\{response\} is no input"),
        ("lends_on", "", {}, "takes its own body from 'lender'; name that"),
    ],
)
def test_a_body_that_cannot_be_taken_is_refused_with_its_line(
    tmp_path: Path, name: str, body: str, changes: dict[str, Any], problem: str
) -> None:
    (tmp_path / "lender.md").write_text(rubric_text(), encoding="utf-8")
    borrower(tmp_path, "lender").rename(tmp_path / "lends_on.md")
    path = borrower(tmp_path, name, body, **changes)
    with pytest.raises(DataError, match=problem) as caught:
        read_rubric(path)
    assert caught.value.line == line_of(path, "body:")
    assert str(path) in str(caught.value)


# As they were when each of these files held the body itself.
PROMPTS = {
    "openaudiobench_web_questions": "d87cff37322eb580ab6ea16a0bc068d4",
    "openaudiobench_trivia_qa": "d87cff37322eb580ab6ea16a0bc068d4",
}


@pytest.mark.parametrize("name", list(PROMPTS))
def test_prompts_that_share_a_body_have_the_hashes_they_had(name: str) -> None:
    assert load_rubric(name).prompt_hash == PROMPTS[name]


def test_the_shared_grades_stand_in_every_rubric_that_takes_them() -> None:
    grades = [line for line in load_rubric("voicebench_open").body.split("\n") if line[:1].isdecimal()]
    assert [line[0] for line in grades] == list("12345")
    for name in ("uro_open", "vcb_tif", "vcb_sif"):
        assert "\n".join(grades) in load_rubric(name).body
        assert "\n".join(grades) in load_rubric(name).text
    assert load_rubric("voicebench_open").prompt_hash == load_rubric("vcb_tif").prompt_hash


@pytest.mark.parametrize(
    ("body", "changes", "problem"),
    [
        ("Rate.\n{{grades}}\n{question} {response}", {}, None),
        ("Rate.\n{question} {response}", {}, "once in the body"),
        ("{{grades}} {{grades}}\n{question} {response}", {}, "once in the body"),
        ("{{grades}}\n{question} {response}", {"grades": "plain"}, "no plain lines of grades"),
        ("{{grades}}\n{question} {response}", {"grades": "takes"}, "takes its own grades from 'lender'; name that"),
        ("{{grades}}\n{question} {response}", {"grades": "nobody_at_all"}, "nobody_at_all"),
        ("", {"version": "1\nbody: lender"}, "leave out 'body'"),
    ],
)
def test_grades_are_taken_from_another_rubric(
    tmp_path: Path, body: str, changes: dict[str, Any], problem: str | None
) -> None:
    files = {"lender": {}, "plain": {}, "takes": {"grades": "lender"}}
    for name, header in files.items():
        ladder = {"lender": "1 - bad\n5 - good\n", "plain": "", "takes": "{{grades}}\n"}[name]
        (tmp_path / f"{name}.md").write_text(rubric_text(f"{ladder}{{question}} {{response}}", **header))
    path = tmp_path / "own.md"
    path.write_text(rubric_text(body, **{"grades": "lender", **changes}))
    if problem is None:
        assert read_rubric(path).body.startswith("Rate.\n1 - bad\n5 - good\n")
        return
    with pytest.raises(DataError, match=problem) as caught:
        read_rubric(path)
    assert caught.value.line == line_of(path, "grades:")


SECTIONS = "Before.\n\n## a\nfirst\n## b c\nsecond\n##\n\nAfter: {question} {response}"


def test_a_body_in_sections_is_asked_with_the_sample_s_own(tmp_path: Path) -> None:
    path = tmp_path / "own.md"
    path.write_text(rubric_text(SECTIONS, inputs="[kind, question, response]", sections="kind"))
    rubric = read_rubric(path)
    assert rubric.words("b c") == "Before.\n\nsecond\n\nAfter: {question} {response}"
    scorer = JudgeScorer(path).configure(Oracle(lambda request: "4"))
    right, wrong = answered("a", meta={"kind": "a"}), answered("b", meta={"kind": "c"})
    first, second = scorer.score([right, wrong])
    assert first.status == "scored"
    assert second.status == "judge_failed"
    assert "no section 'c' for its kind; it has a, b c" in str(second.detail)


@pytest.mark.parametrize(
    ("body", "sections", "problem"),
    [
        (SECTIONS, "mood", "'sections: mood' is no input"),
        (SECTIONS.replace("##\n", ""), "kind", "ended by a line '##'"),
        (SECTIONS.replace("## b c", "## a"), "kind", "each name once"),
        ("{question} {response}", "kind", "begun by lines of '## NAME'"),
    ],
)
def test_sections_that_cannot_be_chosen_are_refused(tmp_path: Path, body: str, sections: str, problem: str) -> None:
    path = tmp_path / "own.md"
    path.write_text(rubric_text(body, inputs="[kind, question, response]", sections=sections))
    with pytest.raises(DataError, match=problem) as caught:
        read_rubric(path)
    assert caught.value.line == line_of(path, "sections:")


def test_missing_and_unreadable_files(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such rubric file"):
        load_rubric(tmp_path / "none.md")
    (tmp_path / "latin.md").write_bytes(rubric_text("caf\xe9").encode("latin-1"))
    with pytest.raises(DataError, match="UTF-8"):
        load_rubric(tmp_path / "latin.md")
    with pytest.raises(UnknownNameError, match=r"unknown judge 'voicebench_opn'.* Did you mean voicebench_open"):
        load_rubric("voicebench_opn")


def test_windows_line_ends_and_leading_lines_change_nothing(write_rubric: Write) -> None:
    plain = read_rubric(write_rubric())
    path = write_rubric(name="windows.md")
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert read_rubric(path).hash == plain.hash
    path.write_text(rubric_text("\n\n" + BODY + "\n\n"), encoding="utf-8")
    assert read_rubric(path).hash == plain.hash


def test_the_hash_covers_what_matters_and_nothing_else(rubric: Callable[..., Rubric]) -> None:
    plain = rubric()
    remarks = [{"title": "x"}, {"judge": "other"}, {"reproduces": "x"}, {"differs": "x"}, {"scale": "20..100"}]
    assert {rubric(**change).hash for change in remarks} == {plain.hash}
    scores = [{"votes": 3}, {"on_failure": "zero"}, {"reasks": 0}, {"version": 2}, {"on_empty": "zero"}]
    changed = [rubric(**change) for change in scores]
    assert len({plain.hash, *(other.hash for other in changed)}) == len(scores) + 1
    assert {other.prompt_hash for other in changed} == {plain.prompt_hash}
    words = [{"temperature": 0.5}, {"top_p": 0.9}, {"system": "x"}, {"body": BODY + "."}, {"max_chars": 500},
             {"fence": "false"}, {"max_tokens": 10}, {"output": "{score: number 1..5}"}]  # fmt: skip
    said = [rubric(**change) for change in words]
    for hashes in ({other.hash for other in said}, {other.prompt_hash for other in said}):
        assert len(hashes | {plain.hash, plain.prompt_hash}) == len(words) + 2


def test_hashes_do_not_change_from_one_version_to_the_next(rubric: Callable[..., Rubric]) -> None:
    """Verdicts that were paid for are found by these; a change must be meant, and raises LAYOUT."""
    found = rubric()
    assert found.hash == "ee93b220416bc869c8702b94018eaf71"
    assert found.prompt_hash == "344fe668809d144f2f1bce8c9556c2cc"


@pytest.mark.parametrize(
    ("output", "parse", "scale", "factor"),
    [
        ("{score: 1..5}", "number", "1..5", 1), ("{score: 1..5}", "number", "20..100", 20),
        ("{score: 1..10}", "number", "10..100", 10), ("{v: yes=1 | no=0}", "choice", "0..100", 100),
        ("{score: 0..5 step 0.5}", "number", "0..5", 1), ("{score: 0..1}", "number", "0..100", 100),
    ],
)  # fmt: skip
def test_scales(rubric: Callable[..., Rubric], output: str, parse: str, scale: str, factor: float) -> None:
    assert rubric(output=output, parse=parse, scale=scale).factor == factor


def test_another_scale_for_the_same_rubric(rubric: Callable[..., Rubric]) -> None:
    plain = rubric()
    assert plain.on_scale("20..100").factor == 20
    assert plain.on_scale("20..100").hash == plain.hash
    for scale in ("0..100", "high"):
        with pytest.raises(UsageError, match="politeness"):
            plain.on_scale(scale)


def test_values_of_pairs_are_named_by_their_stem(rubric: Callable[..., Rubric]) -> None:
    assert rubric(PAIR_BODY, **PAIR).value == ("score",)
    winner = {**PAIR, "output": "{why: str, score_1: 0..3, score_2: 0..3, winner: 1=first | 2=second | 0=tie}",
              "parse": "json", "value": "winner", "scale": "0..100"}  # fmt: skip
    assert rubric(PAIR_BODY, **winner).factor == 100


def test_rubrics_are_found_without_imports_and_shown() -> None:
    names = plugins.plugins("judge")
    assert {"voicebench_open", "msib_speech_content", "air_bench_chat"} <= set(names)
    done = subprocess.run(
        [sys.executable, "-c", "import sys; from evalkit import plugins; plugins.plugins('judge'); "
         "print([m for m in sys.modules if m.startswith('evalkit.judg')])"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() in ("[]", "['evalkit.judges']")


def test_show_prints_rubric_hash_scale_and_votes(main: Callable[..., Any]) -> None:
    known = load_rubric("uro_qa")
    shown = main("show", "judge", "uro_qa")
    assert shown.code == 0
    lines = shown.out.splitlines()
    assert f"hash:         {known.hash}" in lines
    assert "scale:        0 to 100 (points times 100)" in lines
    assert "votes:        3, reduced by mean" in lines
    assert known.text.strip() in shown.out
    facts = main("show", "judge", "uro_qa", "--json").json
    assert (facts["hash"], facts["votes"], facts["scale"]) == (known.hash, 3, [0.0, 100.0])
    listed = {row["name"]: row for row in main("list", "judges", "--json").json}
    assert listed["uro_qa"]["votes"] == 3


def test_a_judge_is_added_by_an_entry_point(tmp_path: Path) -> None:
    """As an installed distribution would: a module that names its rubric file."""
    (tmp_path / "my_judges.py").write_text(
        "from pathlib import Path\nkind = Path(__file__).parent / 'kind.md'\nbad = 3\n"
    )
    (tmp_path / "kind.md").write_text(rubric_text(id="kindness"))
    info = tmp_path / "my_judges-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: my_judges\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[evalkit.judges]\nkindness = my_judges:kind\nbad = my_judges:bad\n")
    code = (
        "from evalkit.judging.rubric_file import load_rubric\n"
        "print(load_rubric('kindness').title)\n"
        "from evalkit import plugins; print(plugins.plugin('judge', 'kindness').text()[:3])\n"
        "load_rubric('bad')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={"PYTHONPATH": str(tmp_path)}
    )
    assert done.stdout.splitlines() == [HEADER["title"], "---"]
    assert EvalkitError.__name__ in done.stderr
    assert "judge 'bad' (my_judges) is no rubric" in done.stderr


def test_the_header_is_json_for_machines(main: Callable[..., Any]) -> None:
    facts = main("show", "judge", "air_bench_chat", "--json").json
    assert json.loads(json.dumps(facts)) == facts
    assert facts["orders"] == "both"
