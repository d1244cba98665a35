"""From bytes that arrived to a message: the same when they arrive and when they come back from the disk."""

import logging
from datetime import datetime, tzinfo

from glimmer.gateway.message import Answer, DeviceMessage, read_message

log = logging.getLogger("glimmer.gateway")

COULD_NOT_READ = "Glimmer failed on this message. It is kept as it came, for an engineer to look at."


def read_arrival(
    raw: bytes, received_at: datetime, zone: tzinfo, problem: str = "", *, again: bool = True
) -> DeviceMessage:
    """Read one message as `read_message` does; a fault of ours costs neither the message nor the connection."""
    try:
        return read_message(raw, received_at, zone, problem, again=again)
    except Exception as fault:
        log.error("a message could not be read", extra={"problem": type(fault).__name__})
        return DeviceMessage(received_at, quarantine=COULD_NOT_READ, answer=Answer.REJECTED)
