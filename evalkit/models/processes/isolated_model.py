"""Models whose code has pins of its own: a worker process in the model's environment, spoken to by lines."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from evalkit import plugins
from evalkit.core.errors import EvalkitError, UsageError
from evalkit.core.model import Answer, Model
from evalkit.core.sample import Request
from evalkit.models.processes.workers import Handshake, WorkerPool

TEMPLATE = Path(__file__).parent / "worker_main.py"

# What would lead the other interpreter to this one's packages.
_LEFT_OUT = frozenset({"PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONEXECUTABLE", "VIRTUAL_ENV", "CONDA_PREFIX"})
_LOST_IN_A_ROW = 5  # every loss means loading weights again


@dataclass(kw_only=True, eq=False, repr=False)
class IsolatedModel(Model):
    """A model that runs in an environment of its own.

    A subclass that takes further arguments is a dataclass too, with a field for each.

    Args:
        path: folder or hub id of the weights; empty for the released ones.
        worker_python: interpreter of the model's environment.
        repo: folder with the clone of the model's repository, where its code is not a package.
        devices: visible devices, commas within a worker, semicolons between workers: "0,1;2,3" is two workers with
            two devices each. Empty leaves the choice to CUDA_VISIBLE_DEVICES.
        workers: processes; 0 for one, or as many as `devices` says.
        timeout: seconds for one request.
        start_timeout: seconds for loading the weights.
        retries: how often a request is asked again after its worker died or timed out.
        trust_remote_code: run Python files that come with the weights.

    Attributes:
        worker_file: the family file.
        weights: the released weights' id.
        repository: address of the repository that `repo` is a clone of; empty where it is not needed.
        needs_trust: the weights bring Python files that are run.
    """

    incidental = frozenset({"worker_python", "repo", "devices", "workers", "timeout", "start_timeout", "retries"})
    computes = True
    worker_file: ClassVar[Path]
    weights: ClassVar[str]
    repository: ClassVar[str] = ""
    needs_trust: ClassVar[bool] = False

    path: str = ""
    worker_python: str = ""
    repo: str = ""
    devices: str = ""
    workers: int = 0
    timeout: float = 600.0
    start_timeout: float = 1800.0
    retries: int = 1
    trust_remote_code: bool = False

    def __post_init__(self) -> None:
        groups = [group.strip() for group in self.devices.split(";")] if self.devices else []
        if self.workers < 0 or self.retries < 0 or not self.timeout > 0 or not self.start_timeout > 0:
            raise UsageError(
                f"model '{self.name}': workers >= 0, retries >= 0, timeout > 0 and start_timeout > 0 are needed"
            )
        if groups and (self.workers not in (0, len(groups)) or not all(groups)):
            raise UsageError(
                f"model '{self.name}': devices={self.devices} are the devices of {len(groups)} workers, not of "
                f"{self.workers}; semicolons stand between workers, commas between the devices of one"
            )
        self._path = self.path or self.weights
        self._groups = groups
        self._pool: WorkerPool | None = None
        self._versions: dict[str, str] = {}

    def one_of(self, argument: str, values: Sequence[str]) -> None:
        """Refuse an argument that has none of its values.

        Raises:
            UsageError: with the values.
        """
        given = getattr(self, argument)
        if given not in values:
            raise UsageError(f"model '{self.name}': {argument}={given} should be {' or '.join(values)}")

    def options(self) -> dict[str, Any]:
        """What the family file gets: JSON; paths are absolute."""
        return {"path": located(self._path), "repo": located(self.repo), "model": self.name}

    def versions(self) -> Mapping[str, str]:
        """Versions the worker told of its own environment."""
        if self._pool is not None and self._pool.hello is not None:
            self._versions = {f"worker.{key}": value for key, value in self._pool.hello.versions.items()}
        return self._versions

    def check(self) -> None:
        """Look for the interpreter and the repository.

        Raises:
            UsageError: one is missing, or code of the weights would run without leave.
        """
        show = f"'evalkit show model {self.name}' says how the environment is made"
        if not self.worker_python:
            raise UsageError(
                f"model '{self.name}' runs in an environment of its own: name its interpreter with "
                f"--worker-python PATH; {show}"
            )
        if self.interpreter() is None:
            raise UsageError(
                f"model '{self.name}': there is no interpreter {self.worker_python} (worker_python), or it cannot be "
                f"executed; {show}"
            )
        if self.repository and not self.repo:
            raise UsageError(f"model '{self.name}' needs a clone of {self.repository}: --model-arg repo=FOLDER; {show}")
        if self.repo and not os.path.isdir(self.repo):
            raise UsageError(f"model '{self.name}': repo={self.repo} is no folder; {show}")
        if self.needs_trust and not self.trust_remote_code:
            raise UsageError(
                f"model '{self.name}': Python files that come with the weights of {self._path} would run; allow it "
                "with --trust-remote-code"
            )

    def interpreter(self) -> str | None:
        """Absolute path of the interpreter; None if there is none. Links are kept: they make an environment."""
        found = shutil.which(os.path.expanduser(self.worker_python))
        return os.path.abspath(found) if found is not None else None

    def command(self) -> list[str]:
        """The command line of a worker."""
        options = json.dumps(self.options(), sort_keys=True)
        words = [str(TEMPLATE), str(self.worker_file), "--model", self.name, "--options", options]
        return [self.interpreter() or self.worker_python, "-u", "-s", *words]

    def environments(self) -> list[dict[str, str]]:
        """The environment of each worker: without this interpreter's settings and without keys of services."""
        kept = {
            key: value for key, value in os.environ.items() if key not in _LEFT_OUT and not key.endswith("_API_KEY")
        }
        if not self._groups:
            return [kept] * (self.workers or 1)
        return [{**kept, "CUDA_VISIBLE_DEVICES": group} for group in self._groups]

    def pool(self) -> WorkerPool:
        """Workers that have not been started yet."""
        return WorkerPool(
            self.command(),
            workers=self.workers or len(self._groups) or 1,
            timeout=self.timeout,
            retries=self.retries,
            environments=self.environments(),
            handshake=Handshake(self.name, self.start_timeout, help=installation(self.name)),
            lost_in_a_row=_LOST_IN_A_ROW,
            wav=True,
        )

    def start(self) -> None:
        """Prepare the workers; they start with the first requests."""
        self.check()
        self._pool = self.pool()

    def close(self) -> None:
        """End the workers and remove temporary files."""
        self.versions()
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def stream(self, requests: Iterator[Request]) -> Iterator[Answer]:
        """Answers in the order the workers give them."""
        assert self._pool is not None
        return self._pool.stream(requests)


def located(path: str) -> str:
    """The absolute path of a file or folder; a hub id stays as it is."""
    expanded = os.path.expanduser(path)
    return os.path.abspath(expanded) if expanded and os.path.exists(expanded) else path


def installation(name: str) -> str:
    """How the card says the environment is made; a hint where there is no such section."""
    hint = f"'evalkit show model {name}' says how the environment is made"
    try:
        text = plugins.plugin("model", name).text()
    except (EvalkitError, OSError):
        return hint
    section = re.search(r"^## Install\n+(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return f"Its environment is made so:\n\n{section.group(1).rstrip()}" if section else hint
