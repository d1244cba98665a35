"""The questions that planners ask, answered by runs that share people and chances, so that only plans differ."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from glimmer.evidence.capacity.answer import chance, keeps_up
from glimmer.evidence.capacity.clinic import BadPlan, Clinic
from glimmer.evidence.capacity.pathway import Pathway
from glimmer.evidence.capacity.priors import Priors
from glimmer.evidence.capacity.results import RESOURCES, WEEKS_A_YEAR, Simulated, spread
from glimmer.evidence.capacity.simulate import Present, Told, Waiting, simulate
from glimmer.evidence.economics.outcomes import Numbers
from glimmer.guidance.capacity import structure

Data = dict[str, Any]
MOST_CHAIRS_TRIED, MOST_DOCTORS_TRIED = 12, 6
# The share of futures in which a clinic must be enough, where nobody asks for another.
SURELY = 0.8


@dataclass(frozen=True)
class Plan:
    """A clinic with all that is believed, and how it is run: what every question starts from.

    The fields are those of `simulate`. `target` is the share that should start and within how many weeks; the standard
    where it is None. `told(done, of)` hears of draws, over all the runs that a question takes.
    """

    clinic: Clinic
    pathway: Pathway
    inputs: Priors
    years: float = 5
    draws: int = 200
    seed: int = 1
    waiting: Present | Sequence[Waiting] | None = None
    workers: int | None = None
    cluster: str = ""
    told: Told | None = None
    target: tuple[float, float] | None = None

    @property
    def aim(self) -> tuple[float, float]:
        """The share that should start, and within how many weeks."""
        return self.target or target()

    def run(self, told: Told | None = None) -> Simulated:
        """Return the futures of the plan as it is."""
        return simulate(
            self.clinic,
            self.pathway,
            self.inputs,
            years=self.years,
            draws=self.draws,
            seed=self.seed,
            waiting=self.waiting,
            workers=self.workers,
            cluster=self.cluster,
            told=told or self.told,
        )

    def without(self, *, nurses: int = 0, doctors: int = 0, assessors: int = 0, chairs: int = 0) -> "Plan":
        """Return the plan with so many people fewer at all times at which there are such people, or fewer chairs."""
        if min(nurses, doctors, assessors, chairs) < 0 or not any((nurses, doctors, assessors, chairs)):
            raise BadPlan("Say how many leave: at least one nurse, doctor, assessor or chair.")
        fewer = self.clinic.with_more(nurses=-nurses, doctors=-doctors, assessors=-assessors)
        return replace(self, clinic=fewer.with_chairs(max(0, self.clinic.chairs - chairs)))

    def every(self, days: int) -> "Plan":
        """Return the plan with maintenance every so many days, in place of the protocol's spacing."""
        return replace(self, pathway=self.pathway.every(days))


@dataclass(frozen=True)
class Compared:
    """Two plans of one question with the same people and chances: what was run, and what is said of them."""

    before: Simulated
    after: Simulated
    data: Data


@dataclass(frozen=True)
class Search:
    """The smallest clinic that is enough: its run (that of the largest tried where none is), and what is said."""

    run: Simulated
    data: Data


def staff_for(plan: Plan, share: float, weeks: float, **how: Any) -> Data:
    """Return the fewest chairs, with nurses for them, so that `share` start within `weeks` with a chance of `surely`.

    A clinic is enough in a future where so many of those referred in it start in time, and where it keeps up with what
    is asked without end: a list that only grows slowly is no plan, however short the run.
    At all times at which there are nurses, each number of chairs gets as many as watch them. `most_doctors` None:
    doctors and assessors stay, and where they are what lacks, no number of chairs is enough, and the answer says who.
    Otherwise so many doctors at once are tried, from one, and what is found has the fewest people on duty; where two
    have as many, the fewer doctors. "tried" has a row for each that was run. `how` goes to `search_staff`.
    """
    return search_staff(plan, share, weeks, **how).data


