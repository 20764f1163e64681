"""CV3-Eval, cross-lingual cloning: a text in one language, to be said in a voice that is heard in another."""

from __future__ import annotations

from evalkit.authoring import (  # isort: skip
    Cell, Dataset, Generation, Scorer, Task, by_split, error_rate, similarity, speak, task,
)  # fmt: skip
from evalkit.tasks.cv3_eval.layout import LANGUAGES, CrossLingual, sources

SPLITS = {f"to_{language}": language for language in LANGUAGES}
PROMPT = by_split({
    "to_zh": "用你刚才听到的声音，把下面的中文一字不差地读出来：",
    "to_en": "Say this in English, word for word, in the voice you heard:",
    "to_ja": "聞こえた声で、次の文章をそのまま日本語で読んでください。",
    "to_ko": "방금 들은 목소리로 다음 글을 그대로 한국어로 읽어 주세요.",
})  # fmt: skip
PAIRS = [(source, target) for target in LANGUAGES for source in sources(target)]


@task("cv3_eval", version=1)
def cv3_eval(voice: bool = False) -> Task:
    """Error rates of twelve pairs of languages; voice=true adds similarity, by --listener voice=MODEL."""
    scorers: list[Scorer] = [error_rate("cv3", heard=True)]
    kinds = {"wer": "error_rate"}
    if voice:
        scorers.append(similarity("voice", to="audio"))
        kinds["sim"] = "similarity"
    return Task(
        source=Dataset("cv3_eval", tuple(SPLITS), [CrossLingual()], get="git clone FunAudioLLM/CV3-Eval, DIR/cv3_eval"),
        sample=speak(PROMPT, voice="audio", transcript="prompt_text", language=by_split(SPLITS), meta=("source",)),
        scorers=scorers,
        columns={
            f"cv3_eval.cross_lingual.{source}_to_{target}.{kind}": Cell(f"to_{target}", metric, ("source", source))
            for kind, metric in kinds.items()
            for source, target in PAIRS
        },
        breakdowns=("source",),
        optional_groups=True,
        generation=Generation(speech=True, max_new_tokens=2048),
        listeners={"transcriber": {"zh": "paraformer-zh", "*": "whisper-large-v3"}},
        takes=frozenset({"text", "audio"}),
        shared_ids=True,
    )
