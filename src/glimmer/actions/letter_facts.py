"""How each fact that a letter can hold is found in the record of one journey, and of no other.

Every function takes the one `About` that names the journey; a test writes every letter beside a second patient and
looks for anything of theirs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.conf import settings
from django.utils import timezone

from glimmer.actions.decision_letter import decision_to_the_patient, newest_decision, referrer_rules, urgent_handover
from glimmer.actions.long_term import long_term_standings
from glimmer.actions.outcomes import course_outcome, current_scores
from glimmer.actions.treatments import Treatment, treatment_of, treatments_of
from glimmer.care.letters import Fact, Table, example_fact
from glimmer.care.relapse import RelapseWatch
from glimmer.care.session.events import Discharged, ObservationRecorded
from glimmer.care.session.log import SessionLog, fold
from glimmer.guidance import figure, information_for, protocol
from glimmer.guidance.shared_care import refer_back, shared_care
from glimmer.records.consent import ConsentRecord
from glimmer.records.episodes import Episode, Referral, TriageDecision
from glimmer.records.followup import FollowUpDecision
from glimmer.records.logbook import events_of
from glimmer.records.sessions import TreatmentSession
from glimmer.vocabulary.parameters import Parameter
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.problems import RuleRefused

DEMONSTRATION_CLINIC = {
    "name": "Glimmer demonstration clinic",
    "address": ["1 Sample Street", "Exampleton", "EX1 1EX"],
    "telephone": "01632 960 101",
    "email": "clinic@glimmer.example",
}
"""Letterhead where the settings name no clinic (`CLINIC`). The telephone number is of the range kept for fiction."""


SCORES_BEFORE_A_WARNING = 8
"""How many scores a letter about a relapse warning shows: it is read by people who want the end of the row."""


def letterhead() -> dict[str, Any]:
    """Return the clinic's name, address, telephone number and e-mail address as its letters show them."""
    return dict(getattr(settings, "CLINIC", DEMONSTRATION_CLINIC))


def shown_day(day: Any) -> str:
    """Return a date as a letter shows it, such as 3 May 2026."""
    return f"{day.day} {day:%B %Y}"


def full_name(episode: Episode) -> str:
    """Return the patient's name as a sentence holds it."""
    return f"{episode.patient.given_name} {episode.patient.family_name}"


@dataclass
class About:
    """Which journey a letter is about, at what time, and what is read from its record once for several facts."""

    episode: Episode
    at: datetime
    recipient: str = ""
    note: str = ""
    session: TreatmentSession | None = None

    @cached_property
    def referral(self) -> Referral:
        return Referral.objects.get(episode=self.episode)

    @cached_property
    def rules(self) -> Mapping[str, list[str]]:
        """What the rules said at the decision on selection; empty where nothing was decided."""
        decision = newest_decision(self.episode)
        return referrer_rules(decision) if decision is not None else {}

    @cached_property
    def decision(self) -> Mapping[str, list[str]]:
        return decision_to_the_patient(self.episode)

    @cached_property
    def urgent(self) -> Mapping[str, Any]:
        return urgent_handover(self.episode)

    @cached_property
    def treatments(self) -> tuple[Treatment, ...]:
        return treatments_of(self.episode)

    @cached_property
    def consent(self) -> ConsentRecord | None:
        found = ConsentRecord.objects.filter(episode=self.episode).select_related("information", "recorded_by")
        return found.order_by("-recorded_at", "-pk").first()

    @cached_property
    def relapse(self) -> RelapseWatch | None:
        watch = course_outcome(self.episode).relapse
        return watch if watch is not None and watch.warned_on is not None else None

    @cached_property
    def held(self) -> TreatmentSession | None:
        """The session the letter is about: the one chosen, else the last that is over."""
        over = TreatmentSession.objects.filter(episode=self.episode, ended_at__isnull=False).exclude(phase="cancelled")
        if self.session is None:
            return over.order_by("-opened_at").first()
        found = over.filter(pk=self.session.pk).first()
        if found is None:
            raise RuleRefused("This session is not over, or not of this patient. Choose another.")
        return found

    @cached_property
    def log(self) -> SessionLog | None:
        return None if self.held is None else fold(events_of(self.held.pk))

    @cached_property
    def given(self) -> Treatment | None:
        return None if self.held is None else treatment_of(self.held)


def value_of(about: About, name: str) -> Fact:
    """Return one fact of the closed list for a journey; raise KeyError for a name that is not on it."""
    return GENERAL[name]() if name in GENERAL else VALUES[name](about)


def value_of_nobody(name: str) -> Fact:
    """Return one fact for a preview: the made-up one, unless it is the same for every patient."""
    return GENERAL[name]() if name in GENERAL else example_fact(name)


def _referral_decision(about: About) -> str:
    selection = newest_decision(about.episode)
    if selection is not None:
        return _SELECTION_WORDS[selection.decision]
    triaged = _triage(about)
    return _TRIAGE_WORDS[triaged.decision] if triaged is not None else "We have not decided about it yet."


