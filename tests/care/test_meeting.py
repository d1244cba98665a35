"""The multidisciplinary meeting concludes with enough members, more than one profession, and dissent in words."""

import pytest

from glimmer.care.meeting import Advice, MemberView, View, dissenting, may_advise


def views(*given):
    return [MemberView(number, role, View(view)) for number, (role, view) in enumerate(given)]


TWO_PROFESSIONS = views(("psychiatrist", "for"), ("nurse", "for"), ("pharmacist", "unsure"))


@pytest.mark.parametrize(
    ("given", "reasons"),
    [
        (TWO_PROFESSIONS, 0),
        (TWO_PROFESSIONS[:2], 1),
        (views(("nurse", "for"), ("nurse", "for"), ("nurse", "for")), 1),
        (views(("psychiatrist", "for"), ("nurse", "for"), ("pharmacist", "abstains")), 1),
        ([], 2),
    ],
)
def test_three_members_of_two_professions_are_wanted_and_who_abstains_is_not_counted(given, reasons):
    assert len(may_advise(given, Advice.TREAT, "").reasons) == reasons


@pytest.mark.parametrize(
    ("advice", "view", "dissents"),
    [("treat", "against", True), ("do_not_treat", "for", True), ("treat", "unsure", False), ("later", "for", False)],
)
def test_dissent_has_to_be_written_down(advice, view, dissents):
    given = [
        *TWO_PROFESSIONS[2:],
        *views(("psychiatrist", "unsure"), ("nurse", "unsure")),
        MemberView(9, "nurse", View(view)),
    ]
    assert bool(dissenting(given, Advice(advice))) is dissents
    assert may_advise(given, Advice(advice), " ").allowed is not dissents
    assert may_advise(given, Advice(advice), "Too early after the loss.").allowed
