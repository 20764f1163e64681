"""A judged task from the command line: candidate and judge at loopback providers with every fault, killed, repeated."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from providers import KEY
from servers import gemini_wire, openai_wire
from servers.loopback import Asked, Loopback, Reply

pytest.importorskip("openai")
pytest.importorskip("google.genai")

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
KINDS = ("text", "image", "mixed")
REFUSED, CUT_OFF = 3, 5  # dialogues whose candidate refuses, and whose answer is cut at the bound


def dialogue(number: int) -> dict[str, Any]:
    shown = {"type": "image", "path": "images/a.png", "provenance": "drawn", "licence": "CC0-1.0"}
    return {
        "id": f"d{number}",
        "language": "en",
        "messages": [
            {"role": "user", "content": [shown, {"type": "text", "text": f"Photograph number {number}."}]},
            {"role": "assistant", "content": "It looks cosy."},
            {"role": "user", "content": f"Question {number}: which number did the photograph have?"},
        ],
        "reference": f"It was number {number}.",
        "memory_type": KINDS[number % 3],
        "turn_distance": 1,
        "recall_image_count": int(KINDS[number % 3] != "text"),
    }


def copy_of(folder: Path, count: int) -> Path:
    """A user's own data folder."""
    (folder / "mmmb/images").mkdir(parents=True)
    (folder / "mmmb/images/a.png").write_bytes(PIXEL)
    lines = "".join(json.dumps(dialogue(number)) + "\n" for number in range(count))
    (folder / "mmmb/dialogues.jsonl").write_text(lines)
    return folder


class Providers:
    """Both servers: each conversation meets its faults in turn before it is answered, and is counted."""

    def __init__(self, delay: float = 0.0) -> None:
        self.delay = delay
        self.tries: defaultdict[str, int] = defaultdict(int)
        self.answers: Counter[str] = Counter()
        self.verdicts: Counter[str] = Counter()
        self._lock = threading.Lock()

    @property
    def given(self) -> int:
        return self.answers.total() + self.verdicts.total()

    def candidate(self, asked: Asked) -> Reply:
        number = int(re.findall(r"Question (\d+)", openai_wire.prompt(asked))[-1])
        faults: list[Reply] = [
            openai_wire.refuse(429, "slow down", headers={"Retry-After": "0.05"}),
            openai_wire.refuse(500, "internal error"),
            Reply(openai_wire.say(asked, "never seen " * 20).body, cut=60),
            Reply(b'{"choices": [', headers={"Content-Type": "application/json"}),
            Reply(b"{}"),
        ]
        fault = self._fault(f"candidate {number}", faults, number)
        if fault is not None:
            return fault
        self.answers[f"d{number}"] += 1
        if number == REFUSED:
            return openai_wire.say(asked, None, refusal="I cannot help with that.", delay=self.delay)
        finish = "length" if number == CUT_OFF else "stop"
        wrong = number % 4 == 2
        return openai_wire.say(asked, f"Number {number + wrong}.", finish=finish, delay=self.delay)

    def judge(self, asked: Asked) -> Reply:
        text = gemini_wire.prompt(asked)
        first = "\n".join(part["text"] for part in asked.json["contents"][0]["parts"])
        number = int(re.findall(r"Question (\d+)", first)[-1])
        faults: list[Reply] = [
            gemini_wire.refuse(429, "Resource exhausted", "RESOURCE_EXHAUSTED", [gemini_wire.retry_info("0.05s")]),
            gemini_wire.refuse(500, "internal error", "INTERNAL"),
            Reply(gemini_wire.say(asked, "never seen " * 20).body, cut=60),
            Reply(b'{"candidates": [', headers={"Content-Type": "application/json"}),
            Reply(b"{}"),
        ]
        fault = self._fault(f"judge {number}", faults, number + 1)
        if fault is not None:
            return fault
        again = "No verdict could be read" in text
        self.verdicts[f"d{number}" + (" again" if again else "")] += 1
        if number % 5 == 4 and not again:
            return gemini_wire.say(asked, "I would say that this is", finish="length", delay=self.delay)
        found = re.search(r"<<\w+ response>>\n(.*?)\n<<\w+ end>>", first, re.DOTALL)
        assert found is not None
        right = found[1] == f"Number {number}."
        verdict = {"analysis": "as it is", "correct": "yes" if right else "no"}
        return gemini_wire.say(asked, json.dumps(verdict), delay=self.delay)

    def _fault(self, name: str, faults: list[Reply], number: int) -> Reply | None:
        with self._lock:
            tries = self.tries[name]
            self.tries[name] += 1
        wanted = faults[number % 5 :][:2] if number % 2 else []  # every other one meets one or two of them
        return wanted[tries] if tries < len(wanted) else None


