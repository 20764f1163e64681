"""Parquet files as hub snapshots have them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from corpora import encoded, put, rows, sounds_like, texts

from evalkit.core.errors import DataError, MissingExtraError
from evalkit.data.dataset import fingerprint
from evalkit.data.layouts import Parquet, by_stem

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

SAID = {"a-1": "one", "a-2": "two", "b-1": "three", "b-2": "four", "b-3": "five"}


def table(keys: list[str], **columns: list[Any]) -> Any:
    """Rows as the hub writes them: the audio is a struct of bytes and a file name."""
    audio = pa.array(
        [{"bytes": encoded(key, "wav"), "path": f"{key}.wav"} for key in keys],
        pa.struct([("bytes", pa.binary()), ("path", pa.string())]),
    )
    plain = {"id": keys, "text": [SAID[key] for key in keys], "speaker_id": [int(key[-1]) for key in keys]}
    return pa.table({**plain, "audio": audio, **columns})


def write(path: Path, keys: list[str], **columns: list[Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table(keys, **columns), path, row_group_size=2)
    return path


def snapshot(top: Path, shape: str) -> None:
    """Two shards of a split, in one of the shapes hub repositories have."""
    for number, keys in enumerate((list(SAID)[:2], list(SAID)[2:])):
        write(top / shape.format(n=number), keys)


SHAPES = {
    "data/test-{n:05d}-of-00002-0123456789abcdef.parquet": None,
    "data/test-{n:05d}-of-00002.parquet": None,
    "test-{n:05d}-of-00002.parquet": None,
    "en_us/test-{n:05d}-of-00002.parquet": "en_us",
    "en_us/test/{n:04d}.parquet": "en_us",
    "default/test/{n:04d}.parquet": None,
    "en_us/corpus-test-{n:05d}-of-00002.parquet": "en_us",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape(tmp_path: Path, shape: str) -> None:
    snapshot(tmp_path / "corpus", shape)
    layout = Parquet({"dev": "test"}, id="id", text="text", config=SHAPES[shape], speaker="speaker_id")
    found = rows(layout, tmp_path, "dev")
    assert texts(found) == SAID
    assert [row["speaker"] for row in found] == ["1", "2", "1", "2", "3"]
    assert all(sounds_like(row["audio"], row["id"]) for row in found)
    assert found[0]["audio"].label == "a-1.wav"


@pytest.mark.parametrize("name", ["data/test.parquet", "test.parquet"])
def test_a_single_file(tmp_path: Path, name: str) -> None:
    write(tmp_path / name, ["a-1"])
    assert texts(rows(Parquet({"test": "test"}, id="id", text="text"), tmp_path, "test")) == {"a-1": "one"}


def test_a_configuration_by_split(tmp_path: Path) -> None:
    write(tmp_path / "clean/test/0000.parquet", ["a-1"])
    write(tmp_path / "other/test/0000.parquet", ["b-1"])
    split, config = {"test_clean": "test", "test_other": "test"}, {"test_clean": "clean", "test_other": "other"}
    layout = Parquet(split, id="id", text="text", config=config)
    assert layout.splits(tmp_path) == ("test_clean", "test_other")
    assert texts(rows(layout, tmp_path, "test_other")) == {"b-1": "three"}


def test_ids_by_template_function_and_column(tmp_path: Path) -> None:
    write(tmp_path / "data/test-00000-of-00001.parquet", ["a-1", "a-2"])
    for key, ids in {
        "{split}_{index:03d}": ["x_000", "x_001"],
        "{speaker_id}/{id}": ["1/a-1", "2/a-2"],
        "id": ["a-1", "a-2"],
        "speaker_id": ["1", "2"],
    }.items():
        assert [row["id"] for row in rows(Parquet({"x": "test"}, id=key, text="text"), tmp_path, "x")] == ids
    found = rows(Parquet({"x": "test"}, id=by_stem("audio"), text="text", keep=("speaker_id",)), tmp_path, "x")
    assert [(row["id"], row["speaker_id"]) for row in found] == [("a-1", 1), ("a-2", 2)]


def test_audio_as_plain_bytes_and_beside_the_table(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    keys = ["a-1", "a-2"]
    plain = {"id": keys, "text": ["one", "two"]}
    pq.write_table(pa.table({**plain, "audio": [encoded(key, "wav") for key in keys]}), folder / "test.parquet")
    layout = Parquet({"test": "test"}, id="id", text="text")
    assert all(sounds_like(row["audio"], row["id"]) for row in rows(layout, tmp_path, "test"))
    pq.write_table(pa.table({**plain, "audio": [f"{key}.wav" for key in keys]}), folder / "test.parquet")
    put(folder / "a-1.wav", encoded("a-1", "wav"))
    with pytest.raises(DataError, match=r"the audio 'a-2\.wav' is neither inside the file nor beside it"):
        rows(layout, tmp_path, "test")


@pytest.mark.parametrize(
    ("layout", "problem"),
    [
        (Parquet({"test": "test"}, id="id", text="sentence"), "no column 'sentence'; it has id, text, speaker_id"),
        (Parquet({"test": "test"}, id="{key}", text="text"), "no column 'key' for the id; it has id, text"),
        (Parquet({"test": "test"}, id="id", text="speaker_id"), "row 0: .*'a-1' has no transcript: .* holds a int"),
        (Parquet({"test": "test"}, id="id", text="text", audio="speaker_id"), "row 0: column 'speaker_id' holds a int"),
    ],
)
def test_wrong_columns(tmp_path: Path, layout: Parquet, problem: str) -> None:
    write(tmp_path / "data/test-00000-of-00001.parquet", ["a-1"])
    with pytest.raises(DataError, match=rf"data/test-00000-of-00001\.parquet.*{problem}"):
        rows(layout, tmp_path, "test")


def test_a_row_without_transcript_or_audio(tmp_path: Path) -> None:
    layout = Parquet({"test": "test"}, id="id", text="text")
    write(tmp_path / "data/test.parquet", ["a-1", "a-2"], text=["one", None])
    with pytest.raises(DataError, match="row 1: sample 'a-2' has no transcript: column 'text' is empty"):
        rows(layout, tmp_path, "test")
    write(tmp_path / "data/test.parquet", ["a-1"], audio=[{"bytes": None, "path": None}])
    with pytest.raises(DataError, match="sample 'a-1' has no audio"):
        rows(layout, tmp_path, "test")


def test_missing_and_mixed_shards(tmp_path: Path) -> None:
    layout = Parquet({"test": "test"}, id="id", text="text")
    write(tmp_path / "data/test-00001-of-00003.parquet", ["a-1"])
    with pytest.raises(DataError, match=r"2 of 3 shards are missing beside test-00001-of-00003\.parquet: 00000, 00002"):
        rows(layout, tmp_path, "test")
    write(tmp_path / "data/test-00000-of-00001.parquet", ["a-1"])
    with pytest.raises(DataError, match="shards of different downloads are mixed"):
        rows(layout, tmp_path, "test")


def test_an_id_twice_over_shards(tmp_path: Path) -> None:
    write(tmp_path / "data/test-00000-of-00002.parquet", ["a-1", "a-2"])
    write(tmp_path / "data/test-00001-of-00002.parquet", ["a-2"])
    with pytest.raises(DataError, match="split test: the id 'a-2' occurs more than once"):
        rows(Parquet({"test": "test"}, id="id", text="text"), tmp_path, "test")


def test_an_empty_table(tmp_path: Path) -> None:
    write(tmp_path / "data/test.parquet", [])
    with pytest.raises(DataError, match="split test is empty"):
        rows(Parquet({"test": "test"}, id="id", text="text"), tmp_path, "test")


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_truncated_file(tmp_path: Path, share: float) -> None:
    path = write(tmp_path / "data/test.parquet", list(SAID))
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(DataError, match=r"test\.parquet: not a whole Parquet file \(.*download it again"):
        rows(Parquet({"test": "test"}, id="id", text="text"), tmp_path, "test")


def test_damage_inside_a_file(tmp_path: Path) -> None:
    path = write(tmp_path / "data/test.parquet", list(SAID))
    data = bytearray(path.read_bytes())
    data[4:2000] = bytes(1996)
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"test\.parquet"):
        rows(Parquet({"test": "test"}, id="id", text="text"), tmp_path, "test")


def test_without_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "data/test.parquet", ["a-1"])
    monkeypatch.setattr("evalkit.data.corpora.parquet.importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install -e '?.*\[parquet\]'"):
        rows(Parquet({"test": "test"}, id="id", text="text"), tmp_path, "test")


MEASURE = """
import json, sys
from pathlib import Path
from evalkit.data.layouts import Parquet
def peak():
    status = Path("/proc/self/status").read_text()  # ru_maxrss would start with the peak of the parent process
    return int(status.split("VmHWM:")[1].split()[0]) // 1024
