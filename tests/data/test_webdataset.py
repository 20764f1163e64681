"""WebDataset shards."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from corpora import encoded, pack, rows, sounds_like, texts

from evalkit.core.errors import DataError
from evalkit.core.message import Image
from evalkit.data.layouts import WebDataset
from evalkit.media.source import read_bytes

SAID = {"c001": "小兔子", "c002": "讲故事", "c003": "我要喝水"}
PLAIN = WebDataset({"test": "new_data/test*.tar*"})
FIELDS = WebDataset({"test": "new_data/test*.tar*"}, text="transcription", speaker="child", keep=("age",))


def files(keys: list[str], kind: str = "wav") -> dict[str, bytes | str]:
    found: dict[str, bytes | str] = {}
    for key in keys:
        described = {"transcription": SAID[key], "child": int(key[-1]), "age": 4}
        found |= {f"part/{key}.{kind}": encoded(key, kind), f"part/{key}.txt": SAID[key] + "\n"}
        found[f"part/{key}.json"] = json.dumps(described)
    return found


@pytest.mark.parametrize("ending", [".tar", ".tar.gz"])
@pytest.mark.parametrize("kind", ["wav", "flac", "opus"])
@pytest.mark.parametrize("layout", [PLAIN, FIELDS])
def test_reads_what_was_written(tmp_path: Path, ending: str, kind: str, layout: WebDataset) -> None:
    pack(tmp_path / f"corpus/new_data/test-00{ending}", files(["c001", "c002"], kind))
    pack(tmp_path / f"corpus/new_data/test-01{ending}", files(["c003"], kind))
    found = rows(layout, tmp_path, "test")
    assert texts(found) == SAID
    assert all(sounds_like(row["audio"], row["id"], kind) for row in found)
    if layout is FIELDS:
        assert [(row["speaker"], row["age"]) for row in found] == [("1", 4), ("2", 4), ("3", 4)]


def without(name: str) -> dict[str, bytes | str]:
    found = files(list(SAID))
    del found[f"part/{name}"]
    return found


@pytest.mark.parametrize(
    ("layout", "members", "problem"),
    [
        (PLAIN, without("c002.txt"), r"part/c002: no \.txt beside the audio"),
        (FIELDS, without("c002.json"), r"part/c002: no \.json beside the audio"),
        (PLAIN, without("c002.wav"), r"part/c002: 0 audio files, expected one; .* c002\.txt, c002\.json"),
        (PLAIN, {**files(["c001"]), "part/c001.flac": b"x"}, "part/c001: 2 audio files"),
        (FIELDS, {**files(["c001"]), "part/c001.json": "{"}, r"part/c001: its \.json is not JSON"),
        (FIELDS, {**files(["c001"]), "part/c001.json": "[]"}, r"part/c001: its \.json is no object"),
        (FIELDS, {**files(["c001"]), "part/c001.json": '{"text": "x"}'}, 'no transcript in "transcription"'),
        (PLAIN, {**files(["c001"]), "part/c001.txt": b"\xff"}, r"its \.txt is not UTF-8"),
    ],
)
def test_broken_samples_are_named(
    tmp_path: Path, layout: WebDataset, members: dict[str, bytes | str], problem: str
) -> None:
    pack(tmp_path / "new_data/test.tar", members)
    with pytest.raises(DataError, match=rf"test\.tar:{problem}|test\.tar.*{problem}"):
        rows(layout, tmp_path, "test")


def test_a_key_ends_at_the_first_dot(tmp_path: Path) -> None:
    members: dict[str, bytes | str] = {"c001.mic1.wav": encoded("c001", "wav"), "c001.zh.txt": SAID["c001"]}
    pack(tmp_path / "new_data/test.tar", members)
    assert texts(rows(PLAIN, tmp_path, "test")) == {"c001": SAID["c001"]}


def test_a_key_in_two_shards(tmp_path: Path) -> None:
    pack(tmp_path / "new_data/test-0.tar", files(["c001", "c002"]))
    pack(tmp_path / "new_data/test-1.tar", files(["c002"]))
    with pytest.raises(DataError, match="the id 'c002' occurs more than once"):
        rows(PLAIN, tmp_path, "test")


def test_truncated_shard(tmp_path: Path) -> None:
    path = pack(tmp_path / "new_data/test.tar", files(list(SAID)))
    path.write_bytes(path.read_bytes()[:12000])
    with pytest.raises(DataError, match=r"test\.tar: not a whole tar archive"):
        rows(PLAIN, tmp_path, "test")


def test_an_empty_shard(tmp_path: Path) -> None:
    pack(tmp_path / "new_data/test.tar", {"README.md": "nothing"})
    with pytest.raises(DataError, match="split test is empty"):
        rows(PLAIN, tmp_path, "test")


def test_rows_of_any_shape(tmp_path: Path) -> None:
    members: dict[str, bytes | str] = {}
    for key in ("q1", "q2"):
        members |= {
            f"in/{key}.jpg": key.encode(),
            f"in/{key}.json": json.dumps({"q": f"what is {key}?", "n": {"a": 1}}),
        }
        members |= {f"in/{key}.seg.png": b"mask", f"in/{key}.txt": f"{key} said\n", f"in/._{key}.json": b"\x00"}
    pack(tmp_path / "corpus/dev-0.tar", members)
    layout = WebDataset(
        {"dev": "dev-*.tar"},
        fields={"question": "q", "image": "jpg", "mask_image": "seg.png", "a": "json.n.a", "text": "txt"},
    )
    first, second = rows(layout, tmp_path, "dev")
    assert (first["id"], first["question"], first["a"], second["text"]) == ("q1", "what is q1?", 1, "q2 said")
    assert isinstance(first["image"], Image)
    assert (read_bytes(first["image"]), read_bytes(first["mask_image"])) == (b"q1", b"mask")
    with pytest.raises(DataError, match=r"dev-0\.tar:in/q1: no column 'png'; it has"):
        rows(WebDataset({"dev": "dev-*.tar"}, fields={"image": "png"}), tmp_path, "dev")


def test_speech_with_fields(tmp_path: Path) -> None:
    pack(tmp_path / "corpus/dev-0.tar", files(["c001", "c002"], "flac"))
    layout = WebDataset({"dev": "*.tar"}, fields={"audio": "audio", "text": "transcription"}, id="{split}_{index}")
    found = rows(layout, tmp_path, "dev")
    assert texts(found) == {"dev_0": SAID["c001"], "dev_1": SAID["c002"]}
    assert sounds_like(found[0]["audio"], "c001", "flac")


def test_a_longer_ending_is_another_file(tmp_path: Path) -> None:
    """KEY.caption.txt comes before KEY.txt in an archive, and is not the transcript."""
    held = {"k.caption.txt": "caption", "k.json": '{"q": "right"}', "k.meta.json": '{"q": "wrong"}', "k.txt": "said"}
    order = ("k.caption.txt", "k.meta.json", "k.json", "k.txt")
    pack(tmp_path / "corpus/a.tar", {**{name: held[name] for name in order}, "k.wav": encoded("k", "wav")})
    assert texts(rows(WebDataset({"dev": "*.tar"}), tmp_path, "dev")) == {"k": "said"}
    (row,) = rows(WebDataset({"dev": "*.tar"}, fields={"text": "txt", "q": "q"}), tmp_path, "dev")
    assert (row["text"], row["q"]) == ("said", "right")
    pack(tmp_path / "corpus/a.tar", {"k.a.txt": "one", "k.b.txt": "two", "k.wav": encoded("k", "wav")})
    with pytest.raises(DataError, match=r"several files end in \.txt.*: k\.a\.txt, k\.b\.txt"):
        rows(WebDataset({"dev": "*.tar"}), tmp_path, "dev")
