"""The safety case as data: every hazard is scored, its risk follows from the matrix, and none stands unexplained."""

import re

import pytest

from glimmer.guidance import safety
from glimmer.guidance.figures import GuidanceError, figure
from glimmer.guidance.safety import FOLDER, SCALE, Hazard, hazards, hazards_page, risk, safety_documents
from glimmer.vocabulary.functions import Function

TESTED = {"id": "x", "hazard": "h", "cause": "c", "control": "o", "tests": ["t"]}


@pytest.mark.parametrize(
    ("severity", "likelihood", "expected"),
    # Corners and a middle, read off the published copy of the matrix (severity down, likelihood across).
    [(1, 1, 1), (1, 5, 3), (5, 1, 3), (5, 5, 5), (3, 3, 3), (4, 2, 3), (2, 4, 3)],
)
def test_the_risk_follows_from_the_matrix(severity, likelihood, expected):
    assert risk(severity, likelihood) == expected


def test_more_severe_or_more_likely_is_never_a_smaller_risk():
    for severity in SCALE:
        for likelihood in SCALE:
            assert severity == 5 or risk(severity + 1, likelihood) >= risk(severity, likelihood)
            assert likelihood == 5 or risk(severity, likelihood + 1) >= risk(severity, likelihood)


def test_no_residual_risk_stands_above_the_acceptable_class_without_a_named_reason():
    unaccepted = {one.id: one.risk_after for one in hazards() if not one.is_accepted}
    assert unaccepted == {}, (
        "Severity 4 is death of one person, 5 of several. A residual risk of 3 needs accepted_because in hazards.toml; "
        "one of 4 or 5 needs a better control. Then: glimmer safety report"
    )


def test_no_control_makes_a_hazard_more_likely_and_each_control_helps():
    assert [one.id for one in hazards() if one.likelihood_after >= one.likelihood_before] == []


def test_a_hazard_of_class_four_is_never_accepted_whatever_is_said():
    stands = Hazard("x", "h", "c", "o", ("t",), 4, 5, 3, accepted_because="Because.")
    assert (stands.risk_after, stands.is_accepted) == (4, False)
    explained = Hazard("x", "h", "c", "o", ("t",), 4, 5, 2, accepted_because="Because.")
    assert (explained.risk_after, explained.is_accepted) == (3, True)
    assert not Hazard("x", "h", "c", "o", ("t",), 4, 5, 2).is_accepted


@pytest.mark.parametrize("wrong", [{}, {"severity": 4, "likelihood_before": 6, "likelihood_after": 1}, {"severity": 4}])
def test_a_hazard_that_is_not_scored_is_refused_by_name(wrong):
    with pytest.raises(GuidanceError, match=r"hazards\.toml \[x\]"):
        safety._hazard({**TESTED, **wrong})


def test_no_risk_is_typed():
    text = (FOLDER / "hazards.toml").read_text()
    assert not re.search(r"(?m)^risk", text)


def test_the_page_of_the_hazard_log_is_as_the_log_says():
    page = (safety.IN_REPOSITORY / "hazards.md").read_text()
    assert page == hazards_page(), "Write it again: glimmer safety report"


def test_the_intended_purpose_names_every_switch_and_what_is_left_without_it():
    text = (FOLDER / "intended-purpose.md").read_text()
    for function in Function:
        assert re.search(rf"(?m)^\| `{function.value}` \| [^|]{{20,}} \| [^|]{{20,}} \|$", text), function


def test_documents_that_are_signed_for_have_a_version_and_a_digest():
    documents = {document.title: document for document in safety_documents()}
    assert set(documents) == {"Safety case report", "Intended purpose", "Hazard log"}
    assert all(document.version and re.fullmatch("[0-9a-f]{64}", document.digest) for document in documents.values())


def test_the_case_says_plainly_that_nobody_signed_it():
    report = (FOLDER / "safety-case-report.md").read_text()
    assert "nobody has signed" in report
    assert "no legal\nmanufacturer" in report


def test_scales_are_named_for_every_step():
    for name in ("severity", "likelihood", "risk_matrix", "risk_classes"):
        assert set(figure("safety", name).value) == {str(step) for step in SCALE}
