"""Servers that share one model's calls: each takes the next call when it is free, and dead ones are passed over."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from evalkit.models.api import retrying

_LOG = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Server:
    """One address with its client.

    Args:
        address: of the API; None for the provider's own.
        client: for it.
        completions: whole address of chat completions.
        under_way: calls it works on.
        faults: in a row.
        rests_until: time.monotonic() before which another is asked first.
    """

    address: str | None
    client: Any
    completions: str
    under_way: int = 0
    faults: int = 0
    rests_until: float = 0.0


class Fleet:
    """The servers of a model.

    Args:
        servers: at least one.
    """

    def __init__(self, servers: Sequence[Server]) -> None:
        self.servers = list(servers)

    def __len__(self) -> int:
        return len(self.servers)

    def next(self, tried: Collection[Server] = ()) -> Server | None:
        """The one that has least to do, of those that work and were not tried; None where all were."""
        left = [server for server in self.servers if server not in tried]
        if not left:
            return None
        now = time.monotonic()
        found = min(left, key=lambda server: (max(0.0, server.rests_until - now), server.under_way))
        if len(left) > 1:  # of those that have as much to do, another one next time
            self.servers.remove(found)
            self.servers.append(found)
        return found

    def answered(self, server: Server) -> None:
        """Note that a server works."""
        server.faults, server.rests_until = 0, 0.0

    def failed(self, server: Server, why: object) -> None:
        """Note that a server did not do its work; the others do it for a while."""
        server.faults += 1
        wait = min(retrying.LONGEST, 2.0 * retrying.BASE * 2.0 ** min(server.faults - 1, 30))
        server.rests_until = time.monotonic() + wait
        if server.faults == 1 and len(self) > 1:
            _LOG.warning("%s does not do its work, the others take over: %s", server.address, why)
