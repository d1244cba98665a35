"""After the course: the decision, the letters, and the end of the journey."""

import hashlib
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pypdf
import pytest
from django.utils import timezone

from glimmer.actions.followup import decide_followup, letter_pdf, sign_letter, write_letter
from glimmer.actions.referral import triage
from glimmer.records.models import Appointment, Staff
from glimmer.vocabulary.problems import BadInput, RuleRefused
from tests.support.cast import an_episode

NOW = datetime.now(tz=UTC)


def in_days(days):
    return timezone.localdate() + timedelta(days=days)


def text_of(pdf):
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(pdf)).pages)


@pytest.fixture
def episode(cast):
    return an_episode(cast, at="session")


def test_review_keeps_the_journey_open_with_a_date(cast, episode):
    stored = decide_followup(episode, "review", in_days(28), "Better.", by=cast.idris)
    episode.refresh_from_db()
    assert (stored.next_on, episode.closed_at) == (in_days(28), None)


def test_discharge_ends_the_journey_and_frees_the_dates_to_come(cast, episode):
    decide_followup(episode, "discharge", None, "Does not wish to go on.", by=cast.idris)
    episode.refresh_from_db()
    assert (episode.state, episode.closed_by) == ("Discharged", cast.idris)
    assert not Appointment.objects.filter(plan__episode=episode, cancelled_at__isnull=True).exists()
    with pytest.raises(RuleRefused, match="has ended"):
        decide_followup(episode, "review", in_days(28), "x", by=cast.idris)


@pytest.mark.parametrize(
    ("decision", "days", "reason", "field"),
    [
        ("later", 28, "x", "decision"),
        ("review", 28, " ", "reason"),
        ("review", None, "x", "next_on"),
        ("repeat", 0, "x", "next_on"),
        ("review", -1, "x", "next_on"),
    ],
)
def test_decision_that_is_incomplete_is_refused_at_its_field(cast, episode, decision, days, reason, field):
    next_on = None if days is None else in_days(days)
    with pytest.raises(BadInput) as problem:
        decide_followup(episode, decision, next_on, reason, by=cast.idris)
    assert problem.value.field == field


def test_draft_carries_its_mark_and_no_signature(cast, episode):
    letter = write_letter(episode, "course_summary", by=cast.maya)
    shown = text_of(letter_pdf(letter, by=cast.bea))
    assert "DRAFT" in shown
    assert "has not been signed" in shown
    assert letter.pdf is None


def test_signed_letter_keeps_the_exact_pdf_with_name_role_and_registration(cast, episode):
    letter = write_letter(episode, "course_summary", note="Thank you for asking us.", by=cast.maya)
    signed = sign_letter(letter, by=cast.idris)
    signed.refresh_from_db()
    pdf = letter_pdf(signed, by=cast.bea)
    shown = text_of(pdf)
    assert signed.pdf_digest == hashlib.sha256(pdf).hexdigest()
    assert "DRAFT" not in shown
    for words in ("Dr Idris Penhallow", "Psychiatrist", "GMC 0000001", "Thank you for asking us.", "01632 960 101"):
        assert words in shown
    for words in ("SAMPLE, Amina", "999 000 0018", "3 May 1984", "Dear Dr Ada Quince", "Page 1 of"):
        assert words in shown


def test_signed_letter_is_not_signed_again(cast, episode):
    letter = sign_letter(write_letter(episode, "discharge", by=cast.maya), by=cast.idris)
    with pytest.raises(RuleRefused, match="has been signed"):
        sign_letter(letter, by=cast.una)


def test_letter_is_not_signed_without_a_registration_number(cast, episode):
    Staff.objects.filter(pk=cast.idris.pk).update(registration="")
    cast.idris.refresh_from_db()
    with pytest.raises(RuleRefused, match="registration"):
        sign_letter(write_letter(episode, "discharge", by=cast.maya), by=cast.idris)


def test_letter_of_a_kind_that_does_not_exist_is_refused(cast, episode):
    with pytest.raises(BadInput):
        write_letter(episode, "postcard", by=cast.maya)


def test_letter_shows_scores_with_their_change_and_says_that_nothing_was_given(cast, episode):
    shown = text_of(letter_pdf(write_letter(episode, "course_summary", by=cast.maya), by=cast.bea))
    assert "was not treated with ketamine" in shown
    assert "Baseline" in shown
    assert "21" in shown
    assert "has not been decided" in shown
    assert "Response: the endpoint is at least 50 % below the baseline" in " ".join(shown.split())


def test_declined_referrer_is_told_why_although_the_journey_has_ended(cast):
    episode = an_episode(cast, at="referral")
    triage(episode, "declined", "Lives outside the area.", by=cast.maya)
    letter = sign_letter(write_letter(episode, "referral_outcome", by=cast.maya), by=cast.idris)
    shown = text_of(letter_pdf(letter, by=cast.bea))
    assert "cannot offer treatment on this referral" in shown
    assert "Lives outside the area." in shown


def test_drafts_wait_for_a_signature_on_the_worklist(cast):
    episode = an_episode(cast, at="referral")
    triage(episode, "declined", "Lives outside the area.", by=cast.maya)
    write_letter(episode, "referral_outcome", by=cast.maya)
    episode.refresh_from_db()
    assert (episode.needs, episode.waiting_on) == ("Sign the letter", "psychiatrist")
