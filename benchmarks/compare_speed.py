"""Speed of `evalkit compare`, `baseline save` and `gate`: two runs of 100,000 samples, 10,000 resamples.

    python benchmarks/compare_speed.py [number of samples]

Two kinds of runs are made first, through the whole pipeline: right-or-wrong answers (exact match) and transcripts
(word error rate, one sentence in ten in a cluster of five). Only the commands after that are timed.
"""

from __future__ import annotations

import json
import random
import shutil
import sys
import tempfile
from pathlib import Path

from measure import measure

import evalkit

WORDS = [f"{start}{end}" for start in "bdfgklmnprst" for end in ("an", "el", "it", "om", "ur", "ape", "ine", "oad")]


def sentence(rng: random.Random) -> list[str]:
    return rng.choices(WORDS, k=rng.randint(4, 24))


def heard(rng: random.Random, words: list[str], wrong: float) -> str:
    """The sentence with about that share of its words replaced, lost or doubled."""
    out: list[str] = []
    for word in words:
        draw = rng.random()
        if draw < wrong * 0.6:
            out.append(rng.choice(WORDS))
        elif draw < wrong * 0.8:
            continue
        elif draw < wrong:
            out += [word, word]
        else:
            out.append(word)
    return " ".join(out)


def write(path: Path, lines: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def make_runs(folder: Path, n: int) -> dict[str, list[Path]]:
    """Two run directories per kind."""
    rng = random.Random(1)
    sentences = [sentence(rng) for _ in range(n)]
    quiz = write(folder / "quiz.jsonl", [{"id": f"q{i}", "prompt": "?", "reference": "yes"} for i in range(n)])
    speech = write(
        folder / "speech.jsonl",
        [
            {"id": f"s{i}", "prompt": "?", "reference": " ".join(words)}
            | ({"cluster": f"c{i // 50}"} if i % 10 == 0 else {})
            for i, words in enumerate(sentences)
        ],
    )
    found: dict[str, list[Path]] = {"quiz": [], "speech": []}
    for k, wrong in enumerate((0.10, 0.101)):
        texts = {
            "quiz": [{"id": f"q{i}", "text": "yes" if rng.random() < 0.8 - k * 0.002 else "no"} for i in range(n)],
            "speech": [{"id": f"s{i}", "text": heard(rng, words, wrong)} for i, words in enumerate(sentences)],
        }
        for kind, task, scorer in (("quiz", quiz, None), ("speech", speech, "error_rate:plain")):
            given = {"file": str(write(folder / f"{kind}{k}.answers.jsonl", list(texts[kind])))}
            language = {"language": "en"} if scorer else None
            (outcome,) = evalkit.evaluate(
                "replay", task, model_arguments=given, out=folder / "results", scorer=scorer,
                scorer_arguments=language, progress=False,
            )  # fmt: skip
            found[kind].append(outcome.directory)
    return found


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    folder = Path(tempfile.mkdtemp(prefix="evalkit-compare-"))
    runs = make_runs(folder, n)
    log = folder / "output.log"
    program = [sys.executable, "-m", "evalkit"]
    print(f"{n} samples, 10,000 resamples and permutations")
    print(f"{'command':34}{'wall s':>8}{'cpu s':>8}{'peak MB':>9}{'exit':>6}")
    for kind, (a, b) in runs.items():
        base = folder / f"{kind}.baseline.json"
        for title, words in (
            (f"compare, {kind}", ["compare", str(a), str(b)]),
            (f"compare --flips 0, {kind}", ["compare", str(a), str(b), "--flips", "0"]),
            (f"baseline save, {kind}", ["baseline", "save", str(a), "--to", str(base)]),
            (f"gate, {kind}", ["gate", "--baseline", str(base), "--current", str(b)]),
        ):
            used = measure([*program, *words], folder, log)
            print(f"{title:34}{used.wall:8.2f}{used.cpu:8.2f}{used.peak_mb:9.0f}{used.code:6}", flush=True)
        print(f"{'':34}baseline file {base.stat().st_size / 1e6:.1f} MB")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
