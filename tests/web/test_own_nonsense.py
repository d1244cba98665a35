"""Nonsense in every form of the patients' own pages: words and no fault, and nothing of it opens anything."""

import re
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.cast import Cast, an_episode
from tests.support.own import invited, let_in
from tests.web.test_nonsense import VALUES

OWN_FORMS = (
    "/own/in/{secret}",
    "/own/again",
    "/own/unlock",
    "/own/language",
    "/own/mood",
    "/own/sleep",
    "/own/effects",
    "/own/words",
    "/own/words/{entry_id}",
    "/own/next",
    "/own/questions/iv-racemic-standard",
    "/own/questions/phq9",
    "/own/consents/iv-racemic-standard/withdraw",
    "/own/not-safe",
    "/own/by-mistake",
    "/own/out",
)
MORE_NAMES = {"token", "state", "next", "language", "born-day", "born-month", "born-year", "which", "value", "way"}


@pytest.mark.parametrize("paused", [False, True])
def test_nonsense_on_the_own_pages_gives_words_and_no_fault(cast: Cast, paused: bool) -> None:
    episode = an_episode(cast, at="selection")
    amina = let_in(episode, cast.bea)
    _, secret = invited(episode, cast.bea)
    if paused:
        from datetime import timedelta

        from django.utils import timezone

        from glimmer.records.models import OwnDevice

        OwnDevice.objects.update(pressed_at=timezone.now() - timedelta(hours=2))
    for path in OWN_FORMS:
        send(amina, path.format(secret=secret, entry_id=1))


def send(browser: Client, address: str) -> None:
    shown = browser.get(address).content.decode()
    fields = sorted((set(re.findall(r'name="([\w-]+)"', shown)) | MORE_NAMES) - {"csrfmiddlewaretoken"})

    @settings(max_examples=6, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.fixed_dictionaries(dict.fromkeys(fields, VALUES)))
    def post(typed: dict[str, Any]) -> None:
        answer = browser.post(address, typed)
        assert answer.status_code in {200, 302, 401, 404, 410, 422, 423}, f"{address}: {answer.status_code}"
        if answer.status_code == 302:
            assert answer.headers["Location"].startswith("/own")

    post()
