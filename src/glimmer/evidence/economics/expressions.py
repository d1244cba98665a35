"""Expressions as they stand on paper: "p_sick * (1 - p_die)". Read once, checked, evaluated on whole arrays of draws.

Only arithmetic, comparisons, `a if condition else b`, `and`, `or`, `not` and the functions of `functions.py` and of the
model's own tables are understood; a name is a parameter, a value or a clock of the model. Nothing else is ever run, so
a model file from elsewhere can do no harm. The tree is kept: the workbook writes the same expression as a live formula.
"""

import ast
import difflib
import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from glimmer.evidence.economics.functions import FUNCTIONS, JOINED, takes

_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.Mod, ast.FloorDiv, ast.USub, ast.UAdd, ast.Not)
_COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
_SHAPES = (ast.Expression, ast.BinOp, ast.UnaryOp, ast.Compare, ast.BoolOp, ast.IfExp, ast.Call, ast.Name, ast.Constant)
_OTHERS = (ast.Load, ast.And, ast.Or)
# Python reads expressions by recursion, and gives up near a thousand levels.
DEEPEST = 100
# A message quotes no more of an expression than this.
QUOTED = 120


class BadModel(ValueError):
    """A model is not as it must be. The message says which part, why, and what is expected."""


class Expression:
    """One checked expression. `names` are the names it needs, `called` the functions; equal texts are equal."""

    __slots__ = ("_code", "called", "names", "text", "tree")

    def __init__(self, text: str) -> None:
        self.text = text.strip()
        self.tree = _parsed(self.text)
        calls = [node.func for node in ast.walk(self.tree) if isinstance(node, ast.Call)]
        self.called = frozenset(one.id for one in calls if isinstance(one, ast.Name))
        self.names = frozenset(node.id for node in ast.walk(self.tree) if isinstance(node, ast.Name)) - self.called
        self._code = compile(ast.fix_missing_locations(_Elementwise().visit(_parsed(self.text))), "<model>", "eval")

    def value(self, known: Mapping[str, Any]) -> Any:
        """Return the value where the names are as in `known` (numbers, arrays, and the model's tables as functions)."""
        return eval(self._code, {"__builtins__": {}, **_BUILT_IN}, known)  # nosec B307 - the tree was checked

    @property
    def number(self) -> float | None:
        """The number where the expression is one and no more, else None."""
        body = self.tree.body
        if isinstance(body, ast.UnaryOp) and isinstance(body.op, ast.USub) and isinstance(body.operand, ast.Constant):
            return -float(body.operand.value)  # type: ignore[arg-type]
        return float(body.value) if isinstance(body, ast.Constant) else None  # type: ignore[arg-type]

    def replaced(self, name: str, by: "Expression | None") -> "Expression":
        """Return the expression with a name replaced by what another says; the same where there is no other."""
        if by is None or name not in self.names:
            return self
        return expression(ast.unparse(_Replaced(name, by.tree.body).visit(_parsed(self.text))))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expression) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return (expression, (self.text,))


@lru_cache(maxsize=4096)
def _of(text: str) -> Expression:
    return Expression(text)


def expression(said: "str | float | int | Expression") -> Expression:
    """Return the expression that a text or a number states; raise BadModel saying what is not understood."""
    if isinstance(said, Expression):
        return said
    if isinstance(said, bool) or not isinstance(said, str | int | float | np.integer | np.floating):
        raise BadModel(f"An expression is a text or a number, but this is {said!r}.")
    return _of(said if isinstance(said, str) else repr(float(said)))


