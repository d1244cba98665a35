"""What went in by the record: the pump's volume, else the minutes it ran; the syringe holds 3.5 mL of drug in 50 mL."""

import pytest

from glimmer.care.session.drug import given_by_the_log, given_fits
from glimmer.care.session.log import fold
from tests.support.story import Story, running


def test_nothing_went_in_before_the_end_is_known():
    assert given_by_the_log(fold(Story().opens().events)) is None
    assert given_by_the_log(fold(Story().opens().prepares(at=5).events)) == 0
    assert given_by_the_log(fold(running().events)) == 0


@pytest.mark.parametrize(("stopped", "ml"), [(25, 0.875), (35, 1.75), (55, 3.5), (90, 3.5)])
def test_minutes_of_forty_give_their_share_of_the_drug(stopped, ml):
    # The infusion starts at minute 15.
    assert given_by_the_log(fold(running().stops(at=stopped).events)) == pytest.approx(ml)


def test_pauses_give_nothing():
    assert given_by_the_log(fold(running().pauses(at=20).resumes(at=30).stops(at=35).events)) == pytest.approx(0.875)


def test_what_the_pump_showed_counts_before_the_minutes():
    story = running().monitor(at=24, volume_infused=25.0).stops(at=25)
    assert given_by_the_log(fold(story.events)) == pytest.approx(1.75)
    assert given_fits(fold(story.events), 1.75).allowed
    assert not given_fits(fold(story.events), 3.5).allowed


def test_pump_that_shows_more_than_the_syringe_held_gave_what_it_held():
    assert given_by_the_log(fold(running().monitor(at=54, volume_infused=51.0).stops(at=55).events)) == 3.5
