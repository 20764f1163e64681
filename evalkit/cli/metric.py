"""`evalkit metric`: apply a metric or a normaliser to a JSON Lines file."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from evalkit.cli.text import escaped_json, json_text
from evalkit.core.errors import DataError
from evalkit.core.whole_files import whole_file

Lines = Iterator[tuple[int, dict[str, Any]]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    names = parser.add_subparsers(dest="metric", metavar="NAME", required=True)
    rate = names.add_parser("error_rate", help='WER, CER or MER of lines {"reference", "hypothesis"}')
    rate.add_argument("--profile", default="plain", help="named rule; see 'evalkit list profiles' (default: plain)")
    rate.add_argument("--language", default="en", metavar="CODE", help="language of the texts (default: en)")
    norm = names.add_parser("normalize", help='normalised form of lines {"text"}')
    norm.add_argument("--profile", required=True, help="name of the normaliser, for example whisper_english")
    match = names.add_parser("exact_match", help='share of lines {"reference", "hypothesis"} that are equal')
    match.add_argument("--profile", default="strip", help="exact, strip (default) or whisper_basic")
    for sub in (rate, norm, match):
        sub.add_argument("--input", type=Path, required=True, metavar="FILE.jsonl", help="one JSON object per line")
        sub.add_argument("--output", type=Path, metavar="FILE.jsonl", help="write the lines with their results here")


def run(arguments: argparse.Namespace) -> int:
    """Print the values as JSON on stdout; 0 when every line was used."""
    from evalkit.data.jsonl import read_lines

    work: dict[str, Callable[[argparse.Namespace, Lines], int]] = {
        "error_rate": _error_rate,
        "normalize": _normalize,
        "exact_match": _exact_match,
    }
    return work[arguments.metric](arguments, read_lines(arguments.input))


def _error_rate(arguments: argparse.Namespace, lines: Lines) -> int:
    from evalkit.metrics.error_rate.counting import errors_batch, summarize, value_of

    rows = list(_pairs(arguments.input, lines, none=True))
    profile, language = arguments.profile, arguments.language
    counted = errors_batch([row["reference"] for row in rows], [row["hypothesis"] for row in rows], profile, language)
    if arguments.output:

        def results() -> Iterator[Mapping[str, Any]]:
            for row, counts in zip(rows, counted, strict=True):
                if counts is None:
                    yield {**row, "dropped": True}
                else:
                    yield {
                        **row,
                        "errors": counts.errors,
                        "substitutions": counts.substitutions,
                        "deletions": counts.deletions,
                        "insertions": counts.insertions,
                        "tokens": counts.tokens,
                        "value": value_of(counts, profile),
                    }

        _write(arguments.output, results())
    found = summarize(counted, profile, language)
    _print(
        {
            "metric": "error_rate",
            "profile": profile,
            "language": language,
            "unit": found.unit,
            "value": _finite(found.value),
            "corpus": _finite(found.corpus),
            "mean": _finite(found.mean),
            "errors": found.counts.errors,
            "substitutions": found.counts.substitutions,
            "deletions": found.counts.deletions,
            "insertions": found.counts.insertions,
            "tokens": found.counts.tokens,
            "n_total": found.n_total,
            "n_scored": found.n_scored,
            "n_dropped": found.n_dropped,
            "n_empty_reference": found.n_empty_reference,
        }
    )
    return 0 if found.n_scored == found.n_total else 1


def _normalize(arguments: argparse.Namespace, lines: Lines) -> int:
    from evalkit import normalize

    apply = normalize.get(arguments.profile)

    def results() -> Iterator[Mapping[str, Any]]:
        for number, row in lines:
            yield {**row, "normalized": apply(_text(arguments.input, number, row, "text"))}

    if arguments.output:
        _print({"normalizer": arguments.profile, "n_total": _write(arguments.output, results())})
    else:
        for result in results():
            print(escaped_json(json.dumps(result, ensure_ascii=False)))
    return 0


def _exact_match(arguments: argparse.Namespace, lines: Lines) -> int:
    from evalkit.core.response import Response
    from evalkit.core.scorer import Answered
    from evalkit.metrics.exact_match import ExactMatch

    rows = list(_pairs(arguments.input, lines))
    scorer = ExactMatch(arguments.profile)
    answers = [
        Answered(str(number), "", row["reference"], Response(text=row["hypothesis"]))
        for number, row in enumerate(rows, 1)
    ]
    right = [bool(score.faithful["exact_match"][0]) for score in scorer.score(answers)]
    if arguments.output:
        _write(arguments.output, ({**row, "correct": ok} for row, ok in zip(rows, right, strict=True)))
    value = sum(right) / len(right) if right else None
    _print({"metric": "exact_match", "profile": arguments.profile, "value": value, "n_total": len(right)})
    return 0


def _pairs(path: Path, lines: Lines, *, none: bool = False) -> Iterator[dict[str, Any]]:
    for number, row in lines:
        _text(path, number, row, "reference")
        if not (none and "hypothesis" in row and row["hypothesis"] is None):
            _text(path, number, row, "hypothesis")
        yield row


def _text(path: Path, number: int, row: Mapping[str, Any], field: str) -> str:
    value = row.get(field)
    if not isinstance(value, str):
        raise DataError(path, f'expected a text in "{field}", got {value!r}', number)
    return value


def _write(path: Path, rows: Iterator[Mapping[str, Any]]) -> int:
    """Write all rows or leave the file as it was: it may be the input itself."""
    count = 0
    with whole_file(path) as part, part.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    return count


def _finite(value: float) -> float | None:
    return value if value == value else None


def _print(value: Mapping[str, Any]) -> None:
    print(json_text(value))
