"""The simulation in a process of its own: `python -m glimmer.evidence.capacity.worker` answers one question a line.

It is a process so that no page's process loads numpy. What it says is plain data for `glimmer.web.capacity_charts` and
its template: see `worker_views`.
"""

import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from glimmer.evidence.capacity.answer import assumptions, long_run
from glimmer.evidence.capacity.clinic import BadPlan, Clinic, Shift
from glimmer.evidence.capacity.pathway import Pathway
from glimmer.evidence.capacity.priors import priors
from glimmer.evidence.capacity.questions import (
    INTERVAL_NOTE,
    MOST_DOCTORS_TRIED,
    SURELY,
    Compared,
    Plan,
    compare_plans,
    knee,
    search_staff,
)
from glimmer.evidence.capacity.results import Simulated
from glimmer.evidence.capacity.sentences import (
    change_in_words,
    forecast_in_words,
    lacking_in_words,
    lasts_in_words,
    list_in_words,
    staff_in_words,
)
from glimmer.evidence.capacity.simulate import Present, Waiting
from glimmer.evidence.capacity.worker_rollout import roll_out_answer
from glimmer.evidence.capacity.worker_views import ends, fan_of, figures_of, heat_of, knee_of, use_of, vials_of
from glimmer.evidence.desk import Told, serve
from glimmer.evidence.economics.inputs import Distribution, Fixed, Gamma
from glimmer.guidance import figure
from glimmer.scheduling.opening import Hours, Opening, OtherDay
from glimmer.scheduling.staffing import Duty
from glimmer.vocabulary.problems import BadInput

DRAWS, KNEE_DRAWS, SEED = 200, 60, 1
# Steps of demand on the way through the knee, as parts of what the clinic can just keep up with.
DEMAND_PARTS = (0.2, 0.4, 0.6, 0.75, 0.9, 1.0, 1.15)
WHO = {"doctor": ("doctors", "With one psychiatrist fewer"), "nurse": ("nurses", "With one nurse fewer"),
       "chair": ("chairs", "With one chair fewer")}  # fmt: skip
PERSON = "person-"
# Name of a figure of the questions: its title, its unit, by what it is multiplied, and how many decimals are shown.
COMPARED = {
    "within target": ("Start within {weeks:g} weeks", "%", 100, 0),
    "of today's list within target": (
        "Of those on today’s list, start within {weeks:g} weeks of referral",
        "%",
        100,
        0,
    ),
    "waiting at the end": ("Waiting at the end", "people", 1, 0),
    "starts a year": ("Begin treatment in a year", "people", 1, 0),
    "sessions a year": ("Sessions in a year", "sessions", 1, 0),
    "vials a month": ("Vials in a month", "vials", 1, 0),
    "sessions on a later day than due": ("Sessions on a later day than due", "%", 100, 0),
    "use of chairs": ("Chair time in use", "%", 100, 0),
    "use of nurses": ("Nurses’ places in use", "%", 100, 0),
    "use of doctors": ("Psychiatrists’ time in use", "%", 100, 0),
}
LITTLE = (
    "The line in the picture of the list is where it would stand if everybody accepted waited just as long as the "
    "target allows (Little’s law)."
)


@dataclass(frozen=True)
class Question:
    """What was asked, read: the plan, the target as share and weeks."""

    plan: Plan
    share: float
    weeks: float


def work(asked: Mapping[str, Any], told: Told) -> dict[str, Any]:
    """Return the answer to one question of the page; raise BadInput in words for what cannot be simulated."""
    try:
        said = _answered(asked, told)
    except BadPlan as wrong:
        raise BadInput(str(wrong)) from wrong
    told(1, 1)
    return said


def _answered(asked: Mapping[str, Any], told: Told) -> dict[str, Any]:
    if asked["question"] == "rollout":
        return roll_out_answer(asked, told)
    question = _read(asked)
    how = {"forecast": _forecast, "staff": _staff, "without": _without, "interval": _interval}[asked["question"]]
    return how(question, asked, told)


