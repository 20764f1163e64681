"""Fields of a row: paths, templates and types of columns, and what errors say."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from evalkit.core.errors import DataError, UsageError
from evalkit.core.message import Audio, Image, Media, Video
from evalkit.data.corpora.columns import Columns
from evalkit.data.fields import (
    Field,
    audio,
    base64_image,
    constant,
    each,
    image,
    integer,
    json,
    literal,
    optional,
    text,
    video,
)
from evalkit.media.audio import decode

RAW: dict[str, Any] = {
    "id": 7,
    "q": "why?",
    "n": "12",
    "half": 0.5,
    "empty": "",
    "null": None,
    "nested": {"path": {"deep": [{"name": "x"}, {"name": "y"}]}, "a.b": 3},
    "Sr No.": "1",
    "wav": "clips/a.wav",
    "blob": b"RIFF",
    "struct": {"bytes": b"abc", "path": "far/away.flac"},
    "bare": {"bytes": None, "path": None},
    "b64": base64.b64encode(b"picture").decode(),
    "list": [b"one", {"bytes": b"two", "path": None}, "three.png"],
    "said": '{"age": "thirties", "tags": ["a", "b"]}',
    "python": "{'age': 'teens', 'tags': ['a', None]}",
    "turns": [{"wav": "1.wav", "text": "hi"}, {"wav": "2.wav", "text": "and?"}],
    "samples": {"array": np.array([0.0, 0.5, -0.5]), "sampling_rate": 8000, "path": "x.wav"},
}


def fetched(name: str, kind: str) -> Media:
    return Media(f"/data/{name}", name=f"{kind}:{name}")


def row(fields: Mapping[str, Field], key: Any = "id") -> Mapping[str, Any]:
    return Columns(key, fields=fields).row(RAW, 4, "dev", "table.tsv", fetched)


def one(field: Field, name: str = "x") -> Any:
    return row({name: field})[name]


def content(handle: Any) -> bytes:
    data: bytes = handle.opener()
    return data


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("q", "why?"),
        ("half", 0.5),
        ("nested.path.deep.1.name", "y"),
        ("nested.path.deep[0].name", "x"),
        ("nested.a.b", 3),
        ("Sr No.", "1"),
        ("null", None),
        ("{split}/{q} {index:03d} {nested.path.deep.0.name}", "dev/why? 004 x"),
        (text("q"), "why?"),
        (text("{q}!"), "why?!"),
        (integer("n"), 12),
        (integer("id"), 7),
        (json("said"), {"age": "thirties", "tags": ["a", "b"]}),
        (json("said", at="tags.1"), "b"),
        (json("nested", at="a.b"), 3),
        (literal("python"), {"age": "teens", "tags": ["a", None]}),
        (literal("python", at="tags.0"), "a"),
        (constant("zh"), "zh"),
        (optional("missing"), None),
        (optional("missing.deep", 5), 5),
        (optional("null", "none"), "none"),
        (optional(integer("empty"), 0), 0),
        (optional(image("bare")), None),
        (optional(audio("empty")), None),
        (optional("q"), "why?"),
        (lambda raw: raw["q"] + raw["n"], "why?12"),
    ],
)
def test_values(field: Field, value: Any) -> None:
    assert one(field) == value


def test_media_in_every_form() -> None:
    by_path = one(audio("wav"))
    assert (type(by_path), by_path.path, by_path.label) == (Audio, "/data/clips/a.wav", "audio:clips/a.wav")
    assert content(one(video("blob"))) == b"RIFF" and isinstance(one(video("blob")), Video)
    struct = one(image("struct"), "image")
    assert (content(struct), struct.label) == (b"abc", "7.flac")
    assert one(image("struct"), "x").label == "7.x.flac"
    for field in (base64_image("b64"), image("b64", encoding="base64")):
        assert content(one(field)) == b"picture"
    several = one(image("list"))
    assert [type(handle) for handle in several] == [Image] * 3
    assert [content(handle) for handle in several[:2]] == [b"one", b"two"] and several[2].path == "/data/three.png"
    assert one(audio("{q}/{n}.wav")).path == "/data/why?/12.wav"
    assert one(audio("{q}/{n}.wav", below="why?")).path == "/data/12.wav"
    assert one(audio("wav", below="elsewhere")).path == by_path.path


def test_samples_that_a_library_has_decoded() -> None:
    heard = decode(one(audio("samples")), 8000)
    assert np.array_equal(heard, np.float32([0.0, 0.5, -0.5]))


@pytest.mark.parametrize("name", ["audio", "prompt_audio", "image", "images", "left_image", "video"])
def test_a_plain_column_under_the_name_of_a_kind_is_media(name: str) -> None:
    made = one("blob", name)
    assert made.modality == name.split("_")[-1].removesuffix("s")
    assert one(optional("blob"), name).modality == made.modality
    assert one(text("q"), name) == "why?"  # a type that is said counts


def test_each_object_of_a_list() -> None:
    turns = one(each("turns", {"audio": "wav", "text": "text", "n": optional("n", 1)}))
    assert [(turn["audio"].path, turn["text"], turn["n"]) for turn in turns] == [
        ("/data/1.wav", "hi", 1),
        ("/data/2.wav", "and?", 1),
    ]
    with pytest.raises(DataError, match=r"table\.tsv, row 4, turns\[0\]: no column 'wave'; .*did you mean 'wav'"):
        one(each("turns", {"audio": "wave"}))


@pytest.mark.parametrize(
    ("field", "problem"),
    [
        ("quest", r"table\.tsv, row 4: no column 'quest'; it has id, q, n"),
        ("nulll", "no column 'nulll'; .*did you mean 'null'"),
        ("nested.path.deep.2.name", "no column 'nested.path.deep.2.name'"),
        ("{missing}", "no column 'missing'; it has"),
        ("{null}", "the column 'null' is empty"),
        ("{q:d}", "the template '{q:d}' cannot be filled"),
        (text("null"), "sample '7' has no text: column 'null' is empty"),
        (text("half"), "sample '7' has no text: column 'half' holds a float"),
        (integer("half"), "sample '7': column 'half' must be a whole number, not 0.5"),
        (integer("q"), "column 'q' must be a whole number, not 'why\\?'"),
        (json("q"), "column 'q' is not JSON .*: 'why\\?'"),
        (json("python"), "column 'python' is not JSON"),
        (json("half"), "column 'half' must be text to parse"),
        (literal("q"), "column 'q' is not a Python literal"),
        (json("said", at="sex"), "row 4, column 'said': no column 'sex'; it has age, tags"),
        (audio("null"), "sample '7' has no audio: column 'null' has neither bytes nor a path"),
        (image("bare"), "sample '7' has no image: column 'bare' has neither bytes nor a path"),
        (video("half"), "column 'half' holds a float, expected encoded video bytes or a path"),
        (each("q", {}), "column 'q' must be a list of objects, not 'why\\?'"),
        (lambda raw: raw["none"], "sample '7': the field 'x' cannot be made: KeyError 'none'"),
    ],
)
def test_errors_name_file_row_and_column(field: Field, problem: str) -> None:
    with pytest.raises(DataError, match=problem):
        one(field)


def test_a_literal_is_not_executed() -> None:
    raw = {**RAW, "python": "__import__('os').getcwd()"}
    with pytest.raises(DataError, match="is not a Python literal"):
        Columns(fields={"x": literal("python")}).row(raw, 0, "dev", "t", fetched)


@pytest.mark.parametrize("broken", ["not base64!", "====", "data:image/png;base64,"])
def test_base64_is_decoded_when_it_is_opened(broken: str) -> None:
    handle = Columns(fields={"x": base64_image("b")}).row({"id": "1", "b": broken}, 0, "dev", "t.tsv", fetched)["x"]
    with pytest.raises(DataError, match=r"t\.tsv, row 0: (not base64|no bytes)"):
        handle.opener()
    address = "data:image/png;base64," + base64.b64encode(b"ok").decode()
    assert (
        content(Columns(fields={"x": base64_image("b")}).row({"id": "1", "b": address}, 0, "", "", fetched)["x"])
        == b"ok"
    )


def test_ids() -> None:
    assert row({"x": "q"}, "{split}_{index:02d}")["id"] == "dev_04"
    assert row({"x": "q"}, lambda raw, index: f"{raw['n']}-{index}")["id"] == "12-4"
    assert row({"id": "n", "x": "q"})["id"] == "12"
    with pytest.raises(DataError, match=r"the id must be text or a whole number, not 0\.5"):
        row({"x": "q"}, "half")
    with pytest.raises(UsageError, match='or as the field "id"'):
        row({"id": "n", "x": "q"}, "q")


@pytest.mark.parametrize("arguments", [{}, {"text": "t", "fields": {"x": "q"}}, {"speaker": "s", "fields": {"x": "q"}}])
def test_columns_are_said_once(arguments: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="fields="):
        Columns("id", **arguments)


def test_only_columns_that_are_needed_are_read() -> None:
    columns = Columns(
        "{split}_{key}", fields={"x": "a.b", "y": optional("c"), "z": image("{d}/{e.f}"), "n": constant(1)}
    )
    assert columns.needed(["key", "a", "c", "d", "e", "large"]) == ["key", "a", "c", "d", "e"]
    assert columns.needed(["key", "a.b", "d", "e"]) == ["key", "a.b", "d", "e"]
    assert columns.needed(["a", "d", "e"]) is None  # the row then says that the id lacks its column
    assert Columns("id", fields={"x": lambda raw: 1}).needed(["id"]) is None
    with pytest.raises(KeyError, match="d"):
        columns.needed(["key", "a"])
