"""Covo-Audio Table 10: the mean of seven recognition sets."""

from __future__ import annotations

from evalkit.authoring import Suite, task

COLUMNS = (
    "wenetspeech.test_net.wer",
    "wenetspeech.test_meeting.wer",
    "librispeech.test_clean.wer",
    "librispeech.test_other.wer",
    "fleurs.en.wer",
    "fleurs.zh.wer",
    "aishell1.test.wer",
)


@task("covo_asr_suite", version=1)
def covo_asr_suite() -> Suite:
    """Every set weighs the same; the table cuts after two decimals instead of rounding."""
    return Suite(
        members={
            "wenetspeech": ("test_net", "test_meeting"),
            "librispeech": ("test_clean", "test_other"),
            "fleurs": ("en_us", "cmn_hans_cn"),
            "aishell1": ("test",),
        },
        averages="published",
    )
