"""From messages that arrived to what the log holds: whose are they, chart them or quarantine them, once.

One call is one transaction: the gateway acknowledges a message only after the call has returned. A message
that was sent twice is stored once; one that belongs to nobody certain is kept where a person will look.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson
from django.conf import settings
from django.db import transaction

from glimmer.actions.gathering import Uncharted, gather
from glimmer.actions.live import announce
from glimmer.care.session.events import (
    DeviceAlarm,
    DeviceReadings,
    IdentityContradicted,
    SessionEvent,
    What,
    to_body,
)
from glimmer.monitoring.attribution import Claim, Connected, KnownDevice, Quarantined, attribute
from glimmer.monitoring.identity import may_tell_again
from glimmer.records.inflow import (
    Held,
    Kept,
    Place,
    insert_lines,
    insert_messages,
    keep_last_seq,
    known_messages,
    lock_live_sessions,
    places_of,
)
from glimmer.records.logbook import last_contradiction
from glimmer.vocabulary.readings import Reading

LONGEST_NAME = 200
UNCHARTED = ("quarantined", "refused")
WAITED_AND_MOVED = (
    "It names no patient and waited on disk, and the device is no longer connected as it was then: if this machine's "
    "clock was set, it may be another patient's."
)
WAITED_AND_CLOCK_SET = (
    "It names no patient and waited on disk, and this machine's clock was set meanwhile, or the machine was started "
    "again: when it arrived, and so whose it is, is not certain."
)


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """What the gateway read out of one message.

    `sender` and `control_id` name it, `fingerprint` is the same for its exact repeat ("" where a repeat cannot be
    told). `device` is what the device calls itself, `identifiers` are the patient's as sent (value, authority,
    type). `objection` says in words why nothing of it may be charted ("" when nothing speaks against it);
    `refused` that the sender is told no. `alarm` is what the device reports about itself or the patient, at
    `alarm_at`; `drug` what a pump calls what it gives. `summary` is what a person is shown about the message; its
    key `not_charted` lists each value that the gateway could not understand, with the reason. `received_at` is the
    arrival at the gateway; `logged_at` is later where the message waited on disk before the log could have it, and
    `clock_held` says that nobody set the machine's clock meanwhile.
    """

    sender: str
    control_id: str
    fingerprint: str
    kind: str
    received_at: datetime
    raw: bytes
    device: str = ""
    identifiers: tuple[tuple[str, str, str], ...] = ()
    readings: tuple[Reading, ...] = ()
    alarm: DeviceAlarm | None = None
    alarm_at: datetime | None = None
    drug: str = ""
    objection: str = ""
    refused: bool = False
    summary: dict[str, Any] = field(default_factory=dict)
    logged_at: datetime | None = None
    clock_held: bool = True


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of one message: charted, noted, quarantined, refused or duplicate, and why in words."""

    status: str
    reason: str = ""
    session_id: int | None = None
    message_id: int | None = None


@dataclass(slots=True)
class _Judged:
    """One message to store. `index` is its place in the call; `entries` go into the log of `session_id`.

    `held` is the association that was open when it arrived; `contradicts`: it named another patient than that one's.
    """

    index: int
    facts: MessageFacts
    device: str = ""
    status: str = "quarantined"
    reason: str = ""
    place: Place | None = None
    held: Held | None = None
    contradicts: bool = False
    session_id: int | None = None
    group_id: int | None = None
    entries: list[tuple[What, datetime]] = field(default_factory=list)
    left_out: tuple[str, ...] = ()
    message_id: int | None = None


def chart_messages(
    messages: Sequence[MessageFacts], tell: Callable[[int, Sequence[SessionEvent]], None] = announce
) -> list[Stored]:
    """Store the messages, and what they say in their sessions' logs, in one transaction; one answer each, in order.

    `tell(session_id, events)` is called after the commit for each session that got new events: it makes them
    known to the pages, or keeps them for whoever will. Raises whatever the database raises: then nothing of
    the call was stored, and all can be sent again.

    A message is judged by what its device was connected to when it arrived, also where it waited on disk since; the
    log's line says when it could first be seen.
    """
    with transaction.atomic():
        fresh, repeats = _told_apart(messages)
        places = _places(fresh)
        for one in fresh:
            _judge(one, places.get(one.device))
        _note_contradictions(fresh)
        newest = _still_live(fresh)
        _gather([one for one in fresh if one.status in UNCHARTED])
        for one, number in zip(fresh, insert_messages([_row(one) for one in fresh]), strict=True):
            one.message_id = number
        written = _write_lines(fresh, newest)
        if written:
            transaction.on_commit(lambda: _tell(written, tell))
    answers = {one.index: Stored(one.status, one.reason, _its_session(one), one.message_id) for one in fresh}
    for index, first in repeats.items():
        answers[index] = replace(answers[first] if isinstance(first, int) else _as_before(first), status="duplicate")
    return [answers[index] for index in range(len(messages))]


