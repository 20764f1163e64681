"""`evalkit score`: score answers that were made elsewhere."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from evalkit import plugins
from evalkit.cli.options import add_run_arguments, options
from evalkit.core.errors import UsageError

if TYPE_CHECKING:
    from evalkit.core.model import Model


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
    from evalkit.run.preflight import check_names
    from evalkit.run.task_words import expanded
    from evalkit.run.tasks import run_all

    if not arguments.task:
        raise UsageError("--task is needed; see 'evalkit list tasks'")
    plugins.include(arguments.include)
    chosen = options(arguments)
    chosen.model_name = arguments.name
    words = expanded(arguments.task)
    check_names(words, chosen)
    given = {"file": arguments.responses}
    plugins.load_model("replay", given).start()  # a broken line ends the command before any task is looked at
    if arguments.dry_run:
        from evalkit.cli.forecast_text import show_forecast

        return show_forecast(lambda: _recorded(given), words, chosen, as_json=arguments.json)
    outcomes = run_all(lambda: plugins.load_model("replay", given), words, chosen)
    return report(outcomes, as_json=arguments.json)


def _recorded(given: dict[str, str]) -> Model:
    """The model that replays answers, for a forecast: they are there, and cost nothing."""
    from types import SimpleNamespace

    model = plugins.load_model("replay", given)
    model.estimate = lambda request: SimpleNamespace(input_tokens=0, output_tokens=0, cost=0.0)  # type: ignore[attr-defined]
    return model
