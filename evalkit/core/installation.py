"""How this evalkit was installed, and so which command brings an extra of it.

The name `evalkit` belongs to others on the package index: a command written out would install strangers' code.
"""

from __future__ import annotations

import shlex
from functools import cache
from pathlib import Path

DISTRIBUTION = "evalkit-omni"


def install_command(extra: str, *options: str) -> str:
    """The command that installs an extra beside this evalkit.

    Args:
        extra: its name, or several with commas.
        options: of pip ("-U").
    """
    words = ["pip", "install", *options]
    before, target = _origin()
    words += before
    if "://" in target:
        return f"{shlex.join(words)} '{DISTRIBUTION}[{extra}] @ {target}'"
    return f"{shlex.join(words)} '{target}[{extra}]'"


@cache
def _origin() -> tuple[list[str], str]:
    """Options and target of pip: a folder, an address, or the name on the index."""
    import json
    from importlib.metadata import PackageNotFoundError, distribution
    from urllib.parse import unquote, urlsplit

    checkout = Path(__file__).parents[2]
    is_checkout = (checkout / "pyproject.toml").is_file()
    try:
        told = json.loads(distribution(DISTRIBUTION).read_text("direct_url.json") or "null")
    except (PackageNotFoundError, ValueError, OSError):
        told = None
    if is_checkout:
        return ["-e"], str(checkout)
    if not isinstance(told, dict) or not isinstance(told.get("url"), str):
        return [], DISTRIBUTION
    address: str = told["url"]
    parts = urlsplit(address)
    if isinstance(told.get("vcs_info"), dict):
        commit = told["vcs_info"].get("commit_id")
        return [], f"git+{address}" + (f"@{commit}" if commit else "")
    if parts.scheme == "file":
        return [], unquote(parts.path)
    return [], address
