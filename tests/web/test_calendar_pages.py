"""The pages of opening, rota and slot search: entered, corrected, booked in one press."""

import re
from datetime import date, time, timedelta
from html import unescape

import pytest
from django.urls import reverse

from glimmer.actions import plan
from glimmer.actions.absence import record_non_attendance
from glimmer.actions.psychotherapy import TherapyDetails, plan_therapy
from glimmer.actions.rota import add_shifts
from glimmer.records.house import moment_of
from glimmer.records.models import Appointment, BayClosure, OpeningWeek, OtherDay, PatientLimits, Shift, StaffSkill
from glimmer.records.waiting import PlanningRun
from tests.support.cast import an_episode, an_order, bay
from tests.support.reading import next_monday, today

pytestmark = pytest.mark.django_db


def day(name, value):
    return {f"{name}-day": value.day, f"{name}-month": value.month, f"{name}-year": value.year}


def words(response):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def test_hours_days_and_bays_are_entered_shown_and_taken_back(as_):
    gil, place, monday = as_("gil"), bay(), next_monday()
    assert "No hours have been entered" in words(gil.get("/calendar/opening"))
    hours = {f"{end}_{n}": at for n in range(5) for end, at in (("opens", "08:30"), ("closes", "17:30"))}
    assert gil.post("/calendar/opening/hours", {**day("from_day", date(2026, 1, 1)), **hours}).status_code == 302
    assert OpeningWeek.objects.get().hours["4"] == ["08:30", "17:30"]
    closed = {**day("day", monday), "how": "closed", "why": "Audit day"}
    assert gil.post("/calendar/opening/days", closed).status_code == 302
    shut = {"bay": place.pk, **day("first_day", monday), **day("last_day", monday), "why": "New floor"}
    assert gil.post("/calendar/opening/bays", shut).status_code == 302
    page = words(gil.get("/calendar/opening"))
    assert "Monday 08:30 to 17:30" in page
    assert "Closed Audit day None" in page
    assert "New floor None" in page
    assert "Closed: Audit day" in words(as_("maya").get(f"/calendar?week={monday.isoformat()}"))
    gil.post(reverse("opening_day_withdraw", args=[OtherDay.objects.get().pk]))
    gil.post(reverse("bay_reopen", args=[BayClosure.objects.get().pk]))
    assert "Audit day" not in words(gil.get("/calendar/opening"))


def test_half_a_day_of_hours_and_an_open_day_without_hours_are_asked_for(as_):
    gil = as_("gil")
    half = gil.post("/calendar/opening/hours", {**day("from_day", date(2026, 1, 1)), "opens_2": "09:00"})
    assert half.status_code == 422
    assert "Wednesday: enter both times" in words(half)
    open_day = {**day("day", next_monday()), "how": "open", "why": "Catching up"}
    assert "when the clinic opens and closes" in words(gil.post("/calendar/opening/days", open_day))


def test_rota_week_shows_who_is_on_duty_and_what_is_lacking(as_, cast):
    gil, monday = as_("gil"), next_monday()
    an_episode(cast, at="session", first_day=monday)
    entry = {"staff": cast.maya.pk, **day("day", monday), "starts_at": "08:00", "ends_at": "18:00", "weeks": "2"}
    assert gil.post("/calendar/rota/add", entry).status_code == 302
    page = words(gil.get(f"/calendar/rota?week={monday.isoformat()}"))
    assert "Maya Okafor nurse 08:00" in page
    assert "No doctor and nobody with advanced life support on site (from 10:00)" in page
    assert "Sample" not in page
    skill = {"staff": cast.maya.pk, "skill": "advanced_life_support"}
    assert gil.post("/calendar/skills", skill).status_code == 302
    assert "No doctor" not in words(gil.get(f"/calendar/rota?week={monday.isoformat()}"))
    twice = gil.post("/calendar/rota/add", entry)
    assert twice.status_code == 422
    assert "is on duty already" in words(twice)
    gil.post(reverse("skill_end", args=[StaffSkill.objects.get().pk]))
    first = Shift.objects.earliest("starts_at")
    moved = {**day("day", monday), "starts_at": "09:00", "ends_at": "17:00"}
    assert gil.post(reverse("shift_move", args=[first.pk]), moved).status_code == 302
    assert "09:00 to 17:00" in words(gil.get(reverse("shift", args=[first.pk])))
    assert gil.post(reverse("shift_cancel", args=[first.pk])).status_code == 302
    assert "Taken off the rota" in words(gil.get(reverse("shift", args=[first.pk])))


