"""Whatever is sent to whichever form, the answer is a page in words: never a fault of ours."""

import re
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glimmer.actions import followup, outcomes, plan
from glimmer.web.gate import named_routes
from tests.support.cast import Cast, an_episode, an_order, first_appointment, phq9_items
from tests.support.reading import next_monday, today

# Values that have broken forms before, beside any text that hypothesis thinks of.
NASTY = [
    "",
    " ",
    "0",
    "-1",
    "1e309",
    "NaN",
    "None",
    "true",
    "9" * 400,
    "\x00",
    "٣",
    "<b>",
    "'; --",
    "2026-02-30",
    "25:61",
]
VALUES = st.one_of(
    st.sampled_from(NASTY), st.text(max_size=60), st.sampled_from(["yes", "no", "accepted", "given", "1"])
)


@pytest.fixture
def places(cast: Cast) -> dict[str, int]:
    """One record of each kind that an address can name."""
    episode = an_episode(cast, at="session", first_day=next_monday())
    undecided = an_episode(cast, at="selection", patient=1)
    prescribed = plan.prescribe_plan(an_episode(cast, at="plan", patient=2), an_order(), by=cast.idris)
    outcomes.record_score(episode, phq9_items(5, 1), "follow_up", today(), by=cast.maya)
    letter = followup.write_letter(episode, "course_summary", by=cast.bea)
    return {
        "episode_id": undecided.pk,
        "plan_id": prescribed.pk,
        "appointment_id": first_appointment(episode).pk,
        "score_id": episode.scores.get(occasion="baseline").pk,
        "task_id": episode.tasks.get().pk,
        "letter_id": letter.pk,
        "override_id": 1,
    }


def field_names(browser: Client, address: str) -> list[str]:
    """Return the names of the fields of a form by sending it empty and reading what comes back."""
    page = browser.post(address, {}).content.decode()
    return sorted(set(re.findall(r'name="([\w-]+)"', page)) - {"csrfmiddlewaretoken"})


FORMS = [
    ("bea", "/referrals/new"),
    ("maya", "/episodes/{episode_id}/referral/items"),
    ("maya", "/episodes/{episode_id}/triage"),
    ("maya", "/episodes/{episode_id}/selection/answers"),
    ("idris", "/episodes/{episode_id}/selection/overrides"),
    ("idris", "/episodes/{episode_id}/selection/decision"),
    ("maya", "/episodes/{episode_id}/consent/record"),
    ("maya", "/episodes/{episode_id}/consent/withdraw"),
    ("idris", "/episodes/{episode_id}/plan/prescribe"),
    ("idris", "/plans/{plan_id}/countersign"),
    ("bea", "/plans/{plan_id}/book"),
    ("bea", "/plans/{plan_id}/book-one"),
    ("bea", "/appointments/{appointment_id}/move"),
    ("bea", "/appointments/{appointment_id}/cancel"),
    ("maya", "/episodes/{episode_id}/outcomes/scores"),
    ("maya", "/scores/{score_id}/correct"),
    ("idris", "/episodes/{episode_id}/follow-up/decision"),
    ("bea", "/episodes/{episode_id}/letters"),
    ("idris", "/letters/{letter_id}/sign"),
    ("idris", "/tasks/{task_id}"),
    ("bea", "/sign-in"),
]


def test_nonsense_in_every_field_of_every_form_gives_words_and_no_fault(as_, places):
    for name, path in FORMS:
        send_nonsense(as_(name), path.format(**places))


def send_nonsense(browser: Client, address: str) -> None:
    fields = field_names(browser, address)
    assert fields, address

    @settings(max_examples=10, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.fixed_dictionaries(dict.fromkeys(fields, VALUES)))
    def send(typed: dict[str, Any]) -> None:
        response = browser.post(address, typed)
        assert response.status_code in {200, 302, 400, 403, 409, 422}, f"{address}: {response.status_code}"
        if response.status_code in {409, 422}:
            page = response.content.decode()
            assert "There is a problem" in page or "Somebody else was here first" in page, address

    send()


def test_every_form_of_the_journey_is_sent_nonsense():
    posted = {
        route.example for route in named_routes() if "POST" in route.methods and not route.name.startswith("session")
    }
    tried = {path.format(**dict.fromkeys(KINDS, 1)) for _, path in FORMS}
    # These ask for nothing that could be typed, or take a file (tests of their own).
    without_fields = {"/sign-out", "/referrals/import", "/selection-overrides/1/agree", "/appointments/1/open"}
    assert posted - tried - without_fields == set()


KINDS = ("episode_id", "plan_id", "appointment_id", "score_id", "task_id", "letter_id")


@pytest.mark.parametrize("path", ["/", "/patients", "/calendar", "/quarantine"])
def test_nonsense_in_an_address_gives_a_page(as_, path):
    browser = as_("maya")

    @settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(
        st.dictionaries(st.sampled_from(["page", "for", "step", "week", "words", "nhs_number", "birth_date"]), VALUES)
    )
    def open_it(asked: dict[str, str]) -> None:
        assert browser.get(path, asked).status_code in {200, 422}

    open_it()
