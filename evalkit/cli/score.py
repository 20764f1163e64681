"""`evalkit score`: score answers that were made elsewhere."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from evalkit import plugins
from evalkit.cli.options import add_run_arguments, options
from evalkit.cli.text import say
from evalkit.core.errors import UsageError

if TYPE_CHECKING:
    from evalkit.core.model import Model
    from evalkit.core.task import Task
    from evalkit.run.options import Options
    from evalkit.run.tasks import Chosen


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_run_arguments(parser)
    parser.add_argument(
        "--responses", required=True, metavar="FILE|-",
        help='JSON Lines of {"id": ..., "text": ..., "audio": path?}, a JSON list of these or an object of id -> text; '
        "plain or gzip; - for standard input. The data's media need not be there",
    )  # fmt: skip
    parser.add_argument(
        "--response-key", metavar="KEY",
        help="field the answers stand under (default: text, response, model_output, model_prediction, prediction or "
        "answer_prediction, whichever is there)",
    )  # fmt: skip
    parser.add_argument(
        "--allow-unknown", action="store_true", help="leave answers aside whose ids no sample of the tasks has"
    )
    parser.add_argument("--name", metavar="NAME", help="model name to file the results under (default: replay)")


def run(arguments: argparse.Namespace) -> int:
    """Score; 0 when every sample had an answer and was scored, 1 otherwise."""
    from evalkit.cli.outcome import report
    from evalkit.run.preflight import check_names
    from evalkit.run.task_words import expanded
    from evalkit.run.tasks import choose, run_chosen

    if not arguments.task:
        raise UsageError("--task is needed; see 'evalkit list tasks'")
    plugins.include(arguments.include)
    chosen = options(arguments)
    chosen.model_name = arguments.name
    words = expanded(arguments.task)
    check_names(words, chosen)
    given = {"file": arguments.responses}
    if arguments.response_key is not None:
        given["key"] = arguments.response_key
    model = plugins.load_model("replay", given)
    model.start()  # a broken line ends the command before any task is looked at
    choices = [choose(word, chosen) for word in words]
    _name_split(model, choices)
    _match(model, choices, chosen, allow_unknown=arguments.allow_unknown)
    if arguments.dry_run:
        from evalkit.cli.forecast_text import show_forecast

        return show_forecast(lambda: _recorded(given), words, chosen, as_json=arguments.json)
    return report(run_chosen(lambda: model, choices, chosen), as_json=arguments.json)


def _recorded(given: dict[str, str]) -> Model:
    """The model that replays answers, for a forecast: they are there, and cost nothing."""
    from types import SimpleNamespace

    model = plugins.load_model("replay", given)
    model.estimate = lambda request: SimpleNamespace(input_tokens=0, output_tokens=0, cost=0.0)  # type: ignore[attr-defined]
    return model


def _name_split(model: Model, choices: Iterable[Chosen]) -> None:
    """Answers to one split need not name it, though the task's ids do: official files never do."""
    tasks = list(_tasks(choices))
    if len(tasks) == 1 and tasks[0][0].shared_ids:
        task, splits = tasks[0]
        if len(splits := splits or task.source.splits) == 1:
            model.belong_to(splits[0])  # type: ignore[attr-defined]


def _match(model: Model, choices: Iterable[Chosen], chosen: Options, *, allow_unknown: bool) -> None:
    """Say which samples have no answer, and refuse answers that belong to nothing."""
    from evalkit.run.matching import match

    found = match(model, _tasks(choices), model.answers(), chosen)  # type: ignore[attr-defined]
    if found is None:
        return
    if not allow_unknown:
        found.refuse_unknown()
    elif found.unknown:
        say(f"evalkit: {found.unknown_line()}; left aside", error=True)
    if found.missing:
        say(f"evalkit: {found.missing_line()}; they count as failed", error=True)


def _tasks(choices: Iterable[Chosen]) -> Iterator[tuple[Task, tuple[str, ...]]]:
    from evalkit.published.settling import SettledSuite
    from evalkit.run.tasks import settled_choice

    for choice in choices:
        settled = settled_choice(choice)
        if isinstance(settled, SettledSuite):
            yield from settled.tasks()
        else:
            yield settled, choice.splits
