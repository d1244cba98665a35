"""Maintenance decided: as proposed or otherwise with a reason, within limits, with a review that is a task."""

from datetime import datetime, timedelta

import pytest

from glimmer.actions.booking import book_appointment
from glimmer.actions.calendar_rules import spacing_of
from glimmer.actions.exposure import exposure_of
from glimmer.actions.home_supply import home_verdict
from glimmer.actions.infusion import start_verdict
from glimmer.actions.limits import limits_of, limits_verdict, over_limits, second_for_limits
from glimmer.actions.log import log_of
from glimmer.actions.maintenance import decide_maintenance, maintenance_of, next_maintenance, second_maintenance
from glimmer.actions.outcomes import course_outcome, finish_task, record_score
from glimmer.actions.plan import countersign_plan
from glimmer.actions.waiting import may_be_booked, waiting_list
from glimmer.care.maintenance import Step
from glimmer.care.trajectory import RESPONDING, State
from glimmer.guidance import protocol
from glimmer.records.audit import AuditLine
from glimmer.records.journey import journey_facts
from glimmer.records.models import (
    Absence,
    Appointment,
    DateOverride,
    Episode,
    FollowUpDecision,
    MaintenanceDecision,
    Plan,
    Referral,
    Staff,
    Task,
    TreatmentSession,
)
from glimmer.vocabulary.problems import BadInput, NotAllowed, RuleRefused
from tests.actions.test_course import sessions_of
from tests.support.bedside import NOON, Ward, a_ward
from tests.support.cast import phq9

pytestmark = pytest.mark.django_db
WEEK = timedelta(weeks=1)
BEGAN = NOON + 4 * WEEK


@pytest.fixture
def ward() -> Ward:
    """Three weekly sessions helped: from 20 to 6, and a taper is prescribed in the fourth week."""
    ward = a_ward()
    sessions_of(ward, 3)
    scored(ward, -1, 20, "baseline")
    scored(ward, 3, 6, "after_course")
    tapered(ward)
    return ward


def scored(ward: Ward, week: int, total: int, occasion: str = "follow_up") -> None:
    day = (NOON + week * WEEK).date()
    record_score(ward.episode, phq9(total), occasion, day, by=ward.nurse, at=NOON + 99 * WEEK)


def tapered(ward: Ward, protocol_id: str = "iv-racemic-maintenance", sessions: int = 12) -> None:
    of = protocol(protocol_id)
    ward.plan = Plan.objects.create(
        episode=ward.episode, version=2, protocol_id=of.id, protocol_version=of.version, protocol_digest=of.digest,
        weight_kg=70, height_cm=168, basis="fixed", dose_mg=35, infusion_minutes=40, sessions=sessions,
        pregnancy_possible=False, prescribed_by=ward.psychiatrist, prescribed_at=BEGAN,
    )  # fmt: skip


def treated(ward: Ward, *weeks: int) -> None:
    for week in weeks:
        at = NOON + week * WEEK
        number = TreatmentSession.objects.filter(plan=ward.plan).count() + 1
        date = Appointment.objects.create(
            plan=ward.plan, number=number, bay=ward.bay, starts_at=at, ends_at=at + timedelta(hours=2),
            booked_by=ward.nurse, booked_at=NOON,
        )  # fmt: skip
        TreatmentSession.objects.create(
            episode=ward.episode, plan=ward.plan, appointment=date, bay=ward.bay, number=number, opened_at=at,
            opened_by=ward.nurse, phase="left", ended_at=at + timedelta(hours=2),
        )  # fmt: skip


def decided(
    ward: Ward, step: str, days: int | None, reason: str = "", week: int = 5, **more: object
) -> MaintenanceDecision:
    known = {"by": ward.psychiatrist, "at": NOON + week * WEEK + timedelta(hours=3), **more}
    return decide_maintenance(ward.episode, step, days, reason, **known)  # type: ignore[arg-type]


