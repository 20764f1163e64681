"""Every code, phrase and status that providers document, each alone: whose fault it is, and who pays for it.

The other fields of a body are left empty here: gateways drop messages, and providers reword them.
"""

from __future__ import annotations

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

SERVICE = Service("http://here/v1", "m", ("ONE_KEY", "OTHER_KEY"), lambda said: said[:500])


def meaning(status: int, body: Any = None, headers: dict[str, str] | None = None) -> CallError | Response:
    return refused(SERVICE, status, headers or {}, body)


def by_code(code: str, field: str = "code") -> dict[str, Any]:
    return {"error": {"message": "x", field: code}}


# HTTP statuses without a readable body: what follows, and whether the wait is everybody's.
STATUSES: dict[int, tuple[type, bool]] = {
    400: (FinalCallError, False),
    401: (DeniedCallError, False),
    402: (FatalCallError, False),
    403: (DeniedCallError, False),
    404: (DeniedCallError, False),
    405: (FinalCallError, False),
    406: (FinalCallError, False),
    408: (RetryableCallError, False),
    409: (RetryableCallError, False),
    410: (FinalCallError, False),
    413: (FinalCallError, False),
    415: (FinalCallError, False),
    422: (FinalCallError, False),
    424: (FinalCallError, False),
    425: (RetryableCallError, False),
    429: (RetryableCallError, True),
    499: (FinalCallError, False),
    500: (RetryableCallError, False),
    501: (RetryableCallError, False),
    502: (RetryableCallError, False),
    503: (RetryableCallError, False),
    504: (RetryableCallError, False),
    529: (RetryableCallError, False),
}


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("body", [None, "", {}, "<html></html>"])
def test_a_status_alone_says_whose_fault_it_is(status: int, body: Any) -> None:
    kind, everyone = STATUSES[status]
    found = meaning(status, body)
    assert type(found) is kind
    assert isinstance(found, CallError)
    assert getattr(found, "everyone", False) is everyone
    assert getattr(found, "account", False) is (status == 401), "a key that is wrong is the run's fault"
    assert found.kind == ("limit" if status == 413 else "model")
    assert f"http://here/v1 says ({status})" in str(found)


def test_denied_calls_say_what_to_check() -> None:
    assert "Is the key in ONE_KEY or OTHER_KEY right?" in str(meaning(401))
    assert str(refused(Service("http://here", "m", (), str), 401, {}, None)).endswith("Is a key needed?")
    for status in (403, 404):
        assert "Check the model's name 'm', the address, and the key's rights" in str(meaning(status))


