import torch


class audioEncoderProcessor:  # noqa: N801 the released name
    def __init__(self, chunk_size=16):
        self.chunks = 0

    def get_chunk_size(self):
        return 160 * 16

    def reset(self):
        self.chunks = 0

    def process(self, audio):
        assert audio.shape == (2560,)
        self.chunks += 1
        return torch.full((1, 19, 80), float(self.chunks))
