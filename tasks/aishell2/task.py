"""AISHELL-2 test, iOS channel: Mandarin read speech of ten speakers."""

from __future__ import annotations

from evalkit.authoring import Cell, Dataset, Task, error_rate, layouts, task, transcription

FOLDERS = ("AISHELL-DEV-TEST-SET/iOS/test", "iOS/test")
SPEAKER = r"(\w+?)W\d+$"  # IT0011W0001 -> IT0011

PROMPT = "请听这段中文录音，把听到的话逐字写下来，只写转写的文字。"


@task("aishell2", version=1)
def aishell2() -> Task:
    """Characters and Latin words by Kimi-Audio-Evalkit's rule; the paper prints it as WER."""
    return Task(
        source=Dataset(
            "aishell2",
            ("ios",),
            [layouts.Kaldi({"ios": folder}, speaker=SPEAKER) for folder in FOLDERS],
            get="download AISHELL2-2018A-EVAL from http://www.aishelltech.com/aishell_eval and extract iOS/test.tar.gz",
        ),
        sample=transcription(PROMPT, language="zh", cluster="speaker"),
        scorers=[error_rate("kimi", language="zh")],
        columns={"aishell2.test_ios.wer": Cell("ios")},
        takes=frozenset({"audio"}),
        language="zh",
    )