reading = Parquet({"test": "test"}, id="id", text="text").read(Path(sys.argv[1]), "test")
first = next(reading)
before, size = peak(), len(first["audio"].opener())
for row in reading:
    size += len(row["audio"].opener())
print(json.dumps({"bytes": size, "grown_mib": peak() - before}))
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="measured with Linux's /proc")
def test_memory_is_flat_over_row_groups(tmp_path: Path) -> None:
    """Growth is bounded by a row group: 100 rows in the hub's audio files, 15 MB here, of 120 MB in all."""
    number, size = 800, 150 * 1024
    (tmp_path / "data").mkdir()
    path = tmp_path / "data/test.parquet"
    schema = pa.schema({"id": pa.string(), "text": pa.string(), "audio": pa.struct({"bytes": pa.binary()})})
    with pq.ParquetWriter(path, schema, compression="none", use_dictionary=False) as writer:
        for start in range(0, number, 100):
            keys = range(start, start + 100)
            columns = [[str(n) for n in keys], ["x"] * 100, [{"bytes": bytes([n % 256]) * size} for n in keys]]
            writer.write_table(pa.table(columns, schema=schema))
    assert pq.ParquetFile(path).num_row_groups == 8
    done = subprocess.run([sys.executable, "-c", MEASURE, str(tmp_path)], capture_output=True, text=True, check=True)
    measured = json.loads(done.stdout)
    assert measured["bytes"] == number * size
    assert measured["grown_mib"] <= 40


