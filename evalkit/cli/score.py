"""`evalkit score`: score answers that were made elsewhere."""

from __future__ import annotations

import argparse

from evalkit import plugins
from evalkit.cli.options import add_run_arguments, options
from evalkit.core.errors import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_run_arguments(parser)
    parser.add_argument(
        "--responses",
        required=True,
        metavar="FILE.jsonl",
        help='lines {"id": ..., "text": ..., "audio": path?}',
    )
    parser.add_argument("--name", metavar="NAME", help="model name to file the results under (default: replay)")


def run(arguments: argparse.Namespace) -> int:
    """Score; 0 when every sample had an answer and was scored, 1 otherwise."""
    from evalkit.cli.outcome import report
    from evalkit.run.task_words import expanded
    from evalkit.run.tasks import run_all

    if not arguments.task:
        raise UsageError("--task is needed; see 'evalkit list tasks'")
    plugins.include(arguments.include)
    chosen = options(arguments)
    chosen.model_name = arguments.name
    given = {"file": arguments.responses}
    plugins.load_model("replay", given).start()  # a broken line ends the command before any task is looked at
    outcomes = run_all(lambda: plugins.load_model("replay", given), expanded(arguments.task), chosen)
    return report(outcomes, as_json=arguments.json)
