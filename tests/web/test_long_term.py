"""The pages of long-term safety: a check, what it holds, and the decision."""

from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from glimmer.actions.live import forget_all
from glimmer.records.models import LongTermCheck, Staff
from tests.support.bedside import Ward, a_ward

pytestmark = pytest.mark.django_db
DAY = {"done_on-day": "1", "done_on-month": "6", "done_on-year": "2026"}
BLADDER = {"pain": "no", "blood": "yes", "painful_often": "no", "dipstick": "unknown", **DAY}


@pytest.fixture
def ward(db: None) -> Ward:
    forget_all()
    cache.clear()
    return a_ward(datetime.now(UTC) - timedelta(minutes=2))


def words_of(response: Any) -> str:
    return unescape(" ".join(response.content.decode().split()))


def browser(person: Staff) -> Client:
    client = Client()
    client.force_login(person)
    return client


def shown(person: Staff, name: str, *ids: Any) -> str:
    response = browser(person).get(reverse(name, args=ids))
    assert response.status_code == 200
    return words_of(response)


def press(person: Staff, name: str, *ids: Any, **data: Any) -> tuple[int, str]:
    response = browser(person).post(reverse(name, args=ids), data, follow=True)
    status = response.redirect_chain[0][1] if response.redirect_chain else response.status_code
    return status, words_of(response)


def test_finding_is_said_wherever_the_next_session_is_prepared(ward: Ward) -> None:
    key = ward.episode.pk
    assert "Never checked: the baseline is missing" in shown(ward.nurse, "long_term", key)
    status, words = press(ward.nurse, "long_term_check", key, "bladder", **BLADDER)
    assert status == 302
    assert "The next session waits until a psychiatrist has reviewed it" in words
    assert "not complete: something was not known" in words
    assert "Bladder holds the next session" in shown(ward.nurse, "journey", key)
    assert "Bladder" in shown(ward.nurse, "long_term_list")
    assert "Blood seen in the urine" in shown(ward.nurse, "session", ward.ready().pk)
    assert "Decide about it: bladder" not in shown(ward.nurse, "long_term", key)
    status, words = press(
        ward.psychiatrist, "long_term_review", key, "bladder", decision="continue", reason="Menstruation"
    )
    assert status == 302
    assert "Go on with treatment" in words
    assert "holds the next session" not in shown(ward.nurse, "journey", key)


def test_check_with_a_gap_comes_back_with_what_was_typed(ward: Ward) -> None:
    status, words = press(ward.nurse, "long_term_check", ward.episode.pk, "liver", alt="55", **DAY)
    assert status == 422
    assert "Answer this: Upper limit of the laboratory for ALT" in words
    assert 'value="55"' in words
    assert not LongTermCheck.objects.exists()
    assert press(ward.nurse, "long_term_check", ward.episode.pk, "knees", **DAY)[0] == 404
