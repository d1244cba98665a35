"""The consent page: recorded whole or not at all, and withdrawn."""

from typing import Any

import pytest

from glimmer.guidance import information
from tests.support.cast import an_episode
from tests.support.reading import text_of


def conversation(**changes: Any) -> dict[str, Any]:
    typed = {
        "information_version": information().version,
        "points_covered": [point.id for point in information().points],
        "understands": "yes",
        "retains": "yes",
        "weighs": "yes",
        "communicates": "yes",
        "decision": "given",
    }
    return {**typed, **changes}


def test_consent_is_recorded_and_holds(as_, cast):
    episode = an_episode(cast, at="consent")
    browser = as_("maya")
    posted = browser.post(f"/episodes/{episode.pk}/consent/record", conversation(seen=episode.revision))
    assert posted.status_code == 302
    assert "Consent holds today." in text_of(browser.get(f"/episodes/{episode.pk}/consent"))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"decision": ""}, "Choose what the patient decided: consents or refuses."),
        ({"weighs": ""}, "Choose yes, no or not assessed."),
        ({"weighs": "no"}, "lacks capacity for this decision"),
        ({"retains": "not_assessed"}, "Capacity is not assessed yet"),
        ({"points_covered": []}, "Not yet covered with the patient"),
        ({"points_covered": ["moon"]}, "Choose only from those shown."),
        ({"information_version": "1999"}, "version"),
    ],
)
def test_consent_that_is_not_whole_is_refused_in_words(as_, cast, change, says):
    episode = an_episode(cast, at="consent")
    typed = conversation(seen=episode.revision, questions="How long does it last?", **change)
    response = as_("maya").post(f"/episodes/{episode.pk}/consent/record", typed)
    assert response.status_code == 422
    assert says in text_of(response)
    assert "How long does it last?" in text_of(response)
    assert not episode.consents.exists()


def test_withdrawn_consent_no_longer_holds(as_, cast):
    episode = an_episode(cast, at="plan")
    browser = as_("maya")
    assert browser.post(f"/episodes/{episode.pk}/consent/withdraw", {"seen": episode.revision}).status_code == 302
    page = text_of(browser.get(f"/episodes/{episode.pk}/consent"))
    assert "The patient withdrew consent" in page