@pytest.fixture
def prescribed(cast):
    for number in (1, 2, 3, 4):
        bay(number)
    return plan.prescribe_plan(an_episode(cast, at="plan"), an_order(), by=cast.idris)


def test_ways_are_shown_and_one_is_booked_in_one_press(as_, prescribed):
    bea, monday = as_("bea"), next_monday()
    assert (
        reverse("slots", args=[prescribed.pk])
        in as_("bea").get(f"/episodes/{prescribed.episode_id}/plan").content.decode()
    )
    address = (
        f"{reverse('slots', args=[prescribed.pk])}?{'&'.join(f'{k}={v}' for k, v in day('first_day', monday).items())}"
    )
    page = bea.get(address)
    assert "Same weekdays, time and bay" in words(page)
    dates = re.findall(r'name="dates" value="([^"]+)"', page.content.decode())[0]
    seen = re.findall(r'name="seen" value="(\d+)"', page.content.decode())[0]
    booked = bea.post(reverse("slots_book", args=[prescribed.pk]), {"dates": dates, "seen": seen})
    assert booked.status_code == 302
    assert Appointment.objects.filter(plan=prescribed).count() == prescribed.sessions
    assert "Every session of the plan has a date" in words(bea.get(address))


def test_limits_are_entered_and_kept_and_nonsense_dates_are_refused_in_words(as_, prescribed):
    bea = as_("bea")
    seen = re.findall(r'name="seen" value="(\d+)"', bea.get(reverse("slots", args=[prescribed.pk])).content.decode())[0]
    entry = {"not_weekdays": ["0", "1", "2", "3", "4"], "needs_escort": "yes", "travel": "Bus 50 min", "seen": seen}
    assert bea.post(reverse("limits", args=[prescribed.pk]), entry).status_code == 302
    assert PatientLimits.objects.get().needs_escort
    page = words(bea.get(reverse("slots", args=[prescribed.pk])))
    assert "Nothing fits" in page
    assert "a day on which the patient cannot come" in page
    assert "What nearly fits" in page
    wrong = bea.post(reverse("slots_book", args=[prescribed.pk]), {"dates": "1@2026-02-30T09:00@1", "seen": seen})
    assert wrong.status_code in (409, 422)


def test_past_day_is_not_searched(as_, prescribed):
    past = day("first_day", next_monday() - timedelta(days=60))
    page = as_("bea").get(reverse("slots", args=[prescribed.pk]), past)
    assert "This day has passed" in words(page)


def test_appointment_says_what_stands_against_it_since_the_rota_changed(as_, cast):
    monday = next_monday()
    episode = an_episode(cast, at="session", first_day=monday)
    add_shifts(cast.maya, monday, *_times(), by=cast.gil)
    first = Appointment.objects.filter(plan__episode=episode).earliest("starts_at")
    assert "Not enough staff" in words(as_("maya").get(reverse("appointment", args=[first.pk])))


def _times():
    return time(8), time(18)


def test_waiting_list_priority_refill_and_absence_on_the_pages(as_, cast, prescribed):
    monday = next_monday()
    other = an_episode(cast, at="session", first_day=monday, patient=1)
    slot = Appointment.objects.filter(plan__episode=other).earliest("starts_at")
    bea, maya = as_("bea"), as_("maya")
    page = words(bea.get("/calendar/waiting"))
    assert "SAMPLE, Amina Not set : priority of SAMPLE, Amina" in page
    assert "Bertram" not in page
    revision = prescribed.episode.__class__.objects.get(pk=prescribed.episode_id).revision
    entry = {"priority": "urgent", "reason": "Two admissions", "seen": revision}
    assert maya.post(reverse("priority_set", args=[prescribed.episode_id]), entry).status_code == 302
    assert "Urgent, Maya Okafor" in words(bea.get(reverse("priority", args=[prescribed.episode_id])))
    other.refresh_from_db()
    cancel = {"whose": "patient", "reason": "Cold", "seen": other.revision}
    answer = bea.post(reverse("appointment_cancel", args=[slot.pk]), cancel)
    assert answer.url == reverse("refill", args=[slot.pk])
    refill = bea.get(answer.url)
    assert "Urgent, waits" in words(refill)
    form = refill.content.decode().split("<form")[-2]
    data = dict(re.findall(r'name="(seen|dates)" value="([^"]+)"', form))
    assert bea.post(reverse("slots_book", args=[prescribed.pk]), data).status_code == 302
    taken = Appointment.objects.get(plan=prescribed)
    assert (taken.starts_at, taken.bay_id, taken.number) == (slot.starts_at, slot.bay_id, 1)
    assert "This time is not free" not in words(bea.get(answer.url))


