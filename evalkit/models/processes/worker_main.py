"""The worker process of a model that has an environment of its own: the template all families share.

It is run by path, by the interpreter of that environment, where evalkit is not installed, and so it needs nothing but
the standard library of Python 3.9 or newer:

    python worker_main.py FAMILY.py --model NAME --options JSON

A family file defines `TAKES`, `GIVES`, `SAMPLE_RATE` (of input and output, Hz), `PACKAGES` (whose versions are
reported) and `load(kit, options)`. `load` gets this module as `kit`, loads the weights, and returns a function that
answers one request: a dictionary with "text", "speech" (samples and rate), "audio" (path of a wav), "usage", "meta".
The lines of the protocol are described in docs/worker.md.
"""

from __future__ import annotations

import argparse
import array
import contextlib
import importlib
import importlib.util
import json
import os
import platform
import queue
import random
import sys
import threading
import time
import traceback
import wave
from collections.abc import Callable, Iterable
from typing import Any

PROTOCOL = 1
_WATCH = 2.0  # seconds between two looks at whether the parent lives


class RefusedError(Exception):
    """The model's code cannot take this request; another request may be answered."""


class BadInputError(Exception):
    """The request's media are missing or broken."""


class RetryableError(Exception):
    """The request failed by chance: asking again may help."""


Answer = Callable[[dict[str, Any]], dict[str, Any]]


# --- what family files use ---------------------------------------------------------------------------------------


def text_of(turn: dict[str, Any], separator: str = "\n") -> str:
    """The text parts of a turn."""
    return separator.join(part["text"] for part in turn["content"] if part["type"] == "text")


def media_of(turn: dict[str, Any], kind: str) -> list[str]:
    """Paths of a turn's media of one kind."""
    return [part["path"] for part in turn["content"] if part["type"] == kind]


def split_system(request: dict[str, Any]) -> tuple[str, list[dict[str, Any]]]:
    """Text of the leading system turns, and the turns after them.

    Raises:
        RefusedError: a system turn holds media or stands later in the conversation.
    """
    turns = list(request["messages"])
    system = []
    while turns and turns[0]["role"] == "system":
        turn = turns.pop(0)
        if any(part["type"] != "text" for part in turn["content"]):
            raise RefusedError("a system turn with media: this model takes text there")
        system.append(text_of(turn))
    if any(turn["role"] == "system" for turn in turns):
        raise RefusedError("a system turn in the middle of the conversation: this model takes it at the beginning only")
    return "\n".join(system), turns


