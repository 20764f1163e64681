"""Proxies of the environment: which one a call would take, and whether it may."""

from __future__ import annotations

import ipaddress
import os
from urllib.parse import urlsplit

from evalkit.core.errors import UsageError

_SPOKEN = ("http", "https")


def goes_direct(url: str, model: str, *, with_key: bool) -> bool:
    """Whether calls pass by the proxies that the environment names.

    Args:
        url: where calls go.
        model: its name, for messages.
        with_key: a key is sent.

    Returns:
        True where the environment names a proxy and NO_PROXY excepts the host; the client is then to look at neither.

    Raises:
        UsageError: the proxy speaks SOCKS or something else that the clients do not; or a key would be sent to it in
            clear.
    """
    parts = urlsplit(url)
    host, scheme = (parts.hostname or "").lower(), parts.scheme
    found = [(name, value) for key in (f"{scheme}_proxy", "all_proxy") for name, value in _variable(key)]
    if not found:
        return any(_variable(key) for key in ("http_proxy", "https_proxy"))
    if _excepted(host, parts.port or (443 if scheme == "https" else 80)):
        return True
    name, value = found[0]
    spoken = value.partition("://")[0].lower() if "://" in value else "http"
    if spoken not in _SPOKEN:
        raise UsageError(
            f"model '{model}': the variable {name} names a proxy of the kind {spoken}://, which is not spoken here. "
            f"Put {host} into NO_PROXY to call it directly, name an HTTP proxy, or unset {name}"
        )
    if with_key and scheme == "http":
        raise UsageError(
            f"model '{model}': the variable {name} names a proxy, and a key for {scheme}://{host} would reach it in "
            f"clear. Put {host} into NO_PROXY to call it directly, or use an https address"
        )
    return False


def _variable(key: str) -> list[tuple[str, str]]:
    """The environment variable of this name in small or, failing that, capital letters."""
    for name in (key, key.upper()):
        if name == "HTTP_PROXY" and "REQUEST_METHOD" in os.environ:
            continue  # a header of a request to a CGI program
        if value := os.environ.get(name, "").strip():
            return [(name, value)]
    return []


def _excepted(host: str, port: int) -> bool:
    """Whether NO_PROXY names the host: itself, its domain, its network, or everything."""
    value = next((value for _, value in _variable("no_proxy")), "")
    for entry in (word.strip().lower() for word in value.split(",")):
        name = entry.partition("://")[2] or entry
        if name == "*":
            return True
        if name in (host, f"{host}:{port}", f"[{host}]", f"[{host}]:{port}"):
            return True
        if name and "/" not in name and host.endswith("." + name.removeprefix("*").lstrip(".")):
            return True
        if "/" in name and _within(host, name):
            return True
    return False


def _within(host: str, network: str) -> bool:
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
