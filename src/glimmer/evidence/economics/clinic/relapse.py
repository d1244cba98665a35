"""Relapse as the model needs it: a curve that falls with time since remission, and what a constant danger would say."""

import itertools
import math
from collections.abc import Sequence

DAYS_A_YEAR = 365.25


def relapse_by(days: float, shape: float, scale_days: float) -> float:
    """Return the share of people in remission who have relapsed within so many days of it (Weibull)."""
    return -math.expm1(-((days / scale_days) ** shape))


def relapse_in_steps(shape: float, scale_days: float, step_days: float, steps: int) -> Sequence[float]:
    """Return the probability of relapse in each step of time, for those who had none before it."""
    hazard = [(step * step_days / scale_days) ** shape for step in range(steps + 1)]
    return [-math.expm1(before - after) for before, after in itertools.pairwise(hazard)]


def constant_scale_days(share: float, days: float) -> float:
    """Return the scale (days) of a constant danger by which a share relapses within so many days."""
    return days / -math.log1p(-share)
