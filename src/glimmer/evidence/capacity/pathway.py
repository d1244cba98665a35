"""The way of a patient through the clinic, from the protocol files: minutes, sessions, days between, vials."""

from dataclasses import dataclass, replace

from glimmer.evidence.capacity.clinic import BadPlan
from glimmer.evidence.economics.clinic.inputs import Inputs as Prices
from glimmer.evidence.economics.clinic.session_cost import vial_size, vials_for
from glimmer.guidance.capacity import structure
from glimmer.guidance.economics import parameter
from glimmer.guidance.protocol import Protocol, protocol
from glimmer.scheduling.slots import rhythm_of
from glimmer.vocabulary.people import Role

COURSE, MAINTENANCE = "iv-racemic-standard", "iv-racemic-maintenance"
UNIFORM, EXPONENTIAL = "uniform", "exponential"
LAWS = (UNIFORM, EXPONENTIAL)
DAYS_A_MONTH = 365.25 / 12
# A longer maintenance is no plan of this clinic but a word for "until relapse".
MOST_MONTHS = 360


@dataclass(frozen=True, slots=True)
class Session:
    """What one session takes: minutes of a chair, a nurse's place and a doctor, and containers of the drug.

    The nurse's minutes are those of one of the places that a nurse has: see `nurse_share` of the clinic.
    """

    chair_minutes: float
    nurse_minutes: float
    doctor_minutes: float
    vials: int = 0

    def __post_init__(self) -> None:
        if not self.chair_minutes > 0 or min(self.nurse_minutes, self.doctor_minutes, self.vials) < 0:
            raise BadPlan(f"A session of {self} cannot be. A chair is taken for some minutes, and nothing is below 0.")

    @classmethod
    def of(cls, found: Protocol, prices: Prices | None = None) -> "Session":
        """Return what a session under a protocol takes, with the same minutes and vials as its cost is built from."""
        minutes = found.staff_minutes
        return cls(
            found.chair_minutes,
            min(minutes.get(Role.NURSE, 0), found.chair_minutes),
            min(minutes.get(Role.PSYCHIATRIST, 0), found.chair_minutes),
            _containers(found, prices or Prices()),
        )


def _containers(found: Protocol, prices: Prices) -> int:
    """Return the vials or devices of one session at the typical weight."""
    dose = found.dose.value * (prices.figure("typical_weight") if found.doses_by_weight else 1)
    return found.steps_for(dose) if found.container_mg else vials_for(dose, vial_size(found, prices))[0]


@dataclass(frozen=True, slots=True)
class Pathway:
    """From referral to maintenance. Days between sessions are taken in turn; maintenance goes on at its last spacing.

    `maintenance_months` is for how long it goes on at most: None until relapse, or until somebody stops. Most of a
    clinic's sessions follow from it, so there is no usual value. A patient has at most `courses_at_most` courses.
    `law` is how long a session really lasts around its minutes: "uniform" within `session_spread`, or "exponential",
    which is for comparison with formulas. `protocols` names what it was read from.
    """

    course: Session
    course_sessions: int
    course_days: tuple[int, ...]
    maintenance: Session
    maintenance_days: tuple[int, ...]
    maintenance_months: float | None
    assessment_minutes: float = 0.0
    assessment_spread: float = 0.0
    session_spread: float = 0.0
    preparation_days: int = 0
    no_show_minutes: float = 0.0
    rebook_days: int = 1
    relapse_wait_days: int = 0
    courses_at_most: int = 1
    law: str = UNIFORM
    first_come: bool = False
    protocols: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.law not in LAWS:
            raise BadPlan(f"{self.law!r} is no law of a session's length. There is: {', '.join(LAWS)}.")
        if self.course_sessions < 1 or self.courses_at_most < 1:
            raise BadPlan("A course has at least one session, and a patient at least one course.")
        if min((*self.course_days, *self.maintenance_days, self.rebook_days), default=0) < 1:
            raise BadPlan("Days between two sessions must be given, and each be at least 1.")
        if min(self.assessment_minutes, self.no_show_minutes, self.preparation_days, self.relapse_wait_days) < 0:
            raise BadPlan("No minutes and no days of a pathway may be below 0.")
        if self.maintenance_months is not None and not 0 < self.maintenance_months <= MOST_MONTHS:
            raise BadPlan(
                f"Maintenance for {self.maintenance_months:g} months cannot be. Give more than 0 and at most "
                f"{MOST_MONTHS}, or let it go on until relapse."
            )
        if self.maintenance_months is not None and not self.maintenance_sessions:
            raise BadPlan(
                f"Maintenance that ends after {self.maintenance_months:g} months ends before its first session, which "
                f"is {self.maintenance_days[0]} days after the course. Let it last longer, or go on until relapse."
            )
        if not (0 <= self.session_spread < 1 and 0 <= self.assessment_spread < 1):
            raise BadPlan("How much minutes vary is a share from 0 to below 1.")

    @classmethod
    def from_protocol(
        cls, course: Protocol | str = COURSE, maintenance: Protocol | str = MAINTENANCE, *, months: float | None
    ) -> "Pathway":
        """Return the pathway of two protocols (or their ids, newest versions); the rest from guidance/capacity.

        `months` is for how long maintenance goes on at most, None until relapse. It must be said: the protocol names
        the sessions of a taper, and not when a patient who stays well is to stop.
        """
        first = protocol(course) if isinstance(course, str) else course
        then = protocol(maintenance) if isinstance(maintenance, str) else maintenance
        return cls(
            course=Session.of(first),
            course_sessions=int(first.sessions.value),
            course_days=rhythm_of(first).gaps,
            maintenance=Session.of(then),
            maintenance_days=rhythm_of(then).gaps,
            maintenance_months=months,
            assessment_minutes=structure("assessment_minutes").value,
            assessment_spread=structure("assessment_spread").value,
            session_spread=structure("session_spread").value,
            preparation_days=structure("preparation_days").value,
            no_show_minutes=structure("no_show_minutes").value,
            rebook_days=structure("rebook_days").value,
            relapse_wait_days=int(parameter("wait_for_next_course_days").value),
            courses_at_most=int(parameter("courses_at_most").value),
            protocols=(f"{first.id} {first.version}", f"{then.id} {then.version}"),
        )

    def every(self, days: int) -> "Pathway":
        """Return the pathway with maintenance at one spacing in place of the protocol's."""
        return replace(self, maintenance_days=(days,))

    @property
    def maintenance_sessions(self) -> int:
        """After so many sessions maintenance ends; 0 where it goes on until relapse."""
        if self.maintenance_months is None:
            return 0
        days, count, last = 0, 0, len(self.maintenance_days) - 1
        while days + self.maintenance_days[min(count, last)] <= self.maintenance_months * DAYS_A_MONTH:
            days += self.maintenance_days[min(count, last)]
            count += 1
        return count

    @property
    def maintenance_in_words(self) -> str:
        """Until when maintenance goes on, to be said with every answer."""
        if self.maintenance_months is None:
            return f"Maintenance goes on every {self.maintenance_days[-1]} days until relapse or until somebody stops."
        return (
            f"Maintenance ends after {self.maintenance_months:g} months ({self.maintenance_sessions} sessions), or "
            "before with a relapse or when somebody stops."
        )
