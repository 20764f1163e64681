"""Seed-TTS: sentences to be said in the voice of a recording; heard by a recogniser, compared by a voice encoder."""

from __future__ import annotations

from evalkit.authoring import (
    Cell,
    Dataset,
    Generation,
    Task,
    by_split,
    error_rate,
    layouts,
    optional,
    similarity,
    speak,
    task,
)

FILES = {"test_en": "en/meta.lst", "test_zh": "zh/meta.lst", "test_hard": "zh/hardcase.lst"}
LAYOUT = layouts.Lines(FILES, fields=("id", "prompt_text", "prompt_audio", "text", optional("target_audio")), sep="|")


@task("seed_tts", version=1)
def seed_tts() -> Task:
    """Name the encoder with --listener voice=MODEL."""
    return Task(
        source=Dataset("seed_tts_eval", tuple(FILES), [LAYOUT]),
        sample=speak(
            "Say this in the voice you heard:",
            voice="prompt_audio",
            transcript="prompt_text",
            language=by_split({"test_en": "en"}, other="zh"),
        ),
        scorers=[error_rate("seedtts", heard=True), similarity("voice", to="prompt_audio")],
        columns={
            f"seedtts.{split}.{column}": Cell(split, metric)
            for split in FILES
            for column, metric in (("wer", "error_rate"), ("sim", "similarity"))
        },
        generation=Generation(speech=True),
        listeners={"transcriber": {"en": "whisper-large-v3", "zh": "paraformer-zh"}},
        takes=frozenset({"text", "audio"}),
        shared_ids=True,
    )