_TRIAGE_WORDS = {
    "accepted": "The referral was accepted, and we will assess whether ketamine treatment is suitable.",
    "returned": "We cannot decide yet, because information is missing. Please send it, as named below.",
    "declined": "We cannot offer treatment on this referral.",
}
_SELECTION_WORDS = {
    "eligible": "We have assessed the patient and can offer ketamine treatment, if the patient consents.",
    "not_eligible": "We have assessed the patient and cannot offer ketamine treatment.",
}


def _triage(about: About) -> TriageDecision | None:
    return TriageDecision.objects.filter(referral=about.referral).order_by("-decided_at", "-pk").first()


def _referral_reason(about: About) -> list[str]:
    selection, triaged = newest_decision(about.episode), _triage(about)
    reason = selection.reason if selection is not None else triaged.reason if triaged is not None else ""
    return reason.splitlines()


def _consent_said(about: About) -> str:
    consent = about.consent
    if consent is None:
        return ""
    words = {"given": "consented to treatment", "refused": "did not consent", "withdrawn": "took back your consent"}
    day = shown_day(timezone.localtime(consent.recorded_at).date())
    who = f"{consent.recorded_by.name}, {Role(consent.recorded_by.role).label.lower()}"
    return f"You {words[consent.decision]} on {day}, in a conversation with {who}."


def _consent_treatment(about: About) -> str:
    given = about.consent.information if about.consent is not None else None
    return protocol(given.protocol_id, given.protocol_version).title if given is not None else ""


def _consent_information(about: About) -> str:
    given = about.consent.information if about.consent is not None else None
    if given is None:
        return ""
    return f"Edition {given.version} of our information was given on {_local_day(given.given_at)}."


def _consent_points(about: About) -> list[str]:
    consent = about.consent
    if consent is None or consent.information is None:
        return []
    told = information_for(protocol(consent.information.protocol_id, consent.information.protocol_version))
    return [point.title for point in told.points if point.id in consent.points_covered]


def _session_left(about: About) -> str:
    left = about.log.last(Discharged) if about.log is not None else None
    if left is None:
        return ""
    return f"at {timezone.localtime(left.happened_at):%H:%M}, {left.what.escorted_by}"  # type: ignore[attr-defined]


def _session_pressure(about: About) -> str:
    charted = []
    for event in about.log.of(ObservationRecorded) if about.log is not None else ():
        read = {one.parameter: one.value for one in event.what.readings}  # type: ignore[attr-defined]
        if Parameter.SYSTOLIC in read and Parameter.DIASTOLIC in read:
            charted.append((read[Parameter.SYSTOLIC], read[Parameter.DIASTOLIC]))
    return "{:.0f}/{:.0f} mmHg".format(*max(charted)) if charted else ""


def _was_treated(about: About) -> str:
    given = [one for one in about.treatments if one.dose_mg > 0]
    if not given:
        return "was not treated with ketamine"
    return f"was treated with ketamine {'once' if len(given) == 1 else f'{len(given)} times'}"


def _cumulative(about: About) -> str:
    given = [one for one in about.treatments if one.dose_mg > 0]
    if not given:
        return ""
    if any(one.is_part for one in given):
        return f"{len(given)} sessions, the last on {shown_day(given[-1].day)}; of one or more only a part was given"
    times = "1 session" if len(given) == 1 else f"{len(given)} sessions"
    return f"{sum(one.dose_mg for one in given):.1f} mg in {times}, the last on {shown_day(given[-1].day)}"


def _medicines_given(about: About) -> Table:
    rows = tuple(
        (
            str(one.number),
            shown_day(one.day),
            one.dose_in_words,
            one.ended,
            ", ".join(one.side_effects) or "None recorded",
        )
        for one in about.treatments
    )
    return Table(("Session", "Date", "Medicine given", "How it ended", "Side effects"), rows)


def _scores(about: About) -> Table:
    scores = [(score, score.total) for score in current_scores(about.episode) if score.total is not None]
    first = next((total for score, total in scores if score.occasion == "baseline"), None)
    rows = tuple(
        (
            shown_day(score.completed_on),
            occasion_words(score.occasion, score.session_number),
            f"{total}",
            "" if first is None or score.occasion == "baseline" else _change(total - first),
        )
        for score, total in scores
    )
    return Table(("Date", "When", "PHQ-9 (0 to 27)", "Change from baseline"), rows)


def _change(points: int) -> str:
    return f"{points:+d}".replace("-", "\N{MINUS SIGN}") if points else "0"


def occasion_words(occasion: str, session_number: int | None) -> str:
    """Return when a score was taken, in words."""
    if occasion == "before_session":
        return f"Before session {session_number}"
    return {"baseline": "Baseline", "after_course": "After the course", "follow_up": "Follow-up"}[occasion]


