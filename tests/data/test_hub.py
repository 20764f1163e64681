"""Reading from the hub: the real libraries against a server on this machine."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from corpora import encoded
from hub_server import HubServer, Repository, serve

from evalkit.core.errors import DataError, MissingExtraError, UsageError
from evalkit.data import hub_errors
from evalkit.data.hub import Hub

pytest.importorskip("datasets")
pytest.importorskip("huggingface_hub")
pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

READER = Path(__file__).with_name("hub_reader.py")
TOKEN = "hf_ThisIsASecretOfTheTest"
OLD, NEW = "a" * 40, "b" * 40


def parquet(keys: list[str], word: str = "said") -> bytes:
    audio = pa.array(
        [{"bytes": encoded(key, "wav"), "path": f"{key}.wav"} for key in keys],
        pa.struct([("bytes", pa.binary()), ("path", pa.string())]),
    )
    columns = {"uid": keys, "text": [f"{word} {key}" for key in keys], "who": [7] * len(keys), "audio": audio}
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def shards(number: int, word: str = "said") -> dict[str, bytes]:
    keys = {n: [f"u{n}{k}" for k in range(4)] for n in range(number)}
    return {f"data/test-{n:05d}-of-{number:05d}.parquet": parquet(keys[n], word) for n in keys}


def shard(keys: list[str]) -> bytes:
    """A WebDataset shard."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for key in keys:
            files = {f"{key}.wav": encoded(key, "wav"), f"{key}.json": json.dumps({"said": f"said {key}"}).encode()}
            for name, data in files.items():
                info = tarfile.TarInfo(name)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


CONFIGS = b"""---
configs:
- config_name: clean
  data_files: [{split: test, path: clean/test-*}]
- config_name: other
  data_files: [{split: test, path: other/test-*}]
---
"""
SETS = b"""---
configs:
- config_name: sd-qa
  data_files: [{split: test, path: sd-qa/test-*}]
---
"""
SCRIPT = b"import datasets\nclass X(datasets.GeneratorBasedBuilder):\n    pass\n"
METADATA = b"file_name,uid,text\nwavs/f1.wav,f1,said f1\nwavs/f2.wav,f2,said f2\n"


def one(files: dict[str, bytes], gated: bool = False, ref: str = "main") -> Repository:
    return Repository({OLD: files}, {"main": OLD, ref: OLD}, gated)


PICTURES = [b"first picture", b"second picture", b"third picture"]


def pictures() -> bytes:
    """Questions about images, with the features as `datasets` writes them into the file."""
    struct = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    cells = [{"bytes": data, "path": None} for data in PICTURES]
    columns = {
        "question": pa.array(["which?", "what?"]),
        "options": pa.array([["a", "b"], ["c", "d", "e"]]),
        "picture": pa.array(cells[:2], struct),
        "album": pa.array([cells[1:], []], pa.list_(struct)),
    }
    image, word = {"_type": "Image"}, {"_type": "Value", "dtype": "string"}
    features = {"question": word, "options": {"_type": "List", "feature": word}, "picture": image}
    features["album"] = {"_type": "List", "feature": image}
    told = {"huggingface": json.dumps({"info": {"features": features}})}
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns).replace_schema_metadata(told), buffer)
    return buffer.getvalue()


REPOSITORIES = {
    "team/pictures": one({"data/test-00000-of-00001.parquet": pictures()}),
    "team/words": one({"sd-qa/test-00000-of-00001.parquet": pictures(), "README.md": SETS}),
    "team/plain": one(shards(2)),
    "team/streamed": one(shards(3)),
    "team/moving": Repository({OLD: shards(1, "old"), NEW: shards(1, "new")}, {"main": OLD}),
    "team/configs": one(
        {
            "README.md": CONFIGS,
            "clean/test-00000-of-00001.parquet": parquet(["c1"]),
            "other/test-00000-of-00001.parquet": parquet(["o1"]),
        }
    ),
    "team/converted": Repository(
        {
            OLD: {"converted.py": SCRIPT},
            NEW: {"en_us/test/0000.parquet": parquet(["e1"]), "fr_fr/test/0000.parquet": parquet(["f1"])},
        },
        {"main": OLD, "refs/convert/parquet": NEW},
    ),
    "team/gated": one(shards(1), gated=True),
    "team/script": one({"script.py": SCRIPT}),
    "team/shards": one({"new_data/test.tar": shard(["w1", "w2"])}),
    "team/folder": one(
        {"metadata.csv": METADATA, "wavs/f1.wav": encoded("f1", "wav"), "wavs/f2.wav": encoded("f2", "wav")}
    ),
    "team/broken": one({**shards(2), "data/test-00001-of-00002.parquet": parquet(["x"])[:-40]}),
    "team/repeated": one({"data/test-00000-of-00001.parquet": parquet(["r1", "r1"])}),
}


