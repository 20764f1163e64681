"""InteractiveOmni: text, image, audio and video in, text and speech out; by the code released with its weights."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.model import model
from evalkit.core.sample import Generation, Request
from evalkit.models.local import remote_code
from evalkit.models.local.captured_model import CapturedChatModel, with_instruction
from evalkit.models.local.message_files import MessageFiles

_TAKES, _GIVES = ("text", "image", "audio", "video"), ("text", "speech")

# Speech is made with this system text; the model's page says that it may not work without it.
SPEAKING = (
    "You are a highly advanced multimodal conversational AI designed for human-like interaction. You can perceive "
    "auditory, visual, speech, and textual inputs, and generate text and speech."
)
_TILE, _SECOND = 64, 25  # tokens of an image tile, of a second of audio


@model("interactive-omni", takes=_TAKES, gives=_GIVES)
class InteractiveOmni(CapturedChatModel):
    """InteractiveOmni.

    Args:
        path: directory of the checkpoint, or its Hugging Face id in the local cache.
        trust_remote_code: run the checkpoint's Python files; without it nothing is loaded.
        speaker: WAV file of the voice to speak with; empty for the checkpoint's own.
        max_tiles: tiles of an image at the most.
        frames: frames of a video.
        batched: false answers one conversation after the other, by `chat` alone.
        dtype, attn, device, batch_size, token_budget, threads: as for every local family.
    """

    architectures = ("InteractiveOmniModel",)
    module = "modeling_interactiveomni"
    needed: Mapping[str, str] = {"campplus.onnx": "the speaker encoder"}
    incidental = CapturedChatModel.incidental | {"speaker"}

    def __init__(
        self,
        path: str | None = None,
        trust_remote_code: bool = False,
        speaker: str = "",
        max_tiles: int = 12,
        frames: int = 8,
        batched: bool = True,
        **further: Any,
    ) -> None:
        super().__init__(path, trust_remote_code, batched, **further)
        if max_tiles < 1 or frames < 1:
            raise UsageError(f"model '{self.name}': max_tiles and frames must be at least 1")
        self.speaker = Path(speaker) if speaker else None
        if self.speaker is not None and not self.speaker.is_file():
            raise UsageError(f"model '{self.name}': speaker={speaker}: no such file; expected a WAV file of the voice")
        self.max_tiles, self.frames = max_tiles, frames
        self.voice: Any = None

    def identity(self) -> Mapping[str, Any]:
        """As for every local family; the voice by the hash of its recording."""
        voice = "default"
        if self.speaker is not None:
            voice = hashlib.blake2b(self.speaker.read_bytes(), digest_size=8).hexdigest()
        return {**super().identity(), "speaker": voice}

    def start(self) -> None:
        """Load the model, and the voice it speaks with.

        Raises:
            UsageError: the recording gives no voice.
        """
        super().start()
        import torch

        with torch.inference_mode(), remote_code.on(self.device):
            if self.speaker is None:
                voice = getattr(self.model, "default_speaker_embedding", None)
            else:
                try:
                    voice = self.model.extract_speaker_embedding(str(self.speaker))
                except Exception as error:
                    raise UsageError(
                        f"model '{self.name}': speaker={self.speaker}: no voice could be taken from it "
                        f"({type(error).__name__}: {error})"
                    ) from error
            self.voice = voice.to(self.device) if isinstance(voice, torch.Tensor) else voice

    def messages(self, files: MessageFiles, request: Request) -> list[dict[str, Any]]:
        """With the fixed system text where speech is asked for."""
        return with_instruction(files.messages, SPEAKING) if request.settings.speech else files.messages

    def estimate(self, files: MessageFiles) -> int:
        """Tiles, frames, seconds and characters."""
        counts = files.counts
        tiles = counts["image"] * (self.max_tiles + 1) + counts["video"] * self.frames
        return int(super().estimate(files) + _TILE * tiles + _SECOND * files.audio_seconds)

    def chat(self, messages: Sequence[Mapping[str, Any]], settings: Generation, seed: int | None = None) -> Any:
        """The released `chat`; its fourth and fifth argument go by position only."""
        config: dict[str, Any] = {"max_new_tokens": self.most_new_tokens(settings, 0), "do_sample": False}
        if seed is not None:
            config.update(do_sample=True, temperature=settings.temperature, top_p=settings.top_p, top_k=0)
        spoken: dict[str, Any] = {}
        if settings.speech:
            spoken["generate_audio"] = True
            if self.voice is not None:
                spoken["speaker_embedding"] = copy.deepcopy(self.voice)
        given = copy.deepcopy(list(messages))  # it may write into them
        return self.model.chat(self.tokenizer, config, given, self.max_tiles, self.frames, **spoken)


@model("interactive-omni-4b", takes=_TAKES, gives=_GIVES)
class InteractiveOmni4B(InteractiveOmni):
    """The released 4B."""

    checkpoint = "sensenova/InteractiveOmni-4B"


@model("interactive-omni-8b", takes=_TAKES, gives=_GIVES)
class InteractiveOmni8B(InteractiveOmni):
    """The released 8B."""

    checkpoint = "sensenova/InteractiveOmni-8B"