def _told_apart(messages: Sequence[MessageFacts]) -> tuple[list[_Judged], dict[int, int | Kept]]:
    """Return the messages to store, and for each exact repeat the message of this call, or of the inbox, it repeats."""
    taken: dict[str, int | Kept] = {**known_messages(facts.fingerprint for facts in messages)}
    fresh: list[_Judged] = []
    repeats: dict[int, int | Kept] = {}
    for index, facts in enumerate(messages):
        if facts.fingerprint in taken:
            repeats[index] = taken[facts.fingerprint]
            continue
        if facts.fingerprint:
            taken[facts.fingerprint] = index
        fresh.append(_Judged(index, facts, _device(facts)))
    return fresh, repeats


def _as_before(kept: Kept) -> Stored:
    return Stored(kept.status, kept.reason, kept.session_id, kept.message_id)


def _device(facts: MessageFacts) -> str:
    return _clean(facts.device)[:LONGEST_NAME]


def _clean(text: str) -> str:
    """Return the text without what a database cannot keep: the zero character and halves of characters."""
    if text.isascii() and "\x00" not in text:
        return text  # nearly every text of nearly every message: nothing to do
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def _places(fresh: Sequence[_Judged]) -> dict[str, Place]:
    named = [one for one in fresh if one.device]
    if not named:
        return {}
    return places_of((one.device for one in named), min(one.facts.received_at for one in named))


def _judge(one: _Judged, place: Place | None) -> None:
    """Decide what becomes of one message: nothing is charted unless association and patient agree."""
    facts, one.place = one.facts, place
    one.held = _held(facts, place)
    if facts.objection:
        one.status, one.reason = "refused" if facts.refused else "quarantined", facts.objection
        return
    if facts.kind == "watchdog":
        one.status = "noted"
        return
    local_authority = settings.ENVIRONMENT.local_authority
    connected = _connected(one.held, _doubt(facts, one.held))
    verdict = attribute(_claim(one), _known_device(place), connected, local_authority)
    if isinstance(verdict, Quarantined):
        one.reason, one.contradicts = verdict.reason, verdict.contradicts
        return
    one.session_id, one.left_out = verdict.session_id, verdict.not_charted
    if verdict.readings:
        newest = max(reading.measured_at for reading in verdict.readings)
        values = DeviceReadings(one.device, verdict.readings, drug=_clean(facts.drug)[:LONGEST_NAME])
        one.entries.append((values, min(newest, facts.received_at)))
    if facts.alarm is not None:
        one.entries.append(_alarm_entry(facts.alarm, facts, one.held))
    if one.entries:
        one.status = "charted"
    elif one.left_out or facts.summary.get("not_charted"):
        one.reason = "None of its values could be charted; each has its reason beside it."
    else:
        one.status = "noted"


def _held(facts: MessageFacts, place: Place | None) -> Held | None:
    """Return what the device was connected to when the message arrived, None where it was connected to nothing.

    Only what waited on disk can belong to an association that is over. Were the clock set back after a device was
    moved, what it sends now would else find the session that it was taken from.
    """
    held = place.held_at(facts.received_at) if place is not None else None
    is_over = held is not None and held.until is not None
    return None if is_over and facts.logged_at is None else held


def _doubt(facts: MessageFacts, held: Held | None) -> str:
    """Return why the time of arrival alone does not prove that the device was connected to this session then, or "".

    A message that came at once is the open association's. One that waited on disk is found by its time, and if the
    clock was set, before it came or after, that time may be of when the device was with another patient.
    """
    if facts.logged_at is None or held is None:
        return ""
    if held.until is not None:
        return WAITED_AND_MOVED
    return "" if facts.clock_held else WAITED_AND_CLOCK_SET


def _claim(one: _Judged) -> Claim:
    facts = one.facts
    event_at = facts.alarm_at if facts.alarm is not None else None
    return Claim(one.device, facts.identifiers, facts.readings, facts.received_at, event_at)


def _alarm_entry(alarm: DeviceAlarm, facts: MessageFacts, held: Held | None) -> tuple[What, datetime]:
    """Return an alarm and since when it counts: one that began before the connection may have been another patient's.

    It is not left out, for it may last; it counts from the connection on, and says so.
    """
    at = min(facts.alarm_at or facts.received_at, facts.received_at)
    if held is None or at >= held.since:
        return alarm, at
    return replace(alarm, text=f"{alarm.text} (began before the device was connected here)"), held.since


def _known_device(place: Place | None) -> KnownDevice | None:
    if place is None:
        return None
    return KnownDevice(place.identifier, place.bay, place.bay_is_live, place.is_retired)


def _connected(held: Held | None, doubt: str) -> Connected | None:
    if held is None:
        return None
    return Connected(
        held.session_id,
        held.opened_at,
        held.since,
        held.nhs_number,
        held.local_number,
        held.may_be_unnamed,
        held.has_ended,
        doubt,
    )


