"""The sheet of time: each end of a cycle with its clocks, and what a year or a move then counts, discount included."""

from collections.abc import Mapping

import numpy as np

from glimmer.evidence.economics.counting import BETWEEN, counted
from glimmer.evidence.economics.model import COST, EFFECT, Model
from glimmer.evidence.economics.workbook.sheets import Book

# The first row of every sheet that has a row for each end of a cycle: row 0 of time stands there in all of them.
FIRST = 4
CLOCK_COLUMNS = {"cycle": 0, "time": 1, "length": 2, "age": 3}
# Shares of the cycles after and before a point that it counts for. Others are sums of many and stand as numbers.
_PLAIN_SHARES = {"half_cycle": (0.5, 0.5), "start": (1.0, 0.0), "all_points": (1.0, 0.0)}
_NOTES = {
    "half_cycle": "half of the cycle before and half of the cycle after",
    "life_table": "the mean of both ends of a cycle, discounted as at its start",
    "start": "all of a cycle is spent where it starts",
    "end": "all of a cycle is spent where it ends",
    "all_points": "every point counts for a whole cycle",
    "simpson": "the weights of Simpson's rule",
    "darth_simpson": "the weights that DARTH published as Simpson's",
}


class Time:
    """The sheet "Time and weights". `rates` are the cells of the discount rates by kind; see `kind_of`."""

    def __init__(self, book: Book, model: Model, rates: Mapping[str, str], start_age: str) -> None:
        self.model, self.sheet = model, book.sheet("Time and weights")
        self.last = FIRST + len(model.times) - 1
        self.counts_ends = model.settings.counting in ("life_table", "end")
        self._columns: dict[str, int] = {}
        self._write_clocks(start_age)
        for kind, rate in rates.items():
            self._write_weights(kind, rate)
        self.sheet.freeze(FIRST, 2)

    def clock(self, name: str, row: int) -> str:
        """Return the cell of a clock at a point."""
        return self.sheet.at(FIRST + row, CLOCK_COLUMNS[name])

    def point_weight(self, kind: str, row: int) -> str:
        """Return the cell of what a year's worth counts for who is there at a point."""
        return self.sheet.at(FIRST + row, self._columns[kind] + 1)

    def end_weight(self, kind: str, row: int) -> str:
        """Return the cell of what it counts for who is there at the end of a cycle."""
        return self.sheet.at(FIRST + row, self._columns[kind] + 2)

    def move_weight(self, kind: str, row: int) -> str:
        """Return the cell of what a move in a cycle counts."""
        return self.sheet.at(FIRST + row, self._columns[kind] + 3)

    def _write_clocks(self, start_age: str) -> None:
        said = self.model.settings
        self.sheet.text(0, 0, "Time and weights", "title")
        self.sheet.text(
            1,
            0,
            f"Counting {said.counting}: {_NOTES[said.counting]}. Moves are worth what they are at "
            f"the {said.flows} of a cycle. Discounting {said.discounting}.",
        )
        self.sheet.heads(FIRST - 1, ["cycle", "time, years", "length, years", "age", "counts for years"])
        times = self.model.times
        lengths = np.append(np.diff(times), times[-1] - times[-2])
        for row, (time, length) in enumerate(zip(times, lengths, strict=True)):
            self.sheet.number(FIRST + row, 0, row)
            self.sheet.number(FIRST + row, 1, float(time))
            self.sheet.number(FIRST + row, 2, float(length))
            self.sheet.formula(FIRST + row, 3, f"{start_age}+{self.clock('time', row)}")
            self._write_years(row)

    def _write_years(self, row: int) -> None:
        """Write the years that a point counts for, before discounting."""
        counting, end = self.model.settings.counting, len(self.model.times) - 1
        place = (FIRST + row, 4)
        if counting in _PLAIN_SHARES:
            after, before = _PLAIN_SHARES[counting]
            parts = [f"{after:g}*{self.clock('length', row)}"] if row < end or counting == "all_points" else []
            parts += [f"{before:g}*{self.clock('length', row - 1)}"] if row > 0 and before else []
            self.sheet.formula(*place, "+".join(parts) or "0")
        elif counting == "life_table" and row < end:
            self.sheet.formula(*place, f"{self.clock('length', row)}/2")
        elif counting in ("life_table", "end"):
            self.sheet.number(*place, 0)
        else:
            years = counted(self.model.times, counting, 0.0, "annual").at_point
            self.sheet.number(*place, float(years[row]))

    def _write_weights(self, kind: str, rate: str) -> None:
        first = 5 + 4 * len(self._columns)
        self._columns[kind] = first
        self.sheet.heads(FIRST - 1, [f"{kind}: {what}" for what in ("discount", "a point", "an end", "a move")], first)
        end = len(self.model.times) - 1
        for row in range(end + 1):
            at = FIRST + row
            self.sheet.formula(at, first, self._discount(self.clock("time", row), rate))
            self.sheet.formula(at, first + 1, f"{self.sheet.at(at, 4)}*{self.sheet.at(at, first)}")
            if row == end:
                continue
            self.sheet.formula(at, first + 2, self._end(row, first))
            self.sheet.formula(at, first + 3, self._move(row, kind, rate, first))

    def _end(self, row: int, first: int) -> str:
        counting = self.model.settings.counting
        if counting == "life_table":
            return f"{self.clock('length', row)}/2*{self.sheet.at(FIRST + row, first)}"
        if counting == "end":
            return f"{self.clock('length', row)}*{self.sheet.at(FIRST + row + 1, first)}"
        return "0"

    def _move(self, row: int, kind: str, rate: str, first: int) -> str:
        flows = self.model.settings.flows
        if flows == "middle":
            return self._discount(f"({self.clock('time', row)}+{self.clock('time', row + 1)})/2", rate)
        if flows in ("start", "end"):
            return self.sheet.at(FIRST + row + (flows == "end"), first)
        width = self.clock("length", row + 1)
        if self.model.settings.counting in BETWEEN:
            width = f"(({self.clock('length', row)}+{width})/2)"
        following = f"{self.point_weight(kind, row + 1)}/{width}"
        return f"{following}+{self.end_weight(kind, row)}/{self.clock('length', row)}"

    def _discount(self, time: str, rate: str) -> str:
        match self.model.settings.discounting:
            case "continuous":
                return f"EXP(-({rate})*({time}))"
            case "whole_years":
                return f"(1+{rate})^(-INT({time}+1E-6))"
        return f"(1+{rate})^(-({time}))"


def kind_of(model: Model, outcome: str) -> str:
    """Return which discount rate an outcome has: "costs", "effects", or that of others, by its number."""
    of = outcome.split(".")[0]
    if of in (COST, EFFECT):
        return f"{of}s"
    return f"others at {model.rate_of(outcome):g}"
