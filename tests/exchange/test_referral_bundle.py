"""A FHIR bundle becomes a referral, or words that say why it cannot."""

import json
from pathlib import Path

import pytest
from fhir.resources.R4B.bundle import Bundle

from glimmer.exchange.fhir.bundle import LARGEST_BYTES
from glimmer.exchange.fhir.referral import read_referral_bundle
from glimmer.guidance import referral_items
from glimmer.vocabulary.problems import BadInput
from tests.support.bundles import AMINA, FROM_QUINCE, KNOWN, a_bundle, add, as_bytes, resource, spoilt

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "referral-bundle.json"

SERTRALINE = {"text": "Sertraline 100 mg tablets"}


def read(bundle):
    return read_referral_bundle(as_bytes(bundle))


def test_referral_written_as_a_bundle_reads_back_the_same():
    draft = read(a_bundle())
    assert draft.patient == AMINA
    assert draft.referral.source == "gp"
    assert draft.referral.referrer_name == FROM_QUINCE.referrer_name
    assert draft.referral.referrer_organisation == FROM_QUINCE.referrer_organisation
    assert draft.referral.reason == f"Treatment resistant depression\n{FROM_QUINCE.reason}"
    assert dict(draft.items) == KNOWN


def test_our_bundle_is_structurally_valid_fhir_by_an_independent_reader():
    assert len(Bundle.model_validate(a_bundle()).entry) == len(a_bundle()["entry"])


def test_example_in_the_documentation_is_valid_and_complete():
    body = EXAMPLE.read_bytes()
    Bundle.model_validate_json(body)
    draft = read_referral_bundle(body)
    assert [item for item, (state, _) in draft.items.items() if state == "missing"] == []


def test_item_that_the_bundle_is_silent_about_is_missing_and_never_none():
    bundle = a_bundle()
    bundle["entry"] = [entry for entry in bundle["entry"] if entry["resource"]["resourceType"] != "List"]
    states = {item: state for item, (state, _) in read(bundle).items.items()}
    assert states.pop("email") == "present"
    assert set(states) == {item.id for item in referral_items()} - {"email"}
    assert set(states.values()) == {"missing"}


@pytest.mark.parametrize("reason", ["notasked", "withheld", "unavailable", "notstarted", "closed"])
def test_list_that_is_empty_for_another_reason_is_missing(reason):
    def spoil(bundle):
        for entry in bundle["entry"]:
            if "emptyReason" in entry["resource"]:
                entry["resource"]["emptyReason"]["coding"][0]["code"] = reason

    assert read_referral_bundle(spoilt(spoil)).items["admissions"] == ("missing", "")


def test_list_that_says_none_beside_data_is_left_missing_with_a_warning():
    bundle = a_bundle()
    add(
        bundle,
        resourceType="Encounter",
        status="finished",
        **{"class": {"code": "IMP"}},
        period={"start": "2025-01-01"},
    )
    draft = read(bundle)
    assert draft.items["admissions"] == ("missing", "")
    assert any("admissions" in warning for warning in draft.warnings)


def test_medicine_that_is_taken_now_is_read_with_its_dose():
    bundle = a_bundle(current_medicines=("missing", ""))
    add(
        bundle,
        resourceType="MedicationStatement",
        status="active",
        medicationCodeableConcept=SERTRALINE,
        dosage=[{"text": "two in the morning"}],
        effectivePeriod={"start": "2026-01-05"},
    )
    assert read(bundle).items["current_medicines"] == (
        "present",
        "Sertraline 100 mg tablets, two in the morning, from 2026-01-05",
    )


def test_medicine_that_is_contained_in_its_statement_is_found():
    bundle = a_bundle(current_medicines=("missing", ""))
    add(
        bundle,
        resourceType="MedicationStatement",
        status="active",
        contained=[{"resourceType": "Medication", "id": "m", "code": SERTRALINE}],
        medicationReference={"reference": "#m"},
    )
    assert read(bundle).items["current_medicines"] == ("present", "Sertraline 100 mg tablets")


def test_medicine_of_the_past_is_warned_about_and_fills_no_item():
    bundle = a_bundle(current_medicines=("missing", ""), psychiatric_medicines=("missing", ""))
    add(bundle, resourceType="MedicationStatement", status="completed", medicationCodeableConcept=SERTRALINE)
    draft = read(bundle)
    assert draft.items["current_medicines"] == draft.items["psychiatric_medicines"] == ("missing", "")
    assert any("Sertraline 100 mg tablets" in warning for warning in draft.warnings)


