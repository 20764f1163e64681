"""Small mistakes put into a source text one at a time: each is one place, and what stands there instead.

What only speaks is left alone: docstrings, annotations, decorators, and whatever stands in a `raise` or is logged.
"""

from __future__ import annotations

import ast
import bisect
import re
from collections.abc import Iterator
from dataclasses import dataclass

_COMPARISONS: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
}
_ARITHMETIC: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "*"),
    ast.Mod: ("%", "+"),
    ast.Pow: ("**", "*"),
    ast.BitAnd: ("&", "|"),
    ast.BitOr: ("|", "&"),
}
_SAID = {"warning", "info", "debug", "warn", "write", "error"}  # methods that tell people something


@dataclass(frozen=True)
class Mutant:
    """One change.

    Args:
        path: of the file, from the repository's root.
        line: where it is, from 1.
        start, end: bytes of the file it replaces.
        kind: which sort of mistake.
        before, after: the text there, and instead.
        source: the line, stripped.
        within: name of the innermost function, with the line it begins at; None at the top of a module or class.
        names: names that a statement at the top binds.
    """

    path: str
    line: int
    start: int
    end: int
    kind: str
    before: str
    after: str
    source: str
    within: tuple[str, int] | None
    names: tuple[str, ...]

    def apply(self, text: bytes) -> bytes:
        return text[: self.start] + self.after.encode() + text[self.end :]

    def __str__(self) -> str:
        before, after = (" ".join(words.split())[:60] for words in (self.before, self.after))
        return f"{self.path}:{self.line} {self.kind} {before!r} -> {after!r} | {self.source}"


def mutants(path: str, text: bytes) -> list[Mutant]:
    """Every change of one file, in the order of its lines; a few of them may not compile."""
    return sorted(set(_Places(path, text).all()), key=lambda one: (one.start, one.end, one.kind))


