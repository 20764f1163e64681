"""What error bodies say, in the dialects of providers and servers, and of bodies that are no dialect at all."""

from __future__ import annotations

import json
from typing import Any

import pytest

from evalkit.core.response import Response
from evalkit.models.api.call_errors import (
    CallError,
    DeniedCallError,
    FatalCallError,
    FinalCallError,
    RetryableCallError,
)
from evalkit.models.api.refusals import complaint
from evalkit.models.api.reply_errors import Service, fault_within, refused

SERVICE = Service("http://here/v1", "m", ("SOME_KEY",), lambda said: said[:500])


def error(message: str, **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, **more}}


AZURE = {
    "message": "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
    "type": None,
    "param": "prompt",
    "code": "content_filter",
    "status": 400,
    "innererror": {
        "code": "ResponsibleAIPolicyViolation",
        "content_filter_result": {"violence": {"filtered": True, "severity": "high"}},
    },
}
FILTERED: dict[str, tuple[int, Any]] = {
    "Azure": (400, {"error": AZURE}),
    "Azure, unwrapped by the client": (400, AZURE),
    "OpenAI, reasoning models": (
        400,
        error("Invalid prompt: your prompt was flagged as potentially violating our usage policy.", code="invalid_prompt"),
    ),
    "OpenAI, images": (400, error("Your request was rejected by the safety system.", code="content_policy_violation")),
    "OpenAI, moderation": (400, error("Your request was rejected.", code="moderation_blocked")),
    "DashScope": (
        400,
        error("<400> InternalError.Algo.DataInspectionFailed: Input data may contain inappropriate content.",
              code="data_inspection_failed", type="data_inspection_failed"),
    ),
    "DashScope, its own form": (400, {"code": "DataInspectionFailed", "message": "Output data may contain ..."}),
    "OpenRouter": (
        403,
        error("openai/gpt-4o requires moderation on OpenAI. Your input was flagged for \"violence\".", code=403,
              metadata={"reasons": ["violence"], "flagged_input": "x", "provider_name": "OpenAI"}),
    ),
    "OpenRouter, an upstream's": (
        400,
        error("Provider returned error", code=400,
              metadata={"raw": json.dumps({"error": AZURE}), "provider_name": "Azure"}),
    ),
    "LiteLLM": (
        400,
        error("litellm.BadRequestError: litellm.ContentPolicyViolationError: AzureException - filtered", type=None,
              param=None, code="400", provider_specific_fields={"innererror": {"code": "ResponsibleAIPolicyViolation"}}),
    ),
    "Anthropic": (400, {"type": "error", "error": {"type": "invalid_request_error",
                                                   "message": "Output blocked by content filtering policy"}}),
    "DeepSeek": (400, error("Content Exists Risk", type="invalid_request_error", code="invalid_request_error")),
    "Moonshot": (400, error("The request was rejected because it was considered high risk", type="content_filter")),
    "Zhipu": (400, {"contentFilter": [{"level": 1, "role": "user"}], "error": {"code": "1301", "message": "x"}}),
    "Volcengine": (400, error("The request failed because the input text may contain sensitive information.",
                              code="InputTextSensitiveContentDetected", type="BadRequest")),
    "MiniMax": (200, {"choices": None, "base_resp": {"status_code": 1026, "status_msg": "input new_sensitive"}}),
    "xAI": (403, {"code": "The caller does not have permission to execute the specified operation",
                  "error": "Content violates usage guidelines. Failed check: SAFETY_CHECK_TYPE_BIO"}),
    "a gateway's guardrail": (403, error("The request was blocked by the content filter")),
    "Chinese": (400, error("\u8f93\u5165\u5185\u5bb9\u8fdd\u89c4")),
    "by the status": (451, None),
}  # fmt: skip


def meaning(status: int, body: Any) -> CallError | Response:
    if status == 200:
        return fault_within(SERVICE, body)
    return refused(SERVICE, status, {}, body)


@pytest.mark.parametrize("dialect", FILTERED)
def test_a_filter_is_a_filter_in_every_dialect(dialect: str) -> None:
    found = meaning(*FILTERED[dialect])
    assert isinstance(found, Response), found
    assert (found.text, found.failure, found.usage) == ("", None, {"blocked": 1.0})


NO_FILTER: dict[str, tuple[int, Any, type[CallError]]] = {
    "no right to one video": (403, error("Provider returned error", code=403, metadata={
        "raw": "The caller does not have permission to this video"}), DeniedCallError),
    "an account": (403, error("Your account was flagged for violating our usage policies"), DeniedCallError),
    "an account, in Chinese": (403, error("\u60a8\u7684\u8d26\u53f7\u5b58\u5728\u8fdd\u89c4\u884c\u4e3a\uff0c\u5df2\u88ab\u5c01\u7981"), DeniedCallError),
    "a firewall": (403, error("Your request was blocked."), DeniedCallError),
    "a firewall's page": (403, "<html>Sorry, you have been blocked. The request was blocked.</html>", DeniedCallError),
    "a name in capitals": (404, error("Model names are case-sensitive: no model Qwen"), DeniedCallError),
    "a field": (400, error("Unsupported parameter: 'content_filter'", code="unsupported_parameter"), FinalCallError),
    "a rate": (429, error("Too many requests were flagged; content_filter", code="rate_limit"), RetryableCallError),
    "a key": (401, error("invalid key, content_filter", code="invalid_api_key"), DeniedCallError),
    "money": (402, error("This request requires more credits"), FatalCallError),
    "no quota": (429, error("You exceeded your current quota", code="insufficient_quota"), FatalCallError),
}  # fmt: skip