def _next_step(about: About) -> list[str]:
    found = FollowUpDecision.objects.filter(episode=about.episode)
    decision = found.order_by("-decided_at", "-pk").first()
    if decision is None:
        return ["What happens next has not been decided yet."]
    words = {
        "review": "We will review the patient",
        "repeat": "We plan another course of treatment",
        "discharge": "No further treatment in our clinic is planned",
    }[decision.decision]
    when = f" on {shown_day(decision.next_on)}" if decision.next_on else ""
    return [f"{words}{when}.", *decision.reason.splitlines()]


def _discharge_said(about: About) -> str:
    newest = FollowUpDecision.objects.filter(episode=about.episode).order_by("-decided_at", "-pk").first()
    if newest is not None and newest.decision == "discharge":
        return "We have discharged the patient from the clinic."
    return "The patient has not been discharged from the clinic yet."


def _relapse_scores(about: About) -> Table:
    steps = about.relapse.steps[-SCORES_BEFORE_A_WARNING:] if about.relapse is not None else ()
    rows = tuple((shown_day(step.completed_on), f"{step.total}") for step in steps)
    return Table(("Date", "PHQ-9 (0 to 27)"), rows)


def _held_checks(about: About) -> list[str]:
    return [
        f"{one.domain.title}, {shown_day(one.held_by.done_on)}: {'; '.join(one.held_by.holds)}. {one.domain.held}"
        for one in long_term_standings(about.episode, about.at)
        if one.held_by is not None
    ]


def _local_day(at: datetime) -> str:
    return shown_day(timezone.localtime(at).date())


def _hours(hours: float) -> str:
    whole = timedelta(hours=hours)
    return f"{whole.days} days" if whole.days > 1 else f"{hours:.0f} hours"


GENERAL: Mapping[str, Callable[[], Fact]] = {
    "clinic_name": lambda: str(letterhead()["name"]),
    "clinic_telephone": lambda: str(letterhead()["telephone"]),
    "relapse_answer_within": lambda: _hours(figure("relapse", "answered_within").value),
    "shared_care": lambda: Table(
        ("What", "Who", "How often", "What to do"),
        tuple((one.what, one.who, one.how_often, one.do) for one in shared_care()),
    ),
    "refer_back": lambda: [one.says for one in refer_back()],
}
"""Facts that are the same for every patient: a preview shows them as they are."""

VALUES: Mapping[str, Callable[[About], Fact]] = {
    "patient": lambda about: full_name(about.episode),
    "recipient": lambda about: about.recipient,
    "writers_words": lambda about: [line for line in about.note.splitlines() if line.strip()],
    "referral_received": lambda about: _local_day(about.referral.received_at),
    "referral_decision": _referral_decision,
    "referral_reason": _referral_reason,
    "rules_against": lambda about: about.rules.get("against", []),
    "rules_weighed": lambda about: about.rules.get("weighed", []),
    "rules_left": lambda about: about.rules.get("left", []),
    "trials": lambda about: about.rules.get("trials", []),
    "how_decided": lambda about: next(iter(about.rules.get("how", [])), ""),
    "patient_decision": lambda about: about.decision["decided"],
    "patient_care_for": lambda about: about.decision["care_for"],
    "patient_why_not": lambda about: about.decision["why_not"],
    "decider_wrote": lambda about: about.decision["wrote"],
    "patient_next": lambda about: about.decision["next"],
    "urgent_opening": lambda about: about.urgent["opening"],
    "urgent_noticed": lambda about: about.urgent["noticed"],
    "urgent_done": lambda about: about.urgent["done"],
    "urgent_with": lambda about: about.urgent["with"],
    "consent_said": _consent_said,
    "consent_treatment": _consent_treatment,
    "consent_information": _consent_information,
    "consent_points": _consent_points,
    "session_day": lambda about: shown_day(about.given.day) if about.given is not None else "",
    "session_number": lambda about: str(about.given.number) if about.given is not None else "",
    "session_given": lambda about: about.given.dose_in_words if about.given is not None else "",
    "session_ended": lambda about: about.given.ended if about.given is not None else "",
    "session_effects": lambda about: list(about.given.side_effects) if about.given is not None else [],
    "session_pressure": _session_pressure,
    "session_left": _session_left,
    "was_treated": _was_treated,
    "outcome": lambda about: list(course_outcome(about.episode).summary.sentences),
    "medicines_given": _medicines_given,
    "score_definition": lambda about: course_outcome(about.episode).summary.definition,
    "scores": _scores,
    "next_step": _next_step,
    "discharge_said": _discharge_said,
    "relapse_said": lambda about: about.relapse.says if about.relapse is not None else "",
    "relapse_scores": _relapse_scores,
    "cumulative": _cumulative,
    "held_checks": _held_checks,
}
"""The other facts, each with how it is found. The names of both are those of `guidance/letter_facts.toml`."""
