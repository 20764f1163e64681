"""A stand-in: AutoModel gives a MiniCPM-o whose `chat` tells what it got, with the arguments of 2.6 or of 4.5."""

import wave

import digest


class Part:
    def __init__(self):
        self.floats = False

    def float(self):
        self.floats = True
        return self


class Model:
    def __init__(self, path, made):
        self.path, self.made, self.tts, self.ready = path, made, Part(), False

    def eval(self):
        return self

    def to(self, device):
        return self

    def init_tts(self):
        self.ready = True

    def get_sys_prompt(self, ref_audio=None, mode="default", language="zh"):
        return {"role": "system", "content": [f"{mode} {language}", ref_audio]}

    def chat(self, msgs=None, **settings):
        assert self.ready and ("4_5" in self.path or self.tts.floats)
        assert ("tokenizer" in settings) != ("4_5" in self.path)
        assert ("sampling" in settings) != ("4_5" in self.path)
        settings.pop("tokenizer", None)
        if settings.pop("generate_audio", False):
            with wave.open(settings.pop("output_audio_path"), "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(24000)
                file.writeframes(b"\x01\x02" * 2400)
        return digest.digest(made=self.made, msgs=msgs, settings=settings)


class AutoModel:
    @staticmethod
    def from_pretrained(path, **made):
        made["torch_dtype"] = str(made["torch_dtype"])
        return Model(path, made)


class AutoTokenizer:
    @staticmethod
    def from_pretrained(path, trust_remote_code):
        return object()
