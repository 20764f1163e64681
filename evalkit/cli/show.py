"""`evalkit show`: the card of a task or a model."""

from __future__ import annotations

import argparse
import json

from evalkit import plugins
from evalkit.cli.text import say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("kind", choices=sorted(plugins.FOLDERS), help="task, model or judge")
    parser.add_argument("name", help="its name; of a judge, a rubric file as well")
    parser.add_argument("--json", action="store_true", help="the card's header and body as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print the card."""
    if arguments.kind == "judge" and arguments.name.endswith(".md"):
        return _show_rubric(arguments.name, arguments.json)  # a file of the user's own
    plugin = plugins.plugin(arguments.kind, arguments.name)
    if arguments.kind == "judge" and (plugin.entry is not None or "id" in plugin.header):
        return _show_rubric(arguments.name, arguments.json)
    if arguments.json:
        header = dict(plugin.header)
        say(json.dumps({"name": plugin.name, "header": header, "card": plugin.text()}, ensure_ascii=False, default=str))
    else:
        say(plugin.text().strip())
    return 0


def _show_rubric(name: str, as_json: bool) -> int:
    from evalkit.judging.description import described, facts
    from evalkit.judging.rubric_file import load_rubric

    rubric = load_rubric(name)
    say(json.dumps({**facts(rubric), "text": rubric.text}) if as_json else described(rubric))
    return 0
