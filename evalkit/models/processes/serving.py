"""The other end of a worker pool for workers that are part of evalkit: a loop that answers requests."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from evalkit.core.errors import DataError
from evalkit.models.processes import worker_main


def serve(
    answer: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    model: str,
    takes: Collection[str],
    gives: Collection[str] = ("text",),
    sample_rate: Mapping[str, int] | None = None,
    packages: Collection[str] = (),
) -> None:
    """Say hello, then answer requests until stdin ends.

    stdout is kept for replies: whatever libraries print there goes to stderr instead.

    Args:
        answer: gets a request and returns the fields of its reply besides "id"; a DataError becomes an input
            error of that request, any other exception a model error.
        model: registered name.
        takes: modalities of the input.
        gives: "text", "speech".
        sample_rate: of input ("in") and output ("out"), Hz.
        packages: whose versions are told.
    """

    def guarded(request: dict[str, Any]) -> dict[str, Any]:
        try:
            return dict(answer(request))
        except DataError as error:
            raise worker_main.BadInputError(str(error)) from error

    channel = worker_main.Channel()
    worker_main.watch_parent()
    channel.write(
        {
            "type": "hello",
            "protocol": worker_main.PROTOCOL,
            "model": model,
            "takes": sorted(takes),
            "gives": sorted(gives),
            "sample_rate": dict(sample_rate or {}),
            "versions": worker_main.versions(packages),
        }
    )
    worker_main.serve(channel, guarded)
