"""HL7 times to aware UTC times.

A time may come with a zone (`+0100`), without one, or cut short. Without one the zone of MSH-7 holds for
the whole message (HL7 v2.6, MSH-7); without that too, the zone of the clinic.

Beside it the clock that nobody can set, which tells whether the machine's own clock was.
"""

import re
import time
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from glimmer.gateway.hl7 import Hl7Problem

CLINIC_ZONE = ZoneInfo("Europe/London")
TIME = re.compile(
    r"(?P<date>\d{8})(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?(?:\.(?P<fraction>\d{1,6})\d{0,12})?(?P<zone>[+-]\d{4})?\Z"
)
ZONE = re.compile(r"[+-]\d{4}\Z")

BOOT = Path("/proc/sys/kernel/random/boot_id")


def uptime() -> float:
    """Return the seconds since this machine was started, also those it slept, by a clock that nobody sets."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


@lru_cache(maxsize=1)
def boot() -> str:
    """Return what tells this start of the machine from any other, "" where the system does not say."""
    try:
        return BOOT.read_text().strip()
    except OSError:
        return ""


def zone_of(text: str) -> tzinfo | None:
    """Return the zone written at the end of an HL7 time, or None when it names none."""
    found = ZONE.search(text.replace(" ", ""))
    return _offset(found.group()) if found else None


@lru_cache(maxsize=4096)
def parse_time(text: str, zone: tzinfo = CLINIC_ZONE) -> datetime:
    """Return an HL7 time as an aware UTC time; `zone` holds where the text names none.

    Raises Hl7Problem for a date without a time of day, or a time that does not exist. In the hour that
    autumn repeats, a time without a zone is read as the first one: a reading may then look an hour
    old, but never fresher than it is.
    """
    found = TIME.match(text.replace(" ", ""))
    if not found:
        raise Hl7Problem("The time is not written as HL7 asks: year, month, day, hour and minute in digits.")
    date, fraction = found["date"], found["fraction"] or "0"
    try:
        moment = datetime(
            int(date[:4]),
            int(date[4:6]),
            int(date[6:]),
            int(found["hour"]),
            int(found["minute"]),
            int(found["second"] or 0),
            int(fraction.ljust(6, "0")),
            tzinfo=_offset(found["zone"]) if found["zone"] else zone,
        )
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as wrong:
        raise Hl7Problem("The time does not exist on a calendar or a clock.") from wrong


def hl7_time(moment: datetime) -> str:
    """Return an aware time as HL7 writes it, to the second, in UTC."""
    return moment.astimezone(UTC).strftime("%Y%m%d%H%M%S+0000")


@lru_cache(maxsize=256)
def _offset(text: str) -> tzinfo:
    minutes = int(text[1:3]) * 60 + int(text[3:5])
    if minutes >= 24 * 60:
        raise Hl7Problem("The time names a zone that does not exist.")
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))
