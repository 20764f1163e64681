"""Speed of the error-rate fast path: 100,000 Chinese pairs under the profile `kimi`.

Run: python benchmarks/error_rate_speed.py [number of pairs]

Three programs score the same generated pairs in one run and must agree on every distance:

1. evalkit: `errors_batch`.
2. straightforward: the official sequence of steps, pair by pair, with the `re` module and a plain
   dynamic-programming edit distance.
3. the same with jiwer.process_words as the edit distance.

The second and third use evalkit's own Chinese normaliser, text by text, which is faster than the official
one; the ratios are therefore lower bounds.
"""

from __future__ import annotations

import random
import re
import string
import sys
import time
import unicodedata

import jiwer

from evalkit.metrics.error_rate.counting import errors_batch
from evalkit.normalize import get

SEED = 20250101
HANZI = "的一是了我不人在他有这上们来到时大地为子中你说生国年着就那和要她出也得里后自以会家可下而过天去能对小多然于心学"
LATIN = ("iPhone", "OK", "app", "WiFi", "NBA", "PPT", "AI", "Python")
NUMBERS = ("2024年5月1日", "3.5元", "12个", "25%", "13812345678", "1024", "100", "8点", "5G", "2万")


def sentence(rng: random.Random) -> list[str]:
    """A short sentence as units; three in ten hold a number or a Latin word."""
    units = rng.choices(HANZI, k=rng.randint(6, 18))
    if rng.random() < 0.3:
        units.insert(rng.randrange(len(units)), rng.choice(LATIN if rng.random() < 0.5 else NUMBERS))
    if rng.random() < 0.5:
        units.append("。")
    return units


def recognised(rng: random.Random, units: list[str]) -> str:
    """The sentence with about 15 % of its units wrong."""
    heard = []
    for unit in units:
        draw = rng.random()
        if draw < 0.09:
            heard.append(rng.choice(HANZI))
        elif draw < 0.12:
            heard.extend((unit, rng.choice(HANZI)))
        elif draw >= 0.15:
            heard.append(unit)
    return "".join(heard)


def pairs(count: int) -> tuple[list[str], list[str]]:
    rng = random.Random(SEED)
    sentences = [sentence(rng) for _ in range(count)]
    return ["".join(units) for units in sentences], [recognised(rng, units) for units in sentences]


CHINESE = [
    (0x2001, 0x2A6D), (0x2E80, 0x2FDF), (0x2FF0, 0x303F), (0x3100, 0x312F), (0x31A0, 0x31EF),
    (0x3200, 0x4DB5), (0x4E00, 0x9FBB), (0xF900, 0xFA6A), (0xFA70, 0xFAD9), (0xFE10, 0xFE1F),
    (0xFE30, 0xFE4F), (0xFF00, 0xFFEF),
]  # fmt: skip
ALONE = "".join(sorted(set(string.punctuation) - set("',-.")))
cn_tn = get("cn_tn")


def is_chinese(char: str) -> bool:
    return any(first <= ord(char) <= last for first, last in CHINESE)


def tokens(text: str) -> list[str]:
    """The official steps for one text, one after the other."""
    text = re.sub(r"<\|.*?\|>", " ", text)
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r" ?([!,.?;:])", r"\1", text)
    text = re.sub(r"\s+", "", text.lstrip(" "))
    text = cn_tn(text).strip()
    text = "".join(f" {char} " if is_chinese(char) else char for char in text)
    text = re.sub(f"([{re.escape(ALONE)}])", r" \1 ", text)
    text = re.sub(r"([^0-9])([.,])", r"\1 \2 ", text)
    text = re.sub(r"([.,])([^0-9])", r" \1 \2", text)
    text = re.sub(r"([0-9])(-)", r"\1 \2 ", text)
    text = re.sub(r"\s+", " ", text).strip()
    return " ".join(word for word in text.split(" ") if not only_punctuation(word)).lower().split()


def only_punctuation(word: str) -> bool:
    return all(unicodedata.category(char)[0] == "P" for char in word)


def distance(reference: list[str], hypothesis: list[str]) -> int:
    """Levenshtein distance, two rows of the table at a time."""
    previous = list(range(len(hypothesis) + 1))
    for i, expected in enumerate(reference, start=1):
        current = [i]
        for j, given in enumerate(hypothesis, start=1):
            current.append(min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (expected != given)))
        previous = current
    return previous[-1]


def straightforward(references: list[str], hypotheses: list[str]) -> list[int]:
    return [distance(tokens(r), tokens(h)) for r, h in zip(references, hypotheses, strict=True)]


def with_jiwer(references: list[str], hypotheses: list[str]) -> list[int]:
    result = []
    for reference, hypothesis in zip(references, hypotheses, strict=True):
        words = jiwer.process_words(" ".join(tokens(reference)), " ".join(tokens(hypothesis)))
        result.append(words.substitutions + words.deletions + words.insertions)
    return result


def evalkit(references: list[str], hypotheses: list[str]) -> list[int]:
    return [counts.errors for counts in errors_batch(references, hypotheses, "kimi", "zh") if counts]


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    references, hypotheses = pairs(count)
    evalkit(references[:100], hypotheses[:100])  # imports and tables are not part of the comparison
    seconds, results = {}, {}
    for program in (evalkit, straightforward, with_jiwer):
        start = time.perf_counter()
        results[program.__name__] = program(references, hypotheses)
        seconds[program.__name__] = time.perf_counter() - start
    if not results["evalkit"] == results["straightforward"] == results["with_jiwer"]:
        sys.exit("the programs disagree")
    print(f"{count} pairs, {sum(results['evalkit'])} errors, the same in all three")
    for name, spent in seconds.items():
        print(f"{name:16} {spent:7.2f} s   {spent / seconds['evalkit']:5.1f} x")


if __name__ == "__main__":
    main()
