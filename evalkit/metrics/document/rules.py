"""How near a short answer comes to a reference: ANLS, relaxed correctness, containment.

Sources: the DocVQA evaluation (RRC) and VLMEvalKit vlmeval/dataset/utils/{vqa_eval,ocrbench}.py for `anls` and
`contains`; google-research/pix2struct metrics.py for `relaxed`.
"""

from __future__ import annotations

from collections.abc import Sequence

THRESHOLD = 0.5
TOLERANCE = 0.05


def anls(references: Sequence[str], response: str) -> float:
    """Average normalised Levenshtein similarity of one answer, 0-1: the best over the references.

    Case and runs of white space do not count. A similarity below 0.5 is 0; exactly 0.5 stays, as in the official
    program (its paper says otherwise).
    """
    from rapidfuzz.distance import Levenshtein

    found = " ".join(response.lower().split())
    nearest = 1.0
    for reference in references:
        wanted = " ".join(reference.lower().split())
        length = max(len(wanted), len(found))
        nearest = min(nearest, Levenshtein.distance(wanted, found) / length if length else 0.0)
    similarity = 1 - nearest
    return similarity if similarity >= THRESHOLD else 0.0


def relaxed(references: Sequence[str], response: str) -> bool:
    """ChartQA's relaxed correctness: within 5 % of a number, else the same text but for case.

    A number is what Python reads as one, "12%" is 0.12; "1,000" is a text. A reference of 0 must be met as a text.
    """
    return any(_relaxed(reference, response.strip()) for reference in references)


def _relaxed(reference: str, response: str) -> bool:
    wanted, found = _number(reference), _number(response)
    if found is not None and wanted:
        return abs(found - wanted) / abs(wanted) <= TOLERANCE
    return response.lower() == reference.lower()


def _number(text: str) -> float | None:
    try:
        return float(text.rstrip("%")) / 100.0 if text.endswith("%") else float(text)
    except ValueError:
        return None


def contains(references: Sequence[str], response: str, formula: bool = False) -> bool:
    """OCRBench: a reference stands in the response; of formulas without any space and with case, else without case.

    Any place counts: "3" stands in "13".
    """
    if formula:
        return any(_without_spaces(reference) in _without_spaces(response) for reference in references)
    text = response.lower().strip().replace("\n", " ")
    return any(reference.lower().strip().replace("\n", " ") in text for reference in references)


def _without_spaces(text: str) -> str:
    return text.strip().replace("\n", " ").replace(" ", "")
