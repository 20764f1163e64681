"""API models from the command line, against loopback providers: resumable, within their money, silent about keys."""

from __future__ import annotations

import json
import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from providers import KEY, KEYS, Provider
from servers import gemini_wire
from servers.loopback import Answer, Asked, Loopback, Reply

Serve = Callable[[Answer], Loopback]
PRICES = ["--model-arg", "price_input=1000", "--model-arg", "price_output=1000"]  # 14 tokens: 0.014 US dollars


EACH = pytest.mark.parametrize("provider", ["openai", "openai-compatible", "gemini"], indirect=True)
ONE = pytest.mark.parametrize("provider", ["openai-compatible"], indirect=True)


class Runs:
    """`evalkit run` of one provider on a file of questions."""

    def __init__(self, provider: Provider, server: Loopback, folder: Path, write_lines: Any, n: int) -> None:
        rows = ({"id": f"q{i}", "prompt": f"question {i}", "reference": f"answer {i}"} for i in range(n))
        self.data = write_lines(folder / "questions.jsonl", rows)
        self.out = folder / "out"
        base = server.url + ("" if provider.name == "gemini" else "/v1")
        self.words = ["run", "--model", provider.name, "--model-arg", "model=m", "--model-arg", f"base_url={base}"]
        self.words += ["--model-arg", f"stream={provider.stream}", "--task", self.data, "--out", self.out]
        if provider.name == "openai-compatible":
            self.words += ["--model-arg", "key_variable=SERVER_KEY"]

    def journal(self, run_of: Any, lines_of: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = lines_of(run_of(self.out) / "samples.jsonl")
        return found


@pytest.fixture
def runs(provider: Provider, serve: Serve, tmp_path: Path, write_lines: Any) -> Callable[..., tuple[Runs, Loopback]]:
    def make(answer: Answer, n: int = 30) -> tuple[Runs, Loopback]:
        server = serve(answer)
        return Runs(provider, server, tmp_path, write_lines, n), server

    return make


def right(provider: Provider) -> Answer:
    return lambda asked: provider.wire.say(asked, provider.wire.prompt(asked).replace("question", "answer"))


@EACH
def test_a_run_with_faults_on_is_whole_and_counts_its_money(
    provider: Provider, runs: Any, evalkit: Any, run_of: Any, lines_of: Any
) -> None:
    seen: Counter[str] = Counter()

    def answer(asked: Asked) -> Reply:
        text = provider.wire.prompt(asked)
        seen[text] += 1
        if int(text.split()[1]) % 5 == 0 and seen[text] == 1:
            return provider.wire.refuse(503, "overloaded", headers={"Retry-After": "0.1"})
        return right(provider)(asked)

    run, server = runs(answer)
    done = evalkit(*run.words, *PRICES, "--json")
    assert done.code == 0, done.err
    assert Counter(seen.values()) == {1: 24, 2: 6}
    journal = run.journal(run_of, lines_of)
    assert Counter(line["id"] for line in journal) == Counter(f"q{i}" for i in range(30))
    assert all(line["text"] == line["reference"] for line in journal)
    assert [line["cost"] for line in journal] == pytest.approx([0.014] * 30)
    summary = json.loads((run_of(run.out) / "summary.json").read_text())
    assert summary["cost"] == pytest.approx(30 * 0.014)
    assert summary["usage"]["input_tokens"] == 330
    again = evalkit(*run.words, *PRICES)
    assert again.code == 0
    assert len(server.asked) == 36, "a finished run makes no call"


@ONE
def test_a_killed_run_goes_on_and_pays_for_no_recorded_answer_again(
    provider: Provider, runs: Any, start: Any, evalkit: Any, run_of: Any, lines_of: Any
) -> None:
    answered: Counter[str] = Counter()

    def answer(asked: Asked) -> Reply:
        answered[provider.wire.prompt(asked)] += 1
        return provider.wire.say(asked, "answer", delay=0.05)

    run, _ = runs(answer, n=60)
    process = start(*run.words, "--concurrency", "4")
    end = time.monotonic() + 30
    while answered.total() < 30:
        assert time.monotonic() < end
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    recorded = {line["id"] for line in run.journal(run_of, lines_of)}
    before = Counter(answered)
    done = evalkit(*run.words, "--concurrency", "4")
    assert done.code == 0, done.err
    assert Counter(line["id"] for line in run.journal(run_of, lines_of)) == Counter(f"q{i}" for i in range(60))
    repeated = {f"q{text.split()[1]}" for text, times in answered.items() if times > 1}
    assert not repeated & recorded
    assert len(repeated) <= 4, "at most what was under way"
    assert before.total() < 60


@ONE
def test_the_money_stops_a_run_that_goes_on_later(
    provider: Provider, runs: Any, evalkit: Any, run_of: Any, lines_of: Any
) -> None:
    run, server = runs(right(provider))
    done = evalkit(*run.words, *PRICES, "--max-cost", "0.14", "--concurrency", "4")
    assert done.code == 2
    assert "of at most 0.14 US dollars are spent" in done.err
    assert "repeat the command to go on" in done.err
    assert len(server.asked) == len(run.journal(run_of, lines_of)) == 10
    done = evalkit(*run.words, *PRICES, "--max-cost", "1")
    assert done.code == 0, done.err
    assert len(server.asked) == 30, "nothing was paid for twice"
    assert len(run.journal(run_of, lines_of)) == 30


@ONE
def test_an_unknown_price_and_a_bound_do_not_go_together(provider: Provider, runs: Any, evalkit: Any) -> None:
    run, server = runs(right(provider))
    done = evalkit(*run.words, "--max-cost", "1")
    assert done.code == 2
    assert f"the price of {provider.name}:m is unknown" in done.err
    assert not server.asked


@EACH
def test_a_missing_key_is_named_before_anything_is_sent(provider: Provider, runs: Any, evalkit: Any) -> None:
    run, server = runs(right(provider))
    done = evalkit(*run.words, env={KEYS[provider.name]: ""})
    assert done.code == 2
    assert f"set the environment variable {KEYS[provider.name]}" in done.err
    assert not server.asked


@pytest.mark.parametrize("provider", ["openai", "gemini"], indirect=True)
@pytest.mark.parametrize("echo", ["in errors", "in answers", "in a fatal error"])
def test_a_key_reaches_no_log_journal_error_or_record(provider: Provider, echo: str, runs: Any, evalkit: Any) -> None:
    """The server sends the key back wherever it can, and the clients log as much as they can."""

    def answer(asked: Asked) -> Reply:
        sent = asked.headers.get("x-goog-api-key") or asked.headers["authorization"].removeprefix("Bearer ")
        assert sent == KEY
        if echo == "in answers" or provider.wire.prompt(asked) == "question 0":
            return provider.wire.say(asked, f"your key is {sent}")
        if echo == "in errors":
            return provider.wire.refuse(400, f"bad request with {sent}")
        if provider.name == "gemini":
            return gemini_wire.refuse(429, f"key {sent}", "RESOURCE_EXHAUSTED", [gemini_wire.quota("RequestsPerDay")])
        return provider.wire.refuse(402, f"the account of key {sent} has no money")

    run, server = runs(answer, n=5)
    done = evalkit(*run.words, "--concurrency", "1", env={"OPENAI_LOG": "debug", "HTTPX_LOG_LEVEL": "debug"})
    assert done.code == {"in errors": 1, "in answers": 0, "in a fatal error": 2}[echo], done.err
    assert server.asked
    assert "[key removed]" in done.err + "".join(
        path.read_text() for path in run.out.rglob("*") if path.is_file() and path.suffix == ".jsonl"
    )
    assert KEY not in done.out
    assert KEY not in done.err
    for path in run.out.rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes(), path
