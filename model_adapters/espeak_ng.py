"""The synthesizer that runs anywhere: eSpeak NG."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from evalkit.core.errors import UsageError
from evalkit.core.model import Answer, Model, model
from evalkit.core.response import Failure, Response
from evalkit.core.sample import Request
from evalkit.media import espeak

_HAN = re.compile(r"[\u4e00-\u9fff]")


@model("espeak-ng", takes=("text",), gives=("text", "speech"))
class EspeakNg(Model):
    """Speaks the text of the last message.

    Args:
        voice: name of eSpeak NG, such as "en-us+f3"; "auto" takes "cmn" for texts with Chinese characters and "en-us"
            for others.
        rate: factor on 175 words per minute.
        pitch: factor on the voice's own.
        loudness: factor on the amplitude.
    """

    speech_rate = espeak.SAMPLE_RATE

    def __init__(self, voice: str = "auto", rate: float = 1.0, pitch: float = 1.0, loudness: float = 1.0) -> None:
        if not (0.4 <= rate <= 2.6 and 0.5 <= pitch <= 2 and 0 < loudness <= 2):
            raise UsageError(
                "model 'espeak-ng': expected rate 0.4 to 2.6, pitch 0.5 to 2, loudness above 0 and up to 2"
            )
        self._voice = voice
        self._how = {"rate": rate, "pitch": pitch, "loudness": loudness}

    def check(self) -> None:
        """A synthesizer must be there."""
        espeak.engine()

    def versions(self) -> Mapping[str, str]:
        """Version of the synthesizer."""
        return {"espeak-ng": espeak.engine().version}

    def stream(self, requests: Iterator[Request]) -> Iterator[Answer]:
        """One response per request, in order: the text and its speech."""
        from evalkit.media.audio import from_samples

        for request in requests:
            text = request.messages[-1].text if request.messages else ""
            voice = self._voice if self._voice != "auto" else "cmn" if _HAN.search(text) else "en-us"
            try:
                samples = espeak.synthesize(text, voice, **self._how)
            except espeak.SynthesizerError as error:
                yield request.id, Response(failure=Failure("input", str(error)))
                continue
            seconds = len(samples) / espeak.SAMPLE_RATE
            audio = from_samples(samples, espeak.SAMPLE_RATE)
            yield request.id, Response(text=text, audio=audio, usage={"speech_seconds": seconds})