NO_MONEY = {
    "OpenAI": ["insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "account_deactivated"],
    "DashScope": ["Arrearage"],
    "DeepSeek": ["insufficient_balance"],
    "Moonshot": ["exceeded_current_quota_error"],
}


@pytest.mark.parametrize("field", ["code", "type"])
@pytest.mark.parametrize("code", [code for codes in NO_MONEY.values() for code in codes])
def test_no_money_ends_the_run_and_is_not_asked_again(code: str, field: str) -> None:
    for status in (400, 403, 429):
        found = meaning(status, by_code(code, field))
        assert type(found) is FatalCallError, status
        assert "no quota left" in str(found)
    for status in (500, 503):
        assert type(meaning(status, by_code(code, field))) is RetryableCallError, (
            "a server that is broken says anything"
        )


TOO_LARGE_CODES = [
    *("context_length_exceeded", "string_above_max_length", "rate_limit_exceeded_request_too_large"),
    *("exceed_context_size_error", "request_too_large", "ContextWindowExceededError"),
]
TOO_LARGE_WORDS = [
    "This model's maximum context length is 8192 tokens.",
    "the context size of 4096 is exceeded",
    "the context window is full",
    "the context length is 4096",
    "The decoder prompt (length 9000) is longer than the maximum model length of 8192.",
    "The prompt is longer than the model allows",
    "Request too large for gpt-4o",
    "413 Request Entity Too Large",
    "Payload Too Large",
    "The input is too large for model m",
    "prompt is too long: 210000 tokens > 200000 maximum",
    "Range of input length should be [1, 30720]",
    "The input token count (70000) exceeds the maximum number of tokens allowed (32768).",
    "it exceeds the max input of the model",
    "does exceed the maximum model length",
    "Request payload size exceeds the limit: 20971520 bytes.",
    "request body too large",
]


@pytest.mark.parametrize("status", [400, 403, 422, 429, 500])
@pytest.mark.parametrize("code", TOO_LARGE_CODES)
def test_a_code_of_a_too_large_request(code: str, status: int) -> None:
    found = meaning(status, by_code(code))
    assert type(found) is FinalCallError
    assert found.kind == "limit"


@pytest.mark.parametrize("words", TOO_LARGE_WORDS)
def test_words_of_a_too_large_request(words: str) -> None:
    found = meaning(400, {"error": {"message": words}})
    assert type(found) is FinalCallError
    assert found.kind == "limit"
    within = fault_within(SERVICE, {"error": {"message": words}})
    assert type(within) is FinalCallError
    assert (within.kind, "refuses the request" in str(within)) == ("limit", True)


@pytest.mark.parametrize(
    ("limit", "asked", "used", "too_large"),
    [(30000, 30001, "", True), (30000, 30000, "", False), (30000, 60100, "Used 100, ", False)],
)
def test_a_request_above_its_rate_alone_never_fits(limit: int, asked: int, used: str, too_large: bool) -> None:
    """OpenAI and Groq: asked for more per minute than the limit gives at all, or only more than is left."""
    said = f"Rate limit reached for m on tokens per min (TPM): Limit {limit}, {used}Requested {asked}."
    found = meaning(429, {"error": {"message": said, "code": "rate_limit_exceeded"}})
    assert type(found) is (FinalCallError if too_large else RetryableCallError)


FILTER_CODES = [
    *("content_filter", "ResponsibleAIPolicyViolation", "content_policy_violation", "moderation_blocked"),
    *("data_inspection_failed", "DataInspectionFailed", "content_filtered", "ContentPolicyViolationError"),
    *("guardrail_intervened", "PROHIBITED_CONTENT", "SAFETY", "BLOCKLIST", "censorship_blocked", "1301"),
    *("InputTextSensitiveContentDetected", "OutputImageSensitiveContentDetected"),
]
FILTER_WORDS = [
    "it triggered the content management policy",
    "content policy violation",
    "ContentPolicyViolation",
    "data inspection failed",
    "blocked by content filtering policy",
    "Content Exists Risk",
    "rejected because it was considered high risk",
    "your input was flagged",
    "the output was been flagged",
    "the content were flagged",
    "prompt flagged",
    "m requires moderation on its provider",
    "it did not pass moderation",
    "does not pass the moderation",
    "Content violates usage guidelines",
    "sensitive content detected",
    "it may contain inappropriate content",
    "input new_sensitive",
    "output new_sensitive",
    "the prompt was blocked",
    "the input was blocked",
    "the response was blocked",
    "The request was blocked by our content rules",
    "The request was blocked for safety",
    "The request was blocked by a guardrail",
    "The request was blocked in moderation",
    "The request was blocked by a filter",
    "\u5185\u5bb9\u4e0d\u5b89\u5168\u6216\u654f\u611f",
    "\u654f\u611f\u5185\u5bb9",
    "\u654f\u611f\u4fe1\u606f",
    "\u5185\u5bb9\u5b89\u5168",
    "\u8fdd\u89c4",
]
FIELDS = ("code", "type", "status", "reason", "error_type", "errorCode", "finish_reason", "blockReason")


@pytest.mark.parametrize("code", FILTER_CODES)
def test_a_code_of_a_filter(code: str) -> None:
    assert meaning(400, by_code(code)) == Response(text="", usage={"blocked": 1.0})
    assert isinstance(meaning(429, by_code(code)), RetryableCallError), "too many requests at once are no answer"


@pytest.mark.parametrize("field", FIELDS)
def test_a_code_stands_in_any_of_the_usual_fields(field: str) -> None:
    assert complaint({"error": {field: "Content_Filter"}}).codes == {"content_filter"}
    assert complaint({field: 1301}).codes == {"1301"}
    assert complaint({field: True}).codes == frozenset(), "no code"
    assert isinstance(meaning(400, by_code("content_filter", field)), Response)


@pytest.mark.parametrize("field", ["message", "msg", "detail", "error", "status_msg", "error_description", "title", "raw",
                                   "error_msg"])  # fmt: skip
def test_what_is_said_stands_in_any_of_the_usual_fields(field: str) -> None:
    assert complaint({field: "your input was flagged"}).message == "your input was flagged"
    assert complaint({"data": [{field: "here"}]}).message == "here"


@pytest.mark.parametrize("words", FILTER_WORDS)
def test_words_of_a_filter(words: str) -> None:
    for status in (400, 403, 422):
        assert isinstance(meaning(status, {"error": {"message": words}}), Response), status


@pytest.mark.parametrize(
    "words",
    [
        "your account has been flagged: prompt flagged",
        "this organization was disabled; content policy violation",
        "the API key is blocked: input was flagged",
        "Your access was revoked: content violates usage policies",
        "this organisation has violated: content policy violation",
        "\u8d26\u53f7\u8fdd\u89c4", "\u5e10\u6237\u5df2\u5c01\u7981: \u8fdd\u89c4", "\u8d26\u6237\u5df2\u505c\u7528: \u8fdd\u89c4",
        "\u5e10\u53f7\u5df2\u51bb\u7ed3: \u8fdd\u89c4", "\u8d26\u53f7\u5df2\u88ab\u7981\u7528: \u8fdd\u89c4",
    ],
)  # fmt: skip
def test_a_banned_account_is_no_filtered_prompt(words: str) -> None:
    found = meaning(403, {"error": {"message": words, "code": "content_filter"}})
    assert isinstance(found, DeniedCallError), "an answer would be scored"


@pytest.mark.parametrize(
    ("body", "moderated"),
    [
        ({"error": {"metadata": {"flagged_input": "x"}}}, True),  # OpenRouter
        ({"error": {"metadata": {"flagged_input": ""}}}, False),
        ({"contentFilter": [{"level": 1}]}, True),  # Zhipu
        ({"contentFilter": []}, False),
        ({"content_filter_result": {"hate": {"filtered": True}}}, True),  # Azure
        ({"content_filter_result": {"hate": {"filtered": False}}}, False),
        ({"content_filter_result": {"hate": {"filtered": "no"}}}, False),
        ({"base_resp": {"status_code": 1026}}, True),  # MiniMax: sensitive input, sensitive output
        ({"base_resp": {"status_code": 1027}}, True),
        ({"base_resp": {"status_code": 1004}}, False),
        ({"error": {"code": "invalid_prompt", "message": "it was flagged as unsafe"}}, True),  # OpenAI
        ({"error": {"code": "invalid_prompt", "message": "it is too strange"}}, False),
        ({"error": {"code": "other", "message": "it was flagged as unsafe"}}, False),
    ],
)
def test_marks_of_a_moderation(body: Any, moderated: bool) -> None:
    assert complaint(body).moderated is moderated
    assert isinstance(meaning(400, body), Response) is moderated


def test_a_field_named_after_a_filter_is_no_filter() -> None:
    found = meaning(400, {"error": {"code": "unsupported_parameter", "type": "content_filter", "message": "x"}})
    assert type(found) is FinalCallError


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("Please try again in 20s.", 20.0),
        ("try again in 1.5s", 1.5),
        ("try again in 120ms", 0.12),
        ("try again in 6m0s", 360.0),
        ("try again in 2h3m", 7380.0),
        ("try again in 1m2.5s", 62.5),
        ("try again in a while", None),
    ],
)
def test_a_wait_said_in_words(said: str, seconds: float | None) -> None:
    found = meaning(429, {"error": {"message": said}})
    assert isinstance(found, RetryableCallError)
    assert found.retry_after == seconds
    found = meaning(503, {"error": {"message": said}})
    assert isinstance(found, RetryableCallError)
    assert found.retry_after is None, "only a rate limit knows its wait"


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 503])
def test_a_wait_told_by_a_header_comes_before_one_in_words(status: int) -> None:
    found = meaning(status, {"error": {"message": "try again in 20s"}}, {"retry-after": "3"})
    assert isinstance(found, RetryableCallError)
    assert found.retry_after == 3.0


