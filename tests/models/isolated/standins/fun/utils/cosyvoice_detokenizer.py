import torch


class Vocoder:
    sample_rate = 24000


def get_audio_detokenizer():
    return Vocoder()


def token2wav(model, tokens, embedding=None, token_hop_len=25 * 30, pre_lookahead_len=3):
    assert tokens == [1, 6560], "marks are left out"
    return torch.full((1, 480), 0.5)
