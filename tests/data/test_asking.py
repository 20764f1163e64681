"""Free questions, spoken questions and synthesis: rows as samples."""

from __future__ import annotations

from typing import Any

import pytest

from evalkit.core.errors import DataError, UsageError
from evalkit.core.message import Audio, Image, Text, Video
from evalkit.data.asking import field, question, spoken
from evalkit.data.corpora.columns import Placed
from evalkit.data.parts import parts
from evalkit.data.speaking import speak
from evalkit.data.splits import by_split

AUDIO, IMAGE, OTHER, VIDEO = Audio("a.wav"), Image("i.png"), Image("j.png"), Video("v.mp4")
ROW = Placed(
    {"id": "r1", "question": "Who?", "reference": "Ann", "audio": AUDIO, "image": IMAGE, "images": (IMAGE, OTHER),
     "video": VIDEO, "lang": "zh", "none": None, "turn": {"n": [1, 2]}, "many": ["Ann", "Anna"], "speaker": 3},
    "file.jsonl, line 9",
)  # fmt: skip


def content(sample: Any) -> list[Any]:
    return [part.text if isinstance(part, Text) else part for part in sample.messages[-1].content]


@pytest.mark.parametrize(
    ("maker", "wanted"),
    [
        (question(), ["Who?"]),
        (question("Answer: {question} ({turn.n.1:03d})"), ["Answer: Who? (002)"]),
        (question("No {{braces}}: {question}"), ["No {braces}: Who?"]),
        (question("{question}", media="audio"), [AUDIO, "Who?"]),
        (question("{question}", media=("video", "images", "audio")), [VIDEO, IMAGE, OTHER, AUDIO, "Who?"]),
        (question("Look:\n{image}\nand hear {audio}", media=("audio", "video")), [VIDEO, "Look:", IMAGE, "and hear ", AUDIO]),
        (question("{images}{question}", media="images"), [IMAGE, OTHER, "Who?"]),
        (question("{question}", media=("none", "audio")), [AUDIO, "Who?"]),
        (question({"dev": "A {question}", "test": "B"}), ["A Who?"]),
        (question(by_split({"test": "B"}, other="C {question}")), ["C Who?"]),
        (spoken(), [AUDIO]),
        (spoken("Answer briefly."), [AUDIO, "Answer briefly."]),
        (spoken(media=("image", "audio")), [IMAGE, AUDIO]),
    ],
)  # fmt: skip
def test_what_is_shown(maker: Any, wanted: list[Any]) -> None:
    sample = maker(ROW, "dev")
    assert content(sample) == wanted
    assert (sample.id, sample.reference) == ("r1", "Ann")


def test_references() -> None:
    assert question(reference="many")(ROW, "dev").reference == ["Ann", "Anna"]
    assert question(reference=None)(ROW, "dev").reference is None
    assert spoken(reference="turn.n.0")(ROW, "dev").reference == 1
    without = Placed({"id": "r2", "question": "?", "audio": AUDIO}, "f")
    assert question()(without, "dev").reference is None
    with pytest.raises(DataError, match=r"sample 'r2' \(f\): the row has no column 'answer'; it has id, question"):
        question(reference="answer")(without, "dev")


def test_meta_language_cluster_system_and_compared() -> None:
    sets = parts("dev en basic", fields=("split", "language", "level"))
    sample = question(meta=("lang", sets.meta("level")), language=field("lang"), cluster="speaker", system="Be {lang}.",
                      compared=("audio", "images"))(ROW, "dev")  # fmt: skip
    assert sample.meta == {"language": "zh", "lang": "zh", "level": "basic"}
    assert (sample.cluster, sample.messages[0].role, sample.messages[0].text) == ("3", "system", "Be zh.")
    assert sample.media == {"audio": AUDIO, "images": IMAGE, "images[1]": OTHER}
    assert spoken(meta=sets.meta())(ROW, "dev").meta == {"language": "en", "level": "basic"}
    assert spoken(language="fr", meta="lang")(ROW, "dev").meta == {"language": "fr", "lang": "zh"}
    assert spoken()(ROW, "dev").meta is None
    with pytest.raises(DataError, match="no facts of the split 'test'; it has dev"):
        spoken(meta=sets.meta())(ROW, "test")


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: question("{quest}"), r"sample 'r1' \(file\.jsonl, line 9\): no field fills \{quest\} of the prompt; it has id, question"),
        (lambda: question("{none}"), r"the field of \{none\} in the prompt is empty"),
        (lambda: question("{turn.m}"), r"no field fills \{turn\.m\} of the prompt"),
        (lambda: question(media="imges"), "no column 'imges'; .*did you mean 'images'"),
        (lambda: question(media="lang"), "the field 'lang' holds no media but a str; declare it as audio, image or video"),
        (lambda: question(None), "nothing is asked: neither media nor text"),
        (lambda: spoken(media="none"), "nothing is asked"),
        (lambda: spoken(language=field("speaker")), "the field 'speaker' is no language code but 3"),
        (lambda: speak(text="none"), "nothing to say: the field 'none' holds None"),
        (lambda: speak(text="question", voice="lang"), "the field 'lang' holds no recording but 'zh'"),
        (lambda: speak(text="question", voice="audio", transcript="turn"), "the field 'turn' is no text"),
    ],
)  # fmt: skip
def test_errors_name_sample_row_and_fields(make: Any, problem: str) -> None:
    with pytest.raises(DataError, match=problem):
        make()(ROW, "dev")


@pytest.mark.parametrize("prompt", ["{", "a } b", {"dev": "{question"}, by_split({}, other="{")])
def test_broken_templates_are_refused_when_the_maker_is_made(prompt: Any) -> None:
    for maker in (question, spoken, speak):
        with pytest.raises(UsageError, match="is no template"):
            maker(prompt)


def test_speech_in_a_voice() -> None:
    make = speak("Say this in the voice you heard:", text="question", voice="audio", transcript="reference",
                 language=by_split({"en": "en"}, other="zh"))  # fmt: skip
    sample = make(ROW, "hard")
    voice = Audio("a.wav", transcript="Ann")
    assert content(sample) == [voice, "Say this in the voice you heard:\nWho?"]
    assert (sample.reference, sample.meta, sample.media) == ("Who?", {"language": "zh"}, {"audio": voice})
    assert make(ROW, "en").meta == {"language": "en"}


@pytest.mark.parametrize(
    ("maker", "wanted"),
    [
        (speak(text="question"), ["Who?"]),
        (speak("Say '{question}' in {lang}.", text="question"), ["Say 'Who?' in zh."]),
        (speak("Like\n{audio}\nsay: {question}", text="question", voice="audio"), ["Like", AUDIO, "say: Who?"]),
        (speak(text="question", voice="audio"), [AUDIO, "Who?"]),
    ],
)
def test_ways_to_ask_for_speech(maker: Any, wanted: list[Any]) -> None:
    sample = maker(ROW, "dev")
    assert (content(sample), sample.reference) == (wanted, "Who?")
