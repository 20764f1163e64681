"""Every layout of records with every shape of row: what was written is what is read."""

from __future__ import annotations

import csv
import gzip
import io
import json
import unicodedata
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import pytest
from corpora import encoded, put, rows

from evalkit.core.errors import DataError
from evalkit.core.message import Media
from evalkit.data.choosing import choices
from evalkit.data.corpora.columns import Columns
from evalkit.data.dataset import Dataset, LocalRows
from evalkit.data.fields import Field, each, optional
from evalkit.data.fields import json as parsed
from evalkit.data.layouts import Csv, Folders, Json, JsonLines, Layout, Lines, Parquet, Table, Tsv, Zip
from evalkit.media.source import read_bytes

WORDS = {
    "q1": {"question": 'He said "no", twice,\tthen\nleft?', "answer": "ja, 是"},
    "q2": {"question": "2+2?", "answer": "4"},
    "q3": {"question": " spaces ", "answer": "'quoted'"},
}
PLAIN = {
    key: {name: text.replace("\t", " ").replace("\n", " ").strip() for name, text in row.items()}
    for key, row in WORDS.items()
}
MEDIA = {key: {**row, "clip": f"clips/{key}.wav", "picture": f"{key}.png"} for key, row in WORDS.items()}
TEXT_FIELDS: dict[str, Field] = {"question": "question", "reference": "answer", "hint": optional("hint", "none")}
MEDIA_FIELDS: dict[str, Field] = {**TEXT_FIELDS, "audio": "clip", "image": optional("picture")}

Write = Callable[[Path, Mapping[str, Mapping[str, Any]]], Any]


def listed(found: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{"id": key, **row} for key, row in found.items()]


def as_lines(found: Mapping[str, Mapping[str, Any]]) -> str:
    return "\ufeff" + "\n\n".join(json.dumps(row) for row in listed(found)) + "\n"


def table(found: Mapping[str, Mapping[str, Any]], **form: Any) -> str:
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, list(listed(found)[0]), **form)
    writer.writeheader()
    writer.writerows(listed(found))
    return buffer.getvalue()


