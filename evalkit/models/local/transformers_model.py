"""What the families of transformers share: loading, prompts, budgets, and greedy or seeded generation in batches."""

from __future__ import annotations

import copy
import threading
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from evalkit.core.errors import DataError, UsageError
from evalkit.core.response import Response
from evalkit.core.sample import Generation, Request
from evalkit.models.local import checkpoints
from evalkit.models.local.batching import Prepared, TooLongError
from evalkit.models.local.budgets import token_budget
from evalkit.models.local.chat_inputs import Conversation, MediaRules, decode_conversation
from evalkit.models.local.generation import (
    Row,
    collate,
    cut,
    cut_text,
    memory_errors,
    pad_id,
    processors,
    settings_of,
    stop_ids,
)
from evalkit.models.local.torch_model import TorchModel
from evalkit.models.local.transformers_loading import (
    ATTENTION,
    DTYPES,
    check_choice,
    compute_alone,
    last_logits_only,
    load_processor,
    load_weights,
    model_class,
    resolve_device,
)
from evalkit.models.local.written_text import TAIL, text_of

_VIDEO_SECONDS = frozenset(("video_second_per_grid", "second_per_grid_ts"))  # seconds between two steps of a video
_PACKAGES = ("torch", "transformers", "tokenizers", "safetensors", "accelerate", "flash_attn", "torchvision", "pillow")


