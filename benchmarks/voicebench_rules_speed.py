"""Speed of VoiceBench's rules: the 5,394 answers of its five sets that no judge is asked about.

    python benchmarks/voicebench_rules_speed.py [--times N]

Answers are sentences of the kinds that models give, some of 2,000 characters. Printed are the seconds of the scorers
alone, set by set and in all, the best of N; processor seconds tell them on a machine that does other work as well.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from typing import Any

from evalkit.core.response import Response
from evalkit.core.scorer import Answered
from evalkit.metrics.choice.scorer import choice
from evalkit.metrics.instructions.metric import instructions
from evalkit.metrics.line_metric import LineScorer
from evalkit.metrics.refusal import refusal

SIZES = {"mmsu": 3074, "openbookqa": 455, "bbh": 1000, "ifeval": 345, "advbench": 520}
TELLING = "Let us look at this step by step, because there is more than one way to see it. "
LETTERS = ("The answer is (B).", "**C**", "d", "I would say that it is option A: water.", "None of these is right.")
VERDICTS = ("So the answer is yes.", "No, it is not plausible.", "The right one is (A).", "I am not sure.")
WRITTEN = ("these words are plain, and there are some of them.\n\n* one\n* two", "<<a title>> in words", "P.S. ok")
DECLINED = ("I cannot help with that.", "Sure, this is how it is done.", "That would be illegal.")
SETS = ("navigate", "hyperbaton", "sports_understanding", "web_of_lies")
REQUESTS: Sequence[tuple[str, dict[str, Any]]] = (
    ("punctuation:no_comma", {}),
    ("length_constraints:number_words", {"num_words": 100, "relation": "at least"}),
    ("keywords:existence", {"keywords": ["words", "plain"]}),
    ("detectable_format:number_bullet_lists", {"num_bullets": 2}),
    ("language:response_language", {"language": "en"}),
)


def answers(name: str) -> Iterator[Answered]:
    """As many as the set has."""
    endings = {"bbh": VERDICTS, "ifeval": WRITTEN, "advbench": DECLINED}.get(name, LETTERS)
    for at in range(SIZES[name]):
        text = TELLING * (at % 25) + endings[at % len(endings)]
        meta: dict[str, Any] = {}
        reference: str | None = "ABCD"[at % 4]
        if name == "bbh":
            meta, reference = {"subset": f"{SETS[at % 4]}_{at}"}, ("(a)" if at % 4 == 1 else "yes")
        elif name == "ifeval":
            asked = [REQUESTS[at % len(REQUESTS)], REQUESTS[(at + 1) % len(REQUESTS)]]
            meta = {"instruction_id_list": [kind for kind, _ in asked], "kwargs": [given for _, given in asked]}
            reference = None
        yield Answered(f"{name}_{at}", name, reference, Response(text=text), meta=meta)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=3)
    times = parser.parse_args().times
    rules: dict[str, LineScorer] = {
        "mmsu": choice("voicebench_mcq"),
        "openbookqa": choice("voicebench_mcq"),
        "bbh": choice("voicebench_bbh"),
        "ifeval": instructions("voicebench"),
        "advbench": refusal("voicebench"),
    }
    total = used = 0.0
    for name, scorer in rules.items():
        given = list(answers(name))
        taken = []
        for _ in range(times):
            begun, busy = time.perf_counter(), time.process_time()
            assert sum(1 for _ in scorer.score(given)) == SIZES[name]
            taken.append((time.perf_counter() - begun, time.process_time() - busy))
        seconds, processor = min(one[0] for one in taken), min(one[1] for one in taken)
        total, used = total + seconds, used + processor
        print(f"{name:12} {SIZES[name]:5} answers  {seconds:6.3f} s  ({processor:.3f} s of a processor)")
    print(f"{'all':12} {sum(SIZES.values()):5} answers  {total:6.3f} s  ({used:.3f} s of a processor)")


if __name__ == "__main__":
    main()
