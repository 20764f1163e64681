"""Tables with images as base64 text, in the shape of VLMEvalKit's TSV files."""

from __future__ import annotations

import base64
import csv
import gzip
import io
import pickle
from pathlib import Path
from typing import Any

import pytest
from corpora import put, rows

from evalkit.core.errors import DataError
from evalkit.data.fields import base64_image, optional
from evalkit.data.layouts import Tsv, Zip
from evalkit.media.source import read_bytes

PICTURES = {str(n): bytes([n]) * (60 + n) for n in range(1, 5)}
LAYOUT = Tsv("{split}.tsv", id="index", fields={"question": "question", "image": base64_image("image")})


def encoded(key: str) -> str:
    return base64.b64encode(PICTURES[key]).decode()


def table(cells: dict[str, str]) -> str:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter="\t", lineterminator="\n")
    writer.writerow(["index", "question", "image", "A", "B"])
    for key, cell in cells.items():
        writer.writerow([key, f'which "one"\nof {key}?', cell, "left", "right"])
    return buffer.getvalue()


CELLS = {"1": encoded("1"), "2": encoded("2"), "1000001": "1", "3": "4", "4": encoded("4"), "2000001": "1"}
SHOWN = {"1": "1", "2": "2", "1000001": "1", "3": "4", "4": "4", "2000001": "1"}


@pytest.mark.parametrize("form", ["plain", "gz", "zip"])
def test_a_cell_may_name_the_row_that_holds_the_image(tmp_path: Path, form: str) -> None:
    layout: Any = LAYOUT
    text = table(CELLS).encode()
    if form == "plain":
        put(tmp_path / "corpus/dev.tsv", text)
    elif form == "gz":
        put(tmp_path / "corpus/dev.tsv", gzip.compress(text))
    else:
        import zipfile

        (tmp_path / "corpus").mkdir()
        with zipfile.ZipFile(tmp_path / "corpus/dev.zip", "w") as archive:
            archive.writestr("dev.tsv", text)
        layout = Zip("{split}.zip", LAYOUT)
    found = rows(layout, tmp_path, "dev")
    assert [row["id"] for row in found] == list(CELLS)
    assert {row["id"]: read_bytes(row["image"]) for row in found} == {key: PICTURES[of] for key, of in SHOWN.items()}
    assert all(row["question"] == f'which "one"\nof {row["id"]}?' for row in found)


def test_handles_hold_no_image_and_can_be_sent_to_other_processes(tmp_path: Path) -> None:
    large = base64.b64encode(b"\xff" * 300_000).decode()
    put(tmp_path / "corpus/dev.tsv", table({"1": large, "2": "1"}))
    for row in rows(LAYOUT, tmp_path, "dev"):
        sent = pickle.dumps(row["image"])
        assert len(sent) < 5000
        assert read_bytes(pickle.loads(sent)) == b"\xff" * 300_000


def test_several_images_in_a_cell(tmp_path: Path) -> None:
    put(tmp_path / "corpus/dev.tsv", table({"1": str([encoded("1"), encoded("2")]), "2": "1"}))
    for row in rows(LAYOUT, tmp_path, "dev"):
        assert [read_bytes(one) for one in row["image"]] == [PICTURES["1"], PICTURES["2"]]


def test_rows_without_an_image(tmp_path: Path) -> None:
    layout = Tsv("{split}.tsv", id="index", fields={"image": optional(base64_image("image"))})
    put(tmp_path / "corpus/dev.tsv", table({"1": "", "2": encoded("2")}))
    first, second = rows(layout, tmp_path, "dev")
    assert first["image"] is None and read_bytes(second["image"]) == PICTURES["2"]


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({"1": "7"}, r"dev\.tsv, line 2: column 'image' holds neither an image nor the index of another row: '7'"),
        ({"1": "2", "2": "3", "3": encoded("3")}, "line 2: column 'image' names row '2', which holds no image itself"),
        ({"1": "1"}, "names row '1', which holds no image itself"),
        ({"1": ""}, "sample '1' has no image"),
        ({"1": "2", "2": ""}, "names row '2', which holds no image itself"),
        ({"1": "[" + "x" * 80}, "column 'image' is no list of base64 texts"),
    ],
)
def test_what_is_no_image(tmp_path: Path, cells: dict[str, str], problem: str) -> None:
    put(tmp_path / "corpus/dev.tsv", table(cells))
    with pytest.raises(DataError, match=problem):
        rows(LAYOUT, tmp_path, "dev")


def test_broken_base64_names_the_row(tmp_path: Path) -> None:
    put(tmp_path / "corpus/dev.tsv", table({"1": "!" * 80}))
    (row,) = rows(LAYOUT, tmp_path, "dev")
    with pytest.raises(DataError, match=r"dev\.tsv, line 2: not base64"):
        read_bytes(row["image"])
