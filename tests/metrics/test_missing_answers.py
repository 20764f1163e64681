"""An answer that is missing or failed counts as the official rule has it: as deleted words, or as left out."""

from __future__ import annotations

import pytest

from evalkit.core.metric import Tally
from evalkit.core.response import Failure, Response
from evalkit.core.scorer import Answered
from evalkit.metrics.error_rate.lines import ErrorRate
from evalkit.metrics.error_rate.profiles import PROFILES
from evalkit.metrics.error_rate.scorer import error_rate

# Programs that take a hypothesis file as it is, and never see a sample that is not in it.
LEAVES_OUT = {"kimi", "seedtts", "cv3", "emergent_tts", "wenet"}
MISSING = Answered("2", "test", "three four", Response(failure=Failure("model", "gone")))


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_one_answer_of_two_is_missing(profile: str) -> None:
    """ "one two" was heard rightly, "three four" never came: 2 of 4 words are wrong, 50 %, unless the rule says else."""
    scorer = error_rate(profile, language="en")
    tally = Tally()
    (heard,) = scorer.score([Answered("1", "test", "one two", Response(text="one two"))])
    tally.add(heard.faithful["error_rate"])
    told = scorer.missing(MISSING)
    line = {"reference": "three four", "response": None, "id": "2"}
    alone = ErrorRate(profile, "en").missing(line, "line 2")
    if profile in LEAVES_OUT:
        assert told == alone == {}
    else:
        assert set(told) == set(alone) == {"error_rate"}
        tally.add(told["error_rate"])
        assert tally.value(scorer.metrics[0]) == pytest.approx(50.0)
    strict = Tally()
    for vector in (heard.faithful, scorer.worst(MISSING)):
        strict.add(vector["error_rate"])
    assert strict.value(scorer.metrics[0]) == pytest.approx(50.0), "strictly, every rule counts it"
