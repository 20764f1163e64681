"""Stand-in (our own code): vision tower settings."""

from transformers.configuration_utils import PretrainedConfig


class InternVisionConfig(PretrainedConfig):
    model_type = "interactiveomni_intern_vit"

    def __init__(self, hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=48, image_size=448,
                 patch_size=28, use_flash_attn=True, **kwargs):  # fmt: skip
        self.hidden_size, self.num_hidden_layers, self.intermediate_size = (
            hidden_size,
            num_hidden_layers,
            intermediate_size,
        )
        self.num_attention_heads, self.image_size, self.patch_size = num_attention_heads, image_size, patch_size
        self.use_flash_attn = use_flash_attn
        super().__init__(**kwargs)
