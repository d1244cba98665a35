"""Expressions that depend on a person, as small programs for a stack: run event by event in compiled code.

What an expression needs of the draw alone is worked out beforehand on whole arrays and reaches the program as a
constant. What remains is about the person: attributes, history and clocks. `run_program` runs it.
"""

import ast
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from glimmer.evidence.economics.declared import Lookup
from glimmer.evidence.economics.expressions import BadModel, Expression, expression
from glimmer.evidence.economics.special import log_normal_cdf, normal_cdf, normal_quantile

NUMBER, CONSTANT, LIVE, TABLE = range(4)
ADD, SUBTRACT, MULTIPLY, DIVIDE, POWER, MODULO, WHOLE_DIVIDE = range(10, 17)
LESS, LESS_EQUAL, GREATER, GREATER_EQUAL, EQUAL, NOT_EQUAL, AND, OR, MINIMUM, MAXIMUM = range(20, 30)
NEGATE, NOT, ABSOLUTE, EXP, LOG, ROOT, FLOOR, CEILING, ROUND, LOGIT, LOGISTIC = range(30, 41)
NORMAL_CDF, NORMAL_QUANTILE, LOG_NORMAL_CDF, EXP_LESS_1, LOG_OF_1_MORE = range(41, 46)
CHOOSE = 50
DEEPEST = 64

_BINARY = {
    ast.Add: ADD, ast.Sub: SUBTRACT, ast.Mult: MULTIPLY, ast.Div: DIVIDE, ast.Pow: POWER, ast.Mod: MODULO,
    ast.FloorDiv: WHOLE_DIVIDE, ast.Lt: LESS, ast.LtE: LESS_EQUAL, ast.Gt: GREATER, ast.GtE: GREATER_EQUAL,
    ast.Eq: EQUAL, ast.NotEq: NOT_EQUAL, ast.And: AND, ast.Or: OR,
}  # fmt: skip
_CALLED = {
    "abs": ABSOLUTE, "exp": EXP, "log": LOG, "sqrt": ROOT, "floor": FLOOR, "ceil": CEILING, "round": ROUND,
    "logit": LOGIT, "logistic": LOGISTIC, "normal_cdf": NORMAL_CDF, "normal_quantile": NORMAL_QUANTILE,
    "log_normal_cdf": LOG_NORMAL_CDF, "expm1": EXP_LESS_1, "log1p": LOG_OF_1_MORE,
    "min": MINIMUM, "max": MAXIMUM, "where": CHOOSE,
}  # fmt: skip
# The other functions of `functions.py` in terms of these; a test holds each to its namesake.
_WRITTEN_OUT: dict[str, tuple[tuple[str, ...], str]] = {
    "clip": (("x", "low", "high"), "min(max(x, low), high)"),
    "rate_to_probability": (("rate", "length"), "-expm1(-rate * length)"),
    "probability_to_rate": (("p", "length"), "-log1p(-p) / length"),
    "rescale": (("p", "had", "wanted"), "-expm1(log1p(-p) / had * wanted)"),
    "risk_ratio": (("p", "ratio"), "min(p * ratio, 1)"),
    "odds_ratio": (("p", "ratio"), "p * ratio / (1 - p + p * ratio)"),
    "hazard_ratio": (("p", "ratio"), "-expm1(ratio * log1p(-p))"),
    "risk_difference": (("p", "more"), "min(max(p + more, 0), 1)"),
    "probit_difference": (("p", "more"), "normal_cdf(normal_quantile(p) + more)"),
    "exponential_event": (("start", "length", "rate"), "-expm1(-rate * length)"),
    "weibull_event": (
        ("start", "length", "shape", "scale"),
        "-expm1((start / scale) ** shape - ((start + length) / scale) ** shape)",
    ),
    "gompertz_event": (
        ("start", "length", "shape", "rate"),
        "where(abs(shape) < 1e-12, -expm1(-rate * length),"
        " -expm1(-rate * exp(shape * start) * expm1(shape * length) / shape))",
    ),
    "loglogistic_event": (
        ("start", "length", "shape", "scale"),
        "(((start + length) / scale) ** shape - (start / scale) ** shape) / (1 + ((start + length) / scale) ** shape)",
    ),
    "lognormal_event": (
        ("start", "length", "mu", "sigma"),
        "-expm1(log_normal_cdf((mu - log(start + length)) / sigma) - log_normal_cdf((mu - log(start)) / sigma))",
    ),
}
_IF_LEFT_OUT = {"rate_to_probability": 1.0, "probability_to_rate": 1.0}


