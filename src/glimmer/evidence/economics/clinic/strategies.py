"""What a commissioner may choose between, and what each treatment is in numbers. Change a strategy or a treatment here.

A strategy is a sequence of treatments, one for each line. A line ends in relapse (or, in a sequence of different
treatments, in no response), and the next begins.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from glimmer.evidence.economics.clinic.inputs import Inputs
from glimmer.guidance.economics import parameter

USUAL_CARE = "usual_care"


@dataclass(frozen=True, slots=True)
class Treatment:
    """One treatment: the values that hold while a person is in a line of it (expressions over parameters).

    `price` is the blank without which its cost is not known, "" where there is none.
    """

    title: str
    values: Mapping[str, str]
    price: str = ""


@dataclass(frozen=True, slots=True)
class Strategy:
    """One strategy. `moves_on`: whoever does not respond goes on to the next line, and not to usual care."""

    id: str
    title: str
    sequence: tuple[str, ...]
    moves_on: bool = False
    about: str = ""
    missing: tuple[str, ...] = field(default=(), compare=False)


# Sessions of a course that are given: some stop after the first one.
_IV_COURSE = "iv_course_sessions - stops_after_first_session * (iv_course_sessions - 1)"
_IV = {
    "p_remission": "p_ketamine",
    "shape": "shape_ketamine",
    "scale": "scale_ketamine",
    "course_sessions": _IV_COURSE,
    "course_cost": "assessment_price + session_price * course_sessions",
}
_NASAL_SESSION = "(session_price + devices_a_session * esketamine_device_price)"

TREATMENTS: Mapping[str, Treatment] = {
    "usual": Treatment("Usual care", {"p_remission": "p_usual"}),
    "iv": Treatment("IV ketamine, a course", _IV),
    "iv_maintained": Treatment(
        "IV ketamine, then IV maintenance",
        _IV
        | {
            "maintained": "1",
            "is_ketamine": "1",
            "maintenance_sessions": "iv_sessions_in_cycle",
            "maintenance_sessions_late": "days_a_year / maintenance_interval_days",
            "maintenance_session_cost": "session_price",
        },
    ),
    "iv_then_oral": Treatment(
        "IV ketamine, then ketamine by mouth",
        _IV
        | {
            "maintained": "1",
            "is_ketamine": "1",
            "maintenance_hr": "oral_hazard_ratio",
            "maintenance_other_cost": "oral_care_year",
        },
    ),
    "iv_then_sc": Treatment(
        "IV ketamine, then ketamine under the skin",
        _IV
        | {
            "maintained": "1",
            "is_ketamine": "1",
            "under_the_skin": "1",
            "maintenance_hr": "maintenance_hazard_ratio ** sc_share_of_effect",
            "maintenance_sessions": "iv_sessions_in_cycle",
            "maintenance_sessions_late": "days_a_year / maintenance_interval_days",
            "maintenance_session_cost": "sc_session",
        },
        price="sc_session",
    ),
    "esketamine": Treatment(
        "Esketamine, with its maintenance",
        {
            "p_remission": "p_esketamine",
            "shape": "shape_ketamine",
            "scale": "scale_ketamine",
            "course_sessions": "nasal_course_sessions",
            "course_cost": f"assessment_price + {_NASAL_SESSION} * course_sessions",
            "maintained": "1",
            "is_ketamine": "1",
            "maintenance_sessions": "nasal_sessions_in_cycle",
            "maintenance_sessions_late": "days_a_year / nasal_interval_days",
            "maintenance_session_cost": _NASAL_SESSION,
        },
    ),
    "ect": Treatment(
        "ECT, a course",
        {
            "p_remission": "p_ect",
            "shape": "shape_ect",
            "scale": "scale_ect",
            "course_other_sessions": "ect_course_sessions",
            "course_cost": "assessment_price + ect_session * course_other_sessions",
        },
        price="ect_session",
    ),
    "rtms": Treatment(
        "rTMS or iTBS, a course",
        {
            "p_remission": "p_rtms",
            "course_other_sessions": "rtms_course_sessions",
            "course_cost": "assessment_price + rtms_session * course_other_sessions",
        },
        price="rtms_session",
    ),
}


def _repeated(treatment: str, courses: int) -> tuple[str, ...]:
    return (treatment,) * courses


def strategies(courses: int | None = None) -> tuple[Strategy, ...]:
    """Return all strategies; `courses` of the same treatment at most (None: as in guidance)."""
    most = int(parameter("courses_at_most").value) if courses is None else courses
    return (
        Strategy(USUAL_CARE, "Usual care", _repeated("usual", most)),
        Strategy("iv_course", "IV ketamine, then stop", _repeated("iv", most)),
        Strategy("iv_maintained", "IV ketamine with IV maintenance", _repeated("iv_maintained", most)),
        Strategy("iv_then_oral", "IV ketamine, maintained by mouth", _repeated("iv_then_oral", most)),
        Strategy("iv_then_sc", "IV ketamine, maintained under the skin", _repeated("iv_then_sc", most)),
        Strategy("esketamine", "Esketamine with maintenance", _repeated("esketamine", most)),
        Strategy("ect", "ECT", _repeated("ect", most)),
        Strategy("rtms", "rTMS or iTBS", _repeated("rtms", most)),
        Strategy("iv_then_ect", "IV ketamine, then ECT", ("iv", *_repeated("ect", max(1, most - 1))), moves_on=True),
        Strategy("ect_then_iv", "ECT, then IV ketamine", ("ect", *_repeated("iv", max(1, most - 1))), moves_on=True),
    )


def unpriced(strategy: Strategy, inputs: Inputs) -> tuple[str, ...]:
    """Return the prices without which a strategy has no cost: neither filled in nor with a stand-in."""
    prices = dict.fromkeys(TREATMENTS[name].price for name in strategy.sequence if TREATMENTS[name].price)
    return tuple(name for name in prices if inputs.value(name) is None)
