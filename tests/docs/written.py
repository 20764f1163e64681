"""What README, docs and cards tell a reader to type, and the numbers they state."""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_NAMES = ("README.md", "CONTRIBUTING.md", "docs/*.md", "benchmarks/README.md", "leaderboards/README.md")
_CARDS = ("tasks/*/card.md", "model_adapters/*.md", "model_adapters/*/card.md", "judges/*/*.md", "leaderboards/**/*.md")
_STARTS = re.compile(r"(?:\$ )?(?:[A-Z_]+=\S+ )*(?:\.venv/bin/|python3? -m )?(evalkit|python3?|make|pip|\S*/pip|pip3) ")
_INLINE = re.compile(r"(?<!`)`([^`\n]+(?:\n[^`\n]+)?)`(?!`)")
_FENCE = re.compile(r"^( *)```(\w*)[^\n]*\n(.*?)^\1```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Written:
    """One command as it stands.

    Args:
        file: where, from the root.
        text: in one line, without its comment.
        inline: it stands within a sentence, which may name a command without its arguments.
    """

    file: str
    text: str
    inline: bool = False

    def __str__(self) -> str:
        return f"{self.file}: {self.text}"


def files() -> list[Path]:
    return sorted({path for pattern in (*_NAMES, *_CARDS) for path in ROOT.glob(pattern)})


def commands() -> list[Written]:
    """Commands in blocks of code, and `evalkit ...` within sentences."""
    found = []
    for path in files():
        text = path.read_text(encoding="utf-8")
        name = path.relative_to(ROOT).as_posix()
        found += [Written(name, line) for line in blocks(text)]
        prose = _FENCE.sub("", text)
        for inline in _INLINE.findall(prose):
            if inline.startswith("evalkit ") and "..." not in inline:
                found.append(Written(name, " ".join(inline.split()), inline=True))
    return list(dict.fromkeys(found))


def blocks(text: str) -> Iterator[str]:
    """Commands in fenced and indented blocks: lines ended by a backslash joined, comments taken off.

    Of a block that shows what commands print, those behind a `$`.
    """
    fenced = [match[3] for match in _FENCE.finditer(text) if match[2] in ("", "sh", "bash", "console", "shell")]
    indented = "\n".join(line for line in _FENCE.sub("", text).splitlines() if line.startswith("    "))
    for block in (*fenced, indented):
        lines = [line.strip() for line in re.sub(r"\\\n\s*", " ", block).splitlines()]
        typed = [line for line in lines if line.startswith("$ ")] or lines
        for line in typed if block is not indented else lines:
            if _STARTS.match(line + " "):
                yield re.sub(r"\s+(#|\().*$|\s{3,}.*$", "", line.removeprefix("$ ")).strip()


def words(text: str) -> list[str]:
    """A command's words; brackets of what may be left out are taken off."""
    return shlex.split(re.sub(r"(?<=\s)\[((?:--?\w)[^\]]*)\]", r"\1", text))


def alternatives(text: str) -> Iterator[list[str]]:
    """Every command that `a|b` stands for."""
    parts = [word.split("|") if re.fullmatch(r"[\w-]+(\|[\w-]+)+", word) else [word] for word in words(text)]
    for chosen in itertools.product(*parts):
        yield list(chosen)
