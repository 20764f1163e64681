"""SubRip files as text: cues in order, without marks of style, each once."""

from __future__ import annotations

import pytest

from evalkit.core.errors import DataError
from evalkit.data.subtitles import lines

CUES = "1\n00:00:00,500 --> 00:00:01,000\n<i>Hello</i>\nthere.\n\n2\n00:00:02,000 --> 00:00:03,000\n{\\an8}Bye.\n"


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (CUES.encode(), ["Hello there.", "Bye."]),
        (CUES.replace("\n", "\r\n").encode("utf-8-sig"), ["Hello there.", "Bye."]),
        (CUES.replace("1\n00", "00", 1).replace(",", ".").encode(), ["Hello there.", "Bye."]),  # no numbers, points
        (f"{CUES}\n3\n00:00:04,000 --> 00:00:05,000\nBye.\n".encode(), ["Hello there.", "Bye."]),
        ("1\n00:00:00,500 --> 00:00:01,000 X1:0\nna\u00efve 1 < 2 > 0\n".encode("latin-1"), ["na\u00efve 1 < 2 > 0"]),
        (b"1\n00:00:00,500 --> 00:00:01,000\n\n", []),
        (b"", []),
        (b" \n\n", []),
        ("1\n00:00:00,500 --> 00:00:01,000\n你好\n7\n".encode(), ["你好 7"]),
    ],
)
def test_lines(data: bytes, found: list[str]) -> None:
    assert lines(data, "a.srt") == found


@pytest.mark.parametrize("data", [b"WEBVTT\n\nhello", b"<html></html>", b"\x00\x01\x02", b"1\n2\n3\n"])
def test_what_is_no_subrip_file(data: bytes) -> None:
    with pytest.raises(DataError, match=r"a\.srt: no subtitles in SubRip form"):
        lines(data, "a.srt")