@pytest.fixture
def served(serve: Any) -> Callable[..., tuple[Providers, list[object], dict[str, str]]]:
    """Servers, arguments that choose them, and the environment with their keys."""

    def make(delay: float = 0.0) -> tuple[Providers, list[object], dict[str, str]]:
        providers = Providers(delay)
        ours: Loopback = serve(providers.candidate)
        theirs: Loopback = serve(providers.judge)
        words = [
            "--model", "openai", "--model-arg", "model=gpt-x", "--model-arg", f"base_url={ours.url}/v1",
            "--judge", "gemini:gem-x", "--judge-arg", f"base_url={theirs.url}",
        ]  # fmt: skip
        words += ["--model-arg", "price_input=1000", "--model-arg", "price_output=1000"]
        environment = {"OPENAI_API_KEY": KEY, "GEMINI_API_KEY": KEY, "GOOGLE_API_KEY": ""}
        return providers, words, environment

    return make


def test_mmmb_by_candidate_and_judge_with_faults(
    served: Any, evalkit: Any, run_of: Any, lines_of: Any, tmp_path: Path
) -> None:
    providers, words, keys = served()
    data, out = copy_of(tmp_path / "data", 20), tmp_path / "out"
    command = ["run", *words, "--task", "mmmb", "--data", data, "--out", out, "--json"]
    done = evalkit(*command, env=keys)
    assert done.code == 0, done.err
    (summary,) = done.json
    run = run_of(out)
    assert run.parent.parent.name == "gpt-x", "filed under the provider's name of the model"
    counts = summary["counts"]
    assert (counts["n_total"], counts["n_scored"], counts["n_judge_failed"]) == (20, 20, 0)
    right = [n for n in range(20) if n % 4 != 2 and n != REFUSED]
    pooled = summary["results"][0]
    assert (pooled["value"], pooled["strict"], pooled["n"]) == (100 * len(right) / 20, 100 * len(right) / 20, 20)
    assert pooled["flags"] == {"judge_asked_again": 4, "truncated_answer": 1}
    assert re.fullmatch(r"judge:mmmb_answer#\w{6}/gemini:gem-x(:\w+)?", pooled["protocol"])
    assert (run / "scores" / f"{pooled['scoring']}.jsonl").is_file()
    assert summary["columns"]["mmmb.average"]["value"] == pytest.approx(100 * len(right) / 20)
    assert {key: count for key, count in providers.answers.items() if count > 1} == {}
    assert {key: count for key, count in providers.verdicts.items() if count > 1} == {}
    lines = {line["id"]: line for line in lines_of(run / "samples.jsonl")}
    assert {line["served"] for line in lines.values()} == {"gpt-x-2026-01-01"}
    assert summary["cost"] == pytest.approx(sum(line["cost"] for line in lines.values()))
    asked = sum(providers.verdicts.values())
    assert summary["verdict_usage"] == {"input_tokens": 11.0 * asked, "output_tokens": 3.0 * asked, "truncated": 4.0}
    assert summary["verdict_cost"] is None, "nobody knows the price of gem-x"
    assert (lines[f"d{CUT_OFF}"]["usage"]["truncated"], lines[f"d{REFUSED}"]["usage"]["refused"]) == (1.0, 1.0)
    given = providers.given
    tries = sum(providers.tries.values())
    assert tries > given, "faults were met"
    again = evalkit(*command, env=keys)
    assert again.code == 0, again.err
    assert again.json == done.json
    assert sum(providers.tries.values()) == tries, "a finished run makes no call"


