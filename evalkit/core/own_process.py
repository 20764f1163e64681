"""Child processes: our own modules in new interpreters, and programs that end when this process ends.

`python -m MODULE` looks for modules in the current folder first, which may be a folder of downloaded data: a file
`soundfile.py` there would be run. `module_command` starts our modules without it, on every Python.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # imported where they are used: every command imports this module, few start a program
    import subprocess
    from concurrent.futures import ThreadPoolExecutor

SAFE_PATH = "PYTHONSAFEPATH"  # read by Python 3.11 and newer; older ones ignore it
_OURS = "evalkit"  # its value where we set it: any but an empty one holds

# `sys` and `os` are in memory when the first line runs, so nothing is looked for before the current folder is gone. The
# last place is where this evalkit lies: it serves when nothing else leads there.
_MODULE = """
import sys
sys.path[:] = [place for place in sys.path if place]
root, name = sys.argv[1:3]
if root not in sys.path:
    sys.path.append(root)
import os
os.environ["PYTHONSAFEPATH"] = "1"
import importlib
sys.argv[:] = [name, *sys.argv[3:]]
sys.exit(importlib.import_module(name).main())
"""
# Asks the kernel to end this process with its parent, and becomes the program. The parent's death may have come first.
# Python ignores two signals that programs expect to end them.
_LEASH = """
import os, signal, sys
parent, told = int(sys.argv[1]), int(sys.argv[2])
try:
    import ctypes
    ctypes.CDLL(None).prctl(1, int(signal.SIGKILL))
except Exception:
    pass
if os.getppid() != parent:
    os._exit(1)
for name in ("SIGPIPE", "SIGXFSZ"):
    if hasattr(signal, name):
        signal.signal(getattr(signal, name), signal.SIG_DFL)
os.set_inheritable(told, False)
try:
    os.execvp(sys.argv[3], sys.argv[3:])
except OSError as error:
    os.write(told, str(error.errno).encode())
os._exit(127)
"""


def leave_current_folder() -> None:
    """Keep this process, and interpreters that libraries start, from importing files of the current folder.

    For commands; `python -m` has put that folder first, which `evalkit.__main__` undoes.
    """
    sys.path[:] = [place for place in sys.path if place]
    os.environ.setdefault(SAFE_PATH, _OURS)


def foreign_environment() -> dict[str, str]:
    """The environment as programs of the user's get it: what we set for our own children is not in it."""
    return {key: value for key, value in os.environ.items() if (key, value) != (SAFE_PATH, _OURS)}


def module_command(module: str, *words: str) -> list[str]:
    """The command line that calls `main()` of one of our modules in a new interpreter.

    Args:
        module: its full name.
        words: `sys.argv[1:]` of it.
    """
    return [*_interpreter(), "-c", _MODULE, str(Path(__file__).parents[2]), module, *words]


def code_command(code: str, *words: str) -> list[str]:
    """The command line that runs a few lines of ours in a new interpreter, with its installed packages."""
    guard = "import sys; sys.path[:] = [place for place in sys.path if place]\n"
    return [*_interpreter(), "-c", guard + code, *words]


def _interpreter() -> list[str]:
    return [sys.executable, *(["-P"] if sys.version_info >= (3, 11) else [])]


def start(command: Sequence[str], **settings: Any) -> subprocess.Popen[Any]:
    """Start a program that the kernel ends with this process, however this one ends (Linux).

    The kernel looks at the thread that started a program, so that all are started by one that lasts.

    Args:
        command: program and arguments.
        settings: of `subprocess.Popen`.

    Raises:
        OSError: the program cannot be started.
    """
    return _starter().submit(_started, command, settings).result()


@cache
def _starter() -> ThreadPoolExecutor:
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(1, "evalkit-start")


def _started(command: Sequence[str], settings: dict[str, Any]) -> subprocess.Popen[Any]:
    import subprocess

    heard, told = os.pipe()
    try:
        words = [sys.executable, "-I", "-S", "-c", _LEASH, str(os.getpid()), str(told), *command]
        process = subprocess.Popen(words, pass_fds=(told,), **settings)
    except BaseException:
        os.close(heard)
        raise
    finally:
        os.close(told)
    with os.fdopen(heard, "rb") as stream:
        number = stream.read()  # ends when the program has taken over, or could not
    if number:
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
        raise OSError(int(number), os.strerror(int(number)), command[0])
    return process
