"""What servers of OpenAI's protocol differ in, for those that many people run or rent."""

from __future__ import annotations

from dataclasses import dataclass

from evalkit.core.errors import UnknownNameError
from evalkit.models.api.chat_completions import AudioForm


@dataclass(frozen=True, slots=True)
class Preset:
    """Defaults of one kind of server; arguments go before them.

    Args:
        base_url: where it usually is; empty where that is different everywhere.
        key_variable: where its key usually is; empty where it needs none.
        bound: name of the field that bounds an answer.
        audio: how recordings are put into a request.
        stream: it answers in pieces only, or better so.
        voice: of spoken answers; empty to leave the field out.
        structured: it can be held to a JSON Schema.
        takes: modalities, where they are the same for all of its models; empty for all.
        own: it runs on one's own machines, so its tokens have no price.
    """

    base_url: str = ""
    key_variable: str = ""
    bound: str = "max_tokens"
    audio: AudioForm = "base64"
    stream: bool = False
    voice: str = ""
    structured: bool = False
    takes: str = ""
    own: bool = False


PRESETS = {
    "vllm": Preset("http://localhost:8000/v1", structured=True, own=True),
    "sglang": Preset("http://localhost:30000/v1", audio="audio_url", structured=True, own=True),
    "llama.cpp": Preset("http://localhost:8080/v1", structured=True, takes="text,image,audio", own=True),
    "ollama": Preset("http://localhost:11434/v1", structured=True, takes="text,image", own=True),
    "litellm": Preset("http://localhost:4000/v1", key_variable="LITELLM_API_KEY"),
    "dashscope": Preset(
        "https://dashscope.aliyuncs.com/compatible-mode/v1",
        key_variable="DASHSCOPE_API_KEY",
        audio="data_url",
        stream=True,
        voice="Cherry",
    ),
    "azure": Preset(key_variable="AZURE_OPENAI_API_KEY", bound="max_completion_tokens", structured=True),
    "openrouter": Preset("https://openrouter.ai/api/v1", key_variable="OPENROUTER_API_KEY"),
}


def preset(name: str | None) -> Preset:
    """The preset of this name; plain defaults where none is named.

    Raises:
        UnknownNameError: there is none.
    """
    if name is None:
        return Preset()
    if name not in PRESETS:
        raise UnknownNameError("preset", name, PRESETS)
    return PRESETS[name]
