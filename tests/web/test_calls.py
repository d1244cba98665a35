"""Whoever is called to an alarm learns of it on every page, and nobody else does."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from glimmer.actions import live
from glimmer.actions.session import acknowledge_alarm
from glimmer.actions.watch import watch
from glimmer.records.models import Staff
from glimmer.vocabulary.parameters import Parameter
from glimmer.web import calls
from glimmer.web.session_alarms import alarm_rows
from tests.support.bedside import Ward, a_ward, protocol

pytestmark = pytest.mark.django_db
EXTREME = {"values": {Parameter.SYSTOLIC: 212, Parameter.DIASTOLIC: 101}}


@pytest.fixture(autouse=True)
def nothing_remembered() -> Any:
    live.forget_all()
    calls._KEPT.clear()
    yield
    live.forget_all()


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def ward(db: None, now: datetime) -> Ward:
    return a_ward(now - timedelta(minutes=2))


def high_for(role: str, at: datetime) -> list[calls.Call]:
    return [call for call in calls.calls_for(role, at) if call.says.startswith("Extremely high")]


def test_each_rung_is_told_when_its_time_has_come_until_somebody_takes_charge(ward: Ward, now: datetime) -> None:
    session = ward.running()
    ward.observe(session, now, **EXTREME)
    watch(now)
    pinned = protocol("iv-racemic-standard")
    rule = next(rule for rule in pinned.alarms if rule.id == "hypertension-extreme")
    row = next(
        row for row in alarm_rows(live.live_view(session.pk, now).state) if row.says.startswith("Extremely high")
    )
    assert row.calls_next == pinned.escalation[rule.first_rung - 1].to
    for number, rung in enumerate(pinned.escalation[rule.first_rung - 1 :], start=1):
        due = now + timedelta(seconds=number * rule.escalate_after_seconds)
        (call,) = high_for(rung.roles[0], due + timedelta(seconds=1))
        assert (call.bay, call.priority, call.escalated_to) == (ward.bay.name, "high", rung.to)
        if number == 1:
            others = {"nurse", "psychiatrist"} - set(rung.roles)
            assert all(high_for(role, due - timedelta(seconds=1)) == [] for role in ("nurse", "psychiatrist"))
            assert all(high_for(role, due + timedelta(seconds=1)) == [] for role in others)
    acknowledge_alarm(session, row.key, by=ward.nurse)
    assert high_for("psychiatrist", now + timedelta(hours=1)) == []


def test_banner_is_given_to_those_who_take_charge_and_is_empty_when_nobody_was_called(ward: Ward) -> None:
    client = Client()
    client.force_login(ward.nurse)
    assert client.get(reverse("calls")).json() == {"html": ""}
    assert b"data-calls" in client.get("/").content
    client.force_login(Staff.objects.create(username="gil", name="Gil Thackeray", role="manager"))
    assert client.get(reverse("calls")).status_code == 403
    assert b"data-calls" not in client.get("/").content
