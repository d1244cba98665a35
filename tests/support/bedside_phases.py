"""Fill the database of a clinic that runs in another process with one session in each phase.

python -m tests.support.bedside_phases PASSWORD     prints what a monitor at each bedside knows, by phase
"""

import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import django

django.setup()

from glimmer.actions.session import (  # noqa: E402
    cancel_session,
    discharge_patient,
    pause_infusion,
    record_leaving,
    record_side_effect,
)
from glimmer.actions.watch import watch  # noqa: E402
from glimmer.guidance import protocol  # noqa: E402
from glimmer.records.models import TreatmentSession  # noqa: E402
from glimmer.vocabulary.parameters import Parameter  # noqa: E402
from tests.support.bedside import PROTOCOL, Ward, a_ward  # noqa: E402

MINUTE = timedelta(minutes=1)


def fill(password: str) -> dict[str, Any]:
    """Make the sessions; everybody's password is `password`."""
    now = datetime.now(UTC)
    told: dict[str, Any] = {}
    for phase, minutes_ago in STARTED.items():
        ward = a_ward(now - minutes_ago * MINUTE)
        session = MAKE[phase](ward)
        told[phase] = {
            "session": session.pk,
            "monitor": ward.monitor.identifier,
            "local_number": ward.patient.local_number,
        }
    for person in (ward.nurse, ward.second_nurse, ward.psychiatrist, ward.pharmacist, ward.officer):
        person.set_password(password)
        person.save()
    return told


def _checks(ward: Ward) -> TreatmentSession:
    session = ward.open()
    ward.answer_checks(session, food="no")
    return session


def _running(ward: Ward) -> TreatmentSession:
    session = ward.running()
    record_side_effect(session, "dizziness", "mild", "reported", by=ward.nurse, at=ward.now + MINUTE)
    return session


def _called(ward: Ward) -> TreatmentSession:
    """A high alarm of twenty minutes ago that nobody took charge of."""
    session = ward.running()
    at = ward.now + 5 * MINUTE
    ward.observe(session, at, values={Parameter.SYSTOLIC: 214, Parameter.DIASTOLIC: 101})
    watch(at)
    return session


def _paused(ward: Ward) -> TreatmentSession:
    session = ward.running()
    pause_infusion(session, "The patient asked for a break", by=ward.nurse, at=ward.now + MINUTE)
    return session


def _left(ward: Ward) -> TreatmentSession:
    session = ward.recovering()
    at = ward.now + 161 * MINUTE
    ward.observe(session, at)
    answers = {one.id: ("yes", "") for one in protocol(PROTOCOL).leaving if not one.measured}
    record_leaving(session, answers, by=ward.nurse, at=at)
    discharge_patient(session, "Sister, Ada", by=ward.nurse, at=at)
    return session


def _cancelled(ward: Ward) -> TreatmentSession:
    session = ward.open()
    cancel_session(session, "A large lunch", by=ward.nurse)
    return session


STARTED = {
    "checks": 1,
    "ready": 1,
    "running": 2,
    "called": 25,
    "paused": 2,
    "recovering": 45,
    "left": 170,
    "cancelled": 1,
}
MAKE = {
    "checks": _checks,
    "ready": lambda ward: ward.ready(),
    "running": _running,
    "called": _called,
    "paused": _paused,
    "recovering": lambda ward: ward.recovering(),
    "left": _left,
    "cancelled": _cancelled,
}

if __name__ == "__main__":
    print(json.dumps(fill(sys.argv[1])))
