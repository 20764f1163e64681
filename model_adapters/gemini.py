"""Models of the Gemini API."""

from __future__ import annotations

import asyncio
import json
import os
import wave
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from evalkit.core.errors import UsageError
from evalkit.core.model import model
from evalkit.core.response import Response
from evalkit.core.sample import Request
from evalkit.models.api.bounded_replies import bound
from evalkit.models.api.call_errors import (
    CallError,
    DeniedCallError,
    FatalCallError,
    FinalCallError,
    RetryableCallError,
)
from evalkit.models.api.chat_completions import MISREAD
from evalkit.models.api.connection_errors import broken, of_the_call
from evalkit.models.api.content import Limits, has_media
from evalkit.models.api.estimates import MediaTokens
from evalkit.models.api.generate_content import answer_in, asked_wait, contents_of
from evalkit.models.api.provider import ProviderModel, plain_url, transport_error
from evalkit.models.api.proxies import goes_direct
from evalkit.models.api.refusals import complaint
from evalkit.models.api.reply_errors import blocked
from evalkit.models.api.retrying import retry_after_seconds

if TYPE_CHECKING:
    from google import genai

_MB = 2**20
_GEMINI = "https://generativelanguage.googleapis.com"
_OPENED: ContextVar[list[Any]] = ContextVar("opened")  # replies of the call of this task
_HARMS = ("HARASSMENT", "HATE_SPEECH", "SEXUALLY_EXPLICIT", "DANGEROUS_CONTENT")


