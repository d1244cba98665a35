"""The typed loader of what the economic model of the clinic takes: `guidance/economics/*.toml`.

    parameter("remission_ketamine").value      -> 0.46, with its distribution, source and price year
    blanks()["ect_session"].stand_in           -> None: nobody found it, and nobody invents it
    uprated(992.0, "2017/18", "2023/24")       -> the same money in later prices

A parameter has a value and says how uncertain it is. A blank has none: it is an input to be filled, with the unit,
where to look, the bounds that reason sets, and at most a stand-in with its caveat.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from glimmer.guidance.figures import GuidanceError, Table, as_figure, check_sourced, read_toml
from glimmer.guidance.rows import as_row, one_of, parse_rows

FOLDER = Path(__file__).parent / "economics"
SUBJECTS = ("settings", "effects", "course", "utilities", "costs", "mortality", "session")
# What each distribution needs beside the value. Normal and gamma: the value is the mean; lognormal: the median;
# uniform: the middle of a range that says how little is known.
DISTRIBUTIONS: Mapping[str, tuple[str, ...]] = {
    "fixed": (),
    "beta": ("alpha", "beta"),
    "gamma": ("cv",),
    "lognormal": ("se_log",),
    "normal": ("se",),
    "uniform": ("low", "high"),
}
SEXES = ("female", "male")
# How far the mean of a beta distribution may lie from the value beside it: rounding of published figures.
_ROUNDING = 0.02


@dataclass(frozen=True, slots=True)
class Parameter:
    """One input of the model with its uncertainty and its source.

    `value` is used where nothing is drawn. `spread` holds the numbers that `distribution` needs. `price_year` is the
    financial year of a cost ("" where the source names none: it is then not uprated), None where it is no cost.
    """

    name: str
    subject: str
    title: str
    value: float
    unit: str
    distribution: str
    spread: Mapping[str, float]
    source: str
    edition: str
    evidence: str
    note: str = ""
    price_year: str | None = None


@dataclass(frozen=True, slots=True)
class Blank:
    """An input to be filled: no value, but its unit, where to look, bounds by reason, and at most a stand-in.

    `at_most` None: there is no upper bound by reason. `stand_in` None: nothing sourced comes near, and the result is
    given as the price at which the decision turns.
    """

    title: str
    unit: str
    look: str
    at_least: float
    bound_reason: str
    needed_by: tuple[str, ...]
    at_most: float | None = None
    stand_in: float | None = None
    stand_in_source: str = ""
    stand_in_caveat: str = ""


@dataclass(frozen=True, slots=True)
class LifeTable:
    """Yearly probabilities of dying by sex, from `first_age` on; the last age is reached by nobody the year after."""

    first_age: int
    dying: Mapping[str, tuple[float, ...]]
    source: str
    edition: str
    evidence: str
    note: str = ""

    @property
    def last_age(self) -> int:
        """The last age of the table."""
        return self.first_age + len(self.dying[SEXES[0]]) - 1

    def probability(self, sex: str, age: int) -> float:
        """Return the probability that somebody of an exact age dies before the next birthday (1 after the last age)."""
        if age > self.last_age:
            return 1.0
        if age < self.first_age:
            raise ValueError(f"The life table begins at {self.first_age} years, and {age} was asked for.")
        return self.dying[sex][age - self.first_age]


@dataclass(frozen=True, slots=True)
class Norms:
    """Mean EQ-5D index of the general population by sex and age, and from whom."""

    from_age: tuple[int, ...]
    index: Mapping[str, tuple[float, ...]]
    source: str
    edition: str

    def of(self, sex: str, age: float) -> float:
        """Return the mean index of a sex at an age (years)."""
        place = max((number for number, start in enumerate(self.from_age) if start <= age), default=0)
        return self.index[sex][place]


@dataclass(frozen=True, slots=True)
class Assumption:
    """One structural assumption: why it is made, what speaks for it, and which scenario tests it ("": none does)."""

    id: str
    assumes: str
    because: str
    tested_by: str
    source: str
    evidence: str
    edition: str = ""
    favours: str = field(default="not known")


@lru_cache
def parameters() -> Mapping[str, Parameter]:
    """Return every parameter by name, in the order of the files; raise GuidanceError for what is not as it must be."""
    found: dict[str, Parameter] = {}
    for subject in SUBJECTS:
        for name, one in parse_parameters(read_toml(FOLDER / f"{subject}.toml"), subject).items():
            if name in found:
                raise GuidanceError(f"economics: {name} stands in {found[name].subject}.toml and in {subject}.toml.")
            found[name] = one
    return Table(found)


def parameter(name: str) -> Parameter:
    """Return one parameter; raise KeyError naming what there is."""
    if name not in parameters():
        raise KeyError(f"There is no economic parameter {name!r}. There is: {', '.join(parameters())}.")
    return parameters()[name]


def parse_parameters(tables: Mapping[str, Any], subject: str, room: str = "economics") -> dict[str, Parameter]:
    """Return the parameters of one parsed file; a top-level `edition` holds for each that has none of its own.

    `room`: the folder of guidance that the file lies in, for errors.
    """
    shared = {key: value for key, value in tables.items() if not isinstance(value, dict)}
    return {
        name: _parameter(name, subject, {**shared, **table}, room)
        for name, table in tables.items()
        if isinstance(table, dict)
    }


def _parameter(name: str, subject: str, table: dict[str, Any], room: str) -> Parameter:
    where = f"{room}/{subject}.toml [{name}]"
    distribution = str(table.pop("distribution", ""))
    one_of(distribution, DISTRIBUTIONS, f"{where}: distribution")
    title, price_year = table.pop("title", ""), table.pop("price_year", None)
    missing = [key for key in DISTRIBUTIONS[distribution] if key not in table]
    if missing or not title:
        raise GuidanceError(f"{where}: missing {', '.join([*missing, *([] if title else ['title'])])}.")
    spread = {key: float(table.pop(key)) for key in DISTRIBUTIONS[distribution]}
    figure = as_figure(table, where=where)
    _check_spread(float(figure.value), distribution, spread, where)
    if price_year:
        _check_year(price_year, where)
    return Parameter(
        name,
        subject,
        title,
        float(figure.value),
        figure.unit,
        distribution,
        Table(spread),
        figure.source,
        figure.edition,
        figure.evidence,
        figure.note,
        price_year,
    )


def _check_spread(value: float, distribution: str, spread: Mapping[str, float], where: str) -> None:
    if distribution == "uniform":
        if not spread["low"] < value < spread["high"]:
            raise GuidanceError(f"{where}: the value {value} must lie between {spread['low']} and {spread['high']}.")
        return
    if any(not (math.isfinite(number) and number > 0) for number in spread.values()):
        raise GuidanceError(f"{where}: {', '.join(spread)} must be above 0, but {dict(spread)} stands there.")
    if distribution in ("gamma", "lognormal") and value <= 0:
        raise GuidanceError(f"{where}: a {distribution} value must be above 0, but is {value}.")
    if distribution == "beta":
        mean = spread["alpha"] / (spread["alpha"] + spread["beta"])
        if abs(mean - value) > _ROUNDING * value:
            raise GuidanceError(f"{where}: the value is {value}, but its beta distribution has the mean {mean:.4f}.")


@lru_cache
def blanks() -> Mapping[str, Blank]:
    """Return every input to be filled by name."""
    tables = read_toml(FOLDER / "blanks.toml")
    return Table({name: _blank(table, f"economics/blanks.toml [{name}]") for name, table in tables.items()})


def _blank(table: Mapping[str, Any], where: str) -> Blank:
    found = as_row(Blank, table, where, sourced=False)
    if found.stand_in is not None and not (found.stand_in_source and found.stand_in_caveat):
        raise GuidanceError(f"{where}: a stand-in needs stand_in_source and stand_in_caveat.")
    return found


@lru_cache
def life_table() -> LifeTable:
    """Return the life table of the general population."""
    tables = read_toml(FOLDER / "life_table.toml")
    check_sourced(tables, where="economics/life_table.toml")
    rows = tables["probability_of_dying"]
    dying = Table({sex: tuple(rows[sex]) for sex in SEXES})
    if len(dying["female"]) != len(dying["male"]):
        raise GuidanceError("economics/life_table.toml: the two sexes must have the same ages.")
    return LifeTable(
        rows["first_age"], dying, tables["source"], tables["edition"], tables["evidence"], tables.get("note", "")
    )


@lru_cache
def norms(value_set: str = "crosswalk") -> Norms:
    """Return the norms of the general population: "crosswalk" (5L answers, 2017 and 2018) or "3l" (1993)."""
    table = read_toml(FOLDER / "life_table.toml").get(f"norms_{value_set}")
    if table is None:
        raise KeyError(f"There are no norms {value_set!r}. There is: crosswalk, 3l.")
    return Norms(
        tuple(table["from_age"]),
        Table({sex: tuple(table[sex]) for sex in SEXES}),
        table["source"],
        table["edition"],
    )


@lru_cache
def price_growth() -> Mapping[str, float]:
    """Return the growth of NHS prices by financial year, each against the year before."""
    tables = read_toml(FOLDER / "inflation.toml")
    check_sourced(tables, where="economics/inflation.toml")
    return Table(tables["growth"])


@lru_cache
def price_years() -> tuple[str, ...]:
    """Return the financial years that money can be moved between, oldest first."""
    years = tuple(price_growth())
    first = int(years[0][:4]) - 1
    return (f"{first}/{(first + 1) % 100:02d}", *years)


def uprated(amount: float, from_year: str | None, to_year: str) -> float:
    """Return an amount of money in the prices of another financial year ("2017/18"); unchanged where it has no year."""
    if not from_year:
        return amount
    years = price_years()
    for year in (from_year, to_year):
        _check_year(year, "uprating")
    start, end = years.index(from_year), years.index(to_year)
    low, high = sorted((start, end))
    factor = math.prod(1 + price_growth()[year] for year in years[low + 1 : high + 1])
    return amount * factor if end >= start else amount / factor


def _check_year(year: str, where: str) -> None:
    if year not in price_years():
        raise GuidanceError(f"{where}: {year!r} is no year of the price index. There is: {', '.join(price_years())}.")


@lru_cache
def assumptions() -> tuple[Assumption, ...]:
    """Return the assumption log: what the model's structure takes for granted."""
    return parse_rows(read_toml(FOLDER / "assumptions.toml"), "assumptions", Assumption, "economics/assumptions.toml")
