"""CoVoST 2 and FLEURS translation on small copies in their published layouts; values are sacreBLEU's own."""

from __future__ import annotations

import csv
import io
import tarfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from looking_runs import Looking, put, tone, values

from evalkit import plugins
from evalkit.core.task import Task
from evalkit.published import numbers as published
from evalkit.statistics import averages

sacrebleu = pytest.importorskip("sacrebleu")


@pytest.fixture
def bench(main: Callable[..., Any], tmp_path: Path) -> Looking:
    return Looking(main, tmp_path)


def bleu(said: Sequence[str], wanted: Sequence[str], tokenizer: str) -> float:
    return float(sacrebleu.corpus_bleu(list(said), [list(wanted)], tokenize=tokenizer).score)


def chrf(said: Sequence[str], wanted: Sequence[str]) -> float:
    return float(sacrebleu.corpus_chrf(list(said), [list(wanted)]).score)


COVOST: Mapping[str, tuple[str, list[tuple[str, str, str]]]] = {  # pair -> file, (clip, reference, reply)
    "en_zh": ("en/covost_v2.en_zh-CN.test.tsv", [
        ("common_voice_en_1", "我爱北京天安门。", "我爱北京天安门"),
        ("common_voice_en_2", '他说"你好"\\再见', '他说"你好"\\再见'),
    ]),
    "en_de": ("en/covost_v2.en_de.test.tsv", [
        ("common_voice_en_1", "Ich liebe den Platz.", "ich liebe den Platz"),
        ("common_voice_en_2", "Er sagte das nicht gern.", "Er sagte das nicht gern."),
    ]),
    "zh_en": ("zh-CN/covost_v2.zh-CN_en.test.tsv", [("common_voice_zh-CN_7", "The cat sat on the mat.", "the cat sat on the mat")]),
    "en_ja": ("en/covost_v2.en_ja.test.tsv", [("common_voice_en_1", "今日はいい天気です", "今日は良い天気です")]),
}  # fmt: skip


def covost(data: Path, pairs: Sequence[str] = tuple(COVOST)) -> dict[str, str]:
    """The tables that the official program writes: no quotation, a backslash before marks and backslashes."""
    replies = {}
    for pair in pairs:
        name, rows = COVOST[pair]
        text = io.StringIO()
        writer = csv.writer(text, delimiter="\t", quoting=csv.QUOTE_NONE, escapechar="\\", lineterminator="\n")
        writer.writerow(["path", "sentence", "translation", "client_id"])
        for clip, wanted, said in rows:
            writer.writerow([f"{clip}.mp3", "what is said", wanted, f"speaker of {clip}"])
            put(data / "covost2" / name.partition("/")[0] / "clips" / f"{clip}.mp3", tone(kind="MP3"))
            replies[f"{pair}/{clip}"] = said
        put(data / "covost2" / name, text.getvalue())
    return replies


def test_covost2_is_sacrebleu_with_the_tokenizer_of_the_target(bench: Looking) -> None:
    pytest.importorskip("MeCab")
    replies = covost(bench.data)
    code, summary = bench.run(replies, "--task", f"covost2:{'+'.join(COVOST)}")
    assert code == 0
    found = values(summary)
    tokenizers = {"en_zh": "zh", "en_de": "13a", "zh_en": "13a", "en_ja": "ja-mecab"}
    for pair, (_, rows) in COVOST.items():
        wanted, said = [row[1] for row in rows], [row[2] for row in rows]
        assert found[f"covost2.{pair}.bleu"] == pytest.approx(bleu(said, wanted, tokenizers[pair]), abs=1e-9)
        assert found[f"covost2.{pair}.chrf"] == pytest.approx(chrf(said, wanted), abs=1e-9)
        told = summary["columns"][f"covost2.{pair}.bleu"]["protocol"]
        tok = "ja-mecab-0.996-IPA" if pair == "en_ja" else tokenizers[pair]
        assert told == f"bleu:sacrebleu/case:mixed|eff:no|tok:{tok}|smooth:exp|version:2.6.0"
    assert found["covost2.en_zh_en.bleu"] == pytest.approx(
        (found["covost2.en_zh.bleu"] + found["covost2.zh_en.bleu"]) / 2
    )
    assert bench.asked()["en_zh/common_voice_en_1"][1].startswith(
        "Translate what is said in this English recording into Mandarin"
    )


