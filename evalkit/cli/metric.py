"""`evalkit metric`: apply a metric or a normaliser to the lines of a file."""

from __future__ import annotations

import argparse
import inspect
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from evalkit.cli import metric_lines
from evalkit.core.errors import DataError
from evalkit.metrics import kinds

_KEYS = ("reference", "response", "choices", "id")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command; those of a metric's own are added when it is the one that is asked for."""
    names = parser.add_subparsers(dest="metric", metavar="NAME", required=True, parser_class=_MetricParser)
    for name, kind in kinds.KINDS.items():
        names.add_parser(name, help=kind.summary.replace("%", "%%"), complete=_of_kind(name))
    names.add_parser("normalize", help='normalised form of lines {"text"}', complete=_of_normalize)


class _MetricParser(argparse.ArgumentParser):
    """A parser that learns its arguments when it has to parse: the modules of other metrics stay unloaded."""

    def __init__(self, *, complete: Callable[[argparse.ArgumentParser], None], **rest: Any) -> None:
        super().__init__(**rest)
        self._complete: Callable[[argparse.ArgumentParser], None] | None = complete

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        if self._complete is not None:
            complete, self._complete = self._complete, None
            complete(self)
        return super().parse_known_args(args, namespace)


def _of_kind(name: str) -> Callable[[argparse.ArgumentParser], None]:
    def complete(parser: argparse.ArgumentParser) -> None:
        cls = kinds.metric_class(name)
        parser.description = (inspect.getdoc(cls) or "").split("\n\nArgs:", 1)[0].split("\n\nRaises:", 1)[0]
        known = list(kinds.profiles(name))
        parser.add_argument(
            "--profile", default=known[0], metavar="NAME", help=f"the rule (default: {known[0]}): {', '.join(known)}"
        )
        told = "\n".join(inspect.getdoc(one) or "" for one in cls.__mro__ if one is not object)
        for key, parameter in kinds.options(name).items():
            _add_option(parser, key, parameter, told)
        for key in _KEYS:
            flags = [f"--{key}-key", "--hypothesis-key"] if key == "response" else [f"--{key}-key"]
            parser.add_argument(*flags, metavar="FIELD", help=f'field that holds what "{key}" is to the metric')
        _add_files(parser)

    return complete


def _add_option(parser: argparse.ArgumentParser, key: str, parameter: inspect.Parameter, told: str) -> None:
    kind = kinds.kind_of_value(parameter)
    found = re.search(rf"^\s+{key}: (.+(?:\n\s{{8,}}.+)*)", told, re.MULTILINE)
    about = " ".join(found[1].split()).replace("%", "%%") if found else f"option of {parser.prog.split()[-1]}"
    default = parameter.default
    if default is not None and default is not inspect.Parameter.empty:
        about += f" (default: {default})"
    flag = f"--{key.replace('_', '-')}"
    if kind is bool:
        parser.add_argument(flag, dest=key, action=argparse.BooleanOptionalAction, default=None, help=about)
    else:
        parser.add_argument(flag, dest=key, type=kind, default=None, metavar="VALUE", help=about)


def _of_normalize(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--profile", required=True, help="name of the normaliser, for example whisper_english")
    _add_files(parser)


def _add_files(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--input",
        type=Path,
        required=True,
        metavar="FILE",
        help="JSON Lines, CSV or TSV, packed with gzip or not; - for standard input",
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help="write the lines with their results here, in the format of its ending; - for standard output, "
        "and the value then goes to standard error",
    )
    parser.add_argument(
        "--format", choices=metric_lines.FORMATS, help="of the input (default: by its ending, else jsonl)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the value over all lines as JSON; 0 when every line was scored, 1 otherwise."""
    metric_lines.check_paths(arguments.input, arguments.output)
    return _normalize(arguments) if arguments.metric == "normalize" else _metric(arguments)


def _metric(arguments: argparse.Namespace) -> int:
    from evalkit.cli.metric_value import assess, corpus_value

    name, path = arguments.metric, arguments.input
    given = {key: value for key in kinds.options(name) if (value := getattr(arguments, key)) is not None}
    metric = kinds.line_metric(name, arguments.profile, **given)
    fields = {key: field for key in _KEYS if (field := getattr(arguments, f"{key}_key")) is not None}
    lists = [*metric.LISTS, *(fields[key] for key in metric.LISTS if key in fields)]
    read = list(metric_lines.read(path, arguments.format, lists))
    lines = [metric_lines.renamed(row, fields, path, number) for number, row in read]
    places = [f"{path}, line {number}" for number, _ in read]
    found = assess(metric, lines, places)
    if arguments.output:
        rows: Sequence[Mapping[str, Any]] = [row for _, row in read]
        metric_lines.write(
            arguments.output, ({**row, **(one.outputs if one else {})} for row, one in zip(rows, found, strict=True))
        )
    value = corpus_value(metric, lines, places, found)
    _print(value, arguments.output)
    return 0 if value["n_scored"] == value["n_total"] else 1


def _normalize(arguments: argparse.Namespace) -> int:
    from evalkit import normalize

    apply = normalize.get(arguments.profile)

    def results() -> Iterator[Mapping[str, Any]]:
        for number, row in metric_lines.read(arguments.input, arguments.format):
            text = row.get("text")
            if not isinstance(text, str):
                raise DataError(arguments.input, f'expected a text in "text", got {text!r}', number)
            yield {**row, "normalized": apply(text)}

    count = metric_lines.write(arguments.output or metric_lines.STREAM, results())
    if arguments.output:
        _print({"normalizer": arguments.profile, "n_total": count}, arguments.output)
    return 0


def _print(value: Mapping[str, Any], output: Path | None) -> None:
    """The value on standard output, or beside the lines that go there."""
    stream = sys.stderr if output == metric_lines.STREAM else sys.stdout
    json.dump(value, stream, ensure_ascii=False, indent=2)
    print(file=stream)
