"""The picture of the mechanism: every arrow has a grade and a source, and a patient's words are plain."""

from pathlib import Path

import pytest

from glimmer.guidance.figures import GuidanceError
from glimmer.guidance.mechanism import FILE, mechanism, read_mechanism
from glimmer.web.mechanism_chart import WIDTH, mechanism_chart
from tests.support.readable import reading_age

MOST_YEARS = 13.0


def test_line_of_time_goes_from_minutes_to_days() -> None:
    found = mechanism()
    assert found.stage("receptor").from_minutes < 10
    assert found.stage("synapses").from_minutes >= 12 * 60
    assert found.stage("mood").until_minutes >= 7 * 24 * 60


def test_every_stage_is_reached_and_every_grade_is_used() -> None:
    found = mechanism()
    assert {one.id for one in found.stages} <= {one.end for one in found.arrows} | {"receptor"}
    assert {one.grade for one in found.arrows} == {one.id for one in found.grades}
    # No step inside the brain is called shown in people: what is shown in people is what is felt, and the mood.
    assert {one.end for one in found.arrows if one.grade == "people"} == {"state", "mood"}


def test_patient_reads_fewer_and_plainer_words_and_what_is_not_known() -> None:
    found = mechanism()
    text = " ".join(one.plain for one in (*found.for_patients, *found.unknown_to_patients))
    assert reading_age(text) <= MOST_YEARS
    assert len(found.unknown_to_patients) >= 3
    for word in ("NMDA", "glutamate", "BDNF", "synapse", "cure"):
        assert word not in text


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('grade = "animals"', 'grade = "certain"', "must be one of"),
        ('end = "mood"', 'end = "bliss"', "end of arrow"),
        ("from_minutes = 720", "from_minutes = 99999", "must begin"),
        ('line = "dots"', 'line = "waves"', "line of grade"),
        ('source = "Anis 1983, British Journal of Pharmacology 79:565"', 'source = ""', "source"),
    ],
)
def test_file_that_does_not_hold_together_is_refused_in_words(tmp_path: Path, old: str, new: str, says: str) -> None:
    text = FILE.read_text()
    assert old in text
    spoilt = tmp_path / "spoilt.toml"
    spoilt.write_text(text.replace(old, new))
    with pytest.raises(GuidanceError, match=says):
        read_mechanism(spoilt)


def test_everything_drawn_lies_inside_the_picture_and_later_is_farther_right() -> None:
    chart = mechanism_chart(mechanism())
    for bar in chart.bars:
        assert 0 <= bar.x < bar.x + bar.width <= WIDTH
    starts = {bar.stage.id: bar.x for bar in chart.bars}
    assert starts["receptor"] < starts["glutamate"] < starts["bdnf"] < starts["mood"] < starts["synapses"]
    assert [one.number for one in chart.arrows] == list(range(1, len(chart.arrows) + 1))
