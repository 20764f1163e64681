"""`evalkit worker`: the worker of a model with an environment of its own, by hand."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
import time
from typing import TYPE_CHECKING

from evalkit import plugins
from evalkit.cli.judge_options import pairs
from evalkit.cli.text import say
from evalkit.core.errors import UsageError
from evalkit.core.shown import redact_words

if TYPE_CHECKING:
    from evalkit.core.message import Audio, Message
    from evalkit.core.response import Response
    from evalkit.models.processes.isolated_model import IsolatedModel
    from evalkit.models.processes.workers import WorkerPool

QUESTION = "Say the word yes."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("name", help="model name; see 'evalkit list models'")
    parser.add_argument("--worker-python", metavar="PATH", help="interpreter of the model's own environment")
    parser.add_argument(
        "--model-arg", action="append", default=[], metavar="KEY=VALUE", help="argument of the model (repeatable)"
    )
    parser.add_argument(
        "--trust-remote-code", action="store_true", help="run Python files that come with the model's checkpoint"
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true", help="start it, ask one question, tell what happened")
    what.add_argument("--print-script", action="store_true", help="print the paths of the template and the family file")


def run(arguments: argparse.Namespace) -> int:
    """Start the worker with this terminal's streams, check it, or print where its files are."""
    given = pairs(arguments.model_arg, "--model-arg")
    if arguments.worker_python:
        given["worker_python"] = arguments.worker_python
    if arguments.trust_remote_code:
        given["trust_remote_code"] = "true"
    model = _isolated(arguments.name, given)
    if arguments.print_script:
        from evalkit.models.processes.isolated_model import TEMPLATE

        say(f"{TEMPLATE}\n{model.worker_file}")
        return 0
    model.check()
    if arguments.check:
        return _check(model)
    command = model.command()
    os.execve(command[0], command, model.environments()[0])


def _isolated(name: str, given: dict[str, str]) -> IsolatedModel:
    from evalkit.models.processes.isolated_model import IsolatedModel

    model = plugins.load_model(name, given)
    if not isinstance(model, IsolatedModel):
        own = [key for key, plugin in plugins.plugins("model").items() if plugin.header.get("access") == "worker"]
        raise UsageError(f"model '{name}' has no worker with an environment of its own; these have: {', '.join(own)}")
    return model


def _check(model: IsolatedModel) -> int:
    from evalkit.core.message import user

    say(f"command: {shlex.join(redact_words(word) for word in model.command())}")
    sys.stdout.flush()
    pool = model.pool()
    try:
        began = time.monotonic()
        response = _asked(pool, "text", user(QUESTION), "text" not in model.gives)
        _print_hello(pool, time.monotonic() - began)
        if response.failure is not None and response.failure.kind == "limit" and "audio" in model.takes:
            say(f"text: refused ({response.failure.message}); asking with a second of silence")
            response = _asked(pool, "audio", user(_silence()), "text" not in model.gives)
    finally:
        pool.close()
    if response.failure is not None:
        say(f"answer: failed ({response.failure.kind}): {response.failure.message}")
        return 1
    say(f"answer: {response.text!r}" + (", and speech" if response.audio is not None else ""))
    say(f"seconds: {response.seconds or 0.0:.2f}")
    return 0


def _asked(pool: WorkerPool, key: str, turn: Message, speech: bool) -> Response:
    from evalkit.core.sample import Generation, Request

    request = Request(key, (turn,), Generation(max_new_tokens=32, speech=speech))
    ((_, response),) = list(pool.stream(iter([request])))
    return response


def _print_hello(pool: WorkerPool, seconds: float) -> None:
    hello = pool.hello
    if hello is None:
        return
    say(f"hello: {hello.model}, takes {'+'.join(sorted(hello.takes))}, gives {'+'.join(sorted(hello.gives))}")
    say("sample rate: " + ", ".join(f"{end} {rate} Hz" for end, rate in hello.sample_rate.items()))
    say("versions: " + ", ".join(f"{name} {version}" for name, version in hello.versions.items()))
    say(f"ping: answered; ready and asked within {seconds:.1f} s")


def _silence() -> Audio:
    import numpy as np

    from evalkit.media.audio import from_samples

    return from_samples(np.zeros(16000, dtype=np.float32), 16000, "silence.wav")
