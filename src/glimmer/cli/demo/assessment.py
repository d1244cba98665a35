"""What an assessment leaves behind in the demo: medicines, tests, a safety plan, and a case for the meeting."""

from datetime import timedelta

from django.utils import timezone

from glimmer.actions.baseline_tests import record_result
from glimmer.actions.medicines import record_medicines
from glimmer.actions.meeting import give_view, put_on_the_list
from glimmer.actions.urgent import SafetyPlanDetails, write_safety_plan
from glimmer.cli.demo.journeys import Journey
from glimmer.records.urgent import PLAN, RISK

BLOODS = ("blood_count", "kidney", "liver", "thyroid")
NEXT_MEETING = timedelta(days=3)


def assess(journey: Journey) -> None:
    """Record what is known of a patient whom the next meeting is asked about."""
    clinic, episode, at = journey.clinic, journey.episode, journey.clock
    day = timezone.localtime(at).date()
    record_medicines(
        episode, "Sertraline 150 mg in the morning\nZopiclone 7.5 mg at night", "the patient", by=clinic.nurse, at=at
    )
    record_result(episode, "blood_pressure", day, pressure=(132, 84), by=clinic.nurse, at=at)
    for test in BLOODS:
        record_result(episode, test, day - timedelta(days=5), "normal", by=clinic.nurse, at=at)
    record_result(episode, "drug_screen", day, "negative", by=clinic.nurse, at=at)
    write_safety_plan(episode, _plan(journey), by=clinic.nurse, at=at)
    meeting_on = timezone.localtime(clinic.now).date() + NEXT_MEETING
    case = put_on_the_list(episode, meeting_on, "Is anything against a first course?", by=clinic.administrator, at=at)
    give_view(case, "for", "Two adequate trials; the tests are in order.", by=clinic.nurse, at=at)
    give_view(case, "unsure", "The sleeping tablet should be left out the night before.", by=clinic.pharmacist, at=at)


def _plan(journey: Journey) -> SafetyPlanDetails:
    words = {
        "warning_signs": "Wakes at four and lies awake; stops answering messages.",
        "own_means": "Walks along the canal; calls somebody before dark.",
        "helpers": "Sister, and the neighbour on the ground floor.",
        "services": "The clinic by day, 01632 960 101. NHS 111, choose mental health, at any hour.",
        "safer_home": "The pharmacy gives a week's medicines at a time.",
    }
    return SafetyPlanDetails(
        risk={part: answers[0] for part, (_, answers) in RISK.items()},
        plan={part: words.get(part, "") for part in PLAN},
        made_with_patient=True,
        copy_given=True,
        review_on=timezone.localtime(journey.clinic.now).date() + timedelta(days=21),
    )