def another_psychiatrist() -> Staff:
    return Staff.objects.create(username="second", name="Dr Una Merryweather", role="psychiatrist")


def waiting(kind: str) -> list[Task]:
    return list(Task.objects.filter(kind=kind, done_at__isnull=True))


def test_facts_come_from_all_that_is_on_record(ward):
    treated(ward, 4, 5)
    found = maintenance_of(ward.episode, NOON + 5 * WEEK + timedelta(hours=3))
    assert (found.facts.state, len(found.facts.given), len(found.facts.plan_days)) == (State.RESPONSE, 5, 2)
    assert found.proposal.step is Step.HOLD
    assert next_maintenance(ward.episode, NOON + 5 * WEEK).due == (NOON + 6 * WEEK).date()
    assert found.induction == protocol("iv-racemic-standard").title


def test_decision_as_proposed_needs_no_reason_and_makes_the_review_a_task(ward):
    treated(ward, 4, 5)
    stored = decided(ward, "hold", 7)
    assert (stored.as_proposed, stored.counts, stored.proposed["trajectory_version"]) == (True, True, "trajectory-1")
    (task,) = waiting("maintenance_review")
    assert task.due_at.date() == stored.review_on
    with pytest.raises(RuleRefused, match="Record it on the maintenance page"):
        finish_task(task, "Looked at it", by=ward.psychiatrist, at=NOON + 6 * WEEK)
    decided(ward, "hold", 7, week=6)
    assert len(waiting("maintenance_review")) == 1


def test_decision_otherwise_needs_a_reason_and_a_psychiatrist(ward):
    treated(ward, 4, 5)
    with pytest.raises(BadInput) as problem:
        decided(ward, "taper", 14)
    assert problem.value.field == "reason"
    with pytest.raises(NotAllowed):
        decided(ward, "taper", 14, "Travels far", by=ward.nurse)
    assert spacing_of(ward.plan).gaps[0] == 7
    assert decided(ward, "taper", 14, "Travels far").as_proposed is False
    # Dates are looked for at the interval that was decided, no longer by the schedule.
    assert spacing_of(ward.plan).gaps == (14,)
    assert next_maintenance(ward.episode, NOON + 5 * WEEK).due == (NOON + 7 * WEEK).date()


@pytest.mark.parametrize(
    ("step", "days", "problem", "says"),
    [
        ("hold", 4, RuleRefused, "at least 5 days"),
        ("extend", 85, RuleRefused, "no maintenance"),
        ("hold", None, BadInput, "interval in days"),
        ("sometimes", 7, BadInput, "Choose what follows"),
    ],
)
def test_limit_is_not_passed_by_any_reason(ward, step, days, problem, says):
    treated(ward, 4, 5)
    with pytest.raises(problem, match=says):
        decided(ward, step, days, "All the same")
    assert not MaintenanceDecision.objects.exists()


def test_what_needs_a_second_prescriber_counts_once_another_agrees(ward):
    treated(ward, *range(4, 13))
    una = another_psychiatrist()
    scored(ward, 12, 6)
    stored = decided(ward, "shorten", 6, "Sinks on the sixth day", week=12)
    assert not stored.counts
    assert len(waiting("maintenance_second")) == 1
    assert maintenance_of(ward.episode, NOON + 12 * WEEK).newest is None
    at = NOON + 12 * WEEK + timedelta(hours=4)
    with pytest.raises(RuleRefused, match="Another prescriber"):
        second_maintenance(stored, by=ward.psychiatrist, at=at)
    with pytest.raises(NotAllowed):
        second_maintenance(stored, by=ward.nurse, at=at)
    second_maintenance(stored, by=una, at=at)
    assert maintenance_of(ward.episode, at).newest.days == 6
    assert (waiting("maintenance_second"), len(waiting("maintenance_review"))) == ([], 1)
    with pytest.raises(RuleRefused, match="does not wait"):
        second_maintenance(stored, by=una, at=at)


