"""The permission table, the parameters and the verdict."""

import pytest

from glimmer.vocabulary.parameters import FORMS, Parameter
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import PERMISSIONS, may
from glimmer.vocabulary.verdict import Verdict


def test_every_parameter_has_one_form():
    assert set(FORMS) == set(Parameter)


def test_nobody_holds_every_permission():
    for role in Role:
        assert not all(may(role, permission) for permission in PERMISSIONS), role


def test_a_researcher_never_reaches_a_named_patient():
    about_patients = [
        p
        for p in PERMISSIONS
        if not p.startswith(("home.", "sign_in.", "guidance.", "safety.view", "counts.", "economics.", "planner."))
    ]
    assert not [p for p in about_patients if may(Role.RESEARCHER, p)]


def test_only_a_psychiatrist_prescribes_decides_and_signs():
    for permission in ("plan.prescribe", "selection.decide", "selection.override", "letter.sign", "followup.decide"):
        assert PERMISSIONS[permission] == {Role.PSYCHIATRIST}


def test_a_permission_that_does_not_exist_is_an_error_not_a_no():
    with pytest.raises(KeyError):
        may(Role.NURSE, "session.fly")


def test_a_verdict_cannot_be_used_as_a_bare_truth():
    with pytest.raises(TypeError, match="allowed"):
        bool(Verdict())
    assert Verdict().allowed
    assert not Verdict(reasons=("no",)).allowed