def closest(name: str, known: "Mapping[str, Any] | frozenset[str] | tuple[str, ...]") -> str:
    """Return " Did you mean ...?" for a misspelt name, "" where nothing is near."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f" Did you mean {near[0]!r}?" if near else ""


def check_names(one: Expression, known: frozenset[str], tables: frozenset[str], where: str) -> None:
    """Raise BadModel unless all names and functions of an expression are known; `where` says whose expression it is."""
    for name in sorted(one.names - known):
        raise BadModel(f"{where}: {one.text!r} needs {name!r}, which is not declared.{closest(name, known)}")
    for name in sorted(one.called - tables - set(FUNCTIONS)):
        near = closest(name, tables | frozenset(FUNCTIONS))
        raise BadModel(f"{where}: {one.text!r} calls {name!r}, which is neither a function nor a table.{near}")
    for node in ast.walk(one.tree) if one.called & tables else ():
        name = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
        if isinstance(node, ast.Call) and name in tables and len(node.args) != 1:
            raise BadModel(f"{where}: {one.text!r}: the table {name!r} is asked for one value at a time.")


def _parsed(text: str) -> ast.Expression:
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as problem:
        raise BadModel(f"{_quoted(text)} is no expression: {problem}.") from problem
    if _depth(tree) > DEEPEST:
        raise BadModel(f"{_quoted(text)} is nested too deeply. Give parts of it names as values.")
    for node in ast.walk(tree):
        if not isinstance(node, (*_SHAPES, *_OPERATORS, *_COMPARISONS, *_OTHERS)):
            raise BadModel(f"{text!r}: {type(node).__name__} is not understood in an expression. Use arithmetic.")
        if isinstance(node, ast.Constant) and not _is_number(node.value):
            raise BadModel(f"{_quoted(text)}: {_quoted(ast.unparse(node))} is not a number.")
        if isinstance(node, ast.Call) and (not isinstance(node.func, ast.Name) or node.keywords):
            raise BadModel(f"{text!r}: a function is called by its name, with its arguments in order.")
        if isinstance(node, ast.Name) and node.id.startswith("_"):
            raise BadModel(f"{text!r}: names do not begin with an underscore.")
        if isinstance(node, ast.Call):
            _check_call(node, text)
    return _Joined().visit(tree) if any(f"{name}(" in text.replace(" ", "") for name in JOINED) else tree


def _quoted(text: str) -> str:
    return repr(text if len(text) <= QUOTED else f"{text[:QUOTED]} ...")


def _is_number(value: Any) -> bool:
    """Whether a constant is a number that a computer's real numbers hold."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False


def _depth(tree: ast.AST) -> int:
    """Return how deep a tree is nested, without recursion: it may be deeper than that can go."""
    deepest, front = 0, [tree]
    while front:
        deepest += 1
        front = [inner for node in front for inner in ast.iter_child_nodes(node)]
    return deepest


def _check_call(call: ast.Call, text: str) -> None:
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    if name not in FUNCTIONS:
        return
    (least, most), given = takes(name), len(call.args)
    if given < least or (most is not None and given > most):
        expected = f"{least} or more" if most is None else f"{least} to {most}" if least < most else f"{least}"
        raise BadModel(f"{_quoted(text)}: {name} takes {expected} values, and {given} are given.")


class _Replaced(ast.NodeTransformer):
    def __init__(self, name: str, by: ast.expr) -> None:
        self.name, self.by = name, by

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return self.by if node.id == self.name else node


class _Joined(ast.NodeTransformer):
    """Rewrites `min(a, b, c)` as `min(min(a, b), c)`, which is all that NumPy, a workbook and one person know."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        while isinstance(node.func, ast.Name) and node.func.id in JOINED and len(node.args) > 2:
            node.args[:2] = [_call(node.func.id, *node.args[:2])]
        return node


class _Elementwise(ast.NodeTransformer):
    """Rewrites what Python would decide once into what is decided for each draw. Whole numbers become real ones."""

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return ast.copy_location(ast.Constant(float(node.value)), node)  # type: ignore[arg-type]

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        return _call("where", *(self.visit(part) for part in (node.test, node.body, node.orelse)))

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        name = "_all" if isinstance(node.op, ast.And) else "_any"
        parts = [self.visit(part) for part in node.values]
        joined = parts[0]
        for part in parts[1:]:
            joined = _call(name, joined, part)
        return joined

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        if isinstance(node.op, ast.Not):
            return _call("_not", self.visit(node.operand))
        return self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        sides = [self.visit(part) for part in (node.left, *node.comparators)]
        pairs = [
            ast.Compare(left, [sign], [right])
            for left, sign, right in zip(sides[:-1], node.ops, sides[1:], strict=True)
        ]
        joined: ast.expr = pairs[0]
        for pair in pairs[1:]:
            joined = _call("_all", joined, pair)
        return joined


def _call(name: str, *arguments: Any) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])


_BUILT_IN: dict[str, Callable[..., Any]] = {
    **FUNCTIONS,
    "_all": np.logical_and,
    "_any": np.logical_or,
    "_not": np.logical_not,
}