def test_mmmb_killed_twice_pays_for_nothing_twice(
    served: Any, start: Any, evalkit: Any, run_of: Any, lines_of: Any, tmp_path: Path
) -> None:
    providers, words, keys = served(delay=0.05)
    data, out = copy_of(tmp_path / "data", 40), tmp_path / "out"
    command = ["run", *words, "--task", "mmmb", "--data", data, "--out", out, "--concurrency", 4]
    for wanted in (lambda: providers.answers.total() >= 15, lambda: providers.verdicts.total() >= 15):
        process = start(*command, env=keys)
        deadline = time.monotonic() + 60
        while not wanted():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.005)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    time.sleep(0.2)  # what is on its way arrives
    run = run_of(out)
    kept = {line["id"] for line in lines_of(run / "samples.jsonl")}
    done = evalkit(*command, env=keys)
    assert done.code == 0, done.err
    lines = lines_of(run / "samples.jsonl")
    assert Counter(line["id"] for line in lines) == Counter(f"d{n}" for n in range(40))
    assert len(kept) == 40, "killed for the second time while the judge was at work"
    in_flight = 5  # 4 at once, and one that waits for its turn
    for counted in (providers.answers, providers.verdicts):
        twice = {key for key, count in counted.items() if count > 1}
        assert len(twice) <= in_flight, "at most what was under way at the one kill that concerns it"
        assert max(counted.values()) <= 2
    before = sum(providers.tries.values())
    assert evalkit(*command, env=keys).code == 0
    assert sum(providers.tries.values()) == before


def test_the_twin_by_judge_or_by_rule(served: Any, evalkit: Any, run_of: Any, tmp_path: Path, serve: Any) -> None:
    """Answers once made are scored by the task's own rule and by a judge; each has its summary."""
    asked: Counter[str] = Counter()

    def candidate(request: Asked) -> Reply:
        asked["answers"] += 1
        return openai_wire.say(request, "I do not remember.")

    def judge(request: Asked) -> Reply:
        asked["verdicts"] += 1
        fault = asked["verdicts"] % 4
        if fault == 1:
            return gemini_wire.refuse(503, "overloaded", "UNAVAILABLE")
        if fault == 2:
            return Reply(drop=True)
        asked["paid"] += 1
        return gemini_wire.say(request, '{"analysis": "it says nothing", "correct": "no"}')

    ours, theirs = serve(candidate), serve(judge)
    keys = {"OPENAI_API_KEY": KEY, "GEMINI_API_KEY": KEY, "GOOGLE_API_KEY": "", "EVALKIT_CACHE": str(tmp_path / "c")}
    model = ["--model", "openai", "--model-arg", "model=gpt-x", "--model-arg", f"base_url={ours.url}/v1"]
    command = ["run", *model, "--task", "mmmb_twin", "--limit", 6, "--out", tmp_path / "out", "--json"]
    judged = ["--scorer", "judge:mmmb_answer", "--judge", "gemini:gem-x", "--judge-arg", f"base_url={theirs.url}"]
    done = evalkit(*command, *judged, env=keys, timeout=180)
    assert done.code == 0, done.err
    (summary,) = done.json
    assert (summary["results"][0]["value"], summary["results"][0]["n"]) == (0.0, 6)
    assert (asked["answers"], asked["paid"]) == (6, 6)
    run = run_of(tmp_path / "out")
    assert not (run / "summary.json").exists(), "the task's own rule has not been asked for"
    assert [path.name for path in run.glob("summary*.json")] == [f"summary.{summary['results'][0]['scoring']}.json"]
    by_rule = evalkit(*command, env=keys)
    assert by_rule.code == 0, by_rule.err
    assert by_rule.json[0]["results"][0]["protocol"].startswith("accepted_answer")
    assert (run / "summary.json").exists()
    assert (asked["answers"], asked["paid"]) == (6, 6)


