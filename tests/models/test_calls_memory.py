"""What a client brings is out of the collector's sight; what calls make is not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import gc, sys
sys.path.insert(0, sys.argv[1])
from scripted_calls import Scripted
from evalkit.core.response import Response

class Client(Scripted):
    async def connect(self):
        self.client = [[] for _ in range(1000)]

async def answer(request, attempt):
    return Response(text="fine")

before = gc.get_freeze_count()
with Client(answer):
    first = gc.get_freeze_count()
assert (before, gc.isenabled()) == (0, True)
assert first > 1000, first
with Client(answer):
    pass
assert gc.get_freeze_count() <= first, "once for a process, or garbage would be kept"
gc.disable()
with Client(answer):
    assert not gc.isenabled(), "the caller's own choice stays"
"""


def test_a_client_is_frozen_once_and_only_where_the_collector_runs() -> None:
    program = [sys.executable, "-c", PROGRAM, str(Path(__file__).parent)]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
