"""What may stand in a message that leaves the clinic."""

from datetime import date

import pytest

from glimmer.care.messages import Identity, identifies_nobody

WILL = Identity("Will", "O'Hara-Jones", date(1984, 5, 3), "9990000018", "G000001")


def test_message_with_times_and_numbers_of_the_clinic_identifies_nobody():
    words = "You will have an appointment on Tuesday 1 December, 09:30. Will you come? Call 01632 960001."
    assert identifies_nobody({"when": "Tuesday 1 December, 09:30", "telephone": "01632 960001"}, words, WILL).allowed


@pytest.mark.parametrize(
    ("given", "family"),
    [
        ("May", "Sample"),
        ("June", "Sample"),
        ("April", "March"),
        ("Mai", "Sample"),
        ("Dawn", "Hill"),
        ("Mawrth", "Tuesday"),
    ],
)
def test_month_day_or_clinic_called_as_the_patient_is_stops_no_message(given, family):
    of = Identity(given, family, date(1984, 5, 3), "9990000018", "G000001")
    fields = {
        "clinic": "Hill Clinic", "when": "Tuesday 5 May, 09:30", "until": "dydd Mawrth 1 Mai, April, March, June 17:00",
        "telephone": "01632 960001",
    }  # fmt: skip
    assert identifies_nobody(fields, " ".join(fields.values()), of).allowed
    assert not identifies_nobody(fields, "Tuesday 3 May 1984, 09:30", of).allowed, (
        "the birth date is looked for all over"
    )


@pytest.mark.parametrize(
    ("fields", "composed"),
    [
        ({"reference": "Will's letter, will"}, "-"),
        ({"reference": "WILL 7"}, "-"),
        ({"reference": "o'hara-jones"}, "-"),
        ({}, "Number 999 000 0018."),
        ({}, "Number 9990000018."),
        ({}, "Number 999-000-0018."),
        ({}, "Hospital number g000001."),
        ({}, "Born 3 May 1984."),
        ({}, "Born 03/05/1984."),
        ({}, "Born 3.5.1984."),
        ({}, "Born 1984-05-03."),
    ],
)
def test_message_that_tells_whom_it_is_about_is_refused_with_its_reason(fields, composed):
    assert len(identifies_nobody(fields, composed, WILL).reasons) == 1


def test_name_with_accents_is_found_without_them():
    zoe = Identity("Zoë", "Sample", date(1990, 1, 1), "9990000026", "")
    assert not identifies_nobody({"reference": "Zoe"}, "-", zoe).allowed


def test_digits_that_only_stand_near_each_other_are_no_number_of_the_patient():
    assert identifies_nobody({}, "Call 01632 960001 on 1 December at 09:30.", WILL).allowed
