import wave
from types import SimpleNamespace

import digest
import torch


class WindowedRepetitionPenaltyLogitsProcessor:
    def __init__(self, penalty, window_size):
        self.penalty, self.window_size = penalty, window_size


def get_dialog_prompt(audio, tokenizer, device, first_round=True):
    with wave.open(audio, "rb") as file:
        frames = file.getnframes()
    opening = "<|im_start|>system\npersona<|im_end|>\n" if first_round else "\n"
    text = f"{opening}<|im_start|>user\n<|begofcAUDIO|><|cAUDIO|><|endofcAUDIO|><|im_end|>\n<|im_start|>assistant\n"
    ids = tokenizer(text, return_tensors="pt").input_ids
    return [torch.zeros(frames)], ids, torch.ones_like(ids)


class CovoAudioForCausalLM:
    def __init__(self, config):
        self.weights = {"llm.weight": None, "encoder.weight": None, "llm.lm_head.weight": None}

    def to(self, device):
        return self

    def eval(self):
        return self

    def state_dict(self):
        return dict(self.weights)

    def load_state_dict(self, weights, strict):
        assert strict is False

    def generate(self, input_ids, wavs, attention_mask, logits_processor, **settings):
        from transformers.models.qwen2 import Qwen2TokenizerFast

        tokenizer = Qwen2TokenizerFast()
        (processor,) = logits_processor
        text = digest.digest(
            prompt=tokenizer.decode(input_ids[0]), waves=[len(wave) for wave in wavs], settings=settings,
            window=[processor.penalty, processor.window_size],
        )  # fmt: skip
        new = [tokenizer._code(text), 500, 500 + 16384, 500 + 16385, 1]
        return SimpleNamespace(sequences=torch.cat([input_ids, torch.tensor([new])], 1))
