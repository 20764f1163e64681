"""What an error of the hub's libraries means, and what to do; their classes differ between versions."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from evalkit.core.errors import DataError, EvalkitError

_LOCAL = "or give a local copy with --data"
_UNREACHABLE = {
    "OfflineModeIsEnabled", "ConnectionError", "ConnectError", "ConnectTimeout", "ReadTimeout", "Timeout",
    "LocalEntryNotFoundError", "MaxRetryError", "NameResolutionError", "ClientConnectorError", "ProxyError",
    "RemoteProtocolError", "ReadError", "ClientError", "ServerDisconnectedError",
}  # fmt: skip
_SECRET = re.compile(r"hf_[A-Za-z0-9]{8,}|(?i:bearer)\s+\S+")


def explained(
    error: Exception,
    repo: str,
    revision: str,
    *,
    gated: bool = False,
    verified: bool = True,
    split: str = "",
    config: str | None = None,
    rows: int = 0,
) -> EvalkitError:
    """The error for the user.

    Args:
        error: what a library raised.
        repo: repository.
        revision: commit or ref that was asked for.
        gated: the repository is known to be gated.
        verified: the pinned commit was seen on the hub before.
        split: split on the hub that was asked for.
        config: configuration on the hub that was asked for.
        rows: how many rows had been read.
    """
    if isinstance(error, EvalkitError):
        return error
    chain = list(_chain(error))
    names = {kind.__name__ for link in chain for kind in type(link).__mro__}
    text = " ".join(str(link) for link in chain)
    status = next((code for link in chain if (code := _status(link)) is not None), None)
    where = f"hub data set {repo}"
    page = f"https://huggingface.co/datasets/{repo}"
    if "GatedRepoError" in names or "gated dataset" in text or (gated and status in (401, 403)):
        return DataError(
            where, f"gated: accept its terms at {page} and set HF_TOKEN to a token of that account, {_LOCAL}"
        )
    if "RevisionNotFoundError" in names or re.search(r"Revision '.*' doesn't exist", text):
        hint = "" if verified else " (the pinned commit was not checked against the hub; --revision main may do)"
        return DataError(where, f"there is no revision '{revision}'{hint}; choose another with --revision")
    if "scripts are no longer supported" in text or "trust_remote_code" in text or "custom code" in text:
        return DataError(
            where,
            "it comes with a loading script, which 'datasets' no longer runs (and evalkit would not allow); "
            "download the files and give them with --data, or choose a Parquet copy with --revision",
        )
    if "BuilderConfig" in text or "Config name is missing" in text:
        return DataError(where, f"no configuration '{config}' at {revision}: {first_line(error)}")
    if re.search(r"(Bad|Unknown) split", text):
        return DataError(where, f"no split '{split}' at {revision}: {first_line(error)}")
    if names & {"DataFilesNotFoundError", "EmptyDatasetError", "EntryNotFoundError"} or "Unable to find 'hf://" in text:
        return DataError(where, f"no data files at {revision} for configuration '{config}', split '{split}'")
    if "RepositoryNotFoundError" in names or "DatasetNotFoundError" in names:
        return DataError(where, f"not found: the name is wrong, or it is private (set HF_TOKEN), {_LOCAL}; see {page}")
    if names & _UNREACHABLE or (status is not None and status >= 500):
        after = f" after {rows} rows; repeat the command to go on" if rows else ""
        return DataError(where, f"the hub cannot be reached{after} ({first_line(error)}); check the network, {_LOCAL}")
    after = f" after {rows} rows" if rows else ""
    return DataError(where, f"cannot be read at {revision}{after}: {type(error).__name__}: {first_line(error)}")


def first_line(error: BaseException) -> str:
    """First line of an error's message, without secrets."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    line = _SECRET.sub("***", lines[0])
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        if secret := os.environ.get(name):
            line = line.replace(secret, "***")
    return line[:300]


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _status(error: BaseException) -> int | None:
    code = getattr(getattr(error, "response", None), "status_code", None) or getattr(error, "status", None)
    return code if isinstance(code, int) else None
