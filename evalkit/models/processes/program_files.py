"""The files that a command line is made of: the program, scripts it is given, and what Python scripts import."""

from __future__ import annotations

import ast
import os
import shlex
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from evalkit.data.fingerprint import content_hashes

_CODE = ".py .pyz .pyc .sh .bash .zsh .pl .rb .js .mjs .ts .lua .r .jl .jar .php .exe .so .wasm"
_SETTINGS = ".json .yaml .yml .toml .ini .cfg .conf .env .jinja .j2 .prompt"
_WEIGHTS = ".gguf .ggml .bin .safetensors .onnx .pt .pth .ckpt .h5 .tflite .engine .model .nemo"
_PARTS = frozenset(f"{_CODE} {_SETTINGS} {_WEIGHTS}".split())
_MOST = 10_000  # files of a folder that the line names; beyond, its first ones by name


def program_hashes(command: Sequence[str]) -> dict[str, str]:
    """Name of each file -> its content hash; names hold no folder that the command line does not hold.

    Found are the program on the PATH; arguments (also `--option=FILE`, and the words of `sh -c "..."`) that are files
    of code, settings or weights by their endings, as other files may be what it writes; `-m MODULE` of a Python below
    the working directory; and the modules beside a Python script that it imports, whatever imports those. A folder
    counts only where Python could run it.
    """
    files = dict(_files(command))
    found, _ = content_hashes(list(files.values()))
    return {name: content for name, content in zip(files, found, strict=True) if content is not None}


def _files(command: Sequence[str]) -> Iterator[tuple[str, Path]]:
    program = shutil.which(command[0])
    if program is not None:
        yield command[0], Path(program)
        yield from _with_imports(command[0], Path(program))
    for place, word in enumerate(command[1:], 1):
        for part in _parts(word):
            path = Path(part)
            if path.is_file() and _is_part(path):
                yield part, path
                yield from _with_imports(part, path)
            elif (path / "__main__.py").is_file():
                yield from _folder(part, path)
        if command[place - 1] == "-m":
            module = word.replace(".", "/")
            if Path(f"{module}.py").is_file():
                yield f"{module}.py", Path(f"{module}.py")
                yield from _with_imports(f"{module}.py", Path(f"{module}.py"), Path.cwd())
            elif Path(module).is_dir():
                yield from _folder(module, Path(module))


def _is_part(path: Path) -> bool:
    """Whether a file that is named is a part of the program: code, settings or weights. A log it writes is none."""
    return path.suffix.lower() in _PARTS or (path.suffix == "" and os.access(path, os.X_OK))


def _parts(word: str) -> Iterator[str]:
    yield word
    if "=" in word:
        yield word.partition("=")[2]
    if " " in word:
        try:
            inner = shlex.split(word)
        except ValueError:
            return
        for part in inner:
            yield part
            if os.sep not in part and (found := shutil.which(part)) is not None:
                yield found


def _folder(name: str, folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*.py"))[:_MOST]:
        yield f"{name}/{path.relative_to(folder).as_posix()}", path


def _with_imports(name: str, script: Path, top: Path | None = None) -> Iterator[tuple[str, Path]]:
    """Modules and packages beside a Python script that are imported by it, or by one of them."""
    top = script.resolve().parent if top is None else top
    waiting, seen = [script], {script}
    while waiting:
        for module in sorted(_imported(waiting.pop())):
            if (top / f"{module}.py").is_file():
                found = [top / f"{module}.py"]
            elif (top / module).is_dir():
                found = sorted((top / module).rglob("*.py"))[:_MOST]
            else:
                found = []
            for path in found:
                if path not in seen:
                    seen.add(path)
                    waiting.append(path)
                    yield f"{name} imports {path.relative_to(top).as_posix()}", path


def _imported(path: Path) -> set[str]:
    """First parts of the names that a Python file imports; none where it is no Python."""
    try:
        data = path.read_bytes() if path.stat().st_size < 1 << 22 else b""
        if path.suffix != ".py" and b"python" not in data.split(b"\n", 1)[0]:
            return set()
        tree = ast.parse(data)
    except (OSError, SyntaxError, ValueError, RecursionError):
        return set()
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {one.name.split(".")[0] for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module.split(".")[0]} if node.module else {one.name for one in node.names}
    return names
