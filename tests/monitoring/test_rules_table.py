"""The page that a clinician signs says what the rules do, and nothing else."""

from pathlib import Path

from glimmer.guidance.protocol import protocol, protocols
from glimmer.monitoring.rules_table import rules_table

PAGE = Path(__file__).parents[2] / "docs" / "alarms.md"


def test_page_holds_the_alarms_of_the_newest_protocols_word_for_word():
    """To renew the page, put what `glimmer guidance alarms iv-racemic-standard` prints under its heading."""
    page = PAGE.read_text(encoding="utf-8")
    for found in protocols():
        assert rules_table(found) in page, f"docs/alarms.md is not what {found.id} version {found.version} says."


def test_a_rule_is_told_whole():
    table = rules_table(protocol("iv-racemic-standard", "2"))
    assert (
        "| oxygen-falling | Oxygen saturation falls by 4 % or more within 120 s | 10 s | low | "
        "Check the probe and the airway. | no call | no, clears by itself | "
        "Glimmer project proposal: normal saturation varies by 2 % in that time |" in table
    )
    assert (
        "| hypertension-severe-lasting | Systolic blood pressure above 180 mmHg or diastolic blood pressure above "
        "110 mmHg | 2 readings, 270 s from first to last | high |" in table
    )
    assert "| 2 | the psychiatrist on duty | Glimmer project proposal |" in table
