"""Rules for spoken replies: what is compared with what, what is read where, and what cannot be decided."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from evalkit.core.errors import DataError
from evalkit.core.message import Audio, user
from evalkit.core.response import Response
from evalkit.core.sample import Sample
from evalkit.core.scorer import Answered
from evalkit.media.audio import from_samples
from evalkit.media.speech_measures import SpeechMeasures, measure
from evalkit.metrics.scorers import scorer
from evalkit.metrics.spoken.expect import KINDS, problems
from evalkit.metrics.spoken.reply import LEAST, Reply, decide, neutral_voices
from evalkit.metrics.spoken.scorer import SpokenRules
from evalkit.metrics.spoken.text import ends, holds, language_of, sentences, starts, word_count

RATE = 16_000


def tone(seconds: float = 2.0, pitch: float = 120.0, syllables: float = 4.0, gain: float = 0.2) -> np.ndarray[Any, Any]:
    """A buzz in bursts: so many a second, at that pitch and level."""
    time = np.arange(int(seconds * RATE)) / RATE
    buzz = sum(np.sin(2 * np.pi * pitch * k * time) / k for k in range(1, 20))
    bursts = 0.05 + 0.95 * (0.5 - 0.5 * np.cos(2 * np.pi * syllables * time)) ** 2
    return (gain * buzz * bursts).astype(np.float32)


VOICE = measure(tone(), RATE)


def sound(**changes: Any) -> SpeechMeasures:
    return dataclasses.replace(VOICE, **changes)


def reply(expect: Mapping[str, Any], text: str | None = "It is half past six.", **changes: Any) -> Reply:
    measures = changes.pop("measures", VOICE)
    return Reply(changes.pop("language", "en"), expect, measures, written=text, **changes)


def own(**changes: Any) -> Any:
    """A neutral voice of three like replies."""
    return neutral_voices([reply({}, measures=sound(**changes))] * LEAST)["en"]


@pytest.mark.parametrize(
    ("wanted", "factor", "met"),
    [
        ("slow", 0.80, True), ("slow", 0.81, False), ("slower", 0.87, True), ("slower", 0.88, False),
        ("normal", 1.0, True), ("normal", 0.82, False), ("normal", 1.21, False), ("faster", 1.15, True),
        ("faster", 1.14, False), ("fast", 1.25, True), ("fast", 1.24, False),
    ],
)  # fmt: skip
def test_the_rate_against_the_models_own(wanted: str, factor: float, met: bool) -> None:
    said = reply({"rate": wanted}, measures=sound(syllable_rate=4.0 * factor + 1e-9 * (1 if factor > 1 else -1)))
    assert decide(said, own(syllable_rate=4.0)) == {"rate": met}


@pytest.mark.parametrize(
    ("expect", "change", "met"),
    [
        ({"loudness": "quiet"}, {"speech_dbfs": -28.1}, True), ({"loudness": "quiet"}, {"speech_dbfs": -27.9}, False),
        ({"loudness": "loud"}, {"speech_dbfs": -21.9}, True), ({"loudness": "loud"}, {"speech_dbfs": -22.1}, False),
        ({"pitch": "high"}, {"pitch_hz": 110.0}, True), ({"pitch": "high"}, {"pitch_hz": 108.0}, False),
        ({"pitch": "low"}, {"pitch_hz": 91.0}, True), ({"pitch": "low"}, {"pitch_hz": 93.0}, False),
    ],
)  # fmt: skip
def test_level_and_pitch_against_the_models_own(expect: Any, change: Any, met: bool) -> None:
    said = reply(expect, measures=sound(**change))
    assert decide(said, own(speech_dbfs=-25.0, pitch_hz=100.0)) == dict.fromkeys(expect, met)


def test_the_neutral_voice_is_the_median_of_replies_of_which_nothing_was_asked() -> None:
    rates = [(3.0, {}), (4.0, {}), (9.0, {}), (1.0, {"rate": "slow"}), (5.0, {"loudness": "loud"})]
    replies = [reply(expect, measures=sound(syllable_rate=rate)) for rate, expect in rates]
    voices = neutral_voices(replies)
    assert voices["en"].values["rate"] == 4.5
    assert voices["en"].replies == {"rate": 4, "loudness": 4, "pitch": 5}
    assert set(voices) == {"en"}
    assert neutral_voices(reversed(replies)) == voices


def test_languages_have_voices_of_their_own_and_broken_replies_none() -> None:
    silent = measure(np.zeros(RATE, dtype=np.float32), RATE)
    replies = [reply({})] * 2 + [reply({}, "六点半。", language="zh")] * 3
    replies += [reply({}, measures=silent), reply({}, "六点半了。"), reply({}, measures=sound(pitch_hz=None))]
    voices = neutral_voices(replies)
    assert voices["en"].values == {}
    assert voices["zh"].replies["rate"] == 3
    assert decide(reply({"rate": "slow", "words": [["six"]]}), voices["en"]) == {"rate": None, "words": True}
    assert decide(reply({"rate": "slow"}), None) == {"rate": None}


def test_silence_and_another_language_meet_nothing() -> None:
    expect = {"without": ["um"], "duration": {"max": 60}, "word_count": {"max": 99}, "rate": "normal"}
    silent = measure(np.zeros(RATE, dtype=np.float32), RATE)
    nothing = dict.fromkeys(expect, False)
    assert decide(reply(expect, measures=silent), own()) == nothing
    assert decide(reply(expect, "现在是六点半。"), own()) == nothing
    assert decide(reply(expect, "Es ist jetzt halb sieben und wir sind noch da."), own()) == nothing
    assert decide(reply({**expect, "language": "de"}, "Es ist jetzt halb sieben.", language="de"), own())["language"]


def test_words_are_looked_for_in_what_was_heard_else_in_what_was_written() -> None:
    expect = {"words": [["six", "6"]], "without": ["um"]}
    both = Reply("en", expect, VOICE, heard="it is half past seven um", written="It is half past six.")
    assert (decide(both, None), both.source) == ({"words": False, "without": False}, "heard")
    written = dataclasses.replace(both, heard=None)
    assert (decide(written, None), written.source) == ({"words": True, "without": True}, "written")
    neither = dataclasses.replace(written, written=None)
    assert (decide(neither, None), neither.source) == ({"words": None, "without": None}, "nothing")
    nothing_heard = dataclasses.replace(both, heard="")
    assert decide(nothing_heard, None)["words"] is False


def test_sentences_need_marks() -> None:
    heard = Reply("en", {"sentences": {"max": 2}}, VOICE, heard="one two three", written=None)
    assert decide(heard, None) == {"sentences": None}
    assert decide(dataclasses.replace(heard, written="One. Two. Three."), None) == {"sentences": False}


def test_duration_is_from_the_first_sound_to_the_last() -> None:
    padded = sound(duration=12.0, leading_silence=3.0, trailing_silence=2.0)
    assert decide(reply({"duration": {"max": 7.0}}, measures=padded), None) == {"duration": True}
    assert decide(reply({"duration": {"min": 7.5}}, measures=padded), None) == {"duration": False}


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Deep breath. Half of one.", "en"), ("你好，我用iPhone手机。", "zh"), ("Bonjour, je suis ravi de vous voir.", "fr"),
        ("Hola, ¿cómo estás?", "es"), ("Xylophone.", None), ("You'll do fine.", "en"), ("Slate is metamorphic as well, made from shale.", "en"),
        ("Most pools insist on one.", "en"), ("Como?", None), ("こんにちは、元気です", "ja"), ("Guten Morgen, wie geht es Ihnen?", "de"),
        ("Ciao, come stai?", "it"), ("Привет, как дела?", "ru"), ("안녕하세요", "ko"), ("12:30", None), ("", None),
    ],
)  # fmt: skip
def test_the_language_of_a_text(text: str, language: str | None) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Mr. Smith paid 3.5 euros. Really? Yes!", 3), ("Wait... what?!", 2), ("no marks at all", None), ("Yes", None),
        ("好。走吧！真的？", 3), ("It is 5 p.m. and we go.", 1), ('"Stop!" he said.', 2),
    ],
)  # fmt: skip
def test_sentences_are_counted(text: str, count: int | None) -> None:
    assert sentences(text) == count


def test_words_and_characters_are_counted() -> None:
    assert word_count("It's 3.50 euros, well-known here.", "en") == 5
    assert word_count("我在 Berlin 住了10年。", "zh") == 7


@pytest.mark.parametrize(
    ("text", "wording", "held"),
    [
        ("Goodnight, Mrs. Pickles.", "mrs pickles", True), ("揽……雀……尾", "揽雀尾", True), ("at 6:30", "half past six", True),
        ("half past six", "six", True), ("thirty-six people", "six", False), ("六点半", "六", True), ("十六个", "六", False),
        ("half past six", "half past", True), ("sixty people", "six", False), ("We had sixteen.", "16", True), ("catalogue", "cat", False), ("", "cat", False),
    ],
)  # fmt: skip
def test_a_wording_is_held_by_value_and_across_marks(text: str, wording: str, held: bool) -> None:
    assert holds(text, [wording]) is held


def test_beginnings_and_ends_are_whole_words() -> None:
    assert starts("“Well then,” she said", "well, then")
    assert not starts("Wellington it is", "well")
    assert ends("就这样吧。", "这样吧")
    assert not ends("I am unhappy.", "happy")


@pytest.mark.parametrize(
    "expect",
    [
        {"speed": "slow"}, {"rate": "quick"}, {"loudness": 3}, {"duration": {}}, {"duration": {"max": -1}},
        {"duration": {"min": 3, "max": 2}}, {"duration": {"most": 3}}, {"language": "klingon"}, {"language": None},
        {"words": ["paris"]}, {"words": [[]]}, {"words": [["..."]]}, {"without": "um"}, {"starts": []}, "slow",
    ],
)  # fmt: skip
def test_expectations_nobody_can_decide_are_refused(expect: Any) -> None:
    (problem,) = problems(expect)
    assert "expect" in problem
    with pytest.raises(DataError, match="'s1'"):
        SpokenRules().check(Sample("s1", (user("x"),), meta={"language": "en", "expect": expect}))


def test_a_sample_without_a_language_is_refused() -> None:
    with pytest.raises(DataError, match="needs its language"):
        SpokenRules().check(Sample("s1", (user("x"),), meta={"expect": {}}))


def answer(key: str, expect: Mapping[str, Any], wave: Any = None, text: str | None = "Half past six.") -> Answered:
    audio = None if wave is None else wave if isinstance(wave, Audio) else from_samples(wave, RATE)
    return Answered(key, "all", None, Response(text=text, audio=audio), meta={"language": "en", "expect": expect})


def test_scores_count_what_is_met_and_what_cannot_be_decided() -> None:
    rules = scorer("spoken_rules")
    plain = tone()
    answers = [
        *(answer(f"n{number}", {}, plain) for number in range(3)),
        answer("slow", {"rate": "slow", "words": [["six"], ["nine"]]}, tone(syllables=2.5)),
        answer("high", {"pitch": "high"}, tone(pitch=180.0)),
        answer("mute", {"pitch": "high", "words": [["six"]]}),
        answer("broken", {"rate": "slow"}, Audio(opener=lambda: b"404 not found", name="x.wav")),
        answer("unread", {"words": [["six"]], "duration": {"max": 9}}, plain, text=None),
    ]
    scores = {key.id: found for key, found in rules.stream(iter(answers))}
    assert scores["n0"].faithful == {}
    assert scores["slow"].faithful["expectations_met"] == (1, 2)
    assert scores["slow"].faithful["met_rate"] == (1, 1)
    assert scores["slow"].faithful["met_words"] == (0, 1)
    assert "words_written" in scores["slow"].flags
    assert scores["high"].faithful["physics"] == (1, 1)
    assert (scores["mute"].status, scores["mute"].faithful["expectations_met"]) == ("model_failed", (0, 2))
    assert scores["broken"].status == "model_failed"
    assert scores["unread"].faithful["expectations_met"] == (1, 1)
    assert (scores["unread"].strict or {})["expectations_met"] == (1, 2)
    assert {"undecided_words", "words_nothing"} <= set(scores["unread"].flags)
    names = {metric.name for metric in rules.metrics}
    assert names == {"expectations_met", "physics", *(f"met_{kind}" for kind in KINDS)}
    assert all(set(found.faithful) <= names for found in scores.values())


def test_the_order_of_answers_makes_no_difference() -> None:
    rules = SpokenRules()
    answers = [answer(f"n{n}", {}, tone(syllables=3 + n / 10)) for n in range(5)]
    answers += [answer("slow", {"rate": "slow"}, tone(syllables=2.2))]
    one = {key.id: found.detail for key, found in rules.stream(answers)}
    other = {key.id: found.detail for key, found in rules.stream(answers[::-1])}
    assert one == other
