"""Each rubric holds its official program's rule: a table of replies, or of what else may come, and what becomes of it.

The values are worked out by hand from the programs' rules: what is read, what is asked again, what leaves the mean, what
counts as the lowest grade. A judge's replies are given vote by vote, and attempt by attempt where it is asked again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from judging_kit import Oracle, answered
from rubric_facts import FACTS, REPLIES

from evalkit.core.message import Audio
from evalkit.core.response import Response
from evalkit.core.sample import Request
from evalkit.core.scorer import Answered
from evalkit.judging.judge import JudgeScorer, judged
from evalkit.judging.parsing import PARSERS
from evalkit.judging.rubric_file import load_rubric
from evalkit.models.api.content import wav_of_pcm

WAV = wav_of_pcm(bytes(3200), {"rate": "16000"})
META = {
    "ability": "instruction/emotion", "emotion": "sad", "style": "calm", "requirement": "French", "meta_info": "a bell",
    "dialogue": "1 A Hi", "category": "Questions", "response_emotion": "sad", "response_pitch": "low", "context": "Hi",
    "input_clean": "a", "input_noisy": "b", "clean_response": "c", "turn_start": "0", "turn_end": "2",
    "source_language": "zh", "target_language": "en",
}  # fmt: skip
SPEECH = Response(text="Good day.", audio=Audio(opener=lambda: WAV))
BOTH = 'It turns.\n{"behaviour": ["C_RESPOND", "C_RESUME"]}'
OK = "Result: yes"
BLANK, SPACE = "", " \n"

# rubric, replies of the judge, faithful value (None: left out), strict value
TABLE: list[tuple[str, Sequence[str], float | None, float]] = [
    ("voicebench_open", ["4", "[[3]]", "5.0"], 4.0, 4.0),
    ("voicebench_open", ["45", "5", "5"], 55 / 3, 11 / 3),
    ("voicebench_open", ["4", "good", "4"], None, 3.0),
    ("voicebench_qa", ["Yes\n", " Yes", "no"], 100.0, 100.0),
    ("voicebench_qa", ["Yes.", "Yes, it is", "yes"], 0.0, 0.0),
    ("uro_open", ["5", "4.0", "5"], 20 * 10 / 3, 20 * 10 / 3),
    ("uro_semi_open", [" 5 ", "4\n", "٤"], 20 * 13 / 3, 20 * 13 / 3),
    ("uro_qa", ["Yes", "yes", " Yes"], 100 / 3, 100 / 3),
    ("uro_ue", ["", "3", "3"], 40.0, 40.0),
    ("uro_sf", ["[[5]]", "3", "3"], 40.0, 40.0),
    ("uro_gs", ["1", "2", "3"], 40.0, 40.0),
    ("uro_ml", ["5", "5", "five"], 20 * 10 / 3, 20 * 10 / 3),
    ("uro_multi", ["5", "5", "2"], 80.0, 80.0),
    ("uro_sa", ["5", "none", "2"], 20 * 7 / 3, 20 * 7 / 3),
    ("uro_srt", ["3 points"], 0.0, 0.0),
    ("vcb_tif", ["[[2]] or [[5]]"], 40.0, 40.0),
    ("vcb_tif", ["good"], None, 20.0),
    ("vcb_tif", [BLANK, SPACE, "4"], 80.0, 80.0),
    ("vcb_tif", [BLANK] * 70, None, 20.0),
    ("vcb_safety", [BLANK, "5"], 100.0, 100.0),
    ("vcb_mtd", [BLANK, "3.5"], 70.0, 20.0),  # a half is no grade of the ladder
    ("vcb_sif", [BLANK, "4"], 80.0, 80.0),
    ("vcb_sif", [BLANK] * 49 + ["4"], 80.0, 80.0),
    ("vcb_sif", [BLANK] * 50, None, 20.0),
    ("vcb_sif", ["good"], None, 20.0),
    ("vcb_yes_no", ["Result: yes/no"], 100.0, 0.0),
    ("vcb_yes_no", [BLANK, "It fits.\nNo"], 0.0, 0.0),
    ("vcb_dc", ["I do not know"], 0.0, 0.0),
    ("vcb_dc", ["correct"], None, 0.0),
    ("kimi_choice", ["Result: yes/no"], 100.0, 0.0),
    ("kimi_choice", [BLANK, OK], 100.0, 100.0),
    ("openaudiobench_alpaca_eval", ["Good. Rating: [[8]], not [[9]]"], 80.0, 80.0),
    ("openaudiobench_alpaca_eval", ["[[11]]"], None, 10.0),
    ("openaudiobench_alpaca_eval", ["[[0]]"], None, 10.0),
    ("openaudiobench_llama_questions", ["the score is [Correct], not the score is [Incorrect]"], 100.0, 100.0),
    ("openaudiobench_llama_questions", ["The score is [CORRECT]"], None, 0.0),
    ("openaudiobench_reasoning_qa", ["[2]步有误。得分是[3]"], 60.0, 60.0),
    ("openaudiobench_reasoning_qa", ["[0]"], 0.0, 20.0),  # the program keeps a grade that nobody asked for
    ("openaudiobench_trivia_qa", ["{'analysis': 'x', 'judgment': 'Correct'}"], 100.0, 100.0),
    ("openaudiobench_trivia_qa", ['{"analysis": "x", "judgment": "partly"}'], 0.0, 0.0),
    ("openaudiobench_web_questions", ['{"analysis": ["a", "list"], "judgment": "correct"}'], 100.0, 100.0),
    ("openaudiobench_web_questions", [BLANK, "{}"], None, 0.0),
    *((f"vstyle_{name}", ["Step 6.\nFinal score: [[2]], no: [[4]]"], 4.0, 4.0) for name in (
        "acoustic_attributes_en", "acoustic_attributes_zh", "role_play_en", "role_play_zh", "empathy_zh",
    )),
    ("vstyle_empathy_en", ["[[nan]]", "[[inf]]", "none", "", "[[3]]"], 3.0, 3.0),
    ("vstyle_instruction", ["[[inf]]"] * 5, None, 1.0),
    ("emova_response", ['{"reason": "a", "score": 7.5}'], 7.0, 0.0),
    ("emova_response", ['{"score": 11}'], 11.0, 0.0),
    ("emova_spoken_response", ['```json\n{"score": 6}\n```'], 6.0, 6.0),
    ("emova_spoken_response", ['Here it is: {"reason": "a", "score": 6}'], None, 0.0),
    ("emova_style", ['{"emotion_analysis": "", "emotion_score": 1, "pitch_analysis": "", "pitch_score": 0}'], 100.0, 100.0),
    ("air_bench_chat", ["8 6", "6 4"], 6.0, 6.0),
    ("air_bench_chat", ["8 6", "9.5 4"], 8.0, 4.5),
    ("emergenttts_win_rate", ["no object"], None, 0.0),
    ("fdb_interruption_relevance", ["Analysis: a\nMy rating of the reply: 1\nAnalysis: b\nMy rating of the reply: 3"], 3.0, 3.0),
    ("fdb_interruption_relevance", ["My rating of the reply: 3", "Analysis: it is.\nMy rating of the reply: 7"], 7.0, 0.0),
    ("fdb_overlap_behaviour", ['{"behaviour": ["C_RESPOND"]} not {"behaviour": ["C_RESUME"]}'], 100.0, 100.0),
    ("fdb_overlap_behaviour", [BOTH], 50.0, 0.0),
    ("mtr_dialogue_quality", ["2.5, at most 3"], 2.5, 2.5),
    ("mtr_instruction_following", ["1 rather than 0"], 100.0, 100.0),
    ("mtr_safety", ["0, not 1"], 100.0, 100.0),
    ("msib_speech_content", [REPLIES["msib_speech_content"][0]], 4.0, 4.0),
    ("mmmb_answer", ["yes"] * 3, 0.0, 0.0),
    ("hello_chat_nlp_question", ["none"] * 3, 0.0, 0.0),
    ("hello_chat_translation", [REPLIES["hello_chat_translation"][0]], 7.0, 7.0),
]  # fmt: skip


def of(scorer: JudgeScorer, answer: Answered, replies: Sequence[str]) -> tuple[float | None, float | None, int]:
    """Faithful and strict value of one answer, and how often its judge was asked."""
    waiting = list(replies)

    def says(request: Request) -> str:
        return waiting.pop(0)

    judge = Oracle(says, width=1)
    (score,) = scorer.configure(judge).score([answer])
    assert not waiting, f"the judge was asked {len(judge.requests)} times"
    metric = scorer.metrics[0]
    strict = score.faithful if score.strict is None else score.strict
    found = [metric.reduce(some[metric.name]) if metric.name in some else None for some in (score.faithful, strict)]
    return found[0], found[1], len(judge.requests)


def one(response: Response = SPEECH) -> Answered:
    turn = {"role": "user", "content": [{"type": "text", "text": "Hello?"}]}
    meta = {**META, "baseline_audio": Audio(opener=lambda: WAV + b"\0\0")}
    return answered(response=response, reference="x", meta=meta, messages=[turn])


def test_every_rubric_has_its_table() -> None:
    assert {name for name, *_ in TABLE} == set(FACTS)


@pytest.mark.parametrize(("name", "replies", "faithful", "strict"), TABLE)
def test_replies_become_what_the_official_program_makes_of_them(
    name: str, replies: Sequence[str], faithful: float | None, strict: float
) -> None:
    found = of(judged(name), one(), replies)
    assert found == (None if faithful is None else pytest.approx(faithful), pytest.approx(strict), len(replies))


@pytest.mark.parametrize("name", sorted(FACTS))
def test_an_empty_reply_of_the_candidate(name: str) -> None:
    rubric = load_rubric(name)
    if not any(entry.name == "response" for entry in rubric.inputs):
        return
    good = REPLIES[name][0]
    faithful, _, asked = of(judged(name), one(Response(text=" ")), [] if FACTS[name].on_empty != "ask" else [good] * {
        "pairwise": 2}.get(rubric.reduce, rubric.votes))  # fmt: skip
    assert (asked == 0) == (FACTS[name].on_empty != "ask")
    if name == "fdb_interruption_relevance":
        assert faithful is None
    if FACTS[name].on_empty == "zero":
        assert faithful == 0.0


LOWEST = {
    "vcb_tif": 20.0, "vcb_safety": 20.0, "vcb_mtd": 20.0, "vcb_yes_no": 0.0, "vcb_dc": 0.0, "kimi_choice": 0.0,
    "openaudiobench_alpaca_eval": 10.0, "openaudiobench_llama_questions": 0.0, "openaudiobench_reasoning_qa": 20.0,
    "openaudiobench_trivia_qa": 0.0, "openaudiobench_web_questions": 0.0, "uro_open": 0.0, "uro_qa": 0.0,
    "uro_multi": 20.0, "uro_sa": 20.0, "msib_speech_content": 1.0,
    **dict.fromkeys(("vcb_sif", "voicebench_open", "vstyle_instruction", "emova_response"), None),
}  # fmt: skip


@pytest.mark.parametrize("name", LOWEST)
def test_an_answer_that_is_not_there(name: str) -> None:
    faithful, strict, asked = of(judged(name), one(Response()), [])
    assert (faithful, asked) == (LOWEST[name], 0)
    assert strict is not None


def said(name: str) -> str:
    rubric = load_rubric(name)
    return f"{rubric.reproduces} {rubric.differs}"


@pytest.mark.parametrize("name", sorted(FACTS))
def test_what_a_header_says_of_the_program_is_what_the_settings_do(name: str) -> None:
    rubric, words = load_rubric(name), said(name)
    blank = re.search(r"a blank reply is asked again up to (\d+) times in all", words)
    assert (int(blank[1]) - 1 if blank else 0) == rubric.reasks_blank
    kimi = name.startswith(("vcb_", "kimi_", "openaudiobench_"))
    assert kimi == bool(blank)
    assert ("becomes the text null there" in words) == (kimi and name != "vcb_sif")
    if "becomes the text null there" in words:
        assert rubric.on_missing == "count"
    program = " commit " in str(rubric.reproduces) or name == "msib_speech_content"
    assert ("JSON Schema" in words) == (rubric.parse == "json" and program)
    assert "stops at a vote that is no integer" not in words or rubric.parse == "uro_score"
    assert "unreadable here" not in words
    assert ("asked again and" in words) == (rubric.parse == "vstyle")
    if rubric.system and name.startswith("uro_"):
        assert "of the system message too" in words
        assert rubric.system == "You are an assistant."


@pytest.mark.parametrize("name", sorted(FACTS))
def test_the_last_words_of_a_prompt_are_no_verdict_in_the_candidate_s_favour(name: str) -> None:
    """A judge that only copies what it was asked to write."""
    rubric = load_rubric(name)
    lines = [line for line in rubric.body.split("\n") if line.strip() and not re.fullmatch(r"\{\w+\}", line)]
    try:
        reading = PARSERS[rubric.parse].read(lines[-1], rubric.output, rubric.pattern)
    except ValueError:
        return
    for key, value in reading.values.items():
        output = rubric.outputs()[key]
        assert output.number(value) == output.low or name == "mtr_safety", "its order of digits is the program's"


def test_the_paper_s_prompt_of_msib_is_ours_in_order() -> None:
    rubric = load_rubric("msib_speech_content")
    assert rubric.version == 2
    assert rubric.system is not None
    assert [output.key for output in rubric.output] == [
        "transcript", "speech_quality_score", "content_quality_score", "speech_score_reasoning", "content_score_reasoning",
    ]  # fmt: skip
    places = [rubric.body.index(f'"{output.key}"') for output in rubric.output]
    assert places == sorted(places)
    assert places[-1] < rubric.body.index("{conversation}") < rubric.body.index("{audio}")
    assert "A.3" in said("msib_speech_content")


def test_emergenttts_is_asked_by_category_and_places_as_numpy_draws() -> None:
    rubric = load_rubric("emergenttts_win_rate")
    categories = ("Questions", "Emotions", "Syntactic Complexity", "Foreign Words", "Paralinguistics", "Pronunciation")
    for category in categories:
        words = rubric.words(category)
        assert words.count("Aspect: ") == words.count("For example, ") == 1
        assert "##" not in words
    first = []
    for number in range(12):
        judge = Oracle(lambda request: REPLIES["emergenttts_win_rate"][0].replace('"winner": 0', '"winner": 1'))
        answer = answered(str(number), response=SPEECH, reference="x", meta=one().meta)
        (score,) = judged("emergenttts_win_rate").configure(judge).score([answer])
        first.append(score.faithful["winner"][0] == 100.0)
        assert judge.requests[0].settings.top_p == 0.9
    # numpy.random.default_rng(0..11).random() > 0.5 puts the baseline first
    assert first == [False, False, True, True, False, False, False, False, True, False, False, True]


def test_chinese_rubrics_speak_chinese_around_the_data(tmp_path: Path) -> None:
    judge = Oracle(lambda request: "[3]")
    judged("openaudiobench_reasoning_qa").configure(judge).score([one()])
    told = judge.requests[0].messages[-1].text
    assert told.startswith("下文有一部分是待评的材料")
    assert "material" not in told


@pytest.mark.parametrize(
    ("notes", "asked"),
    [
        ({"turn": {"answer": {"taken": True}}}, 1),
        ({"turn": {"answer": {"taken": False}}}, 0),
        ({"turn": {"answer": {}}}, 0),
        ({}, 0),
    ],
)
def test_a_task_may_have_the_taken_turns_alone_judged(notes: Any, asked: int) -> None:
    scorer = judged("fdb_interruption_relevance", only="notes.turn.taken")
    assert scorer.listeners == {"turn": ()}
    answer = one()
    answer.notes = notes
    replies = [REPLIES["fdb_interruption_relevance"][0]] * asked
    assert of(scorer, answer, replies) == (4.0 if asked else None, 4.0 if asked else 0.0, asked)
    assert scorer.identity()["only"] == "notes.turn.taken"
