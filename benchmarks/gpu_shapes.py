"""Full-size shapes with random weights, and the requests they are asked: for gpu_batching.py.

The composite has the shapes of InteractiveOmni-4B as its paper gives them: InternViT-300M with 448-pixel tiles of 64
tokens, the Whisper-large-v3 encoder at 25 tokens a second, Qwen3-4B. The other is the thinker of Qwen2.5-Omni-7B.
Only shapes matter for speed: weights are random, and the length of every answer is drawn beforehand, between 16 and
512 tokens, and not known to the planner.
"""

from __future__ import annotations

import functools
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
import transformers as tf
from torch import nn

from evalkit.core.response import Response
from evalkit.core.sample import Generation, Request
from evalkit.models.local.batching import PlannedModel, Prepared
from evalkit.models.local.generation import memory_errors
from evalkit.models.local.transformers_loading import compute_alone

TILE, MEL, RATE = 448, 128, 16000


@dataclass(frozen=True)
class Mix:
    """Ranges requests are drawn from, both ends included.

    Args:
        seconds: of audio, in half of the requests.
        tiles: of pictures, in half of the requests.
        turns: of history.
        words: tokens of one turn.
        new: tokens of the answer.
    """

    seconds: tuple[int, int] = (10, 30)
    tiles: tuple[int, int] = (1, 12)
    turns: tuple[int, int] = (0, 15)
    words: tuple[int, int] = (20, 80)
    new: tuple[int, int] = (16, 512)


TINY_MIX = Mix(seconds=(1, 3), tiles=(1, 2), turns=(0, 3), words=(4, 12), new=(2, 12))


@dataclass(frozen=True)
class Ask:
    """What one request holds.

    Args:
        text: tokens of text, history included.
        seconds: of audio, 0 for none.
        tiles: of its picture, 0 for none.
        new: tokens of the answer.
        seed: of its noise.
    """

    text: int
    seconds: float
    tiles: int
    new: int
    seed: int


def draw(count: int, mix: Mix, seed: int = 0) -> dict[str, Ask]:
    """Requests by id: a quarter each of audio, picture, both, and text alone; answers log-uniform in length."""
    random = np.random.RandomState(seed)
    found = {}
    for number in range(count):
        turns = random.randint(mix.turns[0], mix.turns[1] + 1) + 1
        text = int(random.randint(mix.words[0], mix.words[1] + 1, turns).sum())
        new = round(np.exp(random.uniform(*np.log(mix.new))))
        seconds = float(random.uniform(*mix.seconds)) if number % 4 in (1, 3) else 0.0
        tiles = int(random.randint(mix.tiles[0], mix.tiles[1] + 1)) if number % 4 in (2, 3) else 0
        found[str(number)] = Ask(text, seconds, tiles, new, number)
    return found


@dataclass
class Inputs:
    """One prompt: placeholders for its media are part of `length`.

    Args:
        length: tokens of the prompt.
        mel: shape (mel bins, frames), or None.
        tiles: shape (tiles, 3, 448, 448), or None.
        audio, image: tokens of each.
        new: tokens of the answer.
    """

    length: int
    mel: torch.Tensor | None
    tiles: torch.Tensor | None
    audio: int
    image: int
    new: int


class Lengths(tf.LogitsProcessor):  # type: ignore[misc]
    """Ends every row after its own number of tokens, and notes when the prompt had been read."""

    def __init__(self, new: Sequence[int], end: int, clock: Any) -> None:
        self._new, self._end, self._clock, self._step, self.read = new, end, clock, 0, 0.0

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        if self._step == 0:
            self.read = self._clock()
        self._step += 1
        scores[:, self._end] = -torch.inf
        done = [row for row, count in enumerate(self._new) if self._step >= count]
        if done:
            scores[done] = -torch.inf
            scores[done, self._end] = 0.0
        return scores


@dataclass
class Done:
    """What batches came to.

    Args:
        read_seconds, write_seconds: until the first token of a batch, and after it.
        read_tokens, padded: tokens of prompts, without and with padding.
        read_flops: operations prompts take, padding left out.
        written: tokens of answers.
        steps: of every batch while it writes: bytes to be moved, operations, seconds.
    """

    read_seconds: float = 0.0
    write_seconds: float = 0.0
    read_tokens: float = 0.0
    padded: float = 0.0
    read_flops: float = 0.0
    written: float = 0.0
    steps: list[tuple[float, float, float]] = field(default_factory=list)