def alternating(turns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The turns, if users and assistant take turns and the user has the last word.

    Raises:
        RefusedError: they do not.
    """
    roles = [turn["role"] for turn in turns]
    if roles != ["assistant" if number % 2 else "user" for number in range(len(roles))] or len(roles) % 2 == 0:
        raise RefusedError("user and assistant must take turns and the user must come last; got " + ", ".join(roles))
    return turns


def max_tokens(request: dict[str, Any], otherwise: int) -> int:
    """The bound on new tokens; `otherwise` where the request leaves it to the model."""
    given = request["settings"].get("max_new_tokens")
    return int(given) if given is not None else otherwise


def drawing(request: dict[str, Any]) -> dict[str, Any]:
    """`do_sample`, `temperature` and `top_p` for a `generate` in the manner of transformers; greedy at 0."""
    temperature = float(request["settings"].get("temperature") or 0.0)
    if temperature == 0.0:
        return {"do_sample": False}
    return {"do_sample": True, "temperature": temperature, "top_p": float(request["settings"].get("top_p") or 1.0)}


def device() -> str:
    """The device of the environment's torch."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def flat(samples: Any) -> list[float]:
    """Mono samples as a list: of a tensor, an array or nested lists in which all but one axis have length 1."""
    for name in ("detach", "cpu", "float"):
        step = getattr(samples, name, None)
        if callable(step):
            samples = step()
    if hasattr(samples, "tolist"):
        samples = samples.tolist()
    while isinstance(samples, list) and len(samples) == 1 and isinstance(samples[0], list):
        samples = samples[0]
    if not isinstance(samples, list) or (samples and isinstance(samples[0], list)):
        raise ValueError("expected the samples of one mono wave")
    return samples


def write_wav(path: str, samples: Any, rate: int) -> int:
    """Write a mono wave as 16-bit WAV; returns the number of samples.

    Args:
        path: file to write.
        samples: in [-1, 1], see `flat`; what lies outside is clipped.
        rate: in Hz.
    """
    pcm = array.array("h", (max(-32768, min(32767, round(value * 32767.0))) for value in flat(samples)))
    if sys.byteorder == "big":
        pcm.byteswap()
    with wave.open(path, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(int(rate))
        file.writeframes(pcm.tobytes())
    return len(pcm)


def without_gradients() -> Any:
    """Torch's inference mode, where torch is loaded."""
    torch = sys.modules.get("torch")
    return torch.inference_mode() if torch is not None else contextlib.nullcontext()


# --- the two ends of the line -------------------------------------------------------------------------------------


class Channel:
    """The protocol's two streams, taken away from everybody else in the process.

    stdout goes to stderr and stdin to nothing from here on: libraries may print and read as they like.
    """

    def __init__(self) -> None:
        self._out = os.dup(1)
        self._in = os.fdopen(os.dup(0), "rb")
        os.dup2(2, 1)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        sys.stdout = sys.stderr
        self._lock = threading.Lock()
        self._waiting: queue.Queue[Any] = queue.Queue()
        self._busy: str | None = None

    def write(self, message: dict[str, Any]) -> None:
        """Write one line."""
        # Escapes keep the line ASCII; half of a surrogate pair would not be JSON for every reader.
        line = json.dumps(message, allow_nan=False)
        data = json.dumps(_whole(message), allow_nan=False).encode() if "\\ud" in line else line.encode()
        data += b"\n"
        with self._lock:
            while data:
                data = data[os.write(self._out, data) :]

    def requests(self) -> Iterable[dict[str, Any]]:
        """Requests until `bye` or the end of the input; pings are answered meanwhile, also during a request."""
        threading.Thread(target=self._read, daemon=True).start()
        while True:
            request = self._waiting.get()
            if request is None:
                return
            self._busy = request["id"]
            yield request
            self._busy = None

    def _read(self) -> None:
        for line in self._in:
            try:
                message = json.loads(line)
                kind = message.get("type", "answer")
            except (ValueError, AttributeError) as error:
                self.write({"type": "error", "id": None, "error": f"not a request: {error}", "error_kind": "input"})
                continue
            if kind == "ping":
                self.write({"type": "pong", "busy": self._busy})
            elif kind == "bye":
                break
            elif kind == "answer" and isinstance(message.get("id"), str):
                self._waiting.put(message)
            else:
                self.write({"type": "error", "id": message.get("id"), "error": f"unknown type {kind!r}, or no id",
                            "error_kind": "input"})  # fmt: skip
        self._waiting.put(None)


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {key: _whole(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_whole(inner) for inner in value]
    return value


def watch_parent() -> None:
    """End this process soon after its parent ended, also in the middle of a request."""
    parent = os.getppid()

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(_WATCH)
        os._exit(3)

    threading.Thread(target=look, daemon=True).start()


def serve(channel: Channel, answer: Answer) -> None:
    """Answer requests until there are no more."""
    for request in channel.requests():
        channel.write(reply(request, answer))


def reply(request: dict[str, Any], answer: Answer) -> dict[str, Any]:
    """The line that answers a request; whatever is raised becomes an error of this request."""
    key = request["id"]
    try:
        seed(int(request.get("seed") or 0))
        began = time.perf_counter()
        with without_gradients():
            found = dict(answer(request))
        line = {"type": "result", "id": key, "seconds": time.perf_counter() - began, **_finished(found, request)}
        json.dumps(line, allow_nan=False)
        return line
    except RefusedError as error:
        return _error(key, "refused", str(error))
    except BadInputError as error:
        return _error(key, "input", str(error))
    except RetryableError as error:
        return _error(key, "retryable", str(error))
    except BaseException as error:
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise
        traceback.print_exc()
        text = f"{type(error).__name__}: {error}"
        if isinstance(error, MemoryError) or "out of memory" in text.lower() or "OutOfMemory" in text:
            return _error(key, "out_of_memory", text[:2000])  # the other end starts a new process
        if "CUDA error" in text or "cuDNN error" in text or "CUBLAS_STATUS" in text:
            return {**_error(key, "retryable", text[:2000]), "restart": True}  # the device's state is lost
        return _error(key, "model", text[:2000])


def _error(key: str, kind: str, text: str) -> dict[str, Any]:
    return {"type": "error", "id": key, "error": text or kind, "error_kind": kind}


def _finished(found: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    """Speech written to the file the request names; text cut at its stop strings."""
    speech = found.pop("speech", None)
    if speech is not None:
        samples, rate = speech
        count = write_wav(request["audio_out"], samples, rate)
        found["audio"] = request["audio_out"]
        found["usage"] = {**(found.get("usage") or {}), "speech_seconds": count / rate}
    text = found.get("text")
    if text is not None:
        for stop in request["settings"].get("stop") or ():
            text = text.split(stop, 1)[0]
        found["text"] = text
    return found


def seed(value: int) -> None:
    """Seed every source of chance that is loaded."""
    random.seed(value)
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    if numpy is not None and hasattr(numpy, "random"):
        numpy.random.seed(value % 2**32)
    if torch is not None and hasattr(torch, "manual_seed"):
        torch.manual_seed(value)


def versions(packages: Iterable[str]) -> dict[str, str]:
    """Versions of Python and of the packages that are installed."""
    from importlib import metadata

    found = {"python": platform.python_version()}
    for name in packages:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


def main(words: list[str] | None = None) -> None:
    """Load a family, say hello, answer."""
    parser = argparse.ArgumentParser(description="Worker of one model; see docs/worker.md of evalkit.")
    parser.add_argument("family", help="file of the model's family")
    parser.add_argument("--model", required=True, help="registered name")
    parser.add_argument("--options", default="{}", help="JSON object of options for the family")
    arguments = parser.parse_args(words)
    channel = Channel()
    watch_parent()
    options = json.loads(arguments.options)
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [place for place in sys.path if os.path.abspath(place or ".") != here]
    if options.get("repo"):
        # Released code finds its own files by relative paths: it is written to be run in its repository.
        sys.path.insert(0, options["repo"])
        os.chdir(options["repo"])
    family = load_family(arguments.family)
    answer = family.load(sys.modules[__name__], options)
    channel.write(
        {
            "type": "hello",
            "protocol": PROTOCOL,
            "model": arguments.model,
            "takes": list(family.TAKES),
            "gives": list(family.GIVES),
            "sample_rate": family.SAMPLE_RATE,
            "versions": versions(("torch", "transformers", *family.PACKAGES)),
        }
    )
    serve(channel, answer)


def load_family(path: str) -> Any:
    """Import a family file by its path."""
    spec = importlib.util.spec_from_file_location("evalkit_family", path)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{path}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules["evalkit_family"] = module
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
