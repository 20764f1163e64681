"""Answers made elsewhere are scored from transcripts alone: the same samples, references and values as with audio."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import asr_corpora as corpora
import pytest

import evalkit
from evalkit import plugins
from evalkit.core.errors import DataError
from evalkit.core.message import Audio
from evalkit.core.task import Task
from evalkit.media.source import read_bytes
from evalkit.run.pipeline import Outcome

LOOSE = (
    corpora.librispeech_tree, corpora.wenetspeech_release, corpora.aishell1_tree, corpora.aishell2_release,
    corpora.fleurs_archives, corpora.fleurs_folders, corpora.common_voice_archives, corpora.mir_1k_release,
    corpora.opencpop_release,
)  # fmt: skip  # those whose media are not in the files of the questions
CASES = [pytest.param(task, one, id=one.__name__) for task, one in corpora.LAYOUTS if one in LOOSE]
SOUNDS = (".wav", ".flac", ".mp3", ".opus", ".tar", ".tar.gz", ".tgz")


def outcome(task: str, data: Path, answers: Path, out: Path) -> Outcome:
    (found,) = evalkit.evaluate("replay", task, model_arguments={"file": str(answers)}, out=out, data=data)
    return found


def sounds(data: Path) -> Iterator[Path]:
    return (path for path in data.rglob("*") if path.is_file() and path.name.endswith(SOUNDS))


@pytest.mark.parametrize(("name", "builder"), CASES)
def test_the_same_values_without_any_audio(name: str, builder: corpora.Builder, tmp_path: Path) -> None:
    data = tmp_path / "data"
    ids, _ = corpora.build(name, data, builder)
    answers = corpora.answers(tmp_path / "answers.jsonl", name, ids)
    whole = outcome(name, data, answers, tmp_path / "with").summary
    audio = list(sounds(data))
    assert audio
    for path in audio:
        path.unlink()
    for folder in sorted((path for path in data.rglob("*") if path.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()
    bare = outcome(name, data, answers, tmp_path / "without").summary
    assert whole is not None
    assert bare is not None
    assert bare.counts == whole.counts
    assert [(r.split, r.value, r.n) for r in bare.results] == [(r.split, r.value, r.n) for r in whole.results]
    assert {key: column.value for key, column in bare.columns.items()} == {
        key: column.value for key, column in whole.columns.items()
    }
    task = plugins.load_task(name)
    assert isinstance(task, Task)
    (row, *_) = task.source.without_media().locate(data).read(next(iter(ids)))
    assert isinstance(row["audio"], Audio)
    with pytest.raises(DataError):
        read_bytes(row["audio"])  # a handle that cannot be read says so, when somebody opens it
    with pytest.raises(DataError):
        list(task.source.locate(data).read(next(iter(ids))))  # everybody else needs the audio


@pytest.mark.parametrize(("name", "builder"), CASES)
def test_nothing_changes_where_the_audio_is_there(name: str, builder: corpora.Builder, tmp_path: Path) -> None:
    ids, _ = corpora.build(name, tmp_path, builder)
    task = plugins.load_task(name)
    assert isinstance(task, Task)
    strict, lax = task.source.locate(tmp_path), task.source.without_media().locate(tmp_path)
    assert strict.revision == lax.revision
    for split in ids:
        assert [row["id"] for row in strict.read(split)] == [row["id"] for row in lax.read(split)]
