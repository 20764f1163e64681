"""The procedural twin of MMMB: the structure that is promised, over all 300 dialogues."""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml
from mmmb_twin_baselines import dialogues, right
from mmmb_twin_oracle import Oracle, said

import evalkit
from evalkit import plugins
from evalkit.core.installation import install_command
from evalkit.core.message import Message, Text
from evalkit.core.model import BatchModel, Request, Response, model
from evalkit.core.task import Task
from evalkit.data.dialogue.dialogue_check import check_dialogues
from evalkit.data.procedural import Procedural, seal
from evalkit.metrics.answers.occurrence import occurs
from evalkit.models import retrieval
from evalkit.tasks.mmmb_twin import build, task
from evalkit.tasks.mmmb_twin import dialogues as generator
from evalkit.tasks.mmmb_twin.dialogues import Twin
from evalkit.tasks.mmmb_twin.plots import image
from evalkit.tasks.mmmb_twin.quotas import DISTANCES, MAX_TURNS, QUOTAS

# Of every text, spec and answer. A change needs another VERSION of the generator and of the task, and a line in the
# changelog under "Scores".
DIGEST = "e21c022ab021d2165bc0c68f79b7457a046d8e302aa1536fc22079f21c464fcd"
CONTEXT_TYPES = {"perception", "knowledge", "text_memory", "image_memory", "mixed_memory"}

CODE = """
import hashlib, json, sys
from evalkit.tasks.mmmb_twin.dialogues import twins
digest = hashlib.sha256()
for twin in twins(0):
    told = [[m.role, m.text, m.picture and [m.picture.family, m.picture.spec]] for m in twin.messages]
    digest.update(json.dumps([twin.id, told, twin.plot.answer.wordings, twin.alternatives, twin.state()]).encode())
print(digest.hexdigest())
"""


def texts(twin: Twin) -> str:
    return "\n".join(message.text for message in twin.messages)


def shingles(twin: Twin) -> set[Any]:
    """Sequences of six words, or of ten characters in Chinese."""
    if twin.order.language == "en":
        words = re.findall(r"[\w']+", texts(twin).lower())
        return {tuple(words[at : at + 6]) for at in range(len(words) - 5)}
    plain = re.sub(r"\W", "", texts(twin))
    return {plain[at : at + 10] for at in range(len(plain) - 9)}


def shares(twins: Iterable[Twin]) -> list[float]:
    """Jaccard similarity of every pair."""
    sets = [shingles(twin) for twin in twins]
    return [len(a & b) / len(a | b) for a, b in itertools.combinations(sets, 2)]


def card() -> dict[str, Any]:
    return dict(plugins.plugin("task", "mmmb_twin").header)


def test_as_many_dialogues_of_each_kind_as_the_card_says() -> None:
    counted = Counter((twin.order.memory, twin.order.images, twin.order.distance) for twin in dialogues())
    wanted = {
        (*kind, at): size for kind, sizes in QUOTAS.items() for at, size in zip(DISTANCES, sizes, strict=True) if size
    }
    assert counted == wanted
    assert Counter(twin.order.language for twin in dialogues()) == {"en": 150, "zh": 150}
    by_distance = Counter(twin.order.distance for twin in dialogues())
    assert set(by_distance.values()) == {50}
    types = Counter(twin.order.memory for twin in dialogues())
    assert card()["size"] == {"dialogues": 300, **types}
    rows = re.findall(
        r"^\| (text|image|mixed) \| (\d) \| (\d+) \|(.*)\|$", plugins.plugin("task", "mmmb_twin").text(), re.M
    )
    assert len(rows) == len(QUOTAS)
    for memory, images, size, cells in rows:
        sizes = QUOTAS[memory, int(images)]  # type: ignore[index]
        assert int(size) == sum(sizes)
        assert [int(cell or 0) for cell in (cell.strip() for cell in cells.split("|"))] == list(sizes)


def test_the_first_twenty_are_a_mix() -> None:
    first = dialogues()[:20]
    assert {twin.order.memory for twin in first} == {"text", "image", "mixed"}
    assert {twin.order.language for twin in first} == {"en", "zh"}


