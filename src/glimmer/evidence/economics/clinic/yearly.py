"""What one person on each strategy uses in each year since entry, undiscounted: what the budget impact takes.

Cash is what is paid for treatment and its maintenance. The rest of NHS care is left out of it unless asked for: most of
it is staff and beds that stay, and is freed for somebody else. Staff hours are the sessions of the year times the
protocol's own minutes. Bed-days are there once they were filled in.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from glimmer.evidence.economics.analysis.budget import BED_DAYS, YEARS, Profile
from glimmer.evidence.economics.clinic.beliefs import INDUCTION_PROTOCOL
from glimmer.evidence.economics.clinic.decision import asked, clinic_model, values_of
from glimmer.evidence.economics.clinic.question import Question, cycles
from glimmer.evidence.economics.clinic.session_cost import MINUTES_AN_HOUR
from glimmer.evidence.economics.clinic.structure import NASAL_PROTOCOL, SC_PROTOCOL
from glimmer.evidence.economics.outcomes import Numbers
from glimmer.guidance.protocol import protocol

CASH = {"treatment": "cost.treatment", "maintenance": "cost.maintenance"}
CARE = {"other NHS care": "cost.care"}
SESSIONS, SESSIONS_UNDER_THE_SKIN = "ketamine sessions", "sessions under the skin"
ESKETAMINE = "esketamine"


def profiles(
    question: Question, *, years: int = YEARS, draws: int | None = None, seed: int = 0, with_care: bool = False
) -> Mapping[str, Profile]:
    """Return the profile of each strategy that has a cost, (years,) or (draws, years).

    `with_care` counts the rest of NHS care as cash too: say why. `draws` None: at the published values.
    """
    question = replace(asked(question), discount=0.0, horizon_years=float(years))
    model = clinic_model(question)
    values = values_of(model, question.inputs, draws, seed)
    until = [model.with_cycles(cycles(float(year))).run(values, seed) for year in range(1, years + 1)]
    used = {
        name: np.diff(np.stack([np.zeros_like(until[0].totals[name]), *(one.totals[name] for one in until)]), axis=0)
        for name in until[0].totals
    }
    cash = CASH | (CARE if with_care else {})
    return {
        strategy: Profile(
            {said: _of(used[name], place) for said, name in cash.items()},
            _staff_hours(strategy, _of(used[SESSIONS], place), _of(used[SESSIONS_UNDER_THE_SKIN], place)),
            _of(used[BED_DAYS], place) if BED_DAYS in used else None,
        )
        for place, strategy in enumerate(until[0].strategies)
    }


def _of(used: Numbers, place: int) -> Numbers:
    """Return one strategy of (years, draws, strategies) as (draws, years), or (years,) where there is one draw."""
    rows: Numbers = used[:, :, place].T
    return rows[0] if len(rows) == 1 else rows


def _staff_hours(strategy: str, sessions: Numbers, under_the_skin: Numbers) -> dict[str, Numbers]:
    minutes = protocol(NASAL_PROTOCOL if strategy == ESKETAMINE else INDUCTION_PROTOCOL).staff_minutes
    injecting = protocol(SC_PROTOCOL).staff_minutes if under_the_skin.any() else {}
    return {
        role: (sessions * minutes.get(role, 0) + under_the_skin * injecting.get(role, 0)) / MINUTES_AN_HOUR
        for role in dict.fromkeys((*minutes, *injecting))
    }