@pytest.mark.parametrize("status", ["entered-in-error", "not-taken"])
def test_medicine_that_was_recorded_by_mistake_is_not_read(status):
    bundle = a_bundle(current_medicines=("missing", ""))
    add(bundle, resourceType="MedicationStatement", status=status, medicationCodeableConcept=SERTRALINE)
    draft = read(bundle)
    assert draft.items["current_medicines"] == ("missing", "")
    assert any("MedicationStatement" in warning for warning in draft.warnings)


def test_illness_that_was_refuted_is_not_read():
    bundle = a_bundle(illnesses=("missing", ""))
    refuted = {"coding": [{"code": "refuted"}]}
    add(bundle, resourceType="Condition", code={"text": "Epilepsy"}, verificationStatus=refuted)
    assert read(bundle).items["illnesses"] == ("missing", "")


def test_allergy_is_said_in_a_warning_whatever_it_is():
    bundle = a_bundle()
    allergy = add(bundle, resourceType="AllergyIntolerance", code={"text": "Ketamine"})
    allergy["patient"] = allergy.pop("subject")
    assert any("Allergy record: Ketamine" in warning for warning in read(bundle).warnings)


def test_form_counts_only_when_the_patient_filled_it_in():
    bundle = a_bundle(patient_form=("missing", ""))
    form = add(
        bundle,
        resourceType="QuestionnaireResponse",
        status="completed",
        item=[{"linkId": "1", "text": "Hobbies", "answer": [{"valueString": "Bees"}]}],
    )
    assert read(bundle).items["patient_form"] == ("missing", "")
    form["source"] = {"reference": "urn:glimmer:patient"}
    assert read(bundle).items["patient_form"] == ("present", "Form\nHobbies: Bees")


def test_score_of_the_sender_is_shown_but_is_no_baseline():
    assert any("PHQ-9 total of 19 on 2026-11-02" in warning for warning in read(a_bundle()).warnings)


def test_resource_that_is_not_taken_over_is_named():
    bundle = a_bundle()
    add(bundle, resourceType="Immunization", id="i1")
    assert any("1 Immunization" in warning for warning in read(bundle).warnings)


def test_element_that_is_not_taken_over_is_named():
    bundle = a_bundle()
    resource(bundle, "Patient")["maritalStatus"] = {"text": "Married"}
    assert any("maritalStatus" in warning for warning in read(bundle).warnings)


@pytest.mark.parametrize("priority", ["urgent", "asap", "stat"])
def test_priority_above_routine_becomes_urgent(priority):
    bundle = a_bundle()
    resource(bundle, "ServiceRequest")["priority"] = priority
    assert read(bundle).referral.priority == "urgent"


def _number(value):
    return lambda bundle: resource(bundle, "Patient")["identifier"][0].update(value=value)


def _status(code, display):
    def spoil(bundle):
        extension = resource(bundle, "Patient")["identifier"][0]["extension"][0]
        extension["valueCodeableConcept"]["coding"][0].update(code=code, display=display)

    return spoil


def _without(kind):
    def spoil(bundle):
        bundle["entry"] = [entry for entry in bundle["entry"] if entry["resource"]["resourceType"] != kind]

    return spoil


def _twice(kind):
    return lambda bundle: bundle["entry"].append(
        {"fullUrl": "urn:glimmer:second", "resource": {**resource(bundle, kind), "id": "second"}}
    )


def _set(kind, **fields):
    return lambda bundle: resource(bundle, kind).update(fields)


def _second_number(bundle):
    numbers = resource(bundle, "Patient")["identifier"]
    numbers.append({"system": numbers[0]["system"], "value": "9990000026"})


def _deletion(bundle):
    bundle["entry"].append({"resource": {"resourceType": "X"}, "request": {"method": "DELETE"}})


