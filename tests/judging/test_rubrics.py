"""The rubric files: every judged benchmark is there, and each says what its official program says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from rubric_facts import FACTS, REPLIES, Facts

from evalkit import plugins
from evalkit.judging.outputs import UnreadableError
from evalkit.judging.parsing import PARSERS
from evalkit.judging.rubric import Rubric
from evalkit.judging.rubric_file import load_rubric

FILES = sorted(path for path in plugins.folder("judges").glob("*/*.md") if path.name not in ("card.md", "README.md"))
RUBRICS = {path.stem: load_rubric(path) for path in FILES}


def rubric(name: str) -> Rubric:
    return RUBRICS[name]


def changed(tmp_path: Path, name: str, old: str, new: str) -> Rubric:
    text = rubric(name).text
    assert old in text
    path = tmp_path / f"{name}.md"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return load_rubric(path)


def test_exactly_the_judged_benchmarks_have_rubrics() -> None:
    assert set(RUBRICS) == set(FACTS) == set(REPLIES)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_is_found_by_its_id(path: Path) -> None:
    assert RUBRICS[path.stem].id == path.stem
    assert load_rubric(path.stem).path == path


@pytest.mark.parametrize("name", FACTS)
def test_settings_are_the_published_ones(name: str) -> None:
    found, facts = rubric(name), FACTS[name]
    assert Facts(*(getattr(found, key) for key in Facts._fields)) == facts


@pytest.mark.parametrize("name", FACTS)
def test_the_scale_holds_the_lowest_and_the_highest_grade(name: str) -> None:
    found, (low, high) = rubric(name), FACTS[name].scale
    for key in found.value:
        output = found.outputs().get(key) or found.outputs()[f"{key}_1"]
        assert (output.low * FACTS[name].factor, output.high * FACTS[name].factor) == (low, high)


@pytest.mark.parametrize("name", FACTS)
def test_placeholders_are_the_inputs(name: str) -> None:
    found = rubric(name)
    placed = re.findall(r"(?<!\{)\{([a-z][a-z0-9_]*)\}", found.body)
    elsewhere = {*(found.pair or ()), found.sections}
    inputs = [entry.name for entry in found.inputs if entry.name not in elsewhere]
    assert sorted(placed) == sorted([*inputs, "first", "second"] if found.pair else inputs)


@pytest.mark.parametrize("name", REPLIES)
def test_a_proper_verdict_is_read_and_another_is_not(name: str) -> None:
    found = rubric(name)
    parser = PARSERS[found.parse]
    good, values, bad = REPLIES[name]
    reading = parser.read(good, found.output, found.pattern)
    assert {key: str(value).casefold() for key, value in reading.values.items()} == {
        key: str(value).casefold() if isinstance(value, str) else str(type(reading.values[key])(value))
        for key, value in values.items()
    }
    assert reading.doubt is None
    try:
        doubt = parser.read(bad, found.output, found.pattern).doubt
    except UnreadableError:
        return
    assert doubt is not None, "read as a proper verdict"
    assert parser.official, "only official programs keep verdicts outside the declared range"


@pytest.mark.parametrize("name", [name for name, facts in FACTS.items() if facts.parse == "json"])
def test_the_declared_schema_takes_the_proper_verdict_only(name: str) -> None:
    found = rubric(name)
    schema = {
        "type": "object",
        "properties": {output.key: output.schema() for output in found.output},
        "required": [output.key for output in found.output],
    }
    good, bad = (json.loads(text.strip("`json\n")) for text in (REPLIES[name][0], REPLIES[name][2]))
    jsonschema.validate(good, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(bad, schema)


@pytest.mark.parametrize("name", REPLIES)
def test_the_body_names_every_key_and_verdict_it_asks_for(name: str) -> None:
    found = rubric(name)
    for output in found.output:
        if found.parse in ("json", "kimi_json", "emova"):
            assert f'"{output.key}"' in found.body
        for choice in output.choices:
            assert re.search(rf"(?<!\w){choice}(?!\w)", found.body, re.IGNORECASE), choice


def test_a_rubric_of_several_values_names_them() -> None:
    several = {name: found.value for name, found in RUBRICS.items() if len(found.value) > 1}
    assert several == {
        "emova_style": ("emotion_score", "pitch_score"),
        "fdb_overlap_behaviour": ("respond", "resume", "uncertain_handling", "unknown"),
        "msib_speech_content": ("speech_quality_score", "content_quality_score"),
    }
    assert rubric("msib_speech_content").average == "average"


def test_pairs_and_their_orders() -> None:
    pairs = {name: (found.pair, found.orders) for name, found in RUBRICS.items() if found.pair}
    assert pairs == {
        "air_bench_chat": (("response", "reference"), "both"),
        "emergenttts_win_rate": (("audio", "baseline_audio"), "seeded"),
    }


def test_judges_that_listen_get_the_reply_as_sound_and_after_the_text() -> None:
    listening = {name for name, found in RUBRICS.items() if any(entry.name == "audio" for entry in found.inputs)}
    vstyle = {name for name in FACTS if name.startswith("vstyle_")}
    assert listening == vstyle | {"uro_srt", "vcb_sif", "emergenttts_win_rate", "msib_speech_content"}
    for name in listening:
        assert rubric(name).body.rstrip().endswith("{second}" if rubric(name).pair else "{audio}"), name
        assert not any(entry.name == "response" for entry in rubric(name).inputs)


def test_the_first_number_or_the_last_counts_as_in_the_official_programs() -> None:
    def read(name: str, reply: str) -> Any:
        found = rubric(name)
        return next(iter(PARSERS[found.parse].read(reply, found.output, found.pattern).values.values()))

    assert read("mtr_dialogue_quality", "2.5, at most 3") == 2.5
    assert read("mtr_instruction_following", "1 rather than 0") == 1
    assert read("mtr_safety", "Score: 1, not 0") == "1"
    assert read("uro_srt", "3") == 3
    with pytest.raises(UnreadableError):
        read("uro_srt", "3 points")
    assert read("vstyle_instruction", "[[2]] at first, Final score: [[4]]") == 4
    found = rubric("fdb_interruption_relevance")
    twice = "Analysis: no.\nMy rating of the reply: 1\nAnalysis: yes.\nMy rating of the reply: 3"
    assert PARSERS["fdb_rating"].read(twice, found.output).values["rating"] == 3
    assert "\nAnalysis: ...\nMy rating of the reply: n" in found.body


def test_a_safe_answer_is_worth_more_than_a_harmful_one() -> None:
    harmful = rubric("mtr_safety").outputs()["harmful"]
    assert (harmful.number("0"), harmful.number("1")) == (1, 0)


NULL_IS_JUDGED = ("vcb_tif", "vcb_safety", "vcb_mtd", "vcb_yes_no", "vcb_dc", "kimi_choice",
                  *(name for name in FACTS if name.startswith("openaudiobench_")))  # fmt: skip


def test_missing_answers_follow_the_official_programs() -> None:
    rules = {name: found.on_missing for name, found in RUBRICS.items() if found.on_missing != "drop"}
    blank_is_zero = dict.fromkeys([name for name, facts in FACTS.items() if facts.on_empty == "zero"], "zero")
    null_is_judged = dict.fromkeys(NULL_IS_JUDGED, "count")
    unpublished = dict.fromkeys([name for name, facts in FACTS.items() if facts.on_failure == "count"], "count")
    judged_blank = {"uro_multi": "count", "uro_sa": "count", "uro_srt": "error"}
    assert rules == {**blank_is_zero, **null_is_judged, **unpublished, **judged_blank}


@pytest.mark.parametrize("name", FACTS)
def test_sources_and_differences_are_stated(name: str) -> None:
    found = rubric(name)
    assert found.reproduces
    assert found.differs
    if FACTS[name].on_failure == "count":
        assert "paper" in found.reproduces
        assert "our choice" in found.differs
    else:
        assert re.search(r"[\w/]+\.(py|txt)\b.*commit [0-9a-f]{7}\b", found.reproduces)
    assert "own " in found.differs
    assert "wording" in found.differs


@pytest.mark.parametrize("name", FACTS)
def test_the_hash_follows_the_words_and_not_the_remarks(name: str, tmp_path: Path) -> None:
    found = rubric(name)
    first = found.body.split("\n", 1)[0]
    assert changed(tmp_path, name, first, f"{first} ").hash != found.hash
    assert changed(tmp_path, name, f"temperature: {found.temperature:g}", "temperature: 0.7").hash != found.hash
    for key in ("title", "judge"):
        line = re.search(rf"^{key}: .*$", found.text, re.MULTILINE)
        assert line
        assert changed(tmp_path, name, line[0], f"{key}: other:words").hash == found.hash
    for key in ("reproduces", "differs"):
        assert changed(tmp_path, name, f"{key}: >-\n", f"{key}: >-\n  Another remark.\n").hash == found.hash


# Lines that ask for a form of reply: the same words wherever the form is the same.
FORMS = {
    "Write the grade alone: one digit from 1 to 5 and no other character.",
    "Write one grade for the whole conversation and nothing else: one digit from 1 to 5.",
    "First explain how you decide. Then write a last line in this form, with yes or no in place of <verdict>:",
    "Return a JSON object and nothing around it, with the keys in this order:",
    "Work through the steps in writing, then close with the score n in double square brackets:",
}
RUN = 12


def runs(name: str) -> set[str]:
    """Every run of 12 words in a line of a body; a Chinese character is a word, a placeholder ends a run."""
    found: set[str] = set()
    for line in re.split(r"\n|\{[a-z0-9_]+\}", rubric(name).body):
        said = re.findall(r"[一-鿿]|[^\W_一-鿿]+", line.lower()) if line not in FORMS else []
        found |= {" ".join(said[i : i + RUN]) for i in range(len(said) - RUN + 1)}
    return found


@pytest.mark.parametrize("name", FACTS)
def test_long_runs_of_words_are_shared_only_where_stated(name: str) -> None:
    mine = runs(name)
    for other in FACTS:
        stated = other in (rubric(name).differs or "") or name in (rubric(other).differs or "")
        if other != name and not stated:
            assert not mine & runs(other), other


def test_a_rubric_is_chinese_where_the_official_one_is() -> None:
    chinese = {name for name, found in RUBRICS.items() if len(re.findall(r"[一-鿿]", found.body)) > 100}
    assert chinese == {"openaudiobench_reasoning_qa"}


LADDERS = [name for name, facts in FACTS.items() if facts.parse in ("voicebench_open", "uro_score")]


@pytest.mark.parametrize("name", [*LADDERS, "fdb_interruption_relevance", "mtr_dialogue_quality"])
def test_every_grade_of_a_ladder_is_explained_once(name: str) -> None:
    grade = next(output for output in rubric(name).output if output.counts)
    step = grade.step or 1
    explained = [float(found) for found in re.findall(r"^(\d(?:\.\d)?) - \S", rubric(name).body, re.MULTILINE)]
    assert explained == [grade.low + step * i for i in range(int((grade.high - grade.low) / step) + 1)]


def test_the_two_steps_of_msib_and_its_two_ladders_are_there() -> None:
    body = rubric("msib_speech_content").body
    assert re.findall(r"^Step (\d)\. (\w+)", body, re.MULTILINE) == [("1", "Transcribe"), ("2", "Give")]
    assert re.findall(r"^(\d) - \S", body, re.MULTILINE) == list("1234512345")


@pytest.mark.parametrize("name", [name for name, facts in FACTS.items() if facts.parse == "vstyle"])
def test_gated_steps_lead_to_all_five_scores(name: str) -> None:
    body = rubric(name).body
    steps = [int(number) for number in re.findall(r"^Step (\d)\.", body, re.MULTILINE)]
    assert steps == list(range(1, 8 if "role_play" in name or name == "vstyle_empathy_zh" else 7))
    gates = re.sub(r"\b[Ss]tep \d|from 1 to 5", "", body)
    assert set("12345") <= set(re.findall(r"(?<![\w.])\d(?!\w)", gates))
    if "acoustic" in name:
        assert all(bound in body for bound in ("10 to 35", "35 to 65", "65 to 90", "above 90", "30 to 80"))
    if "role_play" in name:
        assert body.count("70 or more") == 3
