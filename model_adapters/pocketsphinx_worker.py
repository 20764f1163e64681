"""Process behind the `pocketsphinx` model: decodes one utterance per request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evalkit.core.errors import DataError
from evalkit.core.message import Audio
from evalkit.media.audio import decode
from evalkit.models.processes.serving import serve

RATE = 16000  # Hz, of the packaged acoustic model


def main() -> None:
    """Load the decoder once, then answer."""
    import numpy as np
    from pocketsphinx import Decoder

    # Cepstral means over the whole utterance, and features started anew for each: without both, an utterance would
    # be decoded differently after another one than alone.
    decoder = Decoder(samprate=RATE, cmn="batch", loglevel="FATAL")

    def answer(request: Mapping[str, Any]) -> dict[str, Any]:
        parts = [part for turn in request["messages"] for part in turn["content"] if part["type"] == "audio"]
        if len(parts) != 1:
            raise DataError(f"sample '{request['id']}'", f"pocketsphinx takes one audio, got {len(parts)}")
        samples = decode(Audio(path=parts[0]["path"]), RATE)
        pcm = np.clip(np.rint(samples * 32768.0), -32768, 32767).astype("<i2").tobytes()
        decoder.reinit_feat()
        decoder.start_utt()
        decoder.process_raw(pcm, no_search=False, full_utt=True)
        decoder.end_utt()
        found = decoder.hyp()
        return {
            "text": found.hypstr if found is not None else "",
            "usage": {"audio_seconds": len(samples) / RATE},
        }

    serve(answer, "pocketsphinx", ("audio", "text"), sample_rate={"in": RATE}, packages=("pocketsphinx",))