@pytest.mark.parametrize("name", NO_FILTER)
def test_what_is_no_filter_is_never_an_answer(name: str) -> None:
    status, body, kind = NO_FILTER[name]
    assert type(meaning(status, body)) is kind


def test_what_was_counted_before_a_filter_is_paid() -> None:
    counted = {"input_tokens": 7.0, "output_tokens": 0.0}
    found = fault_within(SERVICE, {"error": AZURE}, counted)
    assert isinstance(found, Response)
    assert found.usage == {**counted, "blocked": 1.0}


TOO_LARGE: dict[str, tuple[int, Any]] = {
    "OpenAI": (400, error("This model's maximum context length is 128000 tokens.", code="context_length_exceeded")),
    "OpenAI, its rate": (
        429,
        error("Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 60100. The input or output "
              "tokens must be reduced.", type="tokens", code="rate_limit_exceeded"),
    ),
    "vLLM": (400, {"object": "error", "code": 400, "type": "BadRequestError",
                   "message": "The decoder prompt (length 9000) is longer than the maximum model length of 8192."}),
    "SGLang": (400, {"object": "error", "code": 400, "type": "BadRequestError", "param": None,
                     "message": "The input (5000 tokens) is longer than the model's context length (4096 tokens)."}),
    "llama.cpp": (400, error("the request exceeds the available context size, try increasing it", code=400,
                             type="exceed_context_size_error", n_prompt_tokens=9000, n_ctx=4096)),
    "DashScope": (400, error("Range of input length should be [1, 30720]", code="invalid_parameter_error")),
    "Anthropic": (413, {"type": "error", "error": {"type": "request_too_large", "message": "Request exceeds"}}),
    "nginx": (413, "<html><head><title>413 Request Entity Too Large</title></head></html>"),
}  # fmt: skip


@pytest.mark.parametrize("server", TOO_LARGE)
def test_a_request_that_is_too_large_is_the_samples(server: str) -> None:
    found = meaning(*TOO_LARGE[server])
    assert type(found) is FinalCallError
    assert found.kind == "limit"


def test_a_rate_that_is_used_up_is_waited_for() -> None:
    said = (
        "Rate limit reached on tokens per min (TPM): Limit 30000, Used 29000, Requested 2000. Please try again in 2s."
    )
    found = meaning(429, error(said, code="rate_limit_exceeded"))
    assert isinstance(found, RetryableCallError)
    assert (found.everyone, found.retry_after) == (True, 2.0)
    headers = {"X-RateLimit-Limit": "20", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "12"}
    found = meaning(429, error("Rate limit exceeded: free-models-per-min.", code=429, metadata={"headers": headers}))
    assert isinstance(found, RetryableCallError)
    assert found.retry_after == 12.0, "OpenRouter repeats its headers in the body"


DEEP: Any = {"error": {"message": "deep"}}
for _ in range(400):
    DEEP = {"x": [DEEP]}
ODD: list[Any] = [
    *(None, 5, 1e400, True, "", "<html>Bad gateway</html>", [], [1, [2]], {}, {"error": None}, {"error": 7}, DEEP),
    *({"error": "boom"}, {"error": ["boom"]}, {"error": {"message": {"a": 1}, "code": ["x"], "innererror": "y"}}),
    {"error": {"message": "x" * 10**6, "code": 10**400}},
    {"detail": [{"msg": "field required", "loc": ["body", "messages"]}]},  # FastAPI
    {"error": {"message": "\ud83d half", "type": "\ud83d", "code": -1}},
    {"error": {str(n): {"message": str(n)} for n in range(10**5)}},
    {"error": {"message": '{"error": ' * 500}},
]


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 413, 418, 429, 500, 503])
@pytest.mark.parametrize("place", range(len(ODD)))
def test_bodies_of_any_kind_are_errors_of_one_call(place: int, status: int) -> None:
    found = meaning(status, ODD[place])
    assert isinstance(found, CallError)
    assert len(str(found)) < 1000
    assert not complaint(ODD[place]).filtered


@pytest.mark.parametrize(
    ("message", "argument"),
    [
        (
            "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead.",
            "bound=max_compl",
        ),
        ("Unsupported value: 'temperature' does not support 0 with this model.", "sampling=false"),
        ("This model only supports the stream mode, please set stream=True.", "stream=true"),
        ("The provided URL does not appear to be valid.", "audio=data_url"),
        ("System role not supported", "merge_system=true"),
    ],
)
def test_advice_names_the_argument(message: str, argument: str) -> None:
    found = meaning(400, error(message))
    assert isinstance(found, FinalCallError)
    assert f"--model-arg {argument}" in str(found)
