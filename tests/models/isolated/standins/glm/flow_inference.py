import os

import torch


class AudioDecoder:
    def __init__(self, config_path, flow_ckpt_path, hift_ckpt_path, device="cuda"):
        names = [os.path.basename(path) for path in (config_path, flow_ckpt_path, hift_ckpt_path)]
        assert names == ["config.yaml", "flow.pt", "hift.pt"]

    def offline_inference(self, token):
        assert token.tolist() == [[3, 4]], "codes before the end, without their offset"
        return torch.full((1, 2205), 0.25)
