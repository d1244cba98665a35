"""A referral as a FHIR R4 bundle: the other direction of `read_referral_bundle`.

Used for the example in the documentation and by the tests; every item of the minimum set becomes a List
that holds its text as a note, or that says nilknown.
"""

from typing import Any

from glimmer.actions.referral import PatientDetails, ReferralDraft
from glimmer.exchange.fhir.items import EMPTY_REASON, ITEM_SYSTEM, LOINC, SNOMED
from glimmer.exchange.fhir.people import NHS_NUMBER
from glimmer.guidance.instrument import instrument

STATUS_EXTENSION = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus"
STATUS_SYSTEM = "https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatusEngland"
ODS_CODE = "https://fhir.nhs.uk/Id/ods-organization-code"
RESISTANT = ("1153570009", "Treatment resistant depression")
GENERAL_PRACTICE = ("408443003", "General medical practice")

Json = dict[str, Any]


def referral_bundle(draft: ReferralDraft, authored_on: str, phq9_total: int | None = None) -> Json:
    """Return the bundle (type collection) of a referral by a GP; `authored_on` is a FHIR date."""
    resources = {
        "patient": _patient(draft.patient),
        "practice": _practice(draft.patient),
        "gp": {"resourceType": "Practitioner", "name": [{"text": draft.referral.referrer_name}]},
        "gp-role": {
            "resourceType": "PractitionerRole",
            "practitioner": _reference("gp"),
            "organization": _reference("practice"),
            "specialty": [_coded(SNOMED, *GENERAL_PRACTICE)],
        },
        "request": {
            "resourceType": "ServiceRequest",
            "status": "active",
            "intent": "order",
            "priority": draft.referral.priority,
            "code": {"text": "Referral for ketamine treatment of depression"},
            "subject": _reference("patient"),
            "authoredOn": authored_on,
            "requester": _reference("gp-role"),
            "reasonCode": [_coded(SNOMED, *RESISTANT)],
            "note": [{"text": draft.referral.reason}],
        },
        **{f"list-{item}": _list(item, *known) for item, known in draft.items.items() if known[0] != "missing"},
    }
    if phq9_total is not None:
        resources["phq9"] = _phq9(phq9_total, authored_on)
    resources = {name.replace("_", "-"): resource for name, resource in resources.items()}  # FHIR ids have no _
    entries = [
        {"fullUrl": _address(name), "resource": {**resource, "id": name}} for name, resource in resources.items()
    ]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def _patient(details: PatientDetails) -> Json:
    telecom = [
        {"system": system, "value": value}
        for system, value in (("phone", details.telephone), ("email", details.email))
        if value
    ]
    patient: Json = {
        "resourceType": "Patient",
        "identifier": [
            {
                "extension": [
                    {
                        "url": STATUS_EXTENSION,
                        "valueCodeableConcept": _coded(STATUS_SYSTEM, "01", "Number present and verified"),
                    }
                ],
                "system": NHS_NUMBER,
                "value": details.nhs_number,
            }
        ],
        "name": [{"use": "official", "family": details.family_name, "given": details.given_name.split()}],
        "gender": details.sex,
        "birthDate": details.birth_date.isoformat(),
        "generalPractitioner": [_reference("gp-role")],
    }
    if telecom:
        patient["telecom"] = telecom
    if details.address or details.postcode:
        patient["address"] = [{"use": "home", "line": details.address.splitlines(), "postalCode": details.postcode}]
    return patient


def _practice(details: PatientDetails) -> Json:
    return {
        "resourceType": "Organization",
        "identifier": [{"system": ODS_CODE, "value": details.gp_practice_code}],
        "name": details.gp_practice,
    }


def _list(item: str, state: str, text: str) -> Json:
    listed: Json = {
        "resourceType": "List",
        "status": "current",
        "mode": "snapshot",
        "code": {"coding": [{"system": ITEM_SYSTEM, "code": item}]},
        "subject": _reference("patient"),
    }
    if state == "none":
        return {**listed, "emptyReason": _coded(EMPTY_REASON, "nilknown", "Nil Known")}
    return {**listed, "note": [{"text": line} for line in text.splitlines() if line.strip()]}


def _phq9(total: int, day: str) -> Json:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": _coded(LOINC, instrument("phq9").codes_of("total")["loinc"], ""),
        "subject": _reference("patient"),
        "effectiveDateTime": day,
        "valueInteger": total,
    }


def _coded(system: str, code: str, display: str) -> Json:
    coding = {"system": system, "code": code}
    return {"coding": [{**coding, "display": display} if display else coding]}


def _address(name: str) -> str:
    return f"urn:glimmer:{name}"


def _reference(name: str) -> Json:
    return {"reference": _address(name)}
