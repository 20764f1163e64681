"""What models of one provider share: the model's name, its price and modalities, its key, its identity."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any, ClassVar

from evalkit.core.errors import MissingExtraError, UsageError
from evalkit.core.model import constructor_parameters
from evalkit.core.sample import Request
from evalkit.models.api.call_errors import FinalCallError
from evalkit.models.api.calling import CallModel
from evalkit.models.api.catalogue import given_price, offer
from evalkit.models.api.keys import key_from, without_keys

_QUOTED = 500  # characters of what a provider said in an error message
_MODALITIES = {"text", "image", "audio", "video"}


class ProviderModel(CallModel):
    """A model of a provider, named by an argument.

    Attributes:
        provider: its name in the catalogue.
        package: import name of the official client.
        distribution: what installs the client, and the extra of evalkit that asks for it.
        key_variables: environment variables that may hold the key, in order; empty where none is needed.
        model: the provider's name of the model.
        structured: it can be held to a JSON Schema.
        thinking_room: tokens added to the bound of answers, for hidden reasoning.
    """

    provider: ClassVar[str] = ""
    package: ClassVar[str] = ""
    distribution: ClassVar[tuple[str, str]] = ("", "")
    key_variables: tuple[str, ...] = ()
    model: str
    structured: bool
    thinking_room: int
    incidental = frozenset({"takes", "stream", "base_url", "price_input", "price_output"})

    def describe(
        self,
        model: str,
        *,
        takes: str | None = None,
        structured: bool | None = None,
        price_input: float | None = None,
        price_output: float | None = None,
        thinking_room: int = 0,
    ) -> None:
        """Set what is known of the model: first what the user says, then what the catalogue says.

        Args:
            model: the provider's name of the model.
            takes: modalities, separated by commas.
            structured: it can be held to a JSON Schema.
            price_input: US dollars per million tokens of the prompt.
            price_output: US dollars per million tokens of the answer.
            thinking_room: tokens to add to the bound of answers.

        Raises:
            UsageError: a value that cannot be used.
        """
        if not model:
            raise UsageError(f"model '{self.name}': model is empty; give the provider's name of the model")
        self.model = self.display_name = model
        known = offer(self.provider, model)
        if known is not None:
            self.takes, self.gives, self.price = known.takes, known.gives, known.price
        self.structured = structured if structured is not None else known is None or known.structured
        if takes is not None:
            named = {word.strip() for word in takes.split(",") if word.strip()}
            if not named <= _MODALITIES:
                raise UsageError(f"model '{self.name}': takes={takes} should name text, image, audio or video")
            self.takes = frozenset(named)
        if (price_input is None) != (price_output is None) or min(price_input or 0.0, price_output or 0.0) < 0:
            raise UsageError(
                f"model '{self.name}': give both price_input and price_output, in US dollars per million tokens"
            )
        self.price = given_price(price_input, price_output) or self.price
        if thinking_room < 0:
            raise UsageError(f"model '{self.name}': thinking_room={thinking_room} should be at least 0")
        self.thinking_room = thinking_room
        self._key = ""

    def identity(self) -> Mapping[str, Any]:
        """The model, and every argument that is not at its default."""
        defaults = {name: value.default for name, value in constructor_parameters(type(self)).items()}
        changed = {
            key: value
            for key, value in self.arguments.items()
            if key not in self.incidental and (value != defaults[key] or defaults[key] is inspect.Parameter.empty)
        }
        return {"model": self.model, **changed}

    def versions(self) -> Mapping[str, str]:
        """Version of the official client."""
        return {self.distribution[0]: version(self.distribution[0])} if self._installed() else {}

    def check(self) -> None:
        """Find out whether calls can be made: the client's package, the key, the price where a budget is set."""
        super().check()
        if not self._installed():
            raise MissingExtraError(self.distribution[0], self.distribution[1], f"model '{self.name}'")
        self._key = key_from(self.key_variables, self.name) if self.key_variables else ""

    def check_request(self, request: Request) -> None:
        """Refuse a request with parts this model cannot take, before anything is read or sent.

        Raises:
            FinalCallError: naming the modality.
        """
        try:
            self.check_media(request.messages)
        except UsageError as error:
            raise FinalCallError(str(error), kind="input") from None

    def secrets(self) -> Sequence[str]:
        """The key in use."""
        return (self._key,) if self._key else ()

    def quoted(self, said: str) -> str:
        """What a provider said, for a message: without the key, which a cut could leave half of, and not too long."""
        return without_keys(said, self.secrets())[:_QUOTED]

    def _installed(self) -> bool:
        try:
            return importlib.util.find_spec(self.package) is not None
        except ModuleNotFoundError:  # of the package above it
            return False


def plain_url(url: str, model: str) -> str:
    """The base address of an API without a slash at its end; no part of an identity, as models move between hosts.

    Raises:
        UsageError: not http(s), or with a user, password or query, which would end up in records.
    """
    from urllib.parse import urlsplit

    secret = "@" in url.partition("?")[0] or "?" in url or "#" in url  # told apart without believing the address
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        usable = False
    if not usable and not secret:
        raise UsageError(f"model '{model}': base_url={url} should look like http://localhost:8000/v1")
    if secret:
        raise UsageError(
            f"model '{model}': base_url holds a user, password or query. Records keep the address, so it must hold "
            "no secret; pass the key in an environment variable"
        )
    return url.rstrip("/")


def plain_urls(urls: str, model: str) -> list[str]:
    """The addresses of servers that share the work, from a text with commas between them.

    Raises:
        UsageError: as for `plain_url`, or an address is given twice.
    """
    found = [plain_url(url.strip(), model) for url in urls.split(",") if url.strip()]
    if not found:
        raise UsageError(f"model '{model}': base_url is empty; it should look like http://localhost:8000/v1")
    if len(set(found)) < len(found):
        raise UsageError(f"model '{model}': base_url={urls} names an address twice")
    return found


def transport_error(error: Exception) -> bool:
    """True for errors of the HTTP library below an official client; which library that is depends on its version."""
    names = {"httpx2": ("HTTPError", "StreamError"), "httpx": ("HTTPError", "StreamError"), "aiohttp": ("ClientError",)}
    for name, errors in names.items():
        library = sys.modules.get(name)
        if library is not None and isinstance(error, tuple(getattr(library, kind) for kind in errors)):
            return True
    return False
