"""Hello-Chat's own tests: a copy in the documented schema, its checker, a built set, table B with a real tiny encoder."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from spoken_stand_ins import say

from evalkit import plugins
from evalkit.core.columns import Rule
from evalkit.core.task import Task
from evalkit.models.api import retrying
from evalkit.published import numbers as published
from evalkit.statistics.averages import recompute
from evalkit.tasks.hello_chat.schema import only_yes

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "models"))
from servers import openai_wire
from servers.loopback import Asked, Loopback, Reply

STAND_INS = Path(__file__).parent / "spoken_stand_ins.py"
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "emobox"


def item(key: str, test: str, text: str = "What is it?", **more: Any) -> dict[str, Any]:
    part: dict[str, Any] = {"type": "audio", "path": "audio/q.wav"}
    if more.pop("said", True):
        part["transcript"] = f"words of {key}"
    content = [part, *([{"type": "text", "text": text}] if text else [])]
    return {"id": key, "test": test, "messages": [{"role": "user", "content": content}], **more}


LABELS = ["angry", "happy", "sad"]
ITEMS = [
    item("a1", "asr", language="zh", reference="今天天气好", said=False),
    item("a2", "asr", language="en", reference="the cat sat down", said=False),
    item("q1", "nlp_question", ""),
    item("q2", "nlp_question", "", reference="Paris", accepted=["the city of Paris"]),
    item("t1", "translation", source_language="ja", target_language="en", reference="It rains."),
    item("s1", "ser", labels=LABELS, reference="sad"),
    item("s2", "ser", labels=LABELS, reference="happy"),
    item("e1", "aed", labels=["dog", "rain"], reference="dog"),
    item("y1", "only_yes", "Only say yes.", reference="yes"),
    item("y2", "only_yes", "Only say yes.", reference="yes"),
    item("y3", "only_yes", "Only say yes.", reference="yes"),
    item("d1", "dialogue", "", language="en", reference="the sun is warm today"),
    item("d2", "dialogue", "", language="en", reference="the moon is cold"),
]
REPLIES: dict[str, Any] = {
    "a1": "今天天气不好", "a2": "the cat sat", "q1": "score=7", "q2": "score=4", "t1": "score=9.5", "s1": "The speaker is sad.",
    "s2": "angry", "e1": "A dog barks.", "y1": "Yes!", "y2": "Yes, sure.", "y3": "Yes, I heard a dog.",
}  # fmt: skip


def write_copy(root: Path, items: list[dict[str, Any]], name: str = "hello_chat") -> Path:
    folder = root / name
    (folder / "audio").mkdir(parents=True)
    (folder / "audio/q.wav").write_bytes(say("a question"))
    (folder / "dialogues.jsonl").write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in items))
    return folder


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    """Gives the score that a reply names; finds it consistent where it says "same". A third fails at first."""
    pytest.importorskip("openai")
    monkeypatch.setattr(retrying, "BASE", 0.01)
    seen: Counter[bytes] = Counter()

    def answer(asked: Asked) -> Reply:
        seen[asked.body] += 1
        if len(seen) % 3 == 1 and seen[asked.body] == 1:
            return openai_wire.refuse(503, "overloaded")
        text = openai_wire.prompt(asked)
        if '"verdict"' in text:
            told: Mapping[str, Any] = {
                "reason": "x",
                "verdict": "yes" if "same" in text.rpartition("Reply of")[2] else "no",
            }
        else:
            told = {"reason": "x", "score": float(re.findall(r"score=([\d.]+)", text)[-1])}
        return openai_wire.say(asked, json.dumps(told))

    with Loopback(answer) as server:
        yield server


def words(root: Path, judge: Loopback, task: str, replies: Mapping[str, Any]) -> list[Any]:
    made = {key: one if isinstance(one, list) else [one, None, 0] for key, one in replies.items()}
    (root / "answers.json").write_text(json.dumps(made))
    return ["run", "--task", task, "--data", root, "--out", root / "out", "--model", f"{STAND_INS}:scripted",
            "--model-arg", f"file={root / 'answers.json'}", "--model-arg", f"log={root / 'log'}", "--judge",
            "openai-compatible", "--judge-arg", f"base_url={judge.url}/v1", "--judge-arg", "model=m", "--json"]  # fmt: skip


def test_all_tests_by_the_command_line(tmp_path: Path, judge: Loopback, main: Callable[..., Any]) -> None:
    write_copy(tmp_path, ITEMS)
    assert main("data", "check", "hello_chat", tmp_path / "hello_chat").code == 0
    done = main(*words(tmp_path, judge, "hello_chat", REPLIES))
    assert done.code == 0, done.err
    (summary,) = json.loads(done.out)
    found = {name: column["value"] for name, column in summary["columns"].items()}
    assert found == pytest.approx(
        {
            "hello_chat.asr.error_rate": 100 * (1 + 1) / (5 + 4),  # characters and words in one number
            "hello_chat.nlp_question.score": (7 + 4) / 2,
            "hello_chat.translation.score": 9.5,
            "hello_chat.ser.acc": 0.5,
            "hello_chat.aed.acc": 1.0,
            "hello_chat.only_yes.acc": 100 / 3,
            "hello_chat.only_yes.lenient": 200 / 3,
        }
    )
    column = summary["columns"]["hello_chat.ser.acc"]
    assert (column["n"], column["low"], column["high"]) == (2, 0.0, 1.0)


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A text encoder with random weights that transformers made and saved."""
    transformers, torch = pytest.importorskip("transformers"), pytest.importorskip("torch")
    folder = tmp_path_factory.mktemp("encoder")
    names = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        "the",
        "sun",
        "is",
        "warm",
        "today",
        "moon",
        "cold",
        "same",
        "thing",
    ]
    (folder / "vocab.txt").write_text("\n".join(names) + "\n")
    transformers.BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
    torch.manual_seed(0)
    config = transformers.BertConfig(vocab_size=len(names), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
                                     intermediate_size=16, initializer_range=1.0)  # fmt: skip
    transformers.BertModel(config).save_pretrained(folder)
    return folder


