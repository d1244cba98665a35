"""Several draws of one clinic after the other, compiled: one set of scratch arrays serves them all."""

from typing import Any

import numpy as np
from numba import njit

from glimmer.evidence.capacity.kernel import run_clinic
from glimmer.evidence.capacity.plan import C_COLUMNS, DONE, ENTRIES, F_COLUMNS, Plan
from glimmer.evidence.economics.chance import element


@njit(cache=True, nogil=True, error_model="numpy")
def run_draws(
    plan: Plan, values: Any, key: Any, first: int, people: int, weekly: Any, waited: Any, hours: Any, totals: Any
) -> int:
    """Run draws `first`, `first + 1` ... of the rows of `values`; return DONE or TOO_MANY_PEOPLE."""
    who, when = np.empty((people, C_COLUMNS), np.int64), np.empty((people, F_COLUMNS))
    keys, following = np.empty(people, np.uint64), np.empty(ENTRIES * people, np.int64)
    times, codes = np.empty(5 * people + 8), np.empty(5 * people + 8, np.int64)
    diary = np.empty((plan.days + 1, 2), np.int64)
    for draw in range(len(values)):
        mine = element(key, np.uint64(first + draw))
        state = run_clinic(
            plan, values[draw], mine, who, when, keys, times, codes, following, diary,
            weekly[draw], waited[draw], hours[draw], totals[draw],
        )  # fmt: skip
        if state != DONE:
            return state
    return DONE
