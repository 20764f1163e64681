"""Every card's header says what its task does: columns, modalities, splits and metrics are the task's own."""

from __future__ import annotations

import pytest
import yaml

from evalkit import plugins
from evalkit.core.columns import Cell
from evalkit.core.errors import UsageError
from evalkit.core.task import Suite, Task
from evalkit.data.jsonl import JsonLines
from evalkit.metrics.scorers import scorer
from evalkit.published.card_facts import current, facts_of, rewritten

CARDS = sorted({plugin.card for plugin in plugins.plugins("task").values() if plugin.card is not None})
NAMES = sorted(name for name, plugin in plugins.plugins("task").items() if plugin.card is not None)
CARD = "---\ntasks: [one]\ntitle: A title, kept\nlanguages: [en]\n---\n# Prose: [kept]\n---\nmore\n"


@pytest.mark.parametrize("name", NAMES)
def test_the_header_has_the_facts_of_the_task(name: str) -> None:
    header = plugins.plugin("task", name).header
    made = plugins.load_task(name)
    facts = facts_of(made)
    assert {key: header[key] for key in facts} == facts, "make cards"
    languages = set(header["languages"])
    members = [made] if isinstance(made, Task) else [plugins.load_task(member) for member in made.members]
    for task in members:
        assert isinstance(task, Suite) or task.language is None or task.language in languages


@pytest.mark.parametrize("card", CARDS, ids=[card.parent.name for card in CARDS])
def test_writing_the_cards_changes_nothing(card: object) -> None:
    names = [name for name in NAMES if plugins.plugin("task", name).card == card]
    path = plugins.plugin("task", names[0]).card
    assert path is not None
    text = path.read_text(encoding="utf-8")
    assert rewritten(text, current(names)) == text, "make cards"


def facts(**more: list[str]) -> dict[str, list[str]]:
    return {"modalities": ["text"], "splits": ["test"], "metrics": ["exact_match"], "columns": [], **more}


def test_facts_come_in_and_prose_stays() -> None:
    made = rewritten(CARD, {"one": facts()})
    _, header, body = made.split("---\n", 2)
    assert yaml.safe_load(header) == {"tasks": ["one"], "title": "A title, kept", "languages": ["en"], **facts()}
    assert body == "# Prose: [kept]\n---\nmore\n"
    assert rewritten(made, {"one": facts()}) == made
    many = facts(columns=[f"bench.part_{number}.acc" for number in range(9)], splits=["no", "null", "a: b", "1"])
    again = rewritten(made, {"one": many})
    assert yaml.safe_load(again.split("---\n", 2)[1])["splits"] == ["no", "null", "a: b", "1"]
    assert yaml.safe_load(again.split("---\n", 2)[1])["columns"] == many["columns"]
    assert rewritten(again, {"one": facts()}) == made


def test_tasks_of_one_card_that_differ_have_their_facts_under_their_names() -> None:
    two = {"one": facts(), "two": facts(splits=["dev"])}
    with pytest.raises(UsageError, match="differ"):
        rewritten(CARD.replace("[one]", "[one, two]"), two)
    mapping = CARD.replace("tasks: [one]\n", "tasks:\n  one:\n    access: open\n  two:\n")
    made = rewritten(mapping, two)
    header = yaml.safe_load(made.split("---\n", 2)[1])
    assert header["tasks"] == {"one": {**two["one"], "access": "open"}, "two": two["two"]}
    assert rewritten(made, two) == made


def test_averages_of_the_published_tables_are_among_the_columns(tmp_path: object) -> None:
    from pathlib import Path

    file = Path(str(tmp_path)) / "rows.jsonl"
    cells = {f"librispeech.{split}.wer": Cell() for split in ("test_clean", "test_other")}
    task = Task(
        source=JsonLines(file), sample=lambda row, split: [], scorers=[scorer("error_rate:kimi")], name="x",
        columns=cells, averages="published",
    )  # fmt: skip
    assert set(facts_of(task)["columns"]) >= set(cells)
