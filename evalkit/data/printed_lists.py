"""Lists of texts that stand in the cell of a table as a program printed them."""

from __future__ import annotations

import ast
import io
import tokenize

_LONGEST = 60  # characters of a cell that an error shows


def printed_list(cell: str) -> list[str]:
    """The texts of a list as Python or numpy print it: `['a', "b's"]`, or `['a' "b's"]` over several lines.

    As a literal the second one would be a single text, put together of all of them.

    Args:
        cell: what stands in the table.

    Raises:
        ValueError: something else stands there, or no text.
    """
    found: list[str] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(f"({cell})").readline):
            if token.type == tokenize.STRING:
                found.append(ast.literal_eval(token.string))
            elif token.type not in (tokenize.NL, tokenize.NEWLINE, tokenize.ENDMARKER) and token.string not in "([,])":
                raise ValueError(token.string)
        if not found or not cell.strip().startswith("[") or not all(isinstance(one, str) for one in found):
            raise ValueError(cell)
    except (tokenize.TokenError, SyntaxError, ValueError):
        raise ValueError(f"expected a list of texts such as ['a', 'b'], got {cell[:_LONGEST]!r}") from None
    return found
