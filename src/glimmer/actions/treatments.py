"""What was given in each session of a journey, read from the sessions' logs."""

from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from glimmer.care.session.course import Course
from glimmer.care.session.events import InfusionStopped
from glimmer.care.session.functions import functions_of
from glimmer.care.session.log import fold
from glimmer.records.episodes import Episode
from glimmer.records.logbook import events_of
from glimmer.records.sessions import TreatmentSession


@dataclass(frozen=True, slots=True)
class Treatment:
    """One session that is over. `dose_mg` is what reached the patient: 0 when no drug was given.

    For an infusion stopped early it is worked out from the volume at the prepared rate until then; with dose
    arithmetic off it is not, and `dose_mg` is the syringe's, of which the patient had a part (`is_part`).
    """

    number: int
    day: date
    drug: str
    dose_mg: float
    ended: str
    side_effects: tuple[str, ...]
    is_part: bool = False

    @property
    def dose_in_words(self) -> str:
        """The dose as a letter gives it."""
        if not self.dose_mg:
            return "None"
        part = ", of which a part was given (not worked out)" if self.is_part else ""
        return f"{self.drug} {self.dose_mg:.1f} mg{part}"


def treatments_of(episode: Episode) -> tuple[Treatment, ...]:
    """Return the sessions of a journey that are over, in their order."""
    over = TreatmentSession.objects.filter(episode=episode, ended_at__isnull=False).order_by("opened_at")
    return tuple(treatment_of(session) for session in over)


def treatment_of(session: TreatmentSession) -> Treatment:
    """Return what was given in one session."""
    log = fold(events_of(session.pk))
    course = log.course
    effects = [f"{event.what.symptom} ({event.what.severity})" for event in log.side_effects]  # type: ignore[attr-defined]
    is_part = course.was_stopped_early and not functions_of(log).dose_arithmetic
    return Treatment(
        number=session.number,
        day=timezone.localtime(session.opened_at).date(),
        drug=course.preparation.drug if course.preparation else "",
        dose_mg=course.preparation.dose_mg if is_part and course.preparation else dose_given_mg(course),
        ended=_ended(course),
        side_effects=tuple(dict.fromkeys(effects)),
        is_part=is_part,
    )


def dose_given_mg(course: Course) -> float:
    """Return the mg that reached the patient by the end of the infusion; 0 when it never started."""
    syringe = course.preparation
    if syringe is None or course.started is None or course.ended_at is None:
        return 0
    if not course.was_stopped_early:
        return syringe.dose_mg
    return min(course.expected_volume_ml(course.ended_at) * syringe.final_concentration_mg_per_ml, syringe.dose_mg)


def _ended(course: Course) -> str:
    if course.started is None:
        return f"Not given: {course.cancelled.what.reason}" if course.cancelled else "Not given"  # type: ignore[attr-defined]
    if course.ended is not None and isinstance(course.ended.what, InfusionStopped):
        minutes = course.infusion_minutes(course.ended.happened_at)
        return f"Stopped after {minutes:.0f} minutes: {course.ended.what.reason}"
    return "Completed"
