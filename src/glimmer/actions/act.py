"""The shape every action shares: permission, lock, rule, write, audit, one transaction.

    with acting(by, "referral.triage", episode=episode, seen=revision, at=at) as act:
        ...ask the rule, write...
        act.note(decision="accepted")

On leaving the block the episode's derived step is refreshed, its revision is counted up and one
audit line is chained. An exception leaves nothing behind, but where a permission or a rule said no, a line says
that it was tried. `act.after_commit(fn)` runs once it is on disk.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import DatabaseError, IntegrityError, OperationalError, transaction
from django.utils import timezone

from glimmer.actions.looking import enter_refusal
from glimmer.actions.position import refresh_position
from glimmer.records.access import require
from glimmer.records.audit import append_audit
from glimmer.records.double_booking import TAKEN
from glimmer.records.episodes import Episode
from glimmer.records.staff import Staff
from glimmer.vocabulary.problems import ChangedMeanwhile, NotAllowed, RuleRefused

log = logging.getLogger(__name__)
DEADLOCK = "40P01"


@dataclass(kw_only=True)
class Deed:
    """Something under way, whoever does it: `at` is its time (UTC), `episode` the locked, fresh row where there is one.

    `patient_id` names the patient in the audit where the deed does not lock an episode.
    """

    verb: str
    at: datetime
    episode: Episode | None = None
    subject: str = ""
    subject_id: int | None = None
    patient_id: int | None = None
    details: dict[str, Any] = field(default_factory=dict)

    def about(self, record: Any) -> None:
        """Name the record that the audit line is about."""
        self.subject = type(record).__name__
        self.subject_id = record.pk

    def note(self, **details: Any) -> None:
        """Add keys to the audit line: identifiers, choices and counts, never free text about a patient."""
        self.details.update(details)

    def after_commit(self, do: Callable[[], None]) -> None:
        """Run `do` once the transaction is on disk, and never if it is not."""
        transaction.on_commit(do)


@dataclass(kw_only=True)
class Act(Deed):
    """One action of a member of staff under way; a patient's own is a plain Deed (`actions/own_act.py`)."""

    by: Staff


@contextmanager
def acting(
    by: Staff,
    permission: str,
    *,
    verb: str = "",
    episode: Episode | None = None,
    seen: int | None = None,
    at: datetime | None = None,
) -> Iterator[Act]:
    """Open one action: check the permission, lock the episode, and on leaving write position and audit.

    `seen` is the revision of the episode that the page showed; when somebody has changed the episode
    since, ChangedMeanwhile is raised and nothing is written. `verb` names the action in the audit
    (default: the permission).
    """
    moment = (at or timezone.now()).astimezone(UTC)
    act = Act(by=by, verb=verb or permission, at=moment)
    try:
        require(by, permission)
        with transaction.atomic():
            act.episode = _locked(episode, seen) if episode is not None else None
            yield act
            if act.episode is not None:
                refresh_position(act.episode, at=moment)
            _audit(act)
    except (NotAllowed, RuleRefused) as refused:
        # Nothing was written; that it was tried is.
        enter_refusal(refused, by=by, action=act.verb, at=moment, **_whose(act, episode))
        raise
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != DEADLOCK:
            raise
        # PostgreSQL ended one of two that waited for each other: nothing of this one was written.
        raise ChangedMeanwhile(
            "Somebody else was saving at the same moment, so nothing of yours was saved. Press again."
        ) from error
    except IntegrityError as error:
        if says_taken(error):
            # Told by the database itself: what the action saw free was taken a moment ago.
            raise RuleRefused(
                "Somebody else took that time at the same moment, so nothing of yours was saved. "
                "Look at the calendar again and choose a time that is still free."
            ) from error
        if not _says_twice(error):
            raise
        # Two people at the same moment: the database let one through, and the other reads why.
        raise ChangedMeanwhile(
            "Somebody else saved the same thing at the same moment, so yours was not saved a second time. "
            "Look at the page again to see what is stored."
        ) from error


@contextmanager
def before_acting(by: Staff, permission: str, *, verb: str, at: datetime) -> Iterator[None]:
    """Check the permission for what is worked out before an act, outside any transaction, because it takes long.

    Nothing is written here but that it was tried, where a permission or a rule said no; the act that follows checks
    again.
    """
    try:
        require(by, permission)
        yield
    except (NotAllowed, RuleRefused) as refused:
        enter_refusal(refused, by=by, action=verb, at=at)
        raise


@contextmanager
def even_when_full(verb: str) -> Iterator[None]:
    """Enter a reading into the audit, but never hold it back: what the database cannot take is said in the log.

    For what people need most when the database is full or fails: the sheets of paper, and what happened so far.
    """
    try:
        yield
    except DatabaseError as problem:
        log.error("The audit trail could not take %s (%s): it was allowed all the same.", verb, type(problem).__name__)


def _says_twice(error: IntegrityError) -> bool:
    # SQLite names the kind only in its words; PostgreSQL has a code for it (23505, unique_violation).
    return "UNIQUE constraint failed" in str(error) or getattr(error.__cause__, "sqlstate", "") == "23505"


def says_taken(error: IntegrityError) -> bool:
    """Say whether the database refused a second claim on the same time (`records.double_booking`)."""
    # PostgreSQL: exclusion_violation; SQLite: the words of our own trigger.
    return TAKEN in str(error) or getattr(error.__cause__, "sqlstate", "") == "23P01"


def _locked(episode: Episode, seen: int | None) -> Episode:
    # OF self: the patient row is read along, but only the episode has to wait its turn. NO KEY: others may go on
    # writing rows that point to it, or PostgreSQL has two wait for each other (their foreign keys, our claims).
    fresh = Episode.objects.select_for_update(of=("self",), no_key=True).select_related("patient").get(pk=episode.pk)
    if seen is not None and fresh.revision != seen:
        raise ChangedMeanwhile(
            "Somebody else changed this patient's record while you had the page open. Nothing of yours was saved. "
            "Look at the page again below, then repeat your entry if it is still right."
        )
    return fresh


def _whose(act: Act, episode: Episode | None) -> dict[str, Any]:
    """Return what was to be acted on, as far as it was known when the act was refused."""
    if act.subject or episode is None:
        return {"subject": act.subject, "subject_id": act.subject_id, "patient_id": act.patient_id}
    return {"subject": "Episode", "subject_id": episode.pk, "patient_id": episode.patient_id}


def _audit(act: Act) -> None:
    if not act.subject and act.episode is not None:
        act.about(act.episode)
    append_audit(
        at=act.at,
        actor=act.by,
        actor_name=str(act.by),
        action=act.verb,
        subject=act.subject,
        subject_id=act.subject_id,
        patient_id=act.episode.patient_id if act.episode is not None else act.patient_id,
        details=act.details,
    )