def search_staff(
    plan: Plan,
    share: float,
    weeks: float,
    *,
    surely: float = SURELY,
    most: int = MOST_CHAIRS_TRIED,
    most_doctors: int | None = None,
) -> Search:
    """Return what `staff_for` does, with the run of the clinic that was found."""
    if not (0 < share <= 1 and 0 < surely < 1 and 0 < weeks < plan.years * WEEKS_A_YEAR and most >= 1):
        raise BadPlan(
            f"A share of {share} within {weeks} weeks with a chance of {surely} cannot be asked of {plan.years} years. "
            "Shares and chances lie between 0 and 1, and the weeks are fewer than the years have."
        )
    there = plan.clinic.most_on_duty()["doctors"]
    counts = [there] if most_doctors is None or not there else list(range(1, most_doctors + 1))
    hunt = _Hunt(plan, share, weeks, surely, len(counts) * (math.ceil(math.log2(most + 1)) + 1))
    best: Data | None = None
    for doctors in counts:
        if best is not None and doctors + 1 >= best["doctors"] + best["nurses"]:
            # Even with a single nurse it would be no fewer people.
            break
        found = hunt.fewest_chairs(doctors, most)
        if found is not None and (best is None or _size(found) < _size(best)):
            best = found
    last = hunt.tried[max(hunt.tried)]
    tried = [hunt.tried[which] for which in sorted(hunt.tried)]
    data = {
        "share": share,
        "weeks": weeks,
        "surely": surely,
        "found": best,
        "lacking": [] if best else _lacking(last, plan.clinic),
        "tried": tried,
    }
    shown = best or last
    return Search(hunt.run(shown["doctors"], shown["chairs"]), data)


def _size(row: Data) -> tuple[int, int, int]:
    return row["doctors"] + row["nurses"], row["doctors"], row["chairs"]


class _Hunt:
    """Tries clinics of one plan, each only once."""

    def __init__(self, plan: Plan, share: float, weeks: float, surely: float, runs: int) -> None:
        self._plan, self._share, self._weeks, self._surely, self._runs = plan, share, weeks, surely, runs
        self.tried: dict[tuple[int, int], Data] = {}
        # The runs that may still be shown: those that were enough, and the largest.
        self._kept: dict[tuple[int, int], Simulated] = {}

    def run(self, doctors: int, chairs: int) -> Simulated:
        """Return the run of a clinic that was tried."""
        return self._kept[doctors, chairs]

    def fewest_chairs(self, doctors: int, most: int) -> Data | None:
        """Return the clinic with the fewest chairs that is enough with so many doctors; None where none is."""
        if not self._enough(doctors, most):
            return None
        low, high = 1, most
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if self._enough(doctors, middle) else (middle + 1, high)
        self._enough(doctors, low)
        self._kept = {which: run for which, run in self._kept.items() if which[0] != doctors or which[1] == low}
        return self.tried[doctors, low]

    def _enough(self, doctors: int, chairs: int) -> bool:
        which = doctors, chairs
        if which not in self.tried:
            clinic = self._plan.clinic
            nurses = math.ceil(chairs / clinic.nurse_share)
            own = clinic.most_on_duty()["doctors"]
            staff = clinic.with_staff(nurses=nurses, doctors=None if doctors == own else doctors)
            found = replace(self._plan, clinic=staff.with_chairs(chairs)).run(
                _of_several(self._plan, len(self.tried), self._runs)
            )
            self._kept[which] = found
            within = found.waits.within(self._weeks)
            if within is None:
                raise BadPlan("Nobody is referred, so no clinic is too small. Give referrals above 0.")
            lasts = keeps_up(found)
            self.tried[which] = {
                "chairs": chairs,
                "nurses": nurses,
                "doctors": doctors,
                "chance": chance((within >= self._share) & lasts),
                "keeps up": chance(lasts),
                "within": spread(within),
                "use": {name: spread(found.utilisation(name)) for name in RESOURCES},
                "waiting at the end": spread(found.weekly("waiting")[:, -1]),
            }
        return bool(self.tried[which]["chance"]["mean"] >= self._surely)


def _lacking(row: Data, clinic: Clinic) -> list[str]:
    """Return who is taken most where even the most chairs are not enough: none of a kind first, then by use.

    Chairs were tried, and where doctors assess nobody else is meant to.
    """
    aside = ("chairs", "assessors") if clinic.doctors_assess else ("chairs",)
    use = {name: said["mean"] if said else math.inf for name, said in row["use"].items() if name not in aside}
    return sorted(use, key=lambda name: -use[name])[:1]


