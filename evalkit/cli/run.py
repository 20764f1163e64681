"""`evalkit run`: run models on tasks."""

from __future__ import annotations

import argparse

from evalkit.cli.model_options import add_model_arguments, wanted_model
from evalkit.cli.options import add_run_arguments, options
from evalkit.core.errors import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_model_arguments(parser)
    add_run_arguments(parser)
    parser.add_argument("--name", metavar="NAME", help="file the results under this model name")
    parser.add_argument("--max-new-tokens", type=int, metavar="N", help="bound of an answer's length in tokens")


def run(arguments: argparse.Namespace) -> int:
    """Run; 0 when every sample was answered and scored, 1 otherwise."""
    from evalkit.cli.outcome import report
    from evalkit.run.preflight import check_names, with_missing_data
    from evalkit.run.tasks import run_all

    chosen = options(arguments)
    chosen.max_new_tokens = arguments.max_new_tokens
    check_names(arguments.task.split(","), chosen)
    try:
        wanted = wanted_model(arguments)
        wanted.make()  # wrong arguments end the command before any task is looked at
    except UsageError as error:
        raise with_missing_data(error, arguments.task.split(","), chosen) from None
    chosen.model_name = wanted.shown
    if arguments.dry_run:
        from evalkit.cli.forecast_text import show_forecast

        return show_forecast(wanted.make, arguments.task.split(","), chosen, as_json=arguments.json)

    outcomes = run_all(wanted.make, arguments.task.split(","), chosen)
    return report(outcomes, as_json=arguments.json)
