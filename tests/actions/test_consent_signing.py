"""The signature under a consent, and the patient's copy of it."""

from io import BytesIO

import pypdf
import pytest

from glimmer.actions.consent import record_consent, withdraw_consent
from glimmer.actions.consent_signing import Signature, copy_content, print_consent, sign_consent
from glimmer.actions.consent_talk import answer_question, ask_question
from glimmer.actions.wishes import Wish, decide_purpose, record_needs
from glimmer.care.communication import Needs
from glimmer.records.audit import AuditLine
from glimmer.records.conversations import consent_verdict
from glimmer.records.models import ConsentSignature
from glimmer.vocabulary.problems import BadInput, RuleRefused
from tests.support.cast import a_conversation, an_episode
from tests.support.reading import today

DRAWN = Signature("drawn", "Amina Sample", path="M10 20L30 40L50 20")
PDF = b"%PDF-1.7\nA made-up scan"


@pytest.fixture
def episode(cast):
    return an_episode(cast, at="consent")


@pytest.fixture
def given(cast, episode):
    return record_consent(episode, a_conversation(), by=cast.idris)


def test_an_unsigned_consent_holds_and_says_that_it_is_not_signed(cast, episode, given):
    verdict = consent_verdict(episode, today())
    assert verdict.allowed
    assert any("not signed yet" in caution for caution in verdict.cautions)
    sign_consent(given, DRAWN, by=cast.maya)
    assert consent_verdict(episode, today()).cautions == ()


@pytest.mark.parametrize(
    ("signature", "kept"),
    [
        (DRAWN, {"path": "M10 20L30 40L50 20", "scan": None}),
        (Signature("typed", "Amina Sample", witness_name="Jo Sparrow, nurse"), {"path": "", "scan": None}),
        (Signature("scan", "Amina Sample", scan=PDF), {"path": "", "scan_type": "application/pdf"}),
    ],
)
def test_each_way_of_signing_is_kept_with_its_digest(cast, given, signature, kept):
    row = sign_consent(given, signature, by=cast.maya)
    row.refresh_from_db()
    assert {name: getattr(row, name) for name in kept} == kept
    assert len(row.digest) == 64
    assert AuditLine.objects.get(action="sign_consent").details == {"how": signature.how, "digest": row.digest}


def test_a_scan_comes_out_as_it_went_in(cast, given):
    row = sign_consent(given, Signature("scan", "Amina Sample", scan=PDF), by=cast.maya)
    row.refresh_from_db()
    assert bytes(row.scan) == PDF


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (Signature("drawn", "Amina Sample"), "path"),
        (Signature("drawn", " ", path=DRAWN.path), "signed_name"),
        (Signature("typed", "Amina Sample"), "witness_name"),
        (Signature("scan", "Amina Sample"), "scan"),
        (Signature("scan", "Amina Sample", scan=b"<html>"), "scan"),
        (Signature("nodded", "Amina Sample"), "how"),
    ],
)
def test_what_is_no_signature_is_refused_at_its_field(cast, given, wrong, field):
    with pytest.raises(BadInput) as refused:
        sign_consent(given, wrong, by=cast.maya)
    assert refused.value.field == field
    assert not ConsentSignature.objects.exists()


def test_a_consent_that_no_longer_stands_is_not_signed(cast, episode, given):
    withdraw_consent(episode, by=cast.maya)
    with pytest.raises(RuleRefused):
        sign_consent(given, DRAWN, by=cast.maya)


def test_the_copy_says_what_was_told_asked_and_agreed(cast, episode):
    question = ask_question(episode, "Will I sleep?", "", by=cast.tomos)
    answer_question(question, "No, you stay awake.", by=cast.maya)
    given = record_consent(episode, a_conversation(), by=cast.idris)
    decide_purpose(episode, Wish("registry", "refused"), by=cast.maya)
    sign_consent(given, DRAWN, by=cast.maya)
    pdf = pypdf.PdfReader(BytesIO(print_consent(given, by=cast.maya)))
    # The first pages hold it all but for most of the little people, which take long to read.
    words = " ".join(" ".join(page.extract_text() for page in pdf.pages[:2]).split())
    for said in (
        "You said yes to this treatment.",
        "0.5 mg for each kilogram",
        "Will I sleep?",
        "No, you stay awake. (Maya Okafor, nurse",
        "The register:",
        "You said no.",
        "Signed by Amina Sample",
        "999 000 0018",
    ):
        assert said in words, said
    told = [risk["says"] for point in copy_content(given)["points"] for risk in point["risks"]]
    assert "45 in 100 people felt dizzy." in told
    # Tagged for screen readers, and each picture of people has its sentence.
    assert pdf.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert AuditLine.objects.filter(action="print_consent", patient_id=episode.patient_id).count() == 1


def test_the_copy_comes_in_large_print_for_who_needs_it(cast, episode, given):
    assert copy_content(given)["points_of_type"] == 11.5
    record_needs(episode, Needs(("large_print",)), by=cast.maya)
    # Large print begins at 16 point.
    assert copy_content(given)["points_of_type"] == 16


def test_the_copy_of_a_consent_that_was_taken_back_says_so_first(cast, episode, given):
    assert copy_content(given)["since"] == ""
    withdraw_consent(episode, by=cast.maya)
    # Consent given anew is another one: the old copy stays withdrawn, and the new one holds.
    again = record_consent(episode, a_conversation(), by=cast.idris)
    assert copy_content(again)["since"] == ""
    pdf = pypdf.PdfReader(BytesIO(print_consent(given, by=cast.maya)))
    words = " ".join(pdf.pages[0].extract_text().split())
    assert "You took back this consent on" in words
    assert "with Maya Okafor, nurse. It no longer holds." in words
    assert words.index("It no longer holds.") < words.index("You said yes to this treatment.")
