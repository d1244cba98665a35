"""The pages of the selection rules: read by everybody, proposed as a file, approved with a password."""

from django.core.files.uploadedfile import SimpleUploadedFile

from glimmer.actions import selection
from glimmer.records.models import GuidanceApproval, GuidanceVersion
from tests.actions.test_selection_rules import FIRST, ready, version
from tests.support.cast import PASSWORD
from tests.support.reading import text_of


def a_file(text):
    return SimpleUploadedFile("selection.toml", text if isinstance(text, bytes) else text.encode())


def propose(browser, text, reason="Trials took from 21"):
    return browser.post("/selection-rules/propose", {"document": a_file(text), "reason": reason})


def test_rules_nobody_has_approved_are_shown_as_that_with_every_source(as_):
    shown = text_of(as_("ness").get("/selection-rules"))
    assert "No clinician of this clinic has approved these rules" in shown
    assert "The patient is 18 or older" in shown
    assert "fpsyt.2020.00844" in shown
    assert "Approve these rules" not in shown


def test_version_is_proposed_looked_at_and_approved(as_, cast):
    episode = ready(cast)
    selection.decide_selection(episode, "eligible", by=cast.idris)
    assert propose(as_("priya"), version(value=99)).status_code == 302
    page = f"/selection-rules/{GuidanceVersion.objects.get().pk}"
    shown = text_of(as_("idris").get(page))
    assert "Adult from: from 18 to 99 a." in shown
    assert (
        "Of 1 decisions, judged again with what was known when they were taken, 1 would come to another verdict"
        in shown
    )
    assert "Decisions that would differ" in shown
    assert "Decisions that would differ" not in text_of(as_("gil").get(page))
    wrong = as_("idris").post(f"{page}/approve", {"reason": "Agreed", "password": "wrong"})
    assert "The password is wrong. Nothing was signed." in text_of(wrong)
    assert not GuidanceApproval.objects.filter(kind="selection").exists()
    assert as_("idris").post(f"{page}/approve", {"reason": "Agreed", "password": PASSWORD}).status_code == 302
    assert "Approved by Dr Idris Penhallow, GMC 0000001" in text_of(as_("maya").get("/selection-rules"))
    assert "Selection 1 (" in text_of(as_("maya").get(f"/episodes/{episode.pk}/selection"))


def test_rules_that_glimmer_brings_can_be_approved(as_):
    sent = as_("una").post("/selection-rules/built-in/approve", {"reason": "Read with the team", "password": PASSWORD})
    assert sent.status_code == 302
    assert "No clinician of this clinic" not in text_of(as_("una").get("/selection-rules"))


def test_file_that_cannot_be_judged_by_comes_back_with_words(as_):
    for text, says in ((b"\xff\xfe", "not plain text"), ("a = [", "not valid TOML"), (FIRST.text, "already")):
        assert says in text_of(propose(as_("priya"), text))
    assert "Choose the file that holds the new version." in text_of(as_("priya").post("/selection-rules/propose", {}))


def test_version_in_force_is_handed_out_as_a_file_to_begin_with(as_):
    response = as_("priya").get("/selection-rules/in-force/document")
    assert response.content.decode() == FIRST.text
    assert 'filename="selection-1.toml"' in response["Content-Disposition"]
