"""Tags of a closed vocabulary: reading, micro and macro F1 against scikit-learn."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evalkit.core.errors import DataError, UnknownNameError, UsageError
from evalkit.core.metric import Tally
from evalkit.core.response import Response
from evalkit.core.sample import Sample
from evalkit.core.scorer import Answered
from evalkit.metrics.tags import Tags, Vocabulary, read_vocabulary, tags

DATA = Path(__file__).parents[2].parent / "shared" / "data"
MUSIC = ["rock", "noVocals", "noVocal", "noVoice", "newAge", "female vocal", "hip-hop", "drums", "drum and bass", "60s"]


def values(metric: Tags, lines: list[dict[str, Any]], which: str = "faithful") -> dict[str, float | None]:
    tallies = {one.name: Tally() for one in metric.metrics}
    for line in lines:
        found = metric.assess(line, "x")
        for name, vector in (getattr(found, which) or found.faithful).items():
            tallies[name].add(tuple(map(float, vector)))
    return {one.name: tallies[one.name].value(one) for one in metric.metrics}


@pytest.mark.parametrize(
    ("response", "found", "unknown"),
    [
        ("Rock, No Vocals; new age", ["rock", "noVocals", "newAge"], []),
        ("no vocal | no-voice", ["noVocal", "noVoice"], []),  # near duplicates stay three tags
        ("- **Rock**\n* 'hip hop'\n3. \"Drums\".", ["rock", "hip-hop", "drums"], []),
        ('["rock", "Female Vocal"]', ["rock", "female vocal"], []),
        ('```json\n["rock"]\n```', ["rock"], []),
        ("Tags: rock, drums and hiphop.", ["rock", "hip-hop", "drums"], []),
        ("drum and bass, and rock", ["rock", "drum and bass"], []),
        ("rock/drums / hip-hop", ["rock", "drums", "hip-hop"], []),
        ("rock、new age，60S", ["rock", "newAge", "60s"], []),
        ("rock, Rock, ROCK", ["rock"], []),
        ("rock, jazz, Jazz.", ["rock"], ["jazz", "Jazz"]),
        ("rocks", [], ["rocks"]),  # no part of a word
        ("", [], []),
        ("none", [], ["none"]),
        ("[rock", ["rock"], []),
        ('["rock", 5]', ["rock"], ["5"]),
        (["Rock", "jazz"], ["rock"], ["jazz"]),
        ([], [], []),
    ],
)
def test_reading(response: Any, found: list[str], unknown: list[str]) -> None:
    vocabulary = Vocabulary(MUSIC)
    places, others = vocabulary.read(response)
    assert {vocabulary.tags[place] for place in places} == set(found)
    assert others == unknown


def test_mtg_tags_may_carry_their_type() -> None:
    metric = Tags("mtg", vocabulary=["genre---rock", "mood/theme---film", "instrument---voice"])
    line = {"reference": ["genre---rock", "voice"], "response": "genre---rock, mood/theme---Film, instrument---Voice"}
    assert metric.assess(line, "x").outputs == {
        "tp": 2,
        "fp": 1,
        "fn": 0,
        "tags": ["genre---rock", "mood/theme---film", "instrument---voice"],
        "unknown": [],
    }


def test_unknown_names_are_left_out_officially_and_wrong_strictly() -> None:
    metric = Tags(vocabulary=MUSIC)
    found = metric.assess({"reference": ["rock", "drums"], "response": "rock, jazz, blues, 60s"}, "x")
    assert found.faithful["micro_f1"] == (1, 1, 1)
    assert found.strict is not None
    assert found.strict["micro_f1"] == (1, 3, 1)
    assert found.faithful["out_of_vocabulary"] == (2, 4)
    assert found.outputs["unknown"] == ["jazz", "blues"]
    assert found.status == "scored"


@pytest.mark.parametrize("response", ["", "I hear nothing of the kind", "-"])
def test_a_text_without_any_tag_misses_all(response: str) -> None:
    found = Tags(vocabulary=MUSIC).assess({"reference": ["rock"], "response": response}, "x")
    assert found.status == "unparsed"
    assert found.faithful["micro_f1"] == (0, 0, 1)


def test_an_item_without_tags() -> None:
    line = {"reference": [], "response": "rock"}
    found = Tags("mtt", vocabulary=MUSIC).assess(line, "x")
    assert found.faithful["micro_f1"] == (0, 1, 0)
    assert found.flags == ("empty_reference",)
    assert Tags("mtt", vocabulary=MUSIC).assess({**line, "response": "none"}, "x").status == "scored"
    with pytest.raises(DataError, match="empty"):
        Tags("mtg", vocabulary=MUSIC).check(line, "x")


def test_f1_is_that_of_scikit_learn() -> None:
    f1_score = pytest.importorskip("sklearn.metrics").f1_score
    rng = random.Random(5)
    names = [f"tag{i}" for i in range(20)]  # the last ones are never wanted, one of them never named
    metric = Tags("mtt", vocabulary=names)
    lines = [
        {"reference": rng.sample(names[:17], rng.randrange(4)), "response": rng.sample(names[:19], rng.randrange(5))}
        for _ in range(400)
    ]
    wanted, found = (
        np.array([[name in line[side] for name in names] for line in lines]) for side in ("reference", "response")
    )
    value = values(metric, lines)
    assert value["micro_f1"] == pytest.approx(100 * f1_score(wanted, found, average="micro"))
    assert value["macro_f1"] == pytest.approx(100 * f1_score(wanted, found, average="macro", zero_division=0))


def test_shards_add_up_and_resamples_are_macro_values() -> None:
    metric = Tags(vocabulary=["a", "b", "c"])
    macro = metric.metrics[1]
    rng = random.Random(2)
    vectors = [
        metric.assess({"reference": rng.sample("abc", 2), "response": rng.sample("abc", 2)}, "x").faithful["macro_f1"]
        for _ in range(200)
    ]
    whole, first, second = Tally(), Tally(), Tally()
    for i, vector in enumerate(vectors):
        for tally in (whole, (first, second)[i % 2]):
            tally.add(vector)
    assert second.merge(first).value(macro) == whole.value(macro)
    interval = whole.interval(macro, seed=1)
    value = whole.value(macro)
    assert interval is not None
    assert value is not None
    assert interval.low < value < interval.high
    totals = np.array([[1.0, 0, 0, 0, 1, 1, 0, 0, 0], [0.0] * 9]).T
    assert macro.reduce(totals).tolist() == [pytest.approx(100 / 3), 0.0]


def test_a_vocabulary_that_folds_onto_itself_is_refused() -> None:
    with pytest.raises(UsageError, match=r"no vocals.*noVocals"):
        Vocabulary(["no vocals", "noVocals"])
    with pytest.raises(UsageError, match="type"):
        Tags("mtg", vocabulary=["genre---pop", "mood/theme---pop"])
    assert len(Tags("closed", vocabulary=["genre---pop", "mood/theme---pop"]).vocabulary.tags) == 2
    for empty in ([], ["a", " "]):
        with pytest.raises(UsageError):
            Vocabulary(empty)
    with pytest.raises(UsageError, match="vocabulary"):
        Tags()
    with pytest.raises(UnknownNameError):
        Tags("mtgg", vocabulary=["a"])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("v.txt", "rock\nnew age\n\n"),
        ("v.json", '["rock", "new age"]'),
        ("v.tsv", "tag\ttest_tracks\nrock\t5\nnew age\t7\n"),
        ("v.csv", "\ufefflabel,n\r\nrock,5\r\nnew age,7\r\n"),
    ],
)
def test_a_vocabulary_from_a_file(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8", newline="")
    assert read_vocabulary(tmp_path / name) == ["rock", "new age"]
    from_file = Tags(vocabulary=str(tmp_path / name))
    assert from_file.identity() == Tags(vocabulary=["rock", "new age"]).identity()
    assert from_file.identity() != Tags(vocabulary=["new age", "rock"]).identity()


@pytest.mark.parametrize(
    ("name", "content"), [("v.json", b"{}"), ("v.json", b"["), ("v.json", b"[1]"), ("v.txt", b"\xff")]
)
def test_a_broken_vocabulary_file_is_named(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=name):
        Tags(vocabulary=tmp_path / name)
    with pytest.raises(DataError, match="absent"):
        Tags(vocabulary=tmp_path / "absent.txt")


@pytest.mark.parametrize("reference", [None, "rock", 5, [5], ["roc"], [None], {"rock": 1}])
def test_a_reference_that_is_no_list_of_known_tags(reference: object) -> None:
    with pytest.raises(DataError, match=r"a\.jsonl, line 2"):
        Tags(vocabulary=MUSIC).check({"reference": reference}, "a.jsonl, line 2")


@pytest.mark.parametrize("response", [None, 5, [5], {"rock": True}])
def test_a_response_that_is_neither_text_nor_list(response: object) -> None:
    with pytest.raises(DataError, match="response"):
        Tags(vocabulary=MUSIC).assess({"reference": ["rock"], "response": response}, "x")


@pytest.mark.parametrize("response", ["," * 200_000, "[" * 100_000, " and " * 50_000, "- " * 100_000, "a" * 300_000])
def test_long_and_hostile_responses(response: str) -> None:
    assert Tags(vocabulary=MUSIC).assess({"reference": ["rock"], "response": response}, "x").status == "unparsed"


def test_a_scorer() -> None:
    scorer = tags("mtt", vocabulary=MUSIC)
    scorer.check(Sample(id="1", split="test", messages=(), reference=["No Vocals"]))
    answer = Answered("1", "test", ["rock", "noVocals"], Response("rock"))
    (score,) = scorer.score([answer])
    assert score.faithful["micro_f1"] == (1, 0, 1)
    assert scorer.worst(answer)["micro_f1"] == scorer.missing(answer)["micro_f1"] == (0, 0, 2)
    assert sum(scorer.worst(answer)["macro_f1"]) == 2
    json.dumps(scorer.identity())


@pytest.mark.skipif(not DATA.exists(), reason="the vocabularies are not beside the checkout")
@pytest.mark.parametrize(
    ("profile", "name", "number"),
    [
        ("mtg", "mtg_jamendo/vocabulary_genre.tsv", 87),
        ("mtg", "mtg_jamendo/vocabulary_instrument.tsv", 40),
        ("mtg", "mtg_jamendo/vocabulary_moodtheme.tsv", 56),
        ("mtg", "mtg_jamendo/vocabulary_top50tags.tsv", 50),
        ("mtt", "magnatagatune/top50_tags.txt", 50),
    ],
)
def test_the_published_vocabularies(profile: str, name: str, number: int) -> None:
    metric = Tags(profile, vocabulary=DATA / name)
    names = metric.vocabulary.tags
    assert len(names) == number
    spoken = ", ".join(name.rpartition("---")[2].upper() for name in names)
    line = {"reference": list(names), "response": spoken}
    assert metric.assess(line, "x").faithful["micro_f1"] == (number, 0, 0)


@pytest.mark.skipif(not DATA.exists(), reason="the vocabularies are not beside the checkout")
def test_magnatagatune_written_with_spaces() -> None:
    metric = Tags("mtt", vocabulary=DATA / "magnatagatune/top50_tags.txt")
    line = {
        "reference": ["no vocals", "female vocal", "new age", "no voice"],
        "response": "noVocals, femaleVocal, newAge",
    }
    assert metric.assess(line, "x").outputs == {
        "tp": 3,
        "fp": 0,
        "fn": 1,
        "tags": ["noVocals", "newAge", "femaleVocal"],
        "unknown": [],
    }
