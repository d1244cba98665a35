"""Fields read what people really type, and say in words what cannot be right."""

from contextlib import suppress
from datetime import date, time
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from glimmer.vocabulary.problems import BadInput, ChangedMeanwhile, NotAllowed, RuleRefused
from glimmer.web.forms import Choice, Day, Form, Number, Text, TimeOfDay, attempt

BOTH = ["No syringe.", "No consent."]


class Sample(Form):
    words = Text("Words", missing="Enter some words.", max_length=10)
    answer = Choice("Answer", [("yes", "Yes"), ("no", "No")], missing="Choose an answer.")
    day = Day("Day", missing="Enter the day.")
    weight = Number("Weight", unit="kg", least=30, most=250, decimals=1)
    start = TimeOfDay("Start")


def posted(**fields: str) -> Sample:
    typed = {"words": "abc", "answer": "yes", "day-day": "27", "day-month": "3", "day-year": "1981", "seen": "4"}
    return Sample({**typed, **fields})


def complaint(form: Sample, field: str) -> str:
    return " ".join(str(error) for error in form.errors.get(field, []))


def test_form_reads_what_was_typed():
    form = posted(weight="72,5", start="9.30")
    assert form.is_valid(), form.errors
    read = form.cleaned_data
    assert (read["words"], read["answer"], read["day"]) == ("abc", "yes", date(1981, 3, 27))
    assert (read["weight"], read["start"], read["seen"]) == (Decimal("72.5"), time(9, 30), 4)


@pytest.mark.parametrize("month", ["3", "03", "Mar", "march"])
def test_month_may_be_a_number_or_a_word(month):
    assert posted(**{"day-month": month}).is_valid()


def test_day_may_be_sent_as_one_iso_date():
    form = Sample({"words": "abc", "answer": "no", "day": "1981-03-27"})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["day"] == date(1981, 3, 27)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"day-day": ""}, "must include a day"),
        ({"day-month": "", "day-year": ""}, "must include a month and a year"),
        ({"day-day": "31", "day-month": "2"}, "no day 31 in month 2"),
        ({"day-day": "29", "day-month": "2", "day-year": "2026"}, "no day 29 in month 2 of 2026"),
        ({"day-year": "81"}, "four digits"),
        ({"day-day": "x"}, "real date"),
        ({"day-day": "٣"}, "real date"),
        ({"day-month": "0"}, "no day 27 in month 0"),
        ({"day-day": "", "day-month": "", "day-year": ""}, "Enter the day."),
    ],
)
def test_impossible_day_is_refused_in_words(typed, says):
    assert says in complaint(posted(**typed), "day")


def test_leap_day_of_a_leap_year_is_a_day():
    assert posted(**{"day-day": "29", "day-month": "2", "day-year": "2028"}).is_valid()


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("heavy", "must be a number, such as 72.5"),
        ("29.9", "30 kg or more"),
        ("250.1", "250 kg or less"),
        ("72.55", "1 decimal place"),
        ("1e2", "must be a number"),
        ("NaN", "must be a number"),
        ("９０", "must be a number"),
    ],
)
def test_number_that_cannot_be_right_is_refused_in_words(typed, says):
    assert says in complaint(posted(weight=typed), "weight")


@pytest.mark.parametrize("typed", ["24:00", "9:60", "half past nine", "123456"])
def test_time_that_no_clock_shows_is_refused(typed):
    assert "24-hour clock" in complaint(posted(start=typed), "start")


@pytest.mark.parametrize("typed", ["a\x00b", "a\x1bb", "a\ud800b"])
def test_invisible_characters_are_refused(typed):
    assert "cannot be stored" in complaint(posted(words=typed), "words")


def test_too_long_text_is_told_its_limit():
    assert complaint(posted(words="a" * 11), "words") == "Words must be 10 characters or fewer."


def test_choice_starts_with_nothing_chosen():
    component, params = Sample()["answer"].field.nhs(Sample()["answer"])
    assert component == "radios"
    assert params["value"] == ""


def test_choice_that_is_not_offered_is_refused():
    assert complaint(posted(answer="perhaps"), "answer") == "Choose one of the answers shown."


@pytest.mark.parametrize("typed", ["", "x", "-3", "99999999999", "1.5"])
def test_revision_left_out_or_spoilt_counts_as_older_than_any(typed):
    form = posted(seen=typed)
    assert form.is_valid()
    assert form.cleaned_data["seen"] == -1


def test_error_summary_leads_to_the_field():
    form = posted(words="")
    assert not form.is_valid()
    assert form.summary() == [{"text": "Enter some words.", "href": "#form-words"}]


def test_error_of_a_date_leads_to_its_first_input():
    form = posted(**{"day-day": ""})
    form.is_valid()
    _, params = form["day"].field.nhs(form["day"])
    assert form.summary()[0]["href"] == "#" + params["items"][0]["id"]


def refusing(problem: Exception):
    def act(_data):
        raise problem

    return act


def test_refusal_of_an_action_lands_at_its_field():
    form = posted()
    assert attempt(form, refusing(BadInput("Too few.", field="words"))) is False
    assert form.errors["words"] == ["Too few."]


def test_refusal_about_a_field_that_the_form_lacks_lands_at_the_top():
    form = posted()
    attempt(form, refusing(BadInput("No such thing.", field="elsewhere")))
    assert form.summary() == [{"text": "No such thing."}]


def test_refusal_of_a_rule_brings_its_reasons():
    form = posted()
    attempt(form, refusing(RuleRefused("Not yet.", reasons=["First this.", "Then that."])))
    assert [line["text"] for line in form.summary()] == ["Not yet.", "First this.", "Then that."]


@pytest.mark.parametrize(
    ("words", "reasons", "said"),
    [
        ("It cannot start. No syringe.", ["No syringe."], ["It cannot start. No syringe."]),
        ("It cannot start. No syringe. No consent.", ["No syringe.", "No consent."], ["It cannot start.", *BOTH]),
        ("No syringe. No consent.", ["No syringe.", "No consent."], BOTH),
        ("It cannot start.", ["No syringe."], ["It cannot start.", "No syringe."]),
    ],
)
def test_each_reason_of_a_refusal_is_said_once(words, reasons, said):
    form = posted()
    assert not attempt(form, refusing(RuleRefused(words, reasons=reasons)))
    assert [line["text"] for line in form.summary()] == said


def test_old_page_gets_the_present_revision_only_after_it_was_told():
    form = posted()
    form.shown_revision = 9
    assert form.revision == "4"
    attempt(form, refusing(ChangedMeanwhile("Look again.")))
    assert form.revision == 9


def test_missing_permission_is_left_to_the_gate():
    with pytest.raises(NotAllowed):
        attempt(posted(), refusing(NotAllowed("No.")))


@given(st.text(max_size=40))
def test_any_text_in_any_field_gives_a_value_or_a_complaint(typed):
    for field in (Sample.base_fields[name] for name in ("words", "answer", "weight", "start")):
        with suppress(ValidationError):  # any other exception fails the test
            field.clean(typed)


@given(st.text(max_size=8), st.text(max_size=8), st.text(max_size=8))
def test_any_three_texts_give_a_day_or_a_complaint(day, month, year):
    form = posted(**{"day-day": day, "day-month": month, "day-year": year})
    assert form.is_valid() or complaint(form, "day")
