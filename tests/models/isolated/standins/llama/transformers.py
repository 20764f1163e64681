import torch


class AutoConfig:
    @classmethod
    def from_pretrained(cls, path):
        return cls()


class AutoTokenizer:
    pad_token_id = 0

    @classmethod
    def from_pretrained(cls, path, use_fast):
        return cls()

    def apply_chat_template(self, messages, add_generation_prompt, return_tensors):
        self.messages = messages
        return torch.tensor([[1, *(7 if message["content"] == "<speech>" else 8 for message in messages), 2]])

    def convert_tokens_to_ids(self, token):
        return {"<speech>": 7}[token]

    def batch_decode(self, ids, skip_special_tokens):
        return [ids]
