import digest
import torch

TEXT = ["Hel", "lo 1", ".", "5 metres", "!", " Bye"]


class Tokens:
    def encode(self, text):
        return list(range(len(text)))


class Embedding:
    def embed_tokens(self, ids):
        return torch.zeros(len(ids), 896)


class Decoder:
    model = Embedding()


class Model:
    tokenizer = Tokens()
    llm_decoder = Decoder()


class inferencePipeline:  # noqa: N801 the released name
    model = Model()

    def __init__(self, args):
        self.args = args
        self.heard, self.role = [], None

    def post_process(self, text):
        return text

    def speech_dialogue(
        self, audio, role=None, stat="sl", past_key_values=None, last_id=None, past_tokens=None, adapter_cache=None,
        encoder_cache=None, pe_index=0,
    ):  # fmt: skip
        found = {
            "past_key_values": "cache",
            "last_id": last_id,
            "adapter_cache": "a",
            "encoder_cache": "e",
            "pe_index": 1,
        }
        if stat == "pre":
            self.heard, self.role, found["stat"] = [], role, "sl"
            return found
        if audio is not None:
            assert stat == ("sl" if not self.heard else "cl")
            self.heard.append(audio[0, 0, 0].item())
            found["stat"] = stat
            return found
        if stat == "ss":
            assert adapter_cache is None and encoder_cache is None and pe_index == 0
        tokens = [*(past_tokens or []), len(past_tokens or [])]
        said = [digest.digest(role=self.role, heard=self.heard, args=vars(self.args)) + "|", *TEXT]
        found["stat"] = "cs" if len(tokens) <= len(said) else "sl"
        if found["stat"] == "cs":
            text = "".join(said[: len(tokens)])
            found.update(text=text, past_tokens=tokens, hidden_state=torch.zeros(1, 1, 896))
        return found
