"""Any server that speaks OpenAI's chat completions: vLLM, SGLang, llama.cpp, Ollama, `transformers serve`, gateways."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, get_args

from evalkit.core.errors import UsageError
from evalkit.core.model import model
from evalkit.core.response import Response
from evalkit.core.sample import Request
from evalkit.models.api import chat_completions
from evalkit.models.api.catalogue import FREE
from evalkit.models.api.content import Limits, has_media
from evalkit.models.api.openai_client import ChatCompletionsModel
from evalkit.models.api.presets import preset as preset_named
from evalkit.models.api.provider import plain_urls
from evalkit.models.api.served_models import taken

_MB = 2**20
_TYPES = frozenset(
    [*(f"image/{name}" for name in ("png", "jpeg", "gif", "webp", "bmp")), *chat_completions.AUDIO_FORMATS]
    + [f"video/{name}" for name in ("mp4", "webm", "quicktime", "avi", "mpeg")]
)
_OURS = ("model", "messages", "stream", "n")
_BOUNDS = ("max_tokens", "max_completion_tokens", "none")
_LOOKUP = 5.0  # seconds that the server has to say what its model takes

_LOG = logging.getLogger(__name__)


@model("openai-compatible", takes=("text", "image", "audio", "video"), gives=("text", "speech"))
class OpenAICompatible(ChatCompletionsModel):
    """A server with OpenAI's protocol.

    Args:
        base_url: its address, for example http://localhost:8000/v1; several with commas between them share the work.
        model: the name it serves the model under.
        served_name: the same, for those used to this word.
        preset: defaults for vllm, sglang, llama.cpp, ollama, litellm, dashscope, azure or openrouter.
        key_variable: environment variable that holds its key; none is sent where None.
        structured: it can be held to a JSON Schema (`response_format`).
        takes: modalities the model takes, for example "text,image"; where None, those its list of models names, or all.
        bound: name of the field that bounds an answer: "max_tokens", "max_completion_tokens", or "none" to send none.
        sampling: false for models that take no temperature; they then sample as they will.
        merge_system: put instructions into the first user turn, for models without a system turn.
        audio: how recordings are sent: "base64", "data_url" (both as input_audio) or "audio_url".
        voice: of spoken answers, for servers that want one named.
        pcm_rate: sample rate of streamed speech that comes as bare samples, Hz.
        thinking_room: tokens added to the bound of answers, for servers that count hidden reasoning in it.
        extra_body: further fields of every request, as a JSON object, for example {"top_k": 1}; null removes a field.
        max_file_mb: largest file to send, in MB.
        stream: ask for answers in pieces.
        price_input, price_output: US dollars per million tokens; 0 for your own server.
        system: text that opens every conversation, before the task's own.
    """

    provider = "openai-compatible"
    media_in_answers = hears_itself = True
    incidental = ChatCompletionsModel.incidental | {"served_name", "key_variable", "max_file_mb", "preset", "audio"}

    def __init__(
        self,
        base_url: str = "",
        model: str = "",
        served_name: str = "",
        preset: str | None = None,
        key_variable: str | None = None,
        structured: bool | None = None,
        takes: str | None = None,
        bound: str | None = None,
        sampling: bool = True,
        merge_system: bool = False,
        audio: str | None = None,
        voice: str | None = None,
        pcm_rate: int = 24_000,
        thinking_room: int = 0,
        extra_body: str | None = None,
        max_file_mb: float = 100.0,
        stream: bool | None = None,
        price_input: float | None = None,
        price_output: float | None = None,
        system: str | None = None,
    ) -> None:
        usual = preset_named(preset)
        if not (base_url or usual.base_url):
            raise UsageError(
                "model 'openai-compatible' needs the argument base_url, for example http://localhost:8000/v1"
            )
        self.system = system
        self._says_takes = bool(takes or usual.takes)
        self.describe(
            model or served_name,
            takes=takes or usual.takes or None,
            structured=usual.structured if structured is None else structured,
            price_input=price_input,
            price_output=price_output,
            thinking_room=thinking_room,
        )
        if usual.own and self.price is None:
            self.price = FREE
        self.addresses = plain_urls(base_url or usual.base_url, self.name)
        key = key_variable or usual.key_variable
        self.key_variables = (key,) if key else ()
        self.streams = self.streams_speech = usual.stream if stream is None else stream
        self._bound = bound or usual.bound
        if self._bound not in _BOUNDS:
            raise UsageError(f"model '{self.name}': bound={bound} should be {', '.join(_BOUNDS[:-1])} or {_BOUNDS[-1]}")
        self.audio = audio or usual.audio  # type: ignore[assignment]  # looked at in the next line
        if self.audio not in get_args(chat_completions.AudioForm):
            raise UsageError(f"model '{self.name}': audio={audio} should be base64, data_url or audio_url")
        if pcm_rate < 1:
            raise UsageError(f"model '{self.name}': pcm_rate={pcm_rate} should be a sample rate in Hz")
        self._sampling, self.merge_system, self.pcm_rate = sampling, merge_system, pcm_rate
        self._voice = usual.voice if voice is None else voice
        self._extra = _extra(extra_body)
        self._warned = False
        self._learned: asyncio.Task[None] | None = None
        self.accepts = Limits(_TYPES, file_bytes=int(max_file_mb * _MB), source="max_file_mb")

    def identity(self) -> Mapping[str, Any]:
        """The model and what changes its answers, however it came about; not where it is served."""
        found = dict(super().identity())
        for name in ("bound", "structured", "voice"):
            found.pop(name, None)
        if self._bound == "none":  # the names of the field mean the same
            found["bound"] = "none"
        if self.structured:
            found["structured"] = True
        if self._voice:
            found["voice"] = self._voice
        return found

    def body(self, request: Request) -> dict[str, Any]:
        """Settings, and the extra fields."""
        body = chat_completions.settings(
            request,
            bound=None if self._bound == "none" else self._bound,
            room=self.thinking_room,
            sampling=self._sampling,
            structured=self.structured,
        )
        if request.settings.speech:
            body["modalities"] = ["text", "audio"]
            if self._voice:
                body["audio"] = {"voice": self._voice, "format": "wav"}
        if self._extra:
            body = {key: value for key, value in {**body, **self._extra}.items() if _is_sent(key, value)}
        return body

    async def call(self, request: Request) -> Response:
        """One chat completion; an answer longer than was allowed is counted as "over_bound"."""
        if has_media(request.messages):
            await self._learn()
        response = await super().call(request)
        bound, usage = request.settings.max_new_tokens, response.usage or {}
        written = usage.get("output_tokens", 0.0) - usage.get("reasoning_tokens", 0.0)  # some bound the answer alone
        if bound is None or self._bound == "none" or written <= bound + self.thinking_room:
            return response
        if not self._warned:
            self._warned = True
            _LOG.warning(
                "%s wrote %d tokens where %d were allowed: the server does not keep the bound; such answers are "
                "counted as over_bound", self.label, written, bound + self.thinking_room,
            )  # fmt: skip
        return replace(response, usage={**usage, "over_bound": 1.0})

    def learn_takes(self) -> None:
        """Ask the server what its model takes, where nobody has said so; for those who prepare requests by it."""
        if self._loop is not None and not self._says_takes:
            asyncio.run_coroutine_threadsafe(self._learn(), self._loop).result()

    async def _learn(self) -> None:
        """Look at the server's list of models, once; what it does not say stays as it is."""
        if self._says_takes:
            return
        if self._learned is None:
            self._learned = asyncio.get_running_loop().create_task(self._look())
        await asyncio.shield(self._learned)

    async def _look(self) -> None:
        found = None
        server = self._fleet.next()
        assert server is not None
        try:
            place = f"{server.completions.removesuffix('/chat/completions')}/models"
            options = {"max_retries": 0, "timeout": _LOOKUP}
            listing = await asyncio.wait_for(server.client.get(place, cast_to=object, options=options), _LOOKUP)
            found = taken(listing, self.model)
        except Exception as error:  # a list is a courtesy; whatever is wrong with it, the calls will tell
            _LOG.debug("%s has no list of models to be read: %s", server.address, type(error).__name__)
        if found is not None:
            self.takes = found & type(self).takes
            self._says_takes = True


def _is_sent(key: str, value: Any) -> bool:
    return value is not None or key == "stream_options"  # which is put in later, and taken out there


def _extra(text: str | None) -> dict[str, Any]:
    if text is None:
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or any(key in _OURS for key in found):
        raise UsageError(
            f"model 'openai-compatible': extra_body={text} should be a JSON object without {', '.join(_OURS)}"
        )
    return found