def test_turns_and_roles() -> None:
    for twin in dialogues():
        roles = [message.role for message in twin.messages]
        assert roles == [*(["user", "assistant"] * len(twin.turns)), "user"]
        assert 5 <= len(twin.turns) + 1 <= MAX_TURNS
        assert all(message.text.strip() for message in twin.messages)
        assert len([message for message in twin.messages[:-1] if message.picture]) + 1 >= 3
        assert not any(message.picture for message in twin.messages if message.role == "assistant")


def test_distance_and_number_of_images_are_those_of_what_the_question_needs() -> None:
    for twin in dialogues():
        places = []
        for piece in twin.plot.needed:
            place = next(
                place
                for place, turn in enumerate(twin.turns)
                if (piece.picture is not None and turn.picture is piece.picture)
                or (piece.statement is not None and any(piece.statement is one for one in turn.statements))
            )
            places.append(place)
        assert len(twin.turns) - min(places) == twin.order.distance, twin.id
        assert sum(piece.picture is not None for piece in twin.plot.needed) == twin.order.images
        assert any(piece.statement is not None for piece in twin.plot.needed) == (twin.order.memory != "image")


def test_superseded_statements_stand_before_what_supersedes_them() -> None:
    updated = 0
    for twin in dialogues():
        order = {id(one): place for place, turn in enumerate(twin.turns) for one in turn.statements}
        for piece in twin.plot.noise:
            if piece.before is not None:
                needed = twin.plot.needed[piece.before].statement
                assert order[id(piece.statement)] < order[id(needed)]
                updated += 1
    assert updated >= 40


def test_no_last_question_names_its_answer() -> None:
    for twin in dialogues():
        assert not occurs(twin.messages[-1].text, twin.plot.answer.wordings), twin.id


def test_no_text_of_the_history_gives_away_what_only_images_show() -> None:
    for twin in dialogues():
        if twin.order.memory != "text":
            for message in twin.messages[:-1]:
                assert not occurs(message.text, twin.plot.answer.wordings), twin.id


def test_answers_of_text_items_are_not_repeated_nearer_to_the_question() -> None:
    for twin in dialogues():
        if twin.order.memory == "text":
            later = twin.messages[2 * (len(twin.turns) - twin.order.distance + 1) : -1]
            needed = [piece.statement for piece in twin.plot.needed]
            if len(needed) == 1:
                assert not any(occurs(message.text, twin.plot.answer.wordings) for message in later), twin.id


def test_no_two_dialogues_share_more_than_a_fifth_of_their_words() -> None:
    for language in ("en", "zh"):
        found = shares(twin for twin in dialogues() if twin.order.language == language)
        assert max(found) <= 0.2
        assert sum(found) / len(found) <= 0.01
    asked = [twin.messages[-1].text for twin in dialogues()]
    assert len(set(asked)) == 300


def test_no_two_images_are_the_same() -> None:
    specs = Counter(json.dumps([one.family, one.spec], sort_keys=True) for twin in dialogues() for one in twin.pictures)
    assert max(specs.values()) == 1


def test_context_turns_are_of_all_five_types_and_every_family_is_shown() -> None:
    asked = Counter(turn.exchange.kind for twin in dialogues() for turn in twin.turns if turn.exchange)
    assert set(asked) == CONTEXT_TYPES
    assert min(asked.values()) >= 60
    families = Counter(one.family for twin in dialogues() for one in twin.pictures)
    assert set(families) == {family.__name__.rsplit(".", 1)[-1] for family in image.SIMPLE}
    assert len(families) == 17
    assert min(families.values()) >= 40


def test_questions_and_answers_are_varied() -> None:
    assert len({twin.plot.name for twin in dialogues()}) >= 40
    answers = Counter(twin.plot.answer.text for twin in dialogues())
    assert max(answers.values()) <= 5
    phrases = Counter(re.sub(r"\d+", "0", message.text) for twin in dialogues() for message in twin.messages[:-1])
    assert phrases.most_common(1)[0][1] <= 30  # the commonest whole message, an acknowledgement


def test_placeholders_are_filled_and_sentences_begin_well() -> None:
    for twin in dialogues():
        told = texts(twin)
        assert not re.search(r"[{}]|\bNone\b|  ", told), twin.id
        if twin.order.language == "en":
            for message in twin.messages:
                assert re.match(r"[A-Z\"0-9]", message.text), message.text
                assert not re.search(r"[.?!] [a-z]", message.text.replace("... ", "")), message.text
        else:
            assert not re.search(r"(?<!\d)[.,?!](?!\w)", told), twin.id


