"""The number of questions a page asks the database does not grow with the clinic."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from glimmer.actions import followup, outcomes
from glimmer.actions.readings import MessageFacts, chart_messages
from glimmer.records.models import Episode, Patient
from tests.support.cast import Cast, an_episode, phq9
from tests.support.reading import next_monday, today

MANY = 400
# Three of each page's queries find the session cookie, the person, and which functions are on.
# Four enter into the audit who looked: the transaction begins, the newest line is read, one is added, it is committed.
HOME, SEARCH, QUARANTINE, CALENDAR, LINE = 14, 10, 6, 14, 4
JOURNEY = 35


def with_line(queries: int) -> int:
    """Return the queries of a page with a line in the audit: on PostgreSQL its writers take turns by one more."""
    return queries + (connection.vendor == "postgresql")


@pytest.fixture
def crowd(cast: Cast) -> None:
    """Many patients whose referrals wait for triage."""
    now = datetime.now(UTC)
    patients = Patient.objects.bulk_create(
        Patient(
            nhs_number=f"{8_000_000_000 + number}",
            local_number=f"C{number:06d}",
            family_name=f"Sample{number % 7}",
            given_name=f"Number{number}",
            birth_date=date(1950, 1, 1) + timedelta(days=number),
            sex="unknown",
            created_at=now,
        )
        for number in range(MANY)
    )
    Episode.objects.bulk_create(
        Episode(patient=patient, opened_at=now, updated_at=now, state="Ready for triage", waiting_on="nurse")
        for patient in patients
    )


@pytest.mark.parametrize(
    ("path", "queries"),
    [("/", HOME), ("/?for=all&page=3", HOME), ("/patients", SEARCH), ("/patients?words=sample&page=2", SEARCH)],
)
def test_lists_ask_the_same_whether_the_clinic_is_small_or_large(
    as_, cast, django_assert_num_queries, crowd, path, queries
):
    browser = as_("maya")
    with django_assert_num_queries(with_line(queries)):
        assert "Number" in browser.get(path).content.decode()
    Episode.objects.all().delete()
    Patient.objects.all().delete()
    an_episode(cast, at="referral")
    with django_assert_num_queries(with_line(queries)):
        browser.get(path)


def test_calendar_asks_the_same_for_a_full_week(as_, cast, django_assert_num_queries):
    browser = as_("maya")
    for patient in range(3):
        # A week that names nobody is entered nowhere.
        with django_assert_num_queries(with_line(CALENDAR + LINE) if patient else CALENDAR):
            browser.get(f"/calendar?week={next_monday().isoformat()}")
        an_episode(cast, at="session", patient=patient, first_day=next_monday())


def test_quarantine_asks_the_same_for_many_messages(as_, cast, django_assert_num_queries):
    browser = as_("maya")
    for size in (1, 120):
        chart_messages(
            [
                MessageFacts(
                    "MON", f"{size}-{number}", f"{size}-{number}", "vitals", datetime.now(UTC), b"MSH|",
                    f"unknown-{number}", ((f"999000{number:04d}", "NHS", "NH"),),
                )
                for number in range(size)
            ]
        )  # fmt: skip
        with django_assert_num_queries(QUARANTINE):
            assert "unknown-0" in browser.get("/quarantine?page=9").content.decode()


def test_journey_asks_the_same_for_a_long_history(as_, cast, django_assert_num_queries):
    episode = an_episode(cast, at="session", first_day=next_monday())
    browser = as_("maya")
    with django_assert_num_queries(with_line(JOURNEY)):
        browser.get(f"/episodes/{episode.pk}")
    for number in range(1, 6):
        outcomes.record_score(episode, phq9(12, 1), "follow_up", today(), by=cast.maya)
        followup.write_letter(episode, "course_summary", note=f"Letter {number}", by=cast.bea)
    with django_assert_num_queries(with_line(JOURNEY)):
        assert browser.get(f"/episodes/{episode.pk}").content.decode().count("Letter written") == 5
