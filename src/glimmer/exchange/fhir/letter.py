"""A letter as a FHIR R4 document: a Composition with its parts, and the scores and doses in it as resources.

What a person reads is each part's narrative; what a machine reads is what the parts point to. Everything comes from the
letter's own content, which a signed letter keeps for good: nothing is looked up again.
"""

from datetime import datetime
from html import escape
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from glimmer.exchange.fhir.items import LOINC
from glimmer.exchange.fhir.people import NHS_NUMBER
from glimmer.guidance.instrument import instrument

Json = dict[str, Any]

UCUM = "http://unitsofmeasure.org"
SUMMARY_NOTE = ("34133-9", "Summarization of episode note")
"""LOINC for the document as a whole (HL7 FHIR R4, clinical document types)."""
LOCAL_NUMBER = "https://glimmer.example/Id/local-patient-identifier"
DOCUMENT_NUMBER = "https://glimmer.example/Id/letter"
REGISTRATION = "https://glimmer.example/Id/professional-registration"
SEX = {"female": "female", "male": "male", "other": "other", "unknown": "unknown"}


def letter_document(content: Json, number: int) -> Json:
    """Return the Bundle (type document) of a letter's content; `number` is its own number in this clinic.

    A draft is a preliminary Composition without an author's attestation. Raises KeyError for a letter that was written
    before letters kept their data.
    """
    data = content["data"]
    scores = [(f"score-{place}", _score(one)) for place, one in enumerate(data.get("scores", ()), start=1)]
    given = [(f"dose-{place}", _dose(one)) for place, one in enumerate(data.get("given", ()), start=1)]
    people = [("patient", _patient(data["subject"])), ("author", _author(content)), ("clinic", _clinic(content))]
    composition = ("letter", _composition(content, [name for name, _ in scores], [name for name, _ in given], number))
    named = [composition, *people, *scores, *given]
    addresses = {name: _address(number, name) for name, _ in named}
    return {
        "resourceType": "Bundle",
        "type": "document",
        "identifier": {"system": DOCUMENT_NUMBER, "value": str(number)},
        "timestamp": _instant(content),
        "entry": [
            {"fullUrl": addresses[name], "resource": _with_addresses({**resource, "id": name}, addresses)}
            for name, resource in named
        ],
    }


def _composition(content: Json, scores: list[str], given: list[str], number: int) -> Json:
    signature = content["signature"]
    found: Json = {
        "resourceType": "Composition",
        "status": "final" if signature else "preliminary",
        "identifier": {"system": DOCUMENT_NUMBER, "value": str(number)},
        "type": {
            "coding": [{"system": LOINC, "code": SUMMARY_NOTE[0], "display": SUMMARY_NOTE[1]}],
            "text": content["title"],
        },
        "subject": {"reference": "patient"},
        "date": _instant(content),
        "author": [{"reference": "author"}],
        "title": content["title"],
        "custodian": {"reference": "clinic"},
        "section": [_part(part, scores, given) for part in content["sections"]],
    }
    if signature:
        # When it was signed stands in the narrative of the letter; FHIR wants only the mode and the party here.
        found["attester"] = [{"mode": "legal", "party": {"reference": "author"}}]
    return found


def _part(part: Json, scores: list[str], given: list[str]) -> Json:
    found: Json = {"title": part["heading"], "text": {"status": "generated", "div": _narrative(part)}}
    columns = part["columns"]
    held = scores if "Change from baseline" in columns else given if "Medicine given" in columns else []
    if held:
        found["entry"] = [{"reference": name} for name in held]
    return found


def _narrative(part: Json) -> str:
    body = [f"<p>{escape(line)}</p>" for line in part["paragraphs"]]
    if part["points"]:
        body.append(f"<ul>{''.join(f'<li>{escape(point)}</li>' for point in part['points'])}</ul>")
    if part["rows"]:
        head = "".join(f"<th>{escape(name)}</th>" for name in part["columns"])
        rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in part["rows"])
        body.append(f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>")
    return f'<div xmlns="http://www.w3.org/1999/xhtml">{"".join(body)}</div>'


def _patient(subject: Json) -> Json:
    return {
        "resourceType": "Patient",
        "identifier": [
            {"system": NHS_NUMBER, "value": subject["nhs_number"]},
            {"system": LOCAL_NUMBER, "value": subject["local_number"]},
        ],
        "name": [{"use": "official", "family": subject["family"], "given": subject["given"].split()}],
        "gender": SEX.get(subject["sex"], "unknown"),
        "birthDate": subject["birth_date"],
    }


def _author(content: Json) -> Json:
    signature = content["signature"]
    if not signature:
        return {"resourceType": "Practitioner", "name": [{"text": "Not signed yet"}]}
    return {
        "resourceType": "Practitioner",
        "identifier": [{"system": REGISTRATION, "value": signature["registration"]}],
        "name": [{"text": signature["name"]}],
    }


def _clinic(content: Json) -> Json:
    clinic = content["clinic"]
    telecom = [
        {"system": system, "value": value}
        for system, value in (("phone", clinic["telephone"]), ("email", clinic["email"]))
        if value
    ]
    return {
        "resourceType": "Organization",
        "name": clinic["name"],
        "telecom": telecom,
        "address": [{"line": list(clinic["address"])}],
    }


def _score(one: Json) -> Json:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {
            "coding": [{"system": LOINC, "code": instrument("phq9").codes_of("total")["loinc"]}],
            "text": "PHQ-9 total",
        },
        "subject": {"reference": "patient"},
        "effectiveDateTime": one["on"],
        "valueInteger": one["total"],
    }


def _dose(one: Json) -> Json:
    found: Json = {
        "resourceType": "MedicationAdministration",
        "status": "stopped" if one["is_part"] else "completed",
        "medicationCodeableConcept": {"text": one["drug"]},
        "subject": {"reference": "patient"},
        "effectiveDateTime": one["on"],
    }
    if one["is_part"]:
        # How much of the syringe reached the patient was not worked out, so no amount is given as taken.
        found["note"] = [{"text": f"Of a syringe of {one['dose_mg']} mg a part was given."}]
    else:
        found["dosage"] = {"dose": {"value": one["dose_mg"], "unit": "mg", "system": UCUM, "code": "mg"}}
    return found


def _instant(content: Json) -> str:
    return datetime.fromisoformat(content["written_at"]).replace(microsecond=0).isoformat()


def _address(number: int, name: str) -> str:
    # The same letter always has the same addresses, so that a document sent twice is known as the same.
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'{DOCUMENT_NUMBER}/{number}/{name}')}"


def _with_addresses(value: Any, addresses: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [_with_addresses(one, addresses) for one in value]
    if isinstance(value, dict):
        if set(value) == {"reference"}:
            return {"reference": addresses[value["reference"]]}
        return {name: _with_addresses(one, addresses) for name, one in value.items()}
    return value