@model("gemini", takes=("text", "image", "audio", "video"), gives=("text", "speech"))
class Gemini(ProviderModel):
    """A model of Google's Gemini API.

    Args:
        model: its name at Google.
        voice: of spoken answers.
        thinking_budget: tokens of hidden reasoning (2.5 models; 0 turns it off where that is possible).
        thinking_level: "low", "high", ... (3 models).
        thinking_room: tokens added to the bound of answers, because the API counts hidden reasoning in it.
        safety: "off" asks for no filtering; the API's own setting where None.
        structured: hold judges' answers to a JSON Schema.
        takes: modalities it takes, instead of what the catalogue says.
        stream: ask for answers in pieces.
        base_url: another address of the API, for a proxy; GOOGLE_GEMINI_BASE_URL where None.
        price_input, price_output: US dollars per million tokens, instead of the catalogue's.
        system: text that opens every conversation, before the task's own.
    """

    provider = "gemini"
    package = "google.genai"
    distribution = ("google-genai", "gemini")
    key_variables = ("GEMINI_API_KEY", "GOOGLE_API_KEY")
    media_tokens = MediaTokens(image=258.0, audio_second=32.0, video_second=300.0)  # Gemini API docs, "Token counting"
    accepts = Limits(
        types=frozenset(
            f"{kind}/{name}"
            for kind, names in (
                ("image", ("png", "jpeg", "webp", "heic", "heif")),
                ("audio", ("wav", "mp3", "aiff", "aac", "ogg", "flac")),
                ("video", ("mp4", "mpeg", "quicktime", "avi", "x-flv", "webm", "3gpp")),
            )
            for name in names
        ),
        file_bytes=100 * _MB,
        request_bytes=100 * _MB,
        source="limit of inline data, Gemini API docs, 'File input methods'",
    )
    _client: genai.Client

    def __init__(
        self,
        model: str,
        voice: str = "Kore",
        thinking_budget: int | None = None,
        thinking_level: str | None = None,
        thinking_room: int = 0,
        safety: str | None = None,
        structured: bool | None = None,
        takes: str | None = None,
        stream: bool = False,
        base_url: str | None = None,
        price_input: float | None = None,
        price_output: float | None = None,
        system: str | None = None,
    ) -> None:
        self.system = system
        self.describe(
            model,
            takes=takes,
            structured=structured,
            price_input=price_input,
            price_output=price_output,
            thinking_room=thinking_room,
        )
        if safety not in (None, "off"):
            raise UsageError(f"model 'gemini': safety={safety} should be off, or left out")
        address = base_url or os.environ.get("GOOGLE_GEMINI_BASE_URL")
        self._base_url = plain_url(address, self.name) if address else None
        self._voice, self._safety, self._stream = voice, safety, stream
        thinking = {"thinking_budget": thinking_budget, "thinking_level": thinking_level}
        self._thinking = {key: value for key, value in thinking.items() if value is not None}

    def check(self) -> None:
        """As every provider's model, and the proxies of the environment."""
        super().check()
        self._goes_direct()

    def _goes_direct(self) -> bool:
        return goes_direct(self._base_url or _GEMINI, self.name, with_key=True)

    async def connect(self) -> None:
        """Make the client; retries and time limits are the call layer's."""
        from google import genai
        from google.genai import types

        seconds = self.limits.timeout + 30.0
        ways: dict[str, Any] = {
            "timeout": seconds,
            "event_hooks": {"response": [bound, _note]},
            "headers": {"Accept-Encoding": "gzip, deflate"},  # what `bound` unpacks
            "limits": _http().Limits(max_connections=None),  # the call layer bounds the calls
        }
        if self._goes_direct():
            ways["trust_env"] = False
        self._client = genai.Client(
            api_key=self._key,
            vertexai=False,
            http_options=types.HttpOptions(
                base_url=self._base_url,
                timeout=int(seconds * 1000),
                retry_options=types.HttpRetryOptions(attempts=1),
                client_args={"trust_env": False},  # for calls that wait, of which there are none
                httpx_async_client=_http().AsyncClient(**ways),
            ),
        )

    async def disconnect(self) -> None:
        """Close the client's connections."""
        client = getattr(self, "_client", None)
        if client is not None and hasattr(client.aio, "aclose"):
            await client.aio.aclose()

    async def call(self, request: Request) -> Response:
        """One generation."""
        if has_media(request.messages):
            self.check_request(request)
            contents = await asyncio.to_thread(contents_of, request.messages, self.accepts)
        else:
            contents = contents_of(request.messages, self.accepts)
        config = self._config(request)
        models = self._client.aio.models
        opened: list[Any] = []
        _OPENED.set(opened)
        try:
            if self._stream:
                pieces = await models.generate_content_stream(model=self.model, contents=contents, config=config)
                return answer_in([piece async for piece in pieces])
            return answer_in([await models.generate_content(model=self.model, contents=contents, config=config)])
        except Exception as error:
            meaning = self._meaning(error)
            if isinstance(meaning, Response):
                return meaning
            raise meaning from None
        finally:
            for reply in opened:  # the client leaves a stream open that it cannot read
                await reply.aclose()

    def _config(self, request: Request) -> Any:
        wanted = request.settings
        config: dict[str, Any] = {"temperature": wanted.temperature}
        instructions = [turn for turn in request.messages if turn.role == "system"]
        if instructions:
            config["system_instruction"] = "\n".join(turn.text for turn in instructions)
        if wanted.max_new_tokens is not None:
            config["max_output_tokens"] = wanted.max_new_tokens + self.thinking_room
        if wanted.temperature > 0:
            config["seed"] = request.seed & 0x7FFFFFFF
            if wanted.top_p < 1.0:
                config["top_p"] = wanted.top_p
        if wanted.stop:
            config["stop_sequences"] = list(wanted.stop)
        if self._thinking:
            config["thinking_config"] = self._thinking
        if self._safety == "off":
            config["safety_settings"] = [
                {"category": f"HARM_CATEGORY_{harm}", "threshold": "BLOCK_NONE"} for harm in _HARMS
            ]
        if request.schema is not None and self.structured:
            config["response_mime_type"], config["response_json_schema"] = "application/json", dict(request.schema)
        if wanted.speech:
            config["response_modalities"] = ["AUDIO"]
            config["speech_config"] = {"voice_config": {"prebuilt_voice_config": {"voice_name": self._voice}}}
        return config

    def _meaning(self, error: Exception) -> Exception | Response:
        """What an error of the client means for the run; the error itself when it is none of the client's."""
        from google.genai import errors

        ours = of_the_call(error)
        if ours is not None:
            return ours
        if isinstance(error, errors.APIError):
            return self._status(error)
        if isinstance(error, errors.UnknownApiResponseError | json.JSONDecodeError):
            return RetryableCallError(f"the reply is not JSON: {self.quoted(str(error))}")
        if transport_error(error) or isinstance(error, ConnectionError):
            return broken(error, self._base_url or _GEMINI)
        if isinstance(error, UnicodeEncodeError):
            return FinalCallError("the prompt is no Unicode text: it holds half a surrogate pair", kind="input")
        if "Response" not in getattr(error, "title", "Response"):  # the client's check of what it is to send
            return FatalCallError(f"the client of Gemini refuses the settings: {self.quoted(str(error))}")
        if isinstance(error, (*MISREAD, wave.Error)):
            return RetryableCallError(f"the reply cannot be read: {type(error).__name__}: {self.quoted(str(error))}")
        return error

    def _status(self, error: Any) -> CallError | Response:
        status, body = int(error.code or 0), error.details
        inner = body.get("error", body) if isinstance(body, dict) else {}
        listed = inner.get("details") if isinstance(inner, dict) else None
        details = [detail for detail in listed if isinstance(detail, dict)] if isinstance(listed, list) else []
        said = f"{self._base_url or 'Gemini'} says ({status}): {self.quoted(str(error.message or error))}"
        reasons = {str(detail.get("reason")) for detail in details}
        keys = " or ".join(self.key_variables)
        if status == 401 or "API_KEY_INVALID" in reasons or (status == 400 and "API key" in said):
            return DeniedCallError(f"{said}. Is the key in {keys} right?", account=True)
        found = complaint(body)
        if status != 429 and found.filtered:
            return blocked()
        if status == 413 or "exceeds the maximum number of tokens" in said or found.too_large:
            return FinalCallError(said, kind="limit")
        if status in (403, 404):
            return DeniedCallError(
                f"{said}. Check the model's name '{self.model}', and the rights of the key in {keys}"
            )
        if status == 429:
            listings = [detail.get("violations") for detail in details]
            quotas = [
                str(quota.get("quotaId"))
                for listing in listings
                for quota in (listing if isinstance(listing, list) else ())
                if isinstance(quota, dict)
            ]
            if any("PerDay" in quota for quota in quotas):
                return FatalCallError(f"{said}. The quota of the day is used up ({', '.join(quotas)})")
        if status in (408, 409, 425, 429) or status >= 500 or not status:
            wait = asked_wait(details)
            headers = getattr(error.response, "headers", None)
            if wait is None and headers is not None:
                wait = retry_after_seconds(headers)
            return RetryableCallError(said, retry_after=wait, everyone=status == 429)
        return FinalCallError(said)


async def _note(reply: Any) -> None:
    _OPENED.get().append(reply)


def _http() -> Any:
    """The HTTP library that the client stands on; which one that is depends on its version."""
    try:
        import httpx2 as http
    except ModuleNotFoundError:
        import httpx as http
    return http
