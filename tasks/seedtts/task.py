"""Seed-TTS-eval: sentences to be said in the voice of a recording, heard by recognisers and compared by an encoder."""

from __future__ import annotations

from evalkit.authoring import (  # isort: skip
    Cell, DataError, Dataset, Generation, Row, Sample, Scorer, Task, by_split, error_rate, layouts, optional, speak,
    task,
)  # fmt: skip
from evalkit.tasks.seedtts.one_channel import OneChannel

FILES = {"test_zh": "zh/meta.lst", "test_en": "en/meta.lst", "test_hard": "zh/hardcase.lst"}
LISTS = layouts.Lines(FILES, fields=("id", "prompt_text", "prompt_audio", "text", optional("target")), sep="|")
GET = "download seedtts_testset from the link in https://github.com/BytedanceSpeech/seed-tts-eval and extract it"
LANGUAGE = by_split({"test_en": "en"}, other="zh")
CLONE = by_split(
    {"test_en": "Say this in the voice you heard, word for word:"},
    other="用你刚才听到的声音，把下面的文字一字不差地读出来：",
)
READ = by_split({"test_en": "Say this, word for word:"}, other="把下面的文字一字不差地读出来：")
CLONED = speak(CLONE, voice="prompt_audio", transcript="prompt_text", language=LANGUAGE)
OWN_VOICE = speak(READ, language=LANGUAGE)


def whole(row: Row) -> Row:
    """A row whose fifth field, where there is one, names a recording; else the sentence itself holds a bar."""
    if row["target"] and not row["target"].lower().endswith((".wav", ".flac", ".mp3")):
        raise DataError(
            f"sample '{row['id']}'",
            f"its fifth field, {row['target'][:60]!r}, names no recording: a bar in a text parts it; take it out",
        )
    return row


@task("seedtts", version=1)
def seedtts(voice: bool = True) -> Task:
    """Error rate and similarity; voice=false gives no recording and asks for no similarity: models with own voices."""
    make = CLONED if voice else OWN_VOICE

    def sample(row: Row, split: str) -> Sample:
        made = make(whole(row), split)
        assert isinstance(made, Sample)
        return made

    scorers: list[Scorer] = [error_rate("seedtts", heard=True)]
    columns = {f"seedtts.{split}.wer": Cell(split, "error_rate") for split in FILES}
    if voice:
        scorers.append(OneChannel("voice", "prompt_audio"))
        columns |= {f"seedtts.{split}.sim": Cell(split, "similarity") for split in FILES}
    return Task(
        source=Dataset("seed_tts_eval", tuple(FILES), [LISTS], get=GET),
        sample=sample,
        scorers=scorers,
        columns=columns,
        generation=Generation(speech=True, max_new_tokens=2048),
        listeners={"transcriber": {"en": "whisper-large-v3", "zh": "paraformer-zh"}},
        takes=frozenset({"text", "audio"} if voice else {"text"}),
        shared_ids=True,
    )
