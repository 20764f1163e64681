"""The cascade: history is heard, answers are spoken, images are left out loudly, and lookup finds what was said."""

from __future__ import annotations

import json
import sys
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evalkit import plugins
from evalkit.core.errors import EvalkitError
from evalkit.core.message import Audio, Image, assistant, user
from evalkit.core.response import Response
from evalkit.core.sample import Generation, Request
from evalkit.media.audio import info
from evalkit.models.retrieval import answer, question_of, words

PARTS = Path(__file__).parent / "cascade_parts.py"


def recording(folder: Path, name: str, said: str) -> Audio:
    path = folder / f"{name}.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(b"\0\1" * 800)
    path.with_name(path.name + ".txt").write_text(said, encoding="utf-8")
    return Audio(str(path))


class Bench:
    """A cascade of three programs, with what each was asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def part(self, role: str) -> str:
        return f"command,cmd={sys.executable} -S -E {PARTS} {role} {self.folder / role}.log"

    def ask(self, requests: list[Request], **changes: str) -> dict[str, Response]:
        parts = {"asr": self.part("hear"), "llm": self.part("answer"), "tts": self.part("speak")}
        cascade = plugins.load_model("cascade", {**parts, **changes})
        with cascade:
            found = list(cascade.stream(iter(requests)))
        assert len(found) == len(dict(found))
        return dict(found)

    def asked(self, role: str) -> list[dict[str, Any]]:
        path = self.folder / f"{role}.log"
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def request(key: str, *messages: Any, speech: bool = False) -> Request:
    return Request(key, tuple(messages), Generation(speech=speech))


def test_the_whole_history_is_heard_in_its_order(bench: Bench, tmp_path: Path) -> None:
    one, two = recording(tmp_path, "one", "my name is Ada"), recording(tmp_path, "two", "what is my name")
    found = bench.ask([request("q", user(one, "(first)"), assistant("Hello."), user(two))])
    assert found["q"].text == "user: my name is Ada | user: (first) | assistant: Hello. | user: what is my name"
    assert found["q"].meta == {"recognised": ["my name is Ada", "what is my name"]}
    assert found["q"].audio is None and bench.asked("speak") == []


def test_written_conversations_need_no_recogniser_and_no_synthesizer(bench: Bench) -> None:
    found = bench.ask([request(str(i), user(f"question {i}")) for i in range(70)])
    assert {key: response.text for key, response in found.items()} == {
        str(i): f"user: question {i}" for i in range(70)
    }  # fmt: skip
    assert bench.asked("hear") == bench.asked("speak") == []


def test_answers_are_spoken_where_speech_is_asked_for(bench: Bench) -> None:
    found = bench.ask([request("aloud", user("abcd"), speech=True), request("quiet", user("abcd"))])
    spoken = found["aloud"].audio
    assert spoken is not None and info(spoken).seconds == pytest.approx(0.1 * len("user: abcd"))
    assert found["quiet"].audio is None and found["quiet"].text == found["aloud"].text
    assert [asked["messages"][-1]["content"][0]["text"] for asked in bench.asked("speak")] == ["user: abcd"]


def test_one_bad_recording_fails_its_own_sample(bench: Bench, tmp_path: Path) -> None:
    good, bad = recording(tmp_path, "good", "hello"), recording(tmp_path, "bad", "noise")
    requests = [request("bad", user(bad)), *(request(f"good{i}", user(good)) for i in range(40))]
    found = bench.ask(requests)
    assert found["bad"].failure is not None and "nothing but noise" in found["bad"].failure.message
    assert [key for key, response in found.items() if response.failure is not None] == ["bad"]
    assert len(found) == 41 and "bad" not in [asked["id"] for asked in bench.asked("answer")]


def test_only_bad_recordings_are_failures_too(bench: Bench, tmp_path: Path) -> None:
    bad = recording(tmp_path, "bad", "noise")
    found = bench.ask([request(str(i), user(bad)) for i in range(3)])
    assert len(found) == 3 and all(response.failure is not None for response in found.values())


def test_silence_in_place_of_an_answer_is_a_failure_where_speech_was_asked_for(bench: Bench) -> None:
    found = bench.ask([request("a", user("say nothing"), speech=True), request("b", user("say nothing"))])
    assert found["a"].failure is not None and found["b"].failure is None and found["b"].text == ""


def test_images_are_left_out_where_the_answerer_is_blind_and_results_say_so(tmp_path: Path) -> None:
    picture = Image(str(tmp_path / "none.png"))
    bench = Bench(tmp_path)
    blind = plugins.load_model("cascade", {"tts": "none"})
    with blind:
        ((_, response),) = blind.stream(iter([request("q", user(picture, "The key is 42."), user("What is the key?"))]))
    assert response.failure is None and response.text == "The key is 42."
    assert response.meta == {"images_left_out": 1}
    assert any("sees no images" in notice for notice in blind.notices(None, {"text", "image"}))
    assert not blind.notices(None, {"text", "audio"})
    sees = plugins.load_model("cascade", {"llm": bench.part("answer"), "tts": "none"})
    assert not sees.notices(None, {"text", "image"})


def test_the_cost_is_the_answerers_and_unknown_where_that_is(bench: Bench) -> None:
    assert bench.ask([request("q", user("hi"))])["q"].cost == 0.25
    assert bench.ask([request("q", user("hi"))], llm="retrieval")["q"].cost is None


def test_requests_are_not_hoarded(bench: Bench) -> None:
    taken = 0

    def endless() -> Iterator[Request]:
        nonlocal taken
        while True:
            taken += 1
            yield request(str(taken), user("hello"))

    cascade = plugins.load_model("cascade", {"tts": "none"})
    with cascade:
        answers = cascade.stream(endless())
        for _ in range(100):
            next(answers)
    assert taken <= 100 + 3 * 32


def test_the_parts_are_part_of_the_identity() -> None:
    a, b = (
        dict(plugins.load_model("cascade", {"llm": llm, "tts": "none"}).identity()) for llm in ("retrieval", "constant")
    )
    assert a != b and a["llm"][0] == "retrieval" and a["tts"] is None
    workers = plugins.load_model("cascade", {"asr": "pocketsphinx,workers=1", "tts": "none"})
    assert dict(workers.identity()) == a  # the number of processes changes no answer


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"asr": "retrieval"}, "takes audio"),
        ({"tts": "constant"}, "gives speech"),
        ({"llm": "retrieva"}, "retrieval"),
        ({"llm": "constant,text"}, "KEY=VALUE"),
        ({"llm": "constant,txt=a"}, "text"),
    ],
)
def test_parts_that_cannot_be_are_refused_at_once(arguments: dict[str, str], expected: str) -> None:
    with pytest.raises(EvalkitError, match=expected):
        plugins.load_model("cascade", arguments)


def test_lookup_takes_what_the_question_asks_for() -> None:
    history = [
        user("The dentist is on Thursday at 9:40. My locker code is 7731."),
        assistant("Noted."),
        user("Lena paints the fence green. How does glue work?"),
        assistant("It wets the surface and hardens."),
    ]
    assert answer([*history, user("Remind me: at what time is the dentist?")]) == "9:40"
    assert answer([*history, user("On which day is the dentist?")]) == "Thursday"
    assert answer([*history, user("What colour is Lena's fence?")]) == "green"
    assert answer([*history, user("What is the number of my locker?")]) == "7731"
    assert answer([*history, user("Who paints?")]) == "Lena paints the fence green."
    assert answer(
        [user("我住在302房。"), assistant("好。"), user("我的车停在B区。"), assistant("嗯。"), user("我住哪个房？")]
    ) == ("我住在302房。")


def test_what_was_said_later_wins_and_questions_are_no_answers() -> None:
    history = [
        user("The room is 12."),
        assistant("All right."),
        user("The room is 15. Is the room 99?"),
        assistant("Hm."),
    ]
    assert answer([*history, user("Which room is it?")]) == "The room is 15."
    assert answer([user("Anything?")]) == "Anything?", "where nothing was said, it is a parrot"
    assert question_of("I forgot. Which room? Thanks.") == "Which room?"
    assert words("The cats' room is 3.5") == words("cat room 3.5 the")
