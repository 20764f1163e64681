"""Text for LaTeX: every special character escaped, and what pdfLaTeX cannot print found."""

from __future__ import annotations

import re
import unicodedata

_ESCAPES = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "`": r"\textasciigrave{}",
    "\u2018": "`",
    "\u2019": "'",
    "\u201c": "``",
    "\u201d": "''",
    "\u2013": "--",
    "\u2014": "---",
    "\u2026": r"\ldots{}",
    "\u2022": r"\textbullet{}",
    "\u00a0": "~",
    "\u2212": "$-$",
    "\u00b1": r"$\pm$",
    "\u00d7": r"$\times$",
    "\u00b7": r"$\cdot$",
    "\u00b5": r"$\mu$",
    "\u0394": r"$\Delta$",
    "\u2190": r"$\leftarrow$",
    "\u2192": r"$\rightarrow$",
    "\u2191": r"$\uparrow$",
    "\u2193": r"$\downarrow$",
    "\u2264": r"$\leq$",
    "\u2265": r"$\geq$",
    "\u2248": r"$\approx$",
    "\n": " ",
    "\t": " ",
}
# Repeated, they would run together: -- is a dash, '' and ,, are quotation marks.
_OPENING = re.compile(r'(?<![^\s(\[{/<=\u2018\u201c\u2013\u2014-])"(?=\S)')
_LIGATURES = re.compile(r"([-',])(?=\1)")
# Combining grave, acute, circumflex, tilde, macron, breve, dot, diaeresis, ring, double acute, caron.
_ACCENTS = "\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u030a\u030b\u030c"


def escape(text: str) -> str:
    """Text as LaTeX prints it literally, with any engine that has its characters.

    A straight quotation mark opens at the beginning of a word, and closes elsewhere. Characters that are no text
    (controls, direction marks, joiners) are dropped.
    """
    paired = _OPENING.sub("\u201c", unicodedata.normalize("NFC", text).replace("\0", "")).replace('"', "\u201d")
    parted = _LIGATURES.sub("\\1\0", paired)
    return "".join("{}" if char == "\0" else _character(char) for char in parted)


def guarded(line: str) -> str:
    r"""A line of a tabular that the command before it cannot take for its option.

    \\, \toprule and \midrule take a length in square brackets; a star after \\ is an option as well.
    """
    return "{}" + line if line.lstrip()[:1] in ("[", "*") else line


def number(text: str) -> str:
    """A number, with a minus sign for its hyphen; anything else escaped."""
    if text[:1] in "+-" and text[1:2].isdigit():
        return ("$-$" if text[0] == "-" else "+") + escape(text[1:])
    return escape(text)


def beyond_pdflatex(text: str) -> str:
    """The characters of a text that pdfLaTeX cannot print in its usual fonts, each once; "" where there are none."""
    composed = unicodedata.normalize("NFC", text)
    odd = [char for char in composed if char not in _ESCAPES and not _plain(char) and not _dropped(char)]
    return "".join(dict.fromkeys(odd))


def _character(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    return "" if _dropped(char) else char


def _dropped(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn")


def _plain(char: str) -> bool:
    """ASCII, and Latin letters with an accent that every font encoding builds."""
    if char.isascii():
        return True
    parts = unicodedata.normalize("NFD", char)
    known = len(parts) == 2 and parts[0].isascii() and parts[0].isalpha() and parts[1] in _ACCENTS
    return (known and ord(char) < 0x180) or char in "ßæÆœŒøØåÅçÇłŁ¡¿"
