import re

import torch


class Ids:
    def __init__(self, ids):
        self.input_ids = ids


class Qwen2TokenizerFast:
    """A token for every piece of text, remembered; 500 in all."""

    pad_token_id = 0
    words = ["<pad>", "<|im_end|>", "<|endoftext|>"]  # noqa: RUF012 all see the same

    @classmethod
    def from_pretrained(cls, folder):
        return cls()

    def __len__(self):
        return 500

    def _code(self, word):
        if word not in self.words:
            self.words.append(word)
        return self.words.index(word)

    def encode(self, text):
        return [self._code(word) for word in re.findall(r"<\|[^|]*\|>|(?:(?!<\|).)+", text, re.DOTALL)]

    def __call__(self, text, return_tensors):
        return Ids(torch.tensor([self.encode(text)]))

    def decode(self, ids, skip_special_tokens=False):
        ids = ids.tolist() if hasattr(ids, "tolist") else ids
        words = [self.words[code] for code in ids]
        return "".join(word for word in words if not (skip_special_tokens and word.startswith("<|")))
