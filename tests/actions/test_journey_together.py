"""Two people act on one patient or one bay at the same moment: one is done, the other reads words, nothing doubles."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.live_server import ClinicBuilder

ROUNDS = 3
ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.database


@pytest.fixture(scope="module")
def told(clinic_templates: ClinicBuilder) -> dict[str, Any]:
    """Return what everybody got in every race, run once in a process and a database of its own."""
    clinic = clinic_templates.build()
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.journey_races", str(ROUNDS)],
        env={**clinic.environment, "DJANGO_SETTINGS_MODULE": "glimmer.config.settings"},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def kinds(one: dict[str, Any]) -> list[str]:
    return sorted(answer[0] for answer in one["answers"])


@pytest.mark.parametrize(
    ("race", "refusals", "rows"),
    [
        ("same_patient_referred_twice", {"AlreadyHere", "ChangedMeanwhile"}, None),
        ("same_bundle_imported_twice", {"AlreadyHere", "ChangedMeanwhile"}, 1),
        ("triaged_twice", {"RuleRefused"}, 1),
        ("two_pages_of_the_same_age", {"ChangedMeanwhile"}, 1),
        ("one_bay_for_two_patients", {"RuleRefused"}, 6),
        ("wrong_programs_book_one_bay", {"RuleRefused"}, 1),
        ("plan_prescribed_twice", {"RuleRefused"}, 1),
        ("task_finished_twice", {"RuleRefused"}, 1),
        ("letter_signed_twice", {"RuleRefused"}, 1),
        ("letter_sent_by_two", {"ChangedMeanwhile"}, 1),
        ("task_taken_by_two", {"RuleRefused"}, 1),
        ("paid_twice", {"BadInput"}, 1),
        ("urgent_closed_twice", {"RuleRefused"}, 1),
        ("put_on_two_lists", {"RuleRefused"}, 1),
        ("meeting_concluded_twice", {"RuleRefused"}, 1),
        ("protocol_approved_twice", {"RuleRefused"}, 1),
        ("protocol_retired_twice", {"RuleRefused"}, 1),
    ],
)
def test_exactly_one_of_two_is_done_and_the_other_reads_why(told, race, refusals, rows):
    assert len(told[race]) == ROUNDS
    for one in told[race]:
        assert kinds(one).count("done") == 1, one
        refused = next(answer for answer in one["answers"] if answer[0] != "done")
        assert refused[0] in refusals, refused
        assert refused[1].endswith(".")
        if rows is not None:
            assert one["count"] == rows


def test_two_new_patients_at_once_get_numbers_of_their_own(told):
    for one in told["two_new_patients"]:
        assert kinds(one) == ["done", "done"]
        assert one["count"] == 2


def test_invoices_at_once_have_numbers_of_their_own_and_none_is_left_out(told):
    numbers = [answer[1] for one in told["invoices_at_once"] for answer in one["answers"]]
    assert all(kinds(one) == ["done", "done"] for one in told["invoices_at_once"])
    assert sorted(int(number) for number in numbers) == list(range(1, 2 * ROUNDS + 1))


def test_danger_that_two_hear_of_at_once_is_on_two_clocks_and_never_on_none(told):
    for one in told["urgent_heard_by_two"]:
        assert kinds(one) == ["done", "done"]
        assert one["count"] == 2


def test_withdrawal_always_stands_and_a_plan_only_if_it_came_first(told):
    for one in told["consent_withdrawn_while_prescribing"]:
        withdrawal, prescription = one["answers"]
        assert withdrawal[0] == "done"
        assert (prescription[0], one["count"]) in {("done", 1), ("RuleRefused", 0)}


def test_audit_chain_holds_after_all_of_it(told):
    assert told["broken_at"] is None
