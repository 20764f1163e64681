"""Plugins in single files: `path.py[:NAME]` where a name is expected, and folders of such files named by `--include`.

A file is code, so it runs only when it, or a name in it, is asked for; listing reads the decorators without running
them. What a file registers is found by `@task("NAME")` and `@model("NAME")`, as inside the repository.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from evalkit.core.errors import EvalkitError, UsageError

_DECORATORS = {"task": "task", "model": "model"}


def split_word(word: str) -> tuple[Path, str] | None:
    """The file and the name in it that a word such as "tasks.py:quiz" means; None for other words.

    The name is empty where the word has none.
    """
    path, separator, name = word.rpartition(".py:")
    if separator and path:
        return Path(f"{path}.py"), name
    return (Path(word), "") if word.endswith(".py") else None


def offered(path: Path, kind: str) -> list[str]:
    """Names that a file registers, found without running it.

    Args:
        path: the file.
        kind: "task" or "model".

    Raises:
        UsageError: there is no such file, or it is not Python.
    """
    try:
        tree = ast.parse(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from None
    except (SyntaxError, ValueError) as error:
        raise UsageError(f"{path}: is no Python file: {error}") from None
    return [name for node in tree.body for name in _registered(node, kind)]


def _registered(node: ast.stmt, kind: str) -> Iterator[str]:
    for decorator in getattr(node, "decorator_list", ()):
        if not isinstance(decorator, ast.Call) or not decorator.args:
            continue
        called = decorator.func
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        first = decorator.args[0]
        if name == _DECORATORS.get(kind) and isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield first.value


def chosen_name(path: Path, name: str, kind: str) -> str:
    """The name a word means: the one it gives, else the only one in the file.

    Raises:
        UsageError: no such name, none at all, or several to choose from.
    """
    names = offered(path, kind)
    if name:
        if name not in names:
            known = ", ".join(names) or "none"
            raise UsageError(f"{path} registers no {kind} '{name}'; it registers: {known}")
        return name
    if len(names) != 1:
        what = f"{len(names)} {kind}s ({', '.join(names)}); name one: {path}:NAME" if names else f"no {kind}"
        raise UsageError(f'{path} registers {what}. A {kind} is registered by @{kind}("NAME")')
    return names[0]


def load(path: Path) -> ModuleType:
    """Run a file, once for each content, as a module of its own; files beside it can be imported by it.

    Raises:
        EvalkitError: it does not run; the message names the file and the line.
    """
    full = path.expanduser().resolve()
    place = hashlib.blake2b(str(full).encode(errors="surrogateescape"), digest_size=4).hexdigest()
    name = f"evalkit_file_{code_hash(full)}_{place}"  # what it reads beside itself is that of its own folder
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, full)
    if spec is None or spec.loader is None:
        raise UsageError(f"{path}: is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except EvalkitError:
        del sys.modules[name]
        raise
    except Exception as error:
        del sys.modules[name]
        line = _line_in(error, full)
        raise EvalkitError(f"{path}, line {line}: does not run: {type(error).__name__}: {error}") from error
    return module


def _line_in(error: BaseException, path: Path) -> int | str:
    trace, line = error.__traceback__, None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line if line is not None else "?"


def code_hash(path: Path) -> str:
    """Hash of a file's content; part of the identity of what it registers.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        return hashlib.blake2b(path.read_bytes(), digest_size=10).hexdigest()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from None


def files_in(folder: Path) -> list[Path]:
    """The plugin files of a folder that `--include` names, sorted; hidden and private ones are left out.

    Raises:
        UsageError: there is no such folder.
    """
    if not folder.is_dir():
        raise UsageError(f"--include {folder}: no such folder")
    return sorted(path for path in folder.glob("*.py") if not path.name.startswith((".", "_")))
