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


def test_bottle_of_a_prescription_is_handed_out_once(clinic_templates: ClinicBuilder) -> None:
    for one in raced(clinic_templates, "double_supply", ROUNDS):
        assert sorted(answer[0] for answer in one["answers"]) == ["ChangedMeanwhile", "done"], one
        assert one["balances"] == [1]


def test_bottle_goes_out_or_the_prescription_is_cancelled_and_never_both(clinic_templates: ClinicBuilder) -> None:
    for one in raced(clinic_templates, "supply_against_cancel", ROUNDS):
        supplied, cancelled = one["answers"]
        assert {supplied[0], cancelled[0]} == {"ChangedMeanwhile", "done"}, one
        assert one["balances"] == [1 if supplied[0] == "done" else 2]


def test_stock_that_arrived_is_written_into_the_other_book_once(clinic_templates: ClinicBuilder) -> None:
    for one in raced(clinic_templates, "transfer_received_twice", ROUNDS):
        assert sorted(answer[0] for answer in one["answers"]) == ["ChangedMeanwhile", "done"], one
        assert one["balances"] == [2]
