"""Sending what was posted: by a pluggable sender, after the commit, again where it failed, and never lost.

A message is taken by one sender at a time (`held_until`). The try is on disk before anything leaves, so that a process
that is killed in it leaves a try without an end: after the hold is over the message is sent again, and the record says
that the first may have arrived. Both carry the same message identifier, by which mail systems drop the second.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from glimmer.actions.ports import port
from glimmer.records.outbox import EMAIL, FAILED, KEPT, LINK, SENT, TEXT, WAITING, OutboxMessage, SendingTry
from glimmer.records.sealed import CannotUnseal, unseal

log = logging.getLogger(__name__)

HOLD = timedelta(minutes=2)
"""Longer than any sender may take: whoever took a message and has not ended by then was stopped."""
PAUSES = (1, 5, 15, 60, 240, 720)
"""Minutes until a message that failed is tried again; after the last it has failed for good, and staff see it."""
FORGET_EVERY_SECONDS = 60.0
AFTER_A_FAULT_SECONDS = 10.0
_AWAKE = threading.Event()


@dataclass(frozen=True, slots=True)
class Parcel:
    """What a sender is handed: one message with everything filled in. `identifier` is the same in every try."""

    identifier: str
    channel: str
    address: str
    to_name: str
    subject: str
    words: str
    number: int


class SendingFailed(Exception):
    """It did not go out. `str()` is a sentence for staff without the message's words; `is_final` ends the trying."""

    def __init__(self, says: str, *, is_final: bool = False) -> None:
        super().__init__(says)
        self.is_final = is_final


class Sender(Protocol):
    """Sends a message by e-mail or text message. The settings name the class (`GLIMMER_SENDER`)."""

    name: str
    keeps: bool
    """Whether messages stay in the outbox and go nowhere."""

    def send(self, parcel: Parcel) -> None:
        """Send, or raise SendingFailed; return only once somebody else has taken responsibility for the message."""


class KeptHere:
    """The embedded default: nothing leaves; staff read the message in the outbox and pass it on."""

    name = "outbox"
    keeps = True

    def send(self, parcel: Parcel) -> None:
        """Leave the message where it is."""


def wake() -> None:
    """Let the process's own sender look at once, and not at its next turn."""
    _AWAKE.set()


def deliver_until(stopping: threading.Event, every_seconds: float = 1.0) -> None:
    """Send what is due until `stopping` is set: the sender's thread beside the pages."""
    forgot_at = 0.0
    try:
        while not stopping.is_set():
            _AWAKE.clear()
            pause = every_seconds
            try:
                deliver_due()
                if time.monotonic() - forgot_at > FORGET_EVERY_SECONDS:
                    forgot_at = time.monotonic()
                    forget_links(timezone.now())
            except Exception as problem:
                # The database was away, say. Nothing is lost: what waits is asked for again, a little later.
                log.error("Messages could not be sent now (%s); it is tried again.", type(problem).__name__)
                connection.close()
                pause = AFTER_A_FAULT_SECONDS
            _AWAKE.wait(pause)
    finally:
        connection.close()


def deliver_due(at: Callable[[], datetime] = timezone.now, sender: Sender | None = None, most: int = 200) -> int:
    """Send the messages that are due now, the oldest first; return how many were taken up.

    `at` tells the time, `sender` is that of the settings where none is given.
    """
    taken = 0
    while taken < most and (held := _take(at(), sender)) is not None:
        message, this_try, by = held
        _send(message, this_try, by, at)
        taken += 1
    return taken


def _due(now: datetime) -> QuerySet[OutboxMessage]:
    # A hold that ends later than any could was written by a clock that has since been put back.
    free = Q(held_until__isnull=True) | Q(held_until__lte=now) | Q(held_until__gt=now + HOLD)
    return OutboxMessage.objects.filter(free, state=WAITING, try_at__lte=now).order_by("try_at", "pk")


