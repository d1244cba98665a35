"""The waiting list as the desk uses it: order, refill, who did not come, and a month planned at once."""

import subprocess
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import connection

from glimmer.actions import planning
from glimmer.actions.absence import is_late, raise_unrecorded, record_non_attendance, withdraw_absence
from glimmer.actions.booking import book_appointment, cancel_appointment
from glimmer.actions.clinics import join_clinic, open_clinic
from glimmer.actions.plan import prescribe_plan
from glimmer.actions.planning import accept_planned, keep_outcome, newest_run, plan_month, planned_dates
from glimmer.actions.slots import search_slots, set_limits
from glimmer.actions.waiting import may_be_booked, set_priority, unrecorded_dates, waiting_list, who_could_take
from glimmer.records.audit import AuditLine
from glimmer.records.house import moment_of
from glimmer.records.models import Absence, Appointment, PlannedDate, PlanningRun, Staff, Task
from glimmer.scheduling.wall import day_of
from glimmer.vocabulary.problems import BadInput, NotAllowed, RuleRefused
from tests.support.cast import an_episode, an_order, bay

MONDAY = date(2026, 3, 16)
NOW = datetime(2026, 3, 13, 9, 0, tzinfo=UTC)


def planned(cast, patient=0, **order):
    episode = an_episode(cast, at="plan", patient=patient, now=NOW)
    return prescribe_plan(episode, an_order(**order), by=cast.idris, at=NOW)


def at(day, hour=10):
    return moment_of(day, time(hour)).astimezone(UTC)


def names(lines):
    return [line.episode.patient.given_name for line in lines]


def test_list_is_by_priority_and_time_and_nobody_who_lacks_a_date_is_missing(cast):
    referred = an_episode(cast, at="referral", patient=2, now=NOW)
    waits, urgent = planned(cast), planned(cast, patient=1)
    booked = planned(cast, patient=3, protocol_id="im-racemic-test")
    book_appointment(booked, 1, at(MONDAY), bay(), by=cast.bea, at=NOW)
    set_priority(urgent.episode, "urgent", "Three admissions this year.", by=cast.maya, at=NOW)
    lines = waiting_list(cast.bea)
    assert names(lines)[0] == "Bertram"
    assert set(names(lines)) == {"Bertram", "Amina", "Coralie"}
    assert [may_be_booked(line.plan) for line in lines if line.episode.pk == referred.pk] == [False]
    assert lines[0].waiting.missing == (1, 2, 3, 4, 5, 6)
    # A date that is cancelled brings the patient back at once.
    cancel_appointment(booked.appointments.get(), "Cold.", by=cast.bea, whose="patient", at=NOW)
    assert "Dilwyn" in names(waiting_list(cast.bea))
    assert waits.pk


def test_priority_is_a_clinicians_and_has_a_reason(cast):
    plan = planned(cast)
    with pytest.raises(NotAllowed):
        set_priority(plan.episode, "urgent", "Please.", by=cast.bea, at=NOW)
    with pytest.raises(BadInput, match="Say why"):
        set_priority(plan.episode, "urgent", " ", by=cast.maya, at=NOW)
    with pytest.raises(BadInput, match="how urgently"):
        set_priority(plan.episode, "now", "Please.", by=cast.maya, at=NOW)


def test_cancelled_time_is_offered_to_those_whom_it_fits_the_most_pressing_first(cast):
    first, second, third = (planned(cast, patient=number) for number in range(3))
    slot = book_appointment(first, 1, at(MONDAY), bay(), by=cast.bea, at=NOW)
    set_priority(third.episode, "soon", "Worse.", by=cast.maya, at=NOW)
    set_limits(second.episode, [0], None, None, False, "", by=cast.bea, at=NOW)
    assert who_could_take(slot.bay, slot.starts_at, by=cast.bea) == []
    cancel_appointment(slot, "Cold.", whose="patient", by=cast.bea, at=NOW)
    found = who_could_take(slot.bay, slot.starts_at, by=cast.bea)
    assert names(one.line for one in found) == ["Coralie", "Amina", "Bertram"]
    assert found[-1].fit.against == ("The patient cannot come on Mondays.",)


@pytest.mark.parametrize(("day", "late"), [(date(2026, 3, 16), True), (date(2026, 3, 17), False)])
def test_cancellation_is_late_below_two_working_days(cast, day, late):
    # Friday the 13th at nine: to Monday lies one working day, to Tuesday two.
    slot = book_appointment(planned(cast), 1, at(day), bay(), by=cast.bea, at=NOW)
    assert is_late(slot, NOW) is late
    cancel_appointment(slot, "Cold.", whose="patient", by=cast.bea, at=NOW)
    assert Absence.objects.get().kind == ("late" if late else "by_patient")


