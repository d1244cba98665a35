"""What a letter says, as facts: the renderer only lays them out, and a signed letter keeps them.

A letter's content is a JSON-ready dictionary: `title`, `date`, `clinic`, `to`, `copies`, `patient`,
`salutation`, `sections` (each with heading, paragraphs, points, columns and rows), `signature`, `draft`, `template`.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.utils import timezone

from glimmer.actions.letter_facts import About, full_name, letterhead, shown_day, value_of, value_of_nobody
from glimmer.actions.outcomes import current_scores
from glimmer.actions.treatments import treatments_of
from glimmer.care.letters import FilledLetter, FilledPart, fill, foreign_numbers
from glimmer.guidance.letter_templates import LetterTemplate, letter_kinds
from glimmer.records.correspondence import care_contacts, template_in_force
from glimmer.records.episodes import Episode, Referral
from glimmer.records.patients import Patient
from glimmer.records.sessions import TreatmentSession
from glimmer.records.staff import Staff
from glimmer.vocabulary.nhs_number import shown_nhs_number
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.problems import RuleRefused

Recipient = dict[str, str]
"""Who is told: `as` (referrer, GP, community team, patient), `name`, `organisation`, `code` and, if known, `email`."""

AS = {"patient": "patient", "referrer": "referrer", "gp": "GP", "team": "community team"}


def letter_content(
    episode: Episode,
    kind: str,
    note: str,
    at: datetime,
    session: TreatmentSession | None = None,
    template: LetterTemplate | None = None,
) -> dict[str, Any]:
    """Return the facts of a draft of one kind, as they stand now, by the template in force or the one given.

    Raises RuleRefused where a fact that the template cannot do without is not known, naming it, and where the text
    holds the NHS number of somebody else.
    """
    template = template or template_in_force(kind)
    recipients = recipients_of(episode, kind)
    first = recipients[0]
    about = About(episode, at, first["name"] or "colleague", note, session)
    letter = fill(template, lambda name: value_of(about, name))
    _check_numbers(letter, episode.patient)
    return {
        **_frame(kind, letter, template, at),
        "reference": f"{episode.patient.local_number} / {episode.pk}",
        "to": _address_lines(first),
        "copies": [_in_one_line(other) for other in recipients[1:]],
        "patient": patient_block(episode.patient),
        "data": structured(episode, template),
    }


def _address_lines(recipient: Recipient) -> list[str]:
    """Return whom and where to, a line each, as an envelope with a window shows them."""
    place = recipient["organisation"]
    lines = place.split(", ") if recipient["as"] == "patient" else [place]
    return [line for line in (recipient["name"], *lines) if line]


def example_content(kind: str, template: LetterTemplate, at: datetime) -> dict[str, Any]:
    """Return the content of a letter about nobody: every fact is the made-up one of the list of facts."""
    letter = fill(template, value_of_nobody)
    return {
        **_frame(kind, letter, template, at),
        "reference": "G000000 / 0",
        "to": ["Dr Ada Quince", "Made-up Road Surgery"],
        "copies": ["Amina Sample (patient)"],
        "patient": {
            "name": "SAMPLE, Amina",
            "birth_date": "3 May 1984",
            "nhs_number": "999 000 0018",
            "local_number": "G000000",
            "communication_needs": "",
            "address": "1 Sample Street, Exampleton, EX1 1EX",
        },
    }


def _frame(kind: str, letter: FilledLetter, template: LetterTemplate, at: datetime) -> dict[str, Any]:
    return {
        "kind": kind,
        "template": template.label,
        "title": letter.title,
        "date": shown_day(timezone.localtime(at).date()),
        "written_at": at.isoformat(),
        "clinic": letterhead(),
        "salutation": letter.greeting,
        "sections": [_section(part) for part in letter.parts],
        "signature": None,
        "draft": True,
    }


def patient_block(patient: Patient) -> dict[str, str]:
    """Return who the letter is about, as its box shows them."""
    return {
        "name": patient.name,
        "birth_date": shown_day(patient.birth_date),
        "nhs_number": shown_nhs_number(patient.nhs_number),
        "local_number": patient.local_number,
        "communication_needs": patient.communication_needs,
        "address": ", ".join(part for part in (*patient.address.splitlines(), patient.postcode) if part),
    }


def structured(episode: Episode, template: LetterTemplate) -> dict[str, Any]:
    """Return what the letter says as data, for its FHIR document: the subject, and the tables that it shows."""
    patient = episode.patient
    data: dict[str, Any] = {
        "subject": {
            "family": patient.family_name,
            "given": patient.given_name,
            "birth_date": patient.birth_date.isoformat(),
            "sex": patient.sex,
            "nhs_number": patient.nhs_number,
            "local_number": patient.local_number,
        },
    }
    if "scores" in template.names:
        data["scores"] = [
            {"on": score.completed_on.isoformat(), "total": score.total}
            for score in current_scores(episode)
            if score.total is not None
        ]
    if "medicines_given" in template.names:
        data["given"] = [
            {"on": one.day.isoformat(), "drug": one.drug, "dose_mg": round(one.dose_mg, 1), "is_part": one.is_part}
            for one in treatments_of(episode)
            if one.dose_mg > 0
        ]
    return data


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


def recipients_of(episode: Episode, kind: str) -> list[Recipient]:
    """Return who is told by a kind of letter: first whom it is addressed to, then who gets a copy; nobody twice.

    Where the one it is addressed to is not known, as when no GP is recorded, the referrer is.
    """
    known = _known_people(episode)
    of = letter_kinds()[kind]
    wanted = [known.get(of.first) or known["referrer"], *(known[one] for one in of.copies if one in known)]
    teams = [_as_recipient(row) for row in care_contacts(episode)]
    if "team" in of.copies:
        wanted[1:1] = teams
    found: dict[tuple[str, str, bool], Recipient] = {}
    for one in wanted:
        # Two of one name in different organisations are two people.
        found.setdefault((one["name"].casefold(), one["organisation"].casefold(), one["as"] == "patient"), one)
    return list(found.values())


def _known_people(episode: Episode) -> dict[str, Recipient]:
    patient, referral = episode.patient, Referral.objects.get(episode=episode)
    address = ", ".join(part for part in (*patient.address.splitlines(), patient.postcode) if part)
    people = {
        "referrer": {
            "as": "referrer",
            "name": referral.referrer_name,
            "organisation": referral.referrer_organisation,
            "code": referral.referrer_code,
            "email": "",
        },
        "patient": {
            "as": "patient",
            "name": full_name(episode),
            "organisation": address,
            "code": "",
            "email": patient.email,
        },
    }
    if patient.gp_name or patient.gp_practice:
        people["gp"] = {
            "as": "GP",
            "name": patient.gp_name,
            "organisation": patient.gp_practice,
            "code": patient.gp_practice_code,
            "email": "",
        }
    return people


def _as_recipient(row: Any) -> Recipient:
    return {
        "as": row.get_kind_display().lower(),
        "name": row.name,
        "organisation": row.organisation,
        "code": "",
        "email": row.email,
    }


def _check_numbers(letter: FilledLetter, patient: Patient) -> None:
    foreign = foreign_numbers(_texts(letter), patient.nhs_number)
    if foreign:
        raise RuleRefused(
            f"The letter would hold the NHS number of somebody else ({', '.join(foreign)}). "
            "Take it out of what was written, or check that this is the right patient."
        )


def _texts(letter: FilledLetter) -> Iterator[str]:
    yield from (letter.title, letter.greeting)
    for part in letter.parts:
        yield from (*part.paragraphs, *part.points)
        yield from _cells(part)


def _cells(part: FilledPart) -> Iterable[str]:
    return (cell for row in part.table.rows for cell in row) if part.table is not None else ()


def _section(part: FilledPart) -> dict[str, Any]:
    return {
        "heading": part.heading,
        "paragraphs": [line for line in part.paragraphs if line.strip()],
        "points": list(part.points),
        "columns": list(part.table.columns) if part.table is not None else [],
        "rows": [list(row) for row in part.table.rows] if part.table is not None else [],
    }


def _in_one_line(recipient: Recipient) -> str:
    if recipient["as"] == "patient":
        return f"{recipient['name']} (patient)"
    return ", ".join(part for part in (recipient["name"], recipient["organisation"]) if part)
