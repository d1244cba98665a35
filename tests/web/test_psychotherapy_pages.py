"""The pages of psychotherapy: planned and attended on them, and a note that shows its words to those for whom it is."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from glimmer.actions.psychotherapy import TherapyDetails, plan_therapy
from glimmer.actions.therapy_notes import write_therapy_note
from glimmer.records.models import AuditLine, TherapyMember
from tests.support.cast import an_episode
from tests.support.reading import day, text_of, today

DAY = timedelta(days=1)


@pytest.fixture
def member(cast) -> TherapyMember:
    """A session that was led yesterday, and its note."""
    episode = an_episode(cast, at="session", first_day=today())
    details = TherapyDetails("therapy", False, cast.tomos, timezone.now() - DAY, "Room 2")
    found = plan_therapy(episode, details, by=cast.bea)
    write_therapy_note(found, "What was said", "Came, and talked", by=cast.tomos)
    return found


def test_session_is_planned_attended_and_shown(as_, cast):
    episode = an_episode(cast, at="session", first_day=today())
    address, desk = f"/episodes/{episode.pk}/psychotherapy", as_("bea")
    page = text_of(desk.get(address))
    assert "Integration for infusion 1: between" in page
    assert "Psychotherapy: preparation" in text_of(desk.get(f"/episodes/{episode.pk}/plan"))
    typed = {
        "kind": "integration", "is_group": "yes", "therapist": str(cast.tomos.pk), **day(today() + 2 * DAY, "day"),
        "at_time": "11:00", "by_video": "no", "place": "Room 2", "seen": str(episode.revision),
    }  # fmt: skip
    assert desk.post(f"{address}/plan", {**typed, "place": ""}).status_code == 422
    assert desk.post(f"{address}/plan", typed).status_code == 302
    page = text_of(desk.get(address))
    assert "Integration, group, infusion 1" in page
    assert "Integration for infusion 1: between" not in page
    other = an_episode(cast, at="session", patient=1, first_day=today())
    group = TherapyMember.objects.get().session
    joined = desk.post(
        f"/episodes/{other.pk}/psychotherapy/join", {"group": str(group.pk), "seen": str(other.revision)}
    )
    assert joined.status_code == 302
    assert "2 of 4 places are taken" in text_of(desk.get(f"/therapy-sessions/{group.pk}"))
    therapist, mine = as_("tomos"), TherapyMember.objects.get(episode=episode)
    typed = {"attendance": "cancelled", "reason": "A cold"}
    assert therapist.post(f"/therapy-places/{mine.pk}/attendance", {**typed, "reason": ""}).status_code == 422
    assert therapist.post(f"/therapy-places/{mine.pk}/attendance", typed).status_code == 302
    assert "Cancelled: A cold" in text_of(desk.get(address))
    moved = {**day(today() + 3 * DAY, "day"), "at_time": "09:30", "by_video": "yes", "place": ""}
    assert desk.post(f"/therapy-sessions/{group.pk}/move", moved).status_code == 302
    assert "09:30 to" in text_of(desk.get(f"/therapy-sessions/{group.pk}"))
    assert desk.post(f"/therapy-sessions/{group.pk}/cancel", {"reason": "Room flooded"}).status_code == 302
    assert "Room flooded" in text_of(desk.get(address))


def shown(browser: Client, member: TherapyMember) -> str:
    return text_of(browser.get(f"/therapy-places/{member.pk}"))


def readings() -> list[str]:
    """Return who was handed a note in full, by the audit: the first name of each."""
    lines = AuditLine.objects.filter(action="read_notes").order_by("pk")
    return [line.actor_name.split()[0] for line in lines if line.details["in_full"]]


def test_page_of_a_note_shows_its_words_to_a_therapist_and_the_summary_to_the_team(as_, cast, member):
    assert "What was said" in shown(as_("tomos"), member)
    assert readings() == ["Tomos"]
    for name in ("maya", "idris", "priya"):
        page = shown(as_(name), member)
        assert "What was said" not in page
        assert "Came, and talked" in page
    desk = shown(as_("bea"), member)
    assert "Came, and talked" not in desk
    assert "Nothing recorded yet." in desk
    assert "Came, and talked" not in text_of(as_("bea").get(f"/episodes/{member.episode_id}/psychotherapy"))
    assert "Came, and talked" in text_of(as_("maya").get(f"/episodes/{member.episode_id}/psychotherapy"))
    assert readings() == ["Tomos"]


def test_team_opens_a_note_with_a_reason_on_its_page(as_, cast, member):
    browser, address = as_("idris"), f"/therapy-places/{member.pk}"
    assert "Say why" in text_of(browser.post(f"{address}/open", {"because": ""}))
    assert browser.post(f"{address}/open", {"because": "Danger tonight"}).status_code == 302
    assert "What was said" in shown(browser, member)
    assert as_("bea").post(f"{address}/open", {"because": "Curious"}).status_code == 403


def test_note_is_amended_on_its_page_and_two_at_once_do_not_overwrite(as_, cast, member):
    browser, address = as_("tomos"), f"/therapy-places/{member.pk}/note"
    typed = {"text": "Said otherwise", "for_team": "Came", "because": "", "seen": "1"}
    assert "Say why the note is amended." in text_of(browser.post(address, typed))
    assert browser.post(address, {**typed, "because": "A name was wrong"}).status_code == 302
    late = browser.post(address, {**typed, "because": "Mine"})
    assert late.status_code == 409
    assert 'name="seen" value="2"' in late.content.decode()
    assert as_("maya").post(address, {**typed, "because": "Mine"}).status_code == 403
    assert "Said otherwise" in shown(browser, member)
