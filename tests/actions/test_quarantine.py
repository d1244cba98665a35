"""Deciding about device messages that were not charted: two people attribute, one discards, and each counts once."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from glimmer.actions import quarantine as do
from glimmer.actions.devices import connect_bay
from glimmer.actions.readings import Stored, chart_messages
from glimmer.actions.replay import Player
from glimmer.actions.session import cancel_session
from glimmer.care.session.events import DeviceReadings
from glimmer.config.bedside import facts_of
from glimmer.gateway.message import read_message
from glimmer.gateway.sink import Received
from glimmer.monitoring.state import as_received, session_state
from glimmer.records.logbook import events_of
from glimmer.records.models import AuditLine, InboundMessage, QuarantineDecision, QuarantineGroup, TreatmentSession
from glimmer.vocabulary.problems import BadInput, ChangedMeanwhile, NotAllowed, RuleRefused
from tests.support.bedside import NOON, Ward, a_ward
from tests.support.monitor_line import vitals

pytestmark = pytest.mark.django_db
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
LATER = NOON + 30 * MINUTE


@pytest.fixture
def ward(db: None) -> Ward:
    return a_ward()


def sends(ward: Ward, *moments: datetime, systolic: int = 131, number: str = "") -> list[Stored]:
    """The ward's monitor sends HL7 at these moments, naming the ward's patient where no other number is given."""
    told = []
    for at in moments:
        raw = vitals(f"{at.timestamp()}", ward.monitor.identifier, number or ward.patient.local_number, systolic, at)
        told.append(facts_of(Received(raw, read_message(raw, at), at, "")))
    return chart_messages(told)


def charted(session: TreatmentSession) -> list[DeviceReadings]:
    return [event.what for event in events_of(session.pk) if isinstance(event.what, DeviceReadings)]


def the_group() -> QuarantineGroup:
    return QuarantineGroup.objects.get()


# Grouping


def test_what_a_monitor_sends_each_second_is_one_group_with_its_extremes(ward: Ward) -> None:
    ward.open(connected=False)
    for second, systolic in enumerate((131, 190, 88, 120)):
        sends(ward, NOON + second * SECOND, systolic=systolic)
    group = the_group()
    assert (group.count, group.first_at, group.last_at) == (4, NOON, NOON + 3 * SECOND)
    assert group.values["systolic"] == {"first": 131, "last": 120, "low": 88, "high": 190, "n": 4}
    assert InboundMessage.objects.filter(group=group).count() == 4
    assert ward.patient.local_number in group.named


def test_another_identity_or_a_long_silence_begins_another_group(ward: Ward) -> None:
    sends(ward, NOON, NOON + 9 * MINUTE)
    sends(ward, NOON + 9 * MINUTE + SECOND, number="G999999")
    sends(ward, NOON + 20 * MINUTE)
    counts = QuarantineGroup.objects.order_by("pk").values_list("count", flat=True)
    assert list(counts) == [2, 1, 1]


def test_reasons_that_differ_only_in_their_numbers_are_one_group(ward: Ward) -> None:
    ward.open()
    for second in range(3):
        at = NOON + MINUTE + second * SECOND
        raw = vitals(f"{second}", ward.monitor.identifier, ward.patient.local_number, 131, at - 60 * MINUTE)
        raw = raw.replace(b"MSH", b"MSH", 1)
        chart_messages([facts_of(Received(raw, read_message(raw, at + second * SECOND), at + second * SECOND, ""))])
    assert the_group().count == 3


def test_everything_that_was_not_charted_has_a_group(ward: Ward) -> None:
    ward.open()
    sends(ward, NOON + MINUTE, number="9990000026")
    raw = b"this is no HL7"
    chart_messages([facts_of(Received(raw, read_message(raw, NOON), NOON, ""))])
    assert not InboundMessage.objects.exclude(status__in=["charted", "noted"]).filter(group=None).exists()
    assert InboundMessage.objects.exclude(status__in=["charted", "noted"]).count() == 2


def test_group_that_is_decided_on_takes_no_further_message(ward: Ward) -> None:
    sends(ward, NOON)
    do.discard_messages(the_group(), "Test patient", seen=0, by=ward.nurse, at=NOON)
    sends(ward, NOON + SECOND)
    assert list(QuarantineGroup.objects.order_by("pk").values_list("count", "state")) == [(1, "discarded"), (1, "open")]


def test_database_refuses_a_damaged_message_on_a_chart(ward: Ward) -> None:
    raw = b"this is no HL7"
    (stored,) = chart_messages([facts_of(Received(raw, read_message(raw, NOON), NOON, ""))])
    assert stored.status == "refused"
    with pytest.raises(IntegrityError), transaction.atomic():
        QuarantineGroup.objects.update(state="attributed")


# Attributing


def test_two_people_attribute_and_the_values_stand_as_measured_received_now(ward: Ward) -> None:
    session = ward.open(connected=False)
    sends(ward, NOON + MINUTE, NOON + MINUTE + SECOND)
    group = the_group()
    do.propose_attribution(
        group, session.pk, "I connected it late; she was the only one here", seen=0, by=ward.nurse, at=LATER
    )
    assert charted(session) == []
    made = do.attribute_messages(group, seen=1, by=ward.second_nurse, at=LATER + MINUTE)
    assert (made.charted, made.left_out, made.proposed_by) == (2, 0, ward.nurse)
    events = [event for event in events_of(session.pk) if isinstance(event.what, DeviceReadings)]
    assert [event.happened_at for event in events] == [NOON + MINUTE, NOON + MINUTE + SECOND]
    assert {event.received_at for event in events} == {LATER + MINUTE}
    assert {event.by_id for event in events} == {ward.second_nurse.pk}
    assert "Maya Okafor" in events[0].by
    assert "Jo Sparrow" in events[0].by
    numbers = InboundMessage.objects.order_by("pk").values_list("pk", flat=True)
    assert [event.what.message_id for event in events] == list(numbers)
    audit = AuditLine.objects.last()
    assert audit is not None
    assert (audit.action, audit.patient_id, audit.details["charted"]) == ("attribute_messages", ward.patient.pk, 2)


def test_who_proposed_does_not_confirm(ward: Ward) -> None:
    session = ward.open(connected=False)
    sends(ward, NOON + MINUTE)
    do.propose_attribution(the_group(), session.pk, "Seen", seen=0, by=ward.nurse, at=LATER)
    with pytest.raises(RuleRefused, match="Another person"):
        do.attribute_messages(the_group(), seen=1, by=ward.nurse, at=LATER)
    assert charted(session) == []
    with pytest.raises(IntegrityError), transaction.atomic():
        QuarantineDecision.objects.create(
            group=the_group(), seq=2, step="attributed", session=session, by=ward.nurse, at=LATER,
            proposed_by=ward.nurse, charted=1, left_out=0,
        )  # fmt: skip


def test_messages_that_name_somebody_else_need_each_persons_word_that_they_know_it(ward: Ward) -> None:
    session, other = ward.open(connected=False), a_ward()
    sends(ward, NOON + SECOND, number=other.patient.local_number)
    group = the_group()
    with pytest.raises(BadInput, match="name somebody else") as refused:
        do.propose_attribution(group, session.pk, "Left in the monitor", seen=0, by=ward.nurse, at=LATER)
    assert refused.value.field == "sure"
    do.propose_attribution(group, session.pk, "Left in the monitor", seen=0, by=ward.nurse, sure=True, at=LATER)
    with pytest.raises(BadInput, match="name somebody else"):
        do.attribute_messages(group, seen=1, by=ward.second_nurse, at=LATER)
    assert charted(session) == []
    do.attribute_messages(group, seen=1, by=ward.second_nurse, sure=True, at=LATER)
    assert len(charted(session)) == 1


def test_nothing_is_attributed_twice_and_nothing_charted_again_when_the_device_repeats_it(ward: Ward) -> None:
    session = ward.open(connected=False)
    sends(ward, NOON + MINUTE)
    do.propose_attribution(the_group(), session.pk, "Seen", seen=0, by=ward.nurse, at=LATER)
    do.attribute_messages(the_group(), seen=1, by=ward.second_nurse, at=LATER)
    for seen in (1, 2):
        with pytest.raises((ChangedMeanwhile, RuleRefused)):
            do.attribute_messages(the_group(), seen=seen, by=ward.psychiatrist, at=LATER)
    with pytest.raises(RuleRefused):
        do.reopen_messages(the_group(), "Wrong", seen=2, by=ward.psychiatrist, at=LATER)
    connect_bay(session, by=ward.nurse, at=LATER)
    (again,) = sends(ward, NOON + MINUTE)
    assert again.status == "duplicate"
    assert len(charted(session)) == 1


def test_of_two_people_who_decide_one_wins_and_the_other_is_told(ward: Ward) -> None:
    session = ward.open(connected=False)
    sends(ward, NOON + MINUTE)
    do.discard_messages(the_group(), "A test", seen=0, by=ward.nurse, at=LATER)
    with pytest.raises(ChangedMeanwhile, match="Maya Okafor"):
        do.propose_attribution(the_group(), session.pk, "Hers", seen=0, by=ward.second_nurse, at=LATER)


def test_discard_can_be_taken_back_and_then_attributed(ward: Ward) -> None:
    session = ward.open(connected=False)
    sends(ward, NOON + MINUTE)
    do.discard_messages(the_group(), "A test", seen=0, by=ward.nurse, at=LATER)
    do.reopen_messages(the_group(), "It was hers", seen=1, by=ward.second_nurse, at=LATER)
    do.propose_attribution(the_group(), session.pk, "Seen", seen=2, by=ward.nurse, at=LATER)
    do.reopen_messages(the_group(), "Not sure", seen=3, by=ward.psychiatrist, at=LATER)
    do.propose_attribution(the_group(), session.pk, "Asked her", seen=4, by=ward.nurse, at=LATER)
    do.attribute_messages(the_group(), seen=5, by=ward.psychiatrist, at=LATER)
    steps = QuarantineDecision.objects.values_list("step", flat=True)
    assert list(steps) == ["discarded", "reopened", "proposed", "reopened", "proposed", "attributed"]
    assert len(charted(session)) == 1


@pytest.mark.parametrize("reason", ["", "  "])
def test_each_decision_needs_a_reason(ward: Ward, reason: str) -> None:
    session = ward.open(connected=False)
    sends(ward, NOON + MINUTE)
    with pytest.raises(BadInput):
        do.propose_attribution(the_group(), session.pk, reason, seen=0, by=ward.nurse, at=LATER)
    with pytest.raises(BadInput):
        do.discard_messages(the_group(), reason, seen=0, by=ward.nurse, at=LATER)


def test_only_nurse_and_psychiatrist_decide(ward: Ward) -> None:
    sends(ward, NOON)
    with pytest.raises(NotAllowed):
        do.discard_messages(the_group(), "A test", seen=0, by=ward.pharmacist, at=LATER)
    with pytest.raises(NotAllowed):
        do.groups(ward.researcher)


def test_damaged_messages_can_only_be_discarded(ward: Ward) -> None:
    session = ward.open()
    raw = vitals("1", ward.monitor.identifier, ward.patient.local_number, 131, NOON)
    two = raw.replace(b"\rOBR", b"\rPID|||G999999^^^CLINIC^MR\rOBR")
    chart_messages([facts_of(Received(two, read_message(two, NOON), NOON, ""))])
    group = the_group()
    if do.may_be_attributed(group):
        do.propose_attribution(group, session.pk, "Hers", seen=0, by=ward.nurse, at=LATER)
        assert do.attribute_messages(group, seen=1, by=ward.second_nurse, at=LATER).charted == 0
    else:
        with pytest.raises(RuleRefused):
            do.propose_attribution(group, session.pk, "Hers", seen=0, by=ward.nurse, at=LATER)
    assert charted(session) == []


def test_only_a_session_that_was_live_then_can_be_chosen_and_only_its_own_time_is_charted(ward: Ward) -> None:
    other = a_ward()
    session = ward.open(connected=False)
    sends(ward, *(NOON + minute * MINUTE for minute in range(-3, 8)))
    cancel_session(session, "Went home", by=ward.nurse, at=NOON + 5 * MINUTE + SECOND)
    late = other.open(NOON + 20 * MINUTE, connected=False)
    groups = list(QuarantineGroup.objects.all())
    assert [set(do.sessions_then(group)) <= {session} for group in groups] == [True] * len(groups)
    for group in groups:
        with pytest.raises(BadInput):
            do.propose_attribution(group, late.pk, "Hers", seen=0, by=ward.nurse, at=LATER)
        if session in do.sessions_then(group):
            do.propose_attribution(group, session.pk, "Hers", seen=0, by=ward.nurse, at=LATER)
            do.attribute_messages(group, seen=1, by=ward.second_nurse, at=LATER)
    assert len(charted(session)) == 6
    moments = {reading.measured_at for what in charted(session) for reading in what.readings}
    assert min(moments) == NOON
    assert max(moments) == NOON + 5 * MINUTE


def test_history_of_a_session_that_ended_changes_nothing_that_was_shown(ward: Ward) -> None:
    session = ward.open(connected=False)
    sends(ward, NOON + MINUTE, systolic=201)
    cancel_session(session, "Went home", by=ward.nurse, at=NOON + 5 * MINUTE)
    before = events_of(session.pk)
    seen = session_state(before, NOON + 4 * MINUTE)
    do.propose_attribution(the_group(), session.pk, "Hers", seen=0, by=ward.nurse, at=LATER)
    do.attribute_messages(the_group(), seen=1, by=ward.second_nurse, at=LATER)
    session.refresh_from_db()
    assert (session.phase, session.ended_at) == ("cancelled", NOON + 5 * MINUTE)
    replayed = as_received(events_of(session.pk), NOON + 10 * MINUTE)
    assert replayed == before
    assert session_state(as_received(replayed, NOON + 4 * MINUTE), NOON + 4 * MINUTE).values == seen.values
    assert not [event for event in events_of(session.pk) if event.what.kind == "alarm_raised"]


def test_history_says_nothing_about_the_devices_clock(ward: Ward) -> None:
    """Read hours later, all of it is late; taken for a slow clock it would be dated to now."""
    session = ward.open(connected=False)
    sends(ward, *(NOON + MINUTE + second * SECOND for second in range(0, 120, 5)))
    do.propose_attribution(the_group(), session.pk, "Hers", seen=0, by=ward.nurse, at=LATER)
    do.attribute_messages(the_group(), seen=1, by=ward.second_nurse, at=LATER)
    value = session_state(events_of(session.pk), LATER + MINUTE).value("spo2")
    assert value is not None
    assert value.age_seconds == pytest.approx(30 * 60 + 60 - 60 - 115)


def test_five_thousand_messages_are_one_decision(ward: Ward) -> None:
    session = ward.open(connected=False)
    start = NOON + MINUTE
    sends(ward, *(start + second * SECOND for second in range(5000)))
    group = the_group()
    assert group.count == 5000
    at = start + 5001 * SECOND
    do.propose_attribution(group, session.pk, "Hers", seen=0, by=ward.nurse, at=at)
    made = do.attribute_messages(group, seen=1, by=ward.second_nurse, at=at)
    assert (made.charted, made.left_out) == (5000, 0)
    assert len(charted(session)) == 5000
    assert session_state(events_of(session.pk), at).value("systolic") is not None


def test_messages_that_waited_before_there_were_groups_are_put_together(ward: Ward) -> None:
    from importlib import import_module
    from types import SimpleNamespace

    from django.db import connection

    for number, reason in enumerate(("unknown", "unknown", "no patient")):
        InboundMessage.objects.create(
            sender="MON", control_id=str(number), kind="vitals", status="quarantined", reason=reason,
            received_at=NOON + number * SECOND, raw=b"MSH|", device_identifier="old",
        )  # fmt: skip
    migration = import_module("glimmer.records.migrations.0003_devices_and_quarantine")

    def execute(sql: str, params: object = ()) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql, None if params is None else params or None)

    migration.put_together(None, SimpleNamespace(connection=connection, execute=execute))
    groups = QuarantineGroup.objects.order_by("reason").values_list("reason", "count", "state")
    assert list(groups) == [("no patient", 1, "open"), ("unknown", 2, "open")]
    assert not InboundMessage.objects.filter(group=None).exists()


def test_replay_through_the_moment_of_attribution_shows_what_a_fold_of_it_shows(ward: Ward) -> None:
    session = ward.open(connected=False)
    sends(ward, *(NOON + MINUTE + second * SECOND for second in range(30)))
    connect_bay(session, by=ward.nurse, at=NOON + 2 * MINUTE)
    sends(ward, *(NOON + 3 * MINUTE + second * SECOND for second in range(30)), systolic=140)
    group = the_group()
    do.propose_attribution(group, session.pk, "Hers", seen=0, by=ward.nurse, at=NOON + 4 * MINUTE)
    do.attribute_messages(group, seen=1, by=ward.second_nurse, at=NOON + 4 * MINUTE)
    player = Player(session.pk)
    for moment in (NOON + 3.5 * MINUTE, NOON + 4 * MINUTE, NOON + 5 * MINUTE):
        seen = player.at(moment).state
        assert seen == session_state(as_received(events_of(session.pk), moment), moment)
    assert player.at(NOON + 5 * MINUTE).anew is False
