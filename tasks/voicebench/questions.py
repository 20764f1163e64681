"""Questions with a reference: what a judge says of the answers, what PEDANT says, and the mean of both."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.authoring import Cell, Mean, Rule, Scorer, judged, pedant

PANDA = "qa_metrics_0.2.17"  # pinned by VoiceBench; another version moves SD-QA by tens of points


def qa(panda: str) -> list[Scorer]:
    """The judge, whose three words decide by majority; and PEDANT in a version, or not at all ("none").

    Raises:
        UnknownNameError: there is no such version.
    """
    judge = judged("voicebench_qa", metric="gpt", label="GPT")
    return [judge] if panda == "none" else [judge, pedant(panda)]


def qa_columns(column: str, split: str | Sequence[str], panda: str) -> dict[str, Cell | Rule]:
    """COLUMN.gpt, COLUMN.panda and their mean, COLUMN; without PEDANT the first alone.

    Args:
        column: id of the mean.
        split: a split, or several over which samples are counted.
        panda: as in `qa`.
    """
    place = split if isinstance(split, str) else tuple(split)
    gpt = {f"{column}.gpt": Cell(place, "gpt")}
    if panda == "none":
        return dict(gpt)
    return {**gpt, f"{column}.panda": Cell(place, "panda"), column: Mean(f"{column}.gpt", f"{column}.panda")}
