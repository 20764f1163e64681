"""A stand-in for Hello-Chat's undisclosed mix of AISHELL, WenetSpeech and LibriSpeech; see the card."""

from __future__ import annotations

from evalkit.authoring import Mean, Suite, task

WEIGHTS = {
    "aishell1.test.wer": 2,
    "wenetspeech.test_net.wer": 1,
    "wenetspeech.test_meeting.wer": 1,
    "librispeech.test_clean.wer": 1,
    "librispeech.test_other.wer": 1,
}


@task("hello_chat_asr", version=1)
def hello_chat_asr() -> Suite:
    """Each corpus weighs a third. The column is our own: the paper's, hello_chat.asr.error_rate, is not claimed."""
    average = Mean(*WEIGHTS, weights=tuple(WEIGHTS.values()))
    return Suite(
        members={
            "aishell1": ("test",),
            "wenetspeech": ("test_net", "test_meeting"),
            "librispeech": ("test_clean", "test_other"),
        },
        columns={"hello_chat_asr.corpus_mean.error_rate": average},
    )
