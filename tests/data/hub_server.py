"""A loopback server that speaks as much of the Hugging Face hub's protocol as reading data sets takes."""

from __future__ import annotations

import hashlib
import json
import re
import threading
import urllib.parse
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_API = r"/api/datasets/([^/]+/[^/]+)(?:/(revision|tree|paths-info|auth-check)(?:/(.+))?)?"


@dataclass
class Repository:
    """A data set repository.

    Args:
        commits: commit -> path -> content.
        refs: branch or ref -> commit.
        gated: files are given to nobody.
    """

    commits: Mapping[str, Mapping[str, bytes]]
    refs: dict[str, str]
    gated: bool = False


@dataclass
class Request:
    """What a client asked for, and how many bytes of content it got."""

    method: str
    path: str
    token: str | None
    sent: int = 0


@dataclass
class HubServer:
    """The server's address, what it holds, and what it was asked."""

    url: str
    repositories: dict[str, Repository]
    log: list[Request] = field(default_factory=list)

    def asked(self, repo: str, part: str = "") -> list[Request]:
        """Requests about a repository whose path has `part` in it."""
        return [request for request in self.log if f"/{repo}/" in f"{request.path}/" and part in request.path]


class _RefusedError(Exception):
    def __init__(self, status: int, code: str) -> None:
        self.status, self.code = status, code


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: HubServer

    def log_message(self, *words: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urllib.parse.urlsplit(self.path)
        path = urllib.parse.unquote(url.path)
        self.request_log = Request(self.command, path, self.headers.get("Authorization"))
        self.hub.log.append(self.request_log)
        try:
            if found := re.fullmatch(_API, path):
                repo, what, rest = found.groups()
                self._json(self._api(self._repository(repo), repo, what, rest or "main", body, url.query))
            elif found := re.fullmatch(r"/datasets/([^/]+/[^/]+)/resolve/(.+)", path):
                self._file(self._repository(found.group(1)), found.group(2))
            elif found := re.fullmatch(r"/move/([^/]+/[^/]+)", path):  # for tests: a new commit appears on main
                repository = self._repository(found.group(1))
                repository.refs["main"] = list(repository.commits)[-1]
                self._json({})
            else:
                raise _RefusedError(404, "")
        except _RefusedError as problem:
            self._send(problem.status, b'{"error": "refused"}', {"X-Error-Code": problem.code} if problem.code else {})

    def _repository(self, name: str) -> Repository:
        if name not in self.hub.repositories:
            raise _RefusedError(401, "RepoNotFound")  # the hub does not tell a private repository from none
        return self.hub.repositories[name]

    def _split(self, repository: Repository, rest: str) -> tuple[str, Mapping[str, bytes], str]:
        """Commit, its files, and the path below them, of REVISION/PATH; a ref has slashes of its own."""
        for name in sorted([*repository.refs, *repository.commits], key=len, reverse=True):
            if rest == name or rest.startswith(f"{name}/"):
                commit = repository.refs.get(name, name)
                return commit, repository.commits[commit], rest[len(name) + 1 :]
        raise _RefusedError(404, "RevisionNotFound")

    def _api(
        self, repository: Repository, repo: str, what: str | None, rest: str, body: bytes, query: str
    ) -> dict[str, Any] | list[Any]:
        commit, files, path = self._split(repository, rest)
        if what == "auth-check":
            self._check_access(repository)
            return {}
        if what in (None, "revision"):
            siblings = [{"rfilename": name} for name in files]
            gated = "manual" if repository.gated else False
            return {"id": repo, "sha": commit, "siblings": siblings, "private": False, "gated": gated, "tags": []}
        if what == "paths-info":
            if body.startswith(b"{"):
                wanted = json.loads(body)["paths"]
            else:
                wanted = urllib.parse.parse_qs(body.decode())["paths"]
            wanted = [wanted] if isinstance(wanted, str) else wanted
            known = {entry["path"]: entry for entry in _entries(files, "", True)}
            return [known[name] for name in wanted if name in known]
        recursive = urllib.parse.parse_qs(query).get("recursive", ["False"])[0].lower() in ("true", "1")
        found = _entries(files, path, recursive)
        if not found:
            raise _RefusedError(404, "EntryNotFound")
        return found

    def _file(self, repository: Repository, rest: str) -> None:
        commit, files, path = self._split(repository, rest)
        self._check_access(repository)
        if path not in files:
            raise _RefusedError(404, "EntryNotFound")
        data, status = files[path], 200
        headers = {"ETag": f'"{_oid(data)}"', "X-Repo-Commit": commit, "Accept-Ranges": "bytes"}
        if asked := re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or ""):
            start, stop = int(asked.group(1)), int(asked.group(2) or len(data) - 1)
            headers["Content-Range"] = f"bytes {start}-{min(stop, len(data) - 1)}/{len(data)}"
            data, status = data[start : stop + 1], 206
        self._send(status, data, headers)

    def _check_access(self, repository: Repository) -> None:
        if repository.gated:
            raise _RefusedError(403 if self.request_log.token else 401, "GatedRepo")

    def _json(self, value: Any) -> None:
        self._send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _send(self, status: int, data: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.request_log.sent += len(data)
            self.wfile.write(data)


def _oid(data: bytes) -> str:
    return hashlib.sha1(data).hexdigest()


def _entries(files: Mapping[str, bytes], top: str, recursive: bool) -> list[dict[str, Any]]:
    """Files and folders below a folder, as the hub lists them."""
    prefix = f"{top}/" if top else ""
    found: dict[str, dict[str, Any]] = {}
    for name, data in files.items():
        if not name.startswith(prefix):
            continue
        parts = name[len(prefix) :].split("/")
        for depth in range(1, len(parts) if recursive else min(2, len(parts))):
            folder = prefix + "/".join(parts[:depth])
            found[folder] = {"type": "directory", "path": folder, "oid": _oid(folder.encode()), "size": 0}
        if recursive or len(parts) == 1:
            found[name] = {"type": "file", "path": name, "oid": _oid(data), "size": len(data)}
    return list(found.values())


@contextmanager
def serve(repositories: dict[str, Repository]) -> Iterator[HubServer]:
    """Run the server on a free port of this machine."""
    handler = type("Handler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    handler.hub = hub = HubServer(f"http://127.0.0.1:{server.server_port}", repositories)  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
