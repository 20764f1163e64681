"""`evalkit run`: run models on tasks."""

from __future__ import annotations

import argparse
import copy
import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.cli.config_file import configured, read_environment
from evalkit.cli.model_options import Wanted, add_model_arguments, wanted_model
from evalkit.cli.options import add_run_arguments, options
from evalkit.core.errors import UsageError

if TYPE_CHECKING:
    from evalkit.run.options import Options
    from evalkit.run.pipeline import Outcome


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_model_arguments(parser, several=True)
    add_run_arguments(parser)
    parser.add_argument(
        "--suite", metavar="PAPER[:AREA]",
        help="the tasks of a paper's tables, or of an area of them ('evalkit list suites'); ends with the tables",
    )  # fmt: skip
    parser.add_argument("--without", metavar="T[,T2]", help="leave these members of the suite out")
    parser.add_argument("--name", metavar="NAME", help="file the results under this model name")
    parser.add_argument("--max-new-tokens", type=int, metavar="N", help="bound of an answer's length in tokens")
    parser.add_argument(
        "--config", type=Path, metavar="FILE.toml",
        help="read options from a file: models x tasks x judges x settings; the command line goes before it",
    )  # fmt: skip
    parser.add_argument(
        "--env-file", type=Path, metavar="FILE", help="read keys and other environment variables from KEY=VALUE lines"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run; 0 when every sample was answered and scored, 1 otherwise."""
    from evalkit import plugins
    from evalkit.cli.outcome import report

    if arguments.env_file is not None:
        read_environment(arguments.env_file)
    parser = argparse.ArgumentParser(add_help=False)
    add_arguments(parser)
    commands = list(configured(arguments, parser))
    plugins.include(dict.fromkeys(folder for command in commands for folder in command.include))
    settled = [one for command in commands for one in _one_model_each(command)]
    for one in settled:
        _check(one)  # wrong words end the command before any task is looked at
    if any(one.dry_run for one in settled):
        return max(_foresee(one) for one in settled)
    made: list[Path] = []
    outcomes = _noted(itertools.chain.from_iterable(map(_outcomes, settled)), made)
    code = report(outcomes, as_json=settled[0].json)
    suites = dict.fromkeys(one.suite for one in settled if one.suite)
    if suites and made and not settled[0].json:
        from evalkit.cli.suite_tables import show_tables

        show_tables(suites, made, settled[0].out)
    return code


def _noted(outcomes: Iterable[Outcome], made: list[Path]) -> Iterator[Outcome]:
    for outcome in outcomes:
        if outcome.summary is not None:
            made.append(outcome.directory)
        yield outcome


def _one_model_each(command: argparse.Namespace) -> list[argparse.Namespace]:
    if not command.model:
        raise UsageError("--model is needed, on the command line or in the file of --config; see 'evalkit list models'")
    if not command.task and not command.suite:
        raise UsageError("--task is needed, on the command line or in the file of --config; see 'evalkit list tasks'")
    if len(command.model) > 1 and (command.name or command.model_arg):
        option = "--name" if command.name else "--model-arg"
        raise UsageError(f"{option} with several models: write arguments after each, as in --model NAME,KEY=VALUE")
    made = []
    for word in command.model:
        one = copy.copy(command)
        one.model = word
        made.append(one)
    return made


def _check(arguments: argparse.Namespace) -> None:
    from evalkit.run.preflight import check_members, check_names, with_missing_data

    words = _words(arguments)
    check_names(words, options(arguments))
    try:
        model = wanted_model(arguments).make()
    except UsageError as error:
        raise with_missing_data(error, words, options(arguments)) from None
    check_members(model, words, options(arguments))


def _words(arguments: argparse.Namespace) -> list[str]:
    """What is run: what `--task` names, then what `--suite` does."""
    from evalkit.published.paper_suites import SUITE
    from evalkit.run.task_words import expanded

    named = expanded(arguments.task) if arguments.task else []
    return [*named, f"{SUITE}{arguments.suite}"] if arguments.suite else named


def _settled(arguments: argparse.Namespace) -> tuple[Wanted, list[str], Options]:
    chosen = options(arguments)
    chosen.max_new_tokens = arguments.max_new_tokens
    wanted = wanted_model(arguments)
    chosen.model_name = wanted.shown
    return wanted, _words(arguments), chosen


def _foresee(arguments: argparse.Namespace) -> int:
    from evalkit.cli.forecast_text import show_forecast

    wanted, words, chosen = _settled(arguments)
    return show_forecast(wanted.make, words, chosen, as_json=arguments.json)


def _outcomes(arguments: argparse.Namespace) -> Iterator[Outcome]:
    from evalkit.run.tasks import run_all

    wanted, words, chosen = _settled(arguments)
    yield from run_all(wanted.make, words, chosen)
