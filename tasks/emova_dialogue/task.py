"""EMOVA's spoken dialogue, Table 3: a reply in JSON, judged as text, as style and as speech; four sets."""

from __future__ import annotations

from evalkit.authoring import (  # isort: skip
    Cell, Dataset, Generation, Scorer, Task, UsageError, audio, by, error_rate, judged, layouts, rewritten, task,
)  # fmt: skip
from evalkit.tasks.emova_dialogue.reply import QUESTION, JsonReplies, OfReply
from evalkit.tasks.emova_dialogue.rows import FIELDS, Maker, plain, taken

SETS = ("speech_image_en", "speech_image_zh", "speech_text_en", "speech_text_zh")
CONFIGS = {name: f"emova-{name.replace('_', '-')}" for name in SETS}
COLUMNS = {"end_to_end": "end_to_end", "unit_in": "unit_in", "emotion_acc": "emotion_score", "pitch_acc": "pitch_score",
           "recognition.error_rate": "recognition", "synthesis.error_rate": "synthesis",
           "synthesis.error_rate.raw": "synthesis_raw", "json_success": "json_success"}  # fmt: skip
GIVEN = ("speech", "bare", "units")
GET = (
    "download Emova-ollm/emova-sft-speech-eval into DIR/emova_dialogue; recordings of its units beside it, see the card"
)


def source(sets: tuple[str, ...], recordings: bool) -> Dataset:
    """The hub's Parquet files, one configuration for each set; a recording is CONFIG/audio/ID.wav."""
    fields = {**FIELDS, "audio": audio("audio/{id}.wav")} if recordings else FIELDS
    files = {name: f"{config}/test.jsonl" for name, config in CONFIGS.items()}
    known = [layouts.Parquet("test", config=CONFIGS, fields=fields), layouts.JsonLines(files, "id", fields)]
    return Dataset("emova_dialogue", sets, known, get=GET)


def recognised() -> Scorer:
    """English: lower case, ASCII punctuation deleted, words; Chinese: text normaliser without spaces, characters."""
    english = rewritten(error_rate("emova_asr", "en"), "lower-case", reference=plain, answer=plain)
    return by("language", {"en": english, "zh": error_rate("emova_tts", "zh")})


@task("emova_dialogue", version=1)
def emova_dialogue(given: str = "speech", images: bool = True) -> Task:
    """Spoken questions, given as speech, bare (the recording alone) or units; images=false leaves two sets out."""
    if given not in GIVEN:
        raise UsageError(f"--task-arg given={given}: expected one of {', '.join(GIVEN)}")
    sets, asked = tuple(name for name in SETS if images or "image" not in name), {"question": "meta.question"}
    columns = {f"emova_dialogue.{name}.{one}": Cell(name, metric) for name in sets for one, metric in COLUMNS.items()}
    return Task(
        source=source(sets, given != "units"), sample=Maker(given), shared_ids=True, breakdowns=("language",),
        scorers=[
            OfReply(judged("emova_response", metric="unit_in", inputs=asked)),
            OfReply(judged("emova_spoken_response", metric="end_to_end", inputs=asked, heard=True)),
            OfReply(judged("emova_style", inputs={"question": "meta.said_question"})),
            OfReply(recognised(), text=QUESTION, against="question", name="recognition"),
            OfReply(error_rate("emova_tts", heard=True), against="text", name="synthesis"),
            OfReply(error_rate("emova_asr", heard=True), against="text", name="synthesis_raw"),
            JsonReplies(),
        ],
        columns=columns, takes=taken("audio" if given != "units" else "text", images),
        generation=Generation(speech=True, max_new_tokens=4096),
        listeners={"transcriber": {"en": "whisper-large-v3", "zh": "paraformer-zh"}},
    )  # fmt: skip


@task("emova_dialogue_text_in", version=1)
def emova_dialogue_text_in(images: bool = True) -> Task:
    """The true questions as text: what of the score is lost by listening and by answering in JSON."""
    sets = tuple(name for name in SETS if images or "image" not in name)
    return Task(
        source=source(sets, False), sample=Maker("text"), shared_ids=True, breakdowns=("language",),
        scorers=[judged("emova_response", metric="text_in", inputs={"question": "meta.question"})],
        columns={f"emova_dialogue.{name}.text_in": Cell(name) for name in sets},
        takes=taken("text", images), generation=Generation(max_new_tokens=4096),
    )  # fmt: skip
