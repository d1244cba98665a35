"""A patient who has been let in to their own pages, as tests need one."""

from datetime import datetime, timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from glimmer.actions.delivery import words_of
from glimmer.actions.own_link import digest_of, invite_to_own_pages
from glimmer.records.models import Episode, OutboxMessage, OwnDevice, OwnLink, Staff


def invited(episode: Episode, by: Staff, at: datetime | None = None, language: str = "en") -> tuple[OwnLink, str]:
    """Invite a patient by e-mail and return the link with its secret, as it stands in the message."""
    link = invite_to_own_pages(episode, "email", language, by=by, at=at)
    words = words_of(OutboxMessage.objects.get(pk=link.message_id))
    secret = words.partition("/own/in/")[2].split()[0].rstrip(".")
    assert digest_of(secret) == link.digest
    return link, secret


def born(episode: Episode, **changes: int) -> dict[str, int]:
    """Return the date of birth as the form sends it."""
    day = episode.patient.birth_date
    return {"born-day": day.day, "born-month": day.month, "born-year": day.year, **changes}


def let_in(episode: Episode, by: Staff, **more: Any) -> Client:
    """Return the browser of a patient who has opened their pages by a link."""
    _, secret = invited(episode, by, timezone.now(), **more)
    browser = Client()
    answer = browser.post(f"/own/in/{secret}", born(episode))
    assert answer.status_code == 302, answer.content
    return browser


def text(answer: Any) -> str:
    """Return a page as it was sent."""
    return str(answer.content.decode())


def phq9_answers(item9: str = "0", other: str = "1") -> dict[str, str]:
    """Return a PHQ-9 as the form sends it, every item but the ninth with the same answer."""
    return {**{f"item_{number}": other for number in range(1, 9)}, "item_9": item9, "token": f"t{item9}{other}"}


def pause(minutes: int = 31) -> None:
    """Let so many minutes pass since the patient last pressed anything."""
    OwnDevice.objects.update(pressed_at=timezone.now() - timedelta(minutes=minutes))
