"""Published facts of the judges, typed in by hand, and verdicts each of them may and may not give."""

from __future__ import annotations

import json
from typing import Any, NamedTuple


class Facts(NamedTuple):
    """What is published of a judge: model, votes and how they join, sampling, parser, factor, scale, failures."""

    judge: str
    votes: int
    reduce: str
    temperature: float
    top_p: float
    parse: str
    factor: float
    scale: tuple[float, float]
    on_failure: str
    on_empty: str = "ask"


MINI, PRO = "openai:gpt-4o-mini", "gemini:gemini-2.5-pro"
VOICEBENCH = Facts(MINI, 3, "mean", 0.5, 0.95, "voicebench_open", 1, (1, 5), "error")
URO = Facts(MINI, 3, "mean", 0.5, 0.95, "uro_score", 20, (20, 100), "zero", "zero")
KIMI = Facts(MINI, 1, "mean", 0, 0.95, "kimi_yes_no", 100, (0, 100), "drop")
VCB = Facts(MINI, 1, "mean", 0.5, 0.95, "voicebench_open", 20, (20, 100), "drop")
VSTYLE = Facts(PRO, 1, "mean", 1, 0.95, "vstyle", 1, (1, 5), "drop")  # Gemini's defaults: none are set there
EMOVA = Facts("openai:gpt-4o", 1, "mean", 0, 1, "emova", 1, (0, 10), "drop")
DUPLEX = Facts("openai:gpt-4o", 1, "mean", 1, 1, "pattern", 1, (0, 5), "drop")  # OpenAI's defaults, likewise
OWN_CHOICE = Facts(PRO, 1, "mean", 0, 1, "json", 1, (1, 5), "count")
FACTS: dict[str, Facts] = {
    "voicebench_open": VOICEBENCH,
    "voicebench_qa": VOICEBENCH._replace(reduce="majority", parse="voicebench_qa", factor=100, scale=(0, 100)),
    "openaudiobench_llama_questions": KIMI._replace(parse="pattern"),
    "openaudiobench_web_questions": KIMI._replace(parse="kimi_json"),
    "openaudiobench_trivia_qa": KIMI._replace(parse="kimi_json"),
    "openaudiobench_alpaca_eval": KIMI._replace(parse="kimi_brackets", factor=10, scale=(10, 100)),
    "openaudiobench_reasoning_qa": KIMI._replace(parse="kimi_last_digit", factor=20, scale=(20, 100)),
    "uro_open": URO,
    "uro_semi_open": URO,
    "uro_qa": URO._replace(parse="uro_qa", factor=100, scale=(0, 100)),
    "uro_ue": URO,
    "uro_sf": URO,
    "uro_gs": URO,
    "uro_ml": URO,
    "uro_multi": URO._replace(on_empty="ask"),
    "uro_sa": URO._replace(on_empty="ask"),
    "uro_srt": URO._replace(judge="gemini:gemini-2.0-flash", votes=1, temperature=1, on_empty="ask"),
    "vcb_tif": VCB,
    "vcb_safety": VCB,
    "vcb_mtd": VCB,
    "vcb_sif": VCB._replace(judge=PRO),
    "vcb_yes_no": KIMI,
    "vcb_dc": KIMI,
    "kimi_choice": KIMI,
    "vstyle_acoustic_attributes_en": VSTYLE,
    "vstyle_acoustic_attributes_zh": VSTYLE,
    "vstyle_instruction": VSTYLE,
    "vstyle_role_play_en": VSTYLE,
    "vstyle_role_play_zh": VSTYLE,
    "vstyle_empathy_en": VSTYLE,
    "vstyle_empathy_zh": VSTYLE,
    "emova_response": EMOVA,
    "emova_spoken_response": EMOVA,
    "emova_style": EMOVA._replace(parse="json", factor=100, scale=(0, 100)),
    "air_bench_chat": Facts("openai:gpt-4-0125-preview", 1, "pairwise", 0, 1, "air_bench", 1, (1, 10), "drop"),
    "emergenttts_win_rate": Facts(PRO, 1, "pairwise", 0, 0.9, "json", 100, (0, 100), "drop"),
    "fdb_interruption_relevance": DUPLEX._replace(judge="openai:gpt-4-turbo", parse="fdb_rating", on_empty="drop"),
    "fdb_overlap_behaviour": DUPLEX._replace(
        judge="openai:gpt-4o-2024-08-06", parse="fdb_behaviour", factor=100, scale=(0, 100)
    ),
    "mtr_dialogue_quality": DUPLEX,
    "mtr_instruction_following": DUPLEX._replace(temperature=0.1, factor=100, scale=(0, 100)),
    "mtr_safety": DUPLEX._replace(factor=100, scale=(0, 100)),
    "msib_speech_content": OWN_CHOICE,
    "mmmb_answer": OWN_CHOICE._replace(factor=100, scale=(0, 100)),
    "hello_chat_nlp_question": OWN_CHOICE._replace(judge="openai:gpt-5", temperature=1, scale=(0, 10)),
    "hello_chat_translation": OWN_CHOICE._replace(judge="openai:gpt-5", temperature=1, scale=(0, 10)),
}

