"""What a model's own `chat` hands to its language model: recorded on the way in, played back on the way out.

A released `chat` answers one conversation. Everything it does before and after the language model writes is left to
it: `language_model.generate` is replaced by a tap, which records the prepared embeddings and stops there, and later,
when the tokens are known, hands them over as if it had just made them.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

# What `generate` may be told so that rows can be decoded together; anything else is done one by one.
_SETTINGS = frozenset(
    ("do_sample", "max_new_tokens", "eos_token_id", "pad_token_id", "bos_token_id", "temperature", "top_p", "top_k",
     "num_beams", "repetition_penalty", "use_cache", "generation_config")
)  # fmt: skip
_RESULT = frozenset(("output_hidden_states", "return_dict_in_generate"))
_SAME = 0.05  # of the largest value: how far embeddings made twice may lie apart


class CaptureError(Exception):
    """The capture does not fit this model or this call; the message says where."""


class _Stopped(BaseException):
    """Ends `chat` at the language model; no `Exception`, so that no handler on the way out takes it."""


@dataclass(frozen=True)
class Capture:
    """One conversation as the language model gets it.

    Args:
        embeds: shape (length, width), on the CPU.
        mask: shape (length,); 0 hides a position.
        settings: of `generate`, without what shapes its result.
    """

    embeds: Any
    mask: Any
    settings: dict[str, Any]

    @property
    def length(self) -> int:
        """Tokens of the prompt, media included."""
        return len(self.mask)

    @property
    def bytes(self) -> int:
        """Memory it takes."""
        return int(self.embeds.nbytes + self.mask.nbytes)

    @functools.cached_property
    def kind(self) -> str:
        """Rows of one kind can be decoded together."""
        config = self.settings.get("generation_config")
        plain = {key: value for key, value in self.settings.items() if key != "generation_config"}
        return repr((sorted(plain.items(), key=str), sorted(config.to_dict().items(), key=str) if config else None))


class Tap:
    """Takes the place of `language_model.generate`; does nothing unless a capture or a playback is under way.

    Args:
        model: has a `language_model` with a `generate`.

    Attributes:
        language_model: the part that writes.
        generate: its own `generate`.

    Raises:
        CaptureError: it has not.
    """

    def __init__(self, model: Any) -> None:
        self.language_model = getattr(model, "language_model", None)
        own = getattr(self.language_model, "generate", None)
        if not callable(own):
            raise CaptureError("the model has no language_model.generate")
        self.generate: Callable[..., Any] = own
        self._local = threading.local()
        self.language_model.generate = self._tapped  # type: ignore[union-attr]

    def remove(self) -> None:
        """Give the language model its own `generate` back."""
        self.language_model.__dict__.pop("generate", None)

    def _tapped(self, *values: Any, **named: Any) -> Any:
        handler = getattr(self._local, "handler", None)
        return self.generate(*values, **named) if handler is None else handler(values, named)

    def capture(self, chat: Callable[[], Any]) -> Capture:
        """Call a `chat` up to its language model.

        Raises:
            CaptureError: it called it not once, or with something that cannot be decoded in a batch.
        """
        calls: list[tuple[Any, dict[str, Any]]] = []

        def record(values: Any, named: dict[str, Any]) -> Any:
            calls.append((values, named))
            raise _Stopped

        try:
            self._with(record, chat)
        except _Stopped:
            pass
        except Exception:
            if len(calls) < 2:  # a chat that swallowed the stop and stumbled is told by the number of its calls
                raise
        if len(calls) != 1:
            raise CaptureError(f"chat called language_model.generate {len(calls)} times; expected one call")
        return _captured(*calls[0])

    def play(self, chat: Callable[[], Any], tokens: Sequence[int], capture: Capture | None = None) -> Any:
        """Call a `chat` with a language model that says these tokens.

        Args:
            chat: the call.
            tokens: new tokens with their stop token.
            capture: what the call has to prepare; with it, hidden states can be asked for too.

        Raises:
            CaptureError: the call prepared something else, or asks for what cannot be played.
        """
        calls = 0

        def hand_over(values: Any, named: dict[str, Any]) -> Any:
            nonlocal calls
            calls += 1
            found = _captured(values, named)
            if capture is not None:
                _check_same(found, capture)
            return self._result(named, tokens, capture)

        result = self._with(hand_over, chat)
        if calls != 1:
            raise CaptureError(f"chat called language_model.generate {calls} times; expected one call")
        return result

    def _with(self, handler: Callable[..., Any], chat: Callable[[], Any]) -> Any:
        self._local.handler = handler
        try:
            return chat()
        finally:
            self._local.handler = None

    def _result(self, named: dict[str, Any], tokens: Sequence[int], capture: Capture | None) -> Any:
        """What `generate` would have returned."""
        import torch

        device = named["inputs_embeds"].device
        sequences = torch.tensor([list(tokens)], dtype=torch.long, device=device)
        config = named.get("generation_config") or self.language_model.generation_config  # type: ignore[union-attr]

        def wanted(key: str) -> bool:
            return bool(named[key] if named.get(key) is not None else getattr(config, key, False))

        if not wanted("return_dict_in_generate"):
            return sequences
        from transformers.generation.utils import GenerateDecoderOnlyOutput

        made = GenerateDecoderOnlyOutput(sequences=sequences)
        if wanted("output_hidden_states") and capture is not None:
            made.hidden_states = hidden_states(self.language_model, named["inputs_embeds"], capture.mask, tokens)
        return made


def hidden_states(language_model: Any, embeds: Any, mask: Any, tokens: Sequence[int]) -> tuple[tuple[Any, ...], ...]:
    """Hidden states as `generate` gives them: for every new token, of every layer, by one pass over the whole row.

    Args:
        language_model: a causal model of transformers.
        embeds: of the prompt, shape (1, length, width).
        mask: shape (length,).
        tokens: new tokens; the last was written from the state before it.

    Returns:
        One tuple per new token, of layers with shape (1, positions, width): the whole prompt first, then one position.
    """
    import torch

    base = getattr(language_model, getattr(language_model, "base_model_prefix", ""), language_model)
    fed = torch.tensor([list(tokens[:-1])], dtype=torch.long, device=embeds.device)
    written = language_model.get_input_embeddings()(fed).to(embeds.dtype)
    whole = torch.cat([embeds, written], dim=1)
    seen = torch.cat([mask, mask.new_ones(fed.shape[1])])[None].to(embeds.device)
    # As `generate` counts: masked positions in front take no number.
    positions = (seen.long().cumsum(-1) - 1).clamp(min=0)
    layers = base(
        inputs_embeds=whole, attention_mask=seen, position_ids=positions, output_hidden_states=True, use_cache=False
    ).hidden_states
    length = embeds.shape[1]
    ends = range(length, whole.shape[1] + 1)
    return tuple(tuple(layer[:, 0 if end == length else end - 1 : end] for layer in layers) for end in ends)


def _captured(values: Any, named: dict[str, Any]) -> Capture:
    import torch

    if values:
        raise CaptureError("chat calls language_model.generate with positional arguments")
    embeds, mask = named.get("inputs_embeds"), named.get("attention_mask")
    if embeds is None:
        raise CaptureError("chat calls language_model.generate without inputs_embeds")
    if embeds.dim() != 3 or embeds.shape[0] != 1:
        raise CaptureError(f"chat gives language_model.generate embeddings of shape {tuple(embeds.shape)}")
    mask = torch.ones(embeds.shape[:2], dtype=torch.long) if mask is None else mask
    if tuple(mask.shape) != tuple(embeds.shape[:2]):
        raise CaptureError(f"chat gives language_model.generate a mask of shape {tuple(mask.shape)}")
    settings = {}
    for key, value in named.items():
        if key in ("inputs_embeds", "attention_mask") or key in _RESULT:
            continue
        if key in _SETTINGS:
            settings[key] = value
        elif value is not None and value is not False and not (isinstance(value, (list, tuple)) and not value):
            raise CaptureError(f"chat calls language_model.generate with {key}, which no batch can be given")
    given = settings.get("generation_config")
    told = [
        settings[key] if settings.get(key) is not None else getattr(given, key, None)
        for key in ("do_sample", "num_beams")
    ]
    if told[0] or (told[1] or 1) > 1:
        raise CaptureError("chat samples, or searches with beams, where greedy decoding was asked for")
    return Capture(embeds[0].detach().to("cpu"), mask[0].detach().to("cpu").long(), settings)


def _check_same(found: Capture, expected: Capture) -> None:
    a, b = found.embeds.float(), expected.embeds.float()
    if a.shape != b.shape or float((a - b).abs().max()) > _SAME * float(b.abs().max()):
        raise CaptureError("chat prepared other embeddings for the same conversation a second time")