def test_a_judges_key_reaches_no_file(serve: Any, evalkit: Any, tmp_path: Path) -> None:
    """The judge's server sends the key back in verdicts and in errors; cache, scores, summary and output lack it."""
    data = copy_of(tmp_path / "data", 6)

    def judge(asked: Asked) -> Reply:
        sent = asked.headers["x-goog-api-key"]
        assert sent == KEY
        number = int(re.findall(r"Question (\d+)", gemini_wire.prompt(asked))[-1])
        if number % 2:
            return gemini_wire.refuse(400, f"no: {sent}")
        return gemini_wire.say(asked, json.dumps({"analysis": f"your key is {sent}", "correct": "yes"}))

    theirs = serve(judge)
    words = ["run", "--model", "constant", "--model-arg", "text=hm", "--task", "mmmb", "--data", data]
    words += ["--out", tmp_path / "out", "--judge", "gemini:gem-x", "--judge-arg", f"base_url={theirs.url}"]
    done = evalkit(*words, env={"GEMINI_API_KEY": KEY, "GOOGLE_API_KEY": ""})
    assert done.code == 1, done.err
    kept = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert any(b"your key is [key removed]" in data for path, data in kept.items() if path.suffix == ".sqlite")
    assert any(b"no: [key removed]" in data for path, data in kept.items() if "scores" in path.parts)
    assert not [path for path, data in kept.items() if KEY.encode() in data]
    assert KEY not in done.out + done.err


def test_two_judges_of_one_run_stand_in_the_leaderboard(main: Any, tmp_path: Path) -> None:
    """`evalkit judge` leaves the run's summary alone, and its own is found: by leaderboards, tables and data frames."""
    data, out = copy_of(tmp_path / "data", 6), tmp_path / "out"
    yes, no = (f'text={{"analysis": "", "correct": "{word}"}}' for word in ("yes", "no"))
    command = ["run", "--model", "constant", "--model-arg", "text=hm", "--task", "mmmb", "--data", data, "--out", out]
    first = main(*command, "--judge", "constant", "--judge-arg", yes)
    assert first.code == 0, first.err
    (run,) = (path.parent for path in out.glob("*/*/*/run.json"))
    own = (run / "summary.json").read_bytes()
    other = main("judge", run, "--judge", "constant", "--judge-arg", no, "--json")
    assert other.code == 0, other.err
    assert (run / "summary.json").read_bytes() == own
    saved = Path(other.json[0]["summary"])
    assert saved.parent == run
    assert json.loads(saved.read_text())["columns"]["mmmb.average"]["value"] == 0.0
    rows = json.loads(main("leaderboard", "--out", out, "--columns", "mmmb.average").out)["rows"]
    ours = [(row["value"], row["judge"]) for row in rows if row["source"] == "run"]
    assert sorted(value for value, _ in ours) == [0.0, 100.0]
    assert len({judge for _, judge in ours}) == 2
    again = main("judge", run, "--judge", "constant", "--judge-arg", yes, "--json")
    assert again.json[0]["calls"] == 0, "the run's own judge"
    rows = json.loads(main("leaderboard", "--out", out, "--columns", "mmmb.average").out)["rows"]
    assert len([row for row in rows if row["source"] == "run"]) == 2, "no row twice"
    compared = main("compare", run, saved)
    assert (compared.code, "differ in\n  protocol" in compared.err) == (2, True), (
        "a difference of judges, not of models"
    )
    assert main("compare", run, saved, "--allow-differences").code == 0
    assert main(*command, "--judge", "constant", "--judge-arg", yes).code == 0
    assert (run / "summary.json").read_bytes() == own