class TransformersModel(TorchModel[Row]):
    """A chat model of transformers.

    Subclasses name their classes and, where they differ, say how a prompt is made, how batches are joined, and how
    the answer is generated.

    Args:
        path: directory of the checkpoint, or its Hugging Face id in the local cache.
        dtype: auto (the checkpoint's), float32, bfloat16 or float16.
        attn: auto, eager, sdpa or flash_attention_2.
        device: auto, cpu or cuda:N.
        batch_size: auto (as many rows as the token budget allows), or the most rows of a batch.
        token_budget: padded tokens of a batch, prompt and answer; 0 takes it from the device's memory.
        threads: threads that decode and tokenise ahead.

    Attributes:
        architecture: class of transformers that is loaded.
        processor_name: processor class.
        since: first version of transformers that has them.
        architectures: what `architectures` of a checkpoint's config.json may say.
        checkpoint: path where none is given.
        stop_words: words that end an answer besides the checkpoint's own.
        one_by_one: why the family cannot be batched; empty where it can.
        rules: how media are decoded.
        default_new_tokens: where a request leaves the bound to the model.
    """

    incidental = frozenset({"path", "device", "batch_size", "token_budget", "threads"})
    architecture: str = ""
    processor_name: str = ""
    since: str = "4.57"
    architectures: tuple[str, ...] = ()
    checkpoint: str | None = None
    stop_words: tuple[str, ...] = ()
    one_by_one: str = ""
    rules: MediaRules = MediaRules()
    default_new_tokens: int = 1024

    def __init__(
        self,
        path: str | None = None,
        dtype: str = "auto",
        attn: str = "auto",
        device: str = "auto",
        batch_size: str = "auto",
        token_budget: int = 0,
        threads: int = 2,
    ) -> None:
        where = path or self.checkpoint
        if where is None:
            raise UsageError(f"model '{self.name}' needs --model-arg path=DIRECTORY or a Hugging Face id")
        check_choice(self.name, "dtype", dtype, DTYPES)
        check_choice(self.name, "attn", attn, ATTENTION)
        if batch_size != "auto" and not (batch_size.isdigit() and int(batch_size) >= 1):
            raise UsageError(f"model '{self.name}': batch_size={batch_size}; expected auto or at least 1")
        if token_budget < 0 or threads < 1:
            raise UsageError(f"model '{self.name}': token_budget >= 0 and threads >= 1 are needed")
        self.where = where
        self.folder: Path = checkpoints.locate(where)
        self.config: Mapping[str, Any] = checkpoints.read_json(self.folder / "config.json")
        found = checkpoints.architectures(self.folder)
        if found and not set(found) & set(self.architectures):
            raise UsageError(
                f"model '{self.name}': {where} holds {', '.join(found)}; expected {' or '.join(self.architectures)}"
            )
        checkpoints.check_tokenizer(where, self.folder)
        self.dtype, self.attn, self.device_wanted = dtype, attn, device
        self.batch_size = None if batch_size == "auto" else int(batch_size)
        if self.one_by_one:
            self.batch_size = 1
        self._budget_wanted, self.threads = token_budget, threads
        self.context = checkpoints.context_length(self.config)
        self._own = threading.local()

    def identity(self) -> Mapping[str, Any]:
        """Arguments, with the checkpoint's fingerprint in place of where it lies."""
        return {**super().identity(), **checkpoints.identity(self.where, self.folder)}

    def versions(self) -> Mapping[str, str]:
        """Versions of the packages that compute, and the kinds of media processor at work."""
        found = {}
        for package in _PACKAGES:
            try:
                found[package] = version(package)
            except PackageNotFoundError:
                continue
        images = getattr(getattr(self, "processor", None), "image_processor", None)
        if images is not None:  # there are two: by torchvision, and by Pillow, whose resizing differs slightly
            found["image_processor"] = type(images).__name__
        return found

    def start(self) -> None:
        """Load processor and weights.

        Raises:
            UsageError, MissingExtraError: before any weight is read where possible.
        """
        cls = model_class(self.architecture, self.since)
        self.device = resolve_device(self.device_wanted)
        self.processor = self.load_processor()
        self.tokenizer = getattr(self.processor, "tokenizer", self.processor)
        self.model = self.load_model(cls)
        last_logits_only(self.decoder())
        self.stop = stop_ids(self.decoder(), self.tokenizer, self.stop_words)
        self.pad = pad_id(self.decoder(), self.tokenizer, self.stop)
        self.token_budget = self._budget_wanted or token_budget(self.model, self.config, self.device)

    def load_processor(self) -> Any:
        """The checkpoint's processor."""
        return load_processor(self.processor_name, self.folder)

    def load_model(self, cls: Any) -> Any:
        """The model with its weights, on the device."""
        return load_weights(cls, self.folder, self.dtype, self.attn, self.device)

    def decoder(self) -> Any:
        """The part whose `generate` writes text."""
        return self.model

    def begin_thread(self) -> None:
        """One core per thread that prepares."""
        compute_alone()

    def prepare(self, request: Request) -> Prepared[Row]:
        """Decode and tokenise; runs in threads, each with a processor of its own."""
        if request.schema is not None:
            raise DataError(f"sample '{request.id}'", f"model '{self.name}' cannot be held to a schema")
        conversation = decode_conversation(request.messages, self.rules)
        row = self.row(self._processor(), conversation, request)
        most = self.most_new_tokens(request.settings, len(row.ids))
        row.usage = {"input_tokens": len(row.ids), **row.usage}
        if conversation.audio_seconds:
            row.usage["audio_seconds"] = conversation.audio_seconds
        if dropped := self._dropped(conversation):
            row.usage["audio_seconds_cut"] = dropped
        return Prepared(request, row, len(row.ids) + most, row.bytes, self.kind(row))

    def kind(self, row: Row) -> str:
        """Only rows of one kind share a batch."""
        return ""

    def longest_audio(self, processor: Any) -> float | None:
        """Seconds of one clip that the processor keeps; None where it keeps all."""
        seconds = getattr(getattr(processor, "feature_extractor", None), "chunk_length", None)
        return float(seconds) if seconds else None

    def _dropped(self, conversation: Conversation) -> float:
        """Seconds of audio the processor cuts off without a word."""
        longest = self.longest_audio(self.processor)
        if longest is None:
            return 0.0
        rate = self.rules.sample_rate
        return sum(max(0.0, len(samples) / rate - longest) for samples in conversation.audios)

    def _processor(self) -> Any:
        # Fast tokenizers refuse to be used by two threads at once.
        if not hasattr(self._own, "processor"):
            self._own.processor = copy.deepcopy(self.processor)
        return self._own.processor

    def most_new_tokens(self, settings: Generation, length: int) -> int:
        """Tokens an answer may have.

        Raises:
            TooLongError: the prompt, with the tokens asked for, is longer than the context.
        """
        wanted = settings.max_new_tokens or self.default_new_tokens
        if self.context is not None and length + wanted > self.context:
            raise TooLongError(
                f"the prompt has {length} tokens and the answer may have {wanted}; "
                f"the model's context is {self.context}. Shorten the input, or lower --max-new-tokens"
            )
        return wanted

    def turns(self, conversation: Conversation, request: Request) -> Sequence[dict[str, Any]]:
        """The turns a template gets; families change them where the checkpoint needs it."""
        return conversation.turns

    def row(self, processor: Any, conversation: Conversation, request: Request) -> Row:
        """One prompt: the checkpoint's template and processor, on this conversation alone."""
        turns = list(self.turns(conversation, request))
        prompt = processor.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
        return self.processed(processor, prompt, conversation)

    def processed(self, processor: Any, prompt: str, conversation: Conversation) -> Row:
        """Tokenise a prompt that holds placeholders, with the media that stand for them."""
        given: dict[str, Any] = {}
        if conversation.images:
            given["images"] = conversation.images
        if conversation.audios:
            given["audio"] = conversation.audios
            given["audio_kwargs"] = self.audio_settings(processor, conversation)
        if conversation.videos:
            given["videos"] = [frames.pixels for frames in conversation.videos]
            given["videos_kwargs"] = {"do_sample_frames": False, "fps": conversation.videos[0].rate}
        made = processor(text=[prompt], return_tensors="pt", text_kwargs={"padding": False}, **given)
        for name in _VIDEO_SECONDS & set(made):
            # Processors know one rate for all videos, or take 24 frames a second for what nobody told them.
            size = processor.video_processor.temporal_patch_size
            made[name] = [size / frames.rate for frames in conversation.videos]
        return self.row_of(made)

    def audio_settings(self, processor: Any, conversation: Conversation) -> dict[str, Any]:
        """What the feature extractor is told."""
        return {"sampling_rate": self.rules.sample_rate}

    def row_of(self, made: Mapping[str, Any]) -> Row:
        """What a processor made of one conversation, as a row."""
        import torch

        ids = made["input_ids"]
        row = Row(ids[0])
        for name, value in made.items():
            if name in ("input_ids", "attention_mask"):
                continue
            tensor = torch.as_tensor(value)
            if name.endswith("token_type_ids"):
                row.beside[name] = tensor[0]
            else:
                row.media[name] = tensor
        return row

    def answer(self, batch: Sequence[Prepared[Row]]) -> Sequence[Response]:
        """Generate for one batch of equal settings."""
        import torch

        with memory_errors(), torch.inference_mode():
            return self.generate(batch, batch[0].request.settings)

    def inputs(self, batch: Sequence[Prepared[Row]]) -> dict[str, Any]:
        """Tensors of a batch on the device."""
        return collate([item.work for item in batch], self.pad, self.device, self.model.dtype)

    def generate(self, batch: Sequence[Prepared[Row]], settings: Generation) -> list[Response]:
        """Written answers."""
        inputs = self.inputs(batch)
        decoder = self.decoder()
        most = settings.max_new_tokens or self.default_new_tokens
        sequences = decoder.generate(
            **inputs,
            generation_config=settings_of(decoder, self.stop, self.pad, most),
            logits_processor=processors([item.request for item in batch], settings),
        )
        return self.responses(batch, sequences[:, inputs["input_ids"].shape[1] :].tolist(), settings)

    def responses(
        self, batch: Sequence[Prepared[Row]], written: Sequence[Sequence[int]], settings: Generation
    ) -> list[Response]:
        """Responses of new token ids, one row each, cut at their stop token."""
        found = []
        for item, ids in zip(batch, written, strict=True):
            kept, stopped = cut(ids, self.stop)
            text = text_of(self.tokenizer, kept, item.work.ids[-TAIL:].tolist())
            shown = cut_text(text, settings.stop)
            usage = {**item.work.usage, "output_tokens": len(kept) + stopped}
            if not stopped and shown == text:
                usage["truncated"] = 1.0  # at the bound on new tokens
            found.append(Response(text=shown, usage=usage))
        return found