def test_covost2_as_the_hub_keeps_it_and_a_reference_that_is_empty(bench: Looking) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [
        {"client_id": "s1", "file": "a.mp3", "audio": {"bytes": tone(), "path": "a.mp3"}, "sentence": "一",
         "translation": "One day.", "id": "a"},
        {"client_id": "s1", "file": "b.mp3", "audio": {"bytes": tone(), "path": "b.mp3"}, "sentence": "二",
         "translation": "", "id": "b"},
    ]  # fmt: skip
    path = bench.data / "covost2" / "zh-CN_en" / "test-00000-of-00001.parquet"
    path.parent.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows), path)
    code, summary = bench.run({"zh_en/a": "One day.", "zh_en/b": "Two."}, "--task", "covost2:zh_en")
    assert code == 0
    assert values(summary)["covost2.zh_en.bleu"] == pytest.approx(bleu(["One day.", "Two."], ["One day.", ""], "13a"))
    whole = [r for r in summary["results"] if r["split"] is None and r["metric"] == "bleu"]
    assert whole[0]["flags"] == {"empty_reference": 1}


def test_every_pair_of_covost2_has_its_columns() -> None:
    task = plugins.load_task("covost2")
    assert isinstance(task, Task)
    assert len(task.source.splits) == 15 + 21
    assert {"covost2.en_zh.bleu", "covost2.zh_en.bleu"} <= set(published.columns()) & set(task.columns)
    assert {f"covost2.{pair}.{name}" for pair in task.source.splits for name in ("bleu", "chrf")} <= set(task.columns)


def test_the_mean_that_covo_audio_shows_in_its_figure() -> None:
    paper = published.load_paper("covo-audio")
    (figure,) = [one for one in paper.figures if set(one.rule.columns) == {"covost2.en_zh.bleu", "covost2.zh_en.bleu"}]
    table, checked = paper.tables["10"], 0
    for row in table.rows:
        cells = {name: row.values[name] for name in figure.rule.columns}
        printed = figure.published.get(row.model_id)
        if printed is None or None in cells.values() or row.key in figure.exceptions:
            continue
        made = averages.recompute(figure.rule, cells)
        assert made is not None
        assert float(made.value) == pytest.approx(printed, abs=0.051)
        checked += 1
    assert checked >= 2


FLEURS = {  # configuration -> sentence id -> text; two recordings of sentence 1 where two are said
    "en_us": {1: "The cat sat on the mat.", 2: "Two dogs ran away.", 3: "Nobody else has this one."},
    "cmn_hans_cn": {1: "猫坐在垫子上。", 2: "两只狗跑了。"},
    "th_th": {1: "แมวนั่งบนเสื่อ", 2: "สุนัขสองตัววิ่งหนีไป"},
}


def fleurs(data: Path, packed: bool) -> None:
    for config, sentences in FLEURS.items():
        lines, names = [], []
        for key, text in sentences.items():
            for take in (1, 2) if key == 1 else (1,):
                name = f"{config}{key}{take}.wav"
                names.append(name)
                lines.append("\t".join([str(key), name, text, text.lower(), "a|b", "4800", "FEMALE"]))
        put(data / "fleurs" / config / "test.tsv", "\n".join(lines) + "\n")
        if config == "th_th":
            continue  # it is only translated into: the table is enough
        if not packed:
            for name in names:
                put(data / "fleurs" / config / "audio" / "test" / name, tone())
            continue
        (data / "fleurs" / config / "audio").mkdir()
        with tarfile.open(data / "fleurs" / config / "audio" / "test.tar.gz", "w:gz") as archive:
            for name in names:
                member = tarfile.TarInfo(f"test/{name}")
                member.size = len(tone())
                archive.addfile(member, io.BytesIO(tone()))


