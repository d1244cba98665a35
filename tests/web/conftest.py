"""The cast of the clinic, each with a browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from django.test import Client

    from tests.support.cast import Cast


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
