"""The outcomes page: scores from items, corrections, and the task that item 9 raises."""

import json
from datetime import timedelta

import pytest
from django.test import Client

from glimmer.actions.outcomes import record_score
from glimmer.actions.wording import import_wording
from glimmer.guidance.instrument import instruments
from glimmer.records.models import Appointment, Score, Task, TreatmentSession
from tests.support.bedside import NOON, a_ward
from tests.support.cast import an_episode, phq9, phq9_items
from tests.support.reading import day, text_of, today


def typed_score(total: int = 12, item9: int = 0, **changes: str) -> dict[str, str]:
    items = {f"item_{number}": str(answer) for number, answer in enumerate(phq9_items(total, item9), start=1)}
    return {"occasion": "baseline", **day(today(), "completed_on"), **items, **changes}


def test_score_is_worked_out_from_its_items(as_, cast):
    episode = an_episode(cast, at="selection")
    browser = as_("tomos")
    posted = browser.post(f"/episodes/{episode.pk}/outcomes/phq9/scores", typed_score(13, seen=str(episode.revision)))
    assert posted.status_code == 302
    assert Score.objects.get().total == 13


def test_item_nine_above_nought_raises_a_task_that_a_psychiatrist_finishes(as_, cast):
    episode = an_episode(cast, at="selection")
    as_("maya").post(f"/episodes/{episode.pk}/outcomes/phq9/scores", typed_score(13, 2, seen=str(episode.revision)))
    task = Task.objects.get()
    browser = as_("idris")
    assert task.says in text_of(browser.get("/"))
    empty = browser.post(f"/tasks/{task.pk}", {"did": " "})
    assert "Say what was done." in text_of(empty)
    assert as_("maya").post(f"/tasks/{task.pk}", {"did": "Rang"}).status_code == 403
    assert browser.post(f"/tasks/{task.pk}", {"did": "Spoke by telephone; safe"}).status_code == 302
    assert task.says not in text_of(browser.get("/"))
    assert "Spoke by telephone; safe" in text_of(browser.get(f"/episodes/{episode.pk}"))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"occasion": ""}, "Choose what this PHQ-9 is for."),
        ({"occasion": "before_session"}, "session"),
        ({"completed_on-year": "2999"}, "."),
        ({"item_3": ""}, "Item 3: sleep: choose 0 to 3, or not answered."),
        ({"item_3": "7"}, "Choose one of the answers shown."),
        ({"item_1": "none", "item_2": "none", "item_3": "none"}, "3 items were left open, and at most 2 may be."),
        ({"session_number": "0", "occasion": "before_session"}, "1 or more"),
    ],
)
def test_wrong_score_is_refused_in_words(as_, cast, change, says):
    episode = an_episode(cast, at="selection")
    typed = typed_score(seen=str(episode.revision), **change)
    response = as_("maya").post(f"/episodes/{episode.pk}/outcomes/phq9/scores", typed)
    assert response.status_code == 422
    assert says in text_of(response)
    assert not Score.objects.exists()


def test_corrected_score_stays_on_the_page_marked(as_, cast):
    episode = an_episode(cast, at="consent")
    wrong = episode.scores.get()
    browser = as_("maya")
    assert 'value="3" checked' in browser.get(f"/scores/{wrong.pk}/correct").content.decode()
    typed = {**typed_score(19), "reason": "Item 8 misread", "seen": str(episode.revision)}
    assert browser.post(f"/scores/{wrong.pk}/correct", typed).status_code == 302
    page = text_of(browser.get(f"/episodes/{episode.pk}/outcomes"))
    assert "21 Corrected" in page
    assert "19" in page
    twice = browser.post(f"/scores/{wrong.pk}/correct", typed)
    assert twice.status_code in {409, 422}


def test_every_questionnaire_has_its_page_and_its_form(as_, cast):
    episode = an_episode(cast, at="selection")
    browser = as_("maya")
    for of in instruments().values():
        page = browser.get(f"/episodes/{episode.pk}/outcomes?form={of.id}")
        assert page.status_code == 200
        for words in (f"No {of.title} has been recorded yet.", f"Record a {of.title}", *(i.label for i in of.items)):
            assert words in text_of(page), (of.id, words)
    assert browser.get(f"/episodes/{episode.pk}/outcomes?form=phq99").status_code == 404
    assert browser.post(f"/episodes/{episode.pk}/outcomes/phq99/scores", typed_score()).status_code == 404


