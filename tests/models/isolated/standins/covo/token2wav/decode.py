import os

import numpy as np


def init_model(args, decode_device):
    assert os.path.basename(args.decode_model_config) == "config.json" and args.decode_load_path.endswith("model.pt")
    return "model", "config"


def decode(llm_tokens, prompt_dir, model, config):
    assert llm_tokens == [0, 16384] and (model, config) == ("model", "config"), llm_tokens
    return {"wav": np.full(2400, 0.5, dtype="float32"), "sample_rate": 24000}
