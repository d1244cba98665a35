"""A planning problem as plain lists, for the way to the solver's process and back."""

from collections.abc import Mapping, Sequence
from typing import Any

from glimmer.scheduling.house import Limits
from glimmer.scheduling.planner import Lane, Option, Problem, Want


def problem_as(problem: Problem) -> dict[str, Any]:
    """Return the problem as what JSON can hold. Patients are numbers here, and nothing else is told of them."""
    return {
        "wants": [
            [
                want.patient,
                want.number,
                want.target,
                want.earliest,
                want.latest,
                want.minutes,
                want.weight,
                want.after,
                list(want.gap),
                [sorted(want.limits.not_weekdays), want.limits.not_before, want.limits.not_after],
                sorted(want.limits.too_near),
            ]
            for want in problem.wants
        ],
        "lanes": [[lane.begins, lane.ends, list(lane.bays)] for lane in problem.lanes],
        "ceilings": [list(one) for one in problem.ceilings],
    }


def problem_from(told: Mapping[str, Any]) -> Problem:
    """Return the problem again."""
    wants = tuple(_want(facts) for facts in told["wants"])
    lanes = tuple(Lane(begins, ends, tuple(bays)) for begins, ends, bays in told["lanes"])
    return Problem(wants, lanes, tuple((begins, ends, most) for begins, ends, most in told["ceilings"]))


def solution_as(chosen: Sequence[Option], how: str) -> dict[str, Any]:
    """Return a solution as what JSON can hold."""
    return {"how": how, "chosen": [[one.want, one.lane, one.begins] for one in chosen]}


def solution_from(told: Mapping[str, Any]) -> tuple[tuple[Option, ...], str]:
    """Return the solution again."""
    return tuple(Option(want, lane, begins) for want, lane, begins in told["chosen"]), str(told["how"])


def _want(facts: Sequence[Any]) -> Want:
    patient, number, target, earliest, latest, minutes, weight, after, gap, own, too_near = facts
    weekdays, not_before, not_after = own
    limits = Limits(frozenset(weekdays), not_before, not_after, too_near=frozenset(too_near))
    return Want(patient, number, target, earliest, latest, minutes, weight, after, (gap[0], gap[1]), limits)