def test_patient_who_did_not_come_is_a_task_for_a_nurse_and_free_for_a_new_date(cast):
    plan = planned(cast)
    slot = book_appointment(plan, 1, at(MONDAY), bay(), by=cast.bea, at=NOW)
    with pytest.raises(RuleRefused, match="still to come"):
        record_non_attendance(slot, by=cast.bea, at=NOW)
    later = at(MONDAY, 12)
    made = record_non_attendance(slot, "Nobody answered.", by=cast.bea, at=later)
    task = Task.objects.get(episode=plan.episode, kind="did_not_attend")
    assert (task.owner_role, task.due_at) == ("nurse", later + timedelta(days=1))
    assert "Session 1 on 16 March, 10:00" in task.says
    with pytest.raises(RuleRefused, match="cancelled already"):
        record_non_attendance(slot, by=cast.bea, at=later)
    assert book_appointment(plan, 1, at(MONDAY + timedelta(days=1)), bay(), by=cast.bea, at=later).pk
    withdraw_absence(made, by=cast.bea, at=later)
    task.refresh_from_db()
    # Nobody is called about a date to which the patient came after all.
    assert (task.done_at, task.did) == (later, "It was entered in error that the patient did not come.")
    with pytest.raises(RuleRefused, match="taken back"):
        withdraw_absence(made, by=cast.bea, at=later)


def test_date_that_passed_with_nothing_recorded_is_a_task_for_a_nurse_once(cast):
    plan = planned(cast)
    slot = book_appointment(plan, 1, at(MONDAY), bay(), by=cast.bea, at=NOW)
    assert raise_unrecorded(slot.ends_at) == 0
    later = slot.ends_at + timedelta(minutes=1)
    assert (raise_unrecorded(later), raise_unrecorded(later + timedelta(days=1))) == (1, 0)
    task = Task.objects.get(episode=plan.episode, kind="did_not_attend")
    assert (task.owner_role, task.due_at) == ("nurse", later + timedelta(days=1))
    assert "Session 1 on 16 March 2026, 10:00" in task.says
    record_non_attendance(slot, by=cast.bea, at=later)
    task.refresh_from_db()
    assert task.done_by == cast.bea
    assert raise_unrecorded(later + timedelta(days=2)) == 0


def test_month_is_proposed_books_nothing_and_is_accepted_in_part_and_whole(cast):
    plans = [planned(cast, patient=number) for number in range(4)]
    for number in (1, 2):
        bay(number)
    run = plan_month(MONDAY, by=cast.bea, at=NOW)
    assert (run.wanted, run.delivered) == (24, 24)
    assert run.how in ("best", "in time")
    assert not Appointment.objects.exists()
    of_first = list(PlannedDate.objects.filter(plan=plans[0]).order_by("number"))
    assert accept_planned(run, [row.pk for row in of_first[:2]], by=cast.bea, at=NOW) == (2, 0)
    # Somebody books by hand where the proposal has another patient: that one is left, with the words beside it.
    other = PlannedDate.objects.filter(plan=plans[1]).earliest("number")
    book_appointment(plans[2], 1, other.starts_at, other.bay, by=cast.bea, at=NOW)
    rest = PlannedDate.objects.filter(decided_at__isnull=True).exclude(plan=plans[2])
    booked, left = accept_planned(run, rest.values_list("pk", flat=True), by=cast.bea, at=NOW)
    assert (booked, left) == (10, 6)
    assert "is not free" in PlannedDate.objects.get(pk=other.pk).outcome
    with pytest.raises(BadInput, match="still open"):
        accept_planned(run, [of_first[0].pk], by=cast.bea, at=NOW)
    assert planned_dates(run, by=cast.bea).count() == 24


def test_two_who_accept_the_same_proposal_at_once_leave_it_said_that_it_was_booked(cast):
    planned(cast)
    bay()
    run = plan_month(MONDAY, by=cast.bea, at=NOW)
    rows = list(run.dates.order_by("number"))
    accept_planned(run, [row.pk for row in rows], by=cast.bea, at=NOW)
    # The other read the dates while they were open, and the calendar refused them.
    keep_outcome(rows, "Session 1 has a date already.", by=cast.idris, at=NOW)
    assert {(row.outcome, row.decided_by) for row in run.dates.all()} == {("Booked.", cast.bea)}


