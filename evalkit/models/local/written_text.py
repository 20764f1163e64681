"""New tokens as text, with the marks of a thought in it, so that it can be told from the answer.

Some vocabularies hold these marks as special tokens, which decoding leaves out, and some templates open the thought in
the prompt, so that a thought cut at its bound has no mark at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evalkit.core import thinking

TAIL = 16  # last tokens of a prompt that may open a thought


def text_of(tokenizer: Any, ids: Sequence[int], prompt: Sequence[int] = ()) -> str:
    """What a row says, special tokens left out but for the marks of thoughts.

    Args:
        tokenizer: of the checkpoint.
        ids: new tokens, up to the stop token.
        prompt: tokens before them.
    """
    marks = {
        int(value)
        for value in getattr(tokenizer, "all_special_ids", ())
        if thinking.is_mark(str(tokenizer.convert_ids_to_tokens(int(value))))
    }
    text = _decoded(tokenizer, ids, marks)
    if not len(prompt):
        return text
    tail = str(tokenizer.decode([int(value) for value in prompt[-TAIL:]], skip_special_tokens=False))
    mark = thinking.opened(tail)
    return text if mark is None else f"{mark}\n{text}"


def _decoded(tokenizer: Any, ids: Sequence[int], marks: set[int]) -> str:
    pieces: list[str] = []
    start = 0
    for place, value in enumerate(ids):
        if value in marks:
            pieces += [tokenizer.decode(ids[start:place], skip_special_tokens=True)] if place > start else []
            pieces.append(str(tokenizer.convert_ids_to_tokens(int(value))))
            start = place + 1
    if start < len(ids) or not pieces:
        pieces.append(tokenizer.decode(ids[start:], skip_special_tokens=True))
    return "".join(pieces)