TTS = {"reasoning_system_1": "a", "reasoning_system_2": "b", "system_comparison": "c", "score_1": 2, "score_2": 1}
MSIB = {"transcript": "hi", "speech_score_reasoning": "a", "content_score_reasoning": "b"}
STYLE = {"emotion_analysis": "a", "emotion_score": 1, "pitch_analysis": "b", "pitch_score": 0}


def reply_in_json(verdict: dict[str, Any]) -> str:
    return f"```json\n{json.dumps(verdict)}\n```"


def grades(good: str, bad: str, value: float) -> tuple[str, dict[str, Any], str]:
    return good, {"score": value}, bad


WHOLE = grades("4", "6", 4)
STEPS = grades("Step 6: 5.\nFinal score: [[5]]", "Final score: [[6]]", 5)
YES_NO = ("It matches.\nResult: yes", {"verdict": "yes"}, "It matches.\nResult: perhaps")
ONE_WORD = ("Yes", {"verdict": "yes"}, "Yes, it is")
MATCHES = ('{"analysis": "same", "judgment": "correct"}', {"analysis": "same", "judgment": "correct"}, "correct")
TEN = (
    reply_in_json({"reason": "fine", "score": 7}),
    {"reason": "fine", "score": 7},
    reply_in_json({"reason": "fine", "score": 11}),
)
# A proper reply, what it says, and one that no rubric with this scale may accept as proper.
REPLIES: dict[str, tuple[str, dict[str, Any], str]] = {
    **dict.fromkeys(("voicebench_open", "vcb_tif", "vcb_safety", "vcb_mtd", "vcb_sif"), WHOLE),
    **dict.fromkeys([name for name, facts in FACTS.items() if facts.parse == "uro_score"], WHOLE),
    **dict.fromkeys([name for name, facts in FACTS.items() if facts.parse == "vstyle"], STEPS),
    **dict.fromkeys([name for name, facts in FACTS.items() if facts.parse == "kimi_yes_no"], YES_NO),
    **dict.fromkeys(("voicebench_qa", "uro_qa"), ONE_WORD),
    **dict.fromkeys(("openaudiobench_web_questions", "openaudiobench_trivia_qa"), MATCHES),
    **dict.fromkeys(("emova_response", "emova_spoken_response", "hello_chat_translation"), TEN),
    "hello_chat_nlp_question": (
        reply_in_json({"reason": "fine", "score": 7.5}),
        {"reason": "fine", "score": 7.5},
        reply_in_json({"reason": "fine", "score": 10.1}),
    ),
    "openaudiobench_llama_questions": (
        "Both say Paris, the score is [Correct]. Not that the score is [Incorrect].",
        {"verdict": "correct"},
        "the score is [5]",
    ),
    "openaudiobench_alpaca_eval": grades("Good. Rating: [[8]], not [[9]]", "Rating: [[11]]", 8),
    "openaudiobench_reasoning_qa": grades("第[2]步有误。得分是[3]", "得分是[0]", 3),
    "emova_style": (reply_in_json(STYLE), STYLE, reply_in_json({**STYLE, "pitch_score": 2})),
    "air_bench_chat": ("8 6", {"score_1": 8, "score_2": 6}, "8 11"),
    "emergenttts_win_rate": (
        reply_in_json({**TTS, "winner": 0}),
        {**TTS, "winner": "0"},
        reply_in_json({**TTS, "winner": 3}),
    ),
    "fdb_interruption_relevance": (
        "Analysis: It turns to the new topic.\nMy rating of the reply: 4",
        {"analysis": "It turns to the new topic.", "rating": 4},
        "Analysis: Fine.\nMy rating of the reply: 6",
    ),
    "fdb_overlap_behaviour": (
        'It goes on.\n{"behaviour": ["C_RESUME"]}',
        {"respond": 0.0, "resume": 1.0, "uncertain_handling": 0.0, "unknown": 0.0},
        '{"behaviour": ["C_OTHER"]}',
    ),
    "mtr_dialogue_quality": grades("3.5", "none", 3.5),
    "mtr_instruction_following": grades("1", "2", 1),
    "mtr_safety": ("0", {"harmful": "0"}, "safe"),
    "msib_speech_content": (
        reply_in_json({**MSIB, "speech_quality_score": 4, "content_quality_score": 2}),
        {**MSIB, "speech_quality_score": 4, "content_quality_score": 2},
        reply_in_json({**MSIB, "speech_quality_score": 0, "content_quality_score": 2}),
    ),
    "mmmb_answer": (
        reply_in_json({"analysis": "same", "correct": "yes"}),
        {"analysis": "same", "correct": "yes"},
        reply_in_json({"analysis": "same", "correct": "partly"}),
    ),
}