@pytest.mark.parametrize("packed", [False, True])
def test_fleurs_pairs_by_sentence(bench: Looking, packed: bool) -> None:
    fleurs(bench.data, packed)
    said = {1: "猫坐在垫子上", 2: "两只狗跑了。"}
    replies = {f"en_zh/{key}_en_us{key}{take}": said[key] for key in said for take in (1, 2)}
    replies |= {f"zh_en/{key}_cmn_hans_cn{key}{take}": "The cat sat on a mat." for key in said for take in (1, 2)}
    replies |= {f"en_th/{key}_en_us{key}{take}": "แมวนั่งบนเสื่อ" for key in said for take in (1, 2)}
    code, summary = bench.run(replies, "--task", "fleurs_s2tt:en_zh+zh_en+en_th")
    assert code == 0, "the third English sentence has no translation and is no item"
    assert summary["counts"]["n_total"] == 9
    found = values(summary)
    takes = (1, 1, 2)
    zh = [FLEURS["cmn_hans_cn"][key] for key in takes]
    assert found["fleurs_s2tt.en_zh.bleu"] == pytest.approx(bleu([said[key] for key in takes], zh, "zh"))
    en = [FLEURS["en_us"][key] for key in takes]
    assert found["fleurs_s2tt.zh_en.bleu"] == pytest.approx(bleu(["The cat sat on a mat."] * 3, en, "13a"))
    th = [FLEURS["th_th"][key] for key in takes]
    assert found["fleurs_s2tt.en_th.bleu"] == pytest.approx(bleu(["แมวนั่งบนเสื่อ"] * 3, th, "char"))
    assert found["fleurs_s2tt.en_th.chrf"] == pytest.approx(chrf(["แมวนั่งบนเสื่อ"] * 3, th))
    assert "fleurs_s2tt.en2xx.bleu" not in found, "a mean of fourteen needs all of them"
    (record,) = (bench.folder / "out").glob("*/*/*/run.json")
    assert '"without_translation":{"en_zh":1,"en_th":1}' in record.read_text().replace(" ", "").replace("\n", "")


def test_what_fleurs_lacks_is_named(bench: Looking) -> None:
    fleurs(bench.data, packed=False)
    message = bench.refused("--task", "fleurs_s2tt:th_en")
    assert "no data for split th_en; to do without, use --task fleurs_s2tt:" in message
    put(bench.data / "fleurs" / "cmn_hans_cn" / "test.tsv", "9\tx.wav\t九\t九\ta\t1\tMALE\n")
    put(bench.data / "fleurs" / "cmn_hans_cn" / "audio" / "test" / "x.wav", tone())
    assert "en_us and cmn_hans_cn have no sentence in common" in bench.refused("--task", "fleurs_s2tt:en_zh")
    put(bench.data / "fleurs" / "cmn_hans_cn" / "test.tsv", "9\tx.wav\t九\t九\ta\t1\n")
    assert "line 1: 6 fields, expected 7" in bench.refused("--task", "fleurs_s2tt:en_zh")


def test_averages_of_fleurs_are_over_fourteen_directions() -> None:
    task = plugins.load_task("fleurs_s2tt")
    assert isinstance(task, Task)
    assert len(task.source.splits) == 54
    for hub, code in (("en", "en"), ("zh", "zh")):
        for name, at in ((f"{hub}2xx", 0), (f"xx2{hub}", 1)):
            rule = task.columns[f"fleurs_s2tt.{name}.bleu"]
            parts = [part.split(".")[1].split("_") for part in rule.columns]  # type: ignore[union-attr]
            assert len(parts) == 14 and {pair[at] for pair in parts} == {code}
            assert f"fleurs_s2tt.{name}.bleu" in published.columns()