def test_profile_and_scale_are_shown_as_they_were_answered(as_, cast):
    episode = an_episode(cast, at="selection")
    typed = {"occasion": "baseline", **day(today(), "completed_on"), "scale": "65", "seen": str(episode.revision)}
    answers = {f"item_{number}": str(answer) for number, answer in enumerate((1, 1, 2, 3, 4), start=1)}
    browser = as_("maya")
    assert browser.post(f"/episodes/{episode.pk}/outcomes/eq5d5l/scores", {**typed, **answers}).status_code == 302
    score = Score.objects.get()
    assert (score.total, score.items, score.scale) == (None, [1, 1, 2, 3, 4], 65)
    assert "11234, 65" in text_of(browser.get(f"/episodes/{episode.pk}/outcomes?form=eq5d5l"))
    assert "EQ-5D-5L: 11234, 65 (baseline)" in text_of(browser.get(f"/episodes/{episode.pk}"))


def test_total_alone_is_marked_and_asks_for_what_it_leaves_open(as_, cast):
    episode = an_episode(cast, at="selection")
    typed = {"occasion": "baseline", **day(today(), "completed_on"), "total": "31", "seen": str(episode.revision)}
    browser = as_("idris")
    assert browser.post(f"/episodes/{episode.pk}/outcomes/madrs/scores", typed).status_code == 302
    page = text_of(browser.get(f"/episodes/{episode.pk}/outcomes?form=madrs"))
    assert "31 moderate" in page
    assert "total alone" in page
    assert "Item 10 of the MADRS (suicidal thoughts) was left open" in Task.objects.get().says
    too_much = browser.post(f"/episodes/{episode.pk}/outcomes/madrs/scores", {**typed, "total": "61"})
    assert "60 or less" in text_of(too_much)
    none = browser.post(f"/episodes/{episode.pk}/outcomes/madrs/scores", {**typed, "total": ""})
    assert "choose 0 to 6, or not answered" in text_of(none)


def test_other_questionnaires_are_no_baseline_and_judge_no_course(as_, cast):
    episode = an_episode(cast, at="selection")
    of = instruments()["gad7"]
    typed = {"occasion": "baseline", **day(today(), "completed_on"), "seen": str(episode.revision)}
    answers = {f"item_{item.id}": "3" for item in of.items}
    browser = as_("maya")
    assert browser.post(f"/episodes/{episode.pk}/outcomes/gad7/scores", {**typed, **answers}).status_code == 302
    assert "There is no PHQ-9 from before the treatment" in text_of(browser.get(f"/episodes/{episode.pk}/outcomes"))
    assert "There is no baseline PHQ-9" in text_of(browser.get(f"/episodes/{episode.pk}/selection"))


def test_official_wording_is_shown_on_the_form_once_the_clinic_has_it(as_, cast):
    options = [{"valueString": f"choice {number}"} for number in range(4)]
    items = [{"linkId": str(n), "text": f"Made-up question {n}", "answerOption": options} for n in range(1, 10)]
    file = json.dumps({"resourceType": "Questionnaire", "title": "T", "item": items}).encode()
    import_wording(file, "phq9", "en", "Made up for this test", by=cast.maya)
    episode = an_episode(cast, at="selection")
    page = text_of(as_("maya").get(f"/episodes/{episode.pk}/outcomes"))
    assert "Made-up question 3" in page
    assert "2: choice 2" in page
    assert "Made-up" not in text_of(as_("maya").get(f"/episodes/{episode.pk}/outcomes?form=gad7"))
    assert "Made-up question 9" in text_of(as_("maya").post(f"/episodes/{episode.pk}/outcomes/phq9/scores", {}))


def test_relapse_warning_is_shown_with_what_led_to_it(as_, db):
    ward = a_ward()
    session = ward.recovering()
    TreatmentSession.objects.filter(pk=session.pk).update(phase="left", ended_at=NOON + timedelta(hours=2))
    record_score(ward.episode, phq9(21), "baseline", NOON.date(), by=ward.nurse, at=NOON)
    for week, total in enumerate((6, 5, 6, 12, 14, 15)):
        at = NOON + timedelta(days=3, weeks=week)
        record_score(
            ward.episode, phq9(total), "follow_up" if week else "after_course", at.date(), by=ward.nurse, at=at
        )
    browser = Client()
    browser.force_login(ward.nurse)
    answer = browser.get(f"/episodes/{ward.episode.pk}/outcomes")
    page = text_of(answer)
    assert "Relapse warning" in page
    assert "The patient's own level since the course is 6, give or take 2 points." in page
    assert "14 6.1 2.1 77 %" in page
    assert "15 5.8 1.8 96 % warning" in page
    assert "A dashed line leads from the own level of 6 to 1" in answer.text
    assert answer.text.count("<polyline") == 2
    assert "Relapse warning" not in text_of(browser.get(f"/episodes/{ward.episode.pk}/outcomes?form=gad7"))


