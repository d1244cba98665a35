"""How likely it is that a relapse is under way, from one patient's scores: many accounts of them, weighed together.

One account says "steady at an own level"; the others say "steady until a week, then on the way back to the score before
the course, over so many weeks". Each has its own estimate of the patient's level, for several spreads of the patient's
scores, and lets a single bad week pass for little. Every new score weighs them all by Bayes' rule, and what is left for
"steady" against the rest is the chance. What is assumed beforehand stands in guidance (figures/relapse.toml).
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from math import ceil, exp, log, pi, sqrt
from typing import Any

from glimmer.guidance import figure

WEEK = timedelta(weeks=1).days
# Below every density that a score on the scale can have: it keeps the logarithm finite.
IMPOSSIBLE = 1e-12


@dataclass(frozen=True, slots=True)
class Judged:
    """What the scores so far say: `chance` that a relapse is under way, 0 to 1.

    `level` and `spread` are the patient's own, in points; `began_on` and `weeks_back` when the likeliest relapse began
    and over how many weeks it leads back to the score before the course.
    """

    chance: float
    level: float
    spread: float
    began_on: date | None
    weeks_back: float


@dataclass(frozen=True, slots=True)
class Assumed:
    """What is assumed before the first score; points, weeks and shares as in guidance."""

    spreads: tuple[float, ...]
    level_share: float
    level_spread_share: float
    weeks_back: tuple[float, ...]
    hazard_early: float
    hazard_late: float
    hazard_fades: float
    bad_week: float
    bad_week_points: float
    given_up: float


def assumed() -> Assumed:
    """Return what guidance says is assumed."""

    def value(name: str) -> Any:
        return figure("relapse", name).value

    return Assumed(
        tuple(value("spreads")),
        value("level_share"),
        value("level_spread_share"),
        tuple(value("weeks_back")),
        value("hazard_early"),
        value("hazard_late"),
        value("hazard_fades"),
        value("bad_week"),
        value("bad_week_points"),
        value("given_up"),
    )


@dataclass(slots=True)
class _Of:
    """An account under one spread: the log of its weight, the own level and how precisely that is known."""

    spread: float
    weight: float
    level: float
    precision: float


@dataclass(slots=True)
class _Account:
    """One account: steady where `weeks` is 0, else a relapse since `began` (an ordinal day) over `weeks`."""

    began: float
    weeks: float
    parts: list[_Of]

    def way_back(self, day: int) -> float:
        """Return the share of the way back to the score before the course that is gone on a day."""
        return min(max((day - self.began) / (WEEK * self.weeks), 0.0), 1.0) if self.weeks else 0.0


@dataclass(slots=True)
class Odds:
    """The accounts of one patient's scores after a course, from the `baseline` before it; scores come in by date."""

    baseline: int
    assumes: Assumed = field(default_factory=assumed)
    _steady: _Account = field(init=False)
    _relapses: list[_Account] = field(init=False, default_factory=list)
    _first: int = field(init=False, default=0)
    _last: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        level = self.baseline * self.assumes.level_share
        precision = 1 / max(self.baseline * self.assumes.level_spread_share, 1.0) ** 2
        even = -log(len(self.assumes.spreads))
        self._steady = _Account(0, 0, [_Of(one, even, level, precision) for one in self.assumes.spreads])

    def hear(self, on: date, total: int) -> Judged:
        """Take in a score, not older than the one before, and return what all of them say now."""
        day = on.toordinal()
        if self._first:
            self._may_have_begun(day)
        else:
            self._first = day
        self._last = day
        # More than the score before the course is as bad as that score: no account goes further.
        told = min(total, self.baseline)
        for account in (self._steady, *self._relapses):
            self._weigh(account, account.way_back(day), told)
        return self._judged()

    def _may_have_begun(self, day: int) -> None:
        """Add the relapses that can have begun since the last score, week by week.

        None is dropped for its age: one that lasts would be forgotten, and the same high scores called unlikely.
        """
        steps = max(round((day - self._last) / WEEK), 1)
        length = (day - self._last) / steps
        for step in range(steps if length else 0):
            began = self._last + (step + 1 / 2) * length
            hazard = self._hazard((began - self._first) / WEEK) * length / WEEK
            shift = log(hazard / len(self.assumes.weeks_back))
            for weeks in self.assumes.weeks_back:
                parts = [_Of(one.spread, one.weight + shift, one.level, one.precision) for one in self._steady.parts]
                self._relapses.append(_Account(began, weeks, parts))
            for part in self._steady.parts:
                part.weight += log(1 - hazard)

    def _hazard(self, weeks: float) -> float:
        """Return the chance that a relapse begins within a week, so many weeks after the course."""
        return self.assumes.hazard_late + self.assumes.hazard_early * exp(-weeks / self.assumes.hazard_fades)

    def _weigh(self, account: _Account, gone: float, told: int) -> None:
        stays, bad = 1 - gone, self.assumes.bad_week
        for part in account.parts:
            own = part.spread**2
            variance = own + stays * stays / part.precision
            miss = told - stays * part.level - gone * self.baseline
            usual = (1 - bad) * exp(-miss * miss / (2 * variance)) / sqrt(2 * pi * variance)
            passing = bad / self.assumes.bad_week_points if miss > 0 else 0.0
            likely = usual + passing + IMPOSSIBLE
            part.weight += log(likely)
            # A score that is likelier a bad week than usual says little of the patient's own level.
            gain = usual / likely * stays / own
            part.precision += gain * stays
            part.level += gain * miss / part.precision

    def _judged(self) -> Judged:
        accounts = (self._steady, *self._relapses)
        most = max(part.weight for one in accounts for part in one.parts)
        shares = [[exp(part.weight - most) for part in one.parts] for one in accounts]
        sums = [sum(one) for one in shares]
        whole = sum(sums)
        level = spread = 0.0
        for account, row in zip(accounts, shares, strict=True):
            for part, share in zip(account.parts, row, strict=True):
                level += share * part.level / whole
                spread += share * part.spread / whole
        chance = 1 - sums[0] / whole
        if not self._relapses:
            return Judged(chance, level, spread, None, 0.0)
        likeliest = max(range(1, len(accounts)), key=sums.__getitem__)
        began = date.fromordinal(ceil(accounts[likeliest].began))
        self._relapses = [
            one for one, has in zip(self._relapses, sums[1:], strict=True) if has > whole * self.assumes.given_up
        ]
        return Judged(chance, level, spread, began, accounts[likeliest].weeks)