def case(name: str, repo: str = "plain", **more: Any) -> dict[str, Any]:
    """A case of the reader; `hub_...` are arguments of Hub."""
    hub = {
        "repo": f"team/{repo}",
        "revision": OLD,
        "config": None,
        "split": {"all": "test"},
        "id": "uid",
        "text": "text",
        "speaker": "who",
        **{key[4:]: value for key, value in more.items() if key.startswith("hub_")},
    }
    return {"name": name, "hub": hub, **{key: value for key, value in more.items() if not key.startswith("hub_")}}


BY_CONFIG = {"hub_config": {"tc": "clean", "to": "other"}, "hub_split": {"tc": "test", "to": "test"}}
CASES = [
    case("plain", hub_keep=["uid"]),
    case("streamed", "streamed", limit=3),
    case("moving", "moving", hub_revision="main", move=True),
    case("newer", "moving", revision=NEW),
    case("configs", "configs", **BY_CONFIG),
    case(
        "converted",
        "converted",
        hub_revision="refs/convert/parquet",
        hub_config={"en": "en_us", "fr": "fr_fr"},
        hub_split={"en": "test", "fr": "test"},
    ),
    case("pattern", "converted", hub_revision=NEW, hub_config="fr_fr", hub_files="{config}/{split}/*.parquet"),
    case("stem", stem="audio"),
    case("template", hub_id="{split}-{index:03d}"),
    case("shards", "shards", hub_id="__key__", hub_text="json.said", hub_audio="wav", hub_speaker=None,
         hub_files="new_data/{split}.tar"),
    case("folder", "folder", hub_speaker=None, hub_split={"all": "train"}),
    case("pictures", "pictures", hub_id="{split}_{index}", hub_text=None, hub_speaker=None,
         hub_fields={"question": "question", "image": "picture", "images": "album", "choices": "options"}),
    case("words", "words", hub_id="{split}_{index}", hub_text=None, hub_speaker=None, hub_split={"sd_qa": "test"},
         hub_config={"sd_qa": "sd-qa"}, hub_fields={"question": "question", "first": "options.0"}),
    case("no field", "pictures", hub_id="{split}_{index}", hub_text=None, hub_speaker=None,
         hub_fields={"question": "questoin"}),
    case("gated", "gated", hub_gated=True),
    case("script", "script"),
    case("no config", "configs", hub_config="noisy"),
    case("no split", hub_split={"all": "validation"}),
    case("no revision", hub_revision="v9"),
    case("no commit", hub_revision="c" * 40),
    case("no repository", "nothing", hub_revision="main"),
    case("no files", hub_files="elsewhere/{split}.parquet"),
    case("no column", hub_text="sentence"),
    case("broken", "broken"),
    case("repeated", "repeated"),
]  # fmt: skip


@dataclass
class Reading:
    """What the reader found, what it printed, and what the server saw."""

    results: dict[str, Any]
    printed: str
    server: HubServer

    def rows(self, name: str) -> list[dict[str, Any]]:
        assert "rows" in self.results[name], self.results[name]
        found: list[dict[str, Any]] = self.results[name]["rows"]
        return found

    def error(self, name: str) -> str:
        assert "error" in self.results[name], self.results[name]
        return str(self.results[name]["error"])


