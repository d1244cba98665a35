"""What is recorded of one episode, as the facts that decide where the patient stands."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from glimmer.care.journey import JourneyFacts
from glimmer.care.outcomes import MEASURE
from glimmer.care.plan import needs_second_prescriber
from glimmer.care.referral import age_on
from glimmer.guidance import protocol
from glimmer.records.conversations import is_for_plan, newest_consent
from glimmer.records.course import is_stopped
from glimmer.records.episodes import Episode
from glimmer.records.followup import FollowUpDecision
from glimmer.records.maintenance import maintenance_ended
from glimmer.records.plans import Appointment, Plan
from glimmer.records.selection import decision_that_stands, selection_sheet
from glimmer.records.sessions import TreatmentSession, sessions_had


def journey_facts(episode: Episode, at: datetime | None = None) -> JourneyFacts:
    """Return the facts of the episode's journey. A new plan begins a new course: sessions, scores and
    decisions before it no longer count for where the patient stands.
    """
    counted = _counted(episode)
    selected = _selected(episode, at or timezone.now(), counted.recorded)
    plans = list(Plan.objects.filter(episode=episode).order_by("version")) if "plans" in counted.recorded else []
    plan = plans[-1] if plans else None
    return JourneyFacts(
        closed=episode.closed_at is not None,
        missing_items=counted.missing_items,
        triage=counted.triage,
        consent=_consent(episode, plans) if "consents" in counted.recorded else "",
        followup=_followup(episode, plan) if "followups" in counted.recorded else "",
        letters_unsigned=counted.letters_unsigned,
        session_running=counted.sessions_running > 0,
        stopped_early="course_decisions" in counted.recorded and plan is not None and is_stopped(plan),
        maintenance_ended="maintenance_decisions" in counted.recorded
        and plan is not None
        and bool(maintenance_ended(plan, timezone.localtime(at or timezone.now()).date())),
        **selected,
        **(_course(episode, plan) if plan is not None else {}),
    )


def _selected(episode: Episode, at: datetime, recorded: frozenset[str]) -> dict[str, Any]:
    """Return what the selection comes to. The rules are judged only while nothing is decided: this is asked after
    every act, and most acts come later.
    """
    decision = decision_that_stands(episode, recorded)
    if decision is not None:
        return {"selection": decision.decision, "has_baseline": True}
    sheet = selection_sheet(episode, at, recorded)
    stopping = sheet.judgement.stopping
    waiting = [one for one in stopping if one.rule.id in sheet.overrides]
    return {
        "hard_rules_open": len(stopping),
        "overrides_waiting": sum(1 for one in waiting if sheet.overrides[one.rule.id].agreed_by_id is None),
        "has_baseline": sheet.judgement.baseline_phq9 is not None,
    }


def second_prescriber_wanted(plan: Plan) -> bool:
    """Say whether a plan still waits for its second prescriber: a typed dose always does, for no sum guards it."""
    if plan.dose_was_typed:
        return plan.second_prescriber_id is None
    pinned = protocol(plan.protocol_id, plan.protocol_version)
    asking = [band for band in pinned.dose_bands if band.effect == "second_prescriber"]
    # Age and earlier sessions are looked up only where the protocol asks: this is worked out for every list.
    asks_age, asks_first = any(one.from_age for one in asking), any(one.first_session_only for one in asking)
    age = age_on(plan.episode.patient.birth_date, plan.prescribed_at.date()) if asks_age else None
    had = sessions_had(plan.episode, pinned.drug, plan.prescribed_at) if asks_first else 0
    return plan.second_prescriber_id is None and needs_second_prescriber(pinned, plan.amount, age, had + 1)


_COUNTED = """SELECT
    (SELECT COUNT(*) FROM records_referralitem i JOIN records_referral r ON r.id = i.referral_id
        WHERE r.episode_id = %(episode)s AND i.state = 'missing'),
    (SELECT t.decision FROM records_triagedecision t JOIN records_referral r ON r.id = t.referral_id
        WHERE r.episode_id = %(episode)s ORDER BY t.decided_at DESC, t.id DESC LIMIT 1),
    (SELECT COUNT(*) FROM records_letter WHERE episode_id = %(episode)s AND signed_at IS NULL
        AND set_aside_at IS NULL),
    (SELECT COUNT(*) FROM records_treatmentsession WHERE episode_id = %(episode)s AND ended_at IS NULL),
    EXISTS (SELECT 1 FROM records_selectionanswer WHERE episode_id = %(episode)s) AS answers,
    EXISTS (SELECT 1 FROM records_treatmenttrial WHERE episode_id = %(episode)s) AS trials,
    EXISTS (SELECT 1 FROM records_selectiondecision WHERE episode_id = %(episode)s) AS decisions,
    EXISTS (SELECT 1 FROM records_selectionoverride WHERE episode_id = %(episode)s) AS overrides,
    EXISTS (SELECT 1 FROM records_plan WHERE episode_id = %(episode)s) AS plans,
    EXISTS (SELECT 1 FROM records_consentrecord WHERE episode_id = %(episode)s) AS consents,
    EXISTS (SELECT 1 FROM records_coursedecision WHERE episode_id = %(episode)s) AS course_decisions,
    EXISTS (SELECT 1 FROM records_maintenancedecision WHERE episode_id = %(episode)s) AS maintenance_decisions,
    EXISTS (SELECT 1 FROM records_followupdecision WHERE episode_id = %(episode)s) AS followups"""


@dataclass(frozen=True, slots=True)
class Counted:
    """What one question tells of an episode. `recorded` names what it has rows of, as `_COUNTED` calls them."""

    missing_items: int
    triage: str
    letters_unsigned: int
    sessions_running: int
    recorded: frozenset[str]


def _counted(episode: Episode) -> Counted:
    """Return what is counted, and where there is anything to ask for at all.

    The facts are asked for after every act, so this is plain SQL, the same on both engines. Of the tables most are
    empty for most patients, and each question that is not asked is a millisecond.
    """
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED, {"episode": episode.pk})
        missing_items, triage, letters_unsigned, sessions_running, *found = cursor.fetchone()
        names = [column[0] for column in cursor.description[-len(found) :]]
    recorded = frozenset(name for name, there in zip(names, found, strict=True) if there)
    return Counted(missing_items, triage or "", letters_unsigned, sessions_running, recorded)


def _consent(episode: Episode, plans: list[Plan]) -> str:
    newest = newest_consent(episode)
    if newest is None:
        return ""
    # Given for another plan is not given for this one: the new plan is to be talked over first.
    return "" if newest.decision == "given" and not is_for_plan(newest, plans) else newest.decision


def _followup(episode: Episode, plan: Plan | None) -> str:
    newest = FollowUpDecision.objects.filter(episode=episode).order_by("-decided_at", "-pk").first()
    if newest is None:
        return ""
    is_of_an_earlier_course = plan is not None and newest.decided_at < plan.prescribed_at
    return "" if is_of_an_earlier_course else newest.decision


def _course(episode: Episode, plan: Plan) -> dict[str, Any]:
    dates = Appointment.objects.filter(plan=plan, cancelled_at__isnull=True)
    done = TreatmentSession.objects.filter(plan=plan, ended_at__isnull=False).exclude(phase="cancelled")
    opened = list(done.order_by("opened_at").values_list("opened_at", flat=True))
    return {
        "has_plan": True,
        "second_prescriber_wanted": second_prescriber_wanted(plan),
        "sessions_planned": plan.sessions,
        "sessions_booked": dates.exclude(session__phase="cancelled").count(),
        "sessions_done": len(opened),
        "scored_after_course": bool(opened)
        and episode.scores.filter(
            Q(occasion="after_course") | Q(occasion="follow_up"),
            instrument=MEASURE,
            replaced_by__isnull=True,
            completed_on__gte=timezone.localtime(opened[-1]).date(),
        ).exists(),
    }
