"""`evalkit run`: run models on tasks."""

from __future__ import annotations

import argparse

from evalkit import plugins
from evalkit.cli.options import add_run_arguments, options, pairs


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("--model", required=True, metavar="M", help="model name; see 'evalkit list models'")
    parser.add_argument(
        "--model-arg",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="argument of the model (repeatable)",
    )
    add_run_arguments(parser)
    parser.add_argument("--name", metavar="NAME", help="file the results under this model name")
    parser.add_argument("--max-new-tokens", type=int, metavar="N", help="bound of an answer's length in tokens")


def run(arguments: argparse.Namespace) -> int:
    """Run; 0 when every sample was answered and scored, 1 otherwise."""
    from evalkit.cli.outcome import report
    from evalkit.run.tasks import run_all

    chosen = options(arguments)
    chosen.model_name, chosen.max_new_tokens = arguments.name, arguments.max_new_tokens
    given = pairs(arguments.model_arg, "--model-arg")
    plugins.load_model(arguments.model, given)  # wrong arguments end the command before any task is looked at

    outcomes = run_all(lambda: plugins.load_model(arguments.model, given), arguments.task.split(","), chosen)
    return report(outcomes, as_json=arguments.json)