@dataclass
class Programs:
    """All programs of a model one after the other. `code` holds (what to do, with which) pairs."""

    tables: dict[str, Lookup]
    code: list[tuple[int, int]] = field(default_factory=list)
    numbers: list[float] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)

    def add(self, said: Expression, resolved: Callable[[str], Any], where: str) -> int:
        """Add the program of an expression and return its number.

        `resolved(name)` says what a name means: (CONSTANT or LIVE, slot), or a further expression and its own way to
        resolve names.
        """
        begin = len(self.code)
        _Writer(self, where).write(said.tree.body, resolved)
        self.spans.append((begin, len(self.code)))
        return len(self.spans) - 1

    def machine(self) -> "Machine":
        """Return what the machine reads, with empty space for what it works with."""
        lookups = list(self.tables.values())
        numbers = [*self.numbers, *(number for one in lookups for number in (*one.at, *one.values))]
        begins = len(self.numbers) + np.cumsum([0, *(2 * len(one.at) for one in lookups)])
        tables = [(begin, len(one.at), one.linear) for begin, one in zip(begins, lookups, strict=False)]
        return Machine(
            np.array(self.code, np.int64).reshape(-1, 2),
            np.array(self.spans, np.int64).reshape(-1, 2),
            np.array(tables, np.int64).reshape(-1, 3),
            np.array(numbers, float),
            np.zeros(0),
            np.zeros(0),
            np.zeros(0),
        )


class Machine(NamedTuple):
    """What runs programs: `tables` are (where in `numbers`, how many rows, linear or not)."""

    code: Any
    spans: Any
    tables: Any
    numbers: Any
    constants: Any
    live: Any
    stack: Any


class _Writer:
    def __init__(self, programs: Programs, where: str) -> None:
        self.programs, self.where = programs, where
        self.depth = 0

    def write(self, node: ast.AST, resolved: Callable[[str], Any]) -> None:
        match node:
            case ast.Constant():
                self._push(NUMBER, len(self.programs.numbers))
                self.programs.numbers.append(float(node.value))  # type: ignore[arg-type]
            case ast.Name():
                self._name(node.id, resolved)
            case ast.UnaryOp():
                self.write(node.operand, resolved)
                if not isinstance(node.op, ast.UAdd):
                    self._do(NEGATE if isinstance(node.op, ast.USub) else NOT, takes=1)
            case ast.BinOp():
                self._joined([node.left, node.right], _BINARY[type(node.op)], resolved)
            case ast.BoolOp():
                self._joined(node.values, _BINARY[type(node.op)], resolved)
            case ast.Compare():
                self._compared([node.left, *node.comparators], node.ops, resolved)
            case ast.IfExp():
                self._all_of([node.test, node.body, node.orelse], resolved)
                self._do(CHOOSE, takes=3)
            case ast.Call():
                self._called(node.func.id, node.args, resolved)  # type: ignore[attr-defined]

    def _name(self, name: str, resolved: Callable[[str], Any]) -> None:
        meaning = resolved(name)
        if isinstance(meaning[0], int):
            self._push(*meaning)
        else:
            self.write(meaning[0], meaning[1])

    def _all_of(self, parts: Sequence[ast.AST], resolved: Callable[[str], Any]) -> None:
        for part in parts:
            self.write(part, resolved)

    def _joined(self, parts: Sequence[ast.AST], does: int, resolved: Callable[[str], Any]) -> None:
        self.write(parts[0], resolved)
        for part in parts[1:]:
            self.write(part, resolved)
            self._do(does, takes=2)

    def _compared(self, sides: Sequence[ast.AST], signs: Sequence[ast.cmpop], resolved: Callable[[str], Any]) -> None:
        for place, sign in enumerate(signs):
            self._joined(sides[place : place + 2], _BINARY[type(sign)], resolved)
            if place:
                self._do(AND, takes=2)

    def _called(self, name: str, given: Sequence[ast.expr], resolved: Callable[[str], Any]) -> None:
        if name in self.programs.tables:
            self._all_of(given, resolved)
            return self._do(TABLE, takes=1, which=list(self.programs.tables).index(name))
        if name in _WRITTEN_OUT:
            return self._written_out(name, given, resolved)
        if name not in _CALLED:
            raise BadModel(f"{self.where}: {name} cannot be worked out for one person. Use it in values of the draw.")
        does = _CALLED[name]
        self._all_of(given, resolved)
        takes = 3 if does == CHOOSE else 2 if does in (MINIMUM, MAXIMUM) else 1
        if len(given) != takes:
            raise BadModel(f"{self.where}: {name} takes {takes} values here, and {len(given)} are given.")
        return self._do(does, takes=takes)

    def _written_out(self, name: str, given: Sequence[ast.expr], resolved: Callable[[str], Any]) -> None:
        names, text = _WRITTEN_OUT[name]
        filled = [
            *given,
            *([ast.Constant(_IF_LEFT_OUT[name])] if len(given) < len(names) and name in _IF_LEFT_OUT else []),
        ]
        if len(filled) != len(names):
            raise BadModel(f"{self.where}: {name} takes {', '.join(names)}, and {len(given)} values are given.")
        meant = dict(zip(names, filled, strict=True))
        self.write(expression(text).tree.body, lambda inner: (meant[inner], resolved))

    def _push(self, does: int, which: int) -> None:
        self._do(does, takes=0, which=which)

    def _do(self, does: int, takes: int, which: int = 0) -> None:
        self.programs.code.append((does, which))
        self.depth += 1 - takes
        if self.depth > DEEPEST:
            raise BadModel(f"{self.where}: the expression is nested too deeply. Give parts of it names with value().")


