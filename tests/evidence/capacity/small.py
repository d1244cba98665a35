"""Small clinics that formulas can answer: open day and night, one session each, and inputs that are known."""

from datetime import date, timedelta

from glimmer.evidence.capacity import Clinic, Pathway, Priors, Session, Shift, priors
from glimmer.scheduling.opening import Hours, Opening, OtherDay
from glimmer.scheduling.wall import MINUTES_A_DAY

BEGINS = date(2027, 1, 4)
ALL_DAY = Hours(0, MINUTES_A_DAY)


def always_open(chairs: int, years: int = 3, **people: int) -> Clinic:
    """Return a clinic that never closes, bank holidays included, with people on duty at all hours."""
    days = [BEGINS + timedelta(days=number) for number in range(years * 366)]
    opening = Opening({}, {day: OtherDay(ALL_DAY, "") for day in days})
    on_duty = {"nurses": chairs, "doctors": chairs, "assessors": 1} | people
    rota = (tuple(Shift(day, 0, MINUTES_A_DAY, **on_duty) for day in range(7)),)
    return Clinic("Always open", chairs, opening, rota, BEGINS, nurse_share=1)


def one_session(minutes: float, law: str = "exponential") -> Pathway:
    """Return a pathway of a single session, without assessment and without a wait before it."""
    one = Session(minutes, minutes, 0)
    return Pathway(one, 1, (1,), one, (7,), None, law=law)


def known(referrals_per_week: float, **others: float) -> Priors:
    """Return inputs that are known: everybody is accepted, comes, and has one course without response."""
    plain = {
        "urgent_share": 0,
        "accepted": 1,
        "goes_on": 1,
        "gives_up_per_week": 0,
        "worsens_per_week": 0,
        "did_not_attend": 0,
        "response": 0,
        "leaves_course": 0,
        "leaves_maintenance": 0,
        "returns": 0,
        "relapse_shape_ketamine": 0.55,
        "relapse_scale_ketamine_days": 261,
        "maintenance_hazard_ratio": 0.49,
    }
    return priors().with_own(referrals_per_week=referrals_per_week, **(plain | others))
