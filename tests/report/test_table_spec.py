"""A table of the reader's own from a TOML file: rows, columns, averages, sorting, digits, and mistakes in the file."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from make_runs import make_run

CLEAN, OTHER, ZH = "librispeech.test_clean.wer", "librispeech.test_other.wer", "fleurs.zh.wer"
COLUMNS = f"""
[[columns]]
id = "{CLEAN}"
label = "clean"
head = "LibriSpeech"

[[columns]]
id = "{OTHER}"
label = "other"
head = "LibriSpeech"
"""
KIMI = '[[rows]]\nmodel = "kimi-audio"\n'
STEP = '[[rows]]\nmodel = "step-audio-2"\n'


@pytest.fixture
def make(tmp_path: Path, main: Callable[..., Any]) -> Callable[..., Any]:
    """Writes a spec and runs the command on it."""

    def call(text: str, *words: object) -> Any:
        path = tmp_path / "t.toml"
        path.write_text(text, encoding="utf-8")
        return main("table", "--spec", path, *words)

    return call


@pytest.fixture
def run(tmp_path: Path) -> Path:
    values = {CLEAN: 1.2, OTHER: 2.5, ZH: 3.0}
    return make_run(tmp_path / "results", "mine", values, higher=False, unit="WER %", half_width=0.25, task="asr")


def lines(done: Any) -> list[dict[str, str]]:
    assert done.code == 0, done.err
    return list(csv.DictReader(io.StringIO(done.out)))


def test_models_of_papers_and_runs_stand_together(make: Callable[..., Any], run: Path) -> None:
    text = f'caption = "Mine & theirs"\ndigits = 1\n{COLUMNS}{KIMI}[[rows]]\nrun = "{run}"\nlabel = "Ours"\n'
    found = lines(make(text, "--format", "csv", "--intervals"))
    assert [(row["model"], row["source"]) for row in found] == [("Kimi-Audio", "paper"), ("Ours", "run")]
    assert [row[CLEAN] for row in found] == ["1.3", "1.2"]
    assert (found[1][f"{CLEAN}:low"], found[1][f"{CLEAN}:high"]) == ("1.0", "1.5"), "0.95 and 1.45, away from zero"
    shown = make(text)
    assert "LibriSpeech" in shown.out.splitlines()[2], "the heading both columns share"
    assert "as printed: interactive-omni, Table 10" in shown.out
    assert "protocol exact_match:strip" in shown.out


def test_a_heading_has_its_note_and_papers_are_excused_only_beside_runs(make: Callable[..., Any], run: Path) -> None:
    noted = COLUMNS.replace('label = "clean"', 'label = "clean"\nnote = "read aloud"')
    row = f'[[rows]]\nrun = "{run}"\n'
    shown = make(noted + KIMI + row).out
    assert "clean \u2193[a]" in shown and "[a] read aloud" in shown
    assert "Papers do not state their protocol" in shown
    assert "read aloud" not in make("notes = false\n" + noted + row).out
    apart = f'[[columns]]\nid = "{CLEAN}"\n[[columns]]\nid = "own.wer"\nbetter = "lower"\n'
    other = make_run(run.parents[2] / "other", "mine", {"own.wer": 3.0}, higher=False)
    assert "Papers do not state" not in make(f'{apart}{KIMI}[[rows]]\nrun = "{other}"\n').out


def test_an_average_needs_no_columns_of_its_parts(make: Callable[..., Any], run: Path) -> None:
    average = f'[[columns]]\nlabel = "Avg"\naverage = {{ of = ["{CLEAN}", "{OTHER}", "{ZH}"] }}\n'
    found = lines(make(f'{average}{KIMI}[[rows]]\nrun = "{run}"\n', "--format", "csv"))
    assert [row["Avg"] for row in found] == ["2.09", "2.23"], "(1.28+2.42+2.56)/3 and 6.7/3"
    weighted = average.replace("] }", '], formula = "weighted_mean", weights = [2, 1, 1], rounding = "cut" }')
    found = lines(make(f"{weighted}digits = 1\n{KIMI}", "--format", "csv"))
    assert [row["Avg"] for row in found] == ["1.8"], "7.54/4 = 1.885, cut"


def test_sorting_is_best_first_and_inside_groups(make: Callable[..., Any], run: Path) -> None:
    rows = f'{KIMI}group = "b"\n{STEP}group = "b"\n[[rows]]\nrun = "{run}"\ngroup = "a"\n'
    rows += '[[rows]]\nmodel = "whisper-large-v3"\ngroup = "b"\n[[rows]]\nmodel = "mini-omni"\ngroup = "b"\n'

    def models(sort: str) -> list[str]:
        columns = COLUMNS + f'[[columns]]\nid = "{ZH}"\n'
        return [row["model"] for row in lines(make(f'sort = "{sort}"\n{columns}{rows}', "--format", "csv"))]

    assert models(CLEAN) == ["Step-Audio 2", "Kimi-Audio", "Whisper-large-v3", "Mini-Omni", "mine"]
    assert models("-clean")[:2] == ["Mini-Omni", "Whisper-large-v3"]
    assert models(ZH)[3] == "Mini-Omni", "without a value last"


def test_where_papers_differ_the_reader_must_choose(make: Callable[..., Any]) -> None:
    row = '[[rows]]\nmodel = "qwen2-5-omni-7b"\n'
    done = make(COLUMNS + row)
    assert done.code == 2
    assert "1.74 (covo-audio, Table 10); 1.8 (interactive-omni, Table 10)" in done.err
    assert [row[CLEAN] for row in lines(make(f'{COLUMNS}{row}paper = "interactive-omni"\n', "--format", "csv"))] == [
        "1.80"
    ]
    done = make(f'{COLUMNS}{row}paper = "qwen3-omni"\ntable = "6"\n', "--format", "csv")
    assert lines(done)[0][CLEAN] == "1.74"


def test_a_value_printed_on_another_scale_is_brought_to_the_common_one(make: Callable[..., Any]) -> None:
    text = '[[columns]]\nid = "voicebench.alpacaeval"\n[[rows]]\nmodel = "kimi-audio"\n'
    assert lines(make(text, "--format", "csv"))[0]["voicebench.alpacaeval"] == "89.20"
    assert "printed as 4.46, on another scale" in make(text).out


def test_best_second_and_notes_can_be_left_out(make: Callable[..., Any], run: Path) -> None:
    rows = f'{KIMI}{STEP}[[rows]]\nrun = "{run}"\n'
    assert {"*1.17*", "_1.20_"} <= set(make(COLUMNS + rows).out.replace("[", " ").split())
    none = make(f"best = false\nsecond = false\nnotes = false\n{COLUMNS}{rows}").out
    assert "*" not in none
    assert "protocol" not in none
    only = make(f"second = false\n{COLUMNS}{rows}").out
    assert "*1.17*" in only
    assert "_1.20_" not in only


def test_base_models_do_not_compete_with_finished_ones(make: Callable[..., Any]) -> None:
    base = '[[rows]]\nmodel = "covo-audio-base"\n'
    columns = '[[columns]]\nid = "seedtts.test_en.wer"\n'
    tts = '[[rows]]\nmodel = "maskgct"\n[[rows]]\nmodel = "cosyvoice2"\n'
    assert "*2.57*" in make(columns + base + tts).out, "CosyVoice 2, though the base model's 2.44 is lower"
    assert "*2.44*" in make(columns + base + '[[rows]]\nmodel = "glm-4-voice-base"\n').out


def test_further_runs_and_groups(make: Callable[..., Any], run: Path) -> None:
    done = make(f'groups = "Kind"\n{COLUMNS}{KIMI}group = "audio"\n', "--with-run", run)
    heads = next(line for line in done.out.splitlines() if line.startswith("Kind"))
    assert heads.split() == ["Kind", "Model", "clean", "↓", "other", "↓"]
    assert "Own runs  mine" in done.out


def test_latex_of_a_spec_has_its_label_and_caption(make: Callable[..., Any]) -> None:
    text = make(f'caption = "A & B"\nlabel = "tab:mine"\n{COLUMNS}{KIMI}', "--format", "latex").out
    assert "\\caption{A \\& B}" in text
    assert "\\label{tab:mine}" in text


def test_a_run_beside_the_file_is_found(make: Callable[..., Any], tmp_path: Path, run: Path) -> None:
    relative = run.relative_to(tmp_path)
    assert lines(make(f'{COLUMNS}[[rows]]\nrun = ["{relative}"]\n', "--format", "csv"))[0]["model"] == "mine"


def test_columns_of_our_own_need_no_paper(make: Callable[..., Any], tmp_path: Path) -> None:
    run = make_run(tmp_path, "mine", {"own.speed": 3.5}, higher=False)
    done = make(f'[[columns]]\nid = "own.speed"\n[[rows]]\nrun = "{run}"\n')
    assert "own.speed ↓" in done.out
    unknown = make(f'[[columns]]\nid = "own.sped"\n[[rows]]\nrun = "{run}"\n')
    assert unknown.code == 2
    assert "Did you mean own.speed" in unknown.err


MISTAKES = {
    "no file at all": (None, "t.toml"),
    "not TOML": ("caption = ", "not TOML"),
    "no columns": (KIMI, "columns"),
    "unknown key": (f"captoin = 'x'\n{COLUMNS}{KIMI}", "Did you mean caption"),
    "unknown key of a column": (f"{COLUMNS}digist = 1\n{KIMI}", "Did you mean digits"),
    "unknown key of an average": (
        f'[[columns]]\nlabel = "A"\naverage = {{ of = ["{CLEAN}"], wieghts = [1] }}\n{KIMI}', "weights"),
    "unknown column": (COLUMNS.replace("clean.wer", "claen.wer") + KIMI, CLEAN),
    "unknown model": (f'{COLUMNS}[[rows]]\nmodel = "kimi-adio"\n', "kimi-audio"),
    "unknown paper": (f'{COLUMNS}{KIMI}paper = "interactiveomni"\n', "interactive-omni"),
    "a model without the columns": (f'{COLUMNS}[[rows]]\nmodel = "maskgct"\n', "no paper prints maskgct"),
    "a row of nothing": (f'{COLUMNS}[[rows]]\nlabel = "x"\n', "[[rows]] 1: name a model of the papers, or a run"),
    "a row of both": (f'{COLUMNS}{KIMI}run = "x"\n', "name a model of the papers, or a run"),
    "a column of nothing": (f'[[columns]]\nlabel = "x"\n{KIMI}', "[[columns]] 1: name an id, or an average"),
    "a column twice": (f"{COLUMNS}{COLUMNS}{KIMI}", "twice"),
    "no rows": (COLUMNS, "[[rows]]"),
    "no such run": (f'{COLUMNS}[[rows]]\nrun = "nowhere"\n', "nowhere"),
    "unknown sort": (f'sort = "claen"\n{COLUMNS}{KIMI}', "Did you mean clean"),
    "wrong type": (f'digits = "two"\n{COLUMNS}{KIMI}', "digits"),
    "too many digits": (f"digits = 99\n{COLUMNS}{KIMI}", "digits"),
    "weights that do not fit": (
        f'[[columns]]\nlabel = "A"\naverage = {{ of = ["{CLEAN}"], formula = "weighted_mean", weights = [1, 2] }}\n{KIMI}',
        "weights"),
    "averages of both directions": (
        f'[[columns]]\nlabel = "A"\naverage = {{ of = ["{CLEAN}", "mmmu.val"] }}\n{KIMI}', "better"),
}  # fmt: skip


@pytest.mark.parametrize("kind", MISTAKES)
def test_a_mistake_in_the_file_is_named(
    kind: str, make: Callable[..., Any], main: Callable[..., Any], tmp_path: Path
) -> None:
    text, expected = MISTAKES[kind]
    done = make(text) if text is not None else main("table", "--spec", tmp_path / "t.toml")
    assert done.code == 2
    assert expected in done.err, done.err
    assert "t.toml" in done.err or "nowhere" in done.err
    assert "Traceback" not in done.err


def test_a_run_without_the_columns_says_what_it_has(make: Callable[..., Any], tmp_path: Path) -> None:
    run = make_run(tmp_path, "mine", {"mmmb.average": 3.5})
    done = make(f'{COLUMNS}[[rows]]\nrun = "{run}"\n')
    assert done.code == 2
    assert "they have mmmb.average" in done.err


def test_table_and_spec_do_not_mix(make: Callable[..., Any]) -> None:
    assert "--table belongs to --paper" in make(COLUMNS + KIMI, "--table", "6").err


@pytest.mark.parametrize("words", [("--highlight", "papers"), ("--notes", "none"), ("--recompute",)])
def test_options_of_published_tables_are_not_ignored(make: Callable[..., Any], words: tuple[str, ...]) -> None:
    done = make(COLUMNS + KIMI, *words)
    assert done.code == 2 and f"{words[0]} belongs to --paper; a spec says so itself" in done.err
