"""The simulation in a process of its own: `python -m glimmer.evidence.capacity.worker` answers one question a line.

It is a process so that no page's process loads numpy. What it says is plain data for `glimmer.web.capacity_charts` and
its template: every figure as [mean, low, high], low to high holding 95 of 100 draws; None where an end is not reached.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from glimmer.evidence.capacity.answer import assumptions, long_run
from glimmer.evidence.capacity.clinic import BadPlan, Clinic, Shift
from glimmer.evidence.capacity.pathway import Pathway
from glimmer.evidence.capacity.priors import priors
from glimmer.evidence.capacity.questions import Plan, knee, staff_for, with_interval, without
from glimmer.evidence.capacity.results import RESOURCES, WEEKS_A_YEAR, Simulated, spread
from glimmer.evidence.capacity.simulate import Waiting
from glimmer.evidence.desk import Told, serve
from glimmer.guidance import figure
from glimmer.scheduling.opening import Hours, Opening
from glimmer.vocabulary.problems import BadInput

DRAWS, KNEE_DRAWS, SEED = 200, 60, 1
SURELY = 0.8
# Steps of demand on the way through the knee, as parts of what the clinic can just keep up with.
DEMAND_PARTS = (0.2, 0.4, 0.6, 0.75, 0.9, 1.0, 1.15)
FAN_WEEKS = 4
SHOWN_MONTHS = (1, 2, 3, 6, 12, 24, 36, 48, 60, 84, 120)
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
WHO = {"doctor": ("doctors", "One psychiatrist fewer"), "nurse": ("nurses", "One nurse fewer"),
       "chair": ("chairs", "One chair fewer")}  # fmt: skip
TITLES = {"chairs": "Chairs", "nurses": "Nurses (places to watch from)", "doctors": "Psychiatrists",
          "assessors": "Assessors"}  # fmt: skip
# Name of a figure of the questions: its title, its unit, by what it is multiplied, and how many decimals are shown.
COMPARED = {
    "within target": ("Start within {weeks:g} weeks", "%", 100, 0),
    "waiting at the end": ("Waiting at the end", "people", 1, 0),
    "starts a year": ("Begin treatment in a year", "people", 1, 0),
    "sessions a year": ("Sessions in a year", "sessions", 1, 0),
    "vials a month": ("Vials in a month", "vials", 1, 0),
    "sessions on a later day than due": ("Sessions on a later day than due", "%", 100, 0),
    "use of chairs": ("Chair time in use", "%", 100, 0),
    "use of doctors": ("Psychiatrists’ time in use", "%", 100, 0),
}
LITTLE = (
    "The line in the picture of the list is where it would stand if everybody accepted waited just as long as the "
    "target allows (Little’s law)."
)
Three = list[float | None]


@dataclass(frozen=True)
class Question:
    """What was asked, read: the plan, the target as share and weeks."""

    plan: Plan
    share: float
    weeks: float


def work(asked: Mapping[str, Any], told: Told) -> dict[str, Any]:
    """Return the answer to one question of the page; raise BadInput in words for what cannot be simulated."""
    try:
        return _answered(asked, told)
    except BadPlan as wrong:
        raise BadInput(str(wrong)) from wrong


def _answered(asked: Mapping[str, Any], told: Told) -> dict[str, Any]:
    question = _read(asked)
    how = {"forecast": _forecast, "staff": _staff, "without": _without, "interval": _interval}[asked["question"]]
    return how(question, asked, told)


def _read(asked: Mapping[str, Any]) -> Question:
    hours = {int(day): Hours(*span) for day, span in asked["hours"].items()}
    shifts = tuple(
        Shift(day, one.opens, one.closes, int(asked["nurses"]), int(asked["doctors"]))
        for day, one in sorted(hours.items())
    )
    clinic = Clinic(
        name="This clinic",
        chairs=int(asked["chairs"]),
        opening=Opening(hours),
        rota=(shifts,),
        begins=date.fromisoformat(asked["begins"]),
        nurse_share=int(figure("calendar", "bays_per_nurse").value),
        doctors_assess=True,
        stated="as the page was asked",
    )
    pathway = Pathway.from_protocol()
    if asked["interval_days"] != pathway.maintenance_days[-1]:
        pathway = pathway.every(int(asked["interval_days"]))
    people = [
        Waiting(7.0 * weeks, bool(is_urgent))
        for weeks, is_urgent, count in asked["waiting"] or ()
        for _ in range(count)
    ]
    plan = Plan(
        clinic, pathway, priors().with_own(referrals_per_week=float(asked["referrals"])),
        years=float(asked["years"]), draws=DRAWS, seed=SEED, waiting=people or None,
        target=(asked["target_share"] / 100, float(asked["target_weeks"])),
    )  # fmt: skip
    return Question(plan, *plan.aim)


def _forecast(question: Question, _asked: Mapping[str, Any], told: Told) -> dict[str, Any]:
    parts = _Parts(told, (1, 3))
    found = question.plan.run(parts.next())
    bend = knee(replace(question.plan, draws=KNEE_DRAWS, told=parts.next()), _demands(question.plan, found))
    within = _three(found.waits.within(question.weeks), 100)
    title = f"{_in_words(within)} % start within {question.weeks:g} weeks, if all stays as it is"
    return _shown(question, found, title, [LITTLE]) | {"knee": _knee(bend)}


def _demands(plan: Plan, found: Simulated) -> list[float]:
    """Return referrals a week from few to more than the clinic can keep up with, and those of today."""
    own = float(plan.inputs.inputs.single["referrals_per_week"].mean)
    loads = [load["mean"] for load in long_run(found)["load"].values() if load is not None]
    if not (own > 0 and loads and max(loads) > 0):
        return [own]
    most = own / max(loads)
    return sorted({own, *(round(part * most, 1) or 0.1 for part in DEMAND_PARTS)})


def _staff(question: Question, _asked: Mapping[str, Any], told: Told) -> dict[str, Any]:
    parts = _Parts(told, (3, 1))
    data = staff_for(replace(question.plan, told=parts.next()), question.share, question.weeks, surely=SURELY)
    best, share = data["found"], f"{100 * question.share:g} % start within {question.weeks:g} weeks"
    clinic = question.plan.clinic
    if best is None:
        lacks = ", ".join({"nurses": "nurses", "doctors": "psychiatrists"}.get(who, who) for who in data["lacking"])
        title = f"No number of chairs that was tried is enough for {share}"
        says = [f"What lacks most: {lacks}. Try more of them."]
    else:
        chairs, nurses = _so_many(best["chairs"], "chair"), _so_many(best["nurses"], "nurse")
        title = f"{chairs} and {nurses} on duty at once, so that {share}"
        says = [
            f"It is the smallest clinic that was found to reach this in at least {100 * SURELY:.0f} of 100 runs, with "
            f"{_people(question)} as stated. The pictures show this clinic."
        ]
        clinic = clinic.with_chairs(best["chairs"]).with_staff(nurses=best["nurses"])
    found = replace(question.plan, clinic=clinic).run(parts.next())
    options = [
        {"chairs": row["chairs"], "nurses": row["nurses"], "share": _ends(row["within"], 100),
         "chance": 100 * row["chance"]["mean"], "is_answer": best is not None and row["chairs"] == best["chairs"]}
        for row in data["tried"]
    ]  # fmt: skip
    return _shown(question, found, title, [*says, LITTLE]) | {"options": options}


def _without(question: Question, asked: Mapping[str, Any], told: Told) -> dict[str, Any]:
    kind, label = WHO[asked["who"]]
    parts = _Parts(told, (2, 1))
    changed: dict[str, int] = {kind: 1}
    data = without(replace(question.plan, told=parts.next()), **changed)
    clinic = question.plan.clinic
    less = clinic.with_chairs(clinic.chairs - 1) if kind == "chairs" else clinic.with_more(**{kind: -1})
    found = replace(question.plan, clinic=less).run(parts.next())
    says = [f"The pictures show the clinic with {label.lower()}. People finish the patient in hand.", LITTLE]
    return _compared(question, found, data, label, says)


def _interval(question: Question, asked: Mapping[str, Any], told: Told) -> dict[str, Any]:
    days, now = int(asked["other_interval"]), int(asked["interval_days"])
    # Both from the first session on: a protocol that begins closer together would be compared with something else.
    plan = replace(question.plan, pathway=question.plan.pathway.every(now))
    parts = _Parts(told, (2, 1))
    data = with_interval(replace(plan, told=parts.next()), days)
    found = replace(plan, pathway=plan.pathway.every(days)).run(parts.next())
    label = f"Every {days} days"
    says = [data["note"], f"Both begin with that spacing at once. The pictures show: {label.lower()}.", LITTLE]
    return _compared(question, found, data, label, says, before=f"Every {now} days")


def _compared(
    question: Question, found: Simulated, data: Mapping[str, Any], label: str, says: list[str], before: str = "As it is"
) -> dict[str, Any]:
    rows = []
    for name, (title, unit, times, digits) in COMPARED.items():
        was, after, change = (data[one].get(name) for one in ("before", "after", "change"))
        if was is not None and after is not None and change is not None:
            values = [_ends(one, times) for one in (was, after)]
            rows.append({"title": title.format(weeks=question.weeks), "unit": unit, "digits": digits, "values": values,
                         "change": _ends(change, times)})  # fmt: skip
    end = data["change"]["waiting at the end"]
    more = "more" if end["mean"] >= 0 else "fewer"
    low, high = sorted(abs(one) for one in (end["low"], end["high"]))
    spans = (
        f"between {end['low']:+.0f} and {end['high']:+.0f}"
        if end["low"] * end["high"] < 0
        else f"{low:.0f} to {high:.0f}"
    )
    years = f"{question.plan.years:g} year{'' if question.plan.years == 1 else 's'}"
    title = f"{label}: {abs(end['mean']):.0f} {more} people wait after {years} ({spans})"
    compare = {"labels": [before, label], "rows": rows}
    return _shown(question, found, title.replace("-", "−"), says) | {"compare": compare}


def _shown(question: Question, found: Simulated, title: str, says: list[str]) -> dict[str, Any]:
    """Return what every answer holds: figures, the fan, the heat map, vials, people, and what is taken for granted."""
    begins, *known = assumptions(found)
    return {
        "title": title,
        "says": says,
        "begins": begins,
        "draws": question.plan.draws,
        "years": question.plan.years,
        "seed": question.plan.seed,
        "figures": _figures(question, found),
        "fan": _fan(question, found),
        "heat": _heat(found),
        "vials": _vials(found),
        "staff": _use(found),
        "inputs": [
            {"title": row["title"], "unit": row["unit"], "value": row["belief"], "source": row["source"],
             "mark": {"proposal": "Proposal", "memory": "As remembered", "own": "Yours"}.get(str(row["evidence"]), "")}
            for row in found.asked.inputs.rows()
        ],
        "check": f"{' '.join(known)} Books of waiting agree to {found.balance():.1e} (Little’s law).",
    }  # fmt: skip


def _figures(question: Question, found: Simulated) -> list[dict[str, Any]]:
    within = found.waits.within(question.weeks)
    met = None if within is None else float((within >= question.share).mean()) * 100
    per_year = {name: found.weekly(name).sum(axis=1) / found.weeks * WEEKS_A_YEAR for name in ("starts", "sessions")}
    rows = [
        (f"Start within {question.weeks:g} weeks", "%", _three(within, 100), 0),
        (f"Weeks until {100 * question.share:g} % have started, in the middle run", "weeks",
         _middle(found.waits.days_until(question.share) / 7), 0),
        ("Weeks until half have started, in the middle run", "weeks", _middle(found.waits.days_until(0.5) / 7), 1),
        ("Waiting at the end", "people", _three(found.weekly("waiting")[:, -1]), 0),
        ("Begin treatment in a year", "people", _three(per_year["starts"]), 0),
        ("Sessions in a year", "sessions", _three(per_year["sessions"]), 0),
        ("Give up while waiting, in a year", "people",
         _three(found.weekly("gave up").sum(axis=1) / found.weeks * WEEKS_A_YEAR), 0),
    ]  # fmt: skip
    said = [{"title": title, "unit": unit, "value": value, "digits": digits} for title, unit, value, digits in rows]
    reached = f"Of 100 runs, so many reach the target of {100 * question.share:g} %: "
    if met is not None:
        said[0]["title"] = f"{said[0]['title']}. {reached}{met:.0f}"
    return said


def _fan(question: Question, found: Simulated) -> dict[str, Any]:
    rows = [row for row in found.bands() if row["week"] % FAN_WEEKS == 0]
    start = float(len(found.asked.present.waiting))
    accepted = float(found.weekly("accepted").mean())
    return {
        "weeks": [0, *(row["week"] for row in rows)],
        "middle": [start, *(row["middle"] for row in rows)],
        "bands": [
            {"share": share, **{end: [start, *(row[f"{end}_{share}"] for row in rows)] for end in ("low", "high")}}
            for share in (50, 80, 95)
        ],
        "target": round(accepted * question.weeks, 1),
        "target_says": f"{question.weeks:g}-week line",
    }


def _knee(data: Mapping[str, Any]) -> dict[str, Any] | None:
    points = []
    for row in data["rows"]:
        use, wait = row["use of chairs"], row["median weeks"]
        if use is None or wait is None or wait["mean"] is None or wait["high"] is None:
            # Half never start within the run: the wait has no end there, and no place in the picture.
            continue
        count = row["referrals a week"]
        points.append(
            {"label": f"{count:g} referrals a week", "use": _ends(use), "wait": _ends(wait),
             "is_today": abs(count - data["own referrals a week"]) < 1e-9}
        )  # fmt: skip
    return {"points": points} if points else None


def _heat(found: Simulated) -> dict[str, Any]:
    taken = found.occupancy()
    mean = taken.mean(axis=0)
    low, high = np.quantile(taken, (0.025, 0.975), axis=0)
    is_open = np.isfinite(mean)
    days, hours = np.flatnonzero(is_open.any(axis=1)), np.flatnonzero(is_open.any(axis=0))
    span = range(int(hours.min()), int(hours.max()) + 1) if len(hours) else range(0)

    def cells(of: Any) -> list[list[float | None]]:
        return [[float(of[day, hour]) if is_open[day, hour] else None for hour in span] for day in days]

    return {"weekdays": [WEEKDAYS[day] for day in days], "hours": list(span), "use": cells(mean), "low": cells(low),
            "high": cells(high)}  # fmt: skip


def _vials(found: Simulated) -> list[dict[str, Any]]:
    weekly, month = found.vials(), WEEKS_A_YEAR / 12
    rows = []
    for number in SHOWN_MONTHS:
        first, last = round((number - 1) * month), round(number * month)
        if last <= found.weeks:
            rows.append({"month": number, "value": _three(weekly[:, first:last].sum(axis=1) * month / (last - first))})
    return rows


def _use(found: Simulated) -> list[dict[str, Any]]:
    shift = found.asked.clinic.rota[0][0] if found.asked.clinic.rota[0] else None
    on_duty = {"chairs": found.asked.clinic.chairs, "nurses": shift.nurses if shift else 0,
               "doctors": shift.doctors if shift else 0}  # fmt: skip
    rows = []
    for name in RESOURCES:
        use = found.utilisation(name)
        if use is not None:
            rows.append({"title": TITLES[name], "on_duty": on_duty.get(name, 0), "use": _three(use, 100)})
    return rows


class _Parts:
    """Turns what each of several runs says of how far it is into how far the whole question is."""

    def __init__(self, told: Told, sizes: tuple[int, ...]) -> None:
        self._told, self._sizes, self._at = told, sizes, 0

    def next(self) -> Told:
        """Return what hears of the next part."""
        before, mine, whole = sum(self._sizes[: self._at]), self._sizes[self._at], sum(self._sizes)
        self._at += 1

        def hears(done: int, of: int) -> None:
            self._told(round(1000 * (before + mine * done / max(of, 1)) / whole), 1000)

        return hears


def _people(question: Question) -> str:
    shifts = question.plan.clinic.rota[0]
    count = shifts[0].doctors if shifts else 0
    return f"{_so_many(count, 'psychiatrist')} on duty"


def _so_many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _in_words(value: Three) -> str:
    mean, low, high = value
    if mean is None or low is None or high is None:
        return "An unknown share of"
    return f"{mean:.0f} ({low:.0f} to {high:.0f})"


def _middle(values: Any) -> Three:
    """Return the middle draw in place of the mean, where some draws never get there."""
    found = np.quantile(values, (0.5, 0.025, 0.975), method="lower")
    return [float(one) if np.isfinite(one) else None for one in found]


def _three(values: Any, times: float = 1) -> Three:
    return _ends(spread(values), times)


def _ends(said: Mapping[str, float | None] | None, times: float = 1) -> Three:
    if said is None:
        return [None, None, None]
    return [None if one is None else one * times for one in (said["mean"], said["low"], said["high"])]


if __name__ == "__main__":
    serve(sys.stdin, sys.stdout, work)
