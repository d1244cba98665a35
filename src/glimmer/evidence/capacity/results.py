"""What a run leaves: weekly series, waits, use of chairs and people, vials; each with its spread over the draws."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from glimmer.evidence.capacity import plan as numbered
from glimmer.evidence.capacity.clinic import WEEK_DAYS, Clinic, Timeline
from glimmer.evidence.capacity.pathway import Pathway
from glimmer.evidence.capacity.priors import Priors
from glimmer.evidence.economics.outcomes import Numbers
from glimmer.guidance.capacity import structure

if TYPE_CHECKING:
    import polars as pl

    from glimmer.evidence.capacity.simulate import Present

WEEKS_A_YEAR, MONTHS_A_YEAR = 365.25 / 7, 12
LEVEL = 0.95
# Name of a weekly series: its rows of the kernel's table, which are added up.
SERIES: Mapping[str, tuple[int, ...]] = {
    "referrals": (numbered.S_REFERRED,),
    "accepted": (numbered.S_ACCEPTED,),
    "assessed": (numbered.S_ASSESSED,),
    "starts": (numbered.S_STARTED,),
    "course sessions": (numbered.S_COURSE,),
    "later course sessions": (numbered.S_LATER_COURSE,),
    "maintenance sessions": (numbered.S_MAINTENANCE,),
    "sessions": (numbered.S_COURSE, numbered.S_LATER_COURSE, numbered.S_MAINTENANCE),
    "missed": (numbered.S_MISSED,),
    "gave up": (numbered.S_GAVE_UP,),
    "became urgent": (numbered.S_WORSENED,),
    "relapses": (numbered.S_RELAPSED,),
    "waiting for assessment": (numbered.S_TO_ASSESS,),
    "waiting to start": (numbered.S_TO_START,),
    "waiting": (numbered.S_TO_ASSESS, numbered.S_TO_START),
    "waiting to restart": (numbered.S_TO_RESTART,),
    "in care": (numbered.S_IN_CARE,),
}
# These are how many there are at the end of a week; the others happen in its course.
STOCKS = ("waiting for assessment", "waiting to start", "waiting", "waiting to restart", "in care")
RESOURCES = ("chairs", "nurses", "doctors", "assessors")


@dataclass(frozen=True)
class Asked:
    """What was asked of a run: all that its result depends on."""

    clinic: Clinic
    pathway: Pathway
    inputs: Priors
    present: "Present"
    years: float
    draws: int
    seed: int


@dataclass(frozen=True)
class Waits:
    """From referral to the first session, of those who are to be treated and are referred in the run, in each draw.

    `started` (draws, days + 1) is the share who have started within so many whole days, with giving up as the other way
    to leave the list and whoever still waits at the end counted as far as they were seen (Aalen and Johansen 1978).
    Where nobody is referred in a draw, nobody is late in it; `anybody` says whether somebody is in any.
    """

    started: Numbers
    anybody: bool = True

    def within(self, weeks: float) -> Numbers | None:
        """Return the share that starts within so many weeks, of each draw.

        None beyond the run's own length, and where nobody is referred at all.
        """
        day = round(weeks * WEEK_DAYS)
        return self.started[:, day] if self.anybody and day < self.started.shape[1] else None

    def days_until(self, share: float) -> Numbers:
        """Return the days within which this share starts, of each draw; infinity where it never does."""
        reached = self.started >= share
        return np.where(reached.any(axis=1), reached.argmax(axis=1), np.inf)


@dataclass(frozen=True)
class Simulated:
    """The futures of one clinic. Arrays have the draws first; `values` are the draws of the inputs."""

    asked: Asked
    timeline: Timeline = field(repr=False)
    values: Mapping[str, Numbers] = field(repr=False)
    table: Numbers = field(repr=False)  # (draws, series of the kernel, weeks)
    days_waited: Numbers = field(repr=False)  # (draws, ways, days)
    hours: Numbers = field(repr=False)  # (draws, 168): minutes of chairs taken, by hour of the week
    totals: Numbers = field(repr=False)  # (draws, totals of the kernel)

    @property
    def weeks(self) -> int:
        """How many weeks were run."""
        return int(self.table.shape[2])

    def weekly(self, name: str) -> Numbers:
        """Return a series by its name in SERIES, (draws, weeks)."""
        return self.table[:, list(SERIES[name]), :].sum(axis=1)

    @cached_property
    def waits(self) -> Waits:
        """Waits from referral to the first session, of those who are referred in the run."""
        entered, started, gave_up, still = (self.days_waited[:, way].astype(float) for way in range(numbered.WAYS))
        gone = started + gave_up + still
        risk = entered.cumsum(axis=1) - (gone.cumsum(axis=1) - gone)
        with np.errstate(divide="ignore", invalid="ignore"):
            leaving = np.where(risk > 0, (started + gave_up) / risk, 0.0)
            starting = np.where(risk > 0, started / risk, 0.0)
        left = np.cumprod(1 - leaving, axis=1)
        before = np.concatenate([np.ones((len(left), 1)), left[:, :-1]], axis=1)
        shares = np.concatenate([np.zeros((len(left), 1)), (before * starting).cumsum(axis=1)], axis=1)
        came = entered.sum(axis=1) > 0
        return Waits(np.where(came[:, None], shares, 1.0), bool(came.any()))

    def of_list_within(self, weeks: float) -> Numbers | None:
        """Return the share of the first day's list that starts within so many weeks of referral, of each draw.

        Of those on it who are to be treated. Who has waited longer already is late, whatever the clinic does. None
        where nobody is on it.
        """
        entered, started = (
            self.days_waited[:, numbered.WAYS + way].astype(float) for way in (numbered.W_ENTERED, numbered.W_STARTED)
        )
        on_it = entered.sum(axis=1)
        if not on_it.any():
            return None
        in_time = started[:, : round(weeks * WEEK_DAYS)].sum(axis=1)
        return np.where(on_it > 0, in_time / np.maximum(on_it, 1), 1.0)

    def late_already(self, weeks: float) -> int:
        """Return how many of the first day's list have waited that long before anything begins."""
        return sum(one.days >= weeks * WEEK_DAYS for one in self.asked.present.waiting)

    @cached_property
    def minutes_there(self) -> dict[str, float]:
        """The minutes of each resource while the clinic is open, over the whole run."""
        is_open, length = self._open_stretches()
        opened = float((is_open * length).sum())
        nurses, doctors, assessors = ((is_open * length) @ self.timeline.staff).tolist() if len(length) else (0, 0, 0)
        return {
            "chairs": opened * self.asked.clinic.chairs,
            "nurses": nurses * self.asked.clinic.nurse_share,
            "doctors": doctors,
            "assessors": assessors,
        }

    def _open_stretches(self) -> tuple[Numbers, Numbers]:
        ends = np.append(self.timeline.minute[1:], self.weeks * numbered.WEEK)
        return self.timeline.closes > self.timeline.minute, ends - self.timeline.minute

    def utilisation(self, name: str) -> Numbers | None:
        """Return the share of its minutes for which a resource is taken, of each draw; None where there is none of it.

        Of nurses it is the share of their places. Above 1: people finish the patient in hand after their shift.
        """
        there = self.minutes_there[name]
        taken = self.totals[
            :, (numbered.T_CHAIR, numbered.T_NURSE, numbered.T_DOCTOR, numbered.T_ASSESSOR)[RESOURCES.index(name)]
        ]
        return taken / there if there > 0 else None

    def occupancy(self) -> Numbers:
        """Return the share of chairs taken, (draws, weekday, hour); NaN for hours in which the clinic is never open."""
        there = np.zeros(24 * WEEK_DAYS)
        first = int(self.timeline.weekday[0]) * 24
        is_open, length = self._open_stretches()
        for minute, stretch in zip(self.timeline.minute[is_open], length[is_open], strict=True):
            while stretch > 0:
                hour = int(minute // 60)
                step = min(stretch, (hour + 1) * 60 - minute)
                there[(hour + first) % len(there)] += step
                minute, stretch = minute + step, stretch - step
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(there > 0, self.hours / (there * self.asked.clinic.chairs), np.nan)
        return share.reshape(-1, WEEK_DAYS, 24)

    def vials(self) -> Numbers:
        """Return the containers of the drug that are opened each week, (draws, weeks)."""
        course = self.weekly("course sessions") + self.weekly("later course sessions")
        pathway = self.asked.pathway
        return course * pathway.course.vials + self.weekly("maintenance sessions") * pathway.maintenance.vials

    def late(self) -> Numbers:
        """Return the share of sessions that took place on a later day than they were due, of each draw."""
        return self.totals[:, numbered.T_LATE] / np.maximum(self.totals[:, numbered.T_CALLED], 1)

    def balance(self) -> float:
        """Return by how much Little's law fails: minutes waited, counted by the clock and by person, as a share.

        The two are added up in different places; anything but rounding means that somebody was lost or counted twice.
        """
        worst = 0.0
        for area, summed in (
            (numbered.T_WAIT_AREA, numbered.T_WAIT_SUM),
            (numbered.T_QUEUE_AREA, numbered.T_QUEUE_SUM),
        ):
            by_clock, by_person = self.totals[:, area], self.totals[:, summed]
            worst = max(worst, float((np.abs(by_clock - by_person) / np.maximum(by_clock, 1.0)).max()))
        return worst

    def bands(self, name: str = "waiting", levels: tuple[float, ...] = (0.5, 0.8, 0.95)) -> list[dict[str, Any]]:
        """Return one row for each week, for a fan chart: the middle, and the ends of each central interval.

        Keys: week (1 is the first), middle, and for each level such as 0.5 "low_50" and "high_50".
        """
        series = self.weekly(name)
        ends = [end for level in levels for end in ((1 - level) / 2, (1 + level) / 2)]
        found = np.quantile(series, [0.5, *ends], axis=0)
        names = [f"{side}_{level * 100:g}" for level in levels for side in ("low", "high")]
        return [
            {"week": week + 1, "middle": float(found[0, week])}
            | {name: float(found[place + 1, week]) for place, name in enumerate(names)}
            for week in range(self.weeks)
        ]

    def against(self, other: "Simulated", name: str = "waiting") -> Numbers:
        """Return by how much a weekly series differs from another scenario's, draw by draw, (draws, weeks)."""
        return self.weekly(name) - other.weekly(name)

    def target(self) -> tuple[float, float]:
        """Return the standard that waits are held to: the share, and within how many weeks."""
        return structure("target_share").value, structure("target_weeks").value

    def frame(self) -> "pl.DataFrame":
        """Return all weekly series, tidy: draw, week (1 is the first), series, value."""
        import polars as pl

        draws, weeks = len(self.table), self.weeks
        return pl.DataFrame(
            {
                "draw": np.tile(np.repeat(np.arange(draws), weeks), len(SERIES)),
                "week": np.tile(np.arange(1, weeks + 1), draws * len(SERIES)),
                "series": np.repeat(list(SERIES), draws * weeks),
                "value": np.concatenate([self.weekly(name).ravel() for name in SERIES]),
            }
        )

    def bands_frame(self, name: str = "waiting") -> "pl.DataFrame":
        """Return `bands` as a table."""
        import polars as pl

        return pl.DataFrame(self.bands(name))

    def occupancy_frame(self) -> "pl.DataFrame":
        """Return the share of chairs taken by weekday (0 Monday) and hour, open hours only: mean, low, high."""
        import polars as pl

        taken = self.occupancy()
        rows = [
            {"weekday": day, "hour": hour} | (spread(taken[:, day, hour]) or {})
            for day in range(WEEK_DAYS)
            for hour in range(24)
            if np.isfinite(taken[:, day, hour]).all()
        ]
        return pl.DataFrame(rows)

    def answer(self, aim: tuple[float, float] | None = None) -> dict[str, Any]:
        """Return everything that is said of the run, as plain data: each figure with mean, low and high (95 %).

        `aim` is the share that should start and within how many weeks; the standard where it is left out.
        """
        from glimmer.evidence.capacity.answer import answer

        return answer(self, aim)


def spread(values: Numbers | None, level: float = LEVEL) -> dict[str, float | None] | None:
    """Return mean and central interval over draws; None for ends that are not finite, or where there is nothing."""
    if values is None:
        return None
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2], method="lower")
    return {
        name: float(one) if np.isfinite(one) else None
        for name, one in (("mean", values.mean()), ("low", low), ("high", high))
    }
