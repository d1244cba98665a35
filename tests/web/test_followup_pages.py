"""The follow-up page and the letters."""

import pytest

from glimmer.actions import followup
from glimmer.records.models import Letter
from tests.support.cast import an_episode
from tests.support.reading import next_monday, text_of


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"decision": ""}, "Choose what happens next"),
        ({"reason": ""}, "Give the reason for this decision."),
        ({"decision": "review"}, "Enter the date of the next contact."),
        ({"decision": "review", "next_on": "2001-01-01"}, "The next contact must lie after today."),
    ],
)
def test_wrong_follow_up_is_refused_in_words(as_, cast, change, says):
    episode = an_episode(cast, at="session", first_day=next_monday())
    typed = {"decision": "discharge", "reason": "Well again", "seen": str(episode.revision), **change}
    response = as_("idris").post(f"/episodes/{episode.pk}/follow-up/decision", typed)
    assert response.status_code == 422
    assert says in text_of(response)


def test_discharge_ends_the_journey_and_its_letter_is_written_and_signed(as_, cast):
    episode = an_episode(cast, at="session", first_day=next_monday())
    discharge = {"decision": "discharge", "reason": "Moved away", "seen": str(episode.revision)}
    assert as_("idris").post(f"/episodes/{episode.pk}/follow-up/decision", discharge).status_code == 302
    episode.refresh_from_db()
    assert episode.closed_at is not None
    written = as_("bea").post(
        f"/episodes/{episode.pk}/letters", {"kind": "discharge", "note": "With best wishes", "seen": episode.revision}
    )
    letter = Letter.objects.get()
    assert written["Location"] == f"/letters/{letter.pk}"
    page = text_of(as_("bea").get(f"/letters/{letter.pk}"))
    assert "Draft" in page
    assert "With best wishes" in page
    assert "Sign as" not in page
    episode.refresh_from_db()
    assert as_("idris").post(f"/letters/{letter.pk}/sign", {"seen": episode.revision}).status_code == 302
    pdf = as_("bea").get(f"/letters/{letter.pk}.pdf")
    assert pdf["Content-Type"] == "application/pdf"
    assert pdf.content == bytes(Letter.objects.get().pdf)
    assert pdf.content.startswith(b"%PDF-")
    episode.refresh_from_db()
    again = as_("idris").post(f"/letters/{letter.pk}/sign", {"seen": episode.revision})
    assert "This letter has been signed." in text_of(again)


def test_text_that_somebody_typed_is_shown_and_never_run(as_, cast):
    episode = an_episode(cast, at="session", first_day=next_monday())
    followup.write_letter(episode, "course_summary", note="<script>alert(1)</script>", by=cast.bea)
    page = as_("bea").get(f"/letters/{Letter.objects.get().pk}").content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page
