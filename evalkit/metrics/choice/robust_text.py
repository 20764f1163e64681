"""What `robust` takes off a reply before it reads: thoughts, emphasis, formulas, wide characters."""

from __future__ import annotations

import re
import unicodedata

from evalkit.core import thinking

_WRAPPED = re.compile(r"\\(?:text|textbf|textit|textrm|mathrm|mathbf|mathsf|mathit|bf|rm|emph)\s*\{([^{}]*)\}")
_BOXED = re.compile(r"\\f?boxed\s*\{([^{}]*)\}")
_TAGGED = re.compile(r"<(answer|final_answer|final|choice|option)>(.*?)</\1>", re.IGNORECASE | re.DOTALL)
_FORMULA = re.compile(r"\\[()\[\],;! ]|\$")
_EMPHASIS = re.compile(r"[*`]|__|^[ \t]*(?:#+|>|[-•‣])[ \t]+|[\u200b-\u200f\u2060\ufeff\ufe0e\ufe0f]", re.MULTILINE)
_SPECIAL = re.compile(r"<\|[^|<>]{1,40}\|>|</?s>")
_MARKUP = frozenset("<[◁\\*`$#_>-•‣")


def plain(text: str) -> str:
    """One text for many ways to write it: no thoughts, emphasis, formulas; wide and circled letters as plain ones.

    `\\boxed{B}` and `<answer>B</answer>` become a line "answer: B".
    """
    text = thinking.split(text).answer
    if not text.isascii() or not _MARKUP.isdisjoint(text):
        if not text.isascii():
            text = unicodedata.normalize("NFKC", text).replace("’", "'").replace("‘", "'")
        if "\\" in text:
            for _ in range(3):
                text = _WRAPPED.sub(r"\1", text)
            text = _FORMULA.sub(" ", _BOXED.sub(r"\nanswer: \1\n", text))
        text = _SPECIAL.sub(" ", _TAGGED.sub(r"\nanswer: \2\n", text))
        text = _EMPHASIS.sub("", text.replace("$", " "))
    return text.strip()
