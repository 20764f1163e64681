"""Stand-in (our own code): audio encoder settings; imports what newer transformers no longer has, as released."""

from collections import OrderedDict

from transformers.configuration_utils import PretrainedConfig
from transformers.onnx import OnnxConfig, OnnxSeq2SeqConfigWithPast


class WhisperConfig(PretrainedConfig):
    model_type = "interactiveomni_whisper"

    def __init__(self, d_model=32, encoder_layers=1, encoder_attention_heads=2, encoder_ffn_dim=48, num_mel_bins=128,
                 max_source_positions=1500, **kwargs):  # fmt: skip
        self.d_model, self.encoder_layers, self.encoder_ffn_dim = d_model, encoder_layers, encoder_ffn_dim
        self.encoder_attention_heads, self.num_mel_bins = encoder_attention_heads, num_mel_bins
        self.max_source_positions = max_source_positions
        super().__init__(**kwargs)


class WhisperOnnxConfig(OnnxSeq2SeqConfigWithPast, OnnxConfig):
    @property
    def inputs(self):
        return OrderedDict(input_features={0: "batch"})
