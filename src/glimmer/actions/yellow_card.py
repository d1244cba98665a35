"""The draft of a Yellow Card from what is on record, and its file: each file handed out is in the audit."""

from datetime import datetime
from typing import Any

import orjson
from django.utils import timezone

from glimmer.actions.act import acting
from glimmer.actions.entries import required_text
from glimmer.actions.log import allow, log_of, protocol_of
from glimmer.care.incidents import Assessment, Step
from glimmer.care.referral import age_on
from glimmer.care.yellow_card import Card, CardPatient, Reaction, Reporter, Suspect, as_file, minimum
from glimmer.guidance import figure
from glimmer.guidance.adverse_events import term
from glimmer.records.access import access_incident
from glimmer.records.incidents import IncidentReport, facts
from glimmer.records.medicines import listed_medicines
from glimmer.records.plans import Plan
from glimmer.records.sessions import TreatmentSession
from glimmer.records.staff import Staff

INDICATION = "depression that treatment did not help"


def card_of(report: IncidentReport, *, reporter: Staff, contact: str, at: datetime) -> Card:
    """Return the draft as it stands, whole or not: `minimum(card)` says what is missing."""
    assessment = facts(report).assessment or Assessment(term=report.term)
    return Card(
        about=str(report),
        reporter=Reporter(reporter.name, _profession(reporter), contact.strip()),
        patient=_patient(report),
        reaction=_reaction(report, assessment),
        suspect=_suspect(report, assessment.drug),
        others=listed_medicines(report.episode) if report.episode is not None else "",
        written=timezone.localtime(at).isoformat(timespec="minutes"),
    )


def export_card(report: IncidentReport, contact: str, *, by: Staff, at: datetime | None = None) -> bytes:
    """Return the draft as a JSON file for a person to file; refused while one of the four facts is missing."""
    with acting(by, "incident.export", verb="export_card", at=at) as act:
        found = access_incident(by, report.pk)
        required_text(contact, "contact", "Enter where the MHRA can reach you: an address, telephone or e-mail.", 300)
        card = card_of(found, reporter=by, contact=contact, at=act.at)
        allow(minimum(card), "The scheme takes no report without these facts.")
        act.about(found)
        act.patient_id = found.episode.patient_id if found.episode is not None else None
    return orjson.dumps(as_file(card), option=orjson.OPT_INDENT_2)


def _profession(reporter: Staff) -> str:
    return f"{reporter.role}, {reporter.registration}" if reporter.registration else reporter.role


def _patient(report: IncidentReport) -> CardPatient:
    if report.episode is None:
        return CardPatient()
    patient = report.episode.patient
    plan = Plan.objects.filter(episode=report.episode, prescribed_at__lte=report.happened_at).last()
    return CardPatient(
        initials=f"{patient.given_name[:1]}{patient.family_name[:1]}".upper(),
        local_number=patient.local_number,
        sex=patient.sex,
        age_years=age_on(patient.birth_date, timezone.localtime(report.happened_at).date()),
        weight_kg=float(plan.weight_kg) if plan else None,
    )


def _reaction(report: IncidentReport, made: Assessment) -> Reaction:
    found = term(made.term)
    words = {name: figure("incidents", name).value for name in ("serious", "causality", "outcomes", "grades")}
    outcome = facts(report).last(Step.OUTCOME)
    return Reaction(
        title=(made.words or found.title) if found else made.words,
        snomed=found.snomed if found else "",
        words=report.what,
        started=timezone.localtime(report.happened_at).isoformat(timespec="minutes"),
        grade=f"{made.grade}, {words['grades'][str(made.grade)]}" if made.grade else "",
        serious=tuple(words["serious"][one] for one in made.serious),
        causality=words["causality"].get(made.causality, ""),
        outcome=words["outcomes"][outcome.body["outcome"]] if outcome else "",
        treated_with=report.did,
    )


def _suspect(report: IncidentReport, drug: str) -> Suspect:
    if report.session is None:
        return Suspect(name=drug, use=INDICATION)
    return Suspect(name=drug, use=INDICATION, **_given(report.session))


def _given(session: TreatmentSession) -> dict[str, Any]:
    log = log_of(session.pk)
    chosen, course = protocol_of(log), log.course
    opened = log.opened
    earlier = TreatmentSession.objects.filter(episode=session.episode_id, opened_at__lt=session.opened_at)
    before = earlier.exclude(phase="cancelled").count()
    return {
        "dose": f"{opened.dose_mg:g} mg over {opened.infusion_minutes:g} min" if opened else "",
        "route": chosen.route,
        "started": _iso(course.started.happened_at) if course.started else "",
        "ended": _iso(course.ended.happened_at) if course.ended else "",
        "batch": course.preparation.batch if course.preparation else "",
        "given_before": f"{before} sessions before this one",
    }


def _iso(moment: datetime) -> str:
    return timezone.localtime(moment).isoformat(timespec="minutes")
