"""What a row of URO-Bench holds, and what is asked of it: one question, or a conversation played round by round."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evalkit.authoring import DataError, Field, Row, Sample, audio, conversation, each, optional, spoken

UNTOLD = "en?"  # the recogniser of English sets is not told the language: replies in another one are heard as such


def reference(raw: Mapping[str, Any]) -> str:
    """The suggested answer: a list of right ones is joined, the request stands where a set gives none.

    Source: URO-Bench examples/example-test/inference_for_eval.py, commit 9e74bc0.

    Raises:
        ValueError: what stands there is no text.
    """
    found = raw.get("target_text", raw.get("source_text"))
    options = found if isinstance(found, list) and found else [found]
    if not all(isinstance(one, str) and one.strip() for one in options):
        raise ValueError(f"target_text must be a text or a list of texts, not {found!r}")
    return " / ".join(options)


FACTS = {"emotion": optional("emotion"), "style": optional("style"), "requirement": optional("requirement")}
_ROUND: dict[str, Field] = {"audio": audio("source_wav"), "text": "source_text", "reply": reference}
FIELDS: dict[str, Field] = {
    "audio": optional(audio("source_wav")),
    "question": optional("source_text"),
    "turns": optional(each("dialogue", _ROUND)),
    "rounds": optional("num_round"),
    "reference": lambda raw: "" if "dialogue" in raw else reference(raw),
    **FACTS,
}


class Maker:
    """Makes the samples of all sets.

    Args:
        facts: split -> language, level, ability.
    """

    def __init__(self, facts: Mapping[str, Mapping[str, str]]) -> None:
        heard = {split: {"answer_language": UNTOLD} if one["language"] == "en" else {} for split, one in facts.items()}
        self._single = spoken(meta=("question", facts, heard, *FACTS))
        self._rounds = conversation(ask="every", meta=(facts, heard))

    def __call__(self, row: Row, split: str) -> Sample:
        """One question; or one sample whose turns are all asked, each with its suggested reply.

        Raises:
            DataError: a conversation with more or fewer rounds than it says.
        """
        if not row["turns"]:
            return self._single(row, split)
        if row["rounds"] not in (None, len(row["turns"])):
            raise DataError(
                f"sample '{row['id']}'", f"num_round is {row['rounds']!r}, and it has {len(row['turns'])} rounds"
            )
        return self._rounds(row, split)
