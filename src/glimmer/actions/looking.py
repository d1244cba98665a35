"""What was looked at, searched for and refused, entered into the audit trail before anybody sees the page.

An ordinary page is not shown without its line. A page of the bedside is never held back for want of one: it waits only
a moment for a busy database, and that its line is missing is said in the server's log.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models import Model
from django.utils import timezone

from glimmer.records.audit import append_audit
from glimmer.records.clinics import own_patients
from glimmer.records.looking import Looks
from glimmer.records.staff import Staff
from glimmer.vocabulary.problems import NotAllowed, Problem, RuleRefused

log = logging.getLogger(__name__)
OWN_CLINIC, BROKEN_GLASS, ROLE = "own clinic", "broken glass", "the role"
"""By what right a record was seen. The role: the register, device messages, controlled drugs incidents and the privacy
officer's page name patients of every clinic to those whose work they are."""
# How long a bedside page waits for a database that another writer holds.
BEDSIDE_PATIENCE_MS = 300


def enter_looks(
    looks: Looks, *, by: Staff, action: str, at: datetime | None = None, always: bool = False, **details: Any
) -> None:
    """Add a line for each patient whose record was opened, and one for the patients that a list named.

    `action` says how and where, such as "read.journey". `always` adds a line even where nothing was found, as for a
    search. Raises DatabaseError where the audit cannot take it: then nothing may be shown.
    """
    at = at or timezone.now()
    lines = list(_lines(looks, by, details))
    if not lines and always:
        lines = [{"subject": "Patient", "details": {**details, "patients": []}}]
    if not lines:
        return
    with transaction.atomic():
        for line in lines:
            append_audit(at=at, actor=by, actor_name=str(by), action=action, **line)


def enter_bedside_looks(looks: Looks, *, by: Staff, action: str, **details: Any) -> None:
    """Add the lines, but hold nothing back: a database that is away, full or busy is waited for only for a moment."""
    _enter_at_the_bedside(action, lambda: enter_looks(looks, by=by, action=action, **details))


def enter_shown(record: Model, *, by: Staff, action: str, patient_id: int, at: datetime, **details: Any) -> None:
    """Add a line that says what exactly a page of the bedside showed, and hold nothing back either."""
    line = {"subject": type(record).__name__, "subject_id": record.pk, "patient_id": patient_id, "details": details}

    def enter() -> None:
        with transaction.atomic():
            append_audit(at=at, actor=by, actor_name=str(by), action=action, **line)

    _enter_at_the_bedside(action, enter)


def _enter_at_the_bedside(action: str, enter: Callable[[], None]) -> None:
    try:
        with _short_patience():
            enter()
    except DatabaseError as problem:
        log.error("The audit trail could not take %s (%s): it was shown all the same.", action, type(problem).__name__)


def enter_refusal(problem: Problem, *, by: Staff | None, action: str, at: datetime | None = None, **keys: Any) -> None:
    """Add a line for what a person tried and was not allowed to do; once for each problem, however far it travels.

    Never raises: the refusal stands, with or without its line. `keys` are identifiers, never what was typed.
    """
    if getattr(problem, "is_entered", False):
        return
    problem.is_entered = True  # type: ignore[attr-defined]
    keys = {"because": type(problem).__name__, **keys}
    try:
        with transaction.atomic():
            append_audit(
                at=at or timezone.now(),
                actor=by,
                actor_name=str(by) if by is not None else "",
                action=f"refused.{action}"[:60],
                subject=keys.pop("subject", ""),
                subject_id=keys.pop("subject_id", None),
                patient_id=keys.pop("patient_id", None),
                details=keys,
            )
    except DatabaseError as away:
        log.error("The audit trail could not take a refusal of %s (%s).", action, type(away).__name__)


def is_entered_as_refused(problem: Problem) -> bool:
    """Say whether a problem is a failed attempt: a missing permission or a rule that said no, not a slip of typing."""
    return isinstance(problem, NotAllowed | RuleRefused)


def _lines(looks: Looks, by: Staff, details: dict[str, Any]) -> Iterator[dict[str, Any]]:
    _ask_whose(looks, by)
    told: set[int] = set()
    for (subject, key), patient in looks.opened.items():
        # A page about one patient hands out many records of theirs: the first names the page.
        if patient is not None and patient in told:
            continue
        why = _why(looks, patient) if patient is not None else ""
        told |= {patient} if patient is not None else set()
        yield {
            "subject": subject,
            "subject_id": key,
            "patient_id": patient,
            "details": {**details, **({"why": why} if why else {})},
        }
    others = looks.listed - told
    for why in (OWN_CLINIC, BROKEN_GLASS, ROLE):
        if named := sorted(patient for patient in others if _why(looks, patient) == why):
            yield {"subject": "Patient", "details": {**details, "why": why, "patients": named}}


def _ask_whose(looks: Looks, by: Staff) -> None:
    """Find out which of the patients are of the person's own clinics, where the queries of the page have not said."""
    unknown = (looks.patients | looks.listed) - looks.own - looks.through_glass
    if unknown:
        looks.own |= own_patients(by, unknown)


def _why(looks: Looks, patient: int) -> str:
    # A patient can have one journey here and one elsewhere: the own clinic's is right enough.
    if patient in looks.own:
        return OWN_CLINIC
    return BROKEN_GLASS if patient in looks.through_glass else ROLE


@contextmanager
def _short_patience() -> Iterator[None]:
    """Wait for another writer only as long as a bedside page can wait."""
    if connection.vendor == "postgresql":
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = {BEDSIDE_PATIENCE_MS}")
            yield
        return
    usual = int(connection.settings_dict["OPTIONS"]["timeout"]) * 1000
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA busy_timeout = {BEDSIDE_PATIENCE_MS}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA busy_timeout = {usual}")