def test_relapse_proposes_induction_again_and_the_decision_asks_for_the_next_course(ward):
    treated(ward, 4, 5)
    scored(ward, 5, 15)
    scored(ward, 6, 16)
    found = maintenance_of(ward.episode, NOON + 6 * WEEK)
    assert (found.facts.state, found.proposal.step) == (State.RELAPSE, Step.REINDUCE)
    decided(ward, "reinduce", None, week=6)
    assert FollowUpDecision.objects.get().decision == "repeat"
    assert next_maintenance(ward.episode, NOON + 6 * WEEK) is None


def test_end_cancels_open_dates_and_asks_for_no_further_review(ward):
    treated(ward, 4, 5)
    date = Appointment.objects.create(
        plan=ward.plan, number=9, bay=ward.bay, starts_at=NOON + 9 * WEEK, ends_at=NOON + 9 * WEEK + timedelta(hours=2),
        booked_by=ward.nurse, booked_at=NOON,
    )  # fmt: skip
    decided(ward, "hold", 7)
    decided(ward, "end", None, "Well, and moves away", week=6)
    date.refresh_from_db()
    assert date.cancelled_at is not None
    assert waiting("maintenance_review") == []


def test_relapse_warning_goes_on_while_a_maintenance_plan_keeps_the_effect(ward):
    for week, total in ((4, 5), (5, 6), (6, 12), (7, 14), (8, 15)):
        scored(ward, week, total)
    assert course_outcome(ward.episode).relapse.warned_on is not None
    assert len(waiting("relapse")) == 1
    assert maintenance_of(ward.episode, NOON + 8 * WEEK).facts.warned


def test_patient_without_a_maintenance_plan_has_none(db):
    other = a_ward()
    assert maintenance_of(other.episode, NOON) is None
    with pytest.raises(RuleRefused, match="no maintenance plan"):
        decided(other, "hold", 7)


def test_exposure_counts_every_journey_by_drug_and_route(ward):
    treated(ward, 4, 5)
    (row,) = exposure_of(ward.episode, NOON + 5 * WEEK)
    assert (row.sessions, row.mg, row.sessions_lately) == (5, 175, 5)
    (later,) = exposure_of(ward.episode, NOON + 54 * WEEK)
    assert (later.sessions, later.sessions_lately) == (5, 3)


def test_session_too_close_to_the_last_is_stopped_before_the_drug_is_given(ward):
    treated(ward, 4)
    assert "asks for 5 days between" in limits_of(ward.plan, (NOON + 4 * WEEK).date() + timedelta(days=3)).blocks[0]
    assert limits_of(ward.plan, (NOON + 5 * WEEK).date()).blocks == ()


def test_supply_at_home_is_not_proposed_while_its_checks_speak_against_it(ward):
    assert home_verdict(ward.episode, NOON + 5 * WEEK).allowed


def test_many_sessions_in_a_year_need_a_second_prescriber_for_every_plan_and_one_can_agree(db):
    other = a_ward()
    sessions_of(other, 1)
    treated(other, *range(1, 37))
    at = NOON + 37 * WEEK
    assert "session 38" in second_for_limits(other.plan, at)[0]
    session = other.plan.treatment_sessions.last()
    assert "Nobody has agreed" in limits_verdict(session, at).reasons[0]
    countersign_plan(other.plan, by=another_psychiatrist(), at=at)
    other.plan.refresh_from_db()
    session.plan.refresh_from_db()
    assert second_for_limits(other.plan, at) == ()
    assert limits_verdict(session, at).reasons == ()


def agreed_to_six_days(ward: Ward) -> None:
    """Weekly for nine weeks, then every six days: a second prescriber agreed to what stood, and that was how often."""
    treated(ward, *range(4, 13))
    scored(ward, 12, 6)
    stored = decided(ward, "shorten", 6, "Sinks on the sixth day", week=12)
    second_maintenance(stored, by=another_psychiatrist(), at=NOON + 12 * WEEK + timedelta(hours=4))


