"""A stand-in for Baichuan-Audio: a prompt goes in, pieces of text and of audio codes come out in turn."""

from types import SimpleNamespace

import digest
import torch

SAID = {"later": []}
LETTERS = {}
PIECES = ["one,", "two."]


def ids_of(text):
    code = 1000 + len(LETTERS)
    LETTERS[code] = text
    return code


class AutoTokenizer:
    eos_token_id = 2

    @classmethod
    def from_pretrained(cls, path, trust_remote_code):
        return cls()

    def convert_ids_to_tokens(self, token):
        return {10: "<audio_start>", 11: "<audio_end>", 12: "<gen_start>", 13: "<gen_end>"}[token]

    def decode(self, ids):
        return "".join(LETTERS.get(code, "") for code in ids.tolist())


class AutoModelForCausalLM:
    config = SimpleNamespace(
        audio_config=SimpleNamespace(
            audio_start_token_id=10, audio_end_token_id=11, audiogen_start_token_id=12, audiogen_end_token_id=13
        )
    )

    @classmethod
    def from_pretrained(cls, path, trust_remote_code, torch_dtype):
        return cls()

    def to(self, device):
        return self

    def eval(self):
        return self

    def bind_processor(self, tokenizer, training, relative_path):
        assert training is False and relative_path == "/"

    def processor(self, prompts):
        SAID["prompt"] = prompts[0]
        ids = torch.ones(1, 3, dtype=torch.long)
        return SimpleNamespace(
            input_ids=ids, attention_mask=torch.ones_like(ids), audios=None, encoder_length=None, bridge_length=None
        )

    def generate(self, ids, tokenizer, attention_mask, return_dict_in_generate, past_key_values=None, **settings):
        assert attention_mask.shape == ids.shape
        if past_key_values is None:
            for name in ("audios", "encoder_length", "bridge_length"):
                settings.pop(name)
            if "<gen_start>" not in settings["stop_strings"]:
                text = digest.digest(settings=settings, prompt=SAID["prompt"])
                new = [ids_of(text), ids_of("<|endoftext|>")]
            else:
                SAID["first"] = settings
                new = [ids_of(PIECES[0]), 12]
        elif len(SAID["later"]) == 0:
            SAID["later"].append(settings)
            new = [ids_of(PIECES[1]), 12]
        else:
            new = [ids_of(digest.digest(**SAID)), 2]
        return SimpleNamespace(sequences=torch.cat([ids, torch.tensor([new])], 1), past_key_values="cache")
