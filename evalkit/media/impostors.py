"""What lies in a data file's place when the data do not: pointers, error pages, files of zeros."""

from __future__ import annotations

import re

HEAD = 1024  # bytes that are enough to tell
_PAGE = re.compile(rb"\s*(<!doctype html|<html|<\?xml[^>]*\?>\s*<(error|html|!doctype html)|<error>)", re.IGNORECASE)
_ANNEX = re.compile(rb"(\.\./)*(\.git/annex/|/annex/objects/)")
_REFUSAL = re.compile(rb"\s*\{\s*\"(error|message|detail)\"\s*:\s*\"", re.IGNORECASE)
_ANSWER = re.compile(
    rb"(Entry|Repository) not found|Access to (dataset|model) .* is restricted|Invalid username or pass"
)


def impostor(head: bytes) -> str | None:
    """What a file is that is no data, and what to do; None where its first bytes tell nothing.

    Args:
        head: its first bytes, `HEAD` of them where there are as many.
    """
    plain = head.removeprefix(b"\xef\xbb\xbf")
    if plain.startswith(b"version https://git-lfs.github.com/spec/"):
        return "is a Git LFS pointer, not the file itself; fetch it with 'git lfs pull'"
    if _ANNEX.match(plain):
        return "is a git-annex pointer, not the file itself; fetch it with 'git annex get'"
    if _PAGE.match(plain):
        return "is a web page, not data: an error or login page was saved in its place; download it again"
    if _REFUSAL.match(plain) and len(plain) < HEAD and plain.rstrip().endswith(b"}"):
        return f"is a server's error message, not data ({_shown(plain)}); download it again"
    if _ANSWER.match(plain):
        return f"is a server's error message, not data ({_shown(plain)}); download it again"
    if len(head) >= 64 and not head.strip(b"\0"):
        return "begins with zero bytes alone: its content was never written (an interrupted copy); copy it again"
    return None


def _shown(text: bytes) -> str:
    return " ".join(text.decode("utf-8", "replace").split())[:80]
