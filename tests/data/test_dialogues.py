"""The schema of dialogues: what is read, what is refused, and what the checker finds."""

from __future__ import annotations

import copy
import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from evalkit.core.errors import DataError, UsageError
from evalkit.core.message import Audio, Image, Text
from evalkit.data.dialogue import dialogue_check
from evalkit.data.dialogue.dialogue_check import check_dialogues
from evalkit.data.dialogue.dialogues import DialogueRows, Dialogues, parse, sample
from evalkit.data.dialogue.memory_dialogues import memory_rules

RULES = memory_rules()


def png(width: int = 4, height: int = 3) -> bytes:
    """A small grey image."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = b"".join(b"\0" + bytes(range(width)) for _ in range(height))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def image(path: str = "images/menu.png", **more: Any) -> dict[str, Any]:
    return {"type": "image", "path": path, "provenance": "own photograph", "licence": "CC0-1.0", **more}


def dialogue(**changes: Any) -> dict[str, Any]:
    return {
        "id": "d1",
        "language": "en",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [image(), {"type": "text", "text": "The menu of the inn."}]},
            {"role": "assistant", "content": "It looks cosy."},
            {"role": "user", "content": "My bus goes at nine."},
            {"role": "assistant", "content": [{"type": "text", "text": "Noted."}]},
            {"role": "user", "content": [{"type": "audio", "path": "ask.wav"}]},
        ],
        "reference": "6.50",
        "accepted": ["6.50 euros"],
        "alternatives": ["7.20"],
        "memory_type": "image",
        "turn_distance": 2,
        "recall_image_count": 1,
        **copy.deepcopy(changes),
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    (tmp_path / "images/menu.png").write_bytes(png())
    soundfile.write(tmp_path / "ask.wav", 0.1 * np.sin(np.arange(8000) / 8), 16_000)
    return tmp_path


@pytest.fixture
def written(folder: Path) -> Callable[..., Path]:
    def write(*lines: Any) -> Path:
        path = folder / "dialogues.jsonl"
        path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
        return path

    return write


def test_a_dialogue_becomes_a_sample_with_its_whole_history(folder: Path) -> None:
    found, problems = parse(dialogue(), folder, RULES)
    assert problems == []
    assert found is not None
    made = sample({"dialogue": found}, "all")
    assert [message.role for message in made.messages] == ["system", *(["user", "assistant"] * 2), "user"]
    shown = made.messages[1].content
    assert shown == (Image(str(folder / "images/menu.png"), name="images/menu.png"), Text("The menu of the inn."))
    assert made.messages[-1].content == (Audio(str(folder / "ask.wav"), name="ask.wav"),)
    assert made.reference == ["6.50", "6.50 euros"]
    assert made.meta == {
        "language": "en",
        "memory_type": "image",
        "turn_distance": 2,
        "recall_image_count": 1,
        "alternatives": ["7.20"],
    }
    assert found.turns == 3


def without(name: str) -> dict[str, Any]:
    line = dialogue()
    del line[name]
    return line


def messages(*roles: str) -> list[dict[str, Any]]:
    return [
        {"role": role, "content": [image(), {"type": "text", "text": "hm"}] if role == "user" else "hm"}
        for role in roles
    ]


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no id": (without("id"), '"id"'),
    "id is a list": (dialogue(id=["d"]), '"id"'),
    "no messages": (without("messages"), '"messages"'),
    "unknown role": (dialogue(messages=messages("user", "tool", "user")), "message 2"),
    "last turn from the assistant": (dialogue(messages=messages("user", "assistant")), "the last message must be the user's"),
    "two users in a row": (dialogue(messages=messages("user", "assistant", "user", "user")), "in turn"),
    "assistant first": (dialogue(messages=messages("assistant", "user", "assistant", "user")), "in turn"),
    "system in the middle": (dialogue(messages=messages("user", "system", "user")), "message 2 is the system's"),
    "one turn": (dialogue(messages=messages("user")), "1 turns; expected 2 to 15"),
    "sixteen turns": (dialogue(messages=messages(*(["user", "assistant"] * 15), "user")), "16 turns; expected 2 to 15"),
    "empty content": (dialogue(messages=[{"role": "user", "content": []}, *messages("assistant", "user")]), "message 1"),
    "unknown part": (dialogue(messages=[{"role": "user", "content": [{"type": "video", "path": "a"}]}, *messages("assistant", "user")]), "type must be"),
    "path outside": (dialogue(messages=[{"role": "user", "content": [image("../a.png")]}, *messages("assistant", "user")]), "below it"),
    "absolute path": (dialogue(messages=[{"role": "user", "content": [image("/a.png")]}, *messages("assistant", "user")]), "below it"),
    "no licence": (dialogue(messages=[{"role": "user", "content": [image(licence=" ")]}, *messages("assistant", "user")]), 'no "licence"'),
    "no provenance": (dialogue(messages=[{"role": "user", "content": [image(provenance=None)]}, *messages("assistant", "user")]), 'no "provenance"'),
    "no reference": (without("reference"), '"reference"'),
    "empty reference": (dialogue(reference=""), '"reference"'),
    "accepted is text": (dialogue(accepted="6.50"), '"accepted"'),
    "former is text": (dialogue(former="yes"), '"former" must be true or false'),
    "unknown memory type": (dialogue(memory_type="visual"), "it is 'visual'"),
    "no distance": (without("turn_distance"), '"turn_distance"'),
    "negative count": (dialogue(recall_image_count=-1), '"recall_image_count"'),
    "true is no count": (dialogue(recall_image_count=True), '"recall_image_count"'),
    "further back than the dialogue": (dialogue(turn_distance=3), "with 3 turns it is 1 to 2"),
    "text memory with images": (dialogue(memory_type="text"), "needs no image"),
    "more images than were shown": (dialogue(recall_image_count=2), "needs 1 to 1"),
    "image memory without": (dialogue(recall_image_count=0), "needs 1 to 1"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_refused_with_its_reason(name: str, folder: Path) -> None:
    line, reason = WRONG[name]
    found, problems = parse(line, folder, RULES)
    assert found is None
    assert any(reason in problem for problem in problems), problems


def test_the_reader_names_file_line_and_dialogue(written: Callable[..., Path]) -> None:
    path = written(dialogue(), dialogue(id="d2", memory_type="smell"))
    with pytest.raises(DataError, match=r"dialogues\.jsonl, line 2: dialogue 'd2': \"memory_type\" must be text"):
        list(DialogueRows(path, RULES).read("all"))
    path = written(dialogue(), dialogue())
    with pytest.raises(DataError, match="'d1' occurs more than once"):
        list(DialogueRows(path, RULES).read("all"))


def test_revision_changes_with_text_and_images_alone(written: Callable[..., Path], folder: Path) -> None:
    path = written(dialogue())
    first = DialogueRows(path, RULES).revision
    assert DialogueRows(path, RULES).revision == first
    (folder / "images/menu.png").write_bytes(png(5))
    second = DialogueRows(path, RULES).revision
    written(dialogue(reference="6.60"))
    assert len({first, second, DialogueRows(path, RULES).revision}) == 3


def test_data_are_found_in_their_folder_or_directly(written: Callable[..., Path], folder: Path) -> None:
    path = written(dialogue())
    source = Dialogues("mmmb", RULES, "get it so")
    assert source.locate(folder).location == str(path)
    (folder / "mmmb").mkdir()
    path.rename(folder / "mmmb/dialogues.jsonl")
    rows = source.locate(folder)
    assert rows.location == str(folder / "mmmb/dialogues.jsonl")
    with pytest.raises(DataError, match="was asked for"):
        source.locate(folder, "other")
    for nothing in (None, folder / "images"):
        with pytest.raises(DataError, match="get it so"):
            source.locate(nothing)


def test_the_checker_lists_every_problem_and_counts(written: Callable[..., Path], folder: Path) -> None:
    silent = dialogue(id="d3")
    silent["messages"][-1]["content"][0]["path"] = "silent.wav"
    soundfile.write(folder / "silent.wav", np.zeros(4000), 16_000)
    gone = dialogue(id="d4")
    gone["messages"][1]["content"][0]["path"] = "images/gone.png"
    torn = dialogue(id="d5")
    torn["messages"][1]["content"][0]["path"] = "images/torn.png"
    (folder / "images/torn.png").write_bytes(png()[:-20])
    found = check_dialogues(
        written(dialogue(), dialogue(memory_type="smell", reference=""), silent, gone, torn).parent, RULES
    )
    told = [(problem.line, problem.id, problem.text) for problem in found.problems]
    assert [(line, key) for line, key, _ in told] == [(2, "d1")] * 3 + [(3, "d3"), (4, "d4"), (5, "d5")]
    assert "line 1 has it too" in told[2][2]
    assert [
        word in text for word, (_, _, text) in zip(("silence", "not found", "torn.png"), told[3:], strict=True)
    ] == [True] * 3
    assert found.dialogues == 4
    assert found.media == {"image": 3, "audio": 2}
    assert found.fields["memory_type"] == {"image": 4}
    assert found.turns == {3: 4}


def test_lines_that_are_no_objects_are_problems_like_others(written: Callable[..., Path]) -> None:
    path = written(dialogue())
    path.write_text('{"id": "torn",\n' + path.read_text() + "[1, 2]\n")
    found = check_dialogues(path, RULES)
    assert [(problem.line, problem.id) for problem in found.problems] == [(1, "?"), (3, "?")]
    assert "not JSON" in found.problems[0].text and "expected a JSON object" in found.problems[1].text
    assert found.dialogues == 1
    path.write_text("nothing\n")
    assert len(check_dialogues(path, RULES).problems) == 1


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (png(), None),
        (png()[:-20], "cut off or damaged"),
        (png().replace(b"IDAT", b"IDAX"), "cut off or damaged"),
        (b"\xff\xd8\xff\xe0 half a jpeg", "cut off"),
        (b"\xff\xd8\xff\xe0\0\x06jpeg\xff\xd9", None),
        (b"GIF89a\1\0\1\0\0\0\0;", None),
        (b"RIFF\x10\0\0\0WEBPxxxx", "cut off"),
        (b"<html>not found</html>", "is a web page"),
        (b"some text", "no known format"),
    ],
)
def test_without_pillow_signatures_and_ends_are_checked(
    data: bytes, reason: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialogue_check.importlib.util, "find_spec", lambda name: None)
    (tmp_path / "a.png").write_bytes(data)
    problem = dialogue_check.media_problem(Image(str(tmp_path / "a.png")))
    assert problem is None if reason is None else problem is not None and reason in problem


def test_a_file_without_lines_or_no_file_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(DataError, match="no line"):
        check_dialogues(tmp_path / "empty.jsonl", RULES)
    with pytest.raises(UsageError, match="no such file"):
        check_dialogues(tmp_path / "gone.jsonl", RULES)


def test_the_command_prints_places_counts_and_an_exit_code(
    written: Callable[..., Path], main: Callable[..., Any]
) -> None:
    path = written(dialogue())
    done = main("data", "check", "mmmb", path)
    assert (done.code, done.err) == (0, "")
    assert "1 dialogues of 3 turns, 1 audio files, 1 image files" in done.out
    assert "memory_type: image 1" in done.out
    path = written(dialogue(), dialogue(id="d2", turn_distance=9))
    done = main("data", "check", "mmmb", path.parent)
    assert done.code == 1
    assert f"{path}, line 2, 'd2': \"turn_distance\" is 9" in done.out
    done = main("data", "check", "mmmb", path, "--json")
    facts = json.loads(done.out)
    assert (done.code, facts["dialogues"], len(facts["problems"])) == (1, 1, 1)
    assert main("data", "check", "librispeech", path).code == 2
    assert main("data", "check", "mmmb", path.parent / "gone.jsonl").code == 2
