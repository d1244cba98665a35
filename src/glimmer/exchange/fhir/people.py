"""Who is referred and who refers, from the bundle's Patient, ServiceRequest and those they point to."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from glimmer.actions.referral import PatientDetails
from glimmer.exchange.fhir.bundle import Bundle
from glimmer.exchange.fhir.resources import (
    Address,
    CodeableConcept,
    FhirPatient,
    HumanName,
    Identifier,
    Organization,
    Practitioner,
    PractitionerRole,
    Reference,
    Resource,
)
from glimmer.vocabulary.nhs_number import parse_nhs_number
from glimmer.vocabulary.problems import BadInput

NHS_NUMBER = "https://fhir.nhs.uk/Id/nhs-number"
ODS_CODES = frozenset({"https://fhir.nhs.uk/id/ods-organization-code", "https://fhir.nhs.uk/id/ods-site-code"})
"""In lower case: senders write both /Id/ and /id/."""

# UK Core writes 01; older NHS material writes the words.
VERIFIED = frozenset({"01", "number-present-and-verified"})


@dataclass(frozen=True)
class Sender:
    """Somebody who refers or looks after the patient. `source` is gp, psychiatrist or other."""

    name: str
    organisation: str
    code: str
    source: str


def patient_details(bundle: Bundle, patient: FhirPatient, warnings: list[str]) -> PatientDetails:
    """Return the patient as the referral form would hold them; raise BadInput for what cannot be right."""
    if patient.deceasedBoolean or patient.deceasedDateTime:
        raise BadInput(
            "The bundle says that this patient has died. Nothing was imported; ask the sender.", field="file"
        )
    if patient.active is False:
        raise BadInput("The bundle marks this patient's record as no longer in use. Ask the sender.", field="file")
    name = _name(patient)
    surgery = _surgery(bundle, patient)
    return PatientDetails(
        nhs_number=_nhs_number(patient, warnings),
        family_name=name.family.strip(),
        given_name=" ".join(part.strip() for part in name.given).strip(),
        birth_date=_birth_date(patient),
        sex=patient.gender if patient.gender in {"female", "male", "other"} else "unknown",
        address=_address(patient),
        postcode=_home(patient.address).postalCode.strip() if patient.address else "",
        telephone=_telecom(patient, "phone"),
        email=_telecom(patient, "email"),
        gp_name=surgery.name,
        gp_practice=surgery.organisation,
        gp_practice_code=surgery.code,
        communication_needs=_communication(patient),
    )


def sender_of(bundle: Bundle, reference: Reference | None, inside: Resource) -> Sender | None:
    """Return whom a reference to a clinician, a post or an organisation means, as far as the bundle tells."""
    if reference is None:
        return None
    role = bundle.find(PractitionerRole, reference, inside)
    if role is not None:
        return _in_post(bundle, role, reference)
    practitioner = bundle.find(Practitioner, reference, inside)
    if practitioner is not None:
        return _with_a_post(bundle, practitioner)
    organisation = bundle.find(Organization, reference, inside)
    if organisation is not None:
        return Sender("", organisation.name.strip(), _ods(organisation.identifier), _source(organisation.type))
    if reference.display.strip():
        return Sender(reference.display.strip(), "", "", "other")
    return None


def _in_post(bundle: Bundle, role: PractitionerRole, reference: Reference) -> Sender:
    person = bundle.find(Practitioner, role.practitioner, role)
    place = bundle.find(Organization, role.organization, role)
    name = _full_name(person.name) if person is not None else ""
    if not name and role.practitioner is not None:
        name = role.practitioner.display.strip()
    if not name:
        name = reference.display.strip()
    place_name = place.name if place is not None else role.organization.display if role.organization else ""
    return Sender(
        name,
        place_name.strip(),
        _ods(place.identifier) if place is not None else "",
        _source([*role.specialty, *role.code, *(place.type if place is not None else ())]),
    )


def _with_a_post(bundle: Bundle, practitioner: Practitioner) -> Sender:
    for entry, role in bundle.all(PractitionerRole):
        target = bundle.resolve(role.practitioner, role)
        if target is not None and target.resource is practitioner:
            bundle.use(entry)
            return _in_post(bundle, role, Reference())
    return Sender(_full_name(practitioner.name), "", "", "other")


def _source(concepts: Iterable[CodeableConcept]) -> str:
    words = " ".join(concept.all_words for concept in concepts)
    if "psychiatr" in words:
        return "psychiatrist"
    if "general pract" in words or "general medical pract" in words or "gp practice" in words:
        return "gp"
    return "other"


def _nhs_number(patient: FhirPatient, warnings: list[str]) -> str:
    numbers = [identifier for identifier in patient.identifier if identifier.system == NHS_NUMBER and identifier.value]
    if not numbers:
        raise BadInput(
            f"The patient in this bundle has no NHS number (no identifier of {NHS_NUMBER}). "
            "Ask the sender for it, or type the referral in.",
            field="nhs_number",
        )
    if len({identifier.value for identifier in numbers}) > 1:
        raise BadInput(
            "The patient in this bundle has more than one NHS number. Ask the sender which is right.",
            field="nhs_number",
        )
    number = parse_nhs_number(numbers[0].value)
    _check_verified(numbers[0], warnings)
    return number


def _check_verified(identifier: Identifier, warnings: list[str]) -> None:
    for extension in identifier.extension:
        if "NHSNumberVerificationStatus" not in extension.url or extension.valueCodeableConcept is None:
            continue
        codes = {coding.code for coding in extension.valueCodeableConcept.coding}
        if codes & VERIFIED:
            return
        words = extension.valueCodeableConcept.words or "no status given"
        raise BadInput(
            f"The NHS number in this bundle is not verified (“{words}”). Trace it with the sender, "
            "then import the bundle again or type the referral in.",
            field="nhs_number",
        )
    warnings.append("The bundle does not say whether the NHS number was verified. Check it with the patient.")


def _name(patient: FhirPatient) -> HumanName:
    usable = [name for name in patient.name if name.use not in {"old", "maiden", "nickname", "anonymous"}]
    usable.sort(key=lambda name: {"official": 0, "usual": 1}.get(name.use, 2))
    for name in usable:
        if name.family.strip() and any(part.strip() for part in name.given):
            return name
    raise BadInput(
        "The patient in this bundle has no name with a family and a given part. Ask the sender.", field="family_name"
    )


def _birth_date(patient: FhirPatient) -> date:
    try:
        return date.fromisoformat(patient.birthDate)
    except ValueError:
        given = f"only “{patient.birthDate[:20]}”" if patient.birthDate else "nothing"
        raise BadInput(
            f"The bundle must give the patient's full date of birth, but it gives {given}. Ask the sender.",
            field="birth_date",
        ) from None


def _home(addresses: tuple[Address, ...]) -> Address:
    in_use = [address for address in addresses if address.use not in {"old", "billing"}]
    in_use.sort(key=lambda address: {"home": 0}.get(address.use, 1))
    return in_use[0] if in_use else Address()


def _address(patient: FhirPatient) -> str:
    home = _home(patient.address)
    lines = [part.strip() for part in (*home.line, home.city, home.district) if part.strip()]
    return "\n".join(lines) or home.text.strip()


def _telecom(patient: FhirPatient, system: str) -> str:
    in_use = [contact for contact in patient.telecom if contact.system == system and contact.use != "old"]
    in_use.sort(key=lambda contact: {"mobile": 0, "home": 1}.get(contact.use, 2))
    return next((contact.value.strip() for contact in in_use if contact.value.strip()), "")


def _communication(patient: FhirPatient) -> str:
    languages = [spoken.language.words for spoken in patient.communication if spoken.language.words]
    return f"Language: {', '.join(languages)}" if languages else ""


def _surgery(bundle: Bundle, patient: FhirPatient) -> Sender:
    found = [sender_of(bundle, reference, patient) for reference in patient.generalPractitioner]
    known = [sender for sender in found if sender is not None]
    return Sender(
        next((sender.name for sender in known if sender.name), ""),
        next((sender.organisation for sender in known if sender.organisation), ""),
        next((sender.code for sender in known if sender.code), ""),
        "gp",
    )


def _full_name(names: tuple[HumanName, ...]) -> str:
    for name in names:
        built = " ".join(part.strip() for part in (*name.prefix, *name.given, name.family) if part.strip())
        if built or name.text.strip():
            return built or name.text.strip()
    return ""


def _ods(identifiers: tuple[Identifier, ...]) -> str:
    return next((number.value for number in identifiers if number.system.casefold() in ODS_CODES and number.value), "")