def test_proposal_of_another_clinic_does_not_stand_in_the_place_of_ones_own(cast):
    planned(cast)
    bay()
    own = plan_month(MONDAY, by=cast.bea, at=NOW)
    away = Staff.objects.create(username="away", name="Ada Way", role="administrator")
    away.memberships.all().delete()
    join_clinic(away, open_clinic("Elsewhere", by=cast.gil), by=cast.gil)
    theirs = plan_month(MONDAY, by=away, at=NOW + timedelta(minutes=1))
    assert newest_run(cast.bea) == own
    assert newest_run(cast.maya) == own
    assert newest_run(away) == theirs


def test_dates_that_stand_are_left_and_only_what_lacks_is_planned(cast):
    plan = planned(cast)
    standing = book_appointment(plan, 1, at(MONDAY), bay(), by=cast.bea, at=NOW)
    run = plan_month(MONDAY, by=cast.bea, at=NOW)
    rows = list(run.dates.order_by("number"))
    assert [row.number for row in rows] == [2, 3, 4, 5, 6]
    assert (rows[0].starts_at.date() - standing.starts_at.date()).days in (2, 3, 4, 5, 6)
    with pytest.raises(BadInput, match="has passed"):
        plan_month(MONDAY - timedelta(days=30), by=cast.bea, at=NOW)


def test_date_that_passed_unrecorded_stands_on_the_list_until_somebody_says_what_happened(cast):
    plan = planned(cast)
    date = book_appointment(plan, 1, at(MONDAY), bay(), by=cast.bea, at=NOW)
    later = at(MONDAY) + timedelta(days=1)
    assert unrecorded_dates(cast.bea, date.starts_at) == []
    assert unrecorded_dates(cast.bea, later) == [date]
    record_non_attendance(date, by=cast.bea, at=later)
    assert unrecorded_dates(cast.bea, later) == []


def test_nothing_is_locked_while_the_solver_works(cast, monkeypatch):
    planned(cast)
    bay()
    depth, solve = len(connection.savepoint_ids), planning._solved
    seen = []

    def watched(problem):
        seen.append((len(connection.savepoint_ids), PlanningRun.objects.exists()))
        return solve(problem)

    monkeypatch.setattr(planning, "_solved", watched)
    assert plan_month(MONDAY, by=cast.bea, at=NOW).delivered == 6
    # The test itself stands in a transaction: no savepoint inside it is a transaction of the action's own.
    assert seen == [(depth, False)]


def test_planning_that_is_not_allowed_is_refused_before_anything_is_worked_out(cast, monkeypatch):
    monkeypatch.setattr(planning, "_solved", lambda problem: pytest.fail("was solved"))
    with pytest.raises(NotAllowed):
        plan_month(MONDAY, by=cast.priya, at=NOW)
    assert AuditLine.objects.filter(action="refused.plan_month", actor=cast.priya).count() == 1


def test_days_near_to_another_plans_drug_are_not_looked_for_planned_or_refilled(cast):
    plan = planned(cast)
    bay()
    wednesday = MONDAY + timedelta(days=2)
    standing = book_appointment(plan, 1, at(wednesday), bay(), by=cast.bea, at=NOW)
    # The next plan of the same patient; a date of the one before still stands, as after a journey that ended.
    plan.pk, plan.version = None, 2
    plan.save()
    # The protocol's least days between sessions are two: the day before and the day after are too near.
    near = {wednesday + timedelta(days=away) for away in (-1, 0, 1)}
    for way in search_slots(plan, MONDAY, by=cast.bea, at=NOW).ways:
        assert near.isdisjoint(day_of(slot.begins) for slot in way.slots)
        assert way.against == ()
    run = plan_month(MONDAY, by=cast.bea, at=NOW)
    assert run.dates.filter(plan=plan).count() == 6
    assert near.isdisjoint(row.starts_at.date() for row in run.dates.filter(plan=plan))
    (offered,) = [one for one in who_could_take(bay(), at(wednesday, 14), by=cast.bea) if one.line.plan == plan]
    assert "Another plan of the patient" in offered.fit.against[0]
    cancel_appointment(standing, "Another plan.", by=cast.bea, whose="clinic", at=NOW)
    found = search_slots(plan, wednesday, by=cast.bea, at=NOW).ways[0]
    assert day_of(found.slots[0].begins) == wednesday


def test_solver_that_fails_is_said_and_first_come_is_proposed(cast, monkeypatch, caplog):
    planned(cast)
    bay()

    def dies(*args, **more):
        raise subprocess.TimeoutExpired("solver", 1)

    monkeypatch.setattr(planning.subprocess, "run", dies)
    run = plan_month(MONDAY, by=cast.bea, at=NOW)
    assert (run.how, run.delivered) == ("fell back", run.first_come_delivered)
    assert "TimeoutExpired" in caplog.text