def _read(asked: Mapping[str, Any]) -> Question:
    pathway = Pathway.from_protocol(months=asked["months"])
    if asked["interval_days"] != pathway.maintenance_days[-1]:
        pathway = pathway.every(int(asked["interval_days"]))
    people = [
        Waiting(7.0 * weeks, bool(is_urgent))
        for weeks, is_urgent, count in asked["waiting"] or ()
        for _ in range(count)
    ]
    kept = tuple(7.0 * weeks for weeks, count in asked["maintained"] or () for _ in range(count))
    plan = Plan(
        _clinic(asked), pathway, priors().with_own(referrals_per_week=_referrals(asked)),
        years=float(asked["years"]), draws=DRAWS, seed=SEED, waiting=Present(tuple(people), kept),
        target=(asked["target_share"] / 100, float(asked["target_weeks"])),
    )  # fmt: skip
    return Question(plan, *plan.aim)


def _referrals(asked: Mapping[str, Any]) -> float | Distribution:
    """Return referrals a week: with the doubt of their count where they were counted, else taken as known."""
    count, weeks = asked["referrals_counted"] or (0, 1)
    return Gamma.from_mean(count / weeks, math.sqrt(count) / weeks) if count else float(asked["referrals"])


def _clinic(asked: Mapping[str, Any], without: tuple[int, ...] = ()) -> Clinic:
    """Return the clinic with its own rota where its duties were sent, else with the same people at every open hour."""
    opening, begins, chairs = _opening(asked), date.fromisoformat(asked["begins"]), int(asked["chairs"])
    if asked["duties"] is not None:
        duties = [Duty(*one) for one in asked["duties"]]
        return Clinic.of(opening, duties, name="This clinic", chairs=chairs, begins=begins, without=without)
    shifts = tuple(
        Shift(day, one.opens, one.closes, int(asked["nurses"]), int(asked["doctors"]))
        for day, one in sorted(opening.week_of(begins).items())
    )
    return Clinic(
        name="This clinic",
        chairs=chairs,
        opening=opening,
        rota=(shifts,),
        begins=begins,
        nurse_share=int(figure("calendar", "bays_per_nurse").value),
        doctors_assess=True,
        stated="The same people at every open hour, as the page was asked",
    )


def _opening(asked: Mapping[str, Any]) -> Opening:
    others = {
        date.fromisoformat(day): OtherDay(Hours(*span) if span else None, "as entered")
        for day, span in asked["other_days"].items()
    }
    later = tuple((date.fromisoformat(day), _week(week)) for day, week in asked["later"])
    return Opening(_week(asked["hours"]), others, later=later)


def _week(week: Mapping[str, Any]) -> dict[int, Hours]:
    return {int(day): Hours(*span) for day, span in week.items()}


def _forecast(question: Question, _asked: Mapping[str, Any], told: Told) -> dict[str, Any]:
    parts = _Parts(told, (1, 3))
    found = question.plan.run(parts.next())
    bend = knee(replace(question.plan, draws=KNEE_DRAWS, told=parts.next()), _demands(question.plan, found))
    title = forecast_in_words(found, question.plan.aim)
    return _shown(question, found, title, [LITTLE]) | {"knee": knee_of(bend)}


def _demands(plan: Plan, found: Simulated) -> list[float]:
    """Return referrals a week from few to more than the clinic can keep up with, and those of today."""
    own = float(plan.inputs.inputs.single["referrals_per_week"].mean)
    loads = [load["mean"] for load in long_run(found)["load"].values() if load is not None]
    if not (own > 0 and loads and max(loads) > 0):
        return [own]
    most = own / max(loads)
    return sorted({own, *(round(part * most, 1) or 0.1 for part in DEMAND_PARTS)})


