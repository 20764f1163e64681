"""The rules of the metric `choice`, by name."""

from __future__ import annotations

from evalkit.metrics.choice import harness_rules, letter_rules, omni_rules, token_rules
from evalkit.metrics.choice.outcome import Lost, Rule
from evalkit.metrics.choice.robust import robust
from evalkit.metrics.choice.voicebench_mcq import voicebench_mcq

BBH = "voicebench_bbh"  # its verdicts are no letters; the scorer treats it by itself

RULES: dict[str, Rule] = {
    "robust": Rule(
        "ours: the option a reply commits to in any wording and script; unread where it names none or two", robust
    ),
    "letter": Rule(
        "ours: a reply that is a letter, or begins with one as a marker; nothing else", letter_rules.letter_alone
    ),
    "mmau": Rule(
        "MMAU: all words of the answer, none that only other options have; a bare letter is wrong",
        token_rules.mmau,
        missing=Lost.DROPPED,
        equal_options=True,
        by_text=True,
    ),
    "mmau+leadin": Rule(
        "MMAU's rule behind a lead-in sentence and a letter marker, which are taken off; not official",
        token_rules.mmau_without_lead_in,
        missing=Lost.DROPPED,
        equal_options=True,
        by_text=True,
    ),
    "mmar": Rule(
        "MMAR: the rule of MMAU",
        token_rules.mmau,
        missing=Lost.DROPPED,
        equal_options=True,
        by_text=True,
    ),
    "mmsu@217d1d3": Rule(
        "MMSU since 2026-02: first or last but one character A to D; empty is wrong, unread is dropped",
        letter_rules.mmsu,
        missing=Lost.DROPPED,
        equal_options=True,
        by_text=True,
    ),
    "mmsu@f0ef334": Rule(
        "MMSU before: the same, but an empty reply takes the letter of the row before",
        letter_rules.mmsu,
        missing=Lost.DROPPED,
        equal_options=True,
        by_text=True,
        carries=True,
    ),
    "air_bench": Rule(
        "AIR-Bench Foundation: first or last but one character A to D; everything else is dropped",
        letter_rules.air_bench,
        missing=Lost.DROPPED,
        equal_options=True,
    ),
    "voicebench_mcq": Rule(
        "VoiceBench mmsu and openbookqa: 163 turns of phrase in order; else a guess",
        voicebench_mcq,
        guesses=True,
        letters="ABCD",
    ),
    "muchomusic": Rule(
        "MuChoMusic: the one capital A to D anywhere, else the first option whose text occurs",
        letter_rules.muchomusic,
    ),
    "rul_muchomusic": Rule(
        "RUL-MuchoMusic: the last [[X]], else a letter or an option by other wordings", omni_rules.rul_muchomusic
    ),
    "omnibench": Rule(
        "OmniBench: MMMU's parser, of the reply and of the answer's own text, so that some right letters are wrong",
        omni_rules.omnibench,
        gold=omni_rules.omnibench_gold,
        equal_options=True,
    ),
    "omnibench+gold": Rule(
        "the same parser against the true letter; not official", omni_rules.omnibench, equal_options=True, by_text=True
    ),
    "worldsense": Rule(
        "WorldSense by VLMEvalKit: the first capital A to D anywhere, lead-ins taken out", omni_rules.worldsense
    ),
    "daily_omni": Rule(
        "Daily-Omni: answer tag, answer phrase, leading letter, last letter alone", omni_rules.daily_omni
    ),
    "daily_omni_api": Rule("Daily-Omni's stricter script: the reply begins with the letter", omni_rules.daily_omni_api),
    "video_holmes": Rule(
        "Video-Holmes: in the last answer tag, letters in the order A to F, so prose mostly reads A",
        omni_rules.video_holmes,
    ),
    "first_named": Rule(
        "ours: the option whose name stands first, as words; spacing, hyphens and case do not matter",
        omni_rules.first_named,
    ),
    "vlmevalkit": Rule("VLMEvalKit's exact matching, without a judge; unread is wrong", harness_rules.vlmevalkit),
    "lmms": Rule(
        "lmms-eval's MMMU parser: brackets, letters, texts, the last of several; else a guess",
        harness_rules.lmms,
        guesses=True,
    ),
    "mmlu_pro": Rule(
        'MMLU-Pro: "answer is X", "answer: X", the last letter alone; else a guess', letter_rules.mmlu_pro, guesses=True
    ),
}
PROFILES: dict[str, str] = {
    **{name: rule.about for name, rule in RULES.items()},
    BBH: "VoiceBench bbh: yes or no, (a) or (b) by turns of phrase of each set; else a guess",
}