def opened(ward: Ward, at: datetime) -> TreatmentSession:
    """A session whose drug has not been given yet."""
    date = Appointment.objects.create(
        plan=ward.plan, number=12, bay=ward.bay, starts_at=at, ends_at=at + timedelta(hours=2), booked_by=ward.nurse,
        booked_at=NOON,
    )  # fmt: skip
    return TreatmentSession.objects.create(
        episode=ward.episode, plan=ward.plan, appointment=date, bay=ward.bay, number=12, opened_at=at,
        opened_by=ward.nurse, phase="assessment",
    )  # fmt: skip


def test_agreement_to_a_shorter_interval_covers_that_interval_and_no_closer_one(ward):
    agreed_to_six_days(ward)
    last = NOON + 12 * WEEK
    assert limits_verdict(opened(ward, last + timedelta(days=6)), last + timedelta(days=6)).reasons == ()


def test_closer_session_than_the_one_agreed_to_asks_again_and_another_prescriber_can_agree(ward):
    agreed_to_six_days(ward)
    at = NOON + 12 * WEEK + timedelta(days=5)
    session = opened(ward, at)
    assert "More often than every 7 days" in limits_verdict(session, at).reasons[0]
    with pytest.raises(RuleRefused, match="Another prescriber"):
        countersign_plan(ward.plan, by=ward.psychiatrist, at=at)
    countersign_plan(ward.plan, by=Staff.objects.get(username="second"), at=at)
    assert limits_verdict(session, at).reasons == ()


def test_agreement_to_one_kind_of_limit_does_not_open_another(ward):
    agreed_to_six_days(ward)
    at = NOON + 12 * WEEK + timedelta(days=6)
    # Another journey's sessions, of these months: the 37th within a year is a limit that did not stand then.
    earlier = Plan.objects.get(version=1)
    for day in range(1, 25):
        day_at = BEGAN - timedelta(days=day)
        date = Appointment.objects.create(
            plan=earlier, number=100 + day, bay=ward.bay, starts_at=day_at + timedelta(hours=4),
            ends_at=day_at + timedelta(hours=5), booked_by=ward.nurse, booked_at=NOON,
        )  # fmt: skip
        TreatmentSession.objects.create(
            episode=ward.episode, plan=earlier, appointment=date, bay=ward.bay, number=100 + day, opened_at=day_at,
            opened_by=ward.nurse, phase="left", ended_at=day_at,
        )  # fmt: skip
    session = opened(ward, at)
    (reason,) = limits_verdict(session, at).reasons
    assert "would be session 37" in reason
    assert "plan page" in reason
    assert [one.kind for one in over_limits(ward.plan, at)] == ["sessions"]
    countersign_plan(ward.plan, by=Staff.objects.get(username="second"), at=at)
    assert limits_verdict(session, at).reasons == ()


def test_agreement_to_a_dose_does_not_open_a_limit_that_came_later(db):
    other = a_ward()
    agreed_before = Plan.objects.get()
    agreed_before.second_prescriber, agreed_before.second_at = another_psychiatrist(), NOON
    agreed_before.save()
    other.plan = agreed_before
    sessions_of(other, 1)
    treated(other, *range(1, 37))
    at = NOON + 37 * WEEK
    assert "session 38" in second_for_limits(other.plan, at)[0]
    assert "Nobody has agreed" in limits_verdict(other.plan.treatment_sessions.last(), at).reasons[0]


# What has ended is not booked, not listed and not begun


def agreed(ward: Ward) -> None:
    ward.plan.second_prescriber, ward.plan.second_at = another_psychiatrist(), BEGAN
    ward.plan.save()


