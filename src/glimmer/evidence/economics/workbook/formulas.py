"""Expressions of a model as formulas of a spreadsheet: the same tree that the engine evaluates, said in Excel.

Everything is put in brackets: Excel lets a minus sign bind more tightly than a power, Python does not. Only functions
that Excel 2007 and LibreOffice know are used.
"""

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from glimmer.evidence.economics.expressions import BadModel

_SIGNS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "^"}
_COMPARED = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "=", ast.NotEq: "<>"}
# What Excel takes as one formula; longer ones it calls damaged.
LONGEST = 8192


@dataclass(frozen=True, slots=True)
class Said:
    """A function in Excel's words. `repeats`: it needs an argument twice, which then has a cell of its own."""

    formula: Callable[..., str]
    repeats: bool = False


def _weibull(start: str, length: str, shape: str, scale: str) -> str:
    return f"(1-EXP((({start})/{scale})^{shape}-(({start}+{length})/{scale})^{shape}))"


def _gompertz(start: str, length: str, shape: str, rate: str) -> str:
    grown = f"IF(ABS({shape})<1E-12,{length},EXP({shape}*{start})*(EXP({shape}*{length})-1)/{shape})"
    return f"(1-EXP(-({rate})*{grown}))"


def _loglogistic(start: str, length: str, shape: str, scale: str) -> str:
    after = f"(({start}+{length})/{scale})^{shape}"
    return f"(({after}-({start}/{scale})^{shape})/(1+{after}))"


def _lognormal(start: str, length: str, mu: str, sigma: str) -> str:
    alive = f"NORMSDIST(({mu}-LN({start}+{length}))/{sigma})"
    before = f"IF({start}<=0,1,NORMSDIST(({mu}-LN(MAX({start},1E-300)))/{sigma}))"
    return f"(1-{alive}/{before})"


def _half_to_even(number: str) -> str:
    # Excel rounds halves away from 0, the engine to the even neighbour.
    return f"IF({number}-INT({number})=0.5,2*ROUND({number}/2,0),ROUND({number},0))"


FORMULAS: Mapping[str, Said] = {
    "abs": Said(lambda x: f"ABS({x})"),
    "exp": Said(lambda x: f"EXP({x})"),
    "log": Said(lambda x: f"LN({x})"),
    "sqrt": Said(lambda x: f"SQRT({x})"),
    "floor": Said(lambda x: f"INT({x})"),
    "ceil": Said(lambda x: f"(-INT(-({x})))"),
    "round": Said(_half_to_even, repeats=True),
    "min": Said(lambda x, y: f"MIN({x},{y})"),
    "max": Said(lambda x, y: f"MAX({x},{y})"),
    "clip": Said(lambda x, low, high: f"MIN(MAX({x},{low}),{high})"),
    "where": Said(lambda test, then, otherwise: f"IF({test},{then},{otherwise})"),
    "logit": Said(lambda p: f"LN({p}/(1-{p}))", repeats=True),
    "logistic": Said(lambda x: f"(1/(1+EXP(-({x}))))"),
    "normal_cdf": Said(lambda x: f"NORMSDIST({x})"),
    "normal_quantile": Said(lambda p: f"NORMSINV({p})"),
    "rate_to_probability": Said(lambda rate, length="1": f"(1-EXP(-({rate})*({length})))"),
    "probability_to_rate": Said(lambda p, length="1": f"(-LN(1-({p}))/({length}))"),
    "rescale": Said(lambda p, had, wanted: f"(1-(1-({p}))^(({wanted})/({had})))"),
    "risk_ratio": Said(lambda p, ratio: f"MIN(({p})*({ratio}),1)"),
    "odds_ratio": Said(lambda p, ratio: f"({p}*{ratio}/(1-{p}+{p}*{ratio}))", repeats=True),
    "hazard_ratio": Said(lambda p, ratio: f"(1-(1-({p}))^({ratio}))"),
    "risk_difference": Said(lambda p, difference: f"MIN(MAX(({p})+({difference}),0),1)"),
    "probit_difference": Said(lambda p, difference: f"NORMSDIST(NORMSINV({p})+({difference}))"),
    "exponential_event": Said(lambda start, length, rate: f"(1-EXP(-({rate})*({length})))"),
    "weibull_event": Said(_weibull, repeats=True),
    "gompertz_event": Said(_gompertz, repeats=True),
    "loglogistic_event": Said(_loglogistic, repeats=True),
    "lognormal_event": Said(_lognormal, repeats=True),
}


def step_table(where: str, at: str, values: str) -> str:
    """Return the value of the last row at or below a number; Excel says #N/A below the first."""
    return f"INDEX({values},MATCH(({where})+1E-9,{at},1))"


