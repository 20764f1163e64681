"""`evalkit schema`: the JSON Schema of a result file."""

from __future__ import annotations

import argparse

from evalkit.cli.text import say_json

NAMES = ("run", "samples", "transcripts", "notes", "scores", "summary", "leaderboard", "baseline", "gate", "comparison")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("record", choices=NAMES, help="which file (for .jsonl files, the schema of one line)")


def run(arguments: argparse.Namespace) -> int:
    """Print the schema."""
    from evalkit.report.schemas import json_schema

    say_json(json_schema(arguments.record))
    return 0
