"""FHIR bundles for the tests: one good referral of a fictional patient, and ways to spoil it."""

import copy
import json
from collections.abc import Callable
from datetime import date
from typing import Any

from glimmer.actions.referral import PatientDetails, ReferralDetails, ReferralDraft
from glimmer.exchange.fhir.write import referral_bundle
from glimmer.guidance import referral_items

AMINA = PatientDetails(
    nhs_number="9990000018",
    family_name="Sample",
    given_name="Amina",
    birth_date=date(1984, 5, 3),
    sex="female",
    address="1 Sample Street\nExampleton",
    postcode="EX1 1EX",
    telephone="01632 960 118",
    email="amina.sample@example.org",
    gp_name="Dr Ada Quince",
    gp_practice="Made-up Road Surgery",
    gp_practice_code="X99999",
)
FROM_QUINCE = ReferralDetails(
    source="gp",
    referrer_name="Dr Ada Quince",
    reason="Depressed for four years; two antidepressants and a talking therapy did not help.",
    referrer_organisation="Made-up Road Surgery",
    referrer_code="X99999",
)
KNOWN = {
    "current_medicines": ("present", "Venlafaxine 225 mg daily\nLevothyroxine 50 micrograms daily"),
    "psychiatric_medicines": (
        "present",
        "Sertraline 200 mg, 10 weeks, no effect\nMirtazapine 45 mg, 8 weeks, weight gain",
    ),
    "admissions": ("none", ""),
    "illnesses": ("present", "Hypothyroidism, treated"),
    "mental_health_letters": ("present", "Community mental health team, 12 March 2026"),
    "patient_form": ("present", "Background form received"),
    "email": ("present", "amina.sample@example.org"),
}


def a_referral(**items: tuple[str, str]) -> ReferralDraft:
    """Return Amina's referral; `items` replace what is known about single items."""
    return ReferralDraft(patient=AMINA, referral=FROM_QUINCE, items={**KNOWN, **items})


def a_bundle(**items: tuple[str, str]) -> dict[str, Any]:
    """Return Amina's referral as a FHIR bundle, ready to be spoilt."""
    draft = a_referral(**items)
    listed = {item.id: draft.items[item.id] for item in referral_items() if item.id != "email"}
    return copy.deepcopy(
        referral_bundle(ReferralDraft(draft.patient, draft.referral, listed), "2026-11-02", phq9_total=19)
    )


def resource(bundle: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return the first resource of one type."""
    return next(entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == kind)


def add(bundle: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Add a resource about the bundle's patient, and return it."""
    added = {"subject": {"reference": "urn:glimmer:patient"}, **fields}
    bundle["entry"].append({"fullUrl": f"urn:glimmer:added-{len(bundle['entry'])}", "resource": added})
    return added


def as_bytes(bundle: Any) -> bytes:
    """Return a bundle as it comes over the wire."""
    return json.dumps(bundle).encode()


def spoilt(spoil: Callable[[dict[str, Any]], Any]) -> bytes:
    """Return the good bundle after `spoil` has changed it."""
    bundle = a_bundle()
    spoil(bundle)
    return as_bytes(bundle)