def test_questions_carry_accepted_wordings_and_rivals_apart() -> None:
    for twin in dialogues():
        assert right(twin, twin.plot.answer.text)
        for rival in twin.alternatives:
            assert not right(twin, rival), (twin.id, rival)


FRAMES = {
    "en": ("{}", "It's {}.", "I looked it up again: {}.", "If I put everything together, the answer is {}."),
    "zh": ("{}", "是{}。", "我再看了一遍：{}。", "综合起来看，答案是{}。"),
}


@pytest.mark.parametrize("frame", range(4))
def test_an_oracle_with_the_state_scores_100(frame: int) -> None:
    for twin in dialogues():
        value = Oracle(twin.state()).answer()
        months = [one.spec["month"] for one in twin.pictures if "month" in one.spec] or [1]
        answer = said(value, twin.plot.kind, twin.order.language, months[0])
        assert right(twin, FRAMES[twin.order.language][frame].format(answer)), (twin.id, answer, twin.plot.answer)


def digest(**environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, check=True, env={**os.environ, **environment}
    )
    return done.stdout.strip()


def test_every_process_makes_the_same_dialogues_and_they_are_those_of_this_version() -> None:
    assert digest(PYTHONHASHSEED="1") == digest(PYTHONHASHSEED="2") == DIGEST


def test_another_seed_makes_other_dialogues() -> None:
    other = next(iter(generator.twins(1)))
    assert texts(other) != texts(dialogues()[0])


def test_versions_agree() -> None:
    loaded = plugins.load_task("mmmb_twin")
    assert isinstance(loaded, Task)
    assert f"version {generator.VERSION}, fields {build.FIELDS}, seed {build.SEED}" == task.KEY
    assert loaded.version == generator.VERSION + 1  # version 2 has the same dialogues in three splits
    header = card()
    assert header["columns"] == list(loaded.columns)
    assert not [name for name in loaded.columns if name.startswith("mmmb.")]
    assert f"(version {generator.VERSION}, seed {build.SEED})" in plugins.plugin("task", "mmmb_twin").text()


@model("reads-state", takes=("text", "image"))
class ReadsState(BatchModel):
    """Knows the answers of the first dialogues; checks that the images it is shown are there."""

    def __init__(self, wrong: str = "") -> None:
        self.wrong = wrong
        self.seen = 0

    def answer(self, batch: Any) -> list[Response]:
        return [self._one(request) for request in batch]

    def _one(self, request: Request) -> Response:
        from evalkit.media.source import read_bytes

        for message in request.messages:
            for part in message.content:
                if part.modality == "image":
                    assert read_bytes(part).startswith(b"\x89PNG")  # type: ignore[arg-type]
                    self.seen += 1
        twin = next(twin for twin in dialogues() if twin.id == request.id)
        return Response(text="no idea" if twin.id == self.wrong else twin.plot.answer.text)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("PIL")
    folder = tmp_path_factory.mktemp("data") / "mmmb_twin"
    build.build(folder, first=20, workers=2)
    seal(folder)
    return folder


def test_what_is_built_follows_the_schema_of_mmmb(built: Path) -> None:
    source = plugins.load_task("mmmb_twin").source  # type: ignore[union-attr]
    assert isinstance(source, Procedural)
    found = check_dialogues(built, source.rules)
    assert found.problems == []
    assert found.dialogues == 20
    record = json.loads((built / "build.json").read_text())
    assert (record["generator"], record["seed"], record["dialogues"]) == ("mmmb_twin", 0, 20)
    lines = [json.loads(line) for line in (built / "dialogues.jsonl").read_text(encoding="utf-8").splitlines()]
    former = {twin.id for twin in dialogues()[:20] if twin.plot.name == "before_update"}
    assert former and {line["id"] for line in lines if line.get("former")} == former
    parts = [
        part
        for line in lines
        for turn in line["messages"]
        if isinstance(turn["content"], list)
        for part in turn["content"]
    ]
    named = [part["path"] for part in parts if part["type"] == "image"]
    assert sorted(named) == sorted(str(path.relative_to(built)) for path in (built / "images").iterdir())


