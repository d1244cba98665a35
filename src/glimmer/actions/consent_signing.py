"""The signature under a consent, and the copy that the patient takes home."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from glimmer.actions.act import acting
from glimmer.actions.endings import open_episode
from glimmer.actions.letter_facts import letterhead, shown_day
from glimmer.actions.ports import port
from glimmer.care.consent import CAPACITY
from glimmer.care.consent_signature import BOX, checked_path, scan_type
from glimmer.care.consent_waiting import INTERPRETER
from glimmer.guidance import figure, protocol
from glimmer.guidance.purposes import purposes
from glimmer.records.consent import ConsentRecord, ConsentSignature, PatientQuestion
from glimmer.records.conversations import newest_consent
from glimmer.records.staff import Staff
from glimmer.records.wishes import newest_needs, newest_purpose
from glimmer.vocabulary.nhs_number import shown_nhs_number
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.problems import BadInput, RuleRefused

ORDINARY_PRINT = 11.5
"""Size in points of the copy where no large print is needed."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature as it comes from the page: `how` is drawn, typed or scan; `path` or `scan` accordingly."""

    how: str
    signed_name: str
    path: str = ""
    scan: bytes = b""
    witness_name: str = ""


def sign_consent(
    consent: ConsentRecord, signature: Signature, *, by: Staff, seen: int | None = None, at: datetime | None = None
) -> ConsentSignature:
    """Add the patient's signature to the consent that stands; raise RuleRefused for one that no longer does."""
    with acting(by, "consent.record", verb="sign_consent", episode=consent.episode, seen=seen, at=at) as act:
        newest = newest_consent(open_episode(act))
        if newest is None or newest.pk != consent.pk or newest.decision != "given":
            raise RuleRefused("This consent no longer stands, so nothing is signed. Look at the newest decision.")
        stored = ConsentSignature.objects.create(
            consent=newest, **_checked(signature), recorded_by=by, recorded_at=act.at
        )
        act.about(stored)
        act.note(how=stored.how, digest=stored.digest)
    return stored


def _checked(given: Signature) -> dict[str, Any]:
    name, witness = given.signed_name.strip(), given.witness_name.strip()
    if not name:
        raise BadInput("Enter the name of who signs.", field="signed_name")
    facts: dict[str, Any] = {"how": given.how, "signed_name": name, "witness_name": witness}
    if given.how == "drawn":
        path = checked_path(given.path)
        return {**facts, "path": path, "digest": _sha256(path.encode())}
    if given.how == "scan":
        if not given.scan:
            raise BadInput("Choose the file that holds the signed form.", field="scan")
        kind = scan_type(given.scan)
        return {**facts, "scan": given.scan, "scan_type": kind, "digest": _sha256(given.scan)}
    if given.how != "typed":
        raise BadInput("Choose how the patient signs.", field="how")
    if not witness:
        raise BadInput("Enter who was there when the patient agreed to the typed name.", field="witness_name")
    return {**facts, "digest": _sha256(name.encode())}


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def print_consent(consent: ConsentRecord, *, by: Staff, at: datetime | None = None) -> bytes:
    """Return the patient's copy as a PDF: what was told, asked, answered and agreed. Its making is audited."""
    with acting(by, "patient.view", verb="print_consent", at=at) as act:
        act.patient_id = consent.episode.patient_id
        act.about(consent)
        content = copy_content(consent)
    rendered: bytes = port("render_consent")(content)
    return rendered


