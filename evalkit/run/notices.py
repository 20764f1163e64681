"""What a summary says about its answers in a sentence, made of the flags it counts."""

from __future__ import annotations

from collections.abc import Mapping

from evalkit.run import written


def of_flags(flags: Mapping[str, int], answers: int, bound: int | None) -> list[str]:
    """Notices on written answers.

    Args:
        flags: how many answers carry each flag.
        answers: how many were looked at.
        bound: tokens an answer may have; None where the model decides.
    """
    spent = flags.get(written.THOUGHT_AWAY, 0)
    if not spent:
        return []
    of = "their bound" if bound is None else f"their bound of {bound} tokens"
    return [f"{spent} of {answers} answers spent {of} on thinking; raise --max-new-tokens"]
