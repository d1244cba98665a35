"""Two people at the same cupboard at the same moment: the last vial goes once, and no count is of another book."""

import pytest

from tests.support.live_server import ClinicBuilder
from tests.support.raced import raced

# A thousand are raced by `make soak JOBS=register_races`.
ROUNDS = 8
pytestmark = pytest.mark.database


def test_last_vial_goes_to_one_of_two(clinic_templates: ClinicBuilder) -> None:
    for one in raced(clinic_templates, "last_vial", ROUNDS):
        assert sorted(answer[0] for answer in one["answers"]) == ["ChangedMeanwhile", "done"], one
        assert one["balances"] == [0]


def test_vial_that_is_taken_while_the_stock_is_counted(clinic_templates: ClinicBuilder) -> None:
    for one in raced(clinic_templates, "vial_against_count", ROUNDS):
        assert sorted(answer[0] for answer in one["answers"]) == ["ChangedMeanwhile", "done"], one
        assert one["balances"] in ([1], [2])
