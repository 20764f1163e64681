import torch

from vita.model.builder import SAID


class KeywordsStoppingCriteria:
    def __init__(self, keywords, tokenizer, input_ids):
        assert keywords == ["<|im_start|>"]


def get_model_name_from_path(path):
    return path.rstrip("/").split("/")[-1]


def tokenizer_image_audio_token(prompt, tokenizer, image_token_index, return_tensors):
    assert "<audio>" in prompt
    SAID["prompt"] = prompt
    return torch.zeros(5, dtype=torch.long)


def tokenizer_image_token(prompt, tokenizer, image_token_index, return_tensors):
    assert "<audio>" not in prompt
    SAID["prompt"] = prompt
    return torch.zeros(5, dtype=torch.long)