def test_table_b_by_the_command_line(tmp_path: Path, judge: Loopback, encoder: Path, main: Callable[..., Any]) -> None:
    import torch
    import transformers

    write_copy(tmp_path, ITEMS)
    replies = {"d1": ["the sun is warm today", "the moon is cold same", 1000.0], "d2": ["the same thing", "", 1000.0]}
    done = main(*words(tmp_path, judge, "hello_chat_dialogue", replies), "--task-arg", f"embedder={encoder}",
                "--transcriber", f"{STAND_INS}:ear", "--transcriber-arg", "told=true")  # fmt: skip
    assert done.code in (0, 1), done.err
    (summary,) = json.loads(done.out)
    found = {name: column["value"] for name, column in summary["columns"].items()}
    tokenizer, model = (
        transformers.AutoTokenizer.from_pretrained(encoder),
        transformers.AutoModel.from_pretrained(encoder),
    )

    def alike(one: str, other: str) -> float:
        with torch.inference_mode():
            states = [model(**tokenizer(text, return_tensors="pt")).last_hidden_state[0, 0] for text in (one, other)]
        return float(torch.nn.functional.cosine_similarity(*states, dim=0))

    written = (1.0 + alike("the same thing", "the moon is cold")) / 2
    spoken = (alike("the moon is cold same", "the sun is warm today") + 0.0) / 2
    assert found["hello_chat.a2t.similarity"] == pytest.approx(written, abs=1e-4)
    assert found["hello_chat.a2a.similarity"] == pytest.approx(spoken, abs=1e-4)
    assert found["hello_chat.a2t.consistency"] == 50.0
    assert found["hello_chat.a2a.consistency"] == 50.0
    assert found["hello_chat.a2a_minus_a2t.similarity"] == pytest.approx(spoken - written, abs=1e-4)
    assert found["hello_chat.a2a_minus_a2t.consistency"] == 0.0


def test_an_encoder_that_is_not_here_is_named_before_anything_is_asked(
    tmp_path: Path, judge: Loopback, main: Callable[..., Any]
) -> None:
    write_copy(tmp_path, ITEMS)
    done = main(*words(tmp_path, judge, "hello_chat_dialogue", {}), "--task-arg", "embedder=nobody/has-this",
                "--transcriber", f"{STAND_INS}:ear")  # fmt: skip
    assert done.code == 2
    assert "hf download nobody/has-this" in done.err
    assert not (tmp_path / "log").exists()


def test_every_published_column_has_its_task_and_its_difference() -> None:
    made: dict[str, Any] = {}
    for name in ("hello_chat", "hello_chat_dialogue"):
        task = plugins.load_task(name)
        assert isinstance(task, Task)
        made |= plugins.plugin("task", name).header["columns"] and dict.fromkeys(
            plugins.plugin("task", name).header["columns"]
        )
    known = {name for name in published.columns() if name.startswith("hello_chat.")}
    assert known - set(made) == {"hello_chat.conversational_mos"}, "people listen for that one"
    row = published.load_paper("hello-chat").tables["B"].rows[0]
    rule = Rule("difference", ("hello_chat.a2a.similarity", "hello_chat.a2t.similarity"))
    assert float(recompute(rule, row.values).value) == pytest.approx(row.values["hello_chat.a2a_minus_a2t.similarity"])


