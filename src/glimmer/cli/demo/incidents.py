"""The demo's incidents: one reaction half-way to its closing, and a near miss that somebody has just reported."""

from datetime import timedelta

from glimmer.actions.incidents import Draft, add_step, assess_incident, report_incident
from glimmer.care.incidents import Assessment, Kind, Step
from glimmer.cli.demo.clinic import DemoClinic
from glimmer.records.models import TreatmentSession


def report_incidents(clinic: DemoClinic) -> None:
    """Report what a clinic of this size might have had lately; nobody in it is real."""
    ended = TreatmentSession.objects.filter(ended_at__isnull=False).exclude(phase="cancelled")
    session = ended.select_related("episode").order_by("-opened_at").first()
    if session is None:
        return
    happened = session.opened_at + timedelta(minutes=50)
    draft = Draft(
        Kind.ADVERSE_EVENT,
        "Vomited three times after the infusion and had to lie down for an hour longer.",
        "Ondansetron given by the psychiatrist; observed until well.",
        "vomiting",
        happened,
        session.episode,
        session,
    )
    report = report_incident(draft, by=clinic.nurse, at=happened + timedelta(minutes=30))
    made = Assessment(
        "vomiting", "", 2, (), True, "probable", "Ketamine (racemic)", "low", "none", False, "Told of it beforehand."
    )
    assess_incident(report, made, seen=0, by=clinic.psychiatrist, at=happened + timedelta(hours=3))
    recovered = {"outcome": "recovered", "note": "Well at the telephone call of the evening."}
    add_step(report, Step.OUTCOME, recovered, seen=1, by=clinic.nurse, at=happened + timedelta(hours=6))
    near = Draft(Kind.NEAR_MISS, "Two syringes without a label lay beside each other. Both were discarded before use.")
    report_incident(near, by=clinic.second_nurse, at=clinic.now - timedelta(hours=2))
