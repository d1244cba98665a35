"""The demo's long-term checks: whole for those who are treated now, and one finding that waits for a psychiatrist."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from glimmer.actions.long_term import record_long_term_check
from glimmer.cli.demo.clinic import DemoClinic
from glimmer.guidance.long_term import Question, long_term_domains
from glimmer.records.models import Appointment, Episode

NUMBERS = {"alt": 24.0, "alt_upper": 40.0, "systolic": 124.0, "diastolic": 78.0}


def record_checks(clinic: DemoClinic) -> None:
    """Record the baseline of whoever has a session today, and a bladder symptom of somebody who was followed up."""
    today = timezone.localtime(clinic.now).date()
    now = Appointment.objects.filter(starts_at__date=today, cancelled_at__isnull=True)
    treated = Episode.objects.filter(pk__in=now.values("plan__episode"), closed_at__isnull=True)
    for episode in treated.select_related("patient"):
        _record(clinic, episode, 14)
    later = Episode.objects.filter(closed_at__isnull=True, followup_decisions__decision="review").order_by("pk").first()
    if later is not None:
        _record(clinic, later, 100)
        answers = {**_calm("bladder"), "painful_often": "yes"}
        done_on = today - timedelta(days=1)
        record_long_term_check(
            later, "bladder", answers, done_on, "Said at the review call.", by=clinic.nurse, at=clinic.now
        )


def _record(clinic: DemoClinic, episode: Episode, days_ago: int) -> None:
    at = clinic.days_ago(days_ago)
    for domain in long_term_domains():
        record_long_term_check(
            episode, domain.id, _calm(domain.id), timezone.localtime(at).date(), by=clinic.second_nurse, at=at
        )


def _calm(domain_id: str) -> dict[str, Any]:
    domain = next(one for one in long_term_domains() if one.id == domain_id)
    return {asked.id: _answer(asked) for asked in domain.questions if not asked.optional}


def _answer(asked: Question) -> str | float:
    return "no" if asked.kind == "yes_no" else NUMBERS[asked.id]
