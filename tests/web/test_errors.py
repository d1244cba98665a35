"""The page of a fault says whose fault it is, without the database."""

from django.db import OperationalError
from django.test import RequestFactory

from glimmer.web.errors import broken


def page_of(fault: Exception):
    """The page that Django asks for while it handles `fault`; no test database is allowed here."""
    try:
        raise fault
    except Exception:
        return broken(RequestFactory().get("/board"))


def test_database_that_is_away_or_full_is_said_with_what_to_do_meanwhile():
    page = page_of(OperationalError("database or disk is full"))
    assert page.status_code == 503
    words = page.content.decode()
    assert "Its database cannot be reached, or its disk is full." in words
    assert "downtime sheets" in words


def test_fault_of_our_own_is_called_one():
    page = page_of(ZeroDivisionError())
    assert page.status_code == 500
    assert "Glimmer made a mistake" in page.content.decode()
