"""Qwen2.5-Omni: text, image, audio and video in, text and speech out."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Sequence
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.model import model
from evalkit.core.sample import Request
from evalkit.models.local.chat_inputs import Conversation
from evalkit.models.local.omni_model import OmniModel, with_system

_TAKES, _GIVES = ("text", "image", "audio", "video"), ("text", "speech")

# Speech is trained with this system text and no other.
SPEAKING = (
    "You are Qwen, a virtual human developed by the Qwen Team, Alibaba Group, capable of perceiving auditory and "
    "visual inputs, as well as generating text and speech."
)


@model("qwen2.5-omni", takes=_TAKES, gives=_GIVES)
class Qwen25Omni(OmniModel):
    """Qwen2.5-Omni by transformers; arguments as in `evalkit.models.local.omni_model`."""

    architecture = "Qwen2_5OmniForConditionalGeneration"
    architectures = ("Qwen2_5OmniModel", "Qwen2_5OmniForConditionalGeneration")
    processor_name = "Qwen2_5OmniProcessor"
    since = "4.52"
    stop_words = ("<|im_end|>", "<|endoftext|>")
    speakers = ("Chelsie", "Ethan")
    top_k, top_p = 40, 0.8
    steps: int | None = None  # of the wave's diffusion; None leaves it to the released code

    def load_model(self, cls: Any) -> Any:
        """The model with its voices, its talker repaired."""
        loaded = super().load_model(cls)
        voices = self.folder / "spk_dict.pt"
        if self.talks:
            if not voices.is_file():
                raise UsageError(f"{self.folder} has no spk_dict.pt, which holds the voices; or set talker=false")
            loaded.load_speakers(voices)  # read as tensors only
            keep_talker_mask(loaded.talker)
            allow_silence(loaded.token2wav)
        return loaded

    def turns(self, conversation: Conversation, request: Request) -> Sequence[dict[str, Any]]:
        """With the fixed system text where speech is asked for."""
        return with_system(conversation, SPEAKING) if request.settings.speech else conversation.turns

    def audio_settings(self, processor: Any, conversation: Conversation) -> dict[str, Any]:
        """Padding to the longest clip and a silent tail, in place of minutes: the same frames for less work.

        The tail is longer than the extractor's window, so no frame that is kept sees the end of the padding.
        """
        extractor = processor.feature_extractor
        hop = extractor.hop_length
        longest = max(len(samples) for samples in conversation.audios) + 2 * extractor.n_fft
        most = min(-(-longest // hop) * hop, extractor.n_samples)
        return {**super().audio_settings(processor, conversation), "max_length": most}

    def speak(self, inputs: dict[str, Any], thinker: dict[str, Any], seeds: Sequence[int]) -> tuple[Any, Any]:
        """Thinker and talker for all rows together, waves row by row."""
        import torch

        codes = self.model.config.talker_config
        waiting = iter(seeds)

        def seed(*_: Any) -> None:  # each wave starts from noise, drawn from the global generator
            torch.manual_seed(next(waiting))

        hook = self.model.token2wav.register_forward_pre_hook(seed)
        try:
            return self.model.generate(  # type: ignore[no-any-return]
                # Without the prefix the talker would be given the pixels too, and refuses them.
                **{f"thinker_{name}" if name.startswith("pixel_values") else name: v for name, v in inputs.items()},
                **_speech_wanted(),
                **thinker,
                speaker=self.speaker,
                talker_max_new_tokens=self.talker_tokens,
                talker_do_sample=False,
                talker_logits_processor=self.draws(seeds),
                talker_eos_token_id=[codes.tts_codec_pad_token_id, codes.tts_codec_end_token_id],
                **({} if self.steps is None else {"token2wav_num_steps": self.steps}),
            )
        finally:
            hook.remove()


def _speech_wanted() -> dict[str, Any]:
    """The switch for speech, which later versions do not show in the signature and earlier ones do not know."""
    import transformers
    from packaging.version import Version

    return {"generation_mode": "audio"} if Version(transformers.__version__).major >= 5 else {"return_audio": True}


def keep_talker_mask(talker: Any) -> None:
    """Give the talker its mask back.

    `generate` of transformers 5.18 and later drops a mask of ones, and this talker sets up its positions and adds the
    embeddings of its first codes only where there is a mask: a lone prompt, or several of one length, would be spoken
    differently from the same prompt beside a longer one.

    Raises:
        UsageError: the talker keeps what it has read under a name that is not known: a mask could only be guessed.
    """
    inner = talker.forward
    known = [name for name in ("cache", "past_key_values") if name in inspect.signature(inner).parameters]
    if not known:
        import transformers

        raise UsageError(
            f"the talker of transformers {transformers.__version__} cannot be given its mask back, and speech would "
            "depend on the batch; take a version this was tried with: pip install 'transformers==5.24.0'"
        )
    held = known[0]  # `past_key_values` up to transformers 5.23

    @functools.wraps(inner)  # `generate` looks at the signature
    def forward(*values: Any, **named: Any) -> Any:
        import torch

        if named.get("attention_mask") is None:
            given = named.get("inputs_embeds")
            given = named["input_ids"] if given is None else given
            cache = named.get(held)
            length = given.shape[1] + (cache.get_seq_length() if cache is not None else 0)
            named["attention_mask"] = torch.ones((given.shape[0], length), dtype=torch.long, device=given.device)
        return inner(*values, **named)

    talker.forward = forward


def allow_silence(token2wav: Any) -> None:
    """Let a row without speech codes give an empty wave: the released code fails on it, and its whole batch with it."""
    inner = token2wav.forward

    @functools.wraps(inner)
    def forward(code: Any, *values: Any, **named: Any) -> Any:
        if code.shape[1] == 0:
            return code.new_zeros((0,)).float()
        return inner(code, *values, **named)

    token2wav.forward = forward


@model("qwen2.5-omni-3b", takes=_TAKES, gives=_GIVES)
class Qwen25Omni3B(Qwen25Omni):
    """The released 3B."""

    checkpoint = "Qwen/Qwen2.5-Omni-3B"


@model("qwen2.5-omni-7b", takes=_TAKES, gives=_GIVES)
class Qwen25Omni7B(Qwen25Omni):
    """The released 7B."""

    checkpoint = "Qwen/Qwen2.5-Omni-7B"
