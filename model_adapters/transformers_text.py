"""Any causal language model that the transformers library loads: text in, text out, on this machine."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from evalkit.core.errors import MissingExtraError, UsageError
from evalkit.core.model import model
from evalkit.core.response import Response
from evalkit.core.sample import Request
from evalkit.models.local import checkpoints
from evalkit.models.local.batching import Prepared, TooLongError
from evalkit.models.local.generation import memory_errors
from evalkit.models.local.torch_model import TorchModel
from evalkit.models.local.transformers_loading import need, resolve_device, weight_problems
from evalkit.models.local.written_text import text_of


@model("transformers-text")
class TransformersText(TorchModel[list[int]]):
    """A local language model, mostly as a judge without a network.

    Weights are read from safetensors files. Answers are greedy unless the protocol asks for sampling; what the
    checkpoint's generation settings say beside its end tokens (penalties, top_k) is not used. Sampled answers are
    made one by one, each with its own seed, so they depend neither on order nor on batches.

    Args:
        model: folder of a checkpoint, or its name on the Hugging Face hub.
        revision: commit or branch on the hub.
        dtype: "auto" (the checkpoint's), "float32", "bfloat16", "float16".
        device: "auto" takes the first GPU where there is one.
        chat: use the checkpoint's chat template; false joins the texts of a conversation with newlines.
        token_budget: padded tokens of one batch.
        batch_size: rows of one batch at the most.
        trust_remote_code: run code that the checkpoint brings.
    """

    incidental = frozenset({"device", "token_budget", "batch_size"})
    threads = 1  # tokenisers are not safe to share between threads

    def __init__(
        self,
        model: str,
        revision: str | None = None,
        dtype: str = "auto",
        device: str = "auto",
        chat: bool = True,
        token_budget: int = 16384,
        batch_size: int | None = None,
        trust_remote_code: bool = False,
    ) -> None:
        if dtype not in ("auto", "float32", "bfloat16", "float16"):
            raise UsageError(f"model 'transformers-text': dtype={dtype} should be auto, float32, bfloat16 or float16")
        if token_budget < 1 or (batch_size is not None and batch_size < 1):
            raise UsageError("model 'transformers-text': token_budget and batch_size should be at least 1")
        self._path, self._dtype, self._device, self._chat = model, dtype, device, chat
        self._source = {"revision": revision, "trust_remote_code": trust_remote_code}
        self.token_budget, self.batch_size = token_budget, batch_size

    def identity(self) -> Mapping[str, Any]:
        """Arguments; a directory by its name and its contents, wherever it lies."""
        found = dict(super().identity())
        folder = Path(self._path).expanduser()
        if folder.is_dir():
            found.update(model=folder.resolve().name, fingerprint=checkpoints.fingerprint(folder.resolve()))
        return found

    def versions(self) -> Mapping[str, str]:
        """Versions of the libraries."""
        return {name: version(name) for name in ("torch", "transformers") if importlib.util.find_spec(name)}

    def check(self) -> None:
        """Find out, before anything is loaded, whether the libraries are there.

        Raises:
            MissingExtraError: one is not.
        """
        for name in ("torch", "transformers"):
            if importlib.util.find_spec(name) is None:
                raise MissingExtraError(name, "local", "model 'transformers-text'")

    def start(self) -> None:
        """Load tokenizer and weights.

        Raises:
            UsageError: there is no such checkpoint, or it has no chat template.
        """
        self.check()
        transformers = need("transformers", "model 'transformers-text'")
        self.device = resolve_device(self._device)
        try:
            self._tokenizer: Any = transformers.AutoTokenizer.from_pretrained(self._path, **self._source)
            with weight_problems(Path(self._path)):
                weights: Any = transformers.AutoModelForCausalLM.from_pretrained(
                    self._path, dtype=self._dtype, use_safetensors=True, **self._source
                )
        except (OSError, ValueError) as error:
            raise UsageError(f"model 'transformers-text': '{self._path}' cannot be loaded: {error}") from None
        if self._chat and not self._tokenizer.chat_template:
            raise UsageError(
                f"model 'transformers-text': '{self._path}' has no chat template; for a base model use "
                "--model-arg chat=false"
            )
        ends = weights.generation_config.eos_token_id
        self._ends: list[int] = ends if isinstance(ends, list) else [ends] if ends is not None else []
        pads = [token for token in (self._tokenizer.pad_token_id, *self._ends, 0) if token is not None]
        self._pad: int = pads[0]
        weights.generation_config = transformers.GenerationConfig(
            eos_token_id=self._ends or None, pad_token_id=self._pad
        )
        self.model = weights.to(self.device).eval()
        self._context: int | None = getattr(weights.config, "max_position_embeddings", None)

    def prepare(self, request: Request) -> Prepared[list[int]]:
        """Token ids of the prompt."""
        turns = [{"role": turn.role, "content": turn.text} for turn in request.messages]
        if self._chat:
            text = self._tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
            ids = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        else:
            ids = self._tokenizer("\n".join(turn["content"] for turn in turns))["input_ids"]
        if self._context is not None and len(ids) >= self._context:
            raise TooLongError(f"the prompt has {len(ids)} tokens; the model takes {self._context} with its answer")
        return Prepared(request, list(ids), len(ids) + self._bound(request, len(ids)))

    def answer(self, batch: Sequence[Prepared[list[int]]]) -> Sequence[Response]:
        """Greedy rows together, sampled rows one by one."""
        if any(item.request.settings.temperature > 0 for item in batch):
            return [response for item in batch for response in self._generated([item])]
        return self._generated(batch)

    def _bound(self, request: Request, prompt: int) -> int:
        wanted = request.settings.max_new_tokens or 2048
        return wanted if self._context is None else min(wanted, self._context - prompt)

    def _generated(self, batch: Sequence[Prepared[list[int]]]) -> list[Response]:
        import torch

        settings = batch[0].request.settings
        bounds = [self._bound(item.request, len(item.work)) for item in batch]
        width = max(len(item.work) for item in batch)
        # Left padding: the answer of every row starts at the same place.
        rows = [[self._pad] * (width - len(item.work)) + item.work for item in batch]
        mask = [[0] * (width - len(item.work)) + [1] * len(item.work) for item in batch]
        sampling: dict[str, Any] = {"do_sample": False}
        if settings.temperature > 0:
            sampling = {"do_sample": True, "temperature": settings.temperature, "top_p": settings.top_p, "top_k": 0}
            torch.manual_seed(batch[0].request.seed)
        with memory_errors(), torch.inference_mode():
            made = self.model.generate(
                input_ids=torch.tensor(rows, device=self.device),
                attention_mask=torch.tensor(mask, device=self.device),
                max_new_tokens=max(bounds),
                **sampling,
            )
        return [
            self._response(item, row[width : width + bound].tolist())
            for item, row, bound in zip(batch, made, bounds, strict=True)
        ]

    def _response(self, item: Prepared[list[int]], ids: list[int]) -> Response:
        end = next((place for place, token in enumerate(ids) if token in self._ends), None)
        written = ids if end is None else ids[:end]
        text = text_of(self._tokenizer, written, item.work if self._chat else ())
        places = [place for stop in item.request.settings.stop if (place := text.find(stop)) >= 0]
        if places:
            text = text[: min(places)]
        usage = {"input_tokens": float(len(item.work)), "output_tokens": float(len(written))}
        if end is None and not places:
            usage["truncated"] = 1.0
        return Response(text=text, usage=usage)