@pytest.mark.parametrize("step", ["end", "reinduce"])
def test_maintenance_that_ended_is_not_booked_nor_listed_and_the_position_says_what_comes_instead(ward, step):
    treated(ward, 4, 5)
    agreed(ward)
    at = NOON + 6 * WEEK
    assert may_be_booked(ward.plan, at.date())
    decided(ward, step, None, "Well, and moves away", week=6)
    with pytest.raises(RuleRefused, match="maintenance of this plan has ended"):
        book_appointment(ward.plan, 3, at + WEEK, ward.bay, by=ward.nurse, at=at + timedelta(hours=4))
    assert not may_be_booked(ward.plan, at.date())
    assert journey_facts(ward.episode, at).maintenance_ended
    decided(ward, "hold", 7, "The patient stays after all", week=7)
    assert may_be_booked(ward.plan, (at + WEEK).date())
    assert book_appointment(ward.plan, 3, at + 2 * WEEK, ward.bay, by=ward.nurse, at=at + WEEK + timedelta(hours=4))


def test_patient_whose_maintenance_ended_leaves_the_waiting_list(ward):
    referral = Referral.objects.create(
        episode=ward.episode, received_at=NOON, source="gp", referrer_name="Dr Marsh", reason="Depression", how="typed",
        recorded_by=ward.nurse,
    )  # fmt: skip
    assert [line.episode.pk for line in waiting_list(ward.nurse)] == [referral.episode_id]
    decided(ward, "end", None, "Well, and moves away", week=6)
    assert waiting_list(ward.nurse) == []


def test_maintenance_is_over_the_day_after_its_planned_end_until_a_psychiatrist_goes_on(ward):
    treated(ward, 4, 5)
    agreed(ward)
    end_on = (NOON + 8 * WEEK).date()
    decided(ward, "hold", 7, end_on=end_on)
    decided(ward, "hold", 7, week=6)
    assert may_be_booked(ward.plan, end_on)
    assert not may_be_booked(ward.plan, end_on + timedelta(days=1))
    with pytest.raises(RuleRefused, match="planned end"):
        book_appointment(ward.plan, 3, NOON + 9 * WEEK, ward.bay, by=ward.nurse, at=NOON + 7 * WEEK)
    decided(ward, "hold", 7, "Goes on", week=9)
    assert may_be_booked(ward.plan, (NOON + 10 * WEEK).date())


def test_planned_end_cancels_the_dates_after_it_in_the_same_act_and_they_can_be_booked_again(ward):
    treated(ward, 4, 5)
    agreed(ward)
    dates = {
        week: book_appointment(ward.plan, week - 3, NOON + week * WEEK, ward.bay, by=ward.nurse, at=NOON + 5 * WEEK)
        for week in (6, 7, 8)
    }
    end_on = (NOON + 7 * WEEK).date()
    decided(ward, "hold", 7, end_on=end_on)
    for date in dates.values():
        date.refresh_from_db()
    assert [week for week, date in dates.items() if date.cancelled_at is not None] == [8]
    assert "planned end of the maintenance" in dates[8].cancelled_because
    assert Absence.objects.get().kind == "by_clinic"
    assert AuditLine.objects.filter(action="decide_maintenance").last().details["dates_cancelled"] == 1
    # It is undone by another decision and by booking again.
    decided(ward, "hold", 7, "Goes on after all", end_on=(NOON + 20 * WEEK).date())
    assert book_appointment(ward.plan, 5, NOON + 8 * WEEK, ward.bay, by=ward.nurse, at=NOON + 5 * WEEK)


def test_no_drug_is_given_once_the_maintenance_has_ended(db):
    ward = a_ward()
    tapered(ward)
    ward.appointment.plan = ward.plan
    ward.appointment.save()
    session = ward.open()
    assert "ended" not in " ".join(start_verdict(session, log_of(session.pk), NOON).reasons)
    decided(ward, "end", None, "Well, and moves away", week=0, at=NOON)
    assert "maintenance of this plan has ended" in " ".join(start_verdict(session, log_of(session.pk), NOON).reasons)


