"""The report on signs of diversion: names for the officer alone, numbers for the pharmacist, a line for each look."""

from datetime import timedelta
from typing import Any

import pytest

from glimmer.actions.controlled import Draft, account_for_drug, write_entry
from glimmer.actions.diversion import report_signals
from glimmer.actions.session import complete_infusion, start_infusion
from glimmer.care.controlled import Kind
from glimmer.care.diversion import Sign
from glimmer.records.audit import AuditLine
from glimmer.records.models import Staff
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.problems import NotAllowed
from tests.support.bedside import NOON, a_ward
from tests.support.register import a_page, received, take

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def test_report_names_a_person_to_the_officer_alone(db: None) -> None:
    ward = a_ward()
    officer = Staff.objects.create(username="orla", name="Orla", role=Role.ACCOUNTABLE_OFFICER.value)
    for _ in range(2):
        page = a_page(ward)
        two: dict[str, Any] = {"by": ward.nurse, "witness": ward.second_nurse, "at": NOON}
        write_entry(page, received(1), seen=1, **two)
        write_entry(page, Draft(Kind.CHECK, counted=10), seen=2, **{**two, "by": ward.psychiatrist})
    session = ward.ready()
    take(session, page, seen=3, by=ward.nurse, witness=ward.second_nurse, at=NOON)
    start_infusion(session, by=ward.nurse, at=NOON)
    complete_infusion(session, 50, by=ward.nurse, at=NOON + HOUR)
    account_for_drug(session, 3.5, 16.5, by=ward.nurse, witness=ward.second_nurse, at=NOON + HOUR)
    report = report_signals(by=officer, at=NOON + HOUR)
    assert dict(report.counts)[Sign.DRIFT] == 2
    assert sorted(one.name for one in report.named) == sorted([str(ward.nurse), str(ward.pharmacist)])
    line = AuditLine.objects.order_by("pk").last()
    assert line is not None
    assert (line.action, line.details) == ("report_signals", {"found": 2, "names": True})
    assert report_signals(by=ward.pharmacist, at=NOON + HOUR).named == ()
    assert dict(report_signals(by=officer, at=NOON + timedelta(days=91)).counts)[Sign.DRIFT] == 0
    with pytest.raises(NotAllowed):
        report_signals(by=ward.nurse)
