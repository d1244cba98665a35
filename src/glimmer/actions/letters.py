"""What a letter says, as facts: the renderer only lays them out, and a signed letter keeps them.

A letter's content is a JSON-ready dictionary: `title`, `date`, `clinic`, `to`, `copies`, `patient`,
`salutation`, `sections` (each with heading, paragraphs, points, columns and rows), `signature`, `draft`.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from glimmer.actions.decision_letter import newest_decision, to_the_patient, urgent_handover, why_to_the_referrer
from glimmer.actions.outcomes import current_scores, outcome_summary
from glimmer.actions.treatments import treatments_of
from glimmer.records.episodes import Episode, Referral, TriageDecision
from glimmer.records.followup import FollowUpDecision
from glimmer.records.staff import Staff
from glimmer.vocabulary.nhs_number import shown_nhs_number
from glimmer.vocabulary.people import Role

DEMONSTRATION_CLINIC = {
    "name": "Glimmer demonstration clinic",
    "address": ["1 Sample Street", "Exampleton", "EX1 1EX"],
    "telephone": "01632 960 101",
    "email": "clinic@glimmer.example",
}
"""Letterhead where the settings name no clinic (`CLINIC`). The telephone number is of the range kept for fiction."""

TITLES = {
    "referral_outcome": "Outcome of your referral",
    "course_summary": "Summary of a course of ketamine treatment",
    "discharge": "Discharge from the ketamine clinic",
    "patient_decision": "Our decision about ketamine treatment",
    "urgent_handover": "Urgent: patient in acute danger",
}

TO_THE_PATIENT = {"patient_decision"}
"""Letters that the patient is the reader of; the referrer and the GP get copies."""

Section = dict[str, Any]


def letter_content(episode: Episode, kind: str, note: str, at: datetime) -> dict[str, Any]:
    """Return the facts of a draft of one kind, as they stand now."""
    patient, referral = episode.patient, Referral.objects.get(episode=episode)
    recipients = recipients_of(episode, kind)
    first, whole_name = recipients[0], _full_name(episode)
    copied = [_in_one_line(other) for other in recipients[1:]]
    return {
        "kind": kind,
        "title": TITLES[kind],
        "date": shown_day(timezone.localtime(at).date()),
        "written_at": at.isoformat(),
        "reference": f"{patient.local_number} / {episode.pk}",
        "clinic": getattr(settings, "CLINIC", DEMONSTRATION_CLINIC),
        "to": [line for line in (first["name"], first["organisation"]) if line],
        "copies": copied if kind in TO_THE_PATIENT else [*copied, f"{whole_name} (patient)"],
        "salutation": f"Dear {first['name'] or 'colleague'}",
        "patient": {
            "name": patient.name,
            "birth_date": shown_day(patient.birth_date),
            "nhs_number": shown_nhs_number(patient.nhs_number),
            "local_number": patient.local_number,
            "communication_needs": patient.communication_needs,
            "address": ", ".join(part for part in (*patient.address.splitlines(), patient.postcode) if part),
        },
        "sections": _sections(episode, referral, kind, note),
        "signature": None,
        "draft": True,
    }


def signed(content: dict[str, Any], by: Staff, at: datetime) -> dict[str, Any]:
    """Return the content with the signature block of `by` and without the draft mark."""
    moment = timezone.localtime(at)
    signature = {
        "name": by.name,
        "role": Role(by.role).label,
        "registration": by.registration,
        "signed_at": f"{shown_day(moment.date())} at {moment:%H:%M}",
    }
    return {**content, "signature": signature, "draft": False}


def recipients_of(episode: Episode, kind: str = "") -> list[dict[str, str]]:
    """Return who is told: the referrer, and the GP where that is somebody else; first the patient, of some letters."""
    patient, referral = episode.patient, Referral.objects.get(episode=episode)
    referrer = {
        "as": "referrer",
        "name": referral.referrer_name,
        "organisation": referral.referrer_organisation,
        "code": referral.referrer_code,
    }
    gp = {
        "as": "GP",
        "name": patient.gp_name,
        "organisation": patient.gp_practice,
        "code": patient.gp_practice_code,
    }
    knows_gp = bool(gp["name"] or gp["organisation"])
    same = gp["name"].casefold() == referrer["name"].casefold()
    others = [referrer, gp] if knows_gp and not same else [referrer]
    if kind not in TO_THE_PATIENT:
        return others
    address = ", ".join(part for part in (*patient.address.splitlines(), patient.postcode) if part)
    return [{"as": "patient", "name": _full_name(episode), "organisation": address, "code": ""}, *others]


def shown_day(day: date) -> str:
    """Return a date as a letter shows it, such as 3 May 2026."""
    return f"{day.day} {day:%B %Y}"


def _sections(episode: Episode, referral: Referral, kind: str, note: str) -> list[Section]:
    if kind == "referral_outcome":
        parts = _referral_outcome(episode, referral)
    elif kind == "patient_decision":
        parts = to_the_patient(episode)
    elif kind == "urgent_handover":
        parts = urgent_handover(episode)
    else:
        parts = [_in_short(episode, kind), *_medicines(episode), *_scores(episode), *_plan(episode)]
    if note:
        parts.append(_section("From the writer", note.splitlines()))
    return [*parts, _who_to_call("your" if kind in TO_THE_PATIENT else "the patient's")]


def _referral_outcome(episode: Episode, referral: Referral) -> list[Section]:
    selection = newest_decision(episode)
    triaged = TriageDecision.objects.filter(referral=referral).order_by("-decided_at", "-pk").first()
    received = shown_day(timezone.localtime(referral.received_at).date())
    opening = f"Thank you for referring {_full_name(episode)}. We received your referral on {received}."
    if selection is not None:
        says, reason = _SELECTION_WORDS[selection.decision], selection.reason
    elif triaged is not None:
        says, reason = _TRIAGE_WORDS[triaged.decision], triaged.reason
    else:
        says, reason = "We have not decided about it yet.", ""
    parts = [_section("In short", [opening, says])]
    if reason:
        parts.append(_section("Reason", reason.splitlines()))
    if selection is not None:
        parts += why_to_the_referrer(selection)
    parts.append(_section("Care in the meantime", [_CARE_STAYS]))
    return parts


_TRIAGE_WORDS = {
    "accepted": "The referral was accepted, and we will assess whether ketamine treatment is suitable.",
    "returned": "We cannot decide yet, because information is missing. Please send it, as named below.",
    "declined": "We cannot offer treatment on this referral.",
}
_SELECTION_WORDS = {
    "eligible": "We have assessed the patient and can offer ketamine treatment, if the patient consents.",
    "not_eligible": "We have assessed the patient and cannot offer ketamine treatment.",
}
_CARE_STAYS = "Overall care and all other prescribing stay with you and the patient's usual team."


def _in_short(episode: Episode, kind: str) -> Section:
    given = [treatment for treatment in treatments_of(episode) if treatment.dose_mg > 0]
    times = "once" if len(given) == 1 else f"{len(given)} times"
    summary = outcome_summary(episode)
    lines = [
        f"{_full_name(episode)} was treated with ketamine {times} in our clinic."
        if given
        else f"{_full_name(episode)} was not treated with ketamine in our clinic.",
        *summary.sentences,
    ]
    if kind == "discharge":
        lines.append("We have discharged the patient from the clinic.")
    return _section("In short", [*lines, _CARE_STAYS])


def _medicines(episode: Episode) -> list[Section]:
    treatments = treatments_of(episode)
    if not treatments:
        return []
    rows = [
        [
            str(treatment.number),
            shown_day(treatment.day),
            treatment.dose_in_words,
            treatment.ended,
            ", ".join(treatment.side_effects) or "None recorded",
        ]
        for treatment in treatments
    ]
    columns = ["Session", "Date", "Medicine given", "How it ended", "Side effects"]
    return [_section("Medicines given", [], columns=columns, rows=rows)]


def _scores(episode: Episode) -> list[Section]:
    scores = [(score, score.total) for score in current_scores(episode) if score.total is not None]
    if not scores:
        return []
    first = next((total for score, total in scores if score.occasion == "baseline"), None)
    rows = [
        [
            shown_day(score.completed_on),
            occasion_words(score.occasion, score.session_number),
            f"{total}",
            "" if first is None or score.occasion == "baseline" else _change(total - first),
        ]
        for score, total in scores
    ]
    columns = ["Date", "When", "PHQ-9 (0 to 27)", "Change from baseline"]
    return [_section("Scores", [outcome_summary(episode).definition], columns=columns, rows=rows)]


def _change(points: int) -> str:
    return f"{points:+d}".replace("-", "\N{MINUS SIGN}") if points else "0"


def occasion_words(occasion: str, session_number: int | None) -> str:
    """Return when a score was taken, in words."""
    if occasion == "before_session":
        return f"Before session {session_number}"
    return {"baseline": "Baseline", "after_course": "After the course", "follow_up": "Follow-up"}[occasion]


def _plan(episode: Episode) -> list[Section]:
    decision = FollowUpDecision.objects.filter(episode=episode).order_by("-decided_at", "-pk").first()
    if decision is None:
        return [_section("Plan", ["What happens next has not been decided yet."])]
    words = {
        "review": "We will review the patient",
        "repeat": "We plan another course of treatment",
        "discharge": "No further treatment in our clinic is planned",
    }[decision.decision]
    when = f" on {shown_day(decision.next_on)}" if decision.next_on else ""
    return [_section("Plan", [f"{words}{when}.", *decision.reason.splitlines()])]


def _who_to_call(whose: str) -> Section:
    clinic = getattr(settings, "CLINIC", DEMONSTRATION_CLINIC)
    return _section(
        "Whom to call",
        [],
        points=[
            f"Questions about this letter or the treatment: {clinic['name']}, {clinic['telephone']}.",
            f"Worsening mood or thoughts of suicide: {whose} usual mental health team, or NHS 111.",
            "Danger to life: 999.",
        ],
    )


def _section(
    heading: str,
    paragraphs: Sequence[str],
    *,
    points: Sequence[str] = (),
    columns: Sequence[str] = (),
    rows: Sequence[Sequence[str]] = (),
) -> Section:
    return {
        "heading": heading,
        "paragraphs": [line for line in paragraphs if line.strip()],
        "points": list(points),
        "columns": list(columns),
        "rows": [list(row) for row in rows],
    }


def _full_name(episode: Episode) -> str:
    return f"{episode.patient.given_name} {episode.patient.family_name}"


def _in_one_line(recipient: dict[str, str]) -> str:
    return ", ".join(part for part in (recipient["name"], recipient["organisation"]) if part)
