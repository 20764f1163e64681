"""Calls through the official `openai` client, and what its errors mean."""

from __future__ import annotations

import asyncio
import contextlib
import json
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from evalkit.core.response import Response
from evalkit.core.sample import Request
from evalkit.models.api import chat_completions
from evalkit.models.api.bounded_replies import bound
from evalkit.models.api.call_errors import CallError, FinalCallError, RetryableCallError
from evalkit.models.api.connection_errors import broken, of_the_call
from evalkit.models.api.content import Limits, has_media
from evalkit.models.api.fleet import Fleet, Server
from evalkit.models.api.provider import ProviderModel, transport_error
from evalkit.models.api.proxies import goes_direct
from evalkit.models.api.reply_errors import Service, fault_within, refused
from evalkit.models.api.server_events import FaultEvent, Pieces

if TYPE_CHECKING:
    import openai

_OPENAI = "https://api.openai.com/v1"


class ChatCompletionsModel(ProviderModel):
    """A model asked through the official client of OpenAI; a subclass says what its server takes.

    Attributes:
        accepts: media types and sizes.
        media_in_answers: the history's assistant turns may hold media.
        addresses: of the API, one for each server that shares the work; None for OpenAI's own.
        streams: ask for the answer in pieces; keeps long answers alive behind proxies, and changes nothing else.
        streams_speech: the same for spoken answers.
        audio: how recordings are put into a request; see `chat_completions.messages`.
        merge_system: put instructions into the first user turn.
        pcm_rate: sample rate of speech that comes as bare samples, Hz.
    """

    package = "openai"
    distribution = ("openai", "openai")
    accepts: Limits
    media_in_answers = False
    addresses: Sequence[str | None] = (None,)
    streams = False
    streams_speech = False
    audio: chat_completions.AudioForm = "base64"
    merge_system = False
    pcm_rate = 24_000
    _fleet: Fleet

    @abstractmethod
    def body(self, request: Request) -> dict[str, Any]:
        """Fields of the request besides model and messages."""

    def check(self) -> None:
        """As every provider's model, and the proxies of the environment."""
        super().check()
        for address in self.addresses:
            goes_direct(address or _OPENAI, self.name, with_key=bool(self._key))

    async def connect(self) -> None:
        """Make a client for each server; retries and time limits are the call layer's."""
        # Given with every call, as the client makes copies of what stands for "not given".
        self._call_options: Any = {"max_retries": 0, "timeout": self.limits.timeout + 30.0}
        servers = []
        for address in self.addresses:
            client = self._client(address)
            servers.append(Server(address, client, f"{str(client.base_url).rstrip('/')}/chat/completions"))
        self._fleet = Fleet(servers)

    def _client(self, address: str | None) -> openai.AsyncOpenAI:
        import openai

        direct = goes_direct(address or _OPENAI, self.name, with_key=bool(self._key))
        ways: dict[str, Any] = {
            "timeout": self.limits.timeout + 30.0,
            "event_hooks": {"response": [bound]},
            "headers": {"Accept-Encoding": "gzip, deflate"},  # what `bound` unpacks
        }
        if direct:
            ways["trust_env"] = False
        # The transport of aiohttp, half the work per call of the client's own, comes with the extra.
        transport: Any = None
        with contextlib.suppress(AttributeError, RuntimeError):
            from evalkit.models.api.plain_calls import PlainCallsClient

            transport = PlainCallsClient(**ways)
        client = openai.AsyncOpenAI(
            api_key=self._key or "none",
            base_url=address,
            max_retries=0,
            timeout=ways["timeout"],
            http_client=transport or openai.DefaultAsyncHttpxClient(**ways),
        )
        # What the client tells its maker about this machine; it is put together anew for every call.
        omitted: Any = {
            name: openai.Omit() for name in client.default_headers if name.lower().startswith("x-stainless-")
        }
        return client.with_options(default_headers=omitted)

    async def disconnect(self) -> None:
        """Close the clients' connections."""
        if hasattr(self, "_fleet"):
            for server in self._fleet.servers:
                await server.client.close()

    async def call(self, request: Request) -> Response:
        """One chat completion, from the first server that gives one."""
        ways: dict[str, Any] = {"merge_system": self.merge_system}
        if has_media(request.messages):
            self.check_request(request)
            ways |= {"media_in_answers": self.media_in_answers, "audio": self.audio}
            made = await asyncio.to_thread(chat_completions.messages, request.messages, self.accepts, **ways)
        else:
            made = chat_completions.messages(request.messages, self.accepts, **ways)
        body = {"model": self.model, "messages": made, **self.body(request)}
        streamed = self.streams_speech if request.settings.speech else self.streams
        tried: list[Server] = []
        while True:
            server = self._fleet.next(tried)
            assert server is not None
            server.under_way += 1
            try:
                response = await self._asked(server, body, streamed)
            except FinalCallError:
                self._fleet.answered(server)
                raise
            except (CallError, asyncio.CancelledError) as error:
                self._fleet.failed(server, "no answer in time" if isinstance(error, asyncio.CancelledError) else error)
                tried.append(server)
                passed_on = isinstance(error, CallError) and not error.usage and len(tried) < len(self._fleet)
                if not passed_on:
                    raise
            else:
                self._fleet.answered(server)
                return response
            finally:
                server.under_way -= 1

    async def _asked(self, server: Server, body: Mapping[str, Any], streamed: bool) -> Response:
        """One completion of one server."""
        try:
            if streamed:
                reply = await self._pieces(server, body)
            else:
                # The plain form of the client's call, with the whole address: checking types field by field, and
                # putting the address together, cost as much as the rest of it.
                reply = await server.client.post(
                    server.completions, body=body, cast_to=object, options=self._call_options
                )
            if isinstance(reply, dict) and (fault := _fault(reply)) is not None:
                found = fault_within(self._service(server), fault, chat_completions.counted(reply.get("usage")))
                if isinstance(found, Response):
                    return found
                raise found
            return chat_completions.response(reply)
        except Exception as error:
            meaning = self.meaning(error, server)
            if isinstance(meaning, Response):
                return meaning
            raise meaning from None

    async def _pieces(self, server: Server, body: Mapping[str, Any]) -> Any:
        """A completion that comes in pieces."""
        pieces = Pieces(self.pcm_rate)
        rest = {key: value for key, value in body.items() if key not in ("model", "messages")}
        rest = {"stream_options": {"include_usage": True}, **rest}
        if rest["stream_options"] is None:
            del rest["stream_options"]
        create = server.client.chat.completions.with_streaming_response.create
        async with create(model=body["model"], messages=body["messages"], stream=True, extra_body=rest) as reply:
            if "json" in reply.headers.get("content-type", ""):  # a whole reply, though pieces were asked for
                return json.loads(await reply.read())
            await pieces.read(reply.iter_lines())
        return pieces.whole()

    def meaning(self, error: Exception, server: Server) -> CallError | Response:
        """What an error of the client means for the run.

        Raises:
            Exception: the error itself, when it is none of the client's, the network's or ours.
        """
        import openai

        address = server.address or "OpenAI"
        ours = of_the_call(error)
        if ours is not None:
            return ours
        if isinstance(error, FaultEvent):
            return fault_within(self._service(server), error.body, error.usage)
        if isinstance(error, openai.APIStatusError):
            return refused(
                self._service(server), error.status_code, error.response.headers, error.body, str(error.message)
            )
        if isinstance(error, openai.APIConnectionError):
            return broken(error.__cause__ or error, server.address or _OPENAI)
        if isinstance(error, openai.APIError):  # the client could make nothing of the reply
            return RetryableCallError(f"{address} broke off: {self.quoted(str(error.message))}")
        if transport_error(error):
            return broken(error, server.address or _OPENAI)
        if isinstance(error, UnicodeEncodeError):  # of the request: half a surrogate pair in a prompt
            return FinalCallError("the prompt is no Unicode text: it holds half a surrogate pair", kind="input")
        if isinstance(error, ValueError | RecursionError):
            return RetryableCallError(f"the reply cannot be read: {type(error).__name__}: {self.quoted(str(error))}")
        raise error

    def _service(self, server: Server) -> Service:
        return Service(server.address or "OpenAI", self.model, self.key_variables, self.quoted)


def _fault(reply: Mapping[str, Any]) -> Any:
    """What a reply tells of an error, in the place of its choices or within one; None where there is none."""
    choices = reply.get("choices")
    if not choices:
        told = {
            name: reply[name] for name in ("error", "base_resp", "contentFilter", "code", "message") if name in reply
        }
        return told if any(isinstance(value, dict | list) for value in told.values()) else None
    if isinstance(choices, list) and isinstance(choices[0], dict) and isinstance(choices[0].get("error"), dict):
        return {"error": choices[0]["error"]}
    return None