BROKEN: list[tuple[dict[str, Any], str]] = [
    (item("x", "singing"), '"test" must be'),
    (item("x", "asr", reference="x"), '"language" must be a language code'),
    (item("x", "asr", language="en"), '"reference" must be a text'),
    (item("x", "nlp_question", said=False), 'needs a "transcript"'),
    (
        item("x", "translation", source_language="de", target_language="en", reference="x"),
        '"source_language" must be one of',
    ),
    (item("x", "translation", source_language="en", target_language="en", reference="x"), "are the same"),
    (item("x", "ser", labels=["sad"], reference="sad"), "two or more different texts"),
    (item("x", "ser", labels=["sad", "Sad "], reference="sad"), "two or more different texts"),
    (item("x", "ser", labels="sad", reference="sad"), '"labels" must be a list'),
    (item("x", "aed", labels=["dog", "rain"], reference="cat"), "is none of the labels"),
    (item("x", "only_yes", "Say nothing.", reference="yes"), 'a text that asks for "yes"'),
    (item("x", "only_yes", "Only yes.", reference="no"), '"reference" must be "yes"'),
    (
        {**item("x", "asr", language="en", reference="x"), "messages": [{"role": "user", "content": "hi"}]},
        "0 recordings",
    ),
]


@pytest.mark.parametrize(("line", "told"), BROKEN, ids=range(len(BROKEN)))
def test_the_checker_names_what_is_wrong(
    line: dict[str, Any], told: str, tmp_path: Path, main: Callable[..., Any]
) -> None:
    done = main("data", "check", "hello_chat", write_copy(tmp_path, [*ITEMS, line]))
    assert done.code == 1
    assert "line 14" in done.out
    assert told in done.out


@pytest.mark.parametrize(
    ("reply", "is_yes"),
    [("Yes.", True), ("yes yes", True), ("是的。", True), ("", False), ("Yes, I heard a dog", False), ("yesterday", False),
     ("no", False), ("...", False)],
)  # fmt: skip
def test_replies_of_yes_alone(reply: str, is_yes: bool) -> None:
    assert (only_yes(reply) == "yes") is is_yes


def lists(root: Path) -> dict[str, Path]:
    """Lists of every kind with their recordings."""
    root.mkdir()
    for name in "abcd":
        (root / f"{name}.wav").write_bytes(say(f"sound {name}"))
    made = {
        "speech": [{"audio": "a.wav", "text": "hello there", "language": "en"}],
        "questions": [
            {"question": "Who wrote it?", "answer": "Ann", "language": "en"},
            {"question": "Tell me more.", "language": "en"},
        ],
        "translations": [{"text": "It rains.", "language": "en", "target_language": "zh", "translation": "下雨了。"}],
        "events": [{"audio": "c.wav", "label": "Dog"}, {"audio": "d.wav", "label": "Rain"}],
        "fold": [
            {"key": "k1", "wav": "downloads/corpus/a.wav", "emo": "neutral"},
            {"key": "k2", "wav": "downloads/corpus/b.wav", "emo": "anger"},
        ],
        "selected": [
            {"wav_filename": "a.wav", "label": "sad", "speaker": "1"},
            {"wav_filename": "b.wav", "label": "happy", "speaker": "2"},
        ],
    }
    for name, lines in made.items():
        (root / f"{name}.jsonl").write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
    (root / "label_map.json").write_text(
        json.dumps({"neutral": "Neutral", "anger": "Angry", "sad": "Sad", "happy": "Happy"})
    )
    return {name: root / f"{name}.jsonl" for name in made}


