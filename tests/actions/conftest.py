"""The cast is there for every test of an action, and the ports are plugged in as in the product."""

import pytest


@pytest.fixture
def cast(db):
    from tests.support.cast import make_cast

    return make_cast()


@pytest.fixture(autouse=True)
def plugged_in(monkeypatch):
    from glimmer.actions.ports import PORTS
    from glimmer.config import wiring
    from glimmer.exchange.fhir.referral import read_referral_bundle
    from glimmer.exchange.letters import render_letter

    monkeypatch.setattr(PORTS, "read_referral_bundle", read_referral_bundle)
    monkeypatch.setattr(PORTS, "render_letter", render_letter)
    monkeypatch.setattr(PORTS, "read_device_message", wiring._read_device_message)
