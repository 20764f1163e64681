"""Replies in the forms that providers really send, whole and streamed, through the official client."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from providers import KEY
from real_replies import REAL, TEXT, stream
from servers.loopback import Answer, Loopback, Reply

from evalkit import plugins
from evalkit.core.limits import CallLimits
from evalkit.core.message import user
from evalkit.core.response import Response
from evalkit.core.sample import Request
from evalkit.models.api.catalogue import Price, Tier
from evalkit.models.api.chat_completions import counted

pytest.importorskip("openai")


def answered(serve: Callable[[Answer], Loopback], reply: Reply, **arguments: Any) -> Response:
    server = serve(lambda asked: reply)
    model: Any = plugins.load_model(
        "openai-compatible", {"base_url": f"{server.url}/v1", "model": "m", "key_variable": "SERVER_KEY", **arguments}
    )
    model.limits = CallLimits(timeout=20.0, retries=0)
    with model:
        return dict(model.stream(iter([Request("a", (user("two and two?"),))])))["a"]


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("name", REAL)
def test_an_answer_is_read_in_every_form(
    name: str, streamed: bool, serve: Callable[[Answer], Loopback], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERVER_KEY", KEY)
    real = REAL[name]
    if streamed:
        reply = Reply(pieces=stream(real), headers={"Content-Type": "text/event-stream"})
    else:
        reply = Reply(json.dumps(real.whole).encode())
    found = answered(serve, reply, stream=streamed, price_input=2.0, price_output=10.0)
    assert (found.failure, found.text, found.thought) == (None, TEXT, real.thought)
    assert found.usage == real.usage
    assert found.cost == pytest.approx((20 * 2 + 9 * 10) / 1e6), "thinking is paid as output"
    assert found.meta is not None
    assert found.meta["model"] == "m"


@pytest.mark.parametrize(
    ("usage", "output", "reasoning"),
    [
        ({"prompt_tokens": 20, "completion_tokens": 9, "total_tokens": 29}, 9.0, None),
        ({"prompt_tokens": 20, "completion_tokens": 9}, 9.0, None),
        ({"prompt_tokens": 20, "completion_tokens": 9, "total_tokens": 0}, 9.0, None),
        ({"prompt_tokens": 20, "completion_tokens": 9, "total_tokens": "x"}, 9.0, None),
        ({"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 29}, 9.0, 4.0),
        ({"prompt_tokens": 20, "completion_tokens": 0, "total_tokens": 60}, 40.0, 40.0),  # the bound went into thinking
        ({"prompt_tokens": 20, "completion_tokens": None, "total_tokens": 60}, 40.0, 40.0),
        ({"prompt_tokens": 20, "completion_tokens": 9, "total_tokens": 29,
          "completion_tokens_details": {"reasoning_tokens": 4}}, 9.0, 4.0),
    ],
)  # fmt: skip
def test_what_only_the_total_counts_is_thinking_and_paid(
    usage: dict[str, Any], output: float, reasoning: float | None
) -> None:
    found = counted(usage)
    assert found is not None
    assert (found["output_tokens"], found.get("reasoning_tokens")) == (output, reasoning)
    assert Price(Tier(2.0, 10.0)).cost(found) == pytest.approx((40 + 10 * output) / 1e6)
