import torch


class llm2TTS:  # noqa: N801 the released name
    def __init__(self, model_path):
        pass

    def run(self, hidden, top_k, prefix, codec_chunk_size=40, codec_padding_size=10):
        assert (top_k, codec_chunk_size, codec_padding_size) == (2, 40, 10)
        assert hidden.shape[2] == prefix.shape[2] == 896
        yield torch.full((1, 1, 100), 0.5)
