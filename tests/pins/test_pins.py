"""What changes scores or money is pinned: prompts and rubrics with their versions, prices with source and date."""

from __future__ import annotations

import dataclasses
import datetime
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import prices
import prompts
import pytest
import rubrics
from store import Kind, Pin

from evalkit import plugins
from evalkit.authoring import Dataset, Task, choice, choices, layouts, question, speak

ADVICE = "raise the version (or the price's date and source), then: python tests/pins/pin.py"


@pytest.mark.parametrize(
    ("kind", "pins"),
    [(prompts.PROMPTS, prompts.pins), (prices.PRICES, prices.pins), (rubrics.RUBRICS, rubrics.pins)],
    ids=lambda one: one.name if isinstance(one, Kind) else "",
)
def test_all_is_as_pinned(kind: Kind, pins: Callable[[], dict[str, Pin]]) -> None:
    problems = kind.problems(pins())
    assert not problems, "\n".join([*problems, ADVICE])


def test_every_price_says_where_and_when_it_was_read() -> None:
    rows = prices.rows()
    assert len(rows) >= 25
    for row in rows:
        assert datetime.date(2024, 1, 1) < datetime.date.fromisoformat(row["as_of"]) <= datetime.date.today(), row
        assert len(re.findall(r"\w{3,}", row["source"])) >= 3, row
    names = [(row["provider"], row["model"]) for row in rows]
    assert len(set(names)) == len(names)


def test_every_task_that_asks_is_pinned_with_its_text() -> None:
    stored = prompts.PROMPTS.stored()
    asking = {name for name in prompts.own_tasks() if isinstance(plugins.load_task(name), Task)}
    assert stored.keys() == asking
    said = {
        part for one in stored["librispeech"]["content"]["prompts"] for _, *parts in one["messages"] for part in parts
    }
    assert said == {
        "<audio>",
        "Write down exactly what is said in this English recording. Give the transcription and nothing else.",
    }


@pytest.fixture
def kind(tmp_path: Path) -> Kind:
    """A kind whose file lies elsewhere."""

    @dataclasses.dataclass(frozen=True)
    class Elsewhere(Kind):
        @property
        def path(self) -> Path:
            return tmp_path / "pins.json"

    return Elsewhere("pins", whole=True)


def test_a_prompt_changed_under_its_version_is_told_and_not_renewed(kind: Kind) -> None:
    assert kind.renew({"a": Pin(1, "Say it."), "b": Pin(1, "Hear it.")}) == []
    changed = {"a": Pin(1, "Say it now."), "b": Pin(1, "Hear it.")}
    assert kind.problems(changed) == ["a: changed since 1, which was kept"]
    assert kind.renew(changed) == ["a: its content changed and 1 was not raised"]
    assert kind.problems(changed) == ["a: changed since 1, which was kept"], "nothing was renewed"


def test_a_raised_version_is_renewed_and_no_earlier_one_comes_back(kind: Kind) -> None:
    kind.renew({"a": Pin(1, "Say it.")})
    raised = {"a": Pin(2, "Say it now.")}
    assert kind.problems(raised) == ["a: changed since 1"]
    assert kind.renew(raised) == [] and kind.problems(raised) == []
    assert kind.renew({"a": Pin(1, "Say it at last.")}) == ["a: its content changed and 1 was not raised"]
    assert kind.renew({"a": Pin(3, "Say it now.")}) == [], "a version may rise for another reason"
    assert kind.renew({"a": Pin(2, "Other.")}) == ["a: its content changed and 2 was not raised"]


def test_new_names_are_added_and_the_others_stay(kind: Kind) -> None:
    kind.renew({"a": Pin(1, "Say it.")})
    both = {"a": Pin(1, "Say it."), "new": Pin(4, "Look.")}
    assert kind.problems(both) == ["new: not pinned yet"]
    assert kind.renew(both) == [] and kind.problems(both) == []
    assert kind.problems({"new": Pin(4, "Look.")}) == ["a: pinned, but gone"]


def test_a_file_that_was_edited_by_hand_is_told(kind: Kind) -> None:
    now = {"a": Pin(1, "Say it.")}
    kind.renew(now)
    kind.path.write_text(kind.path.read_text().replace('"Say it."', '"Say it now."'))
    assert kind.problems(now) == ["a: the file's text is not what its digest is of"]


def task_of(maker: Any, layout: Any = None) -> Task:
    source = Dataset(
        "made_up",
        ("one", "two"),
        [layout or layouts.Json({"one": "a.json", "two": "b.json"}, id="id", fields={"any": "any"})],
    )
    return Task(source=source, sample=maker, scorers=[choice("letter")], name="made_up")


@pytest.mark.parametrize(
    ("maker", "expected"),
    [
        (question("Answer {question}.", media="audio", system="Be {manner}."),
         [["system", "Be ‹manner›."], ["user", "<audio>", "Answer ‹question›."]]),
        (choices("{question}\n{options}\nOne of {letters}.", media="image", options="choices"),
         [["user", "<image>", "‹question›\nA. ‹first›\nB. ‹second›\nC. ‹third›\nD. ‹fourth›\nOne of A, B, C, D."]]),
        (choices("{question}", options=("left", "right"), answer="key", answer_as="letter"),
         [["user", "‹question›\nA. ‹left›\nB. ‹right›"]]),
        (speak("Say this:", voice="prompt_audio", transcript="said"), [["user", "<audio>", "Say this:\n‹text›"]]),
    ],
    ids=["question", "choices", "options in fields", "speak"],
)  # fmt: skip
def test_what_a_maker_reads_is_learned(maker: Any, expected: list[list[str]]) -> None:
    held = prompts.content(task_of(maker))
    assert held["prompts"] == [{"messages": expected, "splits": ["one", "two"]}]


def test_a_maker_that_cannot_be_learned_is_pinned_by_its_words() -> None:
    def odd(row: Any, split: str) -> Any:
        if len(row["marks"]["given"]) < 3:
            raise ValueError("three marks")
        return "Mark it from 1 to 5."

    def odder(row: Any, split: str) -> Any:
        if len(row["marks"]["given"]) < 3:
            raise ValueError("three marks")
        return "Mark it from 1 to 9."

    first, second = (prompts.content(task_of(maker)) for maker in (odd, odder))
    assert "Mark it from 1 to 5." in first["words"] and "made_up:one" in first["unlearned"]
    assert first["words"] != second["words"]


def test_a_changed_word_of_a_real_task_changes_its_pin(monkeypatch: pytest.MonkeyPatch) -> None:
    from evalkit.tasks.asr_demo import task as module

    before = prompts.pins()["asr_demo"]
    monkeypatch.setattr(module, "PROMPT", module.PROMPT.replace("Give only the words.", "Give the words alone."))
    after = Pin(before.mark, prompts.content(plugins.load_task("asr_demo")))  # type: ignore[arg-type]
    assert before.digest != after.digest
