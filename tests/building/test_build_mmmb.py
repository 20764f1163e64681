"""`evalkit build mmmb`: from images with licences over a review to data that run."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

TYPES = ["text", "image", "mixed"]


@pytest.fixture
def drafted(workshop: Any, main: Callable[..., Any]) -> Any:
    done = main(*workshop.mmmb(6), "--language", "en,zh")
    assert done.code == 0, done.err
    return workshop


def test_images_become_data_that_pass_the_check_and_run(drafted: Any, main: Callable[..., Any], tmp_path: Path) -> None:
    lines = drafted.drafts()
    assert [line["id"] for line in lines] == [f"d000{number}" for number in range(1, 7)]
    assert Counter((line["memory_type"], line["language"]) for line in lines) == Counter(
        (kind, language) for kind in TYPES for language in ("en", "zh")
    ), "spread evenly"
    assert Counter(drafted.counts("see").values()) == {1: 6}, "each image is seen once"
    again = main("build", "mmmb", "--out", drafted.out)
    assert again.code == 0
    assert "6 dialogues wait for a decision" in again.out
    assert "--finish" in again.out
    refused = main("build", "mmmb", "--out", drafted.out, "--finish")
    assert refused.code == 2
    assert "6 dialogues have no decision yet: d0001" in refused.err

    def review(line: dict[str, Any]) -> None:
        line["decision"] = {"d0002": "correct", "d0003": "reject"}.get(line["id"], "accept")
        if line["decision"] == "correct":
            line["question"] = (
                "请再说一遍那些编号。" if line["language"] == "zh" else "Now say all of those codes again."
            )
            line["note"] = "shorter"

    drafted.decide(review)
    done = main("build", "mmmb", "--out", drafted.out, "--finish")
    assert done.code == 0, done.err
    assert not (drafted.out / "dialogues.jsonl.unchecked").exists()
    rows, record = drafted.rows(), drafted.record()
    assert [row["id"] for row in rows] == ["d0001", "d0002", "d0004", "d0005", "d0006"]
    assert {row["id"] for row in rows if row["review"] == "corrected"} == {"d0002"}
    assert "again" in str(rows[1]["messages"][-1]["content"]) or "再说" in str(rows[1]["messages"][-1]["content"])
    assert record["counts"] == {
        "images": 6, "images_described": 6, "planned": 6, "drafted": 6, "draft_unusable": 0, "draft_failed": 0,
        "accepted": 4, "corrected": 1, "rejected": 1, "open": 0, "written": 5,
    }  # fmt: skip
    assert record["cost"] == 0.5 * 12
    assert "generator" not in record, "it is the user's own data, not a twin"

    shown = [part for row in rows for m in row["messages"] if isinstance(m["content"], list)
             for part in m["content"] if part["type"] == "image"]  # fmt: skip
    given = {"own photograph 0": "CC-BY-4.0", "own photograph 1": "CC0-1.0"}
    assert shown and all(part["licence"] == given.get(part["provenance"], part["licence"]) for part in shown)
    assert {path.name for path in (drafted.out / "images").iterdir()} == {Path(part["path"]).name for part in shown}

    checked = main("data", "check", "mmmb", drafted.out, "--json")
    assert checked.code == 0 and checked.json["problems"] == [] and checked.json["dialogues"] == 5
    ran = main("run", "--task", "mmmb", "--data", drafted.out, "--model", "constant", "--scorer", "document:contains",
               "--out", tmp_path / "results", "--json")  # fmt: skip
    assert ran.code == 0, ran.err
    assert '"n_total": 5' in ran.out


def test_what_stands_in_a_draft_follows_its_plan(drafted: Any) -> None:
    plans = {plan["id"]: plan for plan in map(json.loads, (drafted.out / "work/plan.jsonl").read_text().splitlines())}
    for line in drafted.drafts():
        plan = plans[line["id"]]
        needed = [n for n, turn in enumerate(plan["turns"], 1) if turn["fact"] or turn["states"]]
        assert line["turn_distance"] == len(line["turns"]) + 1 - min(needed)
        assert line["recall_image_count"] == sum(bool(turn["fact"]) for turn in plan["turns"])
        assert (line["recall_image_count"] > 0) == (line["memory_type"] != "text")
        assert [entry["turn"] for entry in line["evidence"]] == needed
        assert 5 <= len(line["turns"]) + 1 <= 15
        images = [turn["image"] for turn in line["turns"] if "image" in turn]
        assert len(images) == len(set(images)), "each image is shown once"
        for turn in plan["turns"]:
            if turn["fact"]:
                assert turn["fact"]["answer"] in line["reference"]


def test_the_same_command_finishes_and_makes_the_same_bytes(drafted: Any, main: Callable[..., Any]) -> None:
    drafted.decide("accept")
    drafted.forget()
    assert main(*drafted.mmmb(6), "--language", "en,zh").code == 0
    first = {name: (drafted.out / name).read_bytes() for name in ("dialogues.jsonl", "build.json")}
    assert main("build", "mmmb", "--out", drafted.out, "--finish").code == 0
    assert first == {name: (drafted.out / name).read_bytes() for name in first}
    assert drafted.asked("see") == drafted.asked("write") == []


def test_unusable_replies_are_asked_again_told_why_and_counted(workshop: Any, main: Callable[..., Any]) -> None:
    workshop.faults("see", {"menu.png": ["prose", "short"], "market.png": ["nothing"] * 3})
    workshop.faults("write", {
        "d0001": ["prose", "short"], "d0002": ["leak"], "d0003": ["foreign", "nothing"], "d0004": ["early"],
        "d0005": ["leak", "prose", "short"], "d0006": ["error"],
    })  # fmt: skip
    done = main(*workshop.mmmb(7))
    assert done.code == 1, "some could not be made"
    asked = {request["id"]: request for request in workshop.asked("write")}
    prompts = {key: request["messages"][-1]["content"][-1]["text"] for key, request in asked.items()}
    for key, why in {
        "d0001.2": "holds no JSON object with the keys accepted", "d0001.3": "turns before the last question; expected",
        "d0002.2": "the last question holds the answer", "d0003.2": "it is written in fr, not in en",
    }.items():  # fmt: skip
        assert why in prompts[key], key
    assert asked["d0001.2"]["seed"] != asked["d0001"]["seed"], "another seed for every attempt"
    assert {line["id"] for line in workshop.drafts()} == {"d0001", "d0002", "d0003", "d0004", "d0007"}
    assert "could not be made: d0005: " in done.out
    assert "could not be made: d0006: out of order" in done.out
    assert "could not be made: image market.png: " in done.out

    workshop.forget()
    again = main("build", "mmmb", "--out", workshop.out, "--json")
    assert again.code == 1
    assert workshop.counts("write") == {"d0006": 1}, "a failed call is repeated, an unusable draft is not"
    assert workshop.asked("see") == [], "the plan stands"
    assert again.json["counts"] == {
        "images": 6, "images_described": 5, "planned": 7, "drafted": 5, "draft_unusable": 1, "draft_failed": 1,
        "accepted": 0, "corrected": 0, "rejected": 0, "open": 5,
    }  # fmt: skip
    workshop.faults("write", {})
    edited = (workshop.out / "review.jsonl").read_bytes().replace(b'"note": ""', b'"note": "mine"', 1)
    (workshop.out / "review.jsonl").write_bytes(edited)
    main("build", "mmmb", "--out", workshop.out)
    assert (workshop.out / "review.jsonl").read_bytes().startswith(edited), "what the person wrote is not touched"
    assert [line["id"] for line in workshop.drafts()][-1] == "d0006"


def test_a_program_that_dies_or_is_late_costs_only_its_own_item(workshop: Any, main: Callable[..., Any]) -> None:
    workshop.faults("write", {"d0002": ["die", "die"], "d0003": ["late", "late"], "d0004": ["die"]})
    done = main(*workshop.mmmb(5, timeout=1), "--json")
    assert done.code == 1
    assert set(done.json["lost"]) == {"d0002", "d0003"}
    assert "no answer within 1 s" in done.json["lost"]["d0003"]
    assert {line["id"] for line in workshop.drafts()} == {"d0001", "d0004", "d0005"}


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda line: line.update(decision="yes"), "line 2, 'd0002': \"decision\" is 'yes'; expected accept"),
        (lambda line: line.update(question="Other?"), "was edited; say \"correct\""),
        (lambda line: line.update(decision="correct"), "nothing was edited; say \"accept\""),
        (lambda line: line.update(decision="correct", question=line["reference"]), "the last question holds the answer"),
        (lambda line: line.update(decision="correct", turn_distance=14), '"turn_distance" is 14; by the evidence it is'),
        (lambda line: line.update(decision="correct", evidence=[]), '"evidence" must list what the last question needs'),
        (lambda line: line.update(decision="correct", turns=line["turns"][1:] * 2), "was shown in turn"),
        (lambda line: line.update(decision="correct", turns=[]), "1 turns, the last question included; expected 2 to 15"),
        (lambda line: line.pop("reference"), 'the field "reference" is gone'),
        (lambda line: line.update(id="d0099"), "no dialogue with this id was drafted here"),
        (lambda line: line.update(id="d0001"), "the id occurs more than once; line 1 has it too"),
        (lambda line: line["turns"][0].update(user=7), 'turn 1: "user" must be a text; it is 7'),
    ],
)  # fmt: skip
def test_a_review_that_cannot_be_used(
    edit: Callable[[dict[str, Any]], Any], said: str, drafted: Any, main: Callable[..., Any]
) -> None:
    def review(line: dict[str, Any]) -> None:
        line["decision"] = "accept"
        if line["id"] == "d0002":
            edit(line)

    drafted.decide(review)
    done = main("build", "mmmb", "--out", drafted.out, "--finish")
    assert done.code == 2
    assert said in done.err
    assert not (drafted.out / "dialogues.jsonl").exists()


def test_garbage_and_deleted_lines_in_the_review(drafted: Any, main: Callable[..., Any]) -> None:
    drafted.decide("accept")
    path = drafted.out / "review.jsonl"
    whole = path.read_text().splitlines(keepends=True)
    path.write_text("".join(whole[:2]) + "{not json\n" + "".join(whole[3:]))
    done = main("build", "mmmb", "--out", drafted.out, "--finish")
    assert done.code == 2 and "review.jsonl, line 3: not JSON" in done.err
    path.write_text("".join(whole[:2] + whole[3:]))
    done = main("build", "mmmb", "--out", drafted.out, "--finish")
    assert done.code == 2 and "'d0003' was drafted, but its line is gone; reject" in done.err
    drafted.decide("reject")
    path.write_text("".join(line.replace('"accept"', '"reject"') for line in whole))
    done = main("build", "mmmb", "--out", drafted.out, "--finish")
    assert done.code == 2 and "no dialogue is left: 6 were rejected" in done.err


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        ("licence", "menu.png has no licence"),
        ("provenance", "menu.png has no provenance"),
        ("corrupt", "menu.png cannot be used: the file: the PNG file is cut off or damaged"),
        ("missing", "menu.png cannot be used: the file: file not found"),
        ("unnamed", "extra.jpg lies in the folder, but the manifest does not name it"),
        ("twice", "menu.png is named twice"),
        ("same", "menu.png is the same image as kitchen.png"),
        ("outside", "../menu.png is no path below the folder"),
        ("none", "neither images.jsonl nor images.csv is there"),
    ],
)
def test_images_that_may_not_be_used(harm: str, said: str, workshop: Any, main: Callable[..., Any]) -> None:
    manifest, image = workshop.images / "images.csv", workshop.images / "menu.png"
    row = "menu.png,own photograph 2,CC-BY-4.0"
    changed = {"licence": "menu.png,own photograph 2, ", "provenance": "menu.png,,CC-BY-4.0", "twice": f"{row}\n{row}",
               "outside": "../menu.png,own photograph 2,CC0-1.0"}  # fmt: skip
    text = manifest.read_text()
    assert row in text
    manifest.write_text(text.replace(row, changed.get(harm, row)))
    if harm == "corrupt":
        image.write_bytes(image.read_bytes()[:-20])
    elif harm == "missing":
        image.unlink()
    elif harm == "unnamed":
        (workshop.images / "extra.jpg").write_bytes(b"\xff\xd8\xff")
    elif harm == "same":
        image.write_bytes((workshop.images / "kitchen.png").read_bytes())
    elif harm == "none":
        manifest.unlink()
    done = main(*workshop.mmmb())
    assert done.code == 2
    assert said in done.err
    assert workshop.asked("see") == [], "nothing goes on without"


def test_a_changed_setting_is_refused_with_what_differs(drafted: Any, main: Callable[..., Any]) -> None:
    done = main(*drafted.mmmb(7), "--language", "en,zh", "--seed", "3")
    assert done.code == 2
    assert "dialogues: begun with 6, now 7" in done.err and "seed: begun with 0, now 3" in done.err
    (drafted.images / "menu.png").write_bytes((drafted.images / "menu.png").read_bytes() + b"\0")
    done = main("build", "mmmb", "--out", drafted.out)
    assert done.code == 2 and "images: begun with" in done.err
    done = main("build", "msib", "--out", drafted.out)
    assert done.code == 2 and "is a build of mmmb" in done.err


def test_money_ends_a_build_that_goes_on_later(workshop: Any, main: Callable[..., Any]) -> None:
    done = main(*workshop.mmmb(), "--max-cost", "4")
    assert done.code == 2
    assert "stopped: 4.0000 of at most 4 US dollars are spent" in done.err
    assert len(workshop.asked("see")) == 6 and len(workshop.asked("write")) == 2
    assert main("build", "mmmb", "--out", workshop.out).code == 0
    assert set(workshop.counts("write").values()) == {1}


def test_licences_are_those_of_the_moment_the_result_is_made(drafted: Any, main: Callable[..., Any]) -> None:
    drafted.decide("accept")
    manifest = drafted.images / "images.csv"
    text = manifest.read_text()
    manifest.write_text(text.replace("CC-BY-4.0", "CC-BY-SA-4.0"))
    assert main("build", "mmmb", "--out", drafted.out, "--finish").code == 0
    assert "CC-BY-SA-4.0" in (drafted.out / "dialogues.jsonl").read_text()
    assert '"CC-BY-4.0"' not in (drafted.out / "dialogues.jsonl").read_text()
    manifest.write_text(text.replace("CC-BY-4.0", ""))
    done = main("build", "mmmb", "--out", drafted.out, "--finish")
    assert done.code == 2 and "harbour.png has no licence" in done.err


def test_a_new_build_says_what_it_needs(workshop: Any, main: Callable[..., Any]) -> None:
    done = main("build", "mmmb", "--out", workshop.out)
    assert done.code == 2
    assert "needs --vlm MODEL, --llm MODEL, --dialogues, --images DIR" in done.err
    assert "is in review yet" in main("build", "mmmb", "--out", workshop.out, "--finish").err
    assert "a model is needed that takes image" in main(*workshop.mmmb(), "--vlm", "pocketsphinx").err
    assert not workshop.out.exists(), "what is refused leaves nothing behind"
    assert "--turns 5-20: expected FEWEST-MOST between 2 and 15" in main(*workshop.mmmb(), "--turns", "5-20").err


def test_the_last_question_can_be_spoken(workshop: Any, main: Callable[..., Any]) -> None:
    assert main(*workshop.mmmb(3), "--tts", workshop.word("speak")).code == 0
    workshop.decide("accept")
    assert main("build", "mmmb", "--out", workshop.out, "--finish").code == 0
    for row, line in zip(workshop.rows(), workshop.drafts(), strict=True):
        (part,) = row["messages"][-1]["content"]
        assert (part["type"], part["transcript"]) == ("audio", line["question"])
    assert main("data", "check", "mmmb", workshop.out).code == 0
