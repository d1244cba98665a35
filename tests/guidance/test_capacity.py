"""What the simulation of a clinic takes: each input says its source and doubt, and what is ours is marked as ours."""

import pytest

from glimmer.guidance.capacity import capacity_parameter, capacity_parameters, structure
from glimmer.guidance.economics import DISTRIBUTIONS
from glimmer.guidance.figures import EVIDENCE


@pytest.mark.parametrize("name", capacity_parameters())
def test_every_input_says_unit_doubt_source_and_mark(name):
    one = capacity_parameter(name)
    assert all(part.strip() for part in (one.title, one.unit, one.source, one.edition))
    assert one.evidence in EVIDENCE
    assert one.distribution != "fixed"
    assert set(one.spread) == set(DISTRIBUTIONS[one.distribution])
    if one.evidence == "proposal":
        assert "proposal" in one.source


def test_an_unknown_name_says_what_there_is():
    with pytest.raises(KeyError, match="referrals_per_week"):
        capacity_parameter("referrals")
    with pytest.raises(KeyError, match="no_show_minutes"):
        structure("no_shows")
