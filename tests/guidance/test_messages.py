"""The words that leave the clinic: the same in both languages, and never about health or a person."""

import re

import pytest

from glimmer.guidance import GuidanceError
from glimmer.guidance.messages import LANGUAGES, _check, message, messages, placeholders

# Whoever sees a phone on a table must not learn what its owner is treated for, or that they are.
TELLING = re.compile(
    r"ketamine|cetamin|depress|iselder|infusion|trwyth|session|sesiwn|dose|score|sg[oô]r|questionnaire|holiadur|mood|"
    r"hwyliau|suicid|hunanladd|treatment|triniaeth|mental|meddwl|nhs number|rhif gig|psychiatr|seiciatr|therap|PHQ",
    re.IGNORECASE,
)
FIELDS = {"clinic", "link", "until", "when", "telephone", "reference"}
# GSM 03.38: one text message holds 160 signs, and of several joined ones each 153. Beyond three nobody sends.
LONGEST_TEXT = 3 * 153


@pytest.mark.parametrize("row", messages().rows, ids=lambda row: row.id)
def test_languages_name_the_same_fields_and_nothing_that_tells(row):
    assert set(row.fields) <= FIELDS
    for part in ("subject", "words", "short"):
        english, welsh = row.en[part], row.cy[part]
        assert placeholders(english) == placeholders(welsh)
        assert english != welsh
        assert not TELLING.search(english + welsh)
    for language in LANGUAGES:
        said = row.filled(language, dict.fromkeys(row.fields, "a word of forty signs and not one of them less"))
        assert "{" not in "".join(said.values())
        assert len(said["short"]) <= LONGEST_TEXT


def test_every_field_of_a_message_is_used_in_its_words():
    for row in messages().rows:
        assert placeholders(row.en["words"]) == set(row.fields), row.id


def test_unknown_message_is_none():
    assert message("newsletter") is None


def test_message_with_a_field_that_it_does_not_name_is_refused():
    row = message("letter_ready")
    with pytest.raises(GuidanceError, match="birth_date"):
        _check(row, "en", {**row.en, "short": "Born {birth_date}"})
    with pytest.raises(GuidanceError, match="short"):
        _check(row, "en", {"subject": "A", "words": "B"})
