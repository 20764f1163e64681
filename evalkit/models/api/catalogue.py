"""What providers sell: modalities and dated list prices, as data in `catalogue.json`.

Names are matched exactly: snapshots of one model have had different prices. What the table lacks is unknown.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

MILLION = 1_000_000.0


@dataclass(frozen=True, slots=True)
class Tier:
    """Prices in US dollars per million tokens; None where unknown.

    Args:
        input, output: text (and everything without a price of its own).
        cached_input: input that the provider had cached; as `input` where None.
        audio_input, audio_output: audio tokens.
    """

    input: float
    output: float
    cached_input: float | None = None
    audio_input: float | None = None
    audio_output: float | None = None

    def cost(self, usage: Mapping[str, float]) -> float | None:
        """Cost of counted tokens in US dollars; None when a price it takes is unknown."""
        heard, said = usage.get("audio_input_tokens", 0.0), usage.get("audio_output_tokens", 0.0)
        if (heard and self.audio_input is None) or (said and self.audio_output is None):
            return None
        read, written = usage["input_tokens"] - heard, usage["output_tokens"] - said
        cached = min(usage.get("cached_input_tokens", 0.0), read)
        cheap = self.input if self.cached_input is None else self.cached_input
        spent = (read - cached) * self.input + cached * cheap + written * self.output
        return (spent + heard * (self.audio_input or 0.0) + said * (self.audio_output or 0.0)) / MILLION


@dataclass(frozen=True, slots=True)
class Price:
    """What a model's tokens cost.

    Args:
        tier: prices of ordinary prompts.
        as_of: day of the price (ISO); empty for prices the user gave.
        source: where it was read.
        long: prices when the prompt has more than `long_above` tokens.
    """

    tier: Tier
    as_of: str = ""
    source: str = ""
    long: Tier | None = None
    long_above: float = float("inf")

    def cost(self, usage: Mapping[str, float] | None) -> float | None:
        """Cost of a call in US dollars; None when tokens were not counted or a price is unknown."""
        if self == FREE:
            return 0.0
        if usage is None or "input_tokens" not in usage or "output_tokens" not in usage:
            return None
        tier = self.long if self.long is not None and usage["input_tokens"] > self.long_above else self.tier
        return tier.cost(usage)


FREE = Price(Tier(0.0, 0.0, 0.0, 0.0, 0.0))


@dataclass(frozen=True, slots=True)
class Offer:
    """One model of a provider.

    Args:
        takes, gives: modalities, as in `Model`.
        structured: it can be held to a JSON Schema.
        price: list price.
    """

    takes: frozenset[str]
    gives: frozenset[str]
    structured: bool
    price: Price


def offer(provider: str, model: str) -> Offer | None:
    """What the table knows of a provider's model; None when it is not listed."""
    return _table().get((provider, model))


def given_price(price_input: float | None, price_output: float | None) -> Price | None:
    """A price the user states, in US dollars per million tokens of any kind; None unless both are given."""
    if price_input is None or price_output is None:
        return None
    return Price(Tier(price_input, price_output, price_input, price_input, price_output))


@functools.cache
def _table() -> dict[tuple[str, str], Offer]:
    text = files("evalkit.models.api").joinpath("catalogue.json").read_text(encoding="utf-8")
    return {(row["provider"], row["model"]): _offer(row) for row in json.loads(text)["models"]}


def _offer(row: Mapping[str, Any]) -> Offer:
    long = row.get("long")
    price = Price(
        _tier(row), row["as_of"], row["source"], _tier(long) if long else None, long["above"] if long else float("inf")
    )
    return Offer(frozenset(row["takes"]), frozenset(row["gives"]), row["structured"], price)


def _tier(row: Mapping[str, Any]) -> Tier:
    return Tier(row["input"], row["output"], row.get("cached_input"), row.get("audio_input"), row.get("audio_output"))
