"""The page Maintenance: who sees it, what it proposes, and the decision and agreement pressed on it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from glimmer.records.models import MaintenanceDecision
from tests.actions import test_maintenance as story
from tests.support.bedside import Ward, a_ward
from tests.support.reading import text_of

WEEK = timedelta(weeks=1)


@pytest.fixture
def ward(db: None, monkeypatch: pytest.MonkeyPatch) -> Ward:
    """The story of the actions' tests, moved so that its last session was today."""
    began = timezone.now() - 8 * WEEK - timedelta(hours=3)
    monkeypatch.setattr(story, "NOON", began)
    monkeypatch.setattr("tests.actions.test_course.NOON", began)
    ward = a_ward(began)
    story.sessions_of(ward, 3)
    story.scored(ward, -1, 20, "baseline")
    story.scored(ward, 3, 6, "after_course")
    story.tapered(ward)
    story.treated(ward, 4, 5, 6, 7, 8)
    story.scored(ward, 8, 6)
    return ward


def browser(person: object) -> Client:
    client = Client()
    client.force_login(person)  # type: ignore[arg-type]
    return client


def test_page_shows_what_is_due_proposed_and_given(ward):
    page = text_of(browser(ward.nurse).get(f"/episodes/{ward.episode.pk}/maintenance"))
    assert "Next interval of the schedule: 14 days" in page
    assert "Due on" in page
    assert "Sustained response, by the score of" in page
    assert "Ketamine (racemic), intravenous infusion 8 280" in page
    assert "Record the decision" not in page
    assert browser(ward.nurse).post(f"/episodes/{ward.episode.pk}/maintenance/decision", {}).status_code == 403


def test_psychiatrist_decides_and_another_agrees(ward):
    address, who = f"/episodes/{ward.episode.pk}/maintenance", browser(ward.psychiatrist)
    assert "Maintenance" in text_of(who.get(f"/episodes/{ward.episode.pk}/follow-up"))
    ward.episode.refresh_from_db()
    typed = {"step": "shorten", "days": "6", "reason": "", "seen": str(ward.episode.revision)}
    assert "Give the reason" in text_of(who.post(f"{address}/decision", typed))
    ward.episode.refresh_from_db()
    typed |= {"reason": "Sinks on the sixth day", "seen": str(ward.episode.revision)}
    assert who.post(f"{address}/decision", typed).status_code == 302
    page = text_of(who.get(address))
    assert "A second prescriber is needed" in page
    assert "Agree as second prescriber" not in page
    una, decision = browser(story.another_psychiatrist()), MaintenanceDecision.objects.get()
    assert "Agree as second prescriber" in text_of(una.get(address))
    ward.episode.refresh_from_db()
    agreed = una.post(f"/maintenance-decisions/{decision.pk}/agree", {"seen": str(ward.episode.revision)})
    assert agreed.status_code == 302
    assert "Shorten the interval: 6 days" in text_of(una.get(address))


def test_patient_without_maintenance_is_told_so(as_, cast):
    other = a_ward()
    page = text_of(browser(other.psychiatrist).get(f"/episodes/{other.episode.pk}/maintenance"))
    assert "no maintenance plan" in page
    assert "Nothing yet." in page
