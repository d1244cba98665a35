"""The consent page: recorded whole or not at all, and withdrawn."""

from typing import Any

import pytest

from glimmer.actions.consent_signing import Signature, sign_consent
from glimmer.guidance import information, information_for, protocol
from tests.support.cast import an_episode
from tests.support.reading import text_of


def conversation(**changes: Any) -> dict[str, Any]:
    typed = {
        "information_version": information().version,
        "points_covered": [point.id for point in information_for(protocol("iv-racemic-standard")).points],
        "understands": "yes",
        "retains": "yes",
        "weighs": "yes",
        "communicates": "yes",
        "interpreter": "not_needed",
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
        ({"interpreter": ""}, "Choose whether an interpreter was needed"),
        ({"interpreter": "used"}, "Enter the interpreter's name or number"),
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
    typed = conversation(seen=episode.revision, reason="She asked for time.", **change)
    response = as_("maya").post(f"/episodes/{episode.pk}/consent/record", typed)
    assert response.status_code == 422
    assert says in text_of(response)
    assert "She asked for time." in text_of(response)
    assert not episode.consents.exists()


def test_only_a_psychiatrist_is_asked_why_it_cannot_wait(as_, cast):
    episode = an_episode(cast, at="consent")
    address = f"/episodes/{episode.pk}/consent"
    assert "Why this cannot wait" not in text_of(as_("maya").get(address))
    assert "Why this cannot wait" in text_of(as_("idris").get(address))
    hurried = conversation(seen=episode.revision, sooner_because="In a hurry.")
    assert as_("maya").post(f"{address}/record", hurried).status_code == 403
    assert not episode.consents.exists()


def test_withdrawn_consent_no_longer_holds(as_, cast):
    episode = an_episode(cast, at="plan")
    browser = as_("maya")
    assert browser.post(f"/episodes/{episode.pk}/consent/withdraw", {"seen": episode.revision}).status_code == 302
    page = text_of(browser.get(f"/episodes/{episode.pk}/consent"))
    assert "The patient withdrew consent" in page


def informed(**changes: Any) -> dict[str, Any]:
    typed = {
        "protocol_id": "iv-racemic-standard",
        "cost": "free",
        "ways": ["talk", "printed"],
        "interpreter": "not_needed",
    }
    return {**typed, **changes}


def test_the_information_given_is_kept_as_it_was_told(as_, cast):
    episode = an_episode(cast, at="selection")
    browser = as_("maya")
    posted = browser.post(f"/episodes/{episode.pk}/consent/information", informed(seen=episode.revision))
    assert posted.status_code == 302
    kept = episode.information_given.get()
    assert kept.told == {"mg_per_kg": 0.5, "dose_mg": None, "minutes": 40.0, "sessions": 6}
    assert "0.5 mg for each kilogram" in kept.content[0]["says"]
    page = text_of(browser.get(f"/episodes/{episode.pk}/consent"))
    assert "Time to think Until" in page
    assert "It costs you nothing." in page


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"protocol_id": ""}, "Choose the treatment that the patient was told about."),
        ({"cost": ""}, "Choose whether the patient pays."),
        ({"cost": "pays"}, "Enter how much the patient pays, and for what."),
        ({"ways": []}, "Choose how the patient was given the information."),
        ({"interpreter": "used"}, "Enter the interpreter's name or number"),
        (
            {"given_on-day": "1", "given_on-month": "1", "given_on-year": "2999"},
            "cannot have been given later than now",
        ),
        ({"given_time": "09:30"}, "Enter the day as well as the time."),
    ],
)
def test_information_that_is_not_whole_is_refused_in_words(as_, cast, change, says):
    episode = an_episode(cast, at="selection")
    response = as_("maya").post(
        f"/episodes/{episode.pk}/consent/information", informed(seen=episode.revision, **change)
    )
    assert response.status_code == 422
    assert says in text_of(response)
    assert not episode.information_given.exists()


def test_a_question_is_asked_by_whoever_is_there_and_answered_by_who_may_consent(as_, cast):
    episode = an_episode(cast, at="consent")
    asked = as_("tomos").post(
        f"/episodes/{episode.pk}/consent/questions", {"asks": "Will I sleep?", "seen": episode.revision}
    )
    assert asked.status_code == 302
    episode.refresh_from_db()
    nurse = as_("maya")
    stopped = nurse.post(f"/episodes/{episode.pk}/consent/record", conversation(seen=episode.revision))
    assert "A question of the patient has no answer yet" in text_of(stopped)
    question = episode.patient_questions.get()
    address = f"/patient-questions/{question.pk}/answer"
    assert as_("tomos").post(address, {"says": "No."}).status_code == 403
    assert "Write down what the patient was answered." in text_of(nurse.post(address, {"seen": episode.revision}))
    assert nurse.post(address, {"says": "No, you stay awake.", "seen": episode.revision}).status_code == 302
    page = text_of(nurse.get(f"/episodes/{episode.pk}/consent"))
    assert "The patient asked" in page
    assert "Maya Okafor" in page
    assert "No, you stay awake." in page


def test_the_information_shows_the_numbers_as_people_and_in_words(as_, cast):
    response = as_("ness").get("/information/iv-racemic-standard")
    page = response.content.decode()
    assert page.count('role="img" aria-label="45 in 100 people felt dizzy."') == 1
    dizzy = page[page.index('aria-label="45 in 100 people felt dizzy."') :]
    dizzy = dizzy[: dizzy.index("</figure>")]
    assert (dizzy.count("#person-full"), dizzy.count("#person-empty")) == (45, 55)
    assert "45 in 100 people felt dizzy." in text_of(response)
    assert as_("ness").get("/information/nothing-of-the-kind").status_code == 404


def test_no_page_about_consent_shows_its_own_markup(as_, cast):
    episode = an_episode(cast, at="plan")
    consent = episode.consents.get()
    cast.idris.name = "Dr <Idris> Penhallow"
    cast.idris.save()
    sign_consent(consent, Signature("typed", "Amina <b>Sample", witness_name="Maya"), by=cast.idris)
    pages = {path: as_("maya").get(path).content.decode() for path in (
        f"/episodes/{episode.pk}/consent", f"/consents/{consent.pk}/signing",
    )}  # fmt: skip
    for path, page in pages.items():
        assert "&lt;a" not in page, path
        assert "&lt;p" not in page, path
    signed = pages[f"/consents/{consent.pk}/signing"]
    assert "Signed by Amina &lt;b&gt;Sample" in signed
    assert "Dr &lt;Idris&gt; Penhallow" in signed
