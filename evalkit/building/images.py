"""The user's images with a manifest: each has a provenance and a licence, or nothing goes on."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from evalkit.core.errors import DataError, UsageError
from evalkit.core.message import Image
from evalkit.data.dialogue.dialogue_check import media_problem
from evalkit.data.jsonl import read_lines
from evalkit.media.source import content_hash, read_bytes

MANIFESTS = ("images.jsonl", "images.csv")
_SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff"}
_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Picture:
    """An image of the user's.

    Args:
        name: its path in the manifest, relative to the folder.
        path: the file.
        provenance: where it comes from.
        licence: under which terms it may be used.
        digest: hash of its content.
    """

    name: str
    path: Path
    provenance: str
    licence: str
    digest: str


def read_pictures(folder: Path) -> dict[str, Picture]:
    """The images of a folder, by name, in order of their names.

    Raises:
        UsageError: no folder, or no manifest in it.
        DataError: with every image that is missing, damaged, without provenance or licence, or not in the manifest.
    """
    if not folder.is_dir():
        raise UsageError(f"--images {folder}: no such folder")
    manifest = next((folder / name for name in MANIFESTS if (folder / name).is_file()), None)
    if manifest is None:
        raise UsageError(
            f"{folder}: neither {' nor '.join(MANIFESTS)} is there; expected a manifest with path, provenance and "
            "licence of every image"
        )
    found: dict[str, Picture] = {}
    problems: list[str] = []
    contents: dict[str, str] = {}
    named: set[str] = set()
    for line, row in _rows(manifest):
        name = row.get("path")
        if not isinstance(name, str) or not name.strip():
            problems.append(f'line {line}: no "path"')
            continue
        name = str(PurePosixPath(name.strip()))
        wrong = list(_problems(folder, name, row))
        if name in named:
            wrong.append("is named twice")
        named.add(name)
        if not wrong:
            digest = content_hash(read_bytes(Image(str(folder / name))))
            if digest in contents:
                wrong.append(f"is the same image as {contents[digest]}")
            contents.setdefault(digest, name)
            found[name] = Picture(name, folder / name, row["provenance"].strip(), row["licence"].strip(), digest)
        problems += [f"line {line}: {name} {text}" for text in wrong]
    problems += [f"{name} lies in the folder, but the manifest does not name it" for name in _unnamed(folder, named)]
    if problems:
        more = [f"... and {len(problems) - _SHOWN} more"] if len(problems) > _SHOWN else []
        raise DataError(manifest, "images that cannot be used:\n  " + "\n  ".join(problems[:_SHOWN] + more))
    if not found:
        raise DataError(manifest, "names no image; expected path, provenance and licence of each")
    return dict(sorted(found.items()))


def _rows(manifest: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    if manifest.suffix == ".jsonl":
        yield from read_lines(manifest)
        return
    try:
        with manifest.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            lacking = {"path", "provenance", "licence"} - set(reader.fieldnames or ())
            if lacking:
                raise DataError(manifest, f"the header lacks {', '.join(sorted(lacking))}", 1)
            for row in reader:
                yield reader.line_num, row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(manifest, f"cannot be read: {error}; expected CSV in UTF-8") from None


def _problems(folder: Path, name: str, row: Mapping[str, Any]) -> Iterator[str]:
    lacking = [key for key in ("provenance", "licence") if not (isinstance(row.get(key), str) and row[key].strip())]
    if lacking:
        yield f"has no {' and no '.join(lacking)}"
    if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
        yield "is no path below the folder of the manifest"
        return
    problem = media_problem(Image(str(folder / name), name="the file"))
    if problem is not None:
        yield f"cannot be used: {problem}"


def _unnamed(folder: Path, named: set[str]) -> list[str]:
    lying = (path.relative_to(folder) for path in folder.rglob("*") if path.suffix.lower() in _SUFFIXES)
    return sorted(path.as_posix() for path in lying if path.as_posix() not in named)