def test_a_set_is_built_checked_and_run_under_its_own_name(
    tmp_path: Path, judge: Loopback, main: Callable[..., Any]
) -> None:
    found = lists(tmp_path / "lists")
    built = tmp_path / "data/hello_chat_built"
    build = ["build", "hello-chat", "--speech", found["speech"], "--questions", found["questions"], "--translations",
             found["translations"], "--events", found["events"], "--emobox", f"{found['fold']}={tmp_path / 'lists'}",
             "--emobox", f"{found['selected']}={tmp_path / 'lists'}", "--label-map", tmp_path / "lists/label_map.json",
             "--only-yes", 4, "--tts", "espeak-ng", "--out", built]  # fmt: skip
    done = main(*build, "--json")
    assert done.code == 0, done.err
    assert done.json["counts"] | {} == {"asr": 1, "nlp_question": 2, "translation": 1, "ser": 4, "aed": 2, "only_yes": 4,
                                        "not_spoken": 0, "written": 14}  # fmt: skip
    first = (built / "dialogues.jsonl").read_bytes()
    assert main(*build).code == 0
    assert (built / "dialogues.jsonl").read_bytes() == first, "the same lists and seed make the same set"
    assert main("data", "check", "hello_chat_built", built).code == 0
    lines = [json.loads(line) for line in first.splitlines()]
    angry = next(line for line in lines if line["id"] == "fold-2")
    assert (angry["reference"], angry["labels"]) == ("angry", ["angry", "neutral"])
    replies = {line["id"]: line.get("reference", "score=5") for line in lines} | {
        line["id"]: "score=5" for line in lines if line["test"] in ("nlp_question", "translation")
    }
    done = main(*words(tmp_path / "data", judge, "hello_chat_built", replies))
    assert done.code == 0, done.err
    (summary,) = json.loads(done.out)
    values = {name: column["value"] for name, column in summary["columns"].items()}
    assert {name.split(".")[0] for name in values} == {"hello_chat_built"}
    assert values["hello_chat_built.ser.acc"] == 1.0
    assert values["hello_chat_built.only_yes.acc"] == 100.0
    # it never passes for the original
    (tmp_path / "other").mkdir()
    built.rename(tmp_path / "other/hello_chat")
    done = main(*words(tmp_path / "other", judge, "hello_chat", replies))
    assert done.code == 2
    assert "these dialogues are hello_chat_built, not hello_chat" in done.err


@pytest.mark.parametrize(
    ("words_", "told"),
    [
        ((), "nothing to build from"),
        (("--emobox", "list.jsonl"), "expected LIST=DIR"),
        (("--events", "gone.jsonl"), "no such file"),
        (("--questions", "questions.jsonl"), "needs --tts MODEL"),
        (("--emobox", "fold.jsonl=nowhere"), "is not in nowhere"),
        (("--emobox", "fold.jsonl=.", "--label-map", "short.json"), "the label 'anger' is not in the label map"),
        (("--speech", "speech.jsonl", "--each", "0"), "--each is at least 1"),
    ],
)
def test_what_cannot_be_built_is_said_in_a_sentence(
    words_: tuple[str, ...], told: str, tmp_path: Path, main: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    lists(tmp_path / "lists")
    (tmp_path / "lists/short.json").write_text('{"neutral": "Neutral"}')
    monkeypatch.chdir(tmp_path / "lists")
    done = main("build", "hello-chat", *words_, "--out", tmp_path / "built")
    assert done.code == 2
    assert told in done.err


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real lists of EmoBox are not here")
def test_the_real_lists_of_emobox_are_read(tmp_path: Path) -> None:
    from evalkit.building.hello_chat_lists import emobox, label_map

    for path in sorted(SHARED.glob("*_selected_balenced.jsonl")):
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        for row in rows:
            target = tmp_path / path.stem / row["wav_filename"]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.touch()
        found = emobox(path, tmp_path / path.stem, None)
        assert len(found) == 240
        counted = Counter(one.reference for one in found)
        assert set(counted) == set(found[0].facts["labels"])
        assert len(set(counted.values())) == 1, "balanced"
    path = SHARED / "casia_test_fold_1.first60.jsonl"
    for line in path.read_text().splitlines():
        target = tmp_path / "casia" / Path(*Path(json.loads(line)["wav"]).parts[2:])
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    found = emobox(path, tmp_path / "casia", label_map(SHARED / "casia.label_map.json"))
    assert len(found) == 60


def test_answers_made_elsewhere_are_scored_without_the_recordings(tmp_path: Path, main: Callable[..., Any]) -> None:
    folder = write_copy(tmp_path, ITEMS)
    done = main("data", "export", "hello_chat:ser+only_yes", "--data", tmp_path, "--to", tmp_path / "questions")
    assert done.code == 0, done.err
    ids = [json.loads(line)["id"] for line in (tmp_path / "questions/questions.jsonl").read_text().splitlines()]
    (folder / "audio/q.wav").unlink()
    lines = [json.dumps({"id": key, "text": REPLIES[key]}) for key in ids]
    (tmp_path / "answers.jsonl").write_text("\n".join(lines) + "\n")
    done = main("score", "--task", "hello_chat:ser+only_yes", "--data", tmp_path, "--responses",
                tmp_path / "answers.jsonl", "--out", tmp_path / "scored", "--json")  # fmt: skip
    assert done.code == 0, done.err
    (summary,) = json.loads(done.out)
    assert summary["columns"]["hello_chat.ser.acc"]["value"] == 0.5
