import torch


class SpeechDecoder:
    def __init__(self, model_dir, device="cuda", hop_len=None, load_jit=False, load_trt=False, load_onnx=False):
        self.model_dir = model_dir

    def entry(self, generated_tokens, prompt_speech_16k, stream=False, speed=1.0):
        assert generated_tokens.tolist() == [5, 6, 7] and prompt_speech_16k.endswith("prompt_zh.wav")
        return torch.full((1, 960), 0.5)
