"""Arguments about judges and paid calls that several commands share."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from evalkit.core.errors import UsageError
from evalkit.core.limits import Budget, CallLimits
from evalkit.judging.options import JudgeOptions

Arguments = argparse.ArgumentParser | argparse._ArgumentGroup


def add_judge_arguments(parser: Arguments, *, votes: bool = True) -> None:
    """Who judges, by which rubric, how often; without `votes` where the command decides how often."""
    parser.add_argument(
        "--judge", metavar="MODEL", help="judge, for example gemini:MODEL, command, or rules:contains (no model)"
    )
    parser.add_argument("--judge-arg", action="append", default=[], metavar="KEY=VALUE", help="argument of the judge")
    parser.add_argument("--rubric", metavar="FILE|ID", help="judge by this rubric instead of the task's")
    if votes:
        parser.add_argument("--votes", type=int, metavar="N", help="verdicts per answer instead of the rubric's")


def add_call_arguments(parser: Arguments) -> None:
    """How fast, how patient and how dear calls may be."""
    usual = CallLimits()
    parser.add_argument("--concurrency", type=int, default=usual.concurrency, metavar="N",
                        help=f"calls under way at once (default: {usual.concurrency})")  # fmt: skip
    parser.add_argument("--rpm", type=float, metavar="N", help="requests per minute at the most")
    parser.add_argument("--tpm", type=float, metavar="N", help="tokens per minute at the most")
    parser.add_argument("--timeout", type=float, default=usual.timeout, metavar="S",
                        help=f"seconds that one attempt of a call may take (default: {usual.timeout:g})")  # fmt: skip
    parser.add_argument("--max-retries", type=int, default=usual.retries, metavar="N",
                        help=f"further attempts after a fault that may pass (default: {usual.retries})")  # fmt: skip
    parser.add_argument("--max-cost", type=float, metavar="USD", help="stop, resumably, when this much is spent")


def pairs(words: Sequence[str], option: str) -> dict[str, str]:
    """KEY=VALUE words as a dictionary.

    Raises:
        UsageError: a word without '=', or a key given twice.
    """
    found: dict[str, str] = {}
    for word in words:
        key, separator, value = word.partition("=")
        if not separator or not key:
            raise UsageError(f"{option} {word}: expected KEY=VALUE")
        if key in found:
            raise UsageError(f"{option}: '{key}' is given twice")
        found[key] = value
    return found


def read_judge_options(arguments: argparse.Namespace, limits: CallLimits) -> JudgeOptions:
    """What the arguments ask of judges.

    Raises:
        UsageError: --judge-arg without --judge, or not KEY=VALUE.
    """
    given = pairs(arguments.judge_arg, "--judge-arg")
    if given and not arguments.judge:
        raise UsageError("--judge-arg goes with --judge")
    rubric = arguments.rubric
    return JudgeOptions(
        judge=arguments.judge,
        judge_arguments=given,
        rubric=Path(rubric) if rubric is not None and Path(rubric).is_file() else rubric,
        votes=getattr(arguments, "votes", None),
        limits=limits,
    )


def call_limits(arguments: argparse.Namespace) -> CallLimits:
    """The limits that the arguments ask for.

    Raises:
        UsageError: a limit that is not positive.
    """
    for option in ("concurrency", "rpm", "tpm", "timeout", "max_cost"):
        value = getattr(arguments, option)
        if value is not None and not 0 < value < float("inf"):
            raise UsageError(f"--{option.replace('_', '-')} {value:g}: expected more than 0")
    if arguments.max_retries < 0:
        raise UsageError(f"--max-retries {arguments.max_retries}: expected at least 0")
    return CallLimits(
        concurrency=arguments.concurrency,
        requests_per_minute=arguments.rpm,
        tokens_per_minute=arguments.tpm,
        timeout=arguments.timeout,
        retries=arguments.max_retries,
        budget=Budget(arguments.max_cost),
    )