def _note_contradictions(fresh: Sequence[_Judged]) -> None:
    """Let the session's log tell that one of its devices names another patient, once in a while, not every second."""
    told: set[tuple[int, str]] = set()
    for one in fresh:
        if not one.contradicts or one.held is None or (one.held.session_id, one.device) in told:
            continue
        told.add((one.held.session_id, one.device))
        if may_tell_again(last_contradiction(one.held.session_id, one.device), _heard_at(one.facts)):
            one.session_id = one.held.session_id
            one.entries = [(IdentityContradicted(one.device), one.facts.received_at)]


def _still_live(fresh: Sequence[_Judged]) -> dict[int, int]:
    """Lock the sessions that are to be written to; what is for a session that has just ended is quarantined."""
    newest = lock_live_sessions({one.session_id for one in fresh if one.entries and one.session_id})
    for one in fresh:
        if one.entries and one.session_id not in newest:
            if not one.contradicts:
                one.status, one.reason = "quarantined", "The session that the device was connected to has just ended."
            one.entries = []
    return newest


def _its_session(one: _Judged) -> int | None:
    """Return whose message it is: one that names another patient is nobody's yet, whatever its device belongs to."""
    return None if one.contradicts else one.session_id


def _gather(uncharted: Sequence[_Judged]) -> None:
    if not uncharted:
        return
    for one, group in zip(uncharted, gather([_uncharted(one) for one in uncharted]), strict=True):
        one.group_id = group.pk


def _uncharted(one: _Judged) -> Uncharted:
    facts = one.facts
    return Uncharted(
        device_id=one.place.device_id if one.place else None,
        device=one.device,
        named=_named(facts.identifiers),
        reason=one.reason,
        status=one.status,
        connected_to=one.held.session_id if one.held else None,
        received_at=facts.received_at,
        readings=facts.readings,
    )


@lru_cache(maxsize=1024)
def _named(identifiers: tuple[tuple[str, str, str], ...]) -> str:
    return orjson.dumps(_clean_all(identifiers)).decode() if identifiers else ""


def _row(one: _Judged) -> dict[str, Any]:
    facts = one.facts
    summary = {**facts.summary, "left_out": list(one.left_out)} if one.left_out else facts.summary
    return {
        "sender": _clean(facts.sender)[:LONGEST_NAME],
        "control_id": _clean(facts.control_id)[:LONGEST_NAME],
        "fingerprint": facts.fingerprint,
        "kind": facts.kind,
        "status": one.status,
        "reason": one.reason,
        "received_at": facts.received_at,
        "device_id": one.place.device_id if one.place else None,
        "device_identifier": one.device,
        "session_id": _its_session(one),
        "group_id": one.group_id,
        "summary": _summary_json(summary),
        "raw": facts.raw,
    }


def _summary_json(summary: dict[str, Any]) -> str:
    """Return the summary as JSON text that a database can keep; looked through only where something needs it."""
    try:
        text = orjson.dumps(summary)
    except orjson.JSONEncodeError:  # halves of characters
        text = b"\\u0000"
    return (orjson.dumps(_clean_all(summary)) if b"\\u0000" in text else text).decode()


def _clean_all(value: Any) -> Any:
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, dict):
        return {_clean(key): _clean_all(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean_all(inner) for inner in value]
    return value


def _write_lines(fresh: Sequence[_Judged], newest: dict[int, int]) -> dict[int, list[SessionEvent]]:
    """Add the events to their logs, numbered in the order of the messages; return them by session."""
    written: dict[int, list[SessionEvent]] = {}
    rows = []
    for one in fresh:
        for what, happened_at in one.entries:
            session_id = one.session_id
            assert session_id is not None  # only a message of a known session has entries
            newest[session_id] += 1
            what = _with_source(what, one.message_id)
            # A replay shows what a nurse could see: a value that waited on disk was not on any page before.
            heard_at = _heard_at(one.facts)
            event = SessionEvent(newest[session_id], happened_at, heard_at, f"device {one.device}", what)
            written.setdefault(session_id, []).append(event)
            rows.append((session_id, event.seq, what.kind, happened_at, event.received_at, event.by, to_body(what)))
    insert_lines(rows)
    keep_last_seq({session_id: newest[session_id] for session_id in written})
    return written


def _heard_at(facts: MessageFacts) -> datetime:
    return facts.logged_at or facts.received_at


def _with_source(what: What, message_id: int | None) -> What:
    if isinstance(what, DeviceReadings):
        # The same as `replace`, which looks up every field: this is the commonest event there is.
        return DeviceReadings(what.device, what.readings, message_id, what.drug, what.attributed)
    return replace(what, message_id=message_id)  # type: ignore[type-var]


def _tell(written: dict[int, list[SessionEvent]], tell: Callable[[int, Sequence[SessionEvent]], None]) -> None:
    for session_id, events in written.items():
        tell(session_id, events)
