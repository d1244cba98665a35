"""The answer that a sender gets: which kind it asked for, and what it says.

MSH-15 and MSH-16 choose: with either one filled (enhanced mode) MSH-15 asks for an accept
acknowledgement (CA, CE, CR) and MSH-16 for an application one (AA, AE, AR); with both empty (original
mode) it is an application one. AL asks always, NE never, ER only for bad news, SU only for good. Source:
HL7 v2.6 chapter 2. An acknowledgement is never itself acknowledged.
"""

from datetime import datetime

from glimmer.gateway.clock import hl7_time
from glimmer.gateway.hl7 import escape
from glimmer.gateway.message import Answer, DeviceMessage

NAME = "GLIMMER"
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
    return mode == "AL" or (mode == "SU" and answer is Answer.STORED) or (mode == "ER" and answer is not Answer.STORED)


def _built(message: DeviceMessage, answer: Answer, level: str, words: str, now: datetime) -> bytes:
    trigger = message.message_type.partition("^")[2]
    kind = f"ACK^{trigger}^ACK" if trigger else "ACK"
    if level == "A":
        kind = RESPONSES.get(message.message_type, kind)
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
        kind,
        f"{level}-{escape(message.control_id)}",
        escape(message.processing) or "P",
        escape(message.version) or "2.6",
    ]
    segments = ["|".join(header), f"MSA|{level}{answer.value}|{escape(message.control_id)}"]
    if answer is not Answer.STORED:
        segments.append(f"ERR|||{_error_code(message)}^HL70357|E||||{escape(words)}")
    return ("\r".join(segments) + "\r").encode("utf-8")


def _error_code(message: DeviceMessage) -> str:
    if message.kind in ("order", "other"):
        return "200^Unsupported message type"
    return "207^Application internal error"
