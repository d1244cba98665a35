"""The number of questions a page asks the database does not grow with the clinic."""

from datetime import UTC, date, datetime, timedelta

import pytest

from glimmer.actions import followup, outcomes
from glimmer.records.models import Episode, InboundMessage, Patient
from tests.support.cast import Cast, an_episode, phq9_items
from tests.support.reading import next_monday, today

MANY = 400
# Two of each page's queries find the session cookie and the person.
HOME, SEARCH, QUARANTINE, CALENDAR = 7, 5, 4, 4
JOURNEY = 18


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
    with django_assert_num_queries(queries):
        assert "Number" in browser.get(path).content.decode()
    Episode.objects.all().delete()
    Patient.objects.all().delete()
    an_episode(cast, at="referral")
    with django_assert_num_queries(queries):
        browser.get(path)


def test_calendar_asks_the_same_for_a_full_week(as_, cast, django_assert_num_queries):
    browser = as_("maya")
    for patient in range(3):
        with django_assert_num_queries(CALENDAR):
            browser.get(f"/calendar?week={next_monday().isoformat()}")
        an_episode(cast, at="session", patient=patient, first_day=next_monday())


def test_quarantine_asks_the_same_for_many_messages(as_, cast, django_assert_num_queries):
    browser = as_("maya")
    for size in (1, 120):
        InboundMessage.objects.bulk_create(
            InboundMessage(
                sender="MON", control_id=f"{size}-{number}", fingerprint=f"{size}-{number}", kind="ORU^R01",
                status="quarantined", reason="Unknown patient.", received_at=datetime.now(UTC), raw=b"MSH|",
            )
            for number in range(size)
        )  # fmt: skip
        with django_assert_num_queries(QUARANTINE):
            browser.get("/quarantine")


def test_journey_asks_the_same_for_a_long_history(as_, cast, django_assert_num_queries):
    episode = an_episode(cast, at="session", first_day=next_monday())
    browser = as_("maya")
    with django_assert_num_queries(JOURNEY):
        browser.get(f"/episodes/{episode.pk}")
    for number in range(1, 6):
        outcomes.record_score(episode, phq9_items(12, 1), "follow_up", today(), by=cast.maya)
        followup.write_letter(episode, "course_summary", note=f"Letter {number}", by=cast.bea)
    with django_assert_num_queries(JOURNEY):
        assert browser.get(f"/episodes/{episode.pk}").content.decode().count("Letter written") == 5