def _staff(question: Question, asked: Mapping[str, Any], told: Told) -> dict[str, Any]:
    search = search_staff(
        replace(question.plan, told=told), question.share, question.weeks,
        most_doctors=MOST_DOCTORS_TRIED if asked["also_doctors"] else None,
    )  # fmt: skip
    data, best = search.data, search.data["found"]
    if best is None:
        says = [lacking_in_words(search)]
    else:
        people = "" if asked["also_doctors"] else ", with psychiatrists as they are"
        says = [
            f"It is the smallest clinic that was found to reach this in at least {100 * SURELY:.0f} of 100 runs{people}"
            ". The hours are those below: more people are more at the same hours. The pictures show this clinic."
        ]
    options = [
        {"chairs": row["chairs"], "nurses": row["nurses"], "doctors": row["doctors"],
         "share": ends(row["within"], 100), "lasts": ends(row["keeps up"], 100), "chance": ends(row["chance"], 100),
         "is_answer": row is best}
        for row in data["tried"]
    ]  # fmt: skip
    return _shown(question, search.run, staff_in_words(search), [*says, LITTLE]) | {"options": options}


def _without(question: Question, asked: Mapping[str, Any], told: Told) -> dict[str, Any]:
    plan = replace(question.plan, told=told)
    if asked["who"].startswith(PERSON):
        label = f"Without {asked['who_words']}"
        gone = int(asked["who"].removeprefix(PERSON))
        other = replace(plan, clinic=_clinic(asked, (gone,)))
        how = "Nobody takes over their duties."
    else:
        kind, label = WHO[asked["who"]]
        fewer: dict[str, int] = {kind: 1}
        other = plan.without(**fewer)
        how = "" if kind == "chairs" else "It is one fewer at every hour at which there is one."
    says = [f"{how} The pictures show the clinic after it. People finish the patient in hand.".strip(), LITTLE]
    return _compared(question, compare_plans(plan, other), label, says)


def _interval(question: Question, asked: Mapping[str, Any], told: Told) -> dict[str, Any]:
    days, now = int(asked["other_interval"]), int(asked["interval_days"])
    # Both from the first session on: a protocol that begins closer together would be compared with something else.
    plan = replace(question.plan.every(now), told=told)
    label = f"Every {days} days"
    says = [INTERVAL_NOTE, f"Both begin with that spacing at once. The pictures show: {label.lower()}.", LITTLE]
    return _compared(question, compare_plans(plan, plan.every(days)), label, says, before=f"Every {now} days")


def _compared(
    question: Question, found: Compared, label: str, says: list[str], before: str = "As it is"
) -> dict[str, Any]:
    rows = []
    for name, (title, unit, times, digits) in COMPARED.items():
        was, after, change = (found.data[one].get(name) for one in ("before", "after", "change"))
        if was is not None and after is not None and change is not None:
            values = [ends(one, times) for one in (was, after)]
            rows.append({"title": title.format(weeks=question.weeks), "unit": unit, "digits": digits, "values": values,
                         "change": ends(change, times)})  # fmt: skip
    compare = {"labels": [before, label], "rows": rows}
    title = change_in_words(label, found, question.plan)
    return _shown(question, found.after, title, says) | {"compare": compare}


def _shown(question: Question, found: Simulated, title: str, says: list[str]) -> dict[str, Any]:
    """Return what every answer holds: figures, the fan, the heat map, vials, people, and what is taken for granted."""
    begins, *known = assumptions(found)
    if isinstance(found.asked.inputs.inputs.single["referrals_per_week"], Fixed):
        known.append("Referrals are taken as known.")
    about = [list_in_words(found, question.weeks), lasts_in_words(found), found.asked.pathway.maintenance_in_words]
    return {
        "title": title,
        "says": [*(one for one in about if one), f"Staff: {found.asked.clinic.stated}.", *says],
        "begins": begins,
        "draws": question.plan.draws,
        "years": question.plan.years,
        "seed": question.plan.seed,
        "figures": figures_of(found, question.share, question.weeks),
        "fan": fan_of(found, question.weeks),
        "heat": heat_of(found),
        "vials": vials_of(found),
        "staff": use_of(found),
        "inputs": [
            {"title": row["title"], "unit": row["unit"], "value": row["belief"], "source": row["source"],
             "mark": {"proposal": "Proposal", "memory": "As remembered", "own": "Yours"}.get(str(row["evidence"]), "")}
            for row in found.asked.inputs.rows()
        ],
        "check": f"{' '.join(known)} Books of waiting agree to {found.balance():.1e} (Little’s law).",
    }  # fmt: skip


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


if __name__ == "__main__":
    serve(sys.stdin, sys.stdout, work)
