"""The other end of a worker pool: a loop that answers JSON Lines on stdin and stdout."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from evalkit.core.errors import DataError


def serve(answer: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> None:
    """Answer requests until stdin ends.

    stdout is kept for replies: whatever libraries print there goes to stderr instead.

    Args:
        answer: gets a request and returns the fields of its reply besides "id"; a DataError becomes an input
            error of that request, any other exception ends the process.
    """
    replies = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    for line in sys.stdin.buffer:
        request = orjson.loads(line)
        began = time.perf_counter()
        try:
            reply = dict(answer(request))
            reply.setdefault("seconds", time.perf_counter() - began)
        except DataError as error:
            reply = {"error": str(error), "error_kind": "input"}
        replies.write(orjson.dumps({"id": request["id"], **reply}, option=orjson.OPT_APPEND_NEWLINE))
