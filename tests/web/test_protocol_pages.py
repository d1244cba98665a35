"""The protocols' pages: proposed as a file, compared in words, approved by two with their passwords, retired."""

import re
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from glimmer.guidance.protocol import FOLDER, use_source
from glimmer.records.protocols import proposed_documents, standings
from tests.support.cast import PASSWORD

pytestmark = pytest.mark.django_db
SKIN = "sc-racemic-step-up"


@pytest.fixture(autouse=True)
def asks_this_database(db: None) -> Any:
    use_source(proposed_documents)
    yield
    use_source(proposed_documents)


def text_of(response: Any) -> str:
    assert response.status_code in (200, 409, 422), response.status_code
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def propose(client: Any, text: str) -> Any:
    upload = SimpleUploadedFile("skin.toml", text.encode())
    return client.post(reverse("protocol_propose"), {"document": upload, "reason": "Less at the top."})


def newer() -> str:
    text = (FOLDER / f"{SKIN}.v1.toml").read_text()
    return text.replace('version = "1"', 'version = "2"').replace("[0.5, 0.6, 0.75, 0.9]", "[0.5, 0.6, 0.75]")


def sign(client: Any, what: str, version: str, password: str = PASSWORD) -> Any:
    found = next(one.protocol for one in standings() if (one.protocol.id, one.protocol.version) == (SKIN, version))
    entries = {"digest": found.digest, "reason": "Read through.", "password": password}
    return client.post(reverse(f"protocol_{what}", args=[SKIN, version]), entries)


def test_a_new_version_goes_from_a_file_to_the_list_of_what_can_be_prescribed(as_: Any) -> None:
    assert propose(as_("priya"), newer()).status_code == 302
    page = text_of(as_("gil").get(reverse("protocol_version", args=[SKIN, "2"])))
    assert "In this clinic: not approved" in page
    assert "What differs from version 1 (1)" in page
    assert "Dose steps was 0.5, 0.6, 0.75, 0.9 mg/kg, is 0.5, 0.6, 0.75 mg/kg" in page
    assert "The check finds nothing wrong" in page
    assert "Approve this version" not in page
    assert sign(as_("priya"), "approve", "2").status_code == 302
    assert sign(as_("idris"), "approve", "2").status_code == 302
    page = text_of(as_("idris").get(reverse("protocol", args=[SKIN])))
    assert "In this clinic: in use" in page
    assert "Approved by Priya Quill (GPhC 0000004)" in page
    assert "Version 2, given as an injection" in page


def test_an_approval_needs_the_password(as_: Any) -> None:
    propose(as_("priya"), newer())
    assert sign(as_("idris"), "approve", "2", "wrong").status_code != 302
    assert next(one for one in standings() if one.protocol.version == "2" and one.protocol.id == SKIN).approvals == ()


def test_what_is_retired_says_so_and_is_offered_no_more(as_: Any) -> None:
    assert sign(as_("una"), "retire", "1").status_code == 302
    page = text_of(as_("idris").get(reverse("protocol", args=[SKIN])))
    assert "In this clinic: retired" in page
    assert "Retired by Dr Una Marchbanks" in page
    assert "Courses that run under it go on" in page
    assert "Retire this version" not in page


def test_a_version_at_fault_shows_why_and_offers_no_approval(as_: Any) -> None:
    propose(as_("idris"), newer().replace("value = 0.5\n", "value = 5\n", 1))
    page = text_of(as_("una").get(reverse("protocol_version", args=[SKIN, "2"])))
    assert "It cannot be approved: the check finds it at fault" in page
    assert "at most the cap of 0.9 mg/kg" in page
    assert "Approve this version" not in page


def test_a_file_that_is_no_protocol_comes_back_with_its_reason(as_: Any) -> None:
    assert "is not valid TOML" in text_of(propose(as_("idris"), "this is no TOML"))
    response = as_("idris").post(reverse("protocol_propose"), {"reason": "Forgot the file."})
    assert "Choose the file that holds the protocol." in text_of(response)


def test_a_version_that_there_is_not_is_not_found(as_: Any) -> None:
    assert as_("gil").get(reverse("protocol_version", args=[SKIN, "9"])).status_code == 404
