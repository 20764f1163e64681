"""What a summary says about its answers in a sentence, made of the flags it counts."""

from __future__ import annotations

from evalkit.judging.judge import STANDS_IN
from evalkit.media.whole import BY_MODEL
from evalkit.metrics.error_rate.suited import NOTICE, PUNCTUATION
from evalkit.run import written
from evalkit.run.tallies import Cut


def of_flags(cut: Cut, bound: int | None) -> list[str]:
    """Notices on written answers.

    Args:
        cut: all samples.
        bound: tokens an answer may have; None where the model decides.
    """
    return [*_spent(cut, bound), *_ill_suited(cut), *_judged_by_another(cut), *_own_frames(cut)]


def _judged_by_another(cut: Cut) -> list[str]:
    found = cut.flags.get(STANDS_IN, 0)
    told = f"{found} of {cut.n} answers had another judge than the benchmark's own, which printed values are of"
    return [told] if found else []


def _own_frames(cut: Cut) -> list[str]:
    found = cut.flags.get(BY_MODEL, 0)
    told = "the model was given its videos as files and chose frames of its own, whatever the task's policy"
    return [f"{found} of {cut.n} samples: {told}"] if found else []


def _ill_suited(cut: Cut) -> list[str]:
    found = cut.flags.get(PUNCTUATION, 0)
    return [NOTICE.format(n=found, total=cut.n)] if found else []


def _spent(cut: Cut, bound: int | None) -> list[str]:
    spent, answers = cut.flags.get(written.THOUGHT_AWAY, 0), cut.n - cut.statuses["model_failed"]
    if not spent:
        return []
    of = "their bound" if bound is None else f"their bound of {bound} tokens"
    return [f"{spent} of {answers} answers spent {of} on thinking; raise --max-new-tokens"]
