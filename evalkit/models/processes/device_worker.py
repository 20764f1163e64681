"""One process of `--devices N`: loads the model on its device and answers what it is handed."""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from evalkit import plugins
from evalkit.core.errors import EvalkitError
from evalkit.core.model import Model
from evalkit.core.sample import Request
from evalkit.media import remarks
from evalkit.models.local.batching import DeviceLostError, PlannedModel
from evalkit.models.processes.device_frames import portable_response, read_frames, write_frame


def main() -> None:
    """Answer until stdin ends; stdout is kept for frames, whatever libraries print goes to stderr."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interrupt means
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(inbox,), daemon=True).start()

    def send(*message: Any) -> None:
        write_frame(out, message)

    name, arguments = inbox.get()
    try:
        with plugins.load_model(name, arguments) as model:
            send("ready", dict(model.versions()))
            asked: dict[str, Request] = {}  # whose media may have been found remarkable
            while True:
                send("idle", *_portion(model))
                for key, response in model.stream(_taken(inbox.get(), inbox, send, model, asked)):
                    heard = remarks.carried(asked.pop(key).messages)
                    send("answer", key, portable_response(response), heard, _snapshot(model))
    except DeviceLostError as error:
        sys.stderr.write(f"{error.__cause__ or error}\n")
        os._exit(1)  # a new process gets the device again; the parent shares the samples out
    except EvalkitError as error:
        send("fatal", str(error))


def _read(inbox: queue.SimpleQueue[Any]) -> None:
    for message in read_frames(sys.stdin.buffer):
        inbox.put(message)
    os._exit(0)  # the parent is gone, or done: free the device at once


def _taken(
    items: list[Request], inbox: queue.SimpleQueue[Any], send: Any, model: Model, asked: dict[str, Request]
) -> Iterator[Request]:
    """The portion, and further ones until the parent has none; each is asked for while the one before is worked on."""
    while items:
        send("more", *_portion(model))
        asked.update((item.id, item) for item in items)
        yield from items
        items = inbox.get()


def _portion(model: Model) -> tuple[int, int]:
    return model.portion() if isinstance(model, PlannedModel) else (1, 1)


def _snapshot(model: Model) -> tuple[int, int, int | None, Mapping[str, Any]]:
    """Tokens, padded tokens, and bytes of device memory of the running stream; what it has found so far."""
    if not isinstance(model, PlannedModel):
        return 0, 0, None, {}
    return model.throughput.tokens, model.throughput.padded, model.device_memory(), model.circumstances()
