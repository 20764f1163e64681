"""`evalkit export`: results for other programs, and for a model card on the Hugging Face Hub."""

from __future__ import annotations

import argparse
import fnmatch
from pathlib import Path

from evalkit.cli.output import add_csv_safe, add_format, chosen_format, write
from evalkit.cli.text import say
from evalkit.core.errors import UnknownNameError, UsageError
from evalkit.run.options import DEFAULT_OUT

FORMATS = ("parquet", "csv", "hf-model-index")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_format(parser, FORMATS, "what to write (default: by the ending of --to)")
    parser.add_argument(
        "--out", type=Path, default=DEFAULT_OUT, metavar="DIR", help="folder of all results, or one run"
    )
    parser.add_argument("--to", type=Path, metavar="FILE", help="the file; a model index goes to the terminal without")
    parser.add_argument(
        "--per", choices=("sample", "column", "result"), help="parquet, csv: what a row is (default: column)"
    )
    add_csv_safe(parser)
    card = parser.add_argument_group("hf-model-index")
    card.add_argument("--model", metavar="PATTERN", help="the model, where there are results of several")
    card.add_argument("--task", metavar="T[,T2]", help="only these tasks")
    card.add_argument("--name", metavar="NAME", help="the model's name on the Hub, such as OWNER/NAME")
    card.add_argument("--hub-task", metavar="TYPE", help="the Hub's name of the task, where it does not follow")
    card.add_argument("--partial", action="store_true", help="take runs with a limit or failures too")


def run(arguments: argparse.Namespace) -> int:
    """Write the export."""
    arguments.format = chosen_format(arguments, FORMATS, "")
    if not arguments.format:
        raise UsageError(f"name what to write: --format {', '.join(FORMATS)}, or --to FILE with the ending of one")
    if arguments.format == "hf-model-index":
        if arguments.per is not None:
            raise UsageError("--per belongs to --format parquet and csv")
        write(_model_index(arguments), arguments.to)
        return 0
    for option in ("model", "task", "name", "hub_task", "partial"):
        if getattr(arguments, option):
            raise UsageError(f"--{option.replace('_', '-')} belongs to --format hf-model-index")
    if arguments.to is None:
        raise UsageError(f"--format {arguments.format} needs --to FILE")
    from evalkit.report.export import Per, export

    per: Per = arguments.per or "column"
    count = export(arguments.out, per, arguments.format, arguments.to, safe=arguments.csv_safe)
    say(f"{arguments.to}: {count} rows, one per {per}", error=True)
    return 0


def _model_index(arguments: argparse.Namespace) -> str:
    import yaml

    from evalkit.report.model_index import model_index
    from evalkit.report.summaries import summaries

    found = [summary for _, summary in summaries(arguments.out)]
    for option, names in (("model", {s.model for s in found}), ("task", {s.task for s in found})):
        patterns = getattr(arguments, option)
        if patterns is not None:
            chosen = [fnmatch.filter(names, pattern.strip()) for pattern in patterns.split(",")]
            for pattern, matching in zip(patterns.split(","), chosen, strict=True):
                if not matching:
                    raise UnknownNameError(option, pattern.strip(), names)
            kept = {name for matching in chosen for name in matching}
            found = [summary for summary in found if getattr(summary, option) in kept]
    index = model_index(found, arguments.name, arguments.hub_task, partial=arguments.partial)
    return yaml.safe_dump({"model-index": index}, allow_unicode=True, sort_keys=False)
