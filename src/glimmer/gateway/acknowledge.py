"""The answer that a sender gets: which kind it asked for, and what it says.

MSH-15 and MSH-16 choose: with either one filled (enhanced mode) MSH-15 asks for an accept
acknowledgement (CA, CE, CR) and MSH-16 for an application one (AA, AE, AR); with both empty (original
mode) it is an application one. AL asks always, NE never, ER only for bad news, SU only for good. Source:
HL7 v2.6 chapter 2. An acknowledgement is never itself acknowledged. MSA-2 is MSH-10, letter by letter.
CR and AR mean "never send this again" and CE and AE "send it again": docs/decisions/020.
"""

import re
from datetime import datetime

from glimmer.gateway.clock import hl7_time
from glimmer.gateway.hl7 import escape
from glimmer.gateway.message import Answer, DeviceMessage

NAME = "GLIMMER"
VERSION = re.compile(r"(\d)\.(\d)(?:\.\d)?\Z", re.ASCII)
ERRORS = {
    "100": "Segment sequence error",
    "101": "Required field missing",
    "200": "Unsupported message type",
    "201": "Unsupported event code",
    "207": "Application internal error",
}
"""What is used of HL7 table 0357."""

RESPONSES = {"ORU^R40": "ORA^R41^ORA_R41", "RGV^O15": "RRG^O16^RRG_O16"}
"""Application answers that have a type of their own; every other one is an ACK."""


def answers(message: DeviceMessage, answer: Answer, words: str, now: datetime) -> list[bytes]:
    """Return the acknowledgements to send, unframed: none, one, or two where both kinds were asked for.

    `words` go into the ERR segment of a refusal, for the engineer who reads the device's log.
    """
    if message.kind == "acknowledgement":
        return []
    accept, application = message.accept_mode.upper(), message.application_mode.upper()
    if not accept and not application:
        return [_built(message, answer, "A", words, now)]
    found = []
    if _asked(accept, answer):
        found.append(_built(message, answer, "C", words, now))
    # What was refused at the door gets no second, application-level answer.
    if _asked(application, answer) and (answer is Answer.STORED or not found):
        found.append(_built(message, answer, "A", words, now))
    return found


def _asked(mode: str, answer: Answer) -> bool:
    if mode in ("SU", "ER"):
        return (mode == "SU") == (answer is Answer.STORED)
    # A code that HL7 does not know is no wish for silence: a sender that hears nothing may send for ever.
    return mode not in ("", "NE")


def _built(message: DeviceMessage, answer: Answer, level: str, words: str, now: datetime) -> bytes:
    # Our own control id repeats theirs with the level, so that an answer sent again is the same answer.
    header = [
        "MSH",
        "^~\\&",
        escape(message.receiver) or NAME,
        escape(message.receiving_facility),
        escape(message.sender),
        escape(message.facility),
        hl7_time(now),
        "",
        _kind(message, level),
        f"{level}-{message.control_field}",
        escape(message.processing) or "P",
        escape(message.version) or "2.6",
    ]
    said = f"MSA|{level}{answer.value}|{message.control_field}"
    segments = ["|".join(header), said]
    if answer is not Answer.STORED:
        segments[1:] = _refusal(message, said, words)
    return ("\r".join(segments) + "\r").encode("utf-8")


def _kind(message: DeviceMessage, level: str) -> str:
    """Return MSH-9 of the answer; its third component came with version 2.4."""
    trigger = message.message_type.partition("^")[2]
    if level == "A" and message.message_type in RESPONSES:
        return RESPONSES[message.message_type]
    if not trigger:
        return "ACK"
    return f"ACK^{trigger}" if _is_before(message, 2, 4) else f"ACK^{trigger}^ACK"


def _refusal(message: DeviceMessage, said: str, words: str) -> list[str]:
    """Return MSA and ERR of a refusal. ERR-8 came with version 2.5; before it, words belong into MSA-3."""
    code = message.error or "207"
    if _is_before(message, 2, 5):
        return [f"{said}|{escape(words)}", f"ERR|^^^{code}&{ERRORS[code]}&HL70357"]
    return [said, f"ERR|||{code}^{ERRORS[code]}^HL70357|E||||{escape(words)}"]


def _is_before(message: DeviceMessage, major: int, minor: int) -> bool:
    found = VERSION.match(message.version)
    return found is not None and (int(found[1]), int(found[2])) < (major, minor)
