"""`evalkit build msib`: drafts by dimension, a review, spoken turns, data that pass the check and run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evalkit import plugins
from evalkit.building.folder import BuildFolder
from evalkit.building.result import write_result
from evalkit.core.errors import DataError
from evalkit.core.message import Audio
from evalkit.media import audio


def test_drafts_become_spoken_data_that_pass_the_check_and_run(
    workshop: Any, main: Callable[..., Any], tmp_path: Path
) -> None:
    done = main(*workshop.msib(12), "--language", "en,zh")
    assert done.code == 0, done.err
    lines = workshop.drafts()
    assert Counter((line["dimension"], line["language"]) for line in lines).most_common(1)[0][1] == 1
    assert all(2 <= len(line["turns"]) + 1 <= 10 for line in lines)
    assert all(set(line["expect"]) == {"rate"} for line in lines if line["dimension"] == "rate_control")
    assert workshop.asked("speak") == [], "nothing is spoken before the review"

    def review(line: dict[str, Any]) -> None:
        line["decision"] = {"d0002": "correct", "d0005": "reject"}.get(line["id"], "accept")
        if line["decision"] == "correct":
            line["question"] = "Tell me once more." if line["language"] == "en" else "请再说一次。"

    workshop.decide(review)
    done = main("build", "msib", "--out", workshop.out, "--finish")
    assert done.code == 0, done.err
    rows, record = workshop.rows(), workshop.record()
    assert len(rows) == 11 and record["counts"]["written"] == 11 and record["counts"]["not_spoken"] == 0
    texts = {line["id"]: [turn["user"] for turn in line["turns"]] + [line["question"]] for line in workshop.drafts()}
    for row in rows:
        parts = [m["content"][0] for m in row["messages"] if m["role"] == "user"]
        assert [part["transcript"] for part in parts] == texts[row["id"]]
        for part in parts:
            heard = audio.info(Audio(str(workshop.out / part["path"])))
            assert heard.seconds == pytest.approx(0.1 * len(part["transcript"]), abs=0.01), "each text its own file"
    spoken = {text for row in rows for text in texts[row["id"]]}
    assert Counter(request["messages"][0]["content"][0]["text"] for request in workshop.asked("speak")) == Counter(
        list(spoken)
    ), "the rejected dialogue is not spoken, and nothing twice"

    checked = main("data", "check", "msib", workshop.out, "--json")
    assert checked.code == 0 and checked.json["problems"] == [] and checked.json["dialogues"] == 11
    ran = main("run", "--task", "msib", "--data", workshop.out, "--model", "command", "--model-arg",
               f"cmd={workshop.word('speak').split('cmd=')[1].split(',')[0]}", "--stage", "generate",
               "--out", tmp_path / "results")  # fmt: skip
    assert ran.code == 0, ran.err


def test_silence_and_speech_that_is_too_short_are_asked_again(workshop: Any, main: Callable[..., Any]) -> None:
    assert main(*workshop.msib(4), "--turns", "2-3", "--dimension", "rate_control,basic_conversation").code == 0
    workshop.decide("accept")
    questions = [line["question"] for line in workshop.drafts()]
    workshop.faults("speak", {
        questions[0]: ["silence", "brief"], questions[1]: ["brief"] * 3, questions[2]: ["error"],
    })  # fmt: skip
    done = main("build", "msib", "--out", workshop.out, "--finish", "--json")
    assert done.code == 1
    assert set(done.json["lost"]) == {"d0002", "d0003"}
    assert "0.01 s of sound" in done.json["lost"]["d0002"] or "silence" in done.json["lost"]["d0002"]
    assert [row["id"] for row in workshop.rows()] == ["d0001", "d0004"]
    assert workshop.record()["counts"]["not_spoken"] == 2
    assert workshop.record()["stages"]["speech"]["unusable"] == 5

    workshop.forget()
    workshop.faults("speak", {})
    done = main("build", "msib", "--out", workshop.out, "--finish", "--json")
    assert set(done.json["lost"]) == {"d0002"}
    assert len(workshop.asked("speak")) == 1, "only the call that failed is repeated"


def test_an_edit_after_the_end_speaks_only_what_changed(workshop: Any, main: Callable[..., Any]) -> None:
    assert main(*workshop.msib(3), "--turns", "2-4").code == 0
    workshop.decide("accept")
    assert main("build", "msib", "--out", workshop.out, "--finish").code == 0
    before = {path.name for path in (workshop.out / "audio").iterdir()}
    workshop.forget()

    def edit(line: dict[str, Any]) -> None:
        if line["id"] == "d0002":
            line.update(decision="correct", question="And what did I say about the beach?")

    workshop.decide(edit)
    assert main("build", "msib", "--out", workshop.out, "--finish").code == 0
    assert [request["messages"][0]["content"][0]["text"] for request in workshop.asked("speak")] == [
        "And what did I say about the beach?"
    ]
    after = {path.name for path in (workshop.out / "audio").iterdir()}
    assert len(after) == len(before) and len(after - before) == 1, "the recording nobody needs is gone"


def test_drafts_that_cannot_be_spoken_or_are_in_another_language(workshop: Any, main: Callable[..., Any]) -> None:
    workshop.faults("write", {"d0001": ["leak"], "d0002": ["foreign"], "d0003": ["short"], "d0004": ["die", "die"]})
    done = main(*workshop.msib(4), "--json")
    assert done.code == 1 and set(done.json["lost"]) == {"d0004"}
    prompts = {request["id"]: request["messages"][-1]["content"][-1]["text"] for request in workshop.asked("write")}
    assert "cannot be spoken" in prompts["d0001.2"]
    assert "written in fr, not in en" in prompts["d0002.2"]
    assert "turns before the last words; expected" in prompts["d0003.2"]


@pytest.mark.parametrize("harm", ["gone", "changed"])
def test_a_recording_that_is_gone_or_was_changed_is_made_anew(
    harm: str, workshop: Any, main: Callable[..., Any]
) -> None:
    assert main(*workshop.msib(2), "--turns", "2-2").code == 0
    workshop.decide("accept")
    assert main("build", "msib", "--out", workshop.out, "--finish").code == 0
    before = (workshop.out / "dialogues.jsonl").read_bytes()
    kept = next((workshop.out / "work/speech").iterdir())
    data = kept.read_bytes()
    kept.unlink() if harm == "gone" else kept.write_bytes(data[:44] + b"\0" * (len(data) - 44))
    workshop.forget()
    assert main("build", "msib", "--out", workshop.out, "--finish").code == 0
    assert len(workshop.asked("speak")) == 1
    assert kept.read_bytes() == data and (workshop.out / "dialogues.jsonl").read_bytes() == before


def test_a_result_that_does_not_pass_the_check_replaces_nothing(workshop: Any, main: Callable[..., Any]) -> None:
    assert main(*workshop.msib(2), "--turns", "2-2").code == 0
    workshop.decide("accept")
    assert main("build", "msib", "--out", workshop.out, "--finish").code == 0
    before = {path: path.read_bytes() for path in workshop.out.rglob("*") if path.is_file()}
    rows = workshop.rows()
    rows[1]["messages"].pop()
    with pytest.raises(DataError, match=r"was not written, as 'evalkit data check msib' finds 2 problems") as refused:
        write_result(BuildFolder(workshop.out), "msib", rows, {}, {})
    assert "line 2, 'd0002': the last message must be the user's" in str(refused.value)
    assert before == {path: path.read_bytes() for path in workshop.out.rglob("*") if path.is_file()}


def test_several_voices_one_for_each_dialogue(workshop: Any, main: Callable[..., Any]) -> None:
    other = workshop.word("speak", timeout=21).replace(
        "speak " + str(workshop.root), "speak " + str(workshop.root) + "/"
    )
    assert main(*workshop.msib(8), "--tts", other).code == 0
    workshop.decide("accept")
    assert main("build", "msib", "--out", workshop.out, "--finish").code == 0
    assert len(workshop.record()["settings"]["tts"]) == 2
    voices = [f"{entry['arguments']['cmd']}" for entry in workshop.record()["settings"]["tts"]]
    assert voices[0] != voices[1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--dimension", "singing"], "unknown dimension 'singing'"),
        (["--turns", "1-3"], "expected FEWEST-MOST between 2 and 10"),
        (["--language", "klingon"], "klingon"),
        (["--tts", "constant"], "a model is needed that takes text and gives speech"),
        (["--dialogues", "0"], "must be at least 1"),
    ],
)
def test_wrong_usage(words: list[str], said: str, workshop: Any, main: Callable[..., Any]) -> None:
    done = main(*workshop.msib(4), *words)
    assert done.code == 2 and said in done.err
    assert workshop.asked("write") == []


def test_spoken_by_espeak(workshop: Any, main: Callable[..., Any]) -> None:
    if "espeak-ng" not in plugins.plugins("model"):
        pytest.skip("the model espeak-ng is not there")
    words = workshop.msib(2)
    words[words.index("--tts") + 1] = "espeak-ng"
    assert main(*words, "--turns", "2-2", "--language", "en,zh").code == 0
    workshop.decide("accept")
    done = main("build", "msib", "--out", workshop.out, "--finish")
    assert done.code == 0, done.err
    assert main("data", "check", "msib", workshop.out).code == 0