def without(plan: Plan, *, nurses: int = 0, doctors: int = 0, assessors: int = 0, chairs: int = 0) -> Data:
    """Return what changes when so many people of a kind are missing at all times, or so many chairs are lost.

    One psychiatrist less is one of the doctors or one of the assessors, as the rota says.
    """
    other = plan.without(nurses=nurses, doctors=doctors, assessors=assessors, chairs=chairs)
    return compare_plans(plan, other).data


def with_interval(plan: Plan, days: int) -> Data:
    """Return what changes when maintenance is every so many days, in place of the protocol's spacing.

    The risk of relapse does not depend on the interval here: no trial says how it does. So the answer is about chairs
    and waits, and says nothing of who stays well.
    """
    return compare_plans(plan, plan.every(days)).data | {"note": INTERVAL_NOTE}


INTERVAL_NOTE = "The risk of relapse is taken to be the same at any interval: no trial was found that says otherwise."


def knee(plan: Plan, referrals: Sequence[float] | None = None) -> Data:
    """Return use of chairs against waits over a range of referrals a week, each taken as known; and the plan's own.

    `referrals` None: from a quarter to twice the expected number.
    """
    own = float(plan.inputs.inputs.single["referrals_per_week"].mean)
    asked = sorted(referrals) if referrals is not None else [own * part / 4 for part in range(1, 9)]
    if not asked:
        raise BadPlan("Give at least one number of referrals a week.")
    rows = []
    for place, count in enumerate(asked):
        inputs = plan.inputs.with_own(referrals_per_week=float(count))
        found = replace(plan, inputs=inputs).run(_of_several(plan, place, len(asked)))
        rows.append({"referrals a week": float(count), **_figures(found, plan.aim)})
    return {"own referrals a week": own, "rows": rows}


def compare_plans(plan: Plan, other: Plan) -> Compared:
    """Return both plans run, the figures of each, and by how much the second differs from the first, draw by draw."""
    before, after = (one.run(_of_several(plan, place, 2)) for place, one in enumerate((plan, other)))
    was, becomes = (_measured(one, plan.aim[1]) for one in (before, after))
    change = {
        name: spread(becomes[name] - was[name]) for name in was if was[name] is not None and becomes[name] is not None
    }
    data = {"before": _figures(before, plan.aim), "after": _figures(after, plan.aim), "change": change}
    return Compared(before, after, data)


def _measured(found: Simulated, weeks: float) -> dict[str, Any]:
    """Return one number for each draw, by name, of what plans are compared by."""
    return {
        "within target": found.waits.within(weeks),
        "of today's list within target": found.of_list_within(weeks),
        "waiting at the end": found.weekly("waiting")[:, -1].astype(float),
        "in care at the end": found.weekly("in care")[:, -1].astype(float),
        "starts a year": _per_year(found, found.weekly("starts")),
        "sessions a year": _per_year(found, found.weekly("sessions")),
        "vials a month": _per_year(found, found.vials()) / 12,
        "sessions on a later day than due": found.late(),
        **{f"use of {name}": found.utilisation(name) for name in RESOURCES},
    }


def _per_year(found: Simulated, series: Numbers) -> Numbers:
    return series.sum(axis=1) / found.weeks * WEEKS_A_YEAR


def _figures(found: Simulated, aim: tuple[float, float]) -> Data:
    share, weeks = aim
    within = found.waits.within(weeks)
    middle = found.waits.days_until(0.5) / 7
    return {
        **{name: spread(values) for name, values in _measured(found, weeks).items()},
        "chance that the target is met": chance(within >= share) if within is not None else None,
        "median weeks": spread(middle),
    }


def target() -> tuple[float, float]:
    """Return the standard that is asked for where nobody asks for another: the share, and within how many weeks."""
    return structure("target_share").value, structure("target_weeks").value


def _of_several(plan: Plan, place: int, runs: int) -> Told | None:
    """Return what hears of one run of several, as a part of them all."""
    hears: Callable[[int, int], None] | None = plan.told
    if hears is None:
        return None
    return lambda done, of: hears(min(place * of + done, runs * of), runs * of)
