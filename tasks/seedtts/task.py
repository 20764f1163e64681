"""Seed-TTS-eval: sentences to be said in the voice of a recording, heard by recognisers and compared by an encoder."""

from __future__ import annotations

from evalkit.authoring import (  # isort: skip
    Cell, DataError, Dataset, Generation, Row, Sample, Scorer, Task, by_split, error_rate, speak, task,
)  # fmt: skip
from evalkit.tasks.seedtts.lists import FILES, Lists
from evalkit.tasks.seedtts.one_channel import OneChannel

GET = "download seedtts_testset from the link in https://github.com/BytedanceSpeech/seed-tts-eval and extract it"
LANGUAGE = by_split({"test_en": "en"}, other="zh")
CLONE = by_split(
    {"test_en": "Say this in the voice you heard, word for word:"},
    other="用你刚才听到的声音，把下面的文字一字不差地读出来：",
)
READ = by_split({"test_en": "Say this, word for word:"}, other="把下面的文字一字不差地读出来：")
CLONED = speak(CLONE, voice="prompt_audio", transcript="prompt_text", language=LANGUAGE)
OWN_VOICE = speak(READ, language=LANGUAGE)


def cloned(row: Row, split: str) -> Sample:
    """The sentence, to be said in the voice of the line's recording."""
    if row["prompt_audio"] is None:
        raise DataError(
            f"sample '{row['id']}'", "its line names no recording of a voice; --task-arg voice=false asks for any voice"
        )
    made = CLONED(row, split)
    assert isinstance(made, Sample)
    return made


@task("seedtts", version=1)
def seedtts(voice: bool = True) -> Task:
    """Error rate and similarity; voice=false gives no recording and asks for no similarity: models with own voices."""
    scorers: list[Scorer] = [error_rate("seedtts", heard=True)]
    columns = {f"seedtts.{split}.wer": Cell(split, "error_rate") for split in FILES}
    if voice:
        scorers.append(OneChannel("voice", "prompt_audio"))
        columns |= {f"seedtts.{split}.sim": Cell(split, "similarity") for split in FILES}
    return Task(
        source=Dataset("seed_tts_eval", tuple(FILES), [Lists(voice)], get=GET),
        sample=cloned if voice else OWN_VOICE,
        scorers=scorers,
        columns=columns,
        generation=Generation(speech=True, max_new_tokens=2048),
        listeners={"transcriber": {"en": "whisper-large-v3", "zh": "paraformer-zh"}},
        takes=frozenset({"text", "audio"} if voice else {"text"}),
        shared_ids=True,
    )
