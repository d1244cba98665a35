"""Start page, search, history and what surrounds every page."""

from datetime import date

import pytest

from glimmer.actions import outcomes, selection
from glimmer.guidance import protocol
from tests.support.cast import an_episode, phq9
from tests.support.reading import day, next_monday, text_of, today


@pytest.mark.parametrize("step", ["referral", "selection", "consent", "plan", "sessions", "outcomes", "follow-up"])
def test_every_step_has_a_page_with_the_patients_banner(as_, cast, step):
    episode = an_episode(cast, at="session", first_day=next_monday())
    page = text_of(as_("maya").get(f"/episodes/{episode.pk}/{step}"))
    assert "SAMPLE, Amina" in page
    assert "NHS number 999 000 0018" in page
    assert "Born 3 May 1984" in page


def test_every_step_page_opens_before_anything_was_recorded_for_it(as_, cast):
    episode = an_episode(cast, at="referral")
    for step in ("selection", "consent", "plan", "sessions", "outcomes", "follow-up"):
        assert as_("maya").get(f"/episodes/{episode.pk}/{step}").status_code == 200, step


def test_journey_that_has_ended_offers_nothing_to_change(as_, cast):
    episode = an_episode(cast, at="selection")
    selection.decide_selection(episode, "not_eligible", "Aneurysm", by=cast.idris)
    for step in ("referral", "selection", "consent", "plan", "outcomes"):
        page = as_("idris").get(f"/episodes/{episode.pk}/{step}").content.decode()
        # What a patient's data may be used for is theirs to say also when the treatment is over.
        left = 2 if step == "consent" else 1
        assert page.count("<form") == left, f"{step}: only the sign-out form is left"


def test_administrator_does_not_read_scores(as_, cast):
    episode = an_episode(cast, at="consent")
    assert "PHQ-9: 21" not in text_of(as_("bea").get(f"/episodes/{episode.pk}"))
    assert "Baseline PHQ-9: 21" not in text_of(as_("bea").get(f"/episodes/{episode.pk}/selection"))


def test_administrator_does_not_read_a_task_that_quotes_a_score(as_, cast):
    episode = an_episode(cast, at="selection")
    outcomes.record_score(episode, phq9(13, 2), "baseline", today(), by=cast.maya)
    task = episode.tasks.get()
    assert as_("bea").get(f"/tasks/{task.pk}").status_code == 404
    assert task.says not in text_of(as_("bea").get(f"/episodes/{episode.pk}"))
    assert task.says in text_of(as_("tomos").get(f"/episodes/{episode.pk}"))


@pytest.mark.parametrize("name", ["gil", "ness"])
def test_start_page_of_those_who_see_no_patients_holds_counts_only(as_, cast, name):
    an_episode(cast, at="consent")
    page = text_of(as_(name).get("/"))
    assert "Awaiting consent 1" in page
    assert "SAMPLE" not in page
    assert "999 000" not in page


def test_start_page_shows_what_waits_for_the_persons_own_role(as_, cast):
    an_episode(cast, at="referral", patient=0)
    an_episode(cast, at="plan", patient=1)
    assert "SAMPLE, Amina" in text_of(as_("maya").get("/"))
    assert "SAMPLE, Bertram" not in text_of(as_("maya").get("/"))
    assert "SAMPLE, Bertram" in text_of(as_("idris").get("/"))
    assert "SAMPLE, Bertram" in text_of(as_("maya").get("/?for=all"))
    assert "SAMPLE, Amina" not in text_of(as_("maya").get("/?for=all&step=plan"))


def test_patient_is_found_by_name_number_and_birth(as_, cast):
    an_episode(cast, at="referral", patient=0)
    an_episode(cast, at="referral", patient=1)
    browser = as_("bea")
    for asked in ({"words": "sam ami"}, {"nhs_number": "999 000 0018"}, day(date(1984, 5, 3), "birth_date")):
        page = text_of(browser.get("/patients", asked))
        assert "1 patient" in page
        assert "SAMPLE, Amina" in page
    assert "No patient fits" in text_of(browser.get("/patients", {"words": "zebedee"}))
    wrong = browser.get("/patients", {"birth_date-day": "31", "birth_date-month": "2", "birth_date-year": "1984"})
    assert wrong.status_code == 422
    assert "there is no day 31 in month 2" in text_of(wrong)


@pytest.mark.parametrize(
    "path", ["/episodes/999", "/letters/999", "/tasks/999", "/scores/999/correct", "/appointments/999"]
)
def test_record_that_is_not_there_gives_a_page_that_says_so(as_, cast, path):
    response = as_("idris").get(path)
    assert response.status_code == 404
    assert "There is no such" in text_of(response)


def test_every_figure_of_a_protocol_is_shown_with_its_source(as_, cast):
    page = text_of(as_("ness").get("/protocols/iv-racemic-standard"))
    for name, figure in protocol("iv-racemic-standard").figures.items():
        assert figure.source in page, name
