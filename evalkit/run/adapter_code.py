"""The code of an adapter as part of a run's identity: what it does, not how it is laid out or commented."""

from __future__ import annotations

import ast
import functools
import hashlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evalkit.core.model import Model

_BASES = {"evalkit.core.model", "abc", "builtins", "typing"}  # what all adapters share
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def adapter_code(kind: type[Model]) -> str:
    """Hash (48 bit) of the syntax trees of the modules that a model's class and its bases stand in.

    Comments, docstrings and layout are no part of it, and any Python version gives the same hash of a file. Empty
    where there is no source to be read.
    """
    digest, seen, read = hashlib.blake2b(digest_size=6), set(), False
    for one in kind.__mro__:
        if one.__module__ in _BASES or one.__module__ in seen:
            continue
        seen.add(one.__module__)
        try:
            source = inspect.getsourcefile(one)
        except (TypeError, OSError):
            continue
        if source is not None and (found := _file_hash(source)):
            digest.update(found)
            read = True
    return digest.hexdigest() if read else ""


@functools.cache
def _file_hash(path: str) -> bytes:
    try:
        tree = ast.parse(Path(path).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return b""
    return hashlib.blake2b("\0".join(_words(tree)).encode(errors="surrogatepass"), digest_size=16).digest()


def _words(node: Any) -> Iterator[str]:
    """A tree in words, without what is empty (other Python versions know other empty fields)."""
    if isinstance(node, list):
        yield "["
        for one in node:
            yield from _words(one)
        yield "]"
    elif isinstance(node, ast.AST):
        yield type(node).__name__
        for name, value in ast.iter_fields(node):
            if name == "body" and isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
                value = value[1:]
            if value is not None and value != []:
                yield name
                yield from _words(value)
    else:
        yield repr(node)