def test_question_of_yes_or_no_is_answered_in_words(as_, cast):
    episode = an_episode(cast, at="selection")
    page = as_("idris").get(f"/episodes/{episode.pk}/outcomes?form=cssrs_screen")
    assert "Item 1: wish to be dead No Yes Not answered" in text_of(page)
    typed = {"occasion": "baseline", **day(today(), "completed_on"), "scale": "0", "seen": str(episode.revision)}
    answers = {"item_1": "1", "item_2": "0", "item_3": "none", "item_4": "none", "item_5": "none"}
    posted = as_("idris").post(f"/episodes/{episode.pk}/outcomes/cssrs_screen/scores", {**typed, **answers})
    assert posted.status_code == 302
    assert (Score.objects.get().total, Score.objects.get().scale) == (1, 0)
    empty = text_of(as_("idris").post(f"/episodes/{episode.pk}/outcomes/cssrs_screen/scores", {}))
    assert "Item 1: wish to be dead: choose No or Yes, or not answered." in empty
    assert "Suicidal behaviour: choose None, More than 3 months ago or In the last 3 months, or not answered." in empty
    assert "a wish to be dead" in Task.objects.get().says


def test_course_is_shown_in_words_with_its_lines_and_its_treatment_days(as_, cast):
    ward, _ = a_course_with(cast, 20, 9)
    page = text_of(as_("maya").get(f"/episodes/{ward.episode.pk}/outcomes"))
    assert "Response, by the score of" in page
    assert "11 points lower: better, beyond measurement error" in page
    assert "Response, 55 % below baseline" in page
    assert "remission, below 5" in page
    assert "Reliable change: 6 points" in page
    assert "Treatment days" in page


def test_scale_without_a_figure_says_so(as_, cast):
    episode = an_episode(cast, at="selection")
    page = text_of(as_("maya").get(f"/episodes/{episode.pk}/outcomes?form=qids_sr16"))
    assert "For the QIDS-SR16 no figure for reliable change is known" in page


def test_psychiatrist_decides_on_the_page_whether_a_course_goes_on(as_, cast):
    ward, _ = a_course_with(cast, 20, 19, sessions=3)
    address = f"/episodes/{ward.episode.pk}/outcomes"
    assert "A psychiatrist decides whether the course goes on." in text_of(as_("maya").get(address))
    browser = as_("idris")
    assert "Stop or go on" in text_of(browser.get(address))
    assert "Give the reason" in text_of(browser.post(f"{address}/course", {"decision": "stop", "reason": ""}))
    ward.episode.refresh_from_db()
    typed = {"decision": "continue", "reason": "Sleeps better", "seen": str(ward.episode.revision)}
    assert browser.post(f"{address}/course", typed).status_code == 302
    page = text_of(browser.get(address))
    assert "Go on with the course after 3 sessions of plan 1: Sleeps better" in page
    assert "outcomes-1 and trajectory-1" in page
    assert "Stop or go on" not in page


def a_course_with(cast, before, after, sessions=1):
    """Sessions that were held a week apart, with a PHQ-9 before and one after them."""
    ward = a_ward(NOON - timedelta(weeks=5))
    for number in range(1, sessions + 1):
        session = ward.running(ward.now + timedelta(weeks=number - 1)) if number == 1 else None
        if session is not None:
            ended = {"phase": "left", "ended_at": ward.now + timedelta(hours=2)}
            TreatmentSession.objects.filter(pk=session.pk).update(**ended)
            continue
        at = ward.now + timedelta(weeks=number - 1)
        date = Appointment.objects.create(
            plan=ward.plan, number=number, bay=ward.bay, starts_at=at, ends_at=at + timedelta(hours=2),
            booked_by=ward.nurse, booked_at=ward.now,
        )  # fmt: skip
        TreatmentSession.objects.create(
            episode=ward.episode, plan=ward.plan, appointment=date, bay=ward.bay, number=number, opened_at=at,
            opened_by=ward.nurse, phase="left", ended_at=at + timedelta(hours=2),
        )  # fmt: skip
    record_score(ward.episode, phq9(before), "baseline", ward.now.date(), by=ward.nurse, at=NOON)
    day = (ward.now + timedelta(weeks=sessions)).date()
    return ward, record_score(ward.episode, phq9(after), "after_course", day, by=ward.nurse, at=NOON)