def zipped(path: Path, files: Mapping[str, bytes | str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("__MACOSX/inner/._dev.json", b"\x00\x05\x16\x07")
        for name, content in files.items():
            archive.writestr(name, content)


def split_up(top: Path, found: Mapping[str, Mapping[str, Any]]) -> None:
    for row in listed(found):
        put(top / f"dev/{row['id']}/item.json", json.dumps(row))


def parquet(top: Path, found: Mapping[str, Mapping[str, Any]]) -> None:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    (top / "data").mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(listed(found)), top / "data/test-00000-of-00001.parquet")


FORMS: dict[str, tuple[Callable[..., Layout], Write, str]] = {
    "json list": (lambda **a: Json("{split}.json", **a), lambda top, f: put(top / "dev.json", json.dumps(listed(f))), ""),
    "json object": (
        lambda **a: Json("{split}.json", id="key", **a), lambda top, f: put(top / "dev.json", json.dumps(f)), ""),
    "json inside": (
        lambda **a: Json({"dev": "all.json"}, at="data.examples", **a),
        lambda top, f: put(top / "all.json", json.dumps({"data": {"n": 3, "examples": listed(f)}})), ""),
    "json pattern": (
        lambda **a: Json("{split}/*.json", **a),
        lambda top, f: [put(top / f"dev/{r['id']}.json", json.dumps([r])) for r in listed(f)], "dev/"),
    "json gz": (
        lambda **a: Json("{split}.json.gz", **a),
        lambda top, f: put(top / "dev.json.gz", gzip.compress(json.dumps(listed(f)).encode())), ""),
    "lines": (lambda **a: JsonLines("{split}.jsonl", **a), lambda top, f: put(top / "dev.jsonl", as_lines(f)), ""),
    "lines gz": (
        lambda **a: JsonLines("{split}.jsonl.gz", **a),
        lambda top, f: put(top / "dev.jsonl.gz", gzip.compress(as_lines(f).encode())), ""),
    "csv": (lambda **a: Csv("{split}.csv", **a), lambda top, f: put(top / "dev.csv", table(f)), ""),
    "csv utf-16": (
        lambda **a: Csv("{split}.csv", encoding="utf-16", delimiter=";", **a),
        lambda top, f: put(top / "dev.csv", table(f, delimiter=";").encode("utf-16")), ""),
    "tsv": (
        lambda **a: Tsv("{split}.tsv", **a),
        lambda top, f: put(top / "dev.tsv", "\ufeff" + table(f, delimiter="\t", lineterminator="\n")), ""),
    "folders": (lambda **a: Folders("{split}/*", record="item.json", **a), split_up, "dev/{key}/"),
    "one json each": (
        lambda **a: Folders("{split}/*.json", **a),
        lambda top, f: [put(top / f"dev/{r['id']}.json", json.dumps(r)) for r in listed(f)], "dev/"),
    "parquet": (lambda **a: Parquet({"dev": "test"}, **a), parquet, "data/"),
}  # fmt: skip


def media_files(found: Mapping[str, Mapping[str, Any]], at: str) -> dict[str, bytes]:
    files = {}
    for key in found:
        files[f"{at.format(key=key)}clips/{key}.wav"] = encoded(key, "wav")
        files[f"{at.format(key=key)}{key}.png"] = f"picture {key}".encode()
    return files


def same(found: list[dict[str, Any]], wanted: Mapping[str, Mapping[str, Any]], media: bool) -> bool:
    assert [row["id"] for row in found] == list(wanted)
    for row in found:
        key = row["id"]
        assert (row["question"], row["reference"]) == (wanted[key]["question"], wanted[key]["answer"])
        assert row["hint"] == "none"
        if media:
            assert read_bytes(row["audio"]) == encoded(key, "wav")
            assert read_bytes(row["image"]) == f"picture {key}".encode()
    return True


@pytest.mark.parametrize("form", FORMS)
def test_rows_without_media(tmp_path: Path, form: str) -> None:
    layout, write, _ = FORMS[form]
    write(tmp_path / "corpus", WORDS)
    assert same(rows(layout(fields=TEXT_FIELDS), tmp_path, "dev"), WORDS, media=False)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("where", ["beside", "folder", "archive"])
def test_rows_with_media(tmp_path: Path, form: str, where: str) -> None:
    layout, write, at = FORMS[form]
    top = tmp_path / "corpus"
    write(top, MEDIA)
    put(top / "._dev.json", b"\x00")
    put(top / "dev/._companion.json", b"\x00")
    if where == "beside":
        for name, content in media_files(MEDIA, at).items():
            put(top / name, content)
    elif where == "folder":
        for name, content in media_files(MEDIA, "media/dev/").items():
            put(top / name, content)
    else:
        zipped(top / "media.zip", media_files(MEDIA, "some/folder/"))
    folders = {"beside": (), "folder": "media/{split}", "archive": ("nowhere", "media*.zip")}[where]
    made = layout(fields=MEDIA_FIELDS, media=folders)
    assert same(rows(made, tmp_path, "dev"), MEDIA, media=True)


@pytest.mark.parametrize("form", ["json list", "json object", "lines gz", "csv", "tsv", "folders", "one json each"])
def test_inside_a_zip_archive(tmp_path: Path, form: str) -> None:
    layout, write, at = FORMS[form]
    write(tmp_path / "plain", MEDIA)
    plain = {
        p.relative_to(tmp_path / "plain").as_posix(): p.read_bytes()
        for p in (tmp_path / "plain").rglob("*")
        if p.is_file()
    }
    zipped(tmp_path / "corpus/test-dev.zip", {**plain, **media_files(MEDIA, at)})
    for archive in ("test-{split}.zip", {"dev": "test-dev.zip"}):
        made = Zip(archive, layout(fields=MEDIA_FIELDS))  # type: ignore[arg-type]
        assert made.splits(tmp_path / "corpus") == ("dev",)
        assert list(made.files(tmp_path / "corpus", "dev")) == [tmp_path / "corpus/test-dev.zip"]
        assert same(rows(made, tmp_path, "dev"), MEDIA, media=True)


def test_lines_with_separators(tmp_path: Path) -> None:
    put(tmp_path / "corpus/dev.lst", "".join(f"{k}|{r['question']}|{r['answer']}\n" for k, r in PLAIN.items()))
    found = rows(Lines("{split}.lst", ("id", "question", "reference", optional("hint", "none"))), tmp_path, "dev")
    assert same(found, PLAIN, media=False)


def test_a_table_without_media(tmp_path: Path) -> None:
    """The older layout of speech corpora reads rows of other shapes too."""
    put(
        tmp_path / "corpus/t.tsv",
        "id\tquestion\tanswer\n" + "".join(f"{k}\t{r['question']}\t{r['answer']}\n" for k, r in PLAIN.items()),
    )
    layout = Table({"dev": "t"}, "{name}.tsv", None, Columns(fields=TEXT_FIELDS))
    assert same(rows(layout, tmp_path, "dev"), PLAIN, media=False)


@pytest.mark.parametrize("form", FORMS)
def test_splits_that_are_there(tmp_path: Path, form: str) -> None:
    layout, write, _ = FORMS[form]
    made = layout(fields=TEXT_FIELDS)
    tmp_path.joinpath("corpus").mkdir()
    assert made.present(tmp_path / "corpus", ("dev", "test")) == ()
    write(tmp_path / "corpus", WORDS)
    assert made.splits(tmp_path / "corpus") == ("dev",)
    assert Dataset("corpus", ("test", "dev"), [made]).locate(tmp_path).splits == ("dev",)
    assert made.describe


@pytest.mark.parametrize("form", [form for form in FORMS if form != "parquet"])
def test_the_fingerprint_has_text_and_media_by_content(tmp_path: Path, form: str) -> None:
    layout, write, at = FORMS[form]
    top = tmp_path / "corpus"
    write(top, MEDIA)
    for name, content in media_files(MEDIA, at).items():
        put(top / name, content)

    def revision() -> str:
        return Dataset("corpus", ("dev",), [layout(fields=MEDIA_FIELDS)]).locate(tmp_path).revision

    before = revision()
    picture = next(top.rglob("q1.png"))
    put(picture.parent / "unnamed.mp3", "x") if form != "folders" else None
    put(picture.parent / "._q1.png", "x")
    assert revision() == before
    picture.write_bytes(picture.read_bytes()[:-1] + b"!")
    assert (after := revision()) != before
    write(top, {**MEDIA, "q2": {**MEDIA["q2"], "answer": "5"}})
    assert revision() not in (before, after)


@pytest.mark.parametrize("form", [form for form in FORMS if form != "parquet"])
def test_missing_media_are_told_before_the_first_row(tmp_path: Path, form: str) -> None:
    layout, write, at = FORMS[form]
    write(tmp_path / "corpus", MEDIA)
    for name, content in media_files(MEDIA, at).items():
        put(tmp_path / "corpus" / name, content)
    made = layout(fields={**TEXT_FIELDS, "audio": "clip"})
    next((tmp_path / "corpus").rglob("q3.wav")).unlink()
    next((tmp_path / "corpus").rglob("q2.wav")).unlink()
    with pytest.raises(DataError, match=r"2 audio files of 3 rows are not beside the file, first 'clips/q2\.wav'"):
        rows(made, tmp_path, "dev")
    with pytest.raises(DataError, match=r"3 audio files of 3 rows are not below else/dev"):
        rows(layout(fields={**TEXT_FIELDS, "audio": "clip"}, media="else/{split}"), tmp_path, "dev")


def test_one_file_serves_several_splits(tmp_path: Path) -> None:
    lines = [{"id": n, "q": str(n), "level": level} for n, level in enumerate(("basic", "pro", "basic"))]
    put(tmp_path / "corpus/all.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
    fields: dict[str, Field] = {"q": "q"}
    for layout in (
        JsonLines("all.jsonl", fields=fields, where="level"),
        JsonLines("all.jsonl", fields=fields, where={"basic": ("level", "basic"), "pro": ("level", "pro")}),
    ):
        assert [row["id"] for row in rows(layout, tmp_path, "basic")] == ["0", "2"]
        assert [row["id"] for row in rows(layout, tmp_path, "pro")] == ["1"]
    with pytest.raises(DataError, match='line 1: no "grade"; it has id, q, level'):
        rows(JsonLines("all.jsonl", fields=fields, where={"x": ("grade", "1")}), tmp_path, "x")


def test_speech_in_short(tmp_path: Path) -> None:
    put(tmp_path / "corpus/a.wav", encoded("a", "wav"))
    put(tmp_path / "corpus/dev.csv", "id,audio,text,who\nu1,a.wav,said it,S1\n")
    (row,) = rows(Csv("{split}.csv", text="text", speaker="who"), tmp_path, "dev")
    assert (row["id"], row["text"], row["speaker"], read_bytes(row["audio"])) == (
        "u1",
        "said it",
        "S1",
        encoded("a", "wav"),
    )


@pytest.mark.parametrize(
    ("layout", "content", "problem"),
    [
        (Json("dev.json", fields=TEXT_FIELDS), '{"a": 1}', "expected a list of records, or an object of records, found an object of a"),
        (Json("dev.json", fields=TEXT_FIELDS), "3", "found a int"),
        (Json("dev.json", fields=TEXT_FIELDS), '[{"id": 1}', "not JSON .*; damaged or truncated, or JSON Lines"),
        (Json("dev.json", fields=TEXT_FIELDS), '[{"id": 1}]', r"dev\.json, row 0: no column 'question'; it has id"),
        (Json("dev.json", at="data.items", fields=TEXT_FIELDS), '{"data": {"item": []}}', "no 'items' inside; it has item; did you mean 'item'"),
        (Json("dev.json", fields=TEXT_FIELDS), '["text"]', "row 0: no column 'id'; it has value"),
        (JsonLines("dev.json", fields=TEXT_FIELDS), '{"id": 1}\n[1]\n', "line 1: no column 'question'"),
        (JsonLines("dev.json", fields=TEXT_FIELDS), '[{"id": 1}]', "line 1: expected a JSON object"),
        (Csv("dev.json", fields=TEXT_FIELDS), "id,question,answer\n1,a\n", "line 2: 2 fields, expected 3: id, question, answer"),
        (Csv("dev.json", fields=TEXT_FIELDS), 'id,question,answer\n1,"a,b\n2,c,d\n', "line 3: not a table in this form .*quotation"),
        (Csv("dev.json", fields=TEXT_FIELDS), "id,id,answer\n1,a,b\n", "line 1: the column 'id' stands in the header twice"),
        (Csv("dev.json", fields=TEXT_FIELDS), "id,question,answer\n1,caf\xe9,x\n".encode("latin-1"), "line 2: not utf-8 text .*latin-1"),
        (Csv("dev.json", fields=TEXT_FIELDS), "", "split dev is empty"),
        (Csv("dev.json", fields=TEXT_FIELDS), 'id,question,answer\n1,"a\nb",c\n2,d\n', "line 4: 2 fields"),
        (Csv("dev.json", rest="TAGS", fields=TEXT_FIELDS), "id,tags\n", "line 1: the last column is not 'TAGS'; it has id, tags"),
        (Lines("dev.json", ("id", "question", "answer")), "1|a\n", "line 1: 2 fields, expected 3: id, question, answer"),
        (Lines("dev.json", ("id", "q", optional("a"))), "1\n", "line 1: 1 fields, expected 2 to 3"),
        (Folders("*.json", fields=TEXT_FIELDS), "[]", r"dev\.json: its JSON is no object; .*layouts\.Json"),
    ],
)  # fmt: skip
def test_errors_name_file_and_line(tmp_path: Path, layout: Layout, content: str | bytes, problem: str) -> None:
    put(tmp_path / "corpus/dev.json", content)
    with pytest.raises(DataError, match=problem):
        rows(layout, tmp_path, "dev")


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_truncated_archives(tmp_path: Path, share: float) -> None:
    packed = gzip.compress(as_lines({str(n): {"q": str(n * n)} for n in range(4000)}).encode())
    put(tmp_path / "corpus/dev.jsonl.gz", packed[: int(len(packed) * share)])
    with pytest.raises(DataError, match=r"dev\.jsonl\.gz: damaged or truncated|not JSON"):
        rows(JsonLines("{split}.jsonl.gz", fields={"q": "q"}), tmp_path, "dev")
    zipped(tmp_path / "corpus/dev.zip", {"a.json": "[]"})
    whole = (tmp_path / "corpus/dev.zip").read_bytes()
    (tmp_path / "corpus/dev.zip").write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(DataError, match=r"dev\.zip: not a whole zip archive"):
        rows(Zip("{split}.zip", Json("a.json", fields={"q": "q"})), tmp_path, "dev")


def test_members_of_a_zip_are_read_late_and_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "corpus/dev.zip"
    zipped(path, {"in/dev.json": json.dumps(listed(MEDIA)), **media_files(MEDIA, "in/")})
    layout = Zip("{split}.zip", Json("dev.json", fields={"audio": "clip"}))
    first, *_ = rows(layout, tmp_path, "dev")
    assert first["audio"].label == "dev.zip:clips/q1.wav"
    data = path.read_bytes()
    monkeypatch.setattr("evalkit.data.corpora.places.MOST", 100)
    with pytest.raises(DataError, match=r"dev\.zip:in/clips/q1\.wav: .* more than a member may have"):
        read_bytes(first["audio"])
    monkeypatch.undo()
    spoilt = bytearray(data)
    at = data.index(b"in/clips/q1.wav") + 400
    spoilt[at : at + 200] = bytes(200)
    path.write_bytes(spoilt)
    with pytest.raises(DataError, match=r"dev\.zip:in/clips/q1\.wav: damaged"):
        read_bytes(first["audio"])
    path.unlink()
    with pytest.raises(DataError, match="cannot be read"):
        read_bytes(first["audio"])


def test_a_name_that_two_members_may_have(tmp_path: Path) -> None:
    put(tmp_path / "corpus/dev.json", '[{"id": 1, "audio": "a.wav"}]')
    zipped(tmp_path / "corpus/m.zip", {"x/a.wav": b"1", "y/a.wav": b"2"})
    with pytest.raises(DataError, match=r"m\.zip: 'a\.wav' may be x/a\.wav or y/a\.wav"):
        rows(Json("{split}.json", fields={"audio": "audio"}, media="m.zip"), tmp_path, "dev")


def test_addresses_are_no_files(tmp_path: Path) -> None:
    put(tmp_path / "corpus/dev.json", '[{"id": 1, "audio": "https://example.org/a.wav"}]')
    with pytest.raises(DataError, match="1 audio files of 1 rows"):
        rows(Json("{split}.json", fields={"audio": "audio"}), tmp_path, "dev")


def test_what_is_cheap() -> None:
    from evalkit.data.fields import base64_image

    assert Json("a.json", fields={"image": "x"}).cheap
    assert not Tsv("a.tsv", fields={"image": base64_image("x")}).cheap
    assert not Zip("a.zip", Tsv("a.tsv", fields={"image": base64_image("x")})).cheap


def test_folders_of_files(tmp_path: Path) -> None:
    """Files of a folder are columns: JSON and text by content, others as media."""
    for name in ("item_1", "item_2"):
        top = tmp_path / "corpus/pause" / name
        put(top / "input.wav", encoded(name, "wav"))
        put(top / "pause.json", json.dumps([{"text": "[PAUSE]", "timestamp": [1.5, 2.0]}]))
        put(top / "words.txt", f"said {name}\n")
        put(top / ".DS_Store", b"x")
    layout = Folders(
        "{split}/*",
        fields={"audio": "input.wav", "timing": "pause.json", "start": "pause.json.0.timestamp.0", "text": "words.txt"},
    )
    assert layout.splits(tmp_path / "corpus") == ("pause",)
    first, second = rows(layout, tmp_path, "pause")
    assert (first["id"], second["id"], first["start"], first["text"]) == ("item_1", "item_2", 1.5, "said item_1")
    assert read_bytes(first["audio"]) == encoded("item_1", "wav")
    with pytest.raises(
        DataError, match=r"its record 'output\.json' is not there; the folder has folder, path, input\.wav"
    ):
        rows(Folders("{split}/*", record="output.json", fields={"x": "y"}), tmp_path, "pause")


def test_nested_objects_become_rows(tmp_path: Path) -> None:
    """WorldSense's shape: videos with their questions in one object."""
    data = {
        "v1": {"domain": "Music", "duration": 3, "task1": {"question": "a?"}, "task2": {"question": "b?"}},
        "v2": {"domain": "Sport", "duration": 4, "task1": {"question": "c?"}},
    }
    put(tmp_path / "corpus/all.json", json.dumps(data))
    layout = Json(
        "all.json",
        at="*.task*",
        id="{keys.0}_{key}",
        fields={"question": "question", "domain": "domain", "path": "{keys.0}.mp4"},
    )
    assert [(row["id"], row["question"], row["domain"], row["path"]) for row in rows(layout, tmp_path, "all")] == [
        ("v1_task1", "a?", "Music", "v1.mp4"),
        ("v1_task2", "b?", "Music", "v1.mp4"),
        ("v2_task1", "c?", "Sport", "v2.mp4"),
    ]


def test_rows_know_where_they_stand(tmp_path: Path) -> None:
    put(tmp_path / "corpus/dev.csv", 'id,q,o\nu1,x,"[1, 2]"\n')
    source = Dataset("corpus", ("dev",), [Csv("{split}.csv", fields={"q": "q", "o": parsed("o")})])
    located = source.locate(tmp_path)
    assert isinstance(located, LocalRows)
    (row,) = located.read("dev")
    assert row["o"] == [1, 2] and getattr(row, "place", "").endswith("dev.csv, line 2")


def test_media_are_handles(tmp_path: Path) -> None:
    put(tmp_path / "corpus/dev.csv", "id,image\nu1,a.png\n")
    put(tmp_path / "corpus/a.png", b"no picture at all")
    (row,) = rows(Csv("{split}.csv", fields={"image": "image"}), tmp_path, "dev")
    assert isinstance(row["image"], Media)


def test_media_inside_lists_are_looked_for_and_fingerprinted(tmp_path: Path) -> None:
    turns = [{"wav": "1.wav"}, {"wav": "2.wav"}]
    put(tmp_path / "corpus/dev.json", json.dumps([{"id": 1, "turns": turns}]))
    put(tmp_path / "corpus/1.wav", encoded("1", "wav"))
    layout = Json("{split}.json", fields={"turns": each("turns", {"audio": "wav"})})
    with pytest.raises(DataError, match=r"1 audio files of 1 rows are not beside the file, first '2\.wav'"):
        rows(layout, tmp_path, "dev")
    put(tmp_path / "corpus/2.wav", encoded("2", "wav"))
    assert len(rows(layout, tmp_path, "dev")[0]["turns"]) == 2
    assert set(layout.files(tmp_path / "corpus", "dev")) == {
        tmp_path / f"corpus/{n}" for n in ("dev.json", "1.wav", "2.wav")
    }


def test_a_file_that_holds_all_splits(tmp_path: Path) -> None:
    put(tmp_path / "corpus/all.json", json.dumps({"dev": [{"id": 1, "q": "a"}], "test": [{"id": 2, "q": "b"}]}))
    layout = Json("all.json", at="{split}", fields={"q": "q"})
    assert [row["q"] for split in ("dev", "test") for row in rows(layout, tmp_path, split)] == ["a", "b"]
    with pytest.raises(DataError, match="no 'train' inside; it has dev, test"):
        rows(layout, tmp_path, "train")


def test_paths_made_by_a_function_and_paths_of_other_machines(tmp_path: Path) -> None:
    put(tmp_path / "corpus/dev.json", json.dumps([{"id": 1, "path": "/home/them/data/a.wav"}]))
    put(tmp_path / "corpus/wavs/a.wav", encoded("a", "wav"))
    fields: dict[str, Field] = {"audio": lambda raw: raw["path"].rpartition("/")[2]}
    (row,) = rows(Json("{split}.json", fields=fields, media="wavs"), tmp_path, "dev")
    assert read_bytes(row["audio"]) == encoded("a", "wav")


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("packed", [False, True])
def test_accents_in_file_names_may_be_composed_or_apart(
    tmp_path: Path, form: Literal["NFC", "NFD"], packed: bool
) -> None:
    other = "NFD" if form == "NFC" else "NFC"
    names = {spelling: unicodedata.normalize(spelling, "caf\xe9 \xfc.wav") for spelling in ("NFC", "NFD")}
    put(tmp_path / "corpus/dev.json", json.dumps([{"id": 1, "audio": names[form]}]))
    if packed:
        zipped(tmp_path / "corpus/m.zip", {f"x/{names[other]}": b"sound"})
    else:
        put(tmp_path / "corpus" / names[other], b"sound")
    layout = Json("{split}.json", fields={"audio": "audio"}, media="m.zip" if packed else ())
    assert read_bytes(rows(layout, tmp_path, "dev")[0]["audio"]) == b"sound"


def test_two_archives_of_one_split(tmp_path: Path) -> None:
    for name in ("dev-1.zip", "dev-2.zip"):
        zipped(tmp_path / "corpus" / name, {"a.json": "[]"})
    with pytest.raises(DataError, match=r"2 archives fit 'dev-\*\.zip' of split dev: dev-1\.zip, dev-2\.zip"):
        rows(Zip("{split}-*.zip", Json("a.json", fields={"q": "q"})), tmp_path, "dev")


def test_the_path_of_a_folder_begins_below_the_root(tmp_path: Path) -> None:
    """Ids made of it are the same wherever the data lie, unpacked or not."""
    put(tmp_path / "here/corpus/dev/item/words.txt", "said")
    put(tmp_path / "there/corpus/dev/item/words.txt", "said")
    with zipfile.ZipFile(tmp_path / "items.zip", "w") as archive:
        archive.writestr("dev/item/words.txt", "said")
    layout = Folders("{split}/*", id="path", fields={"text": "words.txt"})
    found = [layout.read(tmp_path / place / "corpus", "dev") for place in ("here", "there")]
    found.append(Zip("items.zip", layout).read(tmp_path, "dev"))
    assert [[row["id"] for row in one] for one in found] == [["dev/item"]] * 3


def test_nan_in_json_is_an_empty_cell(tmp_path: Path) -> None:
    put(tmp_path / "corpus/q.json", '[{"id": "1", "q": "?", "A": "yes", "B": "no", "C": NaN, "answer": "A"}]')
    layout = Json("q.json", fields={name: name for name in ("q", "A", "B", "C", "answer")})
    (row,) = rows(layout, tmp_path, "all")
    assert row["C"] is None
    assert choices("{q}", options=("A", "B", "C"))(row, "all").choices == ("yes", "no")