def read(folder: Path, cases: list[dict[str, Any]], **env: str) -> tuple[dict[str, Any], str]:
    (folder / "cases.json").write_text(json.dumps(cases), encoding="utf-8")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("HF_", "EVALKIT_", "HUGGING"))}
    done = subprocess.run(
        [sys.executable, str(READER), str(folder / "cases.json")],
        env={**kept, "HF_HOME": str(folder / "hf"), "HF_HUB_DISABLE_TELEMETRY": "1", **env},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    printed = done.stdout + done.stderr
    assert done.returncode == 0, printed
    return json.loads((folder / "cases.out").read_text(encoding="utf-8")), printed


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reading]:
    """All cases in one process, as importing the libraries takes seconds."""
    with serve(REPOSITORIES) as server:
        results, printed = read(tmp_path_factory.mktemp("hub"), CASES, HF_ENDPOINT=server.url, HF_TOKEN=TOKEN)
        yield Reading(results, printed, server)


def hashed(key: str) -> str:
    return hashlib.sha256(encoded(key, "wav")).hexdigest()


def test_rows_are_what_was_published(reading: Reading) -> None:
    keys = [f"u{n}{k}" for n in range(2) for k in range(4)]
    assert reading.rows("plain") == [
        {"id": key, "text": f"said {key}", "speaker": "7", "uid": key, "audio": hashed(key), "label": f"{key}.wav",
         "split": "all"}
        for key in keys
    ]  # fmt: skip
    assert reading.results["plain"]["revision"] == f"hub:team/plain@{OLD}"
    assert "team/plain" in reading.results["plain"]["location"]


def test_the_first_rows_need_the_first_shard_only(reading: Reading) -> None:
    assert [row["id"] for row in reading.rows("streamed")] == ["u00", "u01", "u02"]
    assert sum(request.sent for request in reading.server.asked("team/streamed", "test-00000-of")) > 0
    for number in (1, 2):
        assert sum(request.sent for request in reading.server.asked("team/streamed", f"test-0000{number}-of")) == 0


def test_a_branch_is_resolved_once_and_stays(reading: Reading) -> None:
    """The branch moves after `locate`; what is read is the commit that was recorded."""
    assert reading.results["moving"]["revision"] == f"hub:team/moving@{OLD}"
    assert {row["text"].split()[0] for row in reading.rows("moving")} == {"old"}
    assert reading.server.repositories["team/moving"].refs["main"] == NEW


def test_another_revision_on_demand(reading: Reading) -> None:
    assert reading.results["newer"]["revision"] == f"hub:team/moving@{NEW}"
    assert {row["text"].split()[0] for row in reading.rows("newer")} == {"new"}


def test_a_configuration_by_split(reading: Reading) -> None:
    assert [(row["split"], row["id"]) for row in reading.rows("configs")] == [("tc", "c1"), ("to", "o1")]


def test_the_converted_branch_needs_no_readme(reading: Reading) -> None:
    assert [(row["split"], row["id"]) for row in reading.rows("converted")] == [("en", "e1"), ("fr", "f1")]
    assert reading.results["converted"]["revision"] == f"hub:team/converted@{NEW}"
    assert [row["id"] for row in reading.rows("pattern")] == ["f1"]


def test_ids_by_file_name_and_template(reading: Reading) -> None:
    assert [row["id"] for row in reading.rows("stem")] == [row["id"] for row in reading.rows("plain")]
    assert [row["id"] for row in reading.rows("template")] == [f"all-{n:03d}" for n in range(8)]


def test_webdataset_shards(reading: Reading) -> None:
    found = [(row["id"], row["text"], row["audio"]) for row in reading.rows("shards")]
    assert found == [(key, f"said {key}", hashed(key)) for key in ("w1", "w2")]


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("gated", ["team/gated", "gated: accept its terms at https://huggingface.co/datasets/team/gated", "HF_TOKEN"]),
        ("script", ["team/script", "loading script", "--data"]),
        ("no config", ["no configuration 'noisy'", "clean", "other"]),
        ("no split", ["no split 'validation'"]),
        ("no revision", ["there is no revision 'v9'", "--revision"]),
        ("no commit", ["c" * 40]),
        ("no repository", ["team/nothing: not found", "HF_TOKEN", "--data"]),
        ("no files", ["team/plain", "no data files"]),
        ("no column", ["row 0", "no column 'sentence'; it has uid, text, who, audio"]),
        ("folder", ["team/folder"]),
        ("broken", ["team/broken", "after 4 rows"]),
        ("repeated", ["the id 'r1' occurs more than once"]),
    ],
)
def test_errors_say_what_to_do(reading: Reading, name: str, parts: list[str]) -> None:
    message = reading.error(name)
    assert [part for part in parts if part not in message] == [], message
    assert reading.results[name]["kind"] == "DataError"


