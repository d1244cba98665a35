"""The clinic's model once more, walked by hand: a dictionary of people by state, line and when they entered it.

Written from the description on paper and sharing no code with the engine: what both agree on is no slip of one of them.
Strategies without maintenance only; costs and QALYs by the trapezoid, flows in the middle of a cycle.
"""

import itertools
import math
from collections import defaultdict
from dataclasses import dataclass

EPISODE = {"course", "nonresponse", "relapse", "out"}
RESPONDING = {"response", "lasting"}


@dataclass
class Figures:
    """All figures that the walk takes. Probabilities of a course by line; money in GBP; time in years."""

    remission: list[float]
    course_cost: list[float]
    shape: list[float]
    scale: list[float]
    moves_on: bool
    response_share: float
    step_remission: float
    response_hr: float
    utility: dict[str, float]
    care: dict[str, float]
    dying: dict[int, float]
    norm: dict[int, float]
    start_age: int
    later_shape: float
    later_scale: float
    discount: float


def grid(years: float) -> list[float]:
    """Return the ends of cycles: half a week, weeks to day 84, 28 days to ten years, 84 days; short at joins."""
    ends, year = [0.0], 365.25
    for until, step in ((3.5 / year, 3.5 / year), (84 / year, 7 / year), (10.0, 28 / year), (200.0, 84 / year)):
        until = min(until, years)
        begun = ends[-1]
        count = 0
        while ends[-1] < until - 1e-9:
            count += 1
            ends.append(min(begun + count * step, until))
    return ends


def walked(f: Figures, years: float) -> dict[str, float]:
    """Return discounted costs of care and of treatment, QALYs, and life-years that are not discounted."""
    times = grid(years)
    people = {("course", 1, 0): 1.0}
    totals = dict.fromkeys(("care", "treatment", "qalys", "life_years"), 0.0)
    totals["treatment"] += f.course_cost[0]
    for k, (now, then) in enumerate(itertools.pairwise(times)):
        after = _moved(f, people, times, k, totals)
        for shares, at in ((people, now), (after, then)):
            weight = (then - now) / 2
            worth = weight * (1 + f.discount) ** -at
            for (state, _, _), share in shares.items():
                if state != "dead":
                    kind = "episode" if state in EPISODE else "response" if state in RESPONDING else "remission"
                    totals["care"] += worth * share * f.care[kind]
                    totals["qalys"] += worth * share * f.utility[kind] * _norm(f, at) / _norm(f, 0)
                    totals["life_years"] += weight * share
        people = after
    return totals


def _clock(f: Figures, state: str, entered: int) -> int:
    """Return since when somebody is in a state, 0 where it does not matter: so that few keys are walked."""
    steady = {"recovery", "lasting", "later_recovery", "out", "dead"} | (set() if f.moves_on else {"nonresponse"})
    return 0 if state in steady else entered


def _norm(f: Figures, at: float) -> float:
    return f.norm[max(age for age in f.norm if age <= f.start_age + at + 1e-9)]


def _moved(f: Figures, people, times, k, totals):
    now, length = times[k], times[k + 1] - times[k]
    die = 1 - math.exp(-f.dying[math.floor(f.start_age + now + 1e-9)] * length)
    later = 1 - (1 - f.step_remission) ** (length / (84 / 365.25))
    after = defaultdict(float)
    for (state, line, entered), share in people.items():
        if state == "dead":
            after["dead", 0, 0] += share
            continue
        after["dead", 0, 0] += share * die
        alive = share * (1 - die)
        for (to, to_line), part in _ways(f, state, line, now - times[entered], length, later).items():
            stays = (to, to_line) == (state, line)
            after[to, to_line, _clock(f, to, entered if stays else k + 1)] += alive * part
            if to == "course" and not stays:
                middle = (1 + f.discount) ** -(now + length / 2)
                totals["treatment"] += alive * part * f.course_cost[to_line - 1] * middle
    return after


def _ways(f: Figures, state: str, line: int, since: float, length: float, later: float):
    """Return where those who survive go, as shares that add up to 1."""
    month = 28 / 365.25
    over = since + length > month - 1e-4
    if state == "course":
        if not over:
            return {("course", line): 1.0}
        remit = f.remission[line - 1]
        respond = (1 - remit) * f.response_share
        return {("remission", line): remit, ("response", line): respond, ("nonresponse", line): 1 - remit - respond}
    onward = ("course", line + 1) if line < len(f.remission) else ("out", 0)
    if state in ("nonresponse", "relapse"):
        if state == "nonresponse" and not f.moves_on:
            return {("later", 0): later, (state, line): 1 - later}
        return {onward: 1.0} if over else {(state, line): 1.0}
    if state == "out":
        return {("later", 0): later, ("out", 0): 1 - later}
    in_line = state not in ("later", "later_recovery")
    lost = ("relapse", line) if in_line else ("out", 0)
    shape, scale = (f.shape[line - 1], f.scale[line - 1]) if in_line else (f.later_shape, f.later_scale)
    ratio = f.response_hr if state in RESPONDING else 1.0
    if state in ("recovery", "lasting", "later_recovery"):
        recovered_at = 364 / 365.25
        rate = ((5 / scale) ** shape - (recovered_at / scale) ** shape) / (5 - recovered_at)
        gone = 1 - math.exp(-rate * length * ratio)
        return {lost: gone, (state, line): 1 - gone}
    gone = 1 - math.exp(-ratio * (((since + length) / scale) ** shape - (since / scale) ** shape))
    if since + length <= 364 / 365.25 - 1e-4:
        return {lost: gone, (state, line): 1 - gone}
    steady = {"remission": "recovery", "response": "lasting", "later": "later_recovery"}[state]
    return {lost: gone, (steady, line): 1 - gone}
