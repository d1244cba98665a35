"""The lists of guidance: referral items, selection rules, patient information, interactions."""

from pathlib import Path

import pytest

from glimmer import guidance
from glimmer.guidance import (
    GuidanceError,
    ReferralItem,
    information,
    interactions,
    referral_items,
    selection_rules,
    selection_version,
)
from glimmer.guidance.figures import EVIDENCE
from glimmer.guidance.rows import read_sheet

ROWS = [*referral_items(), *selection_rules(), *information().points, *interactions()]

SHEET = """
version = "1"
source = "A guideline"
edition = "2020"
evidence = "source"

[[items]]
id = "letters"
title = "Letters"
help = "All of them."
"""


def sheet(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "demo.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{type(row).__name__}-{row.id}")
def test_every_row_has_source_edition_and_evidence(row):
    assert row.source.strip()
    assert row.edition.strip()
    assert row.evidence in EVIDENCE


def test_a_row_takes_the_source_of_its_file(tmp_path):
    (row,) = read_sheet(sheet(tmp_path, SHEET), "items", ReferralItem).rows
    assert (row.source, row.edition, row.evidence) == ("A guideline", "2020", "source")


def test_a_row_without_any_source_is_refused(tmp_path):
    text = SHEET.replace('source = "A guideline"\n', "")
    with pytest.raises(GuidanceError, match=r"demo\.toml \[\[items\]\] letters: missing or unknown source"):
        read_sheet(sheet(tmp_path, text), "items", ReferralItem)


def test_two_rows_of_one_id_are_refused(tmp_path):
    twice = SHEET + SHEET[SHEET.index("[[items]]") :]
    with pytest.raises(GuidanceError, match="letters stands there twice"):
        read_sheet(sheet(tmp_path, twice), "items", ReferralItem)


def test_a_list_without_version_is_refused(tmp_path):
    with pytest.raises(GuidanceError, match="version must be a text"):
        read_sheet(sheet(tmp_path, SHEET.replace('version = "1"', "")), "items", ReferralItem)


def test_the_digest_changes_with_the_content_and_not_with_the_layout(tmp_path):
    plain = read_sheet(sheet(tmp_path, SHEET), "items", ReferralItem).digest
    assert read_sheet(sheet(tmp_path, "# remark\n" + SHEET + "\n"), "items", ReferralItem).digest == plain
    assert read_sheet(sheet(tmp_path, SHEET.replace("All", "Some")), "items", ReferralItem).digest != plain


def test_a_decision_can_pin_the_version_of_the_rules():
    assert selection_version().startswith("selection 1 (")
    assert len(selection_version()) <= 80


def test_words_for_the_page_fit_their_columns():
    assert all(len(item.id) <= 40 for item in referral_items())
    assert all(len(rule.id) <= 60 for rule in selection_rules())
    assert len(information().version) <= 40


def test_the_information_tells_of_alternatives_of_relapse_and_of_saying_no():
    assert {"alternatives", "relapse", "withdrawal", "off_label", "driving"} <= {p.id for p in information().points}


def test_interactions_are_looked_for_in_small_letters():
    assert all(name == name.lower() for one in interactions() for name in one.names)


def test_the_public_face_of_guidance_is_what_it_says():
    assert all(hasattr(guidance, name) for name in guidance.__all__)
    assert callable(guidance.protocol)
    assert callable(guidance.information)
