"""Make the same people and patients once per worker: what the product wrote the first time is written again as it was.

    @kept
    def an_episode(cast, at="selection", ...): ...

The first call in a worker runs the product's own actions, and the statements by which they changed the database are
noted. A later test that stands where that one stood, and asks for the same, has those statements written again,
without the hundreds of questions that led to them. It gets the same rows with the same numbers, triggers included.

It stands there only when nothing else was written in it since it began, but what was kept: every other write, and
every value that has no name here, has the function run as if it were not kept. Outside the tests it always is.
"""

import pickle
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import pytest
from django.db import connection, models, transaction
from django.utils import timezone

P = ParamSpec("P")
T = TypeVar("T")

# What is kept may look this much older than its test; what is made "now" by the actions is days old anyway.
LASTS = timedelta(minutes=15)
READS = ("SELECT", "SAVEPOINT", "RELEASE")


class Nameless(TypeError):
    """A value by which two calls cannot be told to be the same."""


@dataclass(frozen=True)
class Kept:
    """What one call wrote and returned; `number` tells it from an older one of the same name."""

    number: int
    made_at: datetime
    statements: list[tuple[str, Any, bool]]
    told_on_commit: list[Callable[[], None]]
    answer: bytes

    def is_fresh(self) -> bool:
        """Say whether a test of this moment would have been given the same."""
        now = timezone.now()
        is_same_day = timezone.localtime(now).date() == timezone.localtime(self.made_at).date()
        return is_same_day and self.made_at <= now < self.made_at + LASTS


class Keeper:
    """What this worker keeps, and where the running test stands: at `path`, if it wrote as often as that took."""

    def __init__(self) -> None:
        self.all: dict[tuple[Any, ...], Kept] = {}
        self.path: tuple[Any, ...] | None = None
        self.writes = 0
        self.writes_at_path = 0
        self.made = 0
        self.statements: list[tuple[str, Any, bool]] = []
        self.is_making = False
        self.is_whole = True
        self.first_numbers = ""
        self.at_the_beginning: list[Callable[[], None]] = []

    def begin(self) -> None:
        """A test begins: its database holds what the migrations made, and nothing else."""
        if self.note not in connection.execute_wrappers:
            connection.execute_wrappers.append(self.note)
        if connection.vendor == "postgresql" and not self.first_numbers:
            self.first_numbers = _numbers_as_they_are()
        self.path, self.writes_at_path, self.is_making = (), self.writes, False
        for prepare in self.at_the_beginning:
            prepare()

    def end(self) -> None:
        """The test is over; what comes is none of its own."""
        self.path = None

    def note(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        """Count a statement that may change the database, and note it where it is to be kept."""
        if sql.startswith(READS):
            return execute(sql, params, many, context)
        self.writes += 1
        try:
            answer = execute(sql, params, many, context)
        except Exception:
            self.is_whole = False
            raise
        # What is taken back again cannot be told from what stays.
        if sql.startswith("ROLLBACK"):
            self.is_whole = False
        if self.is_making:
            self.statements.append((sql, params, many))
        return answer

    def stands(self) -> bool:
        """Say whether the database of this test holds what is kept at its path, and no more."""
        return self.path is not None and not self.is_making and self.writes == self.writes_at_path

    def call(self, name: tuple[Any, ...], make: Callable[[], T]) -> T:
        """Return what `make` returns, having written what it writes."""
        assert self.path is not None
        if not self.path:
            self._count_from_the_beginning()
        found = self.all.get((*self.path, name))
        if found and found.is_fresh():
            self._write_again(found)
            self._stand_after(name, found)
            return pickle.loads(found.answer)
        return self._make(name, make)

    def _make(self, name: tuple[Any, ...], make: Callable[[], T]) -> T:
        assert self.path is not None
        made_at, told = timezone.now(), len(connection.run_on_commit)
        self.statements, self.is_making, self.is_whole = [], True, True
        try:
            answer = make()
        finally:
            self.is_making = False
        if not self.is_whole:
            return answer
        self.made += 1
        on_commit = [entry[1] for entry in connection.run_on_commit[told:]]
        kept = Kept(self.made, made_at, self.statements, on_commit, pickle.dumps(answer))
        self.all[(*self.path, name)] = kept
        self._stand_after(name, kept)
        return answer

    def _stand_after(self, name: tuple[Any, ...], kept: Kept) -> None:
        self.path = (*(self.path or ()), (name, kept.number))
        self.writes_at_path = self.writes

    def _write_again(self, kept: Kept) -> None:
        with connection.cursor() as cursor:
            for sql, params, many in kept.statements:
                (cursor.executemany if many else cursor.execute)(sql, params)
        for tell in kept.told_on_commit:
            transaction.on_commit(tell)

    def _count_from_the_beginning(self) -> None:
        # PostgreSQL takes no number back that a test was given. Nothing is in the tables yet, so none is given twice.
        if self.first_numbers:
            with connection.cursor() as cursor:
                cursor.execute(self.first_numbers)


KEEPER = Keeper()


def _numbers_as_they_are() -> str:
    """Return the statement that sets all sequences of PostgreSQL to what they are now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT quote_literal(format('%I.%I', schemaname, sequencename)), COALESCE(last_value, start_value), "
            "last_value IS NOT NULL FROM pg_sequences WHERE schemaname = current_schema()"
        )
        return "SELECT " + ", ".join(f"setval({name}, {number}, {used})" for name, number, used in cursor.fetchall())


def kept(make: Callable[P, T]) -> Callable[P, T]:
    """Have what a function writes in a test kept, and written again where a later test calls it in the same place."""

    @wraps(make)
    def made(*args: P.args, **kwargs: P.kwargs) -> T:
        if not KEEPER.stands():
            return make(*args, **kwargs)
        try:
            name = (make.__qualname__, *_around(), _named(args), _named(kwargs))
        except Nameless:
            return make(*args, **kwargs)
        return KEEPER.call(name, lambda: make(*args, **kwargs))

    return made


def _around() -> tuple[Any, ...]:
    """Return what a test may have changed that actions go by: the ports, the key of the audit, the protocols."""
    from django.conf import settings

    from glimmer.actions.ports import PORTS
    from glimmer.guidance import protocols

    ports = tuple(vars(PORTS).values())
    return settings.AUDIT_KEY, ports, tuple((one.id, one.version, one.digest) for one in protocols())


def _named(value: Any) -> Any:
    """Return what makes a value the same in two tests. Raises Nameless, as for a time that was read off the clock."""
    match value:
        case models.Model():
            return type(value).__name__, value.pk
        case datetime() if value.microsecond:
            raise Nameless(str(value))
        case None | bool() | int() | float() | str() | Decimal() | date() | time() | timedelta() | Enum():
            return type(value).__name__, value
        case tuple() | list():
            return tuple(_named(one) for one in value)
        case Mapping():
            return tuple((name, _named(one)) for name, one in sorted(value.items()))
        case _ if is_dataclass(value):
            return type(value).__name__, tuple(_named(getattr(value, field.name)) for field in fields(value))
    raise Nameless(type(value).__name__)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any]) -> Iterator[None]:
    answer = yield
    if fixturedef.argname == "_django_db_helper":
        KEEPER.begin()
    return answer


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown() -> None:
    KEEPER.end()
