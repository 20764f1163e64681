"""MIR-1K: lyrics of karaoke singing, from the vocal channel alone."""

from __future__ import annotations

from evalkit.authoring import Cell, Dataset, Task, error_rate, layouts, normalize, rewritten, task, transcription

VOICE = 1  # channel: accompaniment left, voice right

PROMPT = "请听这段歌声，写出唱的歌词，不加标点，每句歌词单独一行，只写歌词。"


def simplified(lyrics: str) -> str:
    """The lyrics in simplified characters; those of the corpus are traditional."""
    return normalize.get("zhconv_cn")(lyrics)


@task("mir_1k", version=1)
def mir_1k() -> Task:
    """CER over simplified characters, lines joined; the paper prints it as WER."""
    return Task(
        source=Dataset(
            "mir_1k",
            ("vocal_only",),
            [layouts.Mir1k("vocal_only", channel=VOICE)],
            get="download MIR-1K from http://mirlab.org/dataset/public/",
        ),
        sample=transcription(PROMPT, language="zh", cluster="speaker", clean=simplified),
        scorers=[rewritten(error_rate("qwen2audio", language="zh"), "zh-cn", reference=simplified, answer=simplified)],
        columns={"mir_1k.vocal_only.wer": Cell("vocal_only")},
        takes=frozenset({"audio"}),
        language="zh",
    )
