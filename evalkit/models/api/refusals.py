"""What an error body says, in all providers' dialects: whose fault it is, and whether a filter stopped the prompt.

Bodies come from gateways and servers of any kind: an object, a list, a text, HTML, a number, nothing. Every rule here
reads a few fields of it, to a bounded depth.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from evalkit.models.api.retrying import duration_seconds, retry_after_seconds

_DEPTH, _NODES = 6, 200  # of a body that are looked at
_LONGEST = 4000  # characters of one message
_CODES = ("code", "type", "status", "reason", "error_type", "errorCode", "finish_reason", "blockReason")
_MESSAGES = ("message", "msg", "detail", "error", "status_msg", "error_description", "title", "raw", "error_msg")

_NO_MONEY = {
    *("insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "account_deactivated"),  # OpenAI
    *("arrearage", "insufficient_balance", "exceeded_current_quota_error"),  # DashScope, DeepSeek, Moonshot
}
_TOO_LARGE = {
    *("context_length_exceeded", "string_above_max_length", "rate_limit_exceeded_request_too_large"),  # OpenAI
    *("exceed_context_size_error", "request_too_large", "contextwindowexceedederror"),  # llama.cpp, Anthropic, LiteLLM
}
_TOO_LARGE_WORDS = re.compile(
    r"maximum context length|context (?:length|size|window)|longer than the (?:model|maximum model)|request too large"
    r"|request entity too large|payload too large|too large for model|prompt is too long|range of input length"
    r"|exceeds? the (?:maximum|max) (?:number of tokens|input|model length)|payload size exceeds|body too large",
    re.IGNORECASE,
)
_FILTERED = {
    # OpenAI and Azure; the last two are images'
    *("content_filter", "responsibleaipolicyviolation", "content_policy_violation", "moderation_blocked"),
    *("data_inspection_failed", "datainspectionfailed"),  # DashScope
    *("content_filtered", "contentpolicyviolationerror", "guardrail_intervened"),  # LiteLLM, Bedrock
    *("prohibited_content", "safety", "blocklist", "censorship_blocked"),  # Gemini behind a gateway, StepFun
    "1301",  # Zhipu
}
_FILTERED_WORDS = re.compile(
    r"content management policy|content[ _-]?policy ?violation|data ?inspection ?failed|content filtering policy"
    r"|content exists risk|considered high risk|(?:input|output|content|prompt)\S* (?:was |were |been )*flagged"
    r"|requires moderation|not pass (?:the )?moderation|content violates usage|sensitive ?content ?detected"
    r"|inappropriate content|(?:input|output) new_sensitive|(?:prompt|input|response) was blocked"
    # A firewall says no more than "Your request was blocked", to every request.
    r"|request was blocked\b.{0,60}\b(?:content|safety|guardrail|moderation|filter)"
    r"|\u4e0d\u5b89\u5168\u6216\u654f\u611f|\u654f\u611f\u5185\u5bb9|\u654f\u611f\u4fe1\u606f|\u5185\u5bb9\u5b89\u5168|\u8fdd\u89c4",
    re.IGNORECASE,
)  # the last line: Chinese for unsafe or sensitive, sensitive content, sensitive information, content safety, violating
_OF_THE_ACCOUNT = re.compile(
    r"(?:your|this|the) (?:account|organi[sz]ation|api key|access) (?:has|is|was)"
    r"|[\u8d26\u5e10][\u53f7\u6237].{0,12}(?:\u8fdd\u89c4|\u5c01\u7981|\u505c\u7528|\u51bb\u7ed3|\u7981\u7528)",
    re.IGNORECASE,
)  # the last line: Chinese for an account that violates rules, or is banned, stopped, frozen, disabled
_ADVICE = (
    (r"'?max_tokens'? is not supported|use '?max_completion_tokens", "give --model-arg bound=max_completion_tokens"),
    (r"max_completion_tokens.{0,40}(?:not permitted|unknown|unrecogni|extra)", "give --model-arg bound=max_tokens"),
    (r"'?temperature'? (?:is|does) not support", "give --model-arg sampling=false"),
    (r"only supports? (?:the )?stream|set stream ?= ?true", "give --model-arg stream=true"),
    (r"provided url does not appear to be valid", "give --model-arg audio=data_url, or preset=dashscope"),
    (
        r"system (?:role|message)s? (?:is |are )?not supported|roles must alternate",
        "give --model-arg merge_system=true",
    ),
)
_MINIMAX = {1026, 1027}  # base_resp.status_code: sensitive input, sensitive output


@dataclass(frozen=True, slots=True)
class Complaint:
    """What an error body says.

    Args:
        codes: its codes and types, in lower case.
        message: what it says to people.
        moderated: it shows what a moderation found.
        status: an HTTP status it names, for errors that come within a reply; 0 where none.
        wait: seconds it asks to wait, where it does.
    """

    codes: frozenset[str]
    message: str
    moderated: bool
    status: int
    wait: float | None

    @property
    def filtered(self) -> bool:
        """A content filter stopped the prompt, or the answer."""
        if _OF_THE_ACCOUNT.search(self.message) or "unsupported_parameter" in self.codes:
            return False
        if self.moderated or self.codes & _FILTERED:
            return True
        return any("sensitivecontentdetected" in code for code in self.codes) or bool(  # Volcengine
            _FILTERED_WORDS.search(self.message)
        )

    @property
    def too_large(self) -> bool:
        """The request is larger than the model, or its rate, ever takes."""
        if self.codes & _TOO_LARGE or _TOO_LARGE_WORDS.search(self.message):
            return True
        asked = re.search(r"Limit:? (\d+)[^.]{0,80}?Requested:? (\d+)", self.message)  # OpenAI, Groq
        return asked is not None and int(asked[2][:18]) > int(asked[1][:18]) and "Used" not in asked[0]

    @property
    def advice(self) -> str:
        """Which argument of the model would help, for requests that a server wants otherwise; empty where none."""
        return next((text for words, text in _ADVICE if re.search(words, self.message, re.IGNORECASE)), "")

    @property
    def no_money(self) -> bool:
        """The account has no quota left."""
        return bool(self.codes & _NO_MONEY)


def complaint(body: Any) -> Complaint:
    """Read an error body of any type."""
    codes: set[str] = set()
    messages: list[str] = []
    moderated, status, wait = False, 0, None
    for key, value in _fields(body):
        if key in _CODES and isinstance(value, str | int) and not isinstance(value, bool):
            code = value[:100].lower() if isinstance(value, str) else str(value % 10**9)
            codes.add(code)
            status = status or (int(code) if re.fullmatch("[45][0-9][0-9]", code) else 0)
        if key in _MESSAGES and isinstance(value, str) and value:
            messages.append(value[:_LONGEST])
        if key in ("flagged_input", "contentFilter") and value:  # OpenRouter, Zhipu
            moderated = True
        if key == "filtered" and value is True:  # Azure, by category
            moderated = True
        if key == "status_code" and isinstance(value, int) and value in _MINIMAX:
            moderated = True
        if key == "headers" and isinstance(value, Mapping) and wait is None:  # OpenRouter's copy of them
            wait = retry_after_seconds({str(name).lower(): str(told) for name, told in list(value.items())[:50]})
    if not messages and isinstance(body, str):
        messages.append(body[:_LONGEST])
    text = " ".join(dict.fromkeys(messages))
    if "flagged" in text and "invalid_prompt" in codes:  # OpenAI's reasoning models
        moderated = True
    asked = re.search(r"try again in ([0-9.]+(?:ms|[hms])(?:[0-9.]+(?:ms|[ms]))*)", text)
    if wait is None and asked:
        wait = duration_seconds(asked[1])
    return Complaint(frozenset(codes), text, moderated, status, wait)


def _fields(body: Any) -> Iterator[tuple[str, Any]]:
    """Names and values of a body, from the outside in; texts that hold JSON are opened."""
    level: list[Any] = [body]
    seen = 0
    for _ in range(_DEPTH):
        below: list[Any] = []
        for value in level:
            pairs = list(value.items())[:_NODES] if isinstance(value, Mapping) else []
            for key, entry in pairs:
                seen += 1
                if seen > _NODES:
                    return
                yield str(key), entry
                if isinstance(entry, str) and entry[:1] == "{" and len(entry) < _LONGEST:
                    entry = _opened(entry)
                below.append(entry)
            if isinstance(value, list):
                below += value[:_NODES]
        level = below[:_NODES]


def _opened(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
