"""From a FHIR R4 bundle to a referral that a person can look at, complete and take responsibility for."""

from collections import defaultdict

from glimmer.actions.referral import ReferralDetails, ReferralDraft
from glimmer.exchange.fhir.bundle import Bundle, Entry, parse_bundle, the_patient
from glimmer.exchange.fhir.items import items_of, scores_sent
from glimmer.exchange.fhir.people import NHS_NUMBER, Sender, patient_details, sender_of
from glimmer.exchange.fhir.resources import Condition, FhirPatient, MessageHeader, Reference, ServiceRequest
from glimmer.guidance import referral_items
from glimmer.vocabulary.nhs_number import parse_nhs_number
from glimmer.vocabulary.problems import BadInput

NOT_A_REQUEST = frozenset({"entered-in-error", "revoked", "completed", "draft"})


def read_referral_bundle(raw: bytes) -> ReferralDraft:
    """Return the referral that a bundle holds; raise BadInput, in words, when it holds none that is safe to take.

    Whatever was not taken over is named in the draft's `warnings`.
    """
    bundle = parse_bundle(raw)
    warnings: list[str] = []
    patient_entry, patient = the_patient(bundle)
    bundle.use(patient_entry)
    details = patient_details(bundle, patient, warnings)
    _refuse_other_peoples_data(bundle, patient_entry, details.nhs_number)
    request = _the_request(bundle)
    referral = _referral(bundle, request, warnings)
    items = items_of(bundle, [item.id for item in referral_items() if item.id != "email"], warnings)
    items["email"] = ("present", details.email) if details.email else ("missing", "")
    warnings.extend(scores_sent(bundle))
    warnings.extend(_left_over(bundle, patient))
    return ReferralDraft(patient=details, referral=referral, items=items, warnings=tuple(warnings))


def _the_request(bundle: Bundle) -> ServiceRequest:
    found = [(entry, request) for entry, request in bundle.all(ServiceRequest) if request.status not in NOT_A_REQUEST]
    if len(found) > 1:
        focus = _focus(bundle)
        found = [(entry, request) for entry, request in found if entry in focus] or found
    if not found:
        raise BadInput(
            "This bundle holds no referral: it has no ServiceRequest that is still open. Ask the sender for one.",
            field="file",
        )
    if len(found) > 1:
        raise BadInput(
            f"This bundle holds {len(found)} requests, so it is not clear which is the referral. "
            "Ask the sender for one referral per bundle.",
            field="file",
        )
    entry, request = found[0]
    if request.doNotPerform:
        raise BadInput("This request asks that something is *not* done. It cannot be a referral.", field="file")
    bundle.use(entry)
    return request


def _focus(bundle: Bundle) -> list[Entry]:
    return [
        entry
        for _, header in bundle.all(MessageHeader)
        for reference in header.focus
        if (entry := bundle.resolve(reference, header)) is not None
    ]


def _referral(bundle: Bundle, request: ServiceRequest, warnings: list[str]) -> ReferralDetails:
    sender = sender_of(bundle, request.requester, request)
    if sender is None or not (sender.name or sender.organisation):
        raise BadInput(
            "The bundle does not say who refers (ServiceRequest.requester). Ask the sender, or type the referral in.",
            field="referrer_name",
        )
    if request.authoredOn:
        warnings.append(f"The referral was written on {request.authoredOn[:10]}.")
    return ReferralDetails(
        source=_source(sender, warnings),
        referrer_name=sender.name or sender.organisation,
        referrer_organisation=sender.organisation,
        referrer_code=sender.code,
        priority=_priority(request, warnings),
        reason=_reason(bundle, request),
    )


def _source(sender: Sender, warnings: list[str]) -> str:
    if sender.source == "other":
        warnings.append("The bundle does not say whether a GP or a psychiatrist refers. Check who it is.")
    return sender.source


def _priority(request: ServiceRequest, warnings: list[str]) -> str:
    if request.priority in {"asap", "stat"}:
        warnings.append(f"The sender's priority is “{request.priority}”; it was taken over as urgent.")
    return "urgent" if request.priority in {"urgent", "asap", "stat"} else "routine"


def _reason(bundle: Bundle, request: ServiceRequest) -> str:
    lines = [concept.words for concept in request.reasonCode if concept.words]
    for reference in request.reasonReference:
        entry = bundle.resolve(reference, request)
        if entry is not None and isinstance(entry.resource, Condition) and entry.resource.code is not None:
            lines.append(entry.resource.code.words)
        elif reference.display.strip():
            lines.append(reference.display.strip())
    lines.extend(note.text.strip() for note in request.note if note.text.strip())
    if not lines and request.code is not None:
        lines.append(request.code.words)
    reason = "\n".join(line for line in dict.fromkeys(lines) if line)
    if not reason:
        raise BadInput(
            "The bundle does not say why the patient is referred (no reason, note or code in the ServiceRequest). "
            "Ask the sender, or type the referral in.",
            field="reason",
        )
    return reason


def _refuse_other_peoples_data(bundle: Bundle, patient: Entry, nhs_number: str) -> None:
    for entry in bundle.entries:
        whose = getattr(entry.resource, "subject", None) or getattr(entry.resource, "patient", None)
        if isinstance(whose, Reference) and not _is(bundle, whose, patient, nhs_number):
            raise BadInput(
                f"{entry.name} in this bundle belongs to somebody who is not the bundle's patient. "
                "Nothing was imported, because it could be another person's data. Ask the sender.",
                field="file",
            )


def _is(bundle: Bundle, whose: Reference, patient: Entry, nhs_number: str) -> bool:
    target = bundle.resolve(whose)
    if target is not None:
        return target is patient
    named = whose.identifier
    if not whose.reference and named is not None and named.system == NHS_NUMBER:
        try:
            return parse_nhs_number(named.value) == nhs_number
        except BadInput:
            return False
    return False


# What every resource carries about itself; none of it is clinical content.
_ENVELOPE = frozenset({"meta", "text", "language", "identifier", "resourceType"})


def _left_over(bundle: Bundle, patient: FhirPatient) -> list[str]:
    sentences = []
    unused: dict[str, int] = defaultdict(int)
    for entry in bundle.unused():
        if entry.type != "MessageHeader":
            unused[entry.type] += 1
    if unused:
        counted = ", ".join(f"{number} {kind}" for kind, number in sorted(unused.items()))
        sentences.append(f"Not taken over, but kept in the document: {counted}.")
    skipped: dict[str, set[str]] = defaultdict(set)
    for entry in bundle.entries:
        if id(entry) in bundle.used:
            skipped[entry.type].update(set(entry.element_names) - _ENVELOPE)
    for kind, names in sorted(skipped.items()):
        if names:
            sentences.append(f"Parts of {kind} not taken over, but kept in the document: {', '.join(sorted(names))}.")
    if patient.gender not in {"female", "male", "other"}:
        sentences.append("The bundle does not give the patient's sex.")
    return sentences
