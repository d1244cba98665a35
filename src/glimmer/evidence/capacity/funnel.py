"""From all adults to those who are kept well: how many are left at each step, and how sure that is.

The first steps are what would be asked of a service, by the beliefs about need and demand. From the first course on
they are what the plan's clinics did in the last year that was run.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from glimmer.evidence.access.need import ROUTES, Need
from glimmer.evidence.access.need import priors as beliefs_of_need
from glimmer.evidence.capacity.network import Networked
from glimmer.evidence.capacity.priors import Priors
from glimmer.evidence.capacity.results import WEEKS_A_YEAR, spread
from glimmer.evidence.economics.outcomes import Numbers

PEOPLE, A_YEAR = "people", "people a year"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the funnel: `count` (draws,) people; `is_share`: they are some of those of the step before."""

    title: str
    unit: str
    count: Numbers
    is_share: bool = True


def steps(wanted: Need, inputs: Priors, run: Networked) -> tuple[Step, ...]:
    """Return the steps of a run, draw by draw: the same draws of need and of inputs as the run's."""
    drawn = beliefs_of_need().draw(wanted.draws, wanted.seed)
    course = inputs.draw(wanted.draws, run.seed)
    adults = np.full(wanted.draws, float(wanted.adults.sum()))
    depressed = adults * drawn[ROUTES[wanted.route][0]]
    in_need = wanted.total()
    eligible = in_need * drawn["eligible_share"]
    referred = eligible * drawn["referred_in_a_year"]
    assessed = referred * course["accepted"]
    willing = assessed * course["goes_on"]
    last_year = slice(-round(WEEKS_A_YEAR), None)
    started = run.weekly("started")[:, last_year].sum(axis=1)
    return (
        Step("Adults", PEOPLE, adults, is_share=False),
        Step("With a depressive episode at one time", PEOPLE, depressed),
        Step("In need: two antidepressants did not relieve it", PEOPLE, in_need),
        Step("Could be treated", PEOPLE, eligible),
        Step("Are referred", A_YEAR, referred),
        Step("Reach an assessment", A_YEAR, assessed),
        Step("Go on to a course, if there is room", A_YEAR, willing),
        Step("Start their first course in this plan’s last year", A_YEAR, started),
        Step("Respond and go on to maintenance", A_YEAR, started * course["response"]),
        Step("Are kept well by maintenance at the end", PEOPLE, run.weekly("maintained")[:, -1], is_share=False),
    )


def rows(found: tuple[Step, ...]) -> list[dict[str, Any]]:
    """Return the funnel as plain data: each count with its interval, and its share of the step before."""
    said = []
    for before, step in zip((None, *found[:-1]), found, strict=True):
        share = None
        if before is not None and step.is_share:
            there = before.count > 0
            share = spread(step.count[there] / before.count[there]) if there.any() else None
        said.append({"step": step.title, "unit": step.unit, "count": spread(step.count), "of those before": share})
    return said
