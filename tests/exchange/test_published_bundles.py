"""Real documents of others: each one is taken, or answered in words; none breaks the reader."""

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glimmer.actions.referral import ReferralDraft
from glimmer.exchange.fhir.referral import read_referral_bundle
from glimmer.vocabulary.problems import BadInput
from tests.support.bundles import a_bundle, as_bytes
from tests.support.shared_data import shared_data


def answer(raw: bytes) -> str:
    """Return the sentence for a document that is refused, or "taken"."""
    try:
        found: ReferralDraft | str = read_referral_bundle(raw)
    except BadInput as problem:
        found = str(problem)
    if isinstance(found, ReferralDraft):
        return "taken"
    assert found.endswith("."), found
    return found


def answers(*folder: str) -> dict[str, str]:
    return {path.name: answer(path.read_bytes()) for path in sorted(shared_data("fhir", *folder).rglob("*.json"))}


def test_every_booking_and_referral_example_is_answered_in_words():
    found = {path: answer(path.read_bytes()) for path in shared_data("fhir", "bars").rglob("*.json")}
    assert len(found) == 86
    by_name = {path.name: words for path, words in found.items()}
    # Standards note, section 1: the BaRS examples carry 3478526985, which fails the check digit.
    assert "not a valid NHS number" in by_name["ValidationRequest (POST) .json"]
    assert "answer to an earlier message" in by_name["ValidationResponse (POST) .json"]
    assert "no referral" in by_name["Booking (POST).json"]
    assert "error report" in by_name["conflict.json"]


def test_every_uk_core_example_is_answered_in_words():
    found = answers("ukcore", "examples")
    assert len(found) == 214
    assert "no patient" in found["UKCore-Bundle-NEWS2Observations-Example.json"]
    assert "single FHIR resource of the type Patient" in found["UKCore-Patient-RichardSmith-Example.json"]


def test_every_demographics_and_e_referral_example_is_answered_in_words():
    assert len(answers("pds")) + len(answers("ers")) > 50


def test_patients_of_a_generator_without_nhs_numbers_are_answered_in_words():
    found = answers("synthea", "bundles")
    assert len(found) == 2
    assert any("has died" in words for words in found.values())
    assert any("no NHS number" in words for words in found.values())


def test_uk_core_resources_put_into_a_referral_are_taken_or_answered_in_words():
    """Each published resource, put beside a good referral about its own patient, breaks nothing."""
    taken = 0
    for path in sorted(shared_data("fhir", "ukcore", "examples").glob("UKCore-*.json")):
        resource = orjson.loads(path.read_bytes())
        for name in ("subject", "patient"):
            if isinstance(resource.get(name), dict):
                resource[name] = {"reference": "urn:glimmer:patient"}
        bundle = a_bundle()
        bundle["entry"].append({"fullUrl": "urn:glimmer:published", "resource": resource})
        taken += answer(as_bytes(bundle)) == "taken"
    assert taken > 80


NONSENSE = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_nonsense_anywhere_in_a_bundle_is_answered_in_words(data):
    bundle = a_bundle()
    node, place = bundle, None
    for _ in range(data.draw(st.integers(1, 6))):
        keys = list(node) if isinstance(node, dict) else list(range(len(node))) if isinstance(node, list) else []
        if not keys:
            break
        place = (node, data.draw(st.sampled_from(keys)))
        node = place[0][place[1]]
    place[0][place[1]] = data.draw(NONSENSE)
    answer(as_bytes(bundle))


@settings(max_examples=200, deadline=None)
@given(raw=st.binary(max_size=200))
def test_any_bytes_are_answered_in_words(raw):
    assert answer(raw) != "taken"
