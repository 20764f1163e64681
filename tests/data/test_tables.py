"""Tables with a folder or archives of audio: Common Voice and FLEURS as published."""

from __future__ import annotations

from pathlib import Path

import pytest
from corpora import encoded, pack, put, rows, sounds_like, texts

from evalkit.core.errors import DataError
from evalkit.data.dataset import fingerprint
from evalkit.data.layouts import Columns, PackedTable, Table, by_stem

COMMON_VOICE = Table(
    {"en": "en", "zh": "zh-CN"},
    manifest="{name}/test.tsv",
    audio="{name}/clips",
    columns=Columns(id=by_stem("path"), text="sentence", audio="path", speaker="client_id", keep=("locale",)),
    tops=("", "cv-corpus-15.0-*"),
)
HEADER = "client_id\tpath\tsentence\tup_votes\tlocale\n"
CLIPS = {"common_voice_en_1": 'He said "no" twice.', "common_voice_en_2": "It's raining"}

FIELDS = ("id", "file_name", "raw_transcription", "transcription", "characters", "num_samples", "gender")
FLEURS_COLUMNS = Columns(id=by_stem("file_name"), text="transcription", audio="file_name", keep=("raw_transcription",))
FLEURS = Table({"en_us": "en_us"}, "data/{name}/test.tsv", "data/{name}/audio/test", FLEURS_COLUMNS, FIELDS)
FLEURS_PACKED = PackedTable(
    {"en_us": "en_us"}, "data/{name}/test.tsv", "data/{name}/audio/test.tar.gz", FLEURS_COLUMNS, FIELDS
)
# two recordings of one sentence, as FLEURS has them
SENTENCES = {"1001": "it rained", "1002": "it rained", "2001": "nobody came"}


@pytest.fixture(params=["", "cv-corpus-15.0-2023-09-08/"])
def common_voice(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    top = tmp_path / "corpus" / request.param / "en"
    lines = (f"{'ab' * 3}{n}\t{key}.mp3\t{text}\t2\ten\n" for n, (key, text) in enumerate(CLIPS.items()))
    put(top / "test.tsv", HEADER + "".join(lines))
    for key in [*CLIPS, "common_voice_en_of_another_split"]:
        put(top / "clips" / f"{key}.mp3", encoded(key, "mp3", rate=48000))
    return tmp_path


def fleurs(top: Path, packed: bool) -> None:
    lines = (
        f"{int(key) // 1000}\t{key}.wav\t{text.capitalize()}.\t{text}\t{' | '.join(text)} |\t4000\tMALE\n"
        for key, text in SENTENCES.items()
    )
    put(top / "data/en_us/test.tsv", "".join(lines))
    files = {f"test/{key}.wav": encoded(key, "wav") for key in SENTENCES}
    if packed:
        pack(top / "data/en_us/audio/test.tar.gz", files)
    else:
        for name, content in files.items():
            put(top / "data/en_us/audio" / name, content)


def test_common_voice(common_voice: Path) -> None:
    found = rows(COMMON_VOICE, common_voice, "en")
    assert texts(found) == CLIPS  # quotation marks are text
    assert [row["speaker"] for row in found] == ["ababab0", "ababab1"]
    assert {row["locale"] for row in found} == {"en"}
    assert all(sounds_like(row["audio"], row["id"], "mp3", rate=48000) for row in found)
    assert COMMON_VOICE.splits(common_voice / "corpus") == ("en",)


@pytest.mark.parametrize("packed", [False, True])
def test_fleurs(tmp_path: Path, packed: bool) -> None:
    fleurs(tmp_path / "corpus", packed)
    found = rows(FLEURS_PACKED if packed else FLEURS, tmp_path, "en_us")
    assert texts(found) == SENTENCES
    assert found[0]["raw_transcription"] == "It rained."
    assert all(sounds_like(row["audio"], row["id"]) for row in found)


def test_only_the_folder_layout_is_cheap() -> None:
    assert FLEURS.cheap
    assert not FLEURS_PACKED.cheap


def test_missing_audio(common_voice: Path) -> None:
    next(common_voice.rglob("common_voice_en_2.mp3")).unlink()
    with pytest.raises(DataError, match=r"test\.tsv: 1 of 2 audio files are not in .*, first 'common_voice_en_2\.mp3'"):
        rows(COMMON_VOICE, common_voice, "en")


def test_missing_member(tmp_path: Path) -> None:
    fleurs(tmp_path / "corpus", packed=True)
    pack(tmp_path / "corpus/data/en_us/audio/test.tar.gz", {"test/1001.wav": encoded("1001", "wav")})
    with pytest.raises(DataError, match=r"2 of 3 audio files are not in the archives, first '1002\.wav'"):
        next(FLEURS_PACKED.read(tmp_path / "corpus", "en_us"))


def test_wrong_number_of_fields(common_voice: Path) -> None:
    table = next(common_voice.rglob("test.tsv"))
    table.write_text(HEADER + "a\tcommon_voice_en_1.mp3\ttext\t2\ten\nb\tcommon_voice_en_2.mp3\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"test\.tsv, line 3: 2 fields, expected 5: client_id, path"):
        rows(COMMON_VOICE, common_voice, "en")


def test_wrong_column(common_voice: Path) -> None:
    table = next(common_voice.rglob("test.tsv"))
    table.write_text(table.read_text(encoding="utf-8").replace("sentence", "text", 1), encoding="utf-8")
    with pytest.raises(DataError, match="no column 'sentence'; it has client_id, path, text"):
        rows(COMMON_VOICE, common_voice, "en")


def test_an_empty_table(common_voice: Path) -> None:
    next(common_voice.rglob("test.tsv")).write_text(HEADER, encoding="utf-8")
    with pytest.raises(DataError, match="split en is empty"):
        rows(COMMON_VOICE, common_voice, "en")


def test_an_id_twice(common_voice: Path) -> None:
    table = next(common_voice.rglob("test.tsv"))
    lines = table.read_text(encoding="utf-8")
    table.write_text(lines + lines.splitlines()[-1] + "\n", encoding="utf-8")
    with pytest.raises(DataError, match="the id 'common_voice_en_2' occurs more than once"):
        rows(COMMON_VOICE, common_voice, "en")


def test_audio_beside_the_manifest_is_part_of_its_identity(tmp_path: Path) -> None:
    put(tmp_path / "dev.tsv", "id\taudio\ttext\na\ta.wav\tone\n")
    put(tmp_path / "a.wav", encoded("a", "wav"))
    layout = Table({"dev": "dev"}, "{name}.tsv", None, Columns(text="text"))
    before, _ = fingerprint(layout, tmp_path, ("dev",))
    put(tmp_path / "a.wav", encoded("b", "wav"))
    assert fingerprint(layout, tmp_path, ("dev",))[0] != before
