"""Stand-in (our own code): settings of the whole model."""

from transformers import Qwen3Config
from transformers.configuration_utils import PretrainedConfig

from .configuration_intern_vit import InternVisionConfig
from .configuration_voicelm import VoiceLMConfig
from .configuration_whisper import WhisperConfig


class InteractiveOmniConfig(PretrainedConfig):
    model_type = "interactiveomni"

    def __init__(self, llm_config=None, vision_config=None, audio_config=None, voicelm_config=None, use_flash_attn=True,
                 downsample_ratio=0.25, **kwargs):  # fmt: skip
        self.llm_config = Qwen3Config(**(llm_config or {}))
        self.vision_config = InternVisionConfig(**(vision_config or {}))
        self.audio_config = WhisperConfig(**(audio_config or {}))
        self.voicelm_config = VoiceLMConfig(**(voicelm_config or {}))
        self.use_flash_attn, self.downsample_ratio = use_flash_attn, downsample_ratio
        super().__init__(**kwargs)

    def to_dict(self):
        found = super().to_dict()
        for name in ("llm_config", "vision_config", "audio_config", "voicelm_config"):
            value = getattr(self, name)
            found[name] = value if isinstance(value, dict) else value.to_dict()
        return found
