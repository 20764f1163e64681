"""Calls through the official `openai` client, and what its errors mean."""

from __future__ import annotations

import asyncio
import contextlib
import json
from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from evalkit.core.response import Response
from evalkit.core.sample import Request
from evalkit.models.api import chat_completions
from evalkit.models.api.call_errors import CallError, FatalCallError, FinalCallError, RetryableCallError
from evalkit.models.api.content import Limits, has_media
from evalkit.models.api.provider import ProviderModel, transport_error
from evalkit.models.api.retrying import retry_after_seconds

if TYPE_CHECKING:
    import openai

_NO_MONEY = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "account_deactivated"}
_TOO_LONG = {"context_length_exceeded", "string_above_max_length", "rate_limit_exceeded_request_too_large"}
_FILTERED = {"content_filter", "content_policy_violation", "ResponsibleAIPolicyViolation"}


class ChatCompletionsModel(ProviderModel):
    """A model asked through the official client of OpenAI; a subclass says what its server takes.

    Attributes:
        accepts: media types and sizes.
        media_in_answers: the history's assistant turns may hold media.
        base_url: address of the API; None for OpenAI's own.
        streams: ask for the answer in pieces; keeps long answers alive behind proxies, and changes nothing else.
    """

    package = "openai"
    distribution = ("openai", "openai")
    accepts: Limits
    media_in_answers = False
    base_url: str | None = None
    streams = False
    _client: openai.AsyncOpenAI

    @abstractmethod
    def body(self, request: Request) -> dict[str, Any]:
        """Fields of the request besides model and messages."""

    async def connect(self) -> None:
        """Make the client; retries and time limits are the call layer's."""
        import openai

        timeout = self.limits.timeout + 30.0
        # Its transport, half the work per call of the client's own, comes with the extra.
        transport = None
        with contextlib.suppress(AttributeError, RuntimeError):
            from evalkit.models.api.plain_calls import PlainCallsClient

            transport = PlainCallsClient(timeout=timeout)
        client = openai.AsyncOpenAI(
            api_key=self._key or "none",
            base_url=self.base_url,
            max_retries=0,
            timeout=timeout,
            http_client=transport,
        )
        # What the client tells its maker about this machine; it is put together anew for every call.
        omitted: Any = {
            name: openai.Omit() for name in client.default_headers if name.lower().startswith("x-stainless-")
        }
        self._client = client.with_options(default_headers=omitted)
        # Given with every call, as the client makes copies of what stands for "not given".
        self._call_options: Any = {"max_retries": 0, "timeout": timeout}
        self._completions = f"{str(self._client.base_url).rstrip('/')}/chat/completions"

    async def disconnect(self) -> None:
        """Close the client's connections."""
        if hasattr(self, "_client"):
            await self._client.close()

    async def call(self, request: Request) -> Response:
        """One chat completion."""
        given = (request.messages, self.accepts)
        if has_media(request.messages):
            self.check_request(request)
            made = await asyncio.to_thread(chat_completions.messages, *given, media_in_answers=self.media_in_answers)
        else:
            made = chat_completions.messages(*given)
        body = {"model": self.model, "messages": made, **self.body(request)}
        try:
            if self.streams and not request.settings.speech:
                return await self._streamed(body)
            body.update(body.pop("extra_body", {}))
            # The plain form of the client's call, with the whole address: checking types field by field, and putting
            # the address together, cost as much as the rest of it.
            reply = await self._client.post(self._completions, body=body, cast_to=object, options=self._call_options)
            return chat_completions.response(reply)
        except Exception as error:
            found = self.meaning(error)
            if isinstance(found, Response):
                return found
            raise found from None

    async def _streamed(self, body: Mapping[str, Any]) -> Response:
        pieces: list[str] = []
        refusal: list[str] = []
        thought: list[str] = []
        reason: str | None = None
        usage: Any = None
        served: str | None = None
        stream = await self._client.chat.completions.create(**body, stream=True, stream_options={"include_usage": True})
        async for chunk in stream:
            try:
                served = chunk.model or served
                usage = chunk.usage.model_dump(warnings=False) if chunk.usage is not None else usage
                for choice in chunk.choices:
                    pieces.append(choice.delta.content or "")
                    refusal.append(choice.delta.refusal or "")
                    extra = choice.delta.model_extra or {}
                    told = extra.get("reasoning_content") or extra.get("reasoning")
                    thought.append(told if isinstance(told, str) else "")
                    reason = choice.finish_reason or reason
            except chat_completions.MISREAD as error:
                await stream.close()
                raise RetryableCallError(
                    f"a piece of the answer is no chat completion: {type(error).__name__}: {error}",
                    usage=chat_completions.counted(usage),
                ) from None
        if reason is None:
            raise RetryableCallError(
                "the stream of the answer ended before its end", usage=chat_completions.counted(usage)
            )
        if not all(isinstance(piece, str) for piece in (*pieces, *refusal)):
            raise RetryableCallError("a piece of the answer is no text", usage=chat_completions.counted(usage))
        message = {"content": "".join(pieces), "refusal": "".join(refusal) or None}
        message["reasoning_content"] = "".join(thought) or None
        whole = {"model": served, "choices": [{"message": message, "finish_reason": reason}], "usage": usage}
        return chat_completions.response(whole)

    def meaning(self, error: Exception) -> CallError | Response:
        """What an error of the client means for the run.

        Raises:
            Exception: the error itself, when it is none of the client's, the network's or ours.
        """
        import openai

        if isinstance(error, CallError):
            return error
        unreached = type(error.__cause__).__name__.startswith("Connect")  # one transport calls a refusal a timeout
        if isinstance(error, openai.APITimeoutError) and not unreached:
            return RetryableCallError(f"{self.address} did not answer in time", kind="timeout")
        if isinstance(error, openai.APIStatusError):
            return self._status(error)
        if isinstance(error, openai.APIConnectionError):
            cause = error.__cause__ or error
            return RetryableCallError(f"no connection to {self.address}: {type(cause).__name__}: {cause}")
        if isinstance(error, openai.APIError):  # an error event within a stream
            return RetryableCallError(f"the server broke off: {error.message}")
        if isinstance(error, json.JSONDecodeError | UnicodeDecodeError) or transport_error(error):
            return RetryableCallError(f"the answer broke off: {type(error).__name__}: {error}")
        raise error

    @property
    def address(self) -> str:
        """Where calls go, for messages."""
        return self.base_url or "OpenAI"

    def _status(self, error: openai.APIStatusError) -> CallError | Response:
        status, headers = error.status_code, error.response.headers
        body = error.body if isinstance(error.body, dict) else {}
        codes = {str(body.get("code")), str(body.get("type")), str((body.get("innererror") or {}).get("code"))}
        said = self.quoted(str(body.get("message") or error.message))
        text = f"{self.address} says ({status}): {said}"
        if status == 401:
            source = " or ".join(self.key_variables)
            return FatalCallError(f"{text}. " + (f"Is the key in {source} right?" if source else "Is a key needed?"))
        if status == 402 or (status == 429 and codes & _NO_MONEY):
            return FatalCallError(f"{text}. The account has no quota left; check its plan and billing")
        if status in (403, 404):
            return FatalCallError(f"{text}. Check the model's name '{self.model}', the address, and the key's rights")
        if status == 413 or codes & _TOO_LONG or "maximum context length" in said:
            return FinalCallError(text, kind="limit")
        if codes & _FILTERED:
            return chat_completions.blocked()
        if status in (408, 409, 425, 429) or status >= 500:
            return RetryableCallError(text, retry_after=retry_after_seconds(headers), everyone=status == 429)
        return FinalCallError(text)
