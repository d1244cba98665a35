"""What is kept is written again row for row, and only where the test stands where it was made."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction

from glimmer.records.audit import broken_at
from glimmer.records.models import Bay, Staff
from tests.support import kept as module
from tests.support.bedside import a_ward
from tests.support.cast import STEPS, an_episode, make_cast
from tests.support.kept import KEEPER

pytestmark = pytest.mark.django_db


def rows() -> dict[str, list[dict[str, Any]]]:
    """Return every row of every table."""
    tables = (model for model in apps.get_models(include_auto_created=True) if model._meta.managed)
    return {model._meta.db_table: list(model._default_manager.order_by("pk").values()) for model in tables}


def as_a_test_of_its_own(make: Callable[[], Any]) -> tuple[dict[str, list[dict[str, Any]]], Any]:
    """Make something from the beginning, as another test of this worker would; return all rows and the answer."""
    mark = transaction.savepoint()
    KEEPER.begin()
    try:
        answer = make()
        return rows(), answer
    finally:
        transaction.savepoint_rollback(mark)


def made_and_written_again(make: Callable[[], Any]) -> tuple[Any, Any]:
    KEEPER.all.clear()
    first = as_a_test_of_its_own(make)
    made = KEEPER.made
    second = as_a_test_of_its_own(make)
    assert KEEPER.made == made, "Nothing was kept, so this would compare two that were made."
    return first, second


@pytest.mark.parametrize("step", STEPS)
def test_patient_at_a_step_is_written_again_row_for_row(step):
    (first, episode), (second, again) = made_and_written_again(lambda: an_episode(make_cast(), at=step))
    assert second == first
    assert len(first["records_auditline"]) > 2
    assert (again.pk, again.step, again.revision) == (episode.pk, episode.step, episode.revision)


def test_second_patient_is_kept_after_the_first():
    def two() -> list[Any]:
        cast = make_cast()
        return [an_episode(cast, at="plan", patient=number) for number in (0, 1)]

    (first, _), (second, _) = made_and_written_again(two)
    assert second == first


@pytest.mark.parametrize("stage", ["open", "ready", "running", "recovering"])
def test_session_in_the_bay_is_written_again_row_for_row(stage):
    def in_the_bay() -> Any:
        ward = a_ward()
        session = getattr(ward, stage)()
        return {name: vars(row) for name, row in vars(ward).items() if name != "now"}, vars(session)

    (first, told), (second, told_again) = made_and_written_again(in_the_bay)
    assert second == first
    for before, after in ((told[1], told_again[1]), *((told[0][name], told_again[0][name]) for name in told[0])):
        assert {k: v for k, v in after.items() if k[0] != "_"} == {k: v for k, v in before.items() if k[0] != "_"}


def test_chain_of_the_audit_goes_on_after_what_was_kept():
    made_and_written_again(make_cast)
    an_episode(make_cast(), at="consent")
    assert broken_at() is None


def test_anything_else_that_is_written_ends_the_keeping():
    cast = make_cast()
    Bay.objects.create(name="A bay that only this test has")
    made, kept = KEEPER.made, len(KEEPER.all)
    an_episode(cast, at="referral")
    assert (KEEPER.made, len(KEEPER.all)) == (made, kept)
    assert not KEEPER.stands()


def test_time_read_off_the_clock_is_no_name():
    cast, made = make_cast(), KEEPER.made
    an_episode(cast, at="referral", now=datetime.now(UTC).replace(microsecond=17))
    assert KEEPER.made == made


@pytest.mark.parametrize("lasts", [timedelta(0), timedelta(minutes=15)])
def test_what_has_grown_old_is_made_anew(monkeypatch, lasts):
    KEEPER.all.clear()
    as_a_test_of_its_own(make_cast)
    made = KEEPER.made
    monkeypatch.setattr(module, "LASTS", lasts)
    as_a_test_of_its_own(make_cast)
    assert KEEPER.made - made == (1 if lasts == timedelta(0) else 0)


def test_what_was_taken_back_is_not_kept():
    @module.kept
    def half_of_it() -> None:
        Staff.objects.create(username="stays", name="Who Stays", role="nurse", password="!")
        mark = transaction.savepoint()
        Staff.objects.create(username="goes", name="Who Goes", role="nurse", password="!")
        transaction.savepoint_rollback(mark)

    for _ in range(2):
        found, _answer = as_a_test_of_its_own(half_of_it)
        assert [one["username"] for one in found["records_staff"]] == ["stays"]


def test_what_waits_for_the_commit_waits_again(django_capture_on_commit_callbacks):
    told = []

    @module.kept
    def tells() -> None:
        transaction.on_commit(lambda: told.append("told"))

    for times in (1, 2):
        KEEPER.begin()
        with django_capture_on_commit_callbacks(execute=True):
            tells()
        assert len(told) == times