def linear_table(where: str, first: str, at: str, values: str, slopes: str) -> str:
    """Return the value between two rows; the last row, whose slope is 0, holds for ever."""
    row = f"MATCH(MAX({where},{first}),{at},1)"
    below = f"IF({where}<{first}-1E-9,NA(),0)"
    return f"(INDEX({values},{row})+({where}-INDEX({at},{row}))*INDEX({slopes},{row})+{below})"


def parts_with_cells(tree: ast.expr, linear_tables: frozenset[str]) -> list[ast.expr]:
    """Return the arguments that a formula needs more than once and that are more than a name: inner ones first."""
    found: list[ast.expr] = []
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.expr):
            found += parts_with_cells(child, linear_tables)
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name):
        said = FORMULAS.get(tree.func.id)
        if tree.func.id in linear_tables or (said is not None and said.repeats):
            found += [one for one in tree.args if not isinstance(one, ast.Name | ast.Constant)]
    return found


class Translation:
    """Formulas of one expression: `refer` gives the cell of a name, `part` that of an argument which has its own."""

    def __init__(
        self,
        refer: Callable[[str], str],
        part: Callable[[ast.expr], str | None],
        look_up: Mapping[str, Callable[[str], str]],
    ) -> None:
        self.refer, self.part, self.look_up = refer, part, look_up

    def formula(self, tree: ast.expr) -> str:
        """Return a formula without its equals sign; raise BadModel for what a spreadsheet cannot say."""
        return self._said(tree)

    def _said(self, tree: ast.expr) -> str:
        own_cell = self.part(tree)
        if own_cell is not None:
            return own_cell
        match tree:
            case ast.Constant(value):
                return number(float(value))  # type: ignore[arg-type]
            case ast.Name(name):
                return self.refer(name)
            case ast.BinOp(left, sign, right):
                return self._joined(sign, self._said(left), self._said(right))
            case ast.UnaryOp(sign, operand):
                return self._signed(sign, self._said(operand))
            case ast.Compare():
                return self._compared(tree)
            case ast.BoolOp(sign, values):
                word = "AND" if isinstance(sign, ast.And) else "OR"
                return f"{word}({','.join(map(self._said, values))})"
            case ast.IfExp(test, body, otherwise):
                return f"IF({self._said(test)},{self._said(body)},{self._said(otherwise)})"
            case ast.Call(ast.Name(name), arguments):
                return self._called(name, [self._said(one) for one in arguments])
        raise BadModel(f"{ast.unparse(tree)!r} cannot be said in a spreadsheet.")

    @staticmethod
    def _joined(sign: ast.operator, left: str, right: str) -> str:
        if isinstance(sign, ast.Mod):
            return f"MOD({left},{right})"
        if isinstance(sign, ast.FloorDiv):
            return f"INT({left}/{right})"
        return f"({left}{_SIGNS[type(sign)]}{right})"

    @staticmethod
    def _signed(sign: ast.unaryop, operand: str) -> str:
        if isinstance(sign, ast.Not):
            return f"NOT({operand})"
        return f"(-{operand})" if isinstance(sign, ast.USub) else operand

    def _compared(self, tree: ast.Compare) -> str:
        sides = [self._said(side) for side in (tree.left, *tree.comparators)]
        pairs = [
            f"({left}{_COMPARED[type(sign)]}{right})"
            for left, sign, right in zip(sides[:-1], tree.ops, sides[1:], strict=True)
        ]
        return pairs[0] if len(pairs) == 1 else f"AND({','.join(pairs)})"

    def _called(self, name: str, arguments: list[str]) -> str:
        try:
            said = self.look_up[name] if name in self.look_up else FORMULAS[name].formula
            return said(*arguments)
        except (KeyError, TypeError) as problem:
            raise BadModel(
                f"{name} of {len(arguments)} arguments cannot be said in a spreadsheet: {problem}. "
                f"Known there: {', '.join(FORMULAS)} and the model's tables."
            ) from problem


def not_too_long(said: str, tree: ast.expr) -> str:
    """Return a formula without its equals sign as it is; raise BadModel where a spreadsheet would not take it."""
    if len(said) > LONGEST - 1:
        raise BadModel(
            f"{ast.unparse(tree)[:80]!r}… makes a formula of {len(said)} characters, but a spreadsheet takes "
            f"{LONGEST} at most. Give its parts names of their own with `value`."
        )
    return said


def number(value: float) -> str:
    """Return a number as formulas state it, with all its digits."""
    text = repr(value).upper()
    return f"({text})" if value < 0 else text.removesuffix(".0")