def test_absence_that_was_entered_in_error_is_taken_back_on_the_page_of_its_date(as_, cast):
    episode = an_episode(cast, at="session", first_day=today())
    slot = Appointment.objects.filter(plan__episode=episode).earliest("starts_at")
    Appointment.objects.filter(pk=slot.pk).update(
        starts_at=slot.starts_at - timedelta(days=1), ends_at=slot.ends_at - timedelta(days=1)
    )
    slot.refresh_from_db()
    record_non_attendance(slot, "Nobody answered.", by=cast.bea)
    bea, address = as_("bea"), reverse("appointment", args=[slot.pk])
    page = words(bea.get(address))
    assert "Did not attend: Nobody answered." in page
    assert "This was entered in error" in page
    assert "This was entered in error" not in words(as_("tomos").get(address))
    episode.refresh_from_db()
    take_back = reverse("absence_withdraw", args=[slot.pk])
    assert bea.post(take_back, {"seen": episode.revision - 1}).status_code == 409
    assert bea.post(take_back, {"seen": episode.revision}).url == address
    page = words(bea.get(address))
    assert "Did not attend" not in page
    assert "Give the session a new date" in page
    episode.refresh_from_db()
    assert "Nothing is entered" in words(bea.post(take_back, {"seen": episode.revision}))


def test_calendar_week_lists_the_talks_and_names_nobody(as_, cast):
    episode = an_episode(cast, at="session", first_day=next_monday())
    starts = moment_of(next_monday() + timedelta(days=1), time(11))
    plan_therapy(episode, TherapyDetails("integration", True, cast.tomos, starts, "Room 2"), by=cast.bea)
    week = f"/calendar?week={next_monday().isoformat()}"
    page = words(as_("tomos").get(week))
    assert "11:00–12:00 Integration, group Tomos" in page
    # The manager sees bays and times, and no talks, whose pages are about patients.
    assert "Integration" not in words(as_("gil").get(week))


def test_month_is_planned_on_the_page_and_accepted_with_one_press(as_, prescribed):
    bea = as_("bea")
    # From tomorrow: of today some times have passed.
    tomorrow, shown = today() + timedelta(days=1), bea.get("/calendar/planning").content.decode()
    assert re.search(rf'name="first_day-day"[^>]*value="{tomorrow.day}"', shown)
    assert bea.post("/calendar/planning/make", day("first_day", next_monday())).status_code == 302
    page = words(bea.get("/calendar/planning"))
    assert "6 of 6 sessions have a date" in page
    assert "First come, first served would give 6" in page
    assert not Appointment.objects.exists()
    read = {"run": str(PlanningRun.objects.get().pk)}
    assert "Choose at least one date" in words(bea.post("/calendar/planning/accept", {"do": "chosen", **read}))
    # A colleague makes another proposal meanwhile: nobody has read that one here, so nothing of it is booked.
    assert as_("idris").post("/calendar/planning/make", day("first_day", next_monday())).status_code == 302
    for stale in (read, {}):
        refused = words(bea.post("/calendar/planning/accept", {"do": "all", **stale}))
        assert "A newer proposal was made since you opened this page" in refused
    assert not Appointment.objects.exists()
    newest = re.search(r'name="run" value="(\d+)"', bea.get("/calendar/planning").content.decode())
    assert newest is not None
    assert bea.post("/calendar/planning/accept", {"do": "all", "run": newest[1]}).status_code == 302
    assert Appointment.objects.filter(plan=prescribed).count() == 6
    assert "Booked." in words(bea.get("/calendar/planning"))