class Shapes(PlannedModel[Inputs]):
    """A model that is shapes only.

    Args:
        asks: requests by id.
        device: torch device.
        tiny: shapes that a CPU runs in seconds.
        most: bound of answers, the only length the planner knows.
    """

    pad, end = 0, 1

    def __init__(self, asks: dict[str, Ask], device: torch.device, tiny: bool, most: int) -> None:
        self.asks, self.device, self.tiny, self.most = asks, device, tiny, most
        self.dtype = torch.float32 if tiny else torch.bfloat16
        self.extractor = tf.WhisperFeatureExtractor(feature_size=MEL)
        self.done = Done()
        torch.manual_seed(0)
        kept = torch.get_default_dtype()
        torch.set_default_dtype(self.dtype)
        try:
            with device:
                self.build()
        finally:
            torch.set_default_dtype(kept)

    @abstractmethod
    def build(self) -> None:
        """Make the parts; sets `language` and `modules`."""

    @abstractmethod
    def tokens(self, frames: int, tiles: int) -> tuple[int, int]:
        """Tokens of that much audio and that many tiles."""

    @abstractmethod
    def prompts(self, batch: Sequence[Inputs]) -> dict[str, Any]:
        """Left-padded inputs of `generate`."""

    modules: list[nn.Module]
    language: Any

    def requests(self) -> list[Request]:
        """All requests, in order."""
        return [Request(key, (), Generation(max_new_tokens=self.most)) for key in self.asks]

    def begin_thread(self) -> None:
        compute_alone()

    def clock(self) -> float:
        """Seconds, once the device has done what it was told."""
        import time

        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        return time.perf_counter()

    def prepare(self, request: Request) -> Prepared[Inputs]:
        """Noise through the real feature extractor, and scaled pixels."""
        ask = self.asks[request.id]
        random = np.random.default_rng(ask.seed)
        mel = tiles = None
        frames = 0
        if ask.seconds:
            samples = random.standard_normal(int(ask.seconds * RATE), dtype=np.float32)
            frames = len(samples) // 160
            mel = torch.from_numpy(self.extractor(samples, sampling_rate=RATE)["input_features"][0])
        if ask.tiles:
            size = 56 if self.tiny else TILE
            pixels = random.integers(0, 255, (ask.tiles, 3, size, size), dtype=np.uint8)
            tiles = torch.from_numpy(pixels).float().div_(127.5).sub_(1)
        audio, image = self.tokens(frames, ask.tiles)
        work = Inputs(ask.text + audio + image, mel, tiles, audio, image, ask.new)
        held = sum(part.nbytes for part in (mel, tiles) if part is not None)
        return Prepared(request, work, work.length + self.most, held)

    def answer(self, batch: Sequence[Prepared[Inputs]]) -> list[Response]:
        """Generate; every row ends at its own length."""
        rows = [item.work for item in batch]
        began = self.clock()
        lengths = Lengths([row.new for row in rows], self.end, self.clock)
        with memory_errors(), torch.inference_mode():
            given = self.prompts(rows)
            self.language.generate(
                **given, do_sample=False, max_new_tokens=max(row.new for row in rows), eos_token_id=self.end,
                pad_token_id=self.pad, logits_processor=[lengths],
            )  # fmt: skip
        ended = self.clock()
        self._count(rows, lengths.read - began, ended - lengths.read)
        return [Response(text="", usage={"output_tokens": float(row.new)}) for row in rows]

    def device_memory(self) -> int | None:
        """Bytes in use at the most; None on a CPU."""
        return torch.cuda.max_memory_allocated(self.device) if self.device.type == "cuda" else None

    def _count(self, rows: Sequence[Inputs], reading: float, writing: float) -> None:
        sizes, done = self.sizes, self.done
        done.read_seconds += reading
        done.write_seconds += writing
        done.read_tokens += sum(row.length for row in rows)
        done.padded += len(rows) * max(row.length for row in rows)
        # What has to be computed, padding left out: two operations per weight and token (embeddings are looked up, and
        # the scores of words are worked out once a row), and causal attention.
        done.read_flops += sum(
            2.0 * (sizes["language"] - sizes["words"]) * row.length
            + 2.0 * sizes["words"]
            + 2.0 * sizes["layers"] * sizes["width"] * row.length**2
            + 2.0 * sizes["vision"] * row.image * sizes["patches"]
            + 2.0 * sizes["audio"] * self.encoded(row)
            for row in rows
        )
        # While writing: the weights once a step, and the keys and values of rows still at work. The first token of a
        # row came with its prompt.
        steps = max(row.new for row in rows) - 1
        context = sum((row.new - 1) * (row.length + row.new / 2) for row in rows)
        moved = steps * sizes["language"] * sizes["bytes"] + context * sizes["cache"]
        tokens = sum(row.new - 1 for row in rows)
        flops = 2.0 * sizes["language"] * tokens + 4.0 * sizes["layers"] * sizes["width"] * context
        done.steps.append((moved, flops, writing))
        done.written += sum(row.new for row in rows)

    def encoded(self, row: Inputs) -> int:
        """Positions the audio encoder works on for a row: whole windows of 30 s."""
        return 1500 if row.audio else 0

    @functools.cached_property
    def sizes(self) -> dict[str, float]:
        """Weights of the parts, of the words' embeddings, and bytes of one token's keys and values."""
        config = self.language_config
        heads = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        bytes_ = self.dtype.itemsize
        return {
            **{name: float(sum(p.numel() for p in part.parameters())) for name, part in self.parts().items()},
            "words": float(config.vocab_size * config.hidden_size),
            "layers": config.num_hidden_layers,
            "width": config.num_attention_heads * heads,
            "cache": 2.0 * config.num_hidden_layers * config.num_key_value_heads * heads * bytes_,
            "bytes": bytes_,
            "patches": self.patches,
        }

    language_config: Any
    patches: float  # of the vision tower per token of the prompt

    @abstractmethod
    def parts(self) -> dict[str, nn.Module]:
        """The parts by name: language, vision, audio."""


