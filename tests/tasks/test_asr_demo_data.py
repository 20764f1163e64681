"""The embedded set asr_demo: what lies in the package is what its manifest, its card and its builder say."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from evalkit.core.errors import UsageError
from evalkit.plugins import read_card
from evalkit.tasks.asr_demo import build

FOLDER = Path(build.__file__).parent
DATA = FOLDER / "data"
ROWS: list[dict[str, Any]] = [json.loads(line) for line in (DATA / "manifest.jsonl").read_text().splitlines()]
CONDITIONS = {"clean", "noise_10db", "telephone"}


def samples(row: dict[str, Any]) -> np.ndarray:
    return np.asarray(soundfile.read(DATA / row["audio"], dtype="int16")[0], dtype=np.float64)


def of(condition: str) -> list[dict[str, Any]]:
    return [row for row in ROWS if row["condition"] == condition]


def partners() -> dict[str, dict[str, dict[str, Any]]]:
    by_sentence: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for row in ROWS:
        by_sentence[row["sentence"]][row["condition"]] = row
    return by_sentence


def active_power(signal: np.ndarray, frame: int) -> float:
    """Mean square of the 20 ms frames within 30 dB of the loudest, as the card defines active speech."""
    powers = [float(np.mean(signal[at : at + frame] ** 2)) for at in range(0, len(signal) - frame + 1, frame)]
    return float(np.mean([power for power in powers if power >= max(powers) / 1000]))


def share_of_energy(signal: np.ndarray, rate: int, low: float, high: float) -> float:
    power = np.abs(np.fft.rfft(signal * np.hanning(len(signal)))) ** 2
    hertz = np.fft.rfftfreq(len(signal), 1 / rate)
    return float(power[(hertz >= low) & (hertz < high)].sum() / power.sum())


def test_about_100_utterances_with_unique_ids_from_at_least_five_voices() -> None:
    assert 100 <= len(ROWS) <= 120
    assert max(Counter(row["id"] for row in ROWS).values()) == 1
    per_voice = Counter(row["voice"] for row in of("clean"))
    assert len(per_voice) >= 5
    assert set(per_voice) <= set(build.VOICES)
    assert max(per_voice.values()) - min(per_voice.values()) <= 1


def test_every_sentence_is_paired_over_the_three_conditions() -> None:
    for sentence, rows in partners().items():
        assert set(rows) == CONDITIONS, sentence
        assert len({(row["text"], row["voice"]) for row in rows.values()}) == 1, sentence
        assert len({row["seconds"] for row in rows.values()}) == 1, sentence


def test_transcripts_are_those_of_the_sentence_file() -> None:
    lines = [json.loads(line) for line in (FOLDER / "sentences.jsonl").read_text().splitlines()]
    wanted = {line["sentence"]: (line["text"], line["voice"]) for line in lines}
    assert {row["sentence"]: (row["text"], row["voice"]) for row in ROWS} == wanted
    assert len({text for text, _ in wanted.values()}) == len(wanted)
    for text, _ in wanted.values():
        assert 5 <= len(text.split()) <= 14
        assert text[0].isupper()
        assert text[-1] in ".?"
        # Hyphens and digits would be scored by the normaliser's taste, not by what was heard.
        assert set(text.lower()) <= set("abcdefghijklmnopqrstuvwxyz ,.?'")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_file_is_what_its_row_says(row: dict[str, Any]) -> None:
    path = DATA / row["audio"]
    assert hashlib.sha256(path.read_bytes()).hexdigest() == row["sha256"]
    info = soundfile.info(path)
    assert (info.format, info.subtype, info.channels) == ("FLAC", "PCM_16", 1)
    assert info.samplerate == row["sample_rate"] == (8000 if row["condition"] == "telephone" else 16000)
    assert row["seconds"] == pytest.approx(info.frames / info.samplerate, abs=6e-4)
    pcm = soundfile.read(path, dtype="int16")[0].astype("<i2")
    assert hashlib.sha256(pcm.tobytes()).hexdigest() == row["pcm_sha256"]
    assert 1000 < np.abs(pcm.astype(int)).max() < 32000  # neither silent nor clipped
    assert np.sqrt(np.mean(pcm.astype(float) ** 2)) > 150


def test_the_package_carries_these_files_only_and_less_than_5_mb() -> None:
    files = {str(path.relative_to(DATA)) for path in DATA.rglob("*") if path.is_file()}
    assert files == {row["audio"] for row in ROWS} | {"manifest.jsonl", "build.json"}
    assert sum((DATA / name).stat().st_size for name in files) < 5_000_000


def test_clean_speech_has_one_level_and_short_silences_at_its_ends() -> None:
    for row in of("clean"):
        signal = samples(row)
        assert 10 * np.log10(active_power(signal, 320) / 32768**2) == pytest.approx(-30.0, abs=0.05), row["id"]
        loud = np.flatnonzero(np.abs(signal) > np.abs(signal).max() / 30)
        assert loud[0] < 0.3 * 16000, row["id"]
        assert len(signal) - loud[-1] < 0.5 * 16000, row["id"]


def test_measured_snr_is_the_stated_one() -> None:
    for rows in partners().values():
        clean, noisy = rows["clean"], rows["noise_10db"]
        speech = samples(clean)
        noise = samples(noisy) - speech
        measured = 10 * np.log10(active_power(speech, 320) / np.mean(noise**2))
        assert noisy["snr_db"] == 10.0
        assert measured == pytest.approx(noisy["snr_db"], abs=0.5), noisy["id"]
        assert noise.std() > 0
        assert share_of_energy(noise, 16000, 0, 1000) > 0.95  # brown: most of it is low


def test_no_two_noises_are_the_same() -> None:
    pairs = partners().values()
    heads = {(samples(p["noise_10db"]) - samples(p["clean"]))[:2000].tobytes() for p in pairs}
    assert len(heads) == len(pairs) == len({tuple(p["noise_10db"]["seed"]) for p in pairs})


def test_telephone_keeps_its_band_and_nothing_else() -> None:
    for rows in partners().values():
        row = rows["telephone"]
        narrow = samples(row)
        assert share_of_energy(narrow, 8000, 3450, 4001) < 1e-3, row["id"]
        assert share_of_energy(narrow, 8000, 0, 250) < 1e-3, row["id"]
        assert share_of_energy(narrow, 8000, 300, 3400) > 0.98, row["id"]


def inside_the_band(signal: np.ndarray, rate: int) -> np.ndarray:
    """At 8 kHz, cut to 450-3200 Hz, where any telephone filter passes everything."""
    spectrum = np.fft.rfft(signal)
    hertz = np.fft.rfftfreq(len(signal), 1 / rate)
    spectrum[(hertz < 450) | (hertz > 3200)] = 0
    return np.fft.irfft(spectrum, len(signal))[:: rate // 8000]


def test_telephone_is_the_clean_speech_without_delay() -> None:
    for rows in partners().values():
        wanted = inside_the_band(samples(rows["clean"]), 16000)
        heard = inside_the_band(samples(rows["telephone"]), 8000)
        size = min(len(wanted), len(heard))
        assert np.corrcoef(wanted[:size], heard[:size])[0, 1] > 0.99, rows["telephone"]["id"]


def test_telephone_samples_are_g711_output_levels() -> None:
    positive = {4 * (((2 * step + 33) << segment) - 33) for segment in range(8) for step in range(16)}
    levels = positive | {-level for level in positive}
    for row in of("telephone"):
        assert set(samples(row).astype(int)) <= levels, row["id"]


def test_mu_law_agrees_with_libsndfile() -> None:
    every = np.arange(-32768, 32768, 4, dtype=np.int16)
    file = io.BytesIO()
    soundfile.write(file, every, 8000, format="AU", subtype="ULAW")
    file.seek(0)
    wanted = soundfile.read(file, dtype="int16")[0]
    assert np.array_equal(build.mu_law(every), wanted)


def test_card_states_the_size() -> None:
    header, body = read_card(FOLDER / "card.md")
    assert header["size"]["utterances"] == len(ROWS)
    assert header["size"]["hours"] == pytest.approx(sum(row["seconds"] for row in ROWS) / 3600, abs=5e-4)
    assert header["columns"] == [f"asr_demo.{name}.wer" for name in ("clean", "noise_10db", "telephone")]
    assert all(f"`{voice}`" in body for voice in build.VOICES)


def test_rebuilding_gives_the_same_samples(tmp_path: Path) -> None:
    if missing := [name for name in ("flite", "espeak-ng") if shutil.which(name) is None]:
        pytest.skip(f"not installed: {', '.join(missing)}")
    recorded, here = json.loads((DATA / "build.json").read_text())["versions"], build.versions()
    matter = ("flite", "espeak-ng", "numpy", "soxr", "machine")
    if other := [f"{name} {here[name]}, not {recorded[name]}" for name in matter if here[name] != recorded[name]]:
        pytest.skip(f"built with other tools: {'; '.join(other)}")
    rows = build.build(tmp_path, only=["s01", "s02", "s04"])
    committed = {row["id"]: row for row in ROWS}
    assert {row["voice"] for row in rows} == {"flite_rms", "espeak_us_f5", "flite_slt"}
    assert len(rows) == 9
    for row in rows:
        expected = committed[row["id"]]
        assert {**row, "sha256": None} == {**expected, "sha256": None}  # the encoder may write other bytes
        assert np.array_equal(
            soundfile.read(tmp_path / row["audio"], dtype="int16")[0],
            soundfile.read(DATA / row["audio"], dtype="int16")[0],
        )


def test_builder_says_what_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="no such sentence: s99"):
        build.build(tmp_path, only=["s01", "s99"])
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="apt-get install flite espeak-ng"):
        build.speak("flite_slt", "Nobody will hear this.")
