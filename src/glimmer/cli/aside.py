"""`glimmer gateway aside`: the messages that the database refused, listed, and delivered once it takes them."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from glimmer.cli.speak import give_up, say, say_json

if TYPE_CHECKING:
    from glimmer.gateway.aside import Aside, SetAside
    from glimmer.gateway.sink import Sink

NOTHING = "Nothing is set aside."
HOW = "Deliver one by its name, or all: glimmer gateway aside --deliver NAME|all"
AWAY = "The database cannot be reached, so nothing more was delivered. What is left stays where it is: try again later."
BECAME = {
    "charted": "charted in session {session}",
    "noted": "stored; nothing in it is charted",
    "quarantined": "stored, and waits on the page Device messages",
    "refused": "stored as refused, on the page Device messages",
    "duplicate": "had been stored before; nothing was stored twice",
}


def aside(
    deliver: Annotated[
        str, typer.Option("--deliver", metavar="NAME|all", help="Deliver this one, or all, to the database.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """List the messages of devices that the database refused, or deliver them once what was wrong is mended.

    For each: its name, when it arrived, sender (MSH-3), control id (MSH-10), size in bytes, and why it lies there.
    Nothing of the list names a patient; the files in spool/aside do. A message is delivered as any that waited on
    disk: judged by what its device was connected to when it arrived, stored once, its file removed after that. What
    is refused again stays, with the newest reason, and the exit code is 1. Safe to stop and to start again, also while
    the gateway runs.

    Example: glimmer gateway aside --deliver all
    """
    from glimmer.cli.django_setup import data_dir, start_django

    start_django()
    from glimmer.gateway.aside import Aside
    from glimmer.gateway.spool import ASIDE

    folder = Aside(data_dir() / "spool" / ASIDE)
    if not deliver:
        _list(folder.entries(), as_json)
        return
    from glimmer.cli.serving_lock import only_one_delivery

    with only_one_delivery(data_dir()):
        _deliver(folder, deliver, as_json)


def _list(entries: "Sequence[SetAside]", as_json: bool) -> None:
    if as_json:
        say_json([asdict(one) for one in entries])
        return
    for one in entries:
        at = f"{one.received_at:%Y-%m-%d %H:%M:%S%z}" if one.received_at else "time not known"
        who = f"from {one.sender or 'nobody named'}, control id {one.control_id or 'none'}"
        say(f"{one.name}\n    arrived {at}, {who}, {one.size:,} bytes\n    {one.reason}")
    say(HOW if entries else NOTHING)


def _deliver(folder: "Aside", name: str, as_json: bool) -> None:
    from glimmer.actions.ports import port
    from glimmer.gateway.aside import chosen

    wanted = chosen(folder.entries(), name)
    if not wanted and name != "all":
        give_up(f"Nothing named {name} is set aside. To see what is: glimmer gateway aside")
    if wanted:
        _audit([one.name for one in wanted])
    sink: Sink = port("bedside_sink")()
    rows = []
    for entry in wanted:
        row = _one(folder, entry, sink)
        rows.append(row)
        if not as_json:
            say(f"{row['name']}: {row['became']}")
    if as_json:
        say_json(rows)
    elif not rows:
        say(NOTHING)
    if not all(row["delivered"] for row in rows):
        raise typer.Exit(1)


def _one(folder: "Aside", entry: "SetAside", sink: "Sink") -> dict[str, object]:
    from datetime import UTC, datetime

    from glimmer.gateway.aside import CannotDeliver
    from glimmer.gateway.sink import SinkUnavailable

    try:
        outcome = folder.deliver(entry, sink, datetime.now(UTC))
    except SinkUnavailable:
        give_up(AWAY)
    except CannotDeliver as problem:
        return {"name": entry.name, "delivered": False, "became": f"stays aside. {problem}"}
    if outcome is None:
        return {"name": entry.name, "delivered": True, "became": "was taken away by somebody else"}
    became = BECAME[outcome.status].format(session=getattr(outcome.detail, "session_id", ""))
    return {"name": entry.name, "delivered": True, "became": became}


def _audit(names: Sequence[str]) -> None:
    """Say in the audit trail, before anything is delivered, that an operator asked for it."""
    from django.db import transaction
    from django.utils import timezone

    from glimmer.records.audit import append_audit

    with transaction.atomic():
        append_audit(
            at=timezone.now(),
            actor_name="command line",
            action="deliver_aside",
            subject="InboundMessage",
            details={"names": list(names)},
        )
