"""MiniMax's multilingual test set: 100 sentences in each of 24 languages, in the voices of two speakers of it."""

from __future__ import annotations

from evalkit.authoring import Cell, Dataset, Generation, Task, by_split, error_rate, similarity, speak, task
from evalkit.tasks.minimax_multilingual.layout import Voices

# The ten languages of Qwen3-Omni's table, then the others.
LANGUAGES = {
    "zh": "chinese", "en": "english", "de": "german", "it": "italian", "pt": "portuguese", "es": "spanish",
    "ja": "japanese", "ko": "korean", "fr": "french", "ru": "russian",
    "ar": "arabic", "yue": "cantonese", "cs": "czech", "nl": "dutch", "fi": "finnish", "el": "greek", "hi": "hindi",
    "id": "indonesian", "pl": "polish", "ro": "romanian", "th": "thai", "tr": "turkish", "uk": "ukrainian",
    "vi": "vietnamese",
}  # fmt: skip
GET = "hf download --repo-type dataset MiniMaxAI/TTS-Multilingual-Test-Set --local-dir DIR/minimax_multilingual"
ASK = "Say this {} text in the voice you heard, word for word:"
PROMPT = {code: ASK.format(name.title()) for code, name in LANGUAGES.items()}


@task("minimax_multilingual", version=1)
def minimax_multilingual() -> Task:
    """Words, or characters of zh, yue, ja, ko and th; similarity by the encoder of --listener voice=MODEL."""
    return Task(
        source=Dataset("minimax_multilingual", tuple(LANGUAGES), [Voices(LANGUAGES)], get=GET),
        sample=speak(
            by_split(PROMPT),
            voice="prompt_audio",
            transcript="prompt_text",
            language=by_split({code: code for code in LANGUAGES}),
            meta=("speaker",),
        ),
        scorers=[error_rate("ultraeval_tts", heard=True), similarity("voice", to="prompt_audio")],
        columns={
            f"minimax_multilingual.{code}.{column}": Cell(code, metric)
            for column, metric in (("wer", "error_rate"), ("sim", "similarity"))
            for code in LANGUAGES
        },
        generation=Generation(speech=True, max_new_tokens=2048),
        listeners={"transcriber": {"zh": "paraformer-zh", "*": "whisper-large-v3"}},
        takes=frozenset({"text", "audio"}),
    )