def test_a_run_streams_the_built_data_and_prints_the_columns(built: Path, tmp_path: Path) -> None:
    wrong = next(twin for twin in dialogues()[:20] if twin.order.memory == "image")
    asked = ReadsState(wrong.id)
    (outcome,) = evalkit.evaluate(asked, "mmmb_twin", data=built.parent, out=tmp_path)
    assert outcome.summary is not None
    columns = {name: value.value for name, value in outcome.summary.columns.items()}
    images = sum(twin.order.memory == "image" for twin in dialogues()[:20])
    assert columns["mmmb_twin.average"] == 95.0
    assert columns["mmmb_twin.text_memory"] == columns["mmmb_twin.mixed_memory"] == 100.0
    assert columns["mmmb_twin.image_memory"] == pytest.approx(100 * (images - 1) / images)
    assert asked.seen == sum(len(twin.pictures) for twin in dialogues()[:20])
    assert outcome.summary.counts.n_scored == 20
    groups = {result.breakdown for result in outcome.summary.results}
    assert {"memory_type", "turn_distance", "recall_image_count", "language"} <= groups


def test_the_cascade_runs_without_anything_else(built: Path, main: Callable[..., Any], tmp_path: Path) -> None:
    """The command of the card, on what needs no key, no network and no weights."""
    words = ("run", "--model", "cascade", "--task", "mmmb_twin", "--out", tmp_path / "out")
    done = main(*words, "--data", built.parent)
    assert done.code == 0, done.err
    assert "n_total 20  n_scored 20  n_unparsed 0  n_model_failed 0  n_judge_failed 0" in done.out
    assert re.search(r"mmmb_twin\.text_memory +\d+\.\d\d  \[\d", done.out)
    assert "sees no images; they are left out" in done.out
    again = main(*words, "--data", built.parent, "--json", "--judge", "rules")  # which asks no judge, as there is none
    (summary,) = json.loads(again.out)
    columns = {name: value["value"] for name, value in summary["columns"].items()}
    assert columns["mmmb_twin.text_memory"] > 0 == columns["mmmb_twin.image_memory"]
    journal = (Path(summary["directory"]) / "samples.jsonl").read_text(encoding="utf-8").splitlines()
    assert all(json.loads(line)["detail"]["images_left_out"] >= 3 for line in journal)


def test_plain_lookup_finds_statements_and_guesses_images() -> None:
    """The answerer of the cascade knows nothing of the generator: low, not nothing, and blind."""

    def share(memory: str) -> float:
        chosen = [twin for twin in dialogues() if twin.order.memory == memory]
        answers = [retrieval.answer([Message(m.role, (Text(m.text),)) for m in twin.messages]) for twin in chosen]
        return 100 * sum(right(twin, text) for twin, text in zip(chosen, answers, strict=True)) / len(chosen)

    assert 20 <= share("text") <= 60
    assert share("image") <= 5 and share("mixed") <= 5


def test_a_judge_can_decide_instead_of_the_rule(built: Path, main: Callable[..., Any], tmp_path: Path) -> None:
    words = (
        "--model",
        "constant",
        "--model-arg",
        "text=nothing",
        "--data",
        built.parent,
        "--out",
        tmp_path / "out",
        "--json",
    )
    done = main("run", *words, "--task", "mmmb_twin", "--scorer", "judge:mmmb_answer", "--judge", "rules:contains")
    assert done.code == 0, done.err
    (summary,) = json.loads(done.out)
    assert summary["columns"]["mmmb_twin.average"]["value"] == 0.0
    assert "rules:contains" in summary["columns"]["mmmb_twin.average"]["protocol"]


def test_without_pillow_the_extra_is_named(tmp_path: Path) -> None:
    (tmp_path / "PIL").mkdir()
    (tmp_path / "PIL/__init__.py").write_text("raise ImportError('hidden')")
    done = subprocess.run(
        [sys.executable, "-m", "evalkit", "run", "--model", "constant", "--model-arg", "text=a", "--task", "mmmb_twin"],
        capture_output=True, text=True, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "EVALKIT_CACHE": str(tmp_path / "cache"), "EVALKIT_DATA": ""},
    )  # fmt: skip
    assert done.returncode == 2
    assert install_command("twins") in done.stderr
    assert "building" not in done.stderr and not (tmp_path / "cache" / "mmmb_twin").exists()


def test_the_card_is_sound() -> None:
    header = yaml.safe_load(plugins.plugin("task", "mmmb_twin").text().split("---\n")[1])
    assert header["licence"].startswith(build.LICENCE)
    assert "Not MMMB" in plugins.plugin("task", "mmmb_twin").text()
