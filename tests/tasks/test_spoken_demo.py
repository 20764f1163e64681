"""The spoken set that needs no download: its rules, its recordings, and a run of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from task_bench import STAND_INS, Bench, values

from evalkit.core.errors import EvalkitError
from evalkit.media.espeak import engine
from evalkit.metrics.spoken import text
from evalkit.metrics.spoken.expect import problems

QUESTIONS = Path(__file__).resolve().parents[2] / "tasks" / "spoken_demo" / "questions.jsonl"
EAR = f"{STAND_INS}:ear"
KINDS = ("choice", "yes_no", "instruction", "open")


def questions() -> list[dict[str, Any]]:
    return [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]


def test_sixty_questions_of_four_kinds_in_two_languages() -> None:
    found = questions()
    assert len({one["id"] for one in found}) == len({one["text"] for one in found}) == 60
    counts = Counter((one["kind"], one["language"]) for one in found)
    assert counts == {(kind, code): count for kind in KINDS for code, count in (("en", 10), ("zh", 5))}
    assert [problem for one in found for problem in problems(one["expect"])] == []
    assert QUESTIONS.stat().st_size < 20_000, "what the wheel carries"


def test_every_reference_is_right_by_the_rule() -> None:
    for one in questions():
        said, wanted, language = one["reference"], one["expect"], one["language"]
        if one["kind"] == "open":
            continue
        assert all(text.holds(said, words) for words in wanted.get("words", [])), one
        assert not text.holds(said, wanted.get("without", [])), one
        assert "starts" not in wanted or any(text.starts(said, start) for start in wanted["starts"]), one
        assert "ends" not in wanted or any(text.ends(said, end) for end in wanted["ends"]), one
        counted = {"word_count": text.word_count(said, language), "sentences": text.sentences(said)}
        for name in wanted.keys() & counted.keys():
            assert wanted[name].get("min", 0) <= (counted[name] or 0) <= wanted[name].get("max", 99), one
        if one["kind"] == "choice":
            assert text.holds(one["text"], wanted["without"]), "the question names the others"


def test_spoken_answers_are_heard_and_decided(
    main: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """English alone: the stand-in writes English beside whatever it says."""
    try:
        engine()
    except EvalkitError as error:
        pytest.skip(str(error))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    asked = [one for one in questions() if one["kind"] != "open" and one["language"] == "en"]
    ids = tmp_path / "ids.txt"
    ids.write_text("".join(f"{one['id']}\n" for one in asked))
    bench = Bench(main, tmp_path)

    def score(said: dict[str, str]) -> Any:
        replies = {key: [words, 1000.0] for key, words in said.items()}
        words = ("--transcriber", EAR, "--fresh", "--ids", ids)
        return values(bench.run(f"spoken_demo:{'+'.join(KINDS[:3])}", replies, *words)[1])

    assert set(score({one["id"]: one["reference"] for one in asked}).values()) == {100.0}
    swapped = {"yes": "no", "no": "yes"}
    wrong = {one["id"]: swapped.get(one["reference"], one["expect"].get("without", ["x"])[0]) for one in asked}
    found = score(wrong)
    assert found["spoken_demo.yes_no"] == found["spoken_demo.choice"] == 0.0
    assert found["spoken_demo.instruction"] < 50
    recordings = list((tmp_path / "cache").rglob("*.flac"))
    assert len(recordings) == 60
    assert all(path.stat().st_size > 5_000 for path in recordings)
