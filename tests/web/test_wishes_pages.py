"""Communication needs, consents beside the treatment, signature and copy, as people use their pages."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from glimmer.actions.consent_signing import Signature, sign_consent
from glimmer.records.conversations import newest_consent
from tests.support.cast import an_episode
from tests.support.reading import text_of


@pytest.fixture
def episode(cast):
    return an_episode(cast, at="plan")


def test_needs_recorded_at_the_desk_stand_on_every_page_of_the_patient(as_, episode):
    typed = {"formats": ["large_print"], "asked": "needs", "seen": episode.revision}
    assert as_("bea").post(f"/episodes/{episode.pk}/communication-needs", typed).status_code == 302
    for page in ("", "/selection", "/plan"):
        assert "Communication needs Large print" in text_of(as_("maya").get(f"/episodes/{episode.pk}{page}"))


@pytest.mark.parametrize("typed", [{"asked": "none", "formats": ["braille"]}, {"asked": "needs"}])
def test_needs_that_contradict_their_answer_are_refused(as_, episode, typed):
    response = as_("bea").post(f"/episodes/{episode.pk}/communication-needs", {**typed, "seen": episode.revision})
    assert response.status_code == 422
    assert "do not agree" in text_of(response)


def test_a_purpose_is_given_and_taken_back(as_, episode):
    typed = {"purpose": "registry", "understood": "yes", "decision": "given", "seen": episode.revision}
    assert as_("maya").post(f"/episodes/{episode.pk}/purposes", typed).status_code == 302
    desk = as_("bea")
    assert "The patient takes it back: The register" in text_of(desk.get(f"/episodes/{episode.pk}/consent"))
    episode.refresh_from_db()
    taken = {"purpose": "registry", "seen": episode.revision}
    assert desk.post(f"/episodes/{episode.pk}/purposes/withdraw", taken).status_code == 302
    page = text_of(desk.get(f"/episodes/{episode.pk}/consent"))
    history = text_of(desk.get(f"/episodes/{episode.pk}"))
    assert "The register: consent withdrawn" in history
    assert "Information given to the patient" in history
    assert "It counts from now on." in page
    assert "takes it back" not in page


def test_a_drawn_signature_is_shown_as_it_was_drawn(as_, episode):
    found = newest_consent(episode)
    nurse = as_("maya")
    typed = {"how": "drawn", "signed_name": "Amina", "path": "M1 1L20 30", "seen": episode.revision}
    assert nurse.post(f"/consents/{found.pk}/sign", typed).status_code == 302
    assert '<path d="M1 1L20 30"' in nurse.get(f"/consents/{found.pk}/signing").content.decode()


def test_a_scan_is_handed_out_to_be_saved_and_runs_nowhere(as_, cast, episode):
    found = newest_consent(episode)
    nurse = as_("maya")
    page = SimpleUploadedFile("signed.html", b"%PDF-1.4 made up", content_type="text/html")
    typed = {"how": "scan", "signed_name": "Amina", "scan": page, "seen": episode.revision}
    assert nurse.post(f"/consents/{found.pk}/sign", typed).status_code == 302
    row = found.signatures.get()
    response = nurse.get(f"/consent-signatures/{row.pk}/scan")
    assert response.content == b"%PDF-1.4 made up"
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == f'attachment; filename="consent-{found.pk}-signed.pdf"'
    assert "sandbox" in response["Content-Security-Policy"]
    drawn = sign_consent(found, Signature("drawn", "Amina", path="M1 1L2 2"), by=cast.maya)
    assert nurse.get(f"/consent-signatures/{drawn.pk}/scan").status_code == 404


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"<svg onload=alert(1)>", "no PDF, PNG or JPEG"), (b"", "The file is empty"), (b"0" * 5_000_001, "too big")],
)
def test_a_file_that_is_no_scan_is_refused_in_words(as_, episode, content, says):
    found = newest_consent(episode)
    typed = {"how": "scan", "signed_name": "Amina", "seen": episode.revision}
    typed["scan"] = SimpleUploadedFile("signed.pdf", content, content_type="application/pdf")
    response = as_("maya").post(f"/consents/{found.pk}/sign", typed)
    assert response.status_code == 422
    assert says in text_of(response)
    assert not found.signatures.exists()


def test_the_copy_is_a_pdf_without_a_name_in_its_file_name(as_, episode):
    response = as_("bea").get(f"/consents/{newest_consent(episode).pk}/copy.pdf")
    assert response["Content-Type"] == "application/pdf"
    assert "sample" not in response["Content-Disposition"].lower()
    assert response.content.startswith(b"%PDF-")
