"""Change against the noise of measurement: the figure of the file, Jacobson and Truax's own example, or none known."""

from dataclasses import replace

import pytest

from glimmer.care.reliable_change import Change, change_of, in_words, reliable_difference, yardstick
from glimmer.guidance.figures import Figure
from glimmer.guidance.instrument import instrument, instruments


def test_jacobson_and_truax_own_example():
    # Spread 10 and reliability 0.80 give a standard error of the difference of 6.32 (their paper of 1991).
    assert reliable_difference(10, 0.80) == pytest.approx(1.96 * 6.32, abs=0.01)
    for spread, reliability in ((0, 0.8), (10, 1.1), (10, -0.1)):
        with pytest.raises(ValueError, match="are needed"):
            reliable_difference(spread, reliability)


@pytest.mark.parametrize(
    ("form", "before", "after", "amounts"),
    [
        ("phq9", 20, 14, Change.BETTER),
        ("phq9", 20, 15, Change.UNCLEAR),
        ("phq9", 9, 15, Change.WORSE),
        ("gad7", 12, 8, Change.BETTER),
        ("gad7", 12, 9, Change.UNCLEAR),
        ("qids_sr16", 20, 2, Change.UNKNOWN),
    ],
)
def test_change_is_told_from_noise(form, before, after, amounts):
    assert change_of(before, after, instrument(form)) is amounts


def test_change_is_never_a_bare_number():
    assert in_words(20, 14, instrument("phq9")) == "6 points lower: better, beyond measurement error"
    assert in_words(20, 19, instrument("phq9")) == "1 point lower: no more than measurement error"
    assert in_words(20, 20, instrument("phq9")) == "no change"
    assert "no figure for measurement error known" in in_words(20, 10, instrument("qids_sr16"))


def test_figure_says_what_it_is_and_where_from():
    assert "as remembered" in yardstick(instrument("phq9")).says
    assert "for want of a figure for reliable change" in yardstick(instrument("hamd17")).says
    assert yardstick(instrument("qids_sr16")) is None


def test_spread_and_reliability_are_used_where_a_file_holds_both():
    madrs = instrument("madrs")
    spread = Figure(8, "points", "A trial", "2026", "source")
    found = yardstick(replace(madrs, readings={**madrs.readings, "spread": spread}))
    assert found.points == pytest.approx(1.96 * 8 * (2 * 0.07) ** 0.5)


def test_higher_may_be_better():
    turned = replace(instrument("phq9"), direction="higher_is_better")
    assert change_of(10, 20, turned) is Change.BETTER


def test_scale_without_a_direction_has_no_better():
    for of in instruments().values():
        if of.direction == "none":
            assert change_of(1, 20, of) is Change.UNKNOWN
