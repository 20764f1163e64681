"""Moshi: speech in, speech and text out, both sides heard at once (full duplex)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evalkit.core.errors import DataError, UsageError
from evalkit.core.model import model
from evalkit.core.response import Response
from evalkit.core.sample import Generation, Request
from evalkit.media.audio import from_samples
from evalkit.models.local.batching import Prepared
from evalkit.models.local.chat_inputs import Conversation, MediaRules
from evalkit.models.local.generation import Row, settings_of
from evalkit.models.local.sampling import SeededSampling
from evalkit.models.local.transformers_loading import load_processor
from evalkit.models.local.transformers_model import TransformersModel

RATE = 24000  # Hz, heard and spoken
_SILENT = -1  # in a pattern of codes: nothing is given at this place, the library fills in silence


@model("moshi", takes=("text", "audio"), gives=("text", "speech"))
class Moshi(TransformersModel):
    """Moshi by transformers, frame by frame: it hears the user's clip while it speaks, and then silence.

    The answer is Moshi's whole stream, from the first frame of the user's clip on: what it said into the clip is part
    of it. A row is cut at its own length, so that rows of one batch do not depend on each other.

    Args:
        seconds: how long it may go on after the user's clip, where the protocol sets no bound (in frames of 80 ms).
        text_temperature, audio_temperature: of the released code; 0 is greedy. Drawn with the sample's seed.
        ignore_text: leave written parts of the conversation out; otherwise a sample that has them is refused.
        path, dtype, attn, device, batch_size, token_budget, threads: as for every local family.
    """

    architecture = "MoshiForConditionalGeneration"
    architectures = ("MoshiForConditionalGeneration",)
    processor_name = "AutoTokenizer"
    since = "4.47"
    rules = MediaRules(sample_rate=RATE)
    speech_rate = RATE
    text_top_k, audio_top_k = 25, 250  # of the released code

    def __init__(
        self,
        path: str | None = None,
        seconds: float = 20.0,
        text_temperature: float = 0.7,
        audio_temperature: float = 0.8,
        ignore_text: bool = False,
        **further: Any,
    ) -> None:
        super().__init__(path, **further)
        if text_temperature < 0 or audio_temperature < 0 or not seconds > 0:
            raise UsageError(f"model '{self.name}': temperatures of at least 0 and seconds > 0 are needed")
        coder = self.config.get("audio_encoder_config") or {}
        self.frame = round(RATE / float(coder.get("frame_rate") or 12.5))  # samples
        self.default_new_tokens = max(1, round(seconds * RATE / self.frame))
        self.text_temperature, self.audio_temperature = text_temperature, audio_temperature
        self._ignore_text = ignore_text

    def load_processor(self) -> Any:
        """The tokenizer: waves go to the codec as they are."""
        return load_processor(self.processor_name, self.folder)

    def longest_audio(self, processor: Any) -> float | None:
        """Nothing is cut."""
        return None

    def row(self, processor: Any, conversation: Conversation, request: Request) -> Row:
        """The user's clip in whole frames; its ids only stand for its length."""
        import torch

        written = any(part.get("text") for turn in conversation.turns for part in turn["content"])
        if written and not self._ignore_text:
            problem = f"model '{self.name}' hears and cannot read; leave the text out with ignore_text=true"
            raise DataError(f"sample '{request.id}'", problem)
        if len(conversation.audios) != 1:
            problem = f"model '{self.name}' takes one audio, got {len(conversation.audios)}"
            raise DataError(f"sample '{request.id}'", problem)
        wave = torch.from_numpy(conversation.audios[0])
        wave = torch.nn.functional.pad(wave, (0, -len(wave) % self.frame))
        return Row(torch.zeros(len(wave) // self.frame, dtype=torch.long), {"wave": wave})

    def generate(self, batch: Sequence[Prepared[Row]], settings: Generation) -> list[Response]:
        """Both streams of all rows, from their common first frame on."""
        import torch

        after = settings.max_new_tokens or self.default_new_tokens
        lengths = [len(item.work.ids) + after for item in batch]
        heard = [self._codes(item.work.media["wave"]) for item in batch]
        rows, books = len(batch), self.model.num_codebooks
        full = torch.full((rows, books, 1 + max(codes.shape[-1] for codes in heard)), _SILENT, device=self.device)
        first = torch.full((rows, books, 1), self.model.config.audio_vocab_size, device=self.device)
        full[..., :1] = first
        for index, codes in enumerate(heard):
            full[index, :, 1 : 1 + codes.shape[-1]] = codes
        decoding = settings_of(self.model, (), self.pad, max(lengths) + 1)  # the last frame lacks its delayed codes
        decoding.update(eos_token_id=None)  # a stream has no end
        seeds = [item.request.seed for item in batch]
        with _UserStream(self.model, full):
            made = self.model.generate(
                input_ids=torch.full((rows, 1), self.model.config.vocab_size, device=self.device),
                user_audio_codes=first, moshi_audio_codes=first,
                concat_unconditional_inputs=False, return_audio_waveforms=False, return_audio_codes=True,
                generation_config=decoding,
                logits_processor=_draws(seeds, settings.temperature or self.text_temperature, self.text_top_k),
                depth_decoder_do_sample=False,
                depth_decoder_logits_processor=_draws(
                    [seed ^ 1 for seed in seeds], self.audio_temperature, self.audio_top_k
                ),
            )  # fmt: skip
        tokens = made.sequences[:, 1:].tolist()
        found = self.responses(batch, [ids[:length] for ids, length in zip(tokens, lengths, strict=True)], settings)
        if settings.speech:
            for response, codes, length in zip(found, made.audio_codes, lengths, strict=True):
                self._speak(response, codes[:, :length])
        return found

    def responses(
        self, batch: Sequence[Prepared[Row]], written: Sequence[Sequence[int]], settings: Generation
    ) -> list[Response]:
        """What it wrote beside its speech, without the tokens that mean that no word begins."""
        found = []
        for item, ids in zip(batch, written, strict=True):
            text = self.tokenizer.decode(ids, skip_special_tokens=True).strip()
            found.append(Response(text=text, usage={**item.work.usage, "output_tokens": len(ids)}))
        return found

    def _codes(self, wave: Any) -> Any:
        """Codes of one clip, shape (codebooks, frames); alone, so that no padding comes near it."""
        values = wave.to(self.device, self.model.dtype)[None, None]
        made = self.model.audio_encoder.encode(values, num_quantizers=self.model.num_codebooks)
        return made.audio_codes[0]

    def _speak(self, response: Response, codes: Any) -> None:
        samples = self.model.audio_encoder.decode(codes[None]).audio_values.reshape(-1).float().cpu().numpy()
        response.audio = from_samples(samples, RATE)
        response.usage = {**(response.usage or {}), "speech_seconds": len(samples) / RATE}


class _UserStream:
    """Lets the user's clip go on while the model answers: the library takes it as a prompt that ends before.

    The pattern of the user's stream is the first that `generate` builds; places that hold a code are kept as they
    are at every later step, all others become silence.
    """

    def __init__(self, model: Any, codes: Any) -> None:
        self._model, self._codes = model, codes

    def __enter__(self) -> None:
        build = self._model.build_delay_pattern_mask
        waiting = [self._codes]

        def patterns(codes: Any, **named: Any) -> Any:
            if not waiting:
                return build(codes, **named)
            start, pattern = build(waiting.pop(), **named)
            return start[..., : codes.shape[-1]], pattern

        self._model.build_delay_pattern_mask = patterns

    def __exit__(self, *error: object) -> None:
        del self._model.build_delay_pattern_mask


def _draws(seeds: Sequence[int], temperature: float, top_k: int) -> list[SeededSampling]:
    return [SeededSampling(seeds, temperature, 1.0, top_k)] if temperature > 0 else []


@model("moshiko", takes=("text", "audio"), gives=("text", "speech"))
class Moshiko(Moshi):
    """The released male voice, as converted for transformers."""

    checkpoint = "kmhf/hf-moshiko"


@model("moshika", takes=("text", "audio"), gives=("text", "speech"))
class Moshika(Moshi):
    """The released female voice, as converted for transformers."""

    checkpoint = "kmhf/hf-moshika"
