"""CV3-Eval's cross-lingual set and MiniMax's languages on small copies in their layouts: blocks, units, voices."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from judged_by_wire import say, write_rows
from task_bench import STAND_INS, Bench, values

from evalkit import plugins
from evalkit.core.task import Task
from evalkit.metrics.error_rate.counting import errors
from evalkit.metrics.languages import canonical
from evalkit.published import numbers as published
from evalkit.tasks.minimax_multilingual.task import LANGUAGES

EAR = ("--transcriber", f"{STAND_INS}:ear")
WORDS = (*EAR, "--listener", f"voice={STAND_INS}:encoder")
TOP = "data/cross_lingual_zeroshot"
ORDER = {"zh": ("en", "ja", "ko"), "en": ("zh", "ja", "ko"), "ja": ("zh", "en", "ko"), "ko": ("zh", "en", "ja")}
SENTENCES = {"zh": ("他来了。", "他走了"), "en": ("He came, OK?", "he came no"), "ja": ("彼は来た。", "彼は来る"),
             "ko": ("그가 왔다.", "그가 갔다")}  # fmt: skip
RATES = {"zh": 100 / 3, "en": 100 / 3, "ja": 25.0, "ko": 25.0}  # one word of three in English, else characters
EDGES = (1, 200, 201, 400, 401, 600)  # first and last number of each block


@pytest.fixture
def bench(main: Callable[..., Any], tmp_path: Path) -> Bench:
    return Bench(main, tmp_path)


def cv3(root: Path) -> dict[str, Any]:
    """Kaldi lists of the edges of each block; the last sentence of a block is spoken with one error."""
    replies: dict[str, Any] = {}
    for target, (sentence, misheard) in SENTENCES.items():
        folder = root / "cv3_eval" / TOP / f"to_{target}"
        (folder / "waveform").mkdir(parents=True)
        for number in EDGES:
            (folder / "waveform" / f"prompt_audio_{number}.wav").write_bytes(say("as I say", 1000))
            right = number % 2 == 1
            replies[f"to_{target}/uttid_{number}"] = [sentence if right else misheard, 1000]
        lists = {
            "text": sentence,
            "prompt_text": 'He said ""as I say""',
            "prompt_wav.scp": f"{TOP}//to_{target}/waveform/prompt_audio_{{}}.wav",
        }
        for name, value in lists.items():
            lines = [f"uttid_{number} {value.replace('{}', str(number))}\n" for number in EDGES]
            (folder / name).write_text("".join(lines), encoding="utf-8")
    return replies


def test_cv3_has_twelve_columns_by_blocks_of_ids(bench: Bench) -> None:
    replies = cv3(bench.folder)
    del replies["to_en/uttid_600"]
    code, summary = bench.run("cv3_eval", replies, *EAR)
    expected = {
        f"cv3_eval.cross_lingual.{source}_to_{target}.wer": RATES[target] / 2
        for target, sources in ORDER.items()
        for source in sources
    } | {"cv3_eval.cross_lingual.ko_to_en.wer": 0.0}
    assert values(summary) == pytest.approx(expected)
    assert values(summary, "strict")["cv3_eval.cross_lingual.ko_to_en.wer"] == pytest.approx(50.0)
    assert code == 1
    assert {name for name in published.columns() if name.startswith("cv3_eval.")} == set(expected)
    (run,) = (bench.folder / "out").glob("*/*/*/samples.jsonl")
    line = next(json.loads(one) for one in run.read_text().splitlines() if '"to_ja/uttid_201"' in one)
    assert line["meta"] == {"language": "ja", "source": "en"}
    voice, _ = line["messages"][0]["content"]
    assert voice["transcript"] == 'He said ""as I say""', "as it is published"


def test_cv3_has_similarities_where_they_are_asked_for(bench: Bench) -> None:
    replies = cv3(bench.folder)
    _, summary = bench.run("cv3_eval:to_ko", replies, *WORDS, "--task-arg", "voice=true")
    assert values(summary)["cv3_eval.cross_lingual.ja_to_ko.sim"] == pytest.approx(1.0, abs=2e-3)


def minimax(root: Path) -> dict[str, Any]:
    """Two sentences of two speakers in five languages, one of them without spaces between words."""
    top = root / "minimax_multilingual"
    said = {"zh": [("她来了。", "她來了"), ("走吧", "走")], "en": [("Go on, John!", "go on john"), ("Yes.", "no")],
            "th": [("ไปกัน", "ไป กัน"), ("มา", "มา")], "ko": [("가자 집에", "가자집에"), ("네", "네")],
            "ru": [("Он пришёл.", "он пришел"), ("Да", "да")]}  # fmt: skip
    replies: dict[str, Any] = {}
    (top / "text").mkdir(parents=True)
    prompts = []
    for code, sentences in said.items():
        name, lines = LANGUAGES[code], []
        for number, ((sentence, heard), kind) in enumerate(zip(sentences, ("female", "male"), strict=True), 1):
            folder = top / "speaker" / name / f"{name}_{kind}"
            folder.mkdir(parents=True)
            clip = f"common_voice_{code}_{number}.mp3"
            (folder / clip).write_bytes(say("as I say", 1000 * number))
            prompts.append(f"{clip}|As I say | or so.\n")
            lines.append(f"{name}_{kind}|{sentence}\n")
            replies[f"{code}_{number:03d}"] = [heard, 1000]
        (top / "text" / f"{name}.txt").write_text("".join(lines), encoding="utf-8")
    (top / "speaker" / "prompt_text.txt").write_text("".join(prompts), encoding="utf-8")
    return replies


def test_minimax_counts_words_or_characters_and_compares_voices(bench: Bench) -> None:
    replies = minimax(bench.folder)
    del replies["ru_002"]
    code, summary = bench.run("minimax_multilingual:zh+en+th+ko+ru", replies, *WORDS)
    found = {name.removeprefix("minimax_multilingual."): value for name, value in values(summary).items()}
    wer = {"zh": (0 + 50) / 2, "en": (0 + 100) / 2, "th": 0.0, "ko": 0.0, "ru": (50 + 100) / 2}
    assert {code: found[f"{code}.wer"] for code in wer} == pytest.approx(wer)
    other = 0.9239  # cos(22.5 degrees): 1000 Hz apart
    sims = {"zh": (1 + other) / 2, "ru": 1.0}
    assert {code: found[f"{code}.sim"] for code in sims} == pytest.approx(sims, abs=2e-3)
    assert values(summary, "strict")["minimax_multilingual.ru.sim"] == pytest.approx(0.5, abs=2e-3)
    assert code == 1


def test_minimax_has_24_languages_and_the_published_columns() -> None:
    made = plugins.load_task("minimax_multilingual")
    assert isinstance(made, Task)
    assert len(LANGUAGES) == 24
    assert {canonical(name) for name in LANGUAGES.values()} == set(LANGUAGES)
    wanted = [name for name in published.columns() if name.startswith("minimax_multilingual.")]
    assert len(wanted) == 20
    assert set(wanted) <= set(made.columns)
    assert len(made.columns) == 48


@pytest.mark.parametrize(
    ("profile", "reference", "heard", "language", "edits", "tokens"),
    [
        ("cv3", "彼は 来た。", "彼は来た", "ja", 0, 4),
        ("cv3", "그가 왔다.", "그가왔다", "ko", 0, 4),
        ("cv3", "OK吗", "ok吗", "zh", 2, 3),
        ("cv3", "He came, OK?", "he came ok", "en", 0, 3),
        ("ultraeval_tts", "ไปกัน", "ไปกัย", "th", 1, 5),
        ("ultraeval_tts", "佢嚟咗", "佢嚟左", "yue", 1, 3),
        ("ultraeval_tts", "Él vino.", "el vino", "es", 1, 2),
    ],
)
def test_units_by_language_worked_out_by_hand(
    profile: str, reference: str, heard: str, language: str, edits: int, tokens: int
) -> None:
    counts = errors(reference, heard, profile, language)
    assert counts is not None
    assert (counts.substitutions + counts.deletions + counts.insertions, counts.tokens) == (edits, tokens)


def changed(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


CV3, MINIMAX = f"cv3_eval/{TOP}/to_en", "minimax_multilingual"
BAD: list[tuple[str, str, str, str, str]] = [  # file, what stands there, what is put there, the problem
    ("cv3_eval:to_en", f"{CV3}/prompt_text", "uttid_201 ", "uttid_777 ", "no line of 'uttid_201'"),
    ("cv3_eval:to_en", f"{CV3}/prompt_wav.scp", "audio_201.wav", "audio_202.wav", "prompt_audio_202.wav"),
    ("minimax_multilingual:en", f"{MINIMAX}/text/english.txt", "english_male|", "english_child|", "'english_child'"),
    ("minimax_multilingual:en", f"{MINIMAX}/text/english.txt", "english_male|Yes.", "Yes.", "expected a name, a bar"),
    ("minimax_multilingual:en", f"{MINIMAX}/speaker/prompt_text.txt", "voice_en_2.mp3|", "voice_en_3.mp3|",
     "no line of 'common_voice_en_2.mp3'"),
]  # fmt: skip


def refusal(main: Callable[..., Any], folder: Path, task: str) -> str:
    (folder / "a.json").write_text("{}")
    words = EAR if task.startswith("cv3") else WORDS
    done = main(
        "run", "--task", task, "--data", folder, "--out", folder / "out", "--model", f"{STAND_INS}:scripted",
        "--model-arg", f"file={folder / 'a.json'}", "--model-arg", "log=x", *words, "--dry-run",
    )  # fmt: skip
    assert done.code == 2, done.out
    return str(done.err)


@pytest.mark.parametrize(("task", "file", "old", "new", "problem"), BAD)
def test_bad_copies_are_refused_in_a_sentence(
    tmp_path: Path, main: Callable[..., Any], task: str, file: str, old: str, new: str, problem: str
) -> None:
    cv3(tmp_path)
    minimax(tmp_path)
    changed(tmp_path / file, old, new)
    assert problem in refusal(main, tmp_path, task)


@pytest.mark.parametrize("number", ["601", "0", "x"])
def test_an_id_outside_of_the_blocks_has_no_language(tmp_path: Path, main: Callable[..., Any], number: str) -> None:
    cv3(tmp_path)
    for name in ("text", "prompt_text", "prompt_wav.scp"):
        changed(tmp_path / CV3 / name, "uttid_600 ", f"uttid_{number} ")
    assert f"'uttid_{number}' is not NAME_N with N from 1 to 600" in refusal(main, tmp_path, "cv3_eval:to_en")


def test_both_are_exported_and_scored_without_recordings(tmp_path: Path, main: Callable[..., Any]) -> None:
    replies = cv3(tmp_path)
    minimax(tmp_path)
    for task in ("cv3_eval:to_ja", "minimax_multilingual:zh+en"):
        done = main("data", "export", task, "--to", tmp_path / f"export-{task[:3]}", "--data", tmp_path)
        assert done.code == 0, done.err
    for path in tmp_path.glob(f"cv3_eval/{TOP}/*/waveform/*"):
        path.unlink()
    rows = []
    for key, (said, pitch) in replies.items():
        if key.startswith("to_ja/"):
            (tmp_path / f"{key.partition('/')[2]}.wav").write_bytes(say(said, pitch))
            rows.append({"id": key, "audio": str(tmp_path / f"{key.partition('/')[2]}.wav")})
    write_rows(tmp_path / "r.jsonl", rows)
    done = main("score", "--task", "cv3_eval:to_ja", "--data", tmp_path, "--responses", tmp_path / "r.jsonl", "--out",
                tmp_path / "out", *EAR, "--json")  # fmt: skip
    assert done.code == 0, done.err
    (summary,) = json.loads(done.out)
    assert values(summary)["cv3_eval.cross_lingual.en_to_ja.wer"] == pytest.approx(12.5)