OTHER_PERSON = {"reference": "Patient/somebody-else"}


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_number("9912003890"), "not a valid NHS number"),
        (_number("999000001"), "10 digits, but 9"),
        (_number("999 000 OO18"), "only digits"),
        (_set("Patient", identifier=[]), "no NHS number"),
        (_second_number, "more than one NHS number"),
        (_status("02", "Number present but not traced"), "not verified .*Number present but not traced"),
        (_status("number-present-but-not-traced", ""), "not verified"),
        (_set("Patient", birthDate="1984-05"), "full date of birth.*1984-05"),
        (_set("Patient", birthDate=""), "full date of birth"),
        (_set("Patient", name=[]), "no name"),
        (_set("Patient", name=[{"text": "Amina Sample"}]), "no name"),
        (_set("Patient", deceasedBoolean=True), "has died"),
        (_set("Patient", deceasedDateTime="2026-01-01"), "has died"),
        (_set("Patient", active=False), "no longer in use"),
        (_set("Patient", name="Amina"), "Entry 1 .Patient. is not valid FHIR R4: name"),
        (_set("Patient", birthDate=1984), "birthDate has the wrong form"),
        (_set("Patient", modifierExtension=[{"url": "x"}]), "modifierExtension"),
        (_set("Patient", implicitRules="urn:x"), "implicitRules"),
        (_without("Patient"), "no patient"),
        (_twice("Patient"), "2 patients"),
        (_without("ServiceRequest"), "no referral"),
        (_set("ServiceRequest", status="entered-in-error"), "no referral"),
        (_twice("ServiceRequest"), "2 requests"),
        (_set("ServiceRequest", doNotPerform=True), "not.* done"),
        (_set("ServiceRequest", subject=OTHER_PERSON), "ServiceRequest request .*belongs to somebody who is not"),
        (_set("Observation", subject=OTHER_PERSON), "Observation phq9 .*belongs to somebody who is not"),
        (_set("ServiceRequest", requester=None), "requester has the wrong form|who refers"),
        (_set("ServiceRequest", requester={"reference": "Practitioner/gone"}), "who refers"),
        (_set("ServiceRequest", reasonCode=[], note=[], code={}), "why the patient is referred"),
        (lambda b: b.update(type="history"), "type “history”"),
        (lambda b: b.pop("type"), "type “None”"),
        (lambda b: b.update(entry={}), "no patient"),
        (lambda b: b.update(entry={"a": 1}), "not a list"),
        (lambda b: b.update(entry=["x"]), "Entry 1 .*holds no resource"),
        (lambda b: b["entry"].append({"resource": {}}), "does not say what it is"),
        (_deletion, "asks to delete"),
        (lambda b: add(b, resourceType="ReferralRequest"), "older release"),
        (lambda b: add(b, resourceType="MedicationStatement", medication={"concept": {}}), "FHIR R5"),
        (lambda b: add(b, resourceType="MessageHeader", response={"identifier": "1"}), "answer to an earlier message"),
        (lambda b: b.update(resourceType="OperationOutcome"), "error report"),
        (lambda b: b.update(resourceType="Patient"), "single FHIR resource of the type Patient"),
        (lambda b: b.pop("resourceType"), "no resourceType"),
    ],
)  # fmt: skip
def test_bundle_that_is_no_safe_referral_is_refused_in_words(spoil, says):
    with pytest.raises(BadInput, match=says):
        read_referral_bundle(spoilt(spoil))


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"<Bundle xmlns='http://hl7.org/fhir'/>", "XML"),
        (b"\xef\xbb\xbf<Bundle/>", "XML"),
        (b"MSH|^~\\&|", "line 1"),
        (as_bytes({"resourceType": "Bundle"})[:-3], "cut off"),
        (b"[1, 2]", "no FHIR bundle"),
        (b"null", "no FHIR bundle"),
        (b'{"resourceType": "Bundle", "type": NaN}', "not readable"),
        (b"\xff\xfe\x00", "not readable"),
        (b"[" * 100_000, "not readable"),
        (b'{"resourceType": "Bundle", "note": "\\u0000"}', "null character"),
        (b" " * (LARGEST_BYTES + 1) + b"{}", "at most 6 MB"),
    ],
    ids=lambda value: repr(value[:20]),
)
def test_file_that_is_no_bundle_is_refused_in_words(raw, says):
    with pytest.raises(BadInput, match=says):
        read_referral_bundle(raw)


def test_mark_at_the_start_of_the_file_does_not_hinder():
    assert read_referral_bundle(b"\xef\xbb\xbf" + as_bytes(a_bundle())).patient == AMINA


def test_status_in_the_older_code_system_is_read():
    draft = read_referral_bundle(spoilt(_status("number-present-and-verified", "Number present and verified")))
    assert draft.patient.nhs_number == "9990000018"


def test_number_without_a_status_is_taken_with_a_warning():
    bundle = a_bundle()
    del resource(bundle, "Patient")["identifier"][0]["extension"]
    assert any("verified" in warning for warning in read(bundle).warnings)


def test_request_that_a_message_is_about_is_the_referral():
    bundle = a_bundle()
    bundle["type"] = "message"
    second = {**json.loads(json.dumps(resource(bundle, "ServiceRequest"))), "id": "other", "priority": "urgent"}
    bundle["entry"].append({"fullUrl": "urn:glimmer:other", "resource": second})
    header = {"resourceType": "MessageHeader", "focus": [{"reference": "urn:glimmer:other"}]}
    bundle["entry"].insert(0, {"fullUrl": "urn:glimmer:header", "resource": header})
    assert read(bundle).referral.priority == "urgent"
