"""The API adapters under test, talking to loopback servers through the official clients."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import Any

from servers.loopback import Loopback

from evalkit import plugins
from evalkit.core.limits import CallLimits
from evalkit.core.response import Response
from evalkit.core.sample import Request
from evalkit.models.api.provider import ProviderModel

KEYS = {"openai": "OPENAI_API_KEY", "openai-compatible": "SERVER_KEY", "gemini": "GEMINI_API_KEY"}
KEY = "sk-loopback-0123456789abcdef"


@dataclass
class Provider:
    """One of the three API adapters, with the wire format its server has to speak."""

    name: str
    stream: bool
    wire: ModuleType

    def model(self, server: Loopback, limits: dict[str, Any] | None = None, **arguments: Any) -> ProviderModel:
        given = {"model": "test-model", "base_url": server.url, "stream": self.stream, **arguments}
        if self.name != "gemini":
            given["base_url"] += "/v1"
        if self.name == "openai-compatible":
            given.setdefault("key_variable", "SERVER_KEY")
        made = plugins.load_model(self.name, given)
        assert isinstance(made, ProviderModel)
        made.limits = CallLimits(**{"concurrency": 4, "timeout": 20.0, **(limits or {})})
        return made

    def answers(self, server: Loopback, asked: list[Request], **settings: Any) -> dict[str, Response]:
        with self.model(server, **settings) as model:
            return dict(model.stream(iter(asked)))
