from types import SimpleNamespace

import digest
import torch

SAID = {}


class Ears:
    def to(self, dtype):
        return self

    class audio_processor:  # noqa: N801 the released name
        @staticmethod
        def process(path):
            return torch.zeros(123, 80), 31


class Tower:
    is_loaded = False

    def load_model(self):
        self.is_loaded = True


class Model:
    dtype, config = torch.float16, None

    def __init__(self):
        self.tower = Tower()

    def resize_token_embeddings(self, size):
        assert size == 9

    def get_vision_tower(self):
        return self.tower

    def get_audio_encoder(self):
        return Ears()

    def eval(self):
        assert self.tower.is_loaded

    def process_images(self, images, config):
        return torch.zeros(len(images), 3, 448, 448)

    def generate(self, ids, images, audios, stopping_criteria, **settings):
        sizes = {key: value.tolist() if value.ndim == 1 else list(value.shape) for key, value in audios.items()}
        SAID["text"] = digest.digest(prompt=SAID["prompt"], images=list(images.shape), audios=sizes, settings=settings)
        return SimpleNamespace(sequences=torch.zeros(1, 3, dtype=torch.long))


class Tokenizer:
    def __len__(self):
        return 9

    def batch_decode(self, ids, skip_special_tokens):
        assert not skip_special_tokens and ids.shape == (1, 3)
        return ["☞" + SAID["text"] + "<|im_end|>"]


def load_pretrained_model(model_path, model_base, model_name, model_type):
    assert (model_base, model_type) == (None, "qwen2p5_instruct")
    return Tokenizer(), Model(), None, 2048
