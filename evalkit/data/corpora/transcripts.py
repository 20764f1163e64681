"""Transcript files with one `id text` line per utterance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from evalkit.core.errors import DataError
from evalkit.media.impostors import HEAD, impostor


def decoded(where: object, lines: Iterable[bytes], encoding: str = "utf-8") -> Iterator[tuple[int, str]]:
    """Line numbers (from 1) and texts without line ends; blank lines are skipped, a byte order mark is dropped.

    Raises:
        DataError: bytes that are not in the encoding.
    """
    for number, line in enumerate(lines, 1):
        try:
            text = line.decode(encoding)
        except UnicodeDecodeError as error:
            raise DataError(where, f"not {encoding} text ({error.reason}); is the file damaged?", number) from None
        text = text.rstrip("\r\n")
        if number == 1:
            text = text.removeprefix("\ufeff")
        if text.strip():
            yield number, text


def text_lines(path: Path, encoding: str = "utf-8") -> Iterator[tuple[int, str]]:
    """`decoded` lines of a file.

    Raises:
        DataError: it cannot be read, or is not in the encoding.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise DataError(path, f"cannot be read: {error.strerror}") from None
    with file:
        head = file.read(HEAD)
        if (problem := impostor(head)) is not None:
            raise DataError(path, problem)
        if head[:2] in (b"\xff\xfe", b"\xfe\xff") and "16" not in encoding:
            raise DataError(path, f"is UTF-16 text, not {encoding}; convert it (iconv -f UTF-16 -t UTF-8)")
        file.seek(0)
        yield from decoded(path, file, encoding)


def keyed(where: object, lines: Iterable[tuple[int, str]], what: str = "a transcript") -> dict[str, str]:
    """Ids and what stands behind them; id and value are parted by a tab or by spaces.

    An utterance without words has an empty transcript; nothing else may lack its value.

    Args:
        where: the file, for errors.
        lines: as `decoded` gives them.
        what: what the value is, for errors.

    Raises:
        DataError: a line without a value that is no transcript, lines of ids alone, or an id a second time.
    """
    found: dict[str, str] = {}
    first = 0, ""
    for number, line in lines:
        parts = line.split(None, 1)
        if len(parts) != 2 and what != "a transcript":
            raise DataError(where, f"expected an id, a space or tab, and {what}; found '{line.strip()[:80]}'", number)
        key, value = parts[0], parts[1].strip() if len(parts) == 2 else ""
        if key in found:
            raise DataError(where, f"the id '{key}' occurs a second time", number)
        if not found:
            first = number, line
        found[key] = value
    if len(found) > 1 and not any(found.values()):
        number, line = first
        raise DataError(where, f"expected an id, a space or tab, and {what}; found '{line.strip()[:80]}'", number)
    return found
