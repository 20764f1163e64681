"""Tiny recognition corpora in their published layouts, made of the utterances of `asr_cases`."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf
from asr_cases import CASES, Case, Cases

RATE = 16000


class Clock:
    """Gives every utterance of a corpus a length of its own, so that a test can tell the recordings apart."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def wav(self, key: str, kind: str = "WAV", *, stereo: bool = False) -> bytes:
        """A tone; in stereo the left channel is silent but for a click, the right one has the tone."""
        seconds = self.seconds.setdefault(key, 0.1 + 0.02 * len(self.seconds))
        at = np.arange(round(seconds * RATE)) / RATE
        tone = (0.3 * np.sin(2 * np.pi * 440 * at)).astype(np.float32)
        buffer = io.BytesIO()
        samples = np.stack([np.zeros_like(tone), tone], axis=1) if stereo else tone
        sf.write(buffer, samples, RATE, format=kind, subtype="MPEG_LAYER_III" if kind == "MP3" else "PCM_16")
        return buffer.getvalue()


def put(path: Path, content: bytes | str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def pack(path: Path, files: Mapping[str, bytes | str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz" if path.suffix in (".gz", ".tgz") else "w") as tar:
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


def parquet(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist([dict(row) for row in rows]), path)


Ids = dict[str, list[str]]  # split -> sample ids, in the order of its cases


def numbered(cases: Cases, form: str) -> Iterator[tuple[str, int, str, Case]]:
    """(split, index, id, case); `form` may use {split}, {index} and {place}, the number of the split."""
    for place, (split, some) in enumerate(cases.items()):
        for index, case in enumerate(some):
            yield split, index, form.format(split=split, index=index, place=place), case


def ids_of(cases: Cases, form: str) -> Ids:
    found: Ids = {split: [] for split in cases}
    for split, _, key, _ in numbered(cases, form):
        found[split].append(key)
    return found


LIBRI = "6{place}-70968-{index:04d}"


def _libri(cases: Cases, clock: Clock) -> dict[str, dict[str, bytes | str]]:
    files: dict[str, dict[str, bytes | str]] = {split: {} for split in cases}
    for split, some in cases.items():
        lines = ""
        for _, _, key, case in (one for one in numbered(cases, LIBRI) if one[0] == split):
            speaker, chapter, _ = key.split("-")
            folder = f"LibriSpeech/{split.replace('_', '-')}/{speaker}/{chapter}"
            files[split][f"{folder}/{key}.flac"] = clock.wav(key, "FLAC")
            lines += f"{key} {case.text}\n"
        assert some
        files[split][f"{folder}/{speaker}-{chapter}.trans.txt"] = lines
    return files


def librispeech_tree(data: Path, cases: Cases, clock: Clock) -> Ids:
    for files in _libri(cases, clock).values():
        for name, content in files.items():
            put(data / "librispeech" / name, content)
    return ids_of(cases, LIBRI)


def librispeech_archives(data: Path, cases: Cases, clock: Clock) -> Ids:
    for split, files in _libri(cases, clock).items():
        pack(data / f"librispeech/{split.replace('_', '-')}.tar.gz", files)
    return ids_of(cases, LIBRI)


def librispeech_parquet(data: Path, cases: Cases, clock: Clock) -> Ids:
    rows: dict[str, list[dict[str, Any]]] = {split: [] for split in cases}
    for split, _, key, case in numbered(cases, LIBRI):
        audio = {"bytes": clock.wav(key, "FLAC"), "path": f"{key}.flac"}
        speaker, chapter, _ = key.split("-")
        rows[split].append(
            {"file": f"{key}.flac", "audio": audio, "text": case.text, "speaker_id": int(speaker),
             "chapter_id": int(chapter), "id": key}
        )  # fmt: skip
    for split, found in rows.items():
        kind, config = split.split("_")
        parquet(data / f"librispeech/{config}/{'validation' if kind == 'dev' else 'test'}/0000.parquet", found)
    return ids_of(cases, LIBRI)


WENET = "{split}_Y{place}00000000{index}_abc_S0000{index}"


def wenetspeech_release(data: Path, cases: Cases, clock: Clock) -> Ids:
    audios = []
    for split, _, key, case in numbered(cases, WENET):
        recording = key.rpartition("_S")[0]
        name = f"audio/{split}/A0001/{recording}.wav"
        inside = clock.wav(key)
        samples, _ = sf.read(io.BytesIO(inside), dtype="float32")
        long = np.concatenate([np.zeros(RATE, np.float32), samples, np.zeros(RATE, np.float32)])
        buffer = io.BytesIO()
        sf.write(buffer, long, RATE, format="WAV", subtype="PCM_16")
        put(data / "wenetspeech" / name, buffer.getvalue())
        part = {
            "sid": key, "begin_time": 1.0, "end_time": 1.0 + clock.seconds[key], "confidence": 1.0,
            "subsets": [split.upper()], "text": case.text,
        }  # fmt: skip
        audios.append({"aid": recording, "path": name, "duration": len(long) / RATE, "segments": [part]})
    put(data / "wenetspeech/WenetSpeech.json", json.dumps({"language": "CN", "audios": audios}, ensure_ascii=False))
    return ids_of(cases, WENET)


def wenetspeech_parquet(data: Path, cases: Cases, clock: Clock) -> Ids:
    rows: dict[str, list[dict[str, Any]]] = {split: [] for split in cases}
    for split, _, key, case in numbered(cases, WENET):
        audio = {"bytes": clock.wav(key), "path": f"{key}.wav"}
        rows[split].append({"sid": key, "subsets": [split.upper()], "text": case.text, "audio": audio})
    for split, found in rows.items():
        parquet(data / f"wenetspeech/data/{split}-00000-of-00001.parquet", found)
    return ids_of(cases, WENET)


def _aishell1(cases: Cases, clock: Clock) -> tuple[dict[str, bytes], str, Ids]:
    files, lines = {}, ["BAC009S0002W0122 而 训练 集 的 话"]
    form = "BAC009S07{index:02d}W0121"
    ids: Ids = {"test": []}
    speakers = ["S0764", "S0916"]
    for _, index, _, case in numbered(cases, form):
        speaker = speakers[index]
        key = f"BAC009{speaker}W0121"
        files[f"test/{speaker}/{key}.wav"] = clock.wav(key)
        lines.append(f"{key} {case.text}")
        ids["test"].append(key)
    return files, "".join(f"{line}\n" for line in lines), ids


def aishell1_tree(data: Path, cases: Cases, clock: Clock) -> Ids:
    files, transcript, ids = _aishell1(cases, clock)
    put(data / "aishell1/data_aishell/transcript/aishell_transcript_v0.8.txt", transcript)
    for name, content in {**files, "train/S0002/BAC009S0002W0122.wav": clock.wav("unused")}.items():
        put(data / "aishell1/data_aishell/wav" / name, content)
    return ids


def aishell1_archives(data: Path, cases: Cases, clock: Clock) -> Ids:
    files, transcript, ids = _aishell1(cases, clock)
    put(data / "aishell1/data_aishell/transcript/aishell_transcript_v0.8.txt", transcript)
    for name, content in files.items():
        pack(data / f"aishell1/data_aishell/wav/{name.split('/')[1]}.tar.gz", {name: content})
    return ids


def aishell1_parquet(data: Path, cases: Cases, clock: Clock) -> Ids:
    rows = []
    for _, _, key, case in numbered(cases, "{split}_{index:05d}"):
        rows.append({"audio": {"bytes": clock.wav(key), "path": None}, "text": case.text.replace(" ", "")})
    parquet(data / "aishell1/data/test-00000-of-00001.parquet", rows)
    return ids_of(cases, "{split}_{index:05d}")


def aishell2_release(data: Path, cases: Cases, clock: Clock) -> Ids:
    folder = data / "aishell2/AISHELL-DEV-TEST-SET/iOS/test"
    form = "IT001{index}W0001"
    scp = text = ""
    for _, _, key, case in numbered(cases, form):
        name = f"wav/{key[1:6]}/{key}.wav"
        put(folder / name, clock.wav(key))
        scp, text = f"{scp}{key}\t{name}\n", f"{text}{key}\t{case.text}\n"
    put(folder / "wav.scp", scp)
    put(folder / "trans.txt", text)
    return ids_of(cases, form)


FLEURS_ROW = "1{place:02d}9{index}"  # a sentence id of its own for every row


def _fleurs(cases: Cases) -> Iterator[tuple[str, str, str, Case]]:
    """(split, sentence id, stem of the file's name, case)."""
    for split, index, sentence, case in numbered(cases, FLEURS_ROW):
        yield split, sentence, f"1000{sentence}{index}", case


def _fleurs_ids(cases: Cases) -> Ids:
    ids: Ids = {split: [] for split in cases}
    for split, sentence, stem, _ in _fleurs(cases):
        ids[split].append(f"{split}/{sentence}_{stem}")
    return ids


def _fleurs_tables(data: Path, cases: Cases) -> None:
    lines = dict.fromkeys(cases, "")
    for split, sentence, stem, case in _fleurs(cases):
        fields = (sentence, f"{stem}.wav", f"{case.text}.", case.text, " | ".join(case.text), "1600", "MALE")
        lines[split] += "\t".join(fields) + "\n"
    for split, content in lines.items():
        put(data / f"fleurs/data/{split}/test.tsv", content)


def fleurs_archives(data: Path, cases: Cases, clock: Clock) -> Ids:
    _fleurs_tables(data, cases)
    files: dict[str, dict[str, bytes | str]] = {split: {} for split in cases}
    for split, sentence, stem, _ in _fleurs(cases):
        files[split][f"test/{stem}.wav"] = clock.wav(f"{split}/{sentence}_{stem}")
    for split, found in files.items():
        pack(data / f"fleurs/data/{split}/audio/test.tar.gz", found)
    return _fleurs_ids(cases)


def fleurs_folders(data: Path, cases: Cases, clock: Clock) -> Ids:
    _fleurs_tables(data, cases)
    for split, sentence, stem, _ in _fleurs(cases):
        put(data / f"fleurs/data/{split}/audio/test/{stem}.wav", clock.wav(f"{split}/{sentence}_{stem}"))
    return _fleurs_ids(cases)


def fleurs_parquet(data: Path, cases: Cases, clock: Clock) -> Ids:
    rows: dict[str, list[dict[str, Any]]] = {split: [] for split in cases}
    for split, sentence, stem, case in _fleurs(cases):
        audio = {"bytes": clock.wav(f"{split}/{sentence}_{stem}"), "path": f"{stem}.wav"}
        rows[split].append(
            {"id": int(sentence), "num_samples": 1600, "path": f"/cache/extracted/test/{stem}.wav", "audio": audio,
             "transcription": case.text, "raw_transcription": f"{case.text}."}
        )  # fmt: skip
    for split, found in rows.items():
        parquet(data / f"fleurs/{split}/test/0000.parquet", found)
    return _fleurs_ids(cases)


def childmandarin_shards(data: Path, cases: Cases, clock: Clock) -> Ids:
    form = "01_{index:03d}_child"
    files: dict[str, bytes | str] = {}
    for _, index, key, case in numbered(cases, form):
        record = {"transcription": case.text, "speaker": f"{index}", "gender": "F", "age": "4"}
        files[f"./{key}.json"] = json.dumps(record, ensure_ascii=False)
        files[f"./{key}.wav"] = clock.wav(key)
    pack(data / "childmandarin/new_data/test.tar", files)
    return ids_of(cases, form)


def common_voice_archives(data: Path, cases: Cases, clock: Clock) -> Ids:
    form = "common_voice_{split}_1900{index}"
    header = "client_id\tpath\tsentence\tup_votes\tdown_votes\tage\tgender\taccents\tvariant\tlocale\tsegment\n"
    tables = dict.fromkeys(cases, header)
    folders = {"en": "en", "zh": "zh-CN"}
    for split, index, key, case in numbered(cases, form):
        release = data / "common_voice_15/cv-corpus-15.0-2023-09-08" / folders[split]
        tables[split] += f"client{index}\t{key}.mp3\t{case.text}\t2\t0\t\t\t\t\t{folders[split]}\t\n"
        put(release / f"clips/{key}.mp3", clock.wav(key, "MP3"))
        put(release / "test.tsv", tables[split])
    return ids_of(cases, form)


def common_voice_parquet(data: Path, cases: Cases, clock: Clock) -> Ids:
    form = "{split}_{index:05d}"
    rows: dict[str, list[dict[str, Any]]] = {split: [] for split in cases}
    for split, _, key, case in numbered(cases, form):
        rows[split].append({"audio": {"bytes": clock.wav(key), "path": None}, "sentence": case.text})
    for split, found in rows.items():
        parquet(data / f"common_voice_15/data/{split}-00000-of-00001.parquet", found)
    return ids_of(cases, form)


def mir_1k_release(data: Path, cases: Cases, clock: Clock) -> Ids:
    form = "abjones_{index}_01"
    for _, _, key, case in numbered(cases, form):
        put(data / f"mir_1k/MIR-1K/Wavfile/{key}.wav", clock.wav(key, stereo=True))
        put(data / f"mir_1k/MIR-1K/Lyrics/{key}.txt", case.text.encode("big5hkscs") + b"\r\n")
    return ids_of(cases, form)


def opencpop_release(data: Path, cases: Cases, clock: Clock) -> Ids:
    form = "20{index}4001234"
    lines = ""
    for _, _, key, case in numbered(cases, form):
        lines += f"{key}|{case.text}|g an sh ou|C4 C4|0.2 0.2|0.1 0.1|0 0\n"
        put(data / f"opencpop/segments/wavs/{key}.wav", clock.wav(key))
    put(data / "opencpop/segments/test.txt", lines)
    return ids_of(cases, form)


Builder = Callable[[Path, Cases, Clock], Ids]
LAYOUTS: list[tuple[str, Builder]] = [
    ("librispeech", librispeech_tree),
    ("librispeech", librispeech_archives),
    ("librispeech", librispeech_parquet),
    ("wenetspeech", wenetspeech_release),
    ("wenetspeech", wenetspeech_parquet),
    ("aishell1", aishell1_tree),
    ("aishell1", aishell1_archives),
    ("aishell1", aishell1_parquet),
    ("aishell2", aishell2_release),
    ("fleurs", fleurs_archives),
    ("fleurs", fleurs_folders),
    ("fleurs", fleurs_parquet),
    ("childmandarin", childmandarin_shards),
    ("common_voice_15", common_voice_archives),
    ("common_voice_15", common_voice_parquet),
    ("mir_1k", mir_1k_release),
    ("opencpop", opencpop_release),
]


def build(task: str, data: Path, builder: Builder | None = None) -> tuple[Ids, Clock]:
    """Write a task's corpus below `data`; the first of its layouts where none is named."""
    clock = Clock()
    chosen = builder or next(one for name, one in LAYOUTS if name == task)
    return chosen(data, CASES[task], clock), clock


def answers(path: Path, task: str, ids: Ids) -> Path:
    """Add the answers of a task to a file for the model `replay`."""
    with path.open("a", encoding="utf-8") as file:
        for split, keys in ids.items():
            for key, case in zip(keys, CASES[task][split], strict=True):
                file.write(json.dumps({"id": key, "text": case.answer}, ensure_ascii=False) + "\n")
    return path
