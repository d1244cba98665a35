"""The cast of the clinic, each with a browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from django.test import Client

    from tests.support.cast import Cast


@pytest.fixture(autouse=True)
def no_model_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages that are only looked at start no process that runs a model for minutes; whoever tests it plugs it in."""
    from glimmer.actions.ports import PORTS

    for name in ("weigh", "plan_capacity", "plan_sites"):
        monkeypatch.setattr(PORTS, name, None)


@pytest.fixture
def cast(db: None) -> Cast:
    """Everybody who works in the clinic."""
    # Here and not above: pytest reads this file before Django's settings are named.
    from tests.support.cast import make_cast

    return make_cast()


@pytest.fixture
def as_(cast: Cast) -> Callable[[str], Client]:
    """Return a function that gives the browser of a member of the cast: `as_("maya")`."""
    from django.test import Client

    def browser(name: str) -> Client:
        client = Client()
        client.force_login(getattr(cast, name))
        return client

    return browser