class Composite(Shapes):
    """InternViT-300M, the encoder of Whisper large-v3 and Qwen3-4B, joined by projections."""

    name = "internvit-300m + whisper-large-v3 + qwen3-4b"
    patches = 16.0

    def build(self) -> None:
        """Make the towers, two projections and the language model."""
        if self.tiny:
            language = {"hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4}
            config = tf.Qwen3Config(vocab_size=512, num_key_value_heads=2, head_dim=16, **language)
            vision = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 48}
            sight = tf.InternVLVisionConfig(image_size=[56, 56], patch_size=[14, 14], **vision)
            encoder = {"d_model": 32, "encoder_layers": 1, "encoder_attention_heads": 2, "encoder_ffn_dim": 48}
        else:
            config = tf.Qwen3Config(
                vocab_size=151936, hidden_size=2560, intermediate_size=9728, num_hidden_layers=36,
                num_attention_heads=32, num_key_value_heads=8, head_dim=128, tie_word_embeddings=True,
            )  # fmt: skip
            sight = tf.InternVLVisionConfig()
            encoder = {"d_model": 1280, "encoder_layers": 32, "encoder_attention_heads": 20, "encoder_ffn_dim": 5120}
        from transformers.models.internvl.modeling_internvl import InternVLVisionModel
        from transformers.models.whisper.modeling_whisper import WhisperEncoder

        self.language_config = config
        self.language = tf.Qwen3ForCausalLM(config).eval()
        self.vision = InternVLVisionModel(sight).eval()
        self.audio = WhisperEncoder(tf.WhisperConfig(num_mel_bins=MEL, **encoder)).eval()
        width = config.hidden_size
        self.see = nn.Linear(sight.hidden_size * 16, width)
        self.hear = nn.Linear(encoder["d_model"], width)

    def parts(self) -> dict[str, nn.Module]:
        return {"language": self.language, "vision": self.vision, "audio": self.audio}

    def tokens(self, frames: int, tiles: int) -> tuple[int, int]:
        return frames // 4, tiles * (1 if self.tiny else 64)

    def prompts(self, batch: Sequence[Inputs]) -> dict[str, Any]:
        longest = max(row.length for row in batch)
        ids = torch.full((len(batch), longest), 5, device=self.device)
        mask = torch.ones_like(ids)
        for index, row in enumerate(batch):
            ids[index, : longest - row.length], mask[index, : longest - row.length] = self.pad, 0
        embedded = self.language.get_input_embeddings()(ids).clone()
        seen, heard = self._seen(batch), self._heard(batch)
        for index, row in enumerate(batch):
            start = longest - row.length
            if row.image:
                embedded[index, start : start + row.image] = seen.pop(0)
            if row.audio:
                start += row.image
                embedded[index, start : start + row.audio] = heard.pop(0)[: row.audio]
        return {"inputs_embeds": embedded, "attention_mask": mask}

    def _seen(self, batch: Sequence[Inputs]) -> list[torch.Tensor]:
        tiles = [row.tiles for row in batch if row.tiles is not None]
        if not tiles:
            return []
        parts = []
        for chunk in torch.cat(tiles).to(self.device, self.dtype).split(64):
            found = self.vision(chunk).last_hidden_state[:, 1:]
            side = int(found.shape[1] ** 0.5)
            found = found.view(len(chunk), side // 4, 4, side // 4, 4, -1).permute(0, 1, 3, 2, 4, 5)
            parts.append(self.see(found.reshape(len(chunk), (side // 4) ** 2, -1)))
        each = torch.cat(parts)
        return [part.flatten(0, 1) for part in each.split([len(part) for part in tiles])]

    def _heard(self, batch: Sequence[Inputs]) -> list[torch.Tensor]:
        mels = [row.mel for row in batch if row.mel is not None]
        if not mels:
            return []
        found = []
        for chunk in torch.stack(mels).to(self.device, self.dtype).split(32):
            states = self.audio(chunk).last_hidden_state
            pooled = nn.functional.avg_pool1d(states.transpose(1, 2), 2).transpose(1, 2)
            found += list(self.hear(pooled))
        return found
