"""Calendar feeds: read with the secret alone, valid by another reader, right over the change of clocks, nameless."""

import re
from datetime import date, time, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from icalendar import Calendar

from glimmer.actions.booking import cancel_appointment
from glimmer.actions.feeds import FeedEntry, feed_of_secret, make_feed, revoke_feed
from glimmer.actions.rota import add_shifts
from glimmer.records.house import moment_of
from glimmer.records.models import Appointment, CalendarFeed
from glimmer.vocabulary.problems import NotAllowed
from glimmer.web.feeds import as_icalendar
from tests.support.cast import an_episode
from tests.support.reading import next_monday

pytestmark = pytest.mark.django_db


def read(secret):
    answer = Client().get(f"/calendar/feeds/{secret}.ics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/calendar")
    return answer.content, Calendar.from_ical(answer.content).walk("VEVENT")


def test_bays_feed_shows_sessions_without_a_name_and_marks_the_cancelled(cast):
    episode = an_episode(cast, at="session", first_day=next_monday())
    dates = list(Appointment.objects.filter(plan__episode=episode))
    cancel_appointment(dates[0], "Cold.", by=cast.bea)
    raw, events = read(make_feed(dates[0].bay, by=cast.gil))
    assert len(events) == len(dates)
    assert {str(event["summary"]) for event in events} == {"Session, Bay 1"}
    assert sorted(str(event["status"]) for event in events).count("CANCELLED") == 1
    assert events[1].decoded("dtstart") == dates[1].starts_at
    for told in (b"Sample", b"Amina", b"9990000018", b"Cold", b"etamine"):
        assert told not in raw


def test_own_feed_shows_ones_shifts_and_nobody_elses(cast):
    add_shifts(cast.maya, next_monday(), time(8), time(16), 2, by=cast.gil)
    add_shifts(cast.jo, next_monday(), time(8), time(16), by=cast.gil)
    _, events = read(make_feed(by=cast.maya))
    assert [str(event["summary"]) for event in events] == ["On duty", "On duty"]


def test_ten_o_clock_stays_ten_o_clock_on_both_sides_of_the_change_of_clocks():
    days = (date(2027, 3, 26), date(2027, 3, 29))
    entries = [
        FeedEntry(f"{day}", moment_of(day, time(10)), moment_of(day, time(12)), "Session", moment_of(day, time(9)))
        for day in days
    ]
    events = Calendar.from_ical(as_icalendar(entries, "Bay 1")).walk("VEVENT")
    read_again = [timezone.localtime(event.decoded("dtstart")) for event in events]
    assert [one.hour for one in read_again] == [10, 10]
    assert [event.decoded("dtstart").utcoffset() for event in events] == [timedelta(0), timedelta(0)]
    assert [event.decoded("dtstart").hour for event in events] == [10, 9]


def test_address_that_is_revoked_unknown_or_of_somebody_who_left_shows_nothing(cast):
    secret, other = make_feed(by=cast.maya), make_feed(by=cast.jo)
    with pytest.raises(NotAllowed):
        revoke_feed(CalendarFeed.objects.get(made_by=cast.maya), by=cast.jo)
    revoke_feed(CalendarFeed.objects.get(made_by=cast.maya), by=cast.gil)
    cast.jo.is_active = False
    cast.jo.save()
    for gone in (secret, other, "nobody-knows-this"):
        assert Client().get(f"/calendar/feeds/{gone}.ics").status_code == 401


def test_address_is_shown_once_and_only_its_digest_is_kept(as_, cast):
    made = as_("maya").post("/calendar/feeds/make", {"what": "own"}).content.decode()
    (secret,) = re.findall(r"/calendar/feeds/([\w-]+)\.ics", made)
    feed = CalendarFeed.objects.get()
    assert secret not in feed.digest
    assert feed_of_secret(secret) == feed
    page = as_("maya").get("/calendar/feeds").content.decode()
    assert secret not in page
    assert "Shifts of Maya Okafor" in page
    assert as_("jo").post(f"/calendar/feeds/{feed.pk}/revoke").status_code == 404
    assert as_("maya").post(f"/calendar/feeds/{feed.pk}/revoke").status_code == 302
    assert feed_of_secret(secret) is None
