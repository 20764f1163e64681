"""What stands in every result file of a metric: names, units, directions. Older files are read and merged by them, so
they change on purpose, with a schema's or a rule's version, or not at all."""

from __future__ import annotations

import dataclasses

import pytest

from evalkit.core.scorer import Scorer
from evalkit.metrics.accuracy_of import accuracy_of
from evalkit.metrics.error_rate.scorer import error_rate
from evalkit.metrics.kinds import KINDS, line_metric
from evalkit.metrics.scorers import SCORERS, scorer, takes_argument

ERRORS = ("numerator", "denominator", "substitutions", "deletions", "insertions", "tokens")
MET = ("met", "expected")
CHRF = tuple(
    f"{what}_characters_{n}" for n in range(1, 7) for what in ("hypothesis", "reference", "matches")
)  # orders 1 to 6 of chrF2
CLASSES = tuple(f"{what} {name}" for name in "ab" for what in ("hits", "alarms", "misses"))
TAGS = tuple(f"{what}_{tag}" for tag in "ab" for what in ("true_positives", "false_positives", "false_negatives"))
SPOKEN = (
    "rate",
    "loudness",
    "pitch",
    "duration",
    "language",
    "words",
    "without",
    "sentences",
    "word_count",
    "starts",
    "ends",
)
# kind -> name, label, fields, reduction, unit, direction
RECORDS: dict[str, list[tuple[str, str, tuple[str, ...], str, str, bool]]] = {
    "choice": [("choice", "Acc", ("correct", "samples"), "ratio", "%", True)],
    "error_rate": [("error_rate", "WER", ERRORS, "mean", "WER", False)],
    "wer": [("wer", "WER", ERRORS, "ratio", "%", False)],
    "cer": [("cer", "CER", ERRORS, "ratio", "%", False)],
    "bleu": [("bleu", "BLEU", ("hypothesis_length", "reference_length", *(f"matches_{n}" for n in range(1, 5)),
                               *(f"totals_{n}" for n in range(1, 5))), "corpus_bleu", "BLEU", True)],
    "chrf": [("chrf", "chrF2", CHRF, "corpus_chrf", "chrF", True)],
    "refusal": [("refusal_rate", "Refusal", ("refused", "responses"), "ratio", "%", True)],
    "instruction_following": [
        ("prompt_strict", "Prompt strict", ("followed", "prompts"), "ratio", "%", True),
        ("prompt_loose", "Prompt loose", ("followed", "prompts"), "ratio", "%", True),
        ("instruction_strict", "Instr. strict", ("followed", "instructions"), "ratio", "%", True),
        ("instruction_loose", "Instr. loose", ("followed", "instructions"), "ratio", "%", True),
        ("mean", "Mean of 4", ("prompts_strict", "prompts_loose", "prompts", "instructions_strict", "instructions_loose",
                               "instructions"), "mean_of_four_accuracies", "%", True),
    ],
    "tags": [
        ("micro_f1", "micro F1", ("true_positives", "false_positives", "false_negatives"), "micro_f1", "%", True),
        ("macro_f1", "macro F1", TAGS, "macro_f1", "%", True),
        ("out_of_vocabulary", "OOV", ("unknown", "named"), "ratio", "%", False),
    ],
    "document": [("anls", "ANLS", ("score", "answers"), "ratio", "%", True)],
    "yes_no": [
        ("accuracy", "Acc", ("right", "questions"), "ratio", "%", True),
        ("acc_plus", "Acc+", ("hits", "units"), "ratio", "%", True),
    ],
    "exact_match": [("exact_match", "EM", ("correct", "samples"), "ratio", "%", True)],
    "contained": [("contained", "Match", ("held", "responses"), "ratio", "%", True)],
    "pedant": [("panda", "PANDA", ("accepted", "responses"), "ratio", "%", True)],
    "repeat": [
        ("repeat", "Repeat", ("sum", "replies"), "mean", "%", True),
        ("repeat_strict", "Repeat, strict", ("sum", "replies"), "mean", "%", True),
    ],
    "token_traps": [("moved", "Moved without lead-in", ("moved", "answers"), "ratio", "%", False)],
    "class_scores": [
        ("mean_recall", "UAR", CLASSES, "mean_recall", "%", True),
        ("weighted_f1", "Weighted F1", CLASSES, "weighted_f1", "%", True),
        ("macro_f1", "Macro F1", CLASSES, "macro_f1", "%", True),
    ],
    "spoken_rules": [
        ("expectations_met", "expectations met", MET, "ratio", "%", True),
        ("physics", "rate, loudness, pitch, duration", MET, "ratio", "%", True),
        *((f"met_{name}", name.replace("_", " "), MET, "ratio", "%", True) for name in SPOKEN),
    ],
}  # fmt: skip
OPTIONS = {"tags": {"vocabulary": ["a", "b"]}, "cer": {"language": "zh"}, "class_scores": {"classes": "a|b"}}
# Those of which each answer is right or wrong: exact tests and pass@K are theirs.
BINARY = {
    ("choice", "choice"), ("yes_no", "accuracy"), ("exact_match", "exact_match"), ("contained", "contained"),
    ("pedant", "panda"), ("token_traps", "moved"),
}  # fmt: skip
DECIMALS = {"error_rate": 4}  # of shares of 1


@pytest.mark.parametrize("kind", RECORDS)
def test_names_units_and_directions(kind: str) -> None:
    made = scorer(kind) if kind == "spoken_rules" else line_metric(kind, **OPTIONS.get(kind, {}))
    found = [
        (one.name, one.label, tuple(one.fields), one.reduce.__name__, one.unit, one.higher_is_better)
        for one in made.metrics
    ]
    assert found == RECORDS[kind]
    for one in made.metrics:
        assert one.binary is ((kind, one.name) in BINARY)
        assert one.decimals == DECIMALS.get(kind, 2)
        assert one.join == ("all" if one.name == "acc_plus" else None)


def test_every_kind_and_scorer_is_listed() -> None:
    assert set(RECORDS) == {*KINDS, "spoken_rules"}
    assert set(SCORERS) == {*KINDS, "spoken_rules", "judge"}
    assert takes_argument("error_rate:kimi", "heard")
    assert not takes_argument("error_rate", "nothing")
    assert not takes_argument("nothing", "heard")


def test_an_error_rate_as_an_accuracy() -> None:
    made: Scorer = accuracy_of(error_rate("plain", "en"), 50.0)
    (metric,) = made.metrics
    assert dataclasses.astuple(metric)[:3] == ("accuracy", "Acc", ("sum", "answers"))
    assert (metric.range, metric.reduce.__name__) == ((0.0, 100.0), "mean")
    assert (made.name, made.profile) == ("accuracy_of_error_rate", "plain<=50")


RULES = dict.fromkeys(KINDS, 1) | {"error_rate": 2, "wer": 2, "cer": 2, "spoken_rules": 2}
SIGNED = ("bleu", "chrf")  # sacreBLEU's signature says all of it


@pytest.mark.parametrize("kind", RECORDS)
def test_a_rules_version_is_part_of_what_a_score_is_known_by(kind: str) -> None:
    """Scores of one identity are taken over without being made again."""
    made = scorer(kind) if kind == "spoken_rules" else line_metric(kind, **OPTIONS.get(kind, {}))
    assert made.identity().get("rule") == (None if kind in SIGNED else RULES[kind])
    assert ("signature" in made.identity()) is (kind in SIGNED)
    assert made.protocol.split(":")[0] == kind
