"""Replies as providers and servers send them: whole completions, stream events and counts, each in its own form.

From their public documentation and from public issues; texts and numbers are ours. `answer` of each is the same, so that
what differs is the form: fields that a client does not know, nulls, counts in one event of many, empty choices.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

THOUGHT, TEXT = "Two and two.", "It is four."


@dataclass(frozen=True)
class Real:
    """One provider's form.

    Args:
        whole: a completion.
        events: the same, streamed; text lines (comments) as they stand.
        usage: what is counted.
        thought: what is told of the thinking.
        streamed: counts of the stream, where they differ.
    """

    whole: dict[str, Any]
    events: tuple[Any, ...]
    usage: dict[str, float]
    thought: str | None = None
    streamed: dict[str, float] | None = field(default=None)


def _whole(
    usage: Any, message: dict[str, Any] | None = None, choice: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    said = {"role": "assistant", "content": TEXT, **(message or {})}
    return {
        "id": "chatcmpl-7", "object": "chat.completion", "created": 1764547200, "model": "m",
        "choices": [{"index": 0, "message": said, "finish_reason": "stop", **(choice or {})}],
        "usage": usage, **more,
    }  # fmt: skip


def _delta(finish: str | None = None, choice: dict[str, Any] | None = None, **delta: Any) -> dict[str, Any]:
    return {
        "id": "chatcmpl-7", "object": "chat.completion.chunk", "created": 1764547200, "model": "m",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish, **(choice or {})}],
    }  # fmt: skip


def _counts(usage: Any) -> dict[str, Any]:
    return {"id": "chatcmpl-7", "object": "chat.completion.chunk", "created": 1764547200, "model": "m", "choices": [],
            "usage": usage}  # fmt: skip


_SAFE = {name: {"filtered": False, "severity": "safe"} for name in ("hate", "self_harm", "sexual", "violence")}
_OPENAI = {
    "prompt_tokens": 20, "completion_tokens": 9, "total_tokens": 29,
    "prompt_tokens_details": {"cached_tokens": 8, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 4, "audio_tokens": 0, "accepted_prediction_tokens": 0,
                                  "rejected_prediction_tokens": 0},
}  # fmt: skip
_VLLM = {"prompt_tokens": 20, "total_tokens": 29, "completion_tokens": 9, "prompt_tokens_details": None}
_PLAIN = {"input_tokens": 20.0, "output_tokens": 9.0}
_THINKS = {"input_tokens": 20.0, "cached_input_tokens": 8.0, "output_tokens": 9.0, "reasoning_tokens": 4.0}
_OPENROUTER = {**_OPENAI, "cost": 0.00012, "is_byok": False,
               "cost_details": {"upstream_inference_cost": None, "upstream_inference_prompt_cost": 0.00004}}  # fmt: skip
_XAI = {
    "prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 29, "num_sources_used": 0,
    "prompt_tokens_details": {"text_tokens": 20, "audio_tokens": 0, "image_tokens": 0, "cached_tokens": 8},
    "completion_tokens_details": {"reasoning_tokens": 4, "audio_tokens": 0, "accepted_prediction_tokens": 0,
                                  "rejected_prediction_tokens": 0},
}  # fmt: skip
_TIMINGS = {"cache_n": 0, "prompt_n": 20, "prompt_ms": 30.1, "predicted_n": 9, "predicted_ms": 81.5}

REAL: dict[str, Real] = {
    "OpenAI": Real(
        _whole(_OPENAI, {"refusal": None, "annotations": []}, {"logprobs": None}, service_tier="default", system_fingerprint="fp_1"),
        ({**_delta(role="assistant", content="", refusal=None), "usage": None, "obfuscation": "x"},
         {**_delta(content="It is "), "usage": None}, {**_delta(content="four."), "usage": None},
         {**_delta("stop"), "usage": None}, _counts(_OPENAI)),
        _THINKS,
    ),
    "Azure OpenAI": Real(
        _whole(_OPENAI, {"refusal": None}, {"content_filter_results": _SAFE, "logprobs": None},
               prompt_filter_results=[{"prompt_index": 0, "content_filter_results": _SAFE}]),
        ({"id": "", "object": "", "created": 0, "model": "", "choices": [],
          "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": _SAFE}]},
         _delta(choice={"content_filter_results": {}, "logprobs": None}, role="assistant", content="", refusal=None),
         _delta(choice={"content_filter_results": _SAFE}, content="It is "), _delta(content="four."),
         {"id": "", "object": "", "created": 0, "model": "", "choices": [
             {"index": 0, "finish_reason": None, "content_filter_offsets": {"check_offset": 7, "end_offset": 18}}]},
         _delta("stop", {"content_filter_results": {}}), _counts(_OPENAI)),
        _THINKS,
    ),
    "Gemini behind OpenAI's protocol": Real(  # thoughts are in the total alone
        _whole({"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 29}),
        (_delta(role="assistant", content="It is "),
         {**_delta("stop", role="assistant", content="four."),
          "usage": {"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 29}}),
        {"input_tokens": 20.0, "output_tokens": 9.0, "reasoning_tokens": 4.0},
    ),
    "xAI": Real(  # the completion's count leaves its thinking out
        _whole(_XAI, {"reasoning_content": THOUGHT, "refusal": None}, system_fingerprint="fp_2"),
        (_delta(reasoning_content=THOUGHT, role="assistant"), _delta(content="It is "), _delta(content="four."),
         _delta("stop"), _counts(_XAI)),
        _THINKS, THOUGHT,
    ),
    "DashScope": Real(
        _whole({**_OPENAI, "completion_tokens_details": {"reasoning_tokens": 4, "text_tokens": 5}}, {"reasoning_content": THOUGHT},
               {"logprobs": None}, system_fingerprint=None),
        (_delta(role="assistant", content=None, reasoning_content=""), _delta(content=None, reasoning_content=THOUGHT),
         _delta(content="It is ", reasoning_content=None), _delta(content="four.", reasoning_content=None),
         _delta("stop", content="", reasoning_content=None), _counts(_OPENAI)),
        _THINKS, THOUGHT,
    ),
    "DeepSeek": Real(
        _whole({**_OPENAI, "prompt_tokens_details": {"cached_tokens": 8}, "prompt_cache_hit_tokens": 8, "prompt_cache_miss_tokens": 12,
                "completion_tokens_details": {"reasoning_tokens": 4}}, {"reasoning_content": THOUGHT}),
        (_delta(role="assistant", content=None, reasoning_content=""), ": keep-alive",
         _delta(content=None, reasoning_content=THOUGHT), _delta(content="It is four.", reasoning_content=None),
         {**_delta("stop", content="", reasoning_content=None), "usage": _OPENAI}),
        _THINKS, THOUGHT,
    ),
    "OpenRouter": Real(
        _whole(_OPENROUTER, {"refusal": None, "reasoning": THOUGHT, "reasoning_details": [{"type": "reasoning.text", "text": THOUGHT,
               "format": "anthropic-claude-v1", "index": 0, "signature": "x"}]}, {"native_finish_reason": "end_turn", "logprobs": None},
               provider="Anthropic"),
        (": OPENROUTER PROCESSING",
         {**_delta(choice={"native_finish_reason": None}, role="assistant", content="", reasoning=THOUGHT, reasoning_details=[
             {"type": "reasoning.text", "text": THOUGHT, "index": 0}]), "provider": "Anthropic"},
         ": OPENROUTER PROCESSING", _delta(role="assistant", content="It is four."),
         _delta("stop", {"native_finish_reason": "end_turn"}, role="assistant", content=""),
         {**_delta(role="assistant", content=""), "usage": _OPENROUTER}),
        _THINKS, THOUGHT,
    ),
    "vLLM": Real(
        _whole(_VLLM, {"refusal": None, "annotations": None, "audio": None, "function_call": None, "tool_calls": [],
                       "reasoning_content": THOUGHT}, {"logprobs": None, "stop_reason": None, "token_ids": None},
               service_tier=None, system_fingerprint=None, prompt_logprobs=None, prompt_token_ids=None, kv_transfer_params=None),
        (_delta(choice={"logprobs": None}, role="assistant", content=""), _delta(reasoning_content=THOUGHT),
         _delta(content="It is "), _delta(content="four."), _delta("stop", {"stop_reason": None}, content=""), _counts(_VLLM)),
        _PLAIN, THOUGHT,
    ),
    "vLLM, counting as it goes": Real(
        _whole(_VLLM),
        (*({**_delta(content=piece), "usage": {"prompt_tokens": 20, "completion_tokens": at, "total_tokens": 20 + at}}
           for at, piece in enumerate(("It ", "is ", "four."), 1)),
         {**_delta("stop", content=""), "usage": _VLLM}),
        _PLAIN,
    ),
    "SGLang": Real(
        _whole({**_VLLM, "reasoning_tokens": 0}, {"reasoning_content": None, "tool_calls": None},
               {"logprobs": None, "matched_stop": 151645}, metadata={"weight_version": "default"}),
        (_delta(choice={"logprobs": None, "matched_stop": None}, role="assistant", content="", reasoning_content=None, tool_calls=None),
         _delta(role=None, content="It is four.", reasoning_content=None, tool_calls=None),
         {**_delta("stop", {"matched_stop": 151645}, role=None, content=None), "usage": None}, _counts({**_VLLM, "reasoning_tokens": 0})),
        _PLAIN,
    ),
    "llama.cpp": Real(
        _whole({"completion_tokens": 9, "prompt_tokens": 20, "total_tokens": 29}, {"reasoning_content": THOUGHT},
               system_fingerprint="b6700-abc", timings=_TIMINGS),
        (_delta(role="assistant", content=None), _delta(reasoning_content=THOUGHT), _delta(content="It is "), _delta(content="four."),
         _delta("stop"), {**_counts({"completion_tokens": 9, "prompt_tokens": 20, "total_tokens": 29}), "timings": _TIMINGS}),
        _PLAIN, THOUGHT,
    ),
    "Ollama": Real(
        _whole({"prompt_tokens": 20, "completion_tokens": 9, "total_tokens": 29}, {"reasoning": THOUGHT}, system_fingerprint="fp_ollama"),
        (_delta(role="assistant", content="", reasoning=THOUGHT), _delta(role="assistant", content="It is "),
         _delta(role="assistant", content="four."), _delta("stop", role="assistant", content=""),
         _counts({"prompt_tokens": 20, "completion_tokens": 9, "total_tokens": 29})),
        _PLAIN, THOUGHT,
    ),
    "LiteLLM": Real(
        _whole({**_OPENAI, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 8},
               {"tool_calls": None, "function_call": None, "reasoning_content": THOUGHT, "provider_specific_fields": {"refusal": None},
                "thinking_blocks": [{"type": "thinking", "thinking": THOUGHT, "signature": "x"}]}, {"provider_specific_fields": {}}),
        (_delta(role="assistant", content="", reasoning_content=THOUGHT, provider_specific_fields=None), _delta(content="It is "),
         _delta(content="four."), _delta("stop"), {**_delta(), "usage": _OPENAI}),
        _THINKS, THOUGHT,
    ),
    "Mistral": Real(
        _whole({"prompt_audio_seconds": None, "prompt_tokens": 20, "total_tokens": 29, "completion_tokens": 9},
               {"tool_calls": None, "prefix": False, "content": [
                   {"type": "thinking", "thinking": [{"type": "text", "text": THOUGHT}], "closed": True}, {"type": "text", "text": TEXT}]}),
        (_delta(role="assistant", content=""), _delta(content=[{"type": "thinking", "thinking": [{"type": "text", "text": THOUGHT}]}]),
         _delta(content="It is "), _delta(content="four."),
         {**_delta("stop", content=""), "usage": {"prompt_tokens": 20, "total_tokens": 29, "completion_tokens": 9}}),
        _PLAIN, THOUGHT,
    ),
    "Groq": Real(  # a stream counts in a field of its own unless it is asked to count
        _whole({"queue_time": 0.02, "prompt_tokens": 20, "prompt_time": 0.001, "completion_tokens": 9, "completion_time": 0.03,
                "total_tokens": 29, "total_time": 0.031}, {"reasoning": THOUGHT}, x_groq={"id": "req_1"}, usage_breakdown=None),
        ({**_delta(role="assistant", content=""), "x_groq": {"id": "req_1"}}, _delta(reasoning=THOUGHT), _delta(content="It is four."),
         {**_delta("stop"), "x_groq": {"id": "req_1", "usage": {"prompt_tokens": 20, "completion_tokens": 9, "total_tokens": 29}}},
         _counts({"queue_time": 0.02, "prompt_tokens": 20, "completion_tokens": 9, "total_tokens": 29})),
        _PLAIN, THOUGHT,
    ),
}  # fmt: skip


def stream(real: Real) -> list[bytes]:
    """The stream as it is sent."""
    lines = [event if isinstance(event, str) else f"data: {json.dumps(event)}" for event in real.events]
    return [f"{line}\n\n".encode() for line in (*lines, "data: [DONE]")]
