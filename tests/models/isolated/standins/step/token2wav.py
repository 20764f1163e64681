"""A stand-in for the vocoder of Step-Audio 2's repository: a wav of 1000 samples per code."""

import io
import os
import wave


class Token2wav:
    def __init__(self, model_path, float16=False):
        assert os.path.basename(model_path) == "token2wav"

    def __call__(self, generated_speech_tokens, prompt_wav):
        assert os.path.isfile(prompt_wav), prompt_wav
        output = io.BytesIO()
        with wave.open(output, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(24000)
            file.writeframes(b"\x01\x02" * 1000 * len(generated_speech_tokens))
        return output.getvalue()