def test_a_wait_in_a_bodys_copy_of_the_headers_comes_before_one_in_words() -> None:
    body = {"error": {"metadata": {"headers": {"Retry-After": 4}}, "message": "try again in 20s"}}
    assert complaint(body).wait == 4.0
    twice = {"error": {"headers": {"Retry-After": 4}, "metadata": {"headers": {"Retry-After": 9}}}}
    assert complaint(twice).wait == 4.0, "the outermost"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"error": {"code": 503, "message": "overloaded"}}, RetryableCallError),
        ({"error": {"code": "429", "message": "slow down"}}, RetryableCallError),
        ({"error": {"code": 402, "message": "no credits"}}, FatalCallError),
        ({"error": {"code": 404, "message": "no such model"}}, DeniedCallError),
        ({"error": {"code": 401, "message": "upstream's key"}}, RetryableCallError),  # not ours
        ({"error": {"code": 400, "message": "bad"}}, FinalCallError),
        ({"error": {"code": 200, "message": "?"}}, RetryableCallError),
        ({"error": {"code": 1500, "message": "?"}}, RetryableCallError),
        ({"error": {"code": 5031, "message": "?"}}, RetryableCallError),
        ({"error": {}}, RetryableCallError),
    ],
)
def test_an_error_within_a_reply_counts_by_the_status_it_names(body: Any, kind: type[CallError]) -> None:
    usage = {"input_tokens": 5.0, "output_tokens": 2.0}
    found = fault_within(SERVICE, body, usage)
    assert type(found) is kind
    assert isinstance(found, CallError)
    assert found.usage == usage, "what the server counted is paid"
    if isinstance(found, RetryableCallError):
        assert found.everyone is (complaint(body).status == 429)


