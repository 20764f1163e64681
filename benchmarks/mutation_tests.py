"""A pytest plugin of `mutation.py`: notes which functions each test calls, or runs a chosen part of the tests.

What a test's own processes do is not seen. What runs while a file is collected or its fixtures are made counts for
all tests of the file.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Generator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

NOTED = "MUTATION_NOTED"  # file to write what tests call to
_MEMORY = 8 << 30  # bytes a process may take: a mistake can make a loop endless
_WAIT = 900.0  # seconds of wall time that any test may take: the machine may be busy

_called: dict[int, CodeType] = {}


def _tracer(frame: FrameType, event: str, argument: Any) -> None:
    code = frame.f_code
    _called[id(code)] = code


def _taken() -> set[str]:
    """Functions of the package that were called since, as `path:name`."""
    root = f"{Path.cwd()}{os.sep}"
    found = {
        f"{code.co_filename[len(root) :]}:{code.co_name}"
        for code in list(_called.values())
        if code.co_filename.startswith(f"{root}evalkit{os.sep}")
    }
    _called.clear()
    return found


class Noting:
    """Notes what is called, and how long each test takes."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._files: dict[str, dict[str, Any]] = {}
        threading.settrace(_tracer)
        sys.settrace(_tracer)

    def _file(self, nodeid: str) -> dict[str, Any]:
        return self._files.setdefault(nodeid.partition("::")[0], {"all": [], "tests": {}, "failed": []})

    @pytest.hookimpl(wrapper=True)
    def pytest_pycollect_makemodule(self, module_path: Path) -> Generator[None, Any, Any]:
        _taken()
        return (yield)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if "::" not in report.nodeid and report.nodeid.endswith(".py"):
            self._add(report.nodeid)
            if report.failed:
                self._file(report.nodeid)["failed"].append(report.nodeid)

    def _add(self, nodeid: str) -> None:
        file = self._file(nodeid)
        file["all"] = sorted({*file["all"], *_taken()})

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        sys.settrace(_tracer)  # a test may have set its own
        began = time.process_time()  # a busy machine changes nothing
        done = yield
        self._file(item.nodeid)["tests"].setdefault(item.nodeid, [0.0, []])[0] = round(time.process_time() - began, 3)
        return done

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, Any, Any]:
        self._add(item.nodeid)  # of its fixtures
        try:
            return (yield)
        finally:
            self._file(item.nodeid)["tests"][item.nodeid] = [0.0, sorted(_taken())]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._file(report.nodeid)["failed"].append(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        sys.settrace(None)
        self._target.write_text(json.dumps(self._files))


class Choosing:
    """Runs the chosen tests alone; a failing example of a property is not made smaller."""

    def __init__(self, chosen: list[str]) -> None:
        self._places = {nodeid: place for place, nodeid in enumerate(chosen)}
        resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY, _MEMORY))

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        from hypothesis import Phase, settings

        settings.register_profile("mutation", settings(), phases=[Phase.explicit, Phase.generate], database=None)
        settings.load_profile("mutation")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        kept = [item for item in items if item.nodeid in self._places]
        items[:] = sorted(kept, key=lambda item: self._places[item.nodeid])


def pytest_configure(config: pytest.Config) -> None:
    if noted := os.environ.pop(NOTED, ""):
        config.pluginmanager.register(Noting(Path(noted)))


def serve() -> None:
    """Run chosen tests, each time in a child of its own that has the libraries loaded already, and nothing of ours.

    A job is a line of JSON on stdin, {"chosen": [node ids], "timeout": seconds of CPU}; its reply is a line with the
    exit code of pytest, null where the time was over.
    """
    for name in ("hypothesis", "numpy", "pydantic"):
        importlib.import_module(name)
    for line in sys.stdin:
        job = json.loads(line)
        child = os.fork()
        if child == 0:
            os.setsid()
            null = os.open(os.devnull, os.O_RDWR)
            for number in range(3):
                os.dup2(null, number)
            seconds = int(job["timeout"])
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
            os._exit(_run(job["chosen"]))
        code, ends = None, time.monotonic() + max(_WAIT, 3 * job["timeout"])
        while code is None and time.monotonic() < ends:
            time.sleep(0.02)
            done, status = os.waitpid(child, os.WNOHANG)
            code = os.waitstatus_to_exitcode(status) if done else None
        if code is None:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
        print(json.dumps(None if code == -signal.SIGXCPU else code), flush=True)


def _run(chosen: list[str]) -> int:
    paths = list(dict.fromkeys(nodeid.partition("::")[0] for nodeid in chosen))
    words = ["-x", "-q", "-p", "no:cacheprovider", "--assert=plain", "--tb=no", "--hypothesis-seed=0", *paths]
    return int(pytest.main(words, plugins=[Choosing(chosen)]))


if __name__ == "__main__":
    serve()