def compiles(text: bytes) -> bool:
    try:
        compile(text, "mutant", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


class _Places:
    """Where a file can be changed."""

    def __init__(self, path: str, text: bytes) -> None:
        self._path, self._text = path, text
        self._tree = ast.parse(text)
        self._starts = [0]
        for line in text.split(b"\n"):
            self._starts.append(self._starts[-1] + len(line) + 1)
        self._lines = text.decode().split("\n")

    def all(self) -> Iterator[Mutant]:
        for statement in self._tree.body:
            yield from self._walk(statement, None, _bound(statement))

    def _walk(self, node: ast.AST, within: tuple[str, int] | None, names: tuple[str, ...]) -> Iterator[Mutant]:
        if _speaks(node):
            return
        if isinstance(node, ast.ClassDef):
            for statement in node.body:
                yield from self._walk(statement, None, _bound(statement) or (node.name,))
            return
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for default in [*node.args.defaults, *(one for one in node.args.kw_defaults if one is not None)]:
                yield from self._walk(default, within, (*names, node.name))
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])  # as `co_firstlineno` has it
            for statement in node.body:
                yield from self._walk(statement, (node.name, first), names)
            return
        for start, end, kind, after in self._changes(node):
            before = self._text[start:end].decode()
            if before != after:
                line = bisect.bisect_right(self._starts, start)
                source = self._lines[line - 1].strip()
                yield Mutant(self._path, line, start, end, kind, before, after, source, within, names)
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "decorator_list", "type_params"):
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from self._walk(child, within, names)

    def _changes(self, node: ast.AST) -> Iterator[tuple[int, int, str, str]]:
        if isinstance(node, ast.Compare):
            left: ast.expr = node.left
            for op, right in zip(node.ops, node.comparators, strict=True):
                yield from self._operator(left, right, "compare", *_COMPARISONS[type(op)])
                for side in (left, right):
                    yield from self._word(side)
                left = right
        elif isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
            yield from self._operator(node.left, node.right, "arithmetic", *_ARITHMETIC[type(node.op)])
        elif isinstance(node, ast.AugAssign) and type(node.op) in _ARITHMETIC:
            before, after = _ARITHMETIC[type(node.op)]
            yield from self._operator(node.target, node.value, "arithmetic", f"{before}=", f"{after}=")
        elif isinstance(node, ast.BoolOp):
            before, after = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
            for one, other in zip(node.values, node.values[1:], strict=False):
                yield from self._operator(one, other, "boolean", before, after)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield self._place(node)[0], self._place(node.operand)[0], "not", ""
        elif isinstance(node, ast.IfExp):
            yield *self._place(node.test), "if-expression", "True"
            yield *self._place(node.test), "if-expression", "False"
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call | ast.Await):
            yield *self._place(node), "dropped call", "pass"
        elif isinstance(node, ast.Return) and not _is_none(node.value):
            assert node.value is not None
            yield *self._place(node.value), "return None", "None"
        elif isinstance(node, ast.Constant) and (value := _other(node.value)) is not None:
            yield *self._place(node), "constant", value
        elif isinstance(node, ast.Set | ast.Tuple | ast.List):
            for element in node.elts:
                yield from self._word(element)
        elif isinstance(node, ast.Dict):
            for key in node.keys:
                yield from self._word(key)
        elif isinstance(node, ast.Subscript):
            yield from self._word(node.slice)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
            for argument in node.args[:1]:
                yield from self._word(argument)

    def _word(self, node: ast.AST | None) -> Iterator[tuple[int, int, str, str]]:
        """A text that is a key, a code or a member: another one stands there."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield *self._place(node), "text", repr(node.value + "~")

    def _operator(
        self, left: ast.AST, right: ast.AST, kind: str, before: str, after: str
    ) -> Iterator[tuple[int, int, str, str]]:
        start, end = self._place(left)[1], self._place(right)[0]
        pattern = r"\s+".join(map(re.escape, before.split()))
        edge = r"\b" if before[0].isalpha() else ""
        found = re.search((edge + pattern + edge).encode(), self._text[start:end])
        if found:
            yield start + found.start(), start + found.end(), kind, after

    def _place(self, node: ast.AST) -> tuple[int, int]:
        at: ast.expr | ast.stmt = node  # type: ignore[assignment]
        assert at.end_lineno is not None
        assert at.end_col_offset is not None
        return self._starts[at.lineno - 1] + at.col_offset, self._starts[at.end_lineno - 1] + at.end_col_offset


def _bound(statement: ast.AST) -> tuple[str, ...]:
    """Names that a statement at the top binds."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return (statement.name,)
    targets = getattr(statement, "targets", [getattr(statement, "target", None)])
    inner = [one for target in targets if target is not None for one in ast.walk(target)]
    return tuple(one.id for one in inner if isinstance(one, ast.Name))


def _speaks(node: ast.AST) -> bool:
    """Whether it only tells something, or is never run."""
    if isinstance(node, ast.Raise | ast.Assert):
        return True
    if isinstance(node, ast.Subscript):
        return isinstance(node.value, ast.Name) and node.value.id in ("Literal", "ClassVar")
    if isinstance(node, ast.If):
        return "TYPE_CHECKING" in ast.unparse(node.test)
    if isinstance(node, ast.Assign):
        return any(isinstance(one, ast.Name) and one.id in ("__slots__", "__all__") for one in node.targets)
    call = node.value if isinstance(node, ast.Expr) else None
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in _SAID


def _is_none(node: ast.expr | None) -> bool:
    return node is None or (isinstance(node, ast.Constant) and node.value is None)


def _other(value: object) -> str | None:
    """Another constant; None where there is nothing to change."""
    if isinstance(value, bool):
        return str(not value)
    if isinstance(value, int):
        return str(value + 1 if abs(value) < 10 else value * 2)
    if isinstance(value, float):
        return repr(value * 2 if value else 1.0)
    return None
