"""What patients are told: easy to read, with the protocol's own figures, and no change without a new edition."""

import re
from dataclasses import replace

import pytest

from glimmer.guidance import GuidanceError, Told, information, information_for, protocol, protocol_versions, risks
from glimmer.guidance.told import spell_minutes, told_words
from tests.support.readable import grades, reading_age

STANDARD = protocol("iv-racemic-standard")
FREE = "The NHS pays for this treatment. It costs you nothing."
EVERY_PROTOCOL = pytest.mark.parametrize("one", protocol_versions(), ids=lambda one: f"{one.id}.v{one.version}")


def words_of(found):
    numbers = (risks()[name].says for point in found.points for name in point.risks)
    return " ".join([*(point.says for point in found.points), *numbers])


def point(found, name):
    return next(one for one in found.points if one.id == name)


@EVERY_PROTOCOL
def test_reading_age_is_eleven_at_most(one):
    # NHS content guidance: write for a reading age of 9 to 11.
    told = information_for(one, cost=FREE)
    assert reading_age(words_of(told)) <= 11
    assert grades(words_of(told))["Kincaid"] + 5 <= 11
    hard = {p.id: round(reading_age(p.says), 1) for p in told.points if reading_age(p.says) > 12.5}
    assert hard == {}, "Say it in shorter sentences and words."


def test_the_measure_calls_a_hard_text_hard():
    text = (
        "Pharmacological intervention with subanaesthetic intravenous ketamine necessitates continuous haemodynamic "
        "observation owing to predictable sympathomimetic cardiovascular stimulation."
    )
    assert reading_age(text) > 16


@EVERY_PROTOCOL
def test_every_treatment_is_told_with_its_alternatives_unknown_harm_cost_and_driving(one):
    told = information_for(one, cost=FREE)
    ids = {p.id for p in told.points}
    assert {"ect", "nothing", "bladder_and_dependence", "cost", "driving", "withdrawal", "relapse"} <= ids
    assert ids & {"off_label", "licence_spray"}
    assert ids & {"alternatives", "alternatives_spray"}
    assert not re.search(r"[{}]", words_of(told))


def test_the_patient_is_told_the_figures_of_the_protocol():
    told = information_for(STANDARD, cost=FREE)
    # 0.5 mg/kg over 40 minutes, six sessions (Singh 2016; Phillips 2019), an hour's stay (Oxford).
    assert "0.5 mg for each kilogram" in point(told, "nature").says
    assert "40 minutes" in point(told, "nature").says
    assert "6 sessions, every 3 to 4 days" in point(told, "course").says
    assert "every 10 minutes" in point(told, "watching").says
    assert "160 over 100 or more" in point(told, "watching").says
    assert "at least 1 hour afterwards" in point(told, "watching").says
    assert told.told == Told(mg_per_kg=0.5, minutes=40, sessions=6)


def test_a_plan_that_differs_is_told_as_it_is():
    told = information_for(STANDARD, told=Told(mg_per_kg=0.75, dose_mg=52.5, minutes=50, sessions=4))
    assert "52.5 mg in all, which is 0.75 mg for each kilogram" in point(told, "nature").says
    assert "50 minutes" in point(told, "nature").says
    assert "4 sessions" in point(told, "course").says
    assert told.digest != information_for(STANDARD).digest


def test_a_single_dose_has_no_gap_and_promises_nothing_about_a_course():
    one = information_for(STANDARD, told=Told(mg_per_kg=0.5, minutes=40, sessions=1))
    assert point(one, "course").says.startswith("We plan 1 session.")
    assert "most likely will not" not in point(one, "course").says
    assert "has not helped after 3 sessions" in point(information_for(STANDARD), "course").says
    upkeep = information_for(replace(STANDARD, title="IV racemic ketamine, maintenance"))
    assert "most likely will not" not in point(upkeep, "course").says


def test_a_typed_dose_is_told_in_milligrams():
    assert told_words(STANDARD, Told(dose_mg=35, minutes=40, sessions=6))["dose"] == "35 mg"


def test_a_treatment_that_no_point_describes_cannot_be_offered():
    with pytest.raises(GuidanceError, match="no point tells how"):
        information_for(replace(STANDARD, route="Rectal"))


def test_a_sentence_without_its_figure_is_refused_and_one_that_may_lack_is_left_out():
    with pytest.raises(GuidanceError, match="nature: protocol 'iv-racemic-standard' has no figure for 'minutes'"):
        information_for(STANDARD, told=Told(mg_per_kg=0.5, sessions=6))
    bare = replace(STANDARD, alarms=tuple(rule for rule in STANDARD.alarms if rule.phase != "before"))
    assert "We do not start" not in point(information_for(bare), "watching").says


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(None, ""), (0, ""), (1, "1 minute"), (60, "1 hour"), (90, "1 hour and 30 minutes"), (120, "2 hours")],
)
def test_a_time_is_spelt_out(minutes, words):
    assert spell_minutes(minutes) == words


# The published per cents, and how many of a hundred people they are: McInnes 2022, Rodrigues 2022, KetECT 2022.
@pytest.mark.parametrize(
    ("risk", "people"),
    [("better", 54), ("sleepy", 56), ("dizzy", 45), ("unreal", 36), ("sick", 13), ("relapse", 70), ("well_ect", 63)],
)
def test_a_per_cent_is_that_many_people_of_a_hundred(risk, people):
    assert risks()[risk].people == people
    assert risks()[risk].says.startswith(f"{people} in 100 people ")


def test_less_than_half_a_person_is_said_as_fewer_than_one():
    assert risks()["passed_out"].people == 0
    assert risks()["passed_out"].says.startswith("Fewer than 1 in 100 people ")


def test_a_trial_with_a_dummy_treatment_says_both_numbers():
    assert risks()["sick_spray"].says == "29 in 100 people felt sick. With a dummy treatment it was 11."


def test_side_effects_of_the_drip_are_told_only_where_they_were_counted_or_said_to_be_borrowed():
    drip = {name for p in information_for(STANDARD).points for name in p.risks}
    assert {"sleepy", "pressure"} <= drip
    assert not {name for name in drip if name.endswith("_spray")}
    jab = information_for(replace(STANDARD, route="Subcutaneous injection"))
    assert "numbers_borrowed" in {p.id for p in jab.points}
    spray = information_for(replace(STANDARD, route="Intranasal spray", drug="Esketamine"))
    assert "sleepy_spray" in {name for p in spray.points for name in p.risks}
    assert "off_label" not in {p.id for p in spray.points}


def test_no_word_or_number_changes_without_a_new_edition():
    in_force = information()
    newest = in_force.editions[-1]
    assert newest.digest == in_force.digest, (
        "What patients are told has changed. Add an [[editions]] row with a new version and this digest, and say "
        f"there whether consents lapse and why: {in_force.digest}"
    )
    assert newest.version == in_force.version


def test_each_edition_says_why_and_comes_after_the_one_before():
    editions = information().editions
    assert all(one.why for one in editions)
    assert [one.published_on for one in editions] == sorted(one.published_on for one in editions)
    assert len({one.version for one in editions}) == len(editions)
    assert all(one.news for one in editions[1:] if one.lapses), "Say what is new, for the patient to be told."


def test_the_editions_since_one_are_those_after_it_and_none_for_a_stranger():
    first, *later = information().editions
    assert list(information().since(first.version)) == later
    assert information().since(information().version) == ()
    assert information().since("1999") is None
