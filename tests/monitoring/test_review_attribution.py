"""A number that the NHS gave is compared whatever kind of identifier the sender calls it."""

import pytest

from glimmer.monitoring.attribution import Charted, Quarantined, attribute
from tests.monitoring.test_attribution import DEVICE, LOCAL, SESSION, claim


@pytest.mark.parametrize(
    "identifier",
    [
        ("9990000026", "NHS", "NHSNMBR"),
        ("9990000026", "NHS", "VN"),
        ("9990000026", "NHS", "AN"),
        ("9990000026", "", "NHSNMBR"),
    ],
)
def test_another_patients_nhs_number_under_an_odd_kind_is_quarantined(identifier):
    outcome = attribute(claim(LOCAL, identifier), DEVICE, SESSION)
    assert isinstance(outcome, Quarantined)
    assert "another patient" in outcome.reason


def test_the_patients_own_nhs_number_under_an_odd_kind_names_the_patient():
    assert isinstance(attribute(claim(("9990000018", "NHS", "NHSNMBR")), DEVICE, SESSION), Charted)
