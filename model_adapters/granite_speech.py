"""Granite Speech: speech and text in, text out; one request at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from evalkit.core.errors import DataError
from evalkit.core.model import model
from evalkit.core.sample import Request
from evalkit.models.local.chat_inputs import Conversation
from evalkit.models.local.checkpoints import read_json
from evalkit.models.local.generation import Row
from evalkit.models.local.transformers_loading import load_processor, need
from evalkit.models.local.transformers_model import TransformersModel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MEL = {"sample_rate": 16000, "n_fft": 512, "win_length": 400, "hop_length": 160, "n_mels": 80}
_RANGE = 8.0  # decades below the loudest value


@model("granite-speech", takes=("text", "audio"))
class GraniteSpeech(TransformersModel):
    """Granite Speech by transformers; arguments as for every local family.

    Its encoder gets no mask, so a short clip hears the padding a longer neighbour brings, and answers otherwise: it
    runs one request at a time, whatever the batch size. Features are computed here, as its own extractor does with
    torchaudio, which this project does without.
    """

    architecture = "GraniteSpeechForConditionalGeneration"
    architectures = ("GraniteSpeechForConditionalGeneration",)
    processor_name = "AutoTokenizer"
    since = "4.52"
    one_by_one = "its encoder has no mask for padding, so a batch changes the answers"

    def load_processor(self) -> Any:
        """The tokenizer, which holds the template too."""
        self._settings = read_json(self.folder / "preprocessor_config.json")
        return load_processor(self.processor_name, self.folder)

    def load_model(self, cls: Any) -> Any:
        """The model, with its adapter for speech where the checkpoint has one."""
        if self.config.get("has_lora_adapter"):
            need("peft", f"model '{self.name}' with its adapter for speech", "granite")
        return super().load_model(cls)

    def longest_audio(self, processor: Any) -> float | None:
        """Nothing is cut."""
        return None

    def row(self, processor: Any, conversation: Conversation, request: Request) -> Row:
        """The template on plain texts, with as many audio tokens as the clip has features."""
        where = f"sample '{request.id}'"
        if len(conversation.audios) > 1:
            raise DataError(where, f"granite-speech takes one audio, got {len(conversation.audios)}")
        word = processor.convert_ids_to_tokens(self._audio_token())
        for turn in conversation.turns:
            if any(word in part.get("text", "") for part in turn["content"]):
                raise DataError(where, f"its text holds the control word {word}")
        turns = [
            {"role": turn["role"], "content": "".join(part.get("text", word) for part in turn["content"])}
            for turn in conversation.turns
        ]
        prompt = processor.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
        if not conversation.audios:
            return self.row_of(processor(prompt, return_tensors="pt", add_special_tokens=False))
        import torch

        samples = conversation.audios[0]
        count = self.audio_tokens(len(samples))
        made = dict(processor(prompt.replace(word, word * count), return_tensors="pt", add_special_tokens=False))
        made["input_features"] = torch.from_numpy(features(samples, self._mel()))[None]
        made["input_features_mask"] = torch.ones((1, count), dtype=torch.bool)
        return self.row_of(made)

    def audio_tokens(self, samples: int) -> int:
        """Tokens that stand for a clip of so many samples."""
        window = int(self._settings.get("projector_window_size", 15))
        frames = (samples // self._mel()["hop_length"] + 1) // 2
        return -(-frames // window) * (window // int(self._settings.get("projector_downsample_rate", 5)))

    def _mel(self) -> dict[str, int]:
        given: Mapping[str, int] = self._settings.get("melspec_kwargs") or {}
        return {**_MEL, **given}

    def _audio_token(self) -> int:
        return int(self.config.get("audio_token_index", self.config.get("audio_token_id", 0)))


def features(samples: NDArray[np.float32], mel: Mapping[str, int]) -> NDArray[np.float32]:
    """Log-mel features in pairs of frames, shape (pairs, 2 * n_mels), float32.

    Periodic Hann window in the middle of the transform, reflected ends, power spectrum, HTK mel scale without
    normalisation; ten decades of log, eight below the loudest kept, scaled as for Whisper.

    Args:
        samples: mono at the mel's sample rate, shape (samples,).
        mel: sample_rate (Hz), n_fft, win_length, hop_length (samples), n_mels.
    """
    import numpy as np
    import torch
    from transformers.audio_utils import mel_filter_bank

    bank = mel_filter_bank(
        1 + mel["n_fft"] // 2, mel["n_mels"], 0.0, mel["sample_rate"] / 2, mel["sample_rate"], norm=None,
        mel_scale="htk",
    )  # fmt: skip
    spectrum = torch.stft(
        torch.from_numpy(samples), mel["n_fft"], mel["hop_length"], mel["win_length"],
        torch.hann_window(mel["win_length"]), center=True, pad_mode="reflect", return_complex=True,
    )  # fmt: skip
    power = spectrum.abs() ** 2
    level = np.log10(np.maximum(power.T.numpy() @ bank.astype(np.float32), 1e-10))
    scaled = np.maximum(level, level.max() - _RANGE) / 4.0 + 1.0
    whole = len(scaled) // 2 * 2
    paired: NDArray[np.float32] = scaled[:whole].reshape(whole // 2, -1).astype(np.float32)
    return paired


@model("granite-speech-3.3-8b", takes=("text", "audio"))
class GraniteSpeech8B(GraniteSpeech):
    """The released 8B."""

    checkpoint = "ibm-granite/granite-speech-3.3-8b"
