"""What was not charted is put together as it arrives: alike messages of one device, one after another, are one group.

Everything that cannot be charted gets a group in the transaction that stores it, so nothing drops out of sight.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from glimmer.guidance.figures import figure
from glimmer.records.quarantine import OPEN, QuarantineGroup
from glimmer.vocabulary.readings import Reading

Key = tuple[str, str, str, str, int | None]


@dataclass(frozen=True, slots=True)
class Uncharted:
    """One message that was not charted. `named` is the identity as sent, as JSON; times are aware."""

    device_id: int | None
    device: str
    named: str
    reason: str
    status: str
    connected_to: int | None
    received_at: datetime
    readings: tuple[Reading, ...]

    @property
    def alike(self) -> str:
        """The reason without its numbers: a clock that is 61 s off now and 62 s later is one reason."""
        return re.sub(r"\d+", "#", self.reason)

    @property
    def key(self) -> Key:
        """What messages of one group have in common."""
        return (self.device, self.named, self.alike, self.status, self.connected_to)


def gather(messages: Sequence[Uncharted]) -> list[QuarantineGroup]:
    """Return the group of each message, in order, each counted in. Call it in the transaction that stores them."""
    gap = timedelta(seconds=figure("gateway", "quarantine_gap").value)
    groups = _waiting(messages, gap)
    new: list[QuarantineGroup] = []
    found = []
    for message in messages:
        alike = groups.setdefault(message.key, [])
        group = next((one for one in alike if _fits(one, message.received_at, gap)), None)
        if group is None:
            group = _begun(message)
            alike.append(group)
            new.append(group)
        _count(group, message)
        found.append(group)
    for group in new:
        group.save()
    _keep([group for group in dict.fromkeys(found) if group not in new])
    return found


def _waiting(messages: Sequence[Uncharted], gap: timedelta) -> dict[Key, list[QuarantineGroup]]:
    """Return, locked, the groups that nobody has decided on and that may go on; the newest first."""
    rows = QuarantineGroup.objects.select_for_update().filter(
        state=OPEN,
        device_identifier__in={message.device for message in messages},
        last_at__gte=min(message.received_at for message in messages) - gap,
    )
    found: dict[Key, list[QuarantineGroup]] = {}
    for row in rows.order_by("-pk"):
        key = (row.device_identifier, row.named, row.alike, row.status, row.connected_to_id)
        found.setdefault(key, []).append(row)
    return found


def _fits(group: QuarantineGroup, arrived: datetime, gap: timedelta) -> bool:
    return bool(group.first_at - gap <= arrived <= group.last_at + gap)


def _begun(message: Uncharted) -> QuarantineGroup:
    return QuarantineGroup(
        device_id=message.device_id,
        device_identifier=message.device,
        named=message.named,
        alike=message.alike,
        reason=message.reason,
        status=message.status,
        connected_to_id=message.connected_to,
        first_at=message.received_at,
        last_at=message.received_at,
        count=0,
        values={},
    )


def _count(group: QuarantineGroup, message: Uncharted) -> None:
    group.count += 1
    group.first_at = min(group.first_at, message.received_at)
    group.last_at = max(group.last_at, message.received_at)
    for reading in message.readings:
        value = reading.value
        known: dict[str, Any] | None = group.values.get(reading.parameter.value)
        if known is None:
            group.values[reading.parameter.value] = {"first": value, "last": value, "low": value, "high": value, "n": 1}
        else:
            known["last"], known["n"] = value, known["n"] + 1
            known["low"], known["high"] = min(known["low"], value), max(known["high"], value)


def _keep(groups: Sequence[QuarantineGroup]) -> None:
    if groups:
        QuarantineGroup.objects.bulk_update(groups, ["count", "first_at", "last_at", "values"], batch_size=100)
