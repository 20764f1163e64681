"""A stand-in for KimiAudio: the same constructor and `generate`, an answer that tells what it got."""

import digest

print("a library that prints on stdout while it is imported")


class Wave:
    def __init__(self, values):
        self.values = values

    def detach(self):
        return self

    def cpu(self):
        return self

    def tolist(self):
        return [self.values]


class KimiAudio:
    def __init__(self, model_path: str, load_detokenizer: bool = True):
        self.made = {"model_path": model_path, "load_detokenizer": load_detokenizer}

    def generate(
        self, chats, output_type="text", audio_temperature=0.0, audio_top_k=5, text_temperature=0.0, text_top_k=5,
        audio_repetition_penalty=1.0, audio_repetition_window_size=64, text_repetition_penalty=1.0,
        text_repetition_window_size=16, max_new_tokens=-1,
    ):  # fmt: skip
        assert all(chat["role"] in ("user", "assistant") for chat in chats)
        print("progress of the model on stdout")
        text = digest.digest(
            made=self.made, chats=chats, output_type=output_type, audio_temperature=audio_temperature,
            audio_top_k=audio_top_k, text_temperature=text_temperature, max_new_tokens=max_new_tokens,
        )  # fmt: skip
        return (Wave([0.5] * 2400) if output_type == "both" else None), text