def copy_content(consent: ConsentRecord) -> dict[str, Any]:
    """Return what the copy says, as facts for the renderer."""
    episode, given = consent.episode, consent.information
    needs = newest_needs(episode.patient)
    large = needs is not None and "large_print" in needs.formats
    return {
        "title": "Your copy: consent to treatment",
        "written_at": consent.recorded_at.isoformat(),
        "clinic": letterhead(),
        "points_of_type": figure("consent", "large_print").value if large else ORDINARY_PRINT,
        "patient": {
            "name": f"{episode.patient.given_name} {episode.patient.family_name}",
            "birth_date": shown_day(episode.patient.birth_date),
            "nhs_number": shown_nhs_number(episode.patient.nhs_number),
            "communication_needs": episode.patient.communication_needs,
        },
        "treatment": protocol(given.protocol_id, given.protocol_version).title if given is not None else "",
        "since": _since(consent),
        "agreed": _agreed(consent),
        "informed": _informed(consent),
        "points": given.content if given is not None else [],
        "questions": [_question(one) for one in PatientQuestion.objects.filter(episode=episode)],
        "purposes": _purposes(consent),
        "signature": _signature(consent),
    }


def _agreed(consent: ConsentRecord) -> list[str]:
    words = {
        "given": "You said yes to this treatment.",
        "refused": "You said no to this treatment.",
        "withdrawn": "You took back your consent to this treatment.",
    }
    can = [says for name, says in CAPACITY if getattr(consent, name)]
    if consent.decision == "refused" and any(getattr(consent, name) is False for name, _ in CAPACITY):
        words["refused"] = "We found that you could not decide about this treatment then, so we do not give it."
    lines = [f"{words[consent.decision]} This was on {_moment(consent.recorded_at)}, with {_who(consent.recorded_by)}."]
    if consent.decision == "given":
        lines.append(f"We found that you could {', '.join(can[:-1])} and {can[-1]}.")
        lines.append("You can change your mind at any time. Tell any of us, or call the clinic.")
    if consent.sooner_because:
        lines.append(f"You decided before the usual time to think was over, because: {consent.sooner_because}")
    return lines


def _since(consent: ConsentRecord) -> str:
    """Return what became of a yes since, as it stands now; "" where nothing did, or it was no yes."""
    later = consent.episode.consents.filter(recorded_at__gt=consent.recorded_at).exclude(decision="given")
    taken_back = later.select_related("recorded_by").order_by("recorded_at", "pk").first()
    if consent.decision != "given" or taken_back is None:
        return ""
    said = "took back this consent" if taken_back.decision == "withdrawn" else "said no to this treatment"
    return f"You {said} on {_moment(taken_back.recorded_at)}, with {_who(taken_back.recorded_by)}. It no longer holds."


def _informed(consent: ConsentRecord) -> list[str]:
    given = consent.information
    if given is None:
        return []
    talk = INTERPRETER.get(consent.interpreter, "")
    who = f" ({consent.interpreter_who})" if consent.interpreter_who else ""
    return [
        f"We gave you this information (edition {given.version}) on {_moment(given.given_at)}.",
        *([f"{talk}{who}."] if talk else []),
    ]


def _question(question: PatientQuestion) -> dict[str, Any]:
    answers = question.answers.select_related("answered_by")
    return {
        "asks": question.asks,
        "asked_by": question.asked_by,
        "answers": [f"{one.says} ({_who(one.answered_by)}, {_moment(one.answered_at)})" for one in answers],
    }


def _purposes(consent: ConsentRecord) -> list[dict[str, str]]:
    said = {"given": "You said yes.", "refused": "You said no.", "withdrawn": "You took back your yes."}
    found = ((one, newest_purpose(consent.episode.patient, one.id)) for one in purposes().rows)
    return [
        {"title": one.title, "says": one.says, "said": said[row.decision] if row else "You have not been asked yet."}
        for one, row in found
    ]


def _signature(consent: ConsentRecord) -> dict[str, Any] | None:
    row = consent.signatures.order_by("-recorded_at", "-pk").first()
    if row is None:
        return None
    return {
        "how": row.get_how_display(),
        "name": row.signed_name,
        "path": row.path,
        "box": list(BOX),
        "witness": row.witness_name,
        "at": _moment(row.recorded_at),
        "digest": row.digest,
    }


def _who(staff: Staff) -> str:
    return f"{staff.name}, {Role(staff.role).label.lower()}"


def _moment(at: datetime) -> str:
    local = timezone.localtime(at)
    return f"{shown_day(local.date())} at {local:%H:%M}"
