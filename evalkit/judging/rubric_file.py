"""Rubric files: a YAML header between two lines of '---' that is data, and a body that a person can argue with.

Everything a rubric can get wrong is refused when it is loaded, with file and line: an unknown key, a placeholder
that is no input, an input without a placeholder, an output type nobody can read, a scale that does not fit.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

from evalkit import plugins
from evalkit.core.errors import DataError, EvalkitError
from evalkit.core.shown import is_unicode
from evalkit.judging.outputs import Output, parse_output
from evalkit.judging.parsing import PARSERS
from evalkit.judging.rubric import (
    PLACEHOLDER,
    Empty,
    Input,
    Language,
    Orders,
    Policy,
    Reduce,
    Rubric,
    parse_scale,
    scale_factor,
    split_sections,
)

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_GRADES = "{{grades}}"
_GRADE = re.compile(r"\d(?:\.\d)? - \S")
_REQUIRED = ("id", "version", "title", "inputs", "output", "scale", "judge", "parse", "on_failure")


def read_rubric(path: Path) -> Rubric:
    """Read and check a rubric file.

    Raises:
        DataError: with the line.
    """
    return _Reader(path, rubric_text(path)).rubric()


def rubric_text(path: Path) -> str:
    """The text of a rubric file, lines ended by a newline.

    Raises:
        DataError: there is no such file, or it is no UTF-8 text.
    """
    try:
        return path.read_text(encoding="utf-8").replace("\r\n", "\n")
    except FileNotFoundError:
        raise DataError(path, "no such rubric file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(path, f"cannot be read as UTF-8 text: {error}") from None


def load_rubric(name: str | Path) -> Rubric:
    """Load a rubric by its id, or from a file.

    Args:
        name: id of an installed rubric, or the path of a file (it ends in .md, or is a Path).

    Raises:
        UnknownNameError: no rubric of that id.
        DataError: a file that cannot be used, with the line.
    """
    is_file = isinstance(name, Path) or name.endswith(".md")
    return read_rubric(Path(name) if is_file else plugins.rubric_file(str(name)))


class _Reader:
    """Turns a file's text into a rubric; knows the line of everything."""

    def __init__(self, path: Path, text: str) -> None:
        self.path, self.text = path, text
        self.lines: dict[str, int] = {}

    def fail(self, problem: str, line: int | None = None) -> DataError:
        return DataError(self.path, problem, line)

    def rubric(self) -> Rubric:
        header, body, first_line = self._split()
        self._check_keys(header)
        given = {key: self._plain(key, value) for key, value in header.items()}
        ladder = given.pop("grades", None)
        borrowed = given.pop("body", None)
        if borrowed is not None and ladder is not None:
            raise self.fail("'grades' goes into a body of one's own; leave out 'body'", self.lines["grades"])
        if borrowed is not None:
            body = self._borrowed(borrowed, body)
            lines = self.text.rstrip().split("\n")
            del lines[self.lines["body"] - 1]  # the text as if the body stood in this file
            self.text = "\n".join([*lines, body, ""])
        given["inputs"] = self._inputs(header["inputs"])
        given["output"] = self._output(header["output"])
        for key in ("value", "pair"):
            if key in header:
                given[key] = self._names(key, header[key])
        try:
            given["scale"] = parse_scale(str(header["scale"]))
        except ValueError as error:
            raise self.fail(str(error), self.lines["scale"]) from None
        draft = Rubric(**given, body=body.strip("\n"), path=self.path, text=self.text)
        self._check_choices(draft)
        draft = self._with_values(draft)
        self._check_pair(draft)
        self._check_body(draft, None if borrowed is not None else first_line)
        return draft if ladder is None else self._with_grades(ladder, draft)

    def _with_grades(self, name: str, draft: Rubric) -> Rubric:
        """The rubric with the grades of another one, its lines "1 - ..." and the like, in place of {{grades}}."""
        line = self.lines["grades"]
        if draft.body.count(_GRADES) != 1:
            raise self.fail(f"'grades: {name}' needs {_GRADES} once in the body, where the grades come in", line)
        ladder = "\n".join(said for said in self._body_of("grades", name).split("\n") if _GRADE.match(said))
        if not ladder or PLACEHOLDER.search(ladder):
            raise self.fail(f"'grades: {name}': that rubric has no plain lines of grades, such as '1 - bad'", line)
        lines = self.text.split("\n")
        del lines[line - 1]  # the text as if the grades stood in this file
        text = "\n".join(lines).replace(_GRADES, ladder)
        return dataclasses.replace(draft, body=draft.body.replace(_GRADES, ladder), text=text)

    def _borrowed(self, name: str, own: str) -> str:
        """The body of another rubric."""
        if own.strip():
            told = f"'body: {name}' takes the body of another rubric; leave out what follows the header"
            raise self.fail(told, self.lines["body"])
        return self._body_of("body", name)

    def _body_of(self, key: str, name: str) -> str:
        """The body of another rubric: of the file NAME.md beside this one, else of the installed rubric NAME."""
        line = self.lines[key]
        if not _NAME.fullmatch(name):
            raise self.fail(f"'{key}: {name}' should be the id of a rubric: lower-case letters, digits and '_'", line)
        beside = self.path.with_name(f"{name}.md")
        try:
            path = beside if beside.is_file() else plugins.rubric_file(name)
        except EvalkitError as error:
            raise self.fail(f"'{key}: {name}': {error}", line) from None
        other = _Reader(path, rubric_text(path))
        header, body, _ = other._split()
        for taken in ("body", "grades"):
            if taken in header:
                told = f"'{key}: {name}': that rubric takes its own {taken} from '{header[taken]}'; name that"
                raise self.fail(told, line)
        return body.strip("\n")

    def _split(self) -> tuple[dict[str, Any], str, int]:
        import yaml

        parts = re.split(r"^---[ \t]*\n", self.text, maxsplit=2, flags=re.MULTILINE)
        if len(parts) != 3 or parts[0].strip():
            raise self.fail("a rubric starts with a YAML header between two lines of '---'", 1)
        offset = parts[0].count("\n") + 2
        try:
            node = yaml.compose(parts[1], Loader=yaml.SafeLoader)
            header = yaml.load(parts[1], Loader=yaml.SafeLoader)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line + offset if mark else None
            raise self.fail(f"the header is not YAML: {getattr(error, 'problem', error)}", line) from None
        if not isinstance(node, yaml.MappingNode) or not isinstance(header, dict):
            raise self.fail("the header must be a mapping of keys to values", offset)
        for key, value in node.value:
            if str(key.value) in self.lines:
                raise self.fail(f"'{key.value}' is given twice", key.start_mark.line + offset)
            self.lines[str(key.value)] = key.start_mark.line + offset
            inner = [str(entry.value) for entry, _ in value.value] if isinstance(value, yaml.MappingNode) else []
            for name in inner:
                if inner.count(name) > 1:
                    raise self.fail(f"'{name}' is given twice in '{key.value}'", key.start_mark.line + offset)
        return header, parts[2], offset + parts[1].count("\n") + 1

    def _check_keys(self, header: Mapping[str, Any]) -> None:
        known = {entry.name for entry in fields(Rubric)} - {"path", "text", "factor"} | {"grades"}
        for key in header:
            if key not in known:
                raise self.fail(f"unknown key '{key}'; known are {', '.join(sorted(known))}", self.lines[str(key)])
        for key in _REQUIRED:
            if key not in header:
                raise self.fail(f"the header lacks '{key}'", 1)

    def _plain(self, key: str, value: Any) -> Any:
        """A header value of the type the field wants."""
        wanted: dict[str, tuple[type, ...]] = {
            "version": (int,), "votes": (int,), "reasks": (int,), "reasks_blank": (int,), "max_chars": (int,),
            "max_tokens": (int, type(None)),
            "temperature": (int, float), "top_p": (int, float), "fence": (bool,), "higher_is_better": (bool,),
        }  # fmt: skip
        if key in ("inputs", "output", "scale", "value", "pair"):
            return value
        types = wanted.get(key, (str,))
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            names = " or ".join("null" if kind is type(None) else kind.__name__ for kind in types)
            raise self.fail(f"'{key}: {value}' should be of type {names}", self.lines[key])
        if isinstance(value, str) and not is_unicode(value):
            raise self.fail(f"'{key}' holds half a surrogate pair, which is no text", self.lines[key])
        return _real(value) if float in types and isinstance(value, (int, float)) else value

    def _inputs(self, value: Any) -> tuple[Input, ...]:
        names = self._names("inputs", value)
        found = tuple(Input(name.removesuffix("?"), name.endswith("?")) for name in names)
        for entry in found:
            if not _NAME.fullmatch(entry.name) or entry.name in ("first", "second"):
                raise self.fail(f"'{entry.name}' cannot be the name of an input", self.lines["inputs"])
        if len({entry.name for entry in found}) != len(found):
            raise self.fail("an input is named twice", self.lines["inputs"])
        return found

    def _names(self, key: str, value: Any) -> tuple[str, ...]:
        names = [value] if isinstance(value, str) else value
        if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
            raise self.fail(f"'{key}' should be a list of names", self.lines[key])
        return tuple(names)

    def _output(self, value: Any) -> tuple[Output, ...]:
        line = self.lines["output"]
        if not isinstance(value, dict) or not value:
            raise self.fail("'output' should map keys to types, for example {score: 1..5, reason: str}", line)
        try:
            return tuple(parse_output(str(key), str(declared)) for key, declared in value.items())
        except ValueError as error:
            raise self.fail(f"output {error}", line) from None

    def _check_choices(self, rubric: Rubric) -> None:
        options: dict[str, tuple[str, ...]] = {
            "on_failure": get_args(Policy), "on_missing": get_args(Policy), "on_empty": get_args(Empty),
            "reduce": get_args(Reduce), "orders": get_args(Orders), "language": get_args(Language),
            "parse": tuple(PARSERS),
        }  # fmt: skip
        for key, allowed in options.items():
            if getattr(rubric, key) not in allowed:
                given = f"'{key}: {getattr(rubric, key)}'"
                raise self.fail(f"{given} should be one of {', '.join(allowed)}", self.lines[key])
        for key in ("temperature", "top_p"):
            if not math.isfinite(getattr(rubric, key)):
                raise self.fail(f"'{key}' should be a finite number", self.lines[key])
        if not 0 < rubric.top_p <= 1:
            raise self.fail(f"'top_p: {rubric.top_p:g}' should be above 0 and at most 1", self.lines["top_p"])
        bounds = {
            "votes": 1,
            "version": 1,
            "reasks": 0,
            "reasks_blank": 0,
            "max_chars": 100,
            "temperature": 0,
            "max_tokens": 1,
        }
        for key, least in bounds.items():
            if getattr(rubric, key) is not None and getattr(rubric, key) < least:
                raise self.fail(f"'{key}' should be at least {least}", self.lines[key])
        if not _NAME.fullmatch(rubric.id):
            raise self.fail(f"'id: {rubric.id}' should be lower-case letters, digits and '_'", self.lines["id"])
        if (rubric.parse == "pattern") != (rubric.pattern is not None):
            raise self.fail("'pattern' goes with 'parse: pattern'", self.lines["parse"])
        if rubric.pattern is not None:
            self._check_pattern(rubric)
        problem = PARSERS[rubric.parse].problem(rubric.output)
        if problem:
            raise self.fail(f"'parse: {rubric.parse}' {problem}", self.lines["parse"])

    def _check_pattern(self, rubric: Rubric) -> None:
        line = self.lines["pattern"]
        try:
            groups = re.compile(rubric.pattern or "").groupindex
        except re.error as error:
            raise self.fail(f"'pattern' is not a regular expression: {error}", line) from None
        missing = [output.key for output in rubric.output if output.key not in groups]
        if missing:
            raise self.fail(f"'pattern' lacks the named group (?P<{missing[0]}>...)", line)

    def _with_values(self, rubric: Rubric) -> Rubric:
        """The rubric with its value keys and the factor that takes them to its scale."""
        values = rubric.value
        known = set(rubric.outputs()) | _stems(rubric)
        if not values:
            counted = [output.key for output in rubric.output if output.counts]
            values = tuple(dict.fromkeys(_stem(rubric, key) for key in counted))
            if len(values) != 1:
                raise self.fail(
                    f"{len(values)} outputs can be scored ({', '.join(values) or 'none'}); name them with 'value'",
                    self.lines["output"],
                )
        factors = set()
        for key in values:
            if key not in known:
                raise self.fail(f"'value: {key}' is no output", self.lines.get("value"))
            output = rubric.outputs().get(key) or rubric.outputs()[f"{key}_1"]
            if not output.counts:
                raise self.fail(f"'value: {key}' has no number: give its choices points", self.lines.get("value"))
            try:
                factors.add(scale_factor(rubric.scale, output))
            except ValueError as error:
                raise self.fail(str(error), self.lines["scale"]) from None
        if len(factors) != 1:
            raise self.fail("the values have different ranges; one scale must fit them all", self.lines["scale"])
        if rubric.average is not None and len(values) < 2:
            raise self.fail("'average' needs several values", self.lines["average"])
        return dataclasses.replace(rubric, value=values, factor=factors.pop())

    def _check_pair(self, rubric: Rubric) -> None:
        if (rubric.pair is not None) != (rubric.reduce == "pairwise"):
            raise self.fail("'pair: [candidate, baseline]' goes with 'reduce: pairwise'", self.lines.get("reduce", 1))
        if rubric.pair is None:
            if any(output.places for output in rubric.output):
                raise self.fail("first, second and tie need 'reduce: pairwise'", self.lines["output"])
            return
        kinds = {entry.name: entry.kind for entry in rubric.inputs}
        if len(rubric.pair) != 2 or any(name not in kinds for name in rubric.pair):
            raise self.fail("'pair' names two of the inputs, the candidate's first", self.lines["pair"])
        if kinds[rubric.pair[0]] != kinds[rubric.pair[1]]:
            raise self.fail("both inputs of 'pair' must be of one kind", self.lines["pair"])

    def _check_body(self, rubric: Rubric, first_line: int | None) -> None:
        """Every input has its placeholder; problems of a borrowed body (no first line) stand at the key `body`."""
        paired = set(rubric.pair or ())
        wanted = {entry.name for entry in rubric.inputs} - paired
        if paired:
            wanted |= {"first", "second"}
        if rubric.sections is not None:
            if rubric.sections not in wanted:
                raise self.fail(f"'sections: {rubric.sections}' is no input", self.lines["sections"])
            wanted.discard(rubric.sections)
            try:
                split_sections(rubric.body)
            except ValueError as error:
                raise self.fail(f"'sections: {rubric.sections}': {error}", self.lines["sections"]) from None
        placed: set[str] = set()
        start = 0 if first_line is None else first_line + _leading_newlines(self.text, first_line)
        for at, line in enumerate(rubric.body.split("\n"), start):
            number = self.lines["body"] if first_line is None else at
            for found in PLACEHOLDER.finditer(line):
                name = found[2]
                if name is None:
                    continue
                if name not in wanted:
                    known = ", ".join(sorted(wanted))
                    raise self.fail(f"the placeholder {{{name}}} is no input; inputs are {known}", number)
                if name in placed:
                    raise self.fail(f"the placeholder {{{name}}} is used twice", number)
                placed.add(name)
        missing = sorted(wanted - placed)
        if missing:
            raise self.fail(f"the body has no placeholder {{{missing[0]}}} for that input", self.lines["inputs"])


def _real(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _leading_newlines(text: str, first_line: int) -> int:
    """Empty lines at the start of the body, which are stripped."""
    lines = text.split("\n")[first_line - 1 :]
    return next((count for count, line in enumerate(lines) if line), 0)


def _stems(rubric: Rubric) -> set[str]:
    """Outputs that come once for each side of a pair: "score" for score_1 and score_2."""
    keys = set(rubric.outputs())
    return {key[:-2] for key in keys if key.endswith("_1") and f"{key[:-2]}_2" in keys} if rubric.pair else set()


def _stem(rubric: Rubric, key: str) -> str:
    return key[:-2] if key[:-2] in _stems(rubric) and key[-2:] in ("_1", "_2") else key