@njit(cache=True, error_model="numpy")
def looked_up(numbers: Any, begin: int, rows: int, is_linear: bool, where: float) -> float:
    """Return what a table says: the last row at or below, or between rows; not a number below the first."""
    at, values = numbers[begin : begin + rows], numbers[begin + rows : begin + 2 * rows]
    if not where >= at[0] - 1e-9:
        return np.nan
    low, high = 0, rows
    while high - low > 1:
        middle = (low + high) // 2
        if at[middle] - 1e-9 <= where:
            low = middle
        else:
            high = middle
    if not is_linear or low + 1 >= rows or where <= at[0]:
        return values[low]
    return values[low] + (where - at[low]) / (at[low + 1] - at[low]) * (values[low + 1] - values[low])


@njit(cache=True, error_model="numpy")
def _of_one(does: int, x: float) -> float:
    if does == NEGATE:
        return -x
    if does == NOT:
        return 1.0 if x == 0.0 else 0.0
    if does == ABSOLUTE:
        return abs(x)
    if does == EXP:
        return math.exp(x)
    if does == LOG:
        return math.log(x) if x > 0.0 else (-np.inf if x == 0.0 else np.nan)
    if does == ROOT:
        return math.sqrt(x) if x >= 0.0 else np.nan
    if does == FLOOR:
        return np.floor(x)
    if does == CEILING:
        return np.ceil(x)
    if does == ROUND:
        return np.rint(x)
    if does == LOGIT:
        return math.log(x) - math.log1p(-x)
    if does == LOGISTIC:
        return 1.0 / (1.0 + math.exp(-x))
    if does == NORMAL_CDF:
        return normal_cdf(x)
    if does == NORMAL_QUANTILE:
        return normal_quantile(x)
    if does == LOG_NORMAL_CDF:
        return log_normal_cdf(x)
    return math.expm1(x) if does == EXP_LESS_1 else math.log1p(x)


@njit(cache=True, error_model="numpy")
def _of_two(does: int, x: float, y: float) -> float:
    if does == ADD:
        return x + y
    if does == SUBTRACT:
        return x - y
    if does == MULTIPLY:
        return x * y
    if does == DIVIDE:
        return x / y
    if does == POWER:
        return x**y
    if does == MODULO:
        return x - np.floor(x / y) * y
    if does == WHOLE_DIVIDE:
        return np.floor(x / y)
    if does == MINIMUM:
        return min(x, y)
    if does == MAXIMUM:
        return max(x, y)
    holds = (
        (does == LESS and x < y)
        or (does == LESS_EQUAL and x <= y)
        or (does == GREATER and x > y)
        or (does == GREATER_EQUAL and x >= y)
        or (does == EQUAL and x == y)
        or (does == NOT_EQUAL and x != y)
        or (does == AND and x != 0.0 and y != 0.0)
        or (does == OR and (x != 0.0 or y != 0.0))
    )
    return 1.0 if holds else 0.0


@njit(cache=True, error_model="numpy")
def run_program(machine: Any, program: int) -> float:
    """Return what a program gives, for what stands in the machine's constants and live slots."""
    stack, top = machine.stack, -1
    for place in range(machine.spans[program, 0], machine.spans[program, 1]):
        does, which = machine.code[place, 0], machine.code[place, 1]
        if does <= LIVE:
            top += 1
            if does == LIVE:
                stack[top] = machine.live[which]
            else:
                stack[top] = machine.constants[which] if does == CONSTANT else machine.numbers[which]
        elif does == TABLE:
            table = machine.tables[which]
            stack[top] = looked_up(machine.numbers, table[0], table[1], table[2] != 0, stack[top])
        elif does == CHOOSE:
            top -= 2
            stack[top] = stack[top + 1] if stack[top] != 0.0 else stack[top + 2]
        elif does >= NEGATE:
            stack[top] = _of_one(does, stack[top])
        else:
            top -= 1
            stack[top] = _of_two(does, stack[top], stack[top + 1])
    return stack[0]


@njit(inline="always")
def read(machine: Any, reference: int) -> float:
    """Return a constant (its slot), or what a program gives (-1 - its number)."""
    if reference >= 0:
        return machine.constants[reference]
    return run_program(machine, -1 - reference)
