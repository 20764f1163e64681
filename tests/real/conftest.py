"""Real weights, a real server, and the table of what was measured on them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import real_table
import real_weights
from real_runs import NEW_TOKENS, QUESTIONS, Ran, evalkit
from recorded_calls import Recorded, recording

SERVED = "smollm2"
_MEASURED = real_table.Measured()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without the packages nothing can be run here; what is not marked can."""
    if real_weights.packages() is not None:
        return
    for item in items:
        if item.get_closest_marker("real") is not None:
            item.add_marker(pytest.mark.skip(reason="real weights are run by: make real"))


@pytest.fixture(scope="session")
def measured() -> real_table.Measured:
    return _MEASURED


@pytest.fixture(scope="session")
def language_model() -> Path:
    return real_weights.language_model()


@pytest.fixture(scope="session")
def whisper() -> Path:
    return real_weights.whisper()


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("real")


@pytest.fixture(scope="session")
def answered(language_model: Path, folder: Path) -> Ran:
    """The questions answered in batches of 16."""
    return evalkit(
        "run", "--model", language_model, "--dtype", "float32", "--batch-size", 16, "--max-new-tokens", NEW_TOKENS,
        "--task", QUESTIONS, "--scorer", "document:contains", out=folder / "batches",
    )  # fmt: skip


@pytest.fixture(scope="session")
def llama_server(folder: Path) -> Iterator[str]:
    """Address of a llama.cpp server that serves the language model."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = [sys.executable, Path(__file__).with_name("llama_server.py"), real_weights.gguf(), port, SERVED]
    log = folder / "server.log"
    reach = {**os.environ, "PYTHONPATH": str(real_weights.packages())}
    with log.open("wb") as output:
        process = subprocess.Popen(
            list(map(str, program)), stdin=subprocess.PIPE, stdout=output, stderr=output, env=reach
        )
    try:
        url = f"http://127.0.0.1:{port}"
        limit = time.monotonic() + 60
        while not _up(url):
            assert process.poll() is None and time.monotonic() < limit, log.read_text()
            time.sleep(0.1)
        yield f"{url}/v1"
    finally:
        process.kill()
        process.wait()


def _up(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/v1/models", timeout=2) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False


@pytest.fixture
def server(llama_server: str) -> Iterator[Recorded]:
    """The server behind a record of what is asked and replied."""
    with recording(llama_server) as record:
        yield record


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int) -> None:
    """Print the table; keep it where everything was run and nothing failed."""
    if not _MEASURED.rows:
        return
    if _MEASURED.complete and exitstatus == 0:
        _MEASURED.keep()
    terminalreporter.section("run on real weights")
    terminalreporter.write(real_table.table(_MEASURED))
