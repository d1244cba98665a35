"""Signs that a message is not whole, or is pieces of two: it is then kept, but nothing of it is charted.

MLLP has no checksum. Bytes lost between two messages (in a hub or a serial line; TCP itself loses none) can leave the
beginning of one and the end of the other as one frame, with the patient of one and the values of the other. What
shows it are a second header or patient, lines that are no segments, a visit below values, and row numbers that jump.
"""

from itertools import pairwise

from glimmer.gateway.hl7 import Hl7Message

PROFILE = "IHE"
"""In MSH-21 of a sender that follows an IHE device profile, and so numbers its rows without a gap."""

COUNTED = [str(number) for number in range(1, 200)]


def repeated(message: Hl7Message, raw: bytes) -> str:
    """Return MSH or PID when the message holds two of them, else "".

    A header counts wherever its encoding characters stand, in the middle of a line too.
    """
    marks = message.separators
    encoding = f"{marks.field}{marks.component}{marks.repetition}{marks.escape}{marks.subcomponent}".encode()
    if len(message.all("MSH")) > 1 or raw.count(encoding) > 1:
        return "MSH"
    return "PID" if len(message.all("PID")) > 1 else ""


def damage(message: Hl7Message) -> str:
    """Return in words what shows that a piece of the message is missing or is not its own, else ""."""
    if message.stray_lines:
        return "A line of the message is no segment, so a piece of it is missing or belongs to another message."
    if not _visit_stands_above(message):
        return "The visit (PV1) stands twice or below values, so a piece of another message may be in this one."
    if not _numbered(message):
        return (
            "The rows of the message are not numbered one after another (OBX-1), so a piece of it is missing or "
            "belongs to another message."
        )
    if _two_devices_in_one_place(message):
        return "Two devices stand in one place of the message (OBX-4, OBX-18), so it may be pieces of two."
    return ""


def _visit_stands_above(message: Hl7Message) -> bool:
    visits, rows = message.all("PV1"), message.all("OBX")
    if not visits or not rows:
        return len(visits) < 2
    return len(visits) == 1 and message.segments.index(visits[0]) < message.segments.index(rows[0])


def _two_devices_in_one_place(message: Hl7Message) -> bool:
    found: dict[str, str] = {}
    return any(found.setdefault(row.raw(4), row.raw(18)) != row.raw(18) for row in message.all("OBX") if row.raw(18))


def _numbered(message: Hl7Message) -> bool:
    """Return whether the rows under each OBR follow each other by their numbers, as far as the sender numbers them.

    A number may be left out, and an OBR's (OBR-1) may stand twice, except by a sender that follows an IHE profile;
    rows that all have the same one count as not numbered.
    """
    rows, reports = message.all("OBX"), message.all("OBR")
    if len(reports) == 1 and [row.raw(1) for row in rows] == COUNTED[: len(rows)]:
        return True  # nearly every message
    strict = PROFILE in message.header.raw(21).upper()
    if strict and not (reports and _goes_up([report.raw(1) for report in reports])):
        return not rows
    last = 0
    for segment in message.segments:
        if segment.name == "OBR":
            last = -abs(last)
        elif segment.name == "OBX" and (sent := segment.raw(1)).isdecimal():
            number = int(sent[:9])
            if last < 0:
                # Under a new OBR a sender begins anew, or goes on.
                last = 0 if number == 1 or not strict else -last
            if not (number == last + 1 if strict else number > last):
                return not strict and _all_alike(message)
            last = number
    return True


def _goes_up(sent: list[str]) -> bool:
    numbers = [int(number[:9]) for number in sent if number.isdecimal()]
    return all(one < other for one, other in pairwise(numbers))


def _all_alike(message: Hl7Message) -> bool:
    return len({row.raw(1) for row in message.all("OBX")}) == 1
