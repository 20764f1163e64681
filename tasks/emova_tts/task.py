"""EMOVA's synthesis, Table 6: sentences of LibriSpeech and AISHELL-2, spoken and recognised again."""

from __future__ import annotations

from evalkit.authoring import Cell, Dataset, Generation, Row, Sample, Task, error_rate, layouts, speak, task

ON_HUB = {"test_clean": "test"}
LIST = "librispeech-asr-tts"
FIELDS = {"conversations": "conversations"}
CORPUS = [layouts.LibriSpeech(), layouts.LibriSpeechArchive()]
RELEASED = [
    layouts.Parquet(ON_HUB, config={"test_clean": LIST}, fields=FIELDS),
    layouts.JsonLines({"test_clean": f"{LIST}/test.jsonl"}, "id", FIELDS),
]
FOLDERS = ("AISHELL-DEV-TEST-SET/{}/test", "{}/test")  # of a channel
GET = "download Emova-ollm/emova-asr-tts-eval into DIR/librispeech, or LibriSpeech's test-clean from openslr.org/12"
GET_ZH = "download AISHELL2-2018A-EVAL from http://www.aishelltech.com/aishell_eval and extract iOS/test.tar.gz"
ENGLISH = speak("Say this, word for word:", language="en")
CHINESE = speak("把下面的文字一字不差地读出来：", language="zh")
RULES = ("emova_tts", "emova_asr")


def sentence(row: Row, split: str) -> list[Sample]:
    """The sentence of a corpus, or of EMOVA's list behind its own instruction; recognition is passed over."""
    if "conversations" in row:
        if "tts" not in row["id"]:
            return []
        row = {**row, "text": row["conversations"][0]["value"].partition("\n")[2]}
    made = ENGLISH(row, split)
    return [made] if isinstance(made, Sample) else list(made)


@task("emova_tts_en", version=1)
def emova_tts_en() -> Task:
    """Words, of all sentences together: by Whisper's English normaliser, and without any."""
    return Task(
        source=Dataset("librispeech", tuple(ON_HUB), [*RELEASED, *CORPUS], get=GET),
        sample=sentence,
        scorers=[error_rate(rule, heard=True) for rule in RULES],
        columns={
            "librispeech.test_clean.tts_wer": Cell("test_clean", scorer="error_rate:emova_tts"),
            "librispeech.test_clean.tts_wer.raw": Cell("test_clean", scorer="error_rate:emova_asr"),
        },
        generation=Generation(speech=True, max_new_tokens=1024),
        listeners={"transcriber": "whisper-large-v3"},
        takes=frozenset({"text"}),
        language="en",
    )


@task("emova_tts_zh", version=1)
def emova_tts_zh(channel: str = "iOS") -> Task:
    """Characters, of all sentences together: by the text normaliser without spaces, and without any."""
    known = [layouts.Kaldi({"test": folder.format(channel)}) for folder in FOLDERS]
    return Task(
        source=Dataset("aishell2", ("test",), known, get=GET_ZH),
        sample=CHINESE,
        scorers=[error_rate(rule, heard=True) for rule in RULES],
        columns={
            "aishell2.test.tts_cer": Cell("test", scorer="error_rate:emova_tts"),
            "aishell2.test.tts_cer.raw": Cell("test", scorer="error_rate:emova_asr"),
        },
        generation=Generation(speech=True, max_new_tokens=1024),
        listeners={"transcriber": "paraformer-zh"},
        takes=frozenset({"text"}),
        language="zh",
    )