def _take(now: datetime, sender: Sender | None) -> tuple[OutboxMessage, SendingTry, Sender] | None:
    """Hold the next message that is due and write down that it is being tried; None where nothing is due."""
    while _due(now).exists():
        # One transaction for each: after a long pause thousands may have run out, and none holds up the others.
        with transaction.atomic():
            found = _due(now).select_for_update(of=("self",), skip_locked=connection.vendor == "postgresql").first()
            if found is None:
                return None
            if not found.has_run_out(now):
                return _held(found, sender or port("sender")(), now)
            _give_up(found, now)
    return None


def _held(message: OutboxMessage, by: Sender, now: datetime) -> tuple[OutboxMessage, SendingTry, Sender]:
    message.held_until = now + HOLD
    message.save(update_fields=["held_until"])
    number = message.tries.count() + 1
    return message, SendingTry.objects.create(message=message, number=number, began_at=now, sender=by.name), by


def _give_up(message: OutboxMessage, now: datetime) -> None:
    _end(message, FAILED, now)
    number = message.tries.count() + 1
    SendingTry.objects.create(
        message=message, number=number, began_at=now, sender="none", ended_at=now, outcome=FAILED,
        says="It was too late to send it.",
    )  # fmt: skip


def _send(message: OutboxMessage, this_try: SendingTry, by: Sender, at: Callable[[], datetime]) -> None:
    """Send outside any transaction, then write down what came of it."""
    try:
        by.send(_parcel(message, this_try.number))
    except SendingFailed as problem:
        _write(message, this_try, FAILED, str(problem), problem.is_final, at())
    except CannotUnseal:
        says = "The link cannot be opened: the key of this installation has changed. Make a new invitation."
        _write(message, this_try, FAILED, says, True, at())
    except Exception as problem:
        log.error("A message could not be sent (%s).", type(problem).__name__)
        _write(message, this_try, FAILED, f"The sender failed ({type(problem).__name__}).", False, at())
    else:
        _write(message, this_try, KEPT if by.keeps else SENT, "", True, at())


def _parcel(message: OutboxMessage, number: int) -> Parcel:
    return Parcel(
        identifier=f"glimmer-{message.pk}-{message.posted_at.timestamp():.0f}",
        channel=message.channel,
        address=message.address,
        to_name=message.to_name,
        subject=message.subject,
        words=words_of(message),
        number=number,
    )


def words_of(message: OutboxMessage) -> str:
    """Return the words with the link in them, as far as it is still kept; raise CannotUnseal for a lost key."""
    if not message.sealed_link:
        return message.words
    return message.words.replace(LINK, unseal(message.sealed_link).decode())


def _write(
    message: OutboxMessage, this_try: SendingTry, outcome: str, says: str, is_final: bool, now: datetime
) -> None:
    with transaction.atomic():
        fresh = OutboxMessage.objects.select_for_update(of=("self",)).get(pk=message.pk)
        this_try.outcome, this_try.says, this_try.ended_at = outcome, says[:300], now
        this_try.save(update_fields=["outcome", "says", "ended_at"])
        if fresh.state != WAITING:
            return  # withdrawn while it was on its way: the try says what became of it
        if outcome != FAILED or is_final or this_try.number > len(PAUSES):
            _end(fresh, outcome, now)
            return
        fresh.try_at, fresh.held_until = now + timedelta(minutes=PAUSES[this_try.number - 1]), None
        fresh.save(update_fields=["try_at", "held_until"])


def _end(message: OutboxMessage, outcome: str, now: datetime) -> None:
    message.state, message.ended_at, message.held_until = outcome, now, None
    if outcome == SENT:
        message.sealed_link = ""
    message.save(update_fields=["state", "ended_at", "held_until", "sealed_link"])


def forget_links(now: datetime) -> None:
    """Forget the links of messages that are no longer of use; the outbox is long, so this is done now and then."""
    old = OutboxMessage.objects.exclude(sealed_link="").filter(not_after__lte=now).exclude(state=WAITING)
    keys = list(old.values_list("pk", flat=True)[:100])
    if keys:
        OutboxMessage.objects.filter(pk__in=keys).update(sealed_link="")


__all__ = [
    "EMAIL",
    "HOLD",
    "TEXT",
    "KeptHere",
    "Parcel",
    "Sender",
    "SendingFailed",
    "deliver_due",
    "deliver_until",
    "forget_links",
    "wake",
    "words_of",
]
