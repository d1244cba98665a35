"""What is recorded of one episode, as the facts that decide where the patient stands."""

from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone

from glimmer.care.journey import JourneyFacts
from glimmer.care.plan import needs_second_prescriber
from glimmer.guidance import protocol
from glimmer.records.conversations import consented_plan, newest_consent, plan_versions
from glimmer.records.episodes import Episode, ReferralItem, TriageDecision
from glimmer.records.followup import FollowUpDecision, Letter
from glimmer.records.plans import Appointment, Plan
from glimmer.records.selection import selection_sheet
from glimmer.records.sessions import TreatmentSession


def journey_facts(episode: Episode, at: datetime | None = None) -> JourneyFacts:
    """Return the facts of the episode's journey. A new plan begins a new course: sessions, scores and
    decisions before it no longer count for where the patient stands.
    """
    sheet = selection_sheet(episode, at or timezone.now())
    plan = Plan.objects.filter(episode=episode).order_by("-version").first()
    return JourneyFacts(
        closed=episode.closed_at is not None,
        missing_items=ReferralItem.objects.filter(referral__episode=episode, state="missing").count(),
        triage=_triage(episode),
        hard_rules_open=len(sheet.judgement.stopping),
        overrides_waiting=sum(
            1
            for one in sheet.judgement.stopping
            if one.rule.id in sheet.overrides and sheet.overrides[one.rule.id].agreed_by_id is None
        ),
        has_baseline=sheet.judgement.baseline_phq9 is not None,
        selection=sheet.decision.decision if sheet.decision is not None else "",
        consent=_consent(episode),
        followup=_followup(episode, plan),
        letters_unsigned=Letter.objects.filter(episode=episode, signed_at__isnull=True).count(),
        session_running=TreatmentSession.objects.filter(episode=episode, ended_at__isnull=True).exists(),
        **(_course(plan) if plan is not None else {}),
    )


def second_prescriber_wanted(plan: Plan) -> bool:
    """Say whether a plan still waits for its second prescriber."""
    pinned = protocol(plan.protocol_id, plan.protocol_version)
    return plan.second_prescriber_id is None and needs_second_prescriber(pinned, float(plan.dose_mg_per_kg))


def _triage(episode: Episode) -> str:
    decisions = TriageDecision.objects.filter(referral__episode=episode).order_by("-decided_at", "-pk")
    return decisions.values_list("decision", flat=True).first() or ""


def _consent(episode: Episode) -> str:
    newest = newest_consent(episode)
    if newest is None:
        return ""
    versions = plan_versions(episode)
    current = versions[-1][0] if versions else None
    # Given for an earlier plan is not given for this one: the new plan is to be talked over first.
    return "" if newest.decision == "given" and consented_plan(newest, versions) != current else newest.decision


def _followup(episode: Episode, plan: Plan | None) -> str:
    newest = FollowUpDecision.objects.filter(episode=episode).order_by("-decided_at", "-pk").first()
    if newest is None:
        return ""
    is_of_an_earlier_course = plan is not None and newest.decided_at < plan.prescribed_at
    return "" if is_of_an_earlier_course else newest.decision


def _course(plan: Plan) -> dict[str, Any]:
    dates = Appointment.objects.filter(plan=plan, cancelled_at__isnull=True)
    done = TreatmentSession.objects.filter(plan=plan, ended_at__isnull=False).exclude(phase="cancelled")
    last = done.order_by("-opened_at").values_list("opened_at", flat=True).first()
    return {
        "has_plan": True,
        "second_prescriber_wanted": second_prescriber_wanted(plan),
        "sessions_planned": plan.sessions,
        "sessions_booked": dates.exclude(session__phase="cancelled").count(),
        "sessions_done": done.count(),
        "scored_after_course": last is not None
        and plan.episode.scores.filter(
            Q(occasion="after_course") | Q(occasion="follow_up"),
            replaced_by__isnull=True,
            completed_on__gte=timezone.localtime(last).date(),
        ).exists(),
    }