def test_the_first_status_a_body_names_counts() -> None:
    assert complaint({"code": 503, "error": {"code": 400}}).status == 503
    assert complaint({"error": {"code": "x"}, "status": "600"}).status == 0


def test_the_same_words_are_said_once() -> None:
    said = complaint({"message": "no", "error": {"message": "no", "detail": "really"}}).message
    assert said == "no really"
    assert complaint("plain words").message == "plain words"


@pytest.mark.parametrize(
    ("message", "argument"),
    [
        ("Use max_completion_tokens instead", "bound=max_completion_tokens"),
        ("max_tokens is not supported", "bound=max_completion_tokens"),
        ("max_completion_tokens: Extra inputs are not permitted", "bound=max_tokens"),
        ("max_completion_tokens is unknown", "bound=max_tokens"),
        ("Unrecognized: max_completion_tokens unrecognized", "bound=max_tokens"),
        ("temperature does not support 0.7", "sampling=false"),
        ("temperature is not supported with this model", "sampling=false"),
        ("This model only supports stream mode", "stream=true"),
        ("please set stream = true", "stream=true"),
        ("The provided URL does not appear to be valid", "audio=data_url"),
        ("System messages are not supported", "merge_system=true"),
        ("Conversation roles must alternate user/assistant", "merge_system=true"),
    ],
)
def test_advice_for_what_a_server_wants_otherwise(message: str, argument: str) -> None:
    assert str(meaning(400, {"error": {"message": message}})).count(f"give --model-arg {argument}") == 1
    assert complaint({"error": {"message": "wrong in another way"}}).advice == ""
