"""Spoken dialogues over several turns: what the last reply should be like, and the columns of such a benchmark."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from evalkit.core.columns import Cell
from evalkit.core.errors import EvalkitError
from evalkit.core.message import Audio
from evalkit.core.sample import Sample
from evalkit.core.source import Row
from evalkit.data.dialogue.dialogues import Dialogue, Rules
from evalkit.metrics.languages import canonical
from evalkit.metrics.spoken.expect import KINDS, problems

DIMENSIONS = (
    "basic_conversation",
    "emotional_expression",
    "rate_control",
    "role_playing",
    "creative_capacity",
    "instruction_following",
)
BREAKDOWNS = ("dimension", "language")
JUDGED: Mapping[str, str] = {
    "content": "content_quality_score",
    "speech": "speech_quality_score",
    "average": "average",
}  # column -> metric of rubric msib_speech_content


def spoken_dialogue_rules(min_turns: int = 2, max_turns: int = 10) -> Rules:
    """Rules of a spoken benchmark: every user turn holds audio; `dimension` is one of six.

    `language` is a language code. `attribute` (optional) says in a phrase what the voice should be like, for the
    judge; `expect` (optional) what a rule can decide, see `evalkit.metrics.spoken.expect`.
    """
    return Rules(
        min_turns=min_turns,
        max_turns=max_turns,
        choices={"dimension": DIMENSIONS},
        takes=frozenset({"text", "audio"}),
        consistent=_problems,
    )


def judged_columns(prefix: str) -> dict[str, Cell]:
    """Content, speech and their mean, by dimension and over all dialogues, as InteractiveOmni's Table 7 has it."""
    return {
        f"{prefix}.{name}.{place or 'overall'}": Cell(metric=metric, group=("dimension", place) if place else None)
        for name, metric in JUDGED.items()
        for place in (*DIMENSIONS, None)
    }


def rule_columns(prefix: str) -> dict[str, Cell]:
    """Expectations met by dimension and over all, physics alone, and by kind of expectation."""
    met = "expectations_met"
    return {
        **{f"{prefix}.rules.{name}": Cell(metric=met, group=("dimension", name)) for name in DIMENSIONS},
        f"{prefix}.rules.overall": Cell(metric=met),
        f"{prefix}.rules.physics": Cell(metric="physics"),
        **{f"{prefix}.kind.{kind}": Cell(metric=f"met_{kind}") for kind in KINDS},
    }


def spoken_sample(row: Row, split: str) -> Sample:
    """The sample of a row; `meta["judge_reference"]` is the reference with the manner of speaking beside it."""
    dialogue: Dialogue = row["dialogue"]
    sample = dialogue.sample()
    attribute = dialogue.fields.get("attribute")
    manner = f"\nManner of speaking: {attribute}" if attribute else ""
    meta = {**(sample.meta or {}), "judge_reference": dialogue.reference + manner}
    if "language" in dialogue.fields.get("expect", {}):
        meta["answer_language"] = dialogue.fields["expect"]["language"]  # what a transcriber is chosen by
    sample.meta = meta
    return sample


def _problems(dialogue: Dialogue) -> Iterator[str]:
    for place, message in enumerate(dialogue.messages, 1):
        if message.role == "user" and not any(isinstance(part, Audio) for part in message.content):
            yield f"message {place}: the user's turns are spoken; it holds no audio part"
    language = dialogue.fields.get("language")
    try:
        canonical(str(language))
    except EvalkitError as error:
        yield f'"language" must be a language code, for example en or zh: {error}'
    attribute = dialogue.fields.get("attribute", "-")
    if not isinstance(attribute, str) or not attribute.strip():
        yield f'"attribute" must be a text; it is {attribute!r}'
    yield from problems(dialogue.fields.get("expect", {}))