def test_the_token_is_used_and_never_printed(reading: Reading) -> None:
    assert any(request.token == f"Bearer {TOKEN}" for request in reading.server.asked("team/gated"))
    assert TOKEN not in reading.printed
    assert TOKEN not in json.dumps(reading.results)


def test_a_folder_of_the_same_name_is_not_taken_for_the_hub(tmp_path: Path) -> None:
    (tmp_path / "team/plain").mkdir(parents=True)
    (tmp_path / "team/plain/test.parquet").write_bytes(parquet(["local"]))
    results, _ = read(tmp_path, [case("x")], HF_ENDPOINT="http://127.0.0.1:9")
    assert "would read this folder instead of the hub's team/plain" in results["x"]["error"]


@pytest.mark.parametrize(
    ("env", "revision"),
    [
        ({"HF_ENDPOINT": "http://127.0.0.1:9"}, "main"),
        ({"HF_HUB_OFFLINE": "1"}, "main"),
        ({"HF_HUB_OFFLINE": "1"}, OLD),
    ],
)
def test_an_unreachable_hub(tmp_path: Path, env: dict[str, str], revision: str) -> None:
    results, _ = read(tmp_path, [case("x", hub_revision=revision)], **env)
    assert "the hub cannot be reached" in results["x"]["error"], results
    assert "--data" in results["x"]["error"]


def test_without_the_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    hub = Hub("team/plain", OLD, None, {"all": "test"}, id="uid", text="text")
    monkeypatch.setattr("evalkit.data.hub.importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"reading 'team/plain' from the hub needs .*pip install .*\[hub\]"):
        hub.rows(("all",))


def test_secrets_are_blotted_out_of_foreign_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "another-kind-of-secret")
    error = RuntimeError("Authorization: Bearer abcdef and hf_0123456789abc and another-kind-of-secret\nmore")
    shown = str(hub_errors.explained(error, "team/plain", OLD))
    assert shown.count("***") == 3
    assert not any(secret in shown for secret in ("abcdef", "hf_0123", "another-kind", "more"))


def test_an_unchecked_commit_says_so() -> None:
    class RevisionNotFoundError(Exception):
        pass

    for verified, said in ((True, False), (False, True)):
        shown = hub_errors.explained(RevisionNotFoundError("404"), "team/plain", OLD, verified=verified)
        assert isinstance(shown, DataError)
        assert ("was not checked against the hub" in str(shown)) is said


def test_rows_of_any_shape(reading: Reading) -> None:
    hashed = [hashlib.sha256(data).hexdigest() for data in PICTURES]
    first, second = reading.rows("pictures")
    assert (first["id"], first["question"], first["choices"]) == ("all_0", "which?", ["a", "b"])
    assert (first["image"], first["images"]) == (hashed[0], hashed[1:])
    assert (second["image"], second["images"]) == (hashed[1], [])
    assert "audio" not in first
    words = reading.rows("words")
    assert [(row["id"], row["first"]) for row in words] == [("sd_qa_0", "a"), ("sd_qa_1", "c")]
    problem = "row 0: no column 'questoin'; it has question, options, picture, album; did you mean 'question'?"
    assert problem in reading.error("no field")


def test_splits_and_configurations_by_template() -> None:
    hub = Hub("team/sets", OLD, config="{split}", id="{split}_{index}", fields={"question": "q"})
    source = hub.dataset("sets", ("one", "two"))
    assert (hub.config_of("one"), hub.split_of("one"), source.splits) == ("one", "test", ("one", "two"))
    assert source.layouts[0].describe.startswith("{{split}/test-*.parquet")
    some = Hub("team/sets", OLD, config={"sd_qa": "sd-qa"}, id="{split}_{index}", fields={"question": "q"})
    assert [some.config_of(name) for name in ("sd_qa", "bbh")] == ["sd-qa", "bbh"]
    with pytest.raises(UsageError, match=r"name the splits of 'sets'"):
        hub.dataset("sets")
