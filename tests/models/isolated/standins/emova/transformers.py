"""A stand-in for EMOVA's model, processor and speech tokenizer."""

import json
import wave

import digest
import torch


class Batch(dict):
    def to(self, device):
        return self


class Model:
    device = "cpu"

    def __init__(self, path):
        self.path = path

    def eval(self):
        return self

    def to(self, device):
        return self

    def generate(self, input_ids, got, **settings):
        AutoProcessor.said = {"got": got, "settings": settings}
        return torch.cat([input_ids, torch.zeros(1, 5, dtype=torch.long)], 1)


class AutoModel:
    @staticmethod
    def from_pretrained(path, torch_dtype, trust_remote_code, **more):
        return Model(path)


class AutoProcessor:
    said = None
    units = None

    @classmethod
    def from_pretrained(cls, path, trust_remote_code):
        return cls()

    def set_speech_tokenizer(self, tokenizer):
        self.units = tokenizer

    def __call__(self, text, return_tensors, images=None, audios=None):
        assert audios is None or self.units is not None
        return Batch(
            input_ids=torch.zeros(1, 3, dtype=torch.long), got={"text": text, "images": images, "audios": audios}
        )

    def batch_decode(self, ids, skip_special_tokens, speaker=None, output_wav_prefix=None):
        assert ids.shape == (1, 5), "the prompt is cut off"
        if output_wav_prefix is not None:
            path = f"{output_wav_prefix}_0.wav"
            with wave.open(path, "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(22050)
                file.writeframes(b"\x01\x02" * 2205)
            return [path]
        text = digest.digest(**self.said)
        return [
            json.dumps({"assistant response text": text, "units": "<|speech_1|>"})
            if self.said["got"]["audios"]
            else text
        ]
