"""The plan page and the calendar: doses by both weights, the order, the second prescriber, dates."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from glimmer.actions import plan
from glimmer.records.models import Appointment, Episode, Plan
from tests.support.cast import Cast, an_episode, an_order, bay, first_appointment
from tests.support.reading import day, next_monday, text_of


def typed_order(**changes: Any) -> dict[str, Any]:
    typed = {
        "protocol_id": "iv-racemic-standard",
        "weight_kg": "70",
        "height_cm": "170",
        "basis": "actual",
        "oxygen_scale": "1",
        "pregnancy_possible": "no",
        "do": "prescribe",
    }
    return {**typed, **changes}


def test_preview_shows_both_weights_and_chooses_none(as_, cast):
    episode = an_episode(cast, at="plan", patient=1)
    preview = {"do": "preview", "protocol_id": "iv-racemic-standard", "weight_kg": "110", "height_cm": "170"}
    response = as_("idris").post(f"/episodes/{episode.pk}/plan/prescribe", {**preview, "seen": episode.revision})
    page = text_of(response)
    # Devine for a man of 170 cm: 50 + 2.3 x (170 / 2.54 - 60) = 65.9 kg; half a milligram per kg of each.
    assert response.status_code == 200
    assert "110 kg 55 mg" in page
    assert "65.9 kg 33 mg" in page
    assert "Body mass index 38.1" in page
    assert 'value="actual" checked' not in response.content.decode()
    assert not Plan.objects.exists()


def test_plan_is_prescribed_from_the_weight(as_, cast):
    episode = an_episode(cast, at="plan")
    response = as_("idris").post(f"/episodes/{episode.pk}/plan/prescribe", typed_order(seen=episode.revision))
    assert response.status_code == 302
    assert (Plan.objects.get().dose_mg, Plan.objects.get().sessions) == (35, 6)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"protocol_id": ""}, "Choose the protocol."),
        ({"protocol_id": "moonshine"}, "Choose one of the answers shown."),
        ({"weight_kg": ""}, "Enter the weight in kilograms."),
        ({"weight_kg": "7"}, "The weight is 7 kg, but must lie between"),
        ({"height_cm": "1.70"}, "given to 1 decimal place"),
        ({"height_cm": "17"}, "The height is 17 cm, but must lie between"),
        ({"basis": ""}, "Choose the weight that the dose is worked out from"),
        ({"oxygen_scale": ""}, "Choose the oxygen scale"),
        ({"pregnancy_possible": ""}, "Choose whether the patient could be or become pregnant."),
        ({"mg_per_kg": "0.4"}, "Give the reason."),
        ({"mg_per_kg": "1.2", "reason": "asked for"}, "Choose a lower dose."),
        ({"minutes": "20", "reason": "asked for"}, "Choose a longer time."),
        ({"sessions": "99", "reason": "asked for"}, "can be planned at once"),
    ],
)
def test_wrong_order_is_refused_in_words_and_kept(as_, cast, change, says):
    episode = an_episode(cast, at="plan")
    response = as_("idris").post(f"/episodes/{episode.pk}/plan/prescribe", typed_order(seen=episode.revision, **change))
    assert response.status_code == 422
    assert says in text_of(response)
    assert 'value="no" checked' in response.content.decode() or "pregnancy_possible" in change
    assert not Plan.objects.exists()


def test_high_dose_waits_for_a_second_prescriber(as_, cast):
    episode = an_episode(cast, at="plan")
    order = typed_order(mg_per_kg="0.8", reason="Little change on 0.5", seen=episode.revision)
    as_("idris").post(f"/episodes/{episode.pk}/plan/prescribe", order)
    prescribed = Plan.objects.get()
    page = text_of(as_("bea").get(f"/episodes/{episode.pk}/plan"))
    assert "Wanted: the dose needs one" in page
    assert "Book the course" not in page
    episode.refresh_from_db()
    own = as_("idris").post(f"/plans/{prescribed.pk}/countersign", {"seen": episode.revision})
    assert "Another prescriber has to agree" in text_of(own)
    assert as_("una").post(f"/plans/{prescribed.pk}/countersign", {"seen": episode.revision}).status_code == 302


def prescribed(cast: Cast, patient: int = 0) -> tuple[Episode, Plan]:
    episode = an_episode(cast, at="plan", patient=patient)
    found = plan.prescribe_plan(episode, an_order(), by=cast.idris)
    episode.refresh_from_db()
    return episode, found


def test_course_is_booked_and_stands_in_the_calendar(as_, cast):
    episode, found = prescribed(cast)
    place = bay()
    typed = {**day(next_monday(), "first_day"), "at_time": "10:00", "bay": str(place.pk), "seen": episode.revision}
    assert as_("bea").post(f"/plans/{found.pk}/book", typed).status_code == 302
    assert Appointment.objects.count() == 6
    page = text_of(as_("bea").get(f"/calendar?week={next_monday().isoformat()}"))
    assert "10:00" in page
    assert "SAMPLE, Amina" in page


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"first_day-year": "1999"}, "This day has passed."),
        ({"at_time": "25:00"}, "24-hour clock"),
        ({"at_time": ""}, "Enter the time of day"),
        ({"bay": ""}, "Choose a bay."),
        ({"bay": "999"}, "Choose one of the answers shown."),
        ({"first_day-day": "x"}, "must be a real date"),
    ],
)
def test_wrong_booking_is_refused_in_words(as_, cast, change, says):
    episode, found = prescribed(cast)
    typed = {**day(next_monday(), "first_day"), "at_time": "10:00", "bay": str(bay().pk), "seen": episode.revision}
    response = as_("bea").post(f"/plans/{found.pk}/book", {**typed, **change})
    assert response.status_code == 422
    assert says in text_of(response)
    assert not Appointment.objects.exists()


def test_bay_that_is_taken_is_refused_by_day(as_, cast):
    place = bay()
    for patient in (0, 1):
        episode, found = prescribed(cast, patient)
        typed = {**day(next_monday(), "first_day"), "at_time": "10:00", "bay": str(place.pk), "seen": episode.revision}
        response = as_("bea").post(f"/plans/{found.pk}/book", typed)
    assert response.status_code == 422
    assert "Bay 1 is not free at that time on" in text_of(response)
    assert Appointment.objects.count() == 6


def test_date_is_moved_cancelled_and_given_anew(as_, cast):
    episode = an_episode(cast, at="session", first_day=next_monday())
    date_ = first_appointment(episode)
    browser = as_("bea")
    moved = {**day(next_monday() + timedelta(days=1), "day"), "starts_at": "11:30", "bay": str(date_.bay_id)}
    assert browser.post(f"/appointments/{date_.pk}/move", {**moved, "seen": episode.revision}).status_code == 302
    episode.refresh_from_db()
    date_.refresh_from_db()
    assert f"{timezone.localtime(date_.starts_at):%H:%M}" == "11:30"
    empty = browser.post(f"/appointments/{date_.pk}/cancel", {"reason": "", "seen": episode.revision})
    assert "Give the reason for cancelling." in text_of(empty)
    reason = {"reason": "Patient has a cold", "whose": "patient", "seen": episode.revision}
    assert browser.post(f"/appointments/{date_.pk}/cancel", reason).status_code == 302
    episode.refresh_from_db()
    assert "Without a date: session 1. Find dates for it" in text_of(browser.get(f"/episodes/{episode.pk}/plan"))
    again = {**moved, "number": "1", "seen": episode.revision}
    assert browser.post(f"/plans/{date_.plan_id}/book-one", again).status_code == 302
    assert "Patient has a cold" in text_of(browser.get(f"/episodes/{episode.pk}"))


def test_session_of_another_day_is_not_opened(as_, cast):
    episode = an_episode(cast, at="session", first_day=next_monday())
    response = as_("maya").post(f"/appointments/{first_appointment(episode).pk}/open", {"seen": episode.revision})
    assert response.status_code == 422
    assert not episode.sessions.exists()


def test_session_of_today_is_opened_once_however_often_it_is_pressed(as_, cast):
    episode = an_episode(cast, at="session")
    browser = as_("maya")
    path = f"/appointments/{first_appointment(episode).pk}/open"
    first, second = browser.post(path), browser.post(path)
    session = episode.sessions.get()
    assert first["Location"] == second["Location"] == f"/sessions/{session.pk}"


def test_manager_sees_that_a_bay_is_booked_but_not_for_whom(as_, cast):
    an_episode(cast, at="session", first_day=next_monday())
    page = text_of(as_("gil").get(f"/calendar?week={next_monday().isoformat()}"))
    assert "Booked" in page
    assert "SAMPLE" not in page


@pytest.mark.parametrize("week", ["", "nonsense", "0001-01-01", "9999-12-31", "2026-02-30"])
def test_calendar_opens_for_any_week_that_is_asked(as_, cast, week):
    bay()
    assert as_("bea").get("/calendar", {"week": week}).status_code == 200