# Over journeys and plans


def another_plan(ward: Ward, protocol_id: str = "iv-racemic-standard") -> Plan:
    """Prescribe the next plan of the journey, with the agreement that it needs."""
    tapered(ward, protocol_id, sessions=6)
    agreed(ward)
    return ward.plan


def test_maintenance_of_a_new_journey_goes_on_with_the_old_baseline_whatever_is_marked_as_one_since(ward):
    Episode.objects.filter(pk=ward.episode.pk).update(closed_at=BEGAN, closed_by=ward.psychiatrist)
    ward.episode = Episode.objects.create(patient=ward.patient, opened_at=BEGAN, updated_at=BEGAN)
    tapered(ward)
    scored(ward, 4, 6, "baseline")
    treated(ward, 5, 6)
    scored(ward, 7, 7)
    found = maintenance_of(ward.episode, NOON + 7 * WEEK)
    assert [one.baseline.total for one in found.path.stretches] == [20]
    assert found.facts.state in RESPONDING


def test_new_plan_is_not_booked_the_day_after_the_drug_was_given_under_another(db):
    ward = a_ward()
    sessions_of(ward, 1)
    plan = another_plan(ward)
    least = protocol(plan.protocol_id).shortest_days_between.value
    assert least > 1
    at, soon = NOON + timedelta(hours=4), NOON + timedelta(days=1)
    with pytest.raises(RuleRefused, match=f"the drug was given on Monday 23 November 2026.*{least} days between"):
        book_appointment(plan, 1, soon, ward.bay, by=ward.nurse, at=at)
    with pytest.raises(RuleRefused, match="A psychiatrist can book"):
        book_appointment(plan, 1, soon, ward.bay, by=ward.nurse, because="Travels far", at=at)
    booked = book_appointment(plan, 1, soon, ward.bay, by=ward.psychiatrist, because="Travels far", at=at)
    assert DateOverride.objects.get(appointment=booked).because == "Travels far"
    assert book_appointment(plan, 2, NOON + WEEK, ward.bay, by=ward.nurse, at=at)


def test_new_plan_is_not_booked_beside_a_standing_date_of_another(db):
    ward = a_ward()
    plan = another_plan(ward)
    at = NOON - timedelta(days=5)
    with pytest.raises(RuleRefused, match="another plan has a date on Monday 23 November 2026"):
        book_appointment(plan, 1, NOON + timedelta(days=1), ward.bay, by=ward.nurse, at=at)
    ward.appointment.cancelled_by, ward.appointment.cancelled_at = ward.nurse, at
    ward.appointment.cancelled_because = "Another plan"
    ward.appointment.save()
    assert book_appointment(plan, 1, NOON + timedelta(days=1), ward.bay, by=ward.nurse, at=at)


def test_bedside_is_told_of_the_days_since_the_last_dose_of_any_plan(db):
    ward = a_ward()
    before, plan = ward.plan, another_plan(ward)
    ward.appointment.plan = plan
    ward.appointment.save()
    session = ward.open()
    assert "last given" not in " ".join(start_verdict(session, log_of(session.pk), NOON).cautions)
    at = NOON - timedelta(days=1)
    date = Appointment.objects.create(
        plan=before, number=1, bay=ward.bay, starts_at=at, ends_at=at + timedelta(hours=2),
        booked_by=ward.nurse, booked_at=NOON,
    )  # fmt: skip
    TreatmentSession.objects.create(
        episode=before.episode, plan=before, appointment=date, bay=ward.bay, number=1, opened_at=at,
        opened_by=ward.nurse, phase="left", ended_at=at + timedelta(hours=2),
    )  # fmt: skip
    cautions = " ".join(start_verdict(session, log_of(session.pk), NOON).cautions)
    assert "The drug was last given 1 day ago, on Sunday 22 November 2026" in cautions