STRUCT = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
OUTSIDE: dict[str, Any] = {
    "paths": pa.array(["a.wav", "b.wav"]),
    "structs without bytes": pa.array([{"path": "a.wav"}, {"path": "b.wav"}], STRUCT),
    "some with bytes": pa.array([{"bytes": b"x", "path": "c.wav"}, {"path": "b.wav"}], STRUCT),
}


@pytest.mark.parametrize("form", OUTSIDE)
def test_media_beside_the_file_are_part_of_its_identity(tmp_path: Path, form: str) -> None:
    path = tmp_path / "data/test.parquet"
    path.parent.mkdir()
    pq.write_table(pa.table({"id": ["a", "b"], "text": ["one", "two"], "audio": OUTSIDE[form]}), path)
    for name in ("a", "b"):
        put(tmp_path / f"data/{name}.wav", encoded(name, "wav"))
    layout = Parquet({"test": "test"}, text="text")
    before, _ = fingerprint(layout, tmp_path, ("test",))
    put(tmp_path / "data/b.wav", encoded("another", "wav"))
    assert fingerprint(layout, tmp_path, ("test",))[0] != before
    (tmp_path / "data/b.wav").unlink()
    with pytest.raises(DataError, match="neither inside the file nor beside it"):
        list(layout.read(tmp_path, "test"))
    assert [row["text"] for row in layout.without_media().read(tmp_path, "test")] == ["one", "two"]


def test_media_inside_the_file_are_not_looked_for(tmp_path: Path) -> None:
    """A name that stands beside bytes is that alone, whatever lies under it on the disk."""
    path = write(tmp_path / "data/test.parquet", ["a-1"])
    put(tmp_path / "data/a-1.wav", b"of something else")
    assert list(Parquet({"test": "test"}, text="text").files(tmp_path, "test")) == [path]


def test_a_shard_of_two_downloads(tmp_path: Path) -> None:
    for mark in ("0123", "4567"):
        write(tmp_path / f"data/test-00000-of-00001-{mark}.parquet", ["a-1"])
    with pytest.raises(DataError, match="shards of different downloads are mixed"):
        list(Parquet({"test": "test"}, id="{index}", text="text").read(tmp_path, "test"))
