"""A command ends at once when its work is done: what is registered is done, what is in memory is left as it is."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import atexit, sys
from evalkit.cli.main import entry

class Heavy:
    def __del__(self):
        print("taken apart", flush=True)

heavy = Heavy()
atexit.register(lambda: print("registered", flush=True))
sys.argv = ["evalkit", *sys.argv[1:]]
entry()
"""


def test_a_command_leaves_its_memory_and_nothing_else() -> None:
    for words, code in ((["list", "judges"], 0), (["show", "judge", "nobody"], 2)):
        done = subprocess.run([sys.executable, "-c", PROGRAM, *words], capture_output=True, text=True, check=False)
        assert done.returncode == code
        assert done.stdout.endswith("registered\n")
        assert "taken apart" not in done.stdout
        assert ("voicebench_open" in done.stdout) == (code == 0), "the whole output, through a pipe"
        assert ("unknown judge 'nobody'" in done.stderr) == (code == 2)
