"""A bad line between the bays and the gateway: splits, joins, truncations and corruptions, a million of them.

Every patient has recognisable values: the decimals of each saturation and pulse are the patient's own code word of
twelve digits, which damage does not turn into another patient's. So whatever is read shows whose it was. Most of it
runs in this process, through MllpDecoder, read_message and answers, as the server calls them; a share goes through
the real server's socket into a sink that only records. The seed is in the note: `SEED` runs the same faults again.

One kind of loss is counted by itself: the end mark of one message *and* the start mark of the next, with whatever
stood around them. TCP loses no bytes, so only a faulty hub can do that; what is left may be one whole, well-formed
message, and MLLP has no checksum. The gateway quarantines what shows it; the row says how much does not.
"""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from random import Random
from typing import Any

import hl7

from glimmer.gateway.acknowledge import answers
from glimmer.gateway.framing import Frame, MllpDecoder, framed
from glimmer.gateway.message import DeviceMessage, read_message
from glimmer.gateway.server import Gateway, Limits, Outcome, Received

SEED = 20261126
PATIENTS = 500
MESSAGES, SHORT_MESSAGES = 1_000_000, 12_000
ON_SOCKET, SHORT_ON_SOCKET = 50_000, 1_200
WITH_BORDERS_LOST, SHORT_WITH_BORDERS_LOST = 100_000, 6_000
CONNECTIONS = 20
STREAM_OF = 12
"""Messages that follow each other on a line before it is cut into packets."""

FAULTY = 0.6
PARSED_BY_BOTH = 0.02
MOST_GROWTH_MB = 24.0
NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
ANSWER = re.compile(rb"MSA\|([AC][AER])\|([^|\r]*)")
CONTROL_BYTES = (b"\x0b", b"\x1c", b"\x1c\r", b"\r", b"\n", b"|", b"^", b"~", b"\\", b"&", b"MSH|", b"PID|||")


@dataclass
class Tally:
    """What was sent and what came of it.

    `misplaced` are messages in which a value of one patient stood under the name of another; of those, `charted` also
    came by the name of the device that a person had connected to that other patient's session. `borders` counts where
    the end of one message and the start of the next were both lost.
    """

    sent: int = 0
    packets: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    intact: Counter[bytes] = field(default_factory=Counter)
    accepted: Counter[bytes] = field(default_factory=Counter)
    readings: int = 0
    borders: int = 0
    charted: int = 0
    misplaced: list[bytes] = field(default_factory=list)
    wrong_answers: int = 0
    crashes: list[str] = field(default_factory=list)
    parsed_by_both: int = 0
    parsed_differently: int = 0

    def close_stream(self) -> None:
        """Compare what was intact with what was accepted since the last time, and forget both."""
        for control_id, copies in self.intact.items():
            self.wrong_answers += self.accepted[control_id] != copies
        self.intact.clear()
        self.accepted.clear()


def code_word(patient: int) -> str:
    """Return the twelve digits by which a value shows whose it is."""
    return f"{patient:04d}{int.from_bytes(blake2b(b'%d' % patient, digest_size=4).digest()) % 10**8:08d}"


OWNERS = {code_word(patient): patient for patient in range(PATIENTS)}
NAMES = {f"P{code_word(patient)}": patient for patient in range(PATIENTS)}


def vital_signs(patient: int, number: int) -> tuple[bytes, bytes]:
    """Return one intact message and its control id; every one of its values bears the patient's code word."""
    word = code_word(patient)
    control_id = f"{number}-{word}"
    lines = (
        f"MSH|^~\\&|MON^{word}^L|WARD|||20261126120000+0000||ORU^R01^ORU_R01|{control_id}|P|2.6|||AL|NE|||||"
        f"{'IHE_PCD_001^IHE PCD' if patient % 2 else ''}",
        f"PID|||P{word}^^^CLINIC^MR||Example^Zed",
        f"PV1||O|Clinic^^Bay {patient}",
        f"OBR|1||{number}|69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC|||20261126115959+0000",
        f"OBX|1||69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC|1.0.0.0|||||||X|||||||MON-{word}",
        f"OBX|2|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.1.1.1|9{number % 10}.{word}|262688^MDC_DIM_PERCENT^MDC|||||R",
        f"OBX|3|NM|149530^MDC_PULS_OXIM_PULS_RATE^MDC|1.1.1.2|7{number % 10}.{word}|/min|||||R",
    )
    return ("\r".join(lines) + "\r").encode(), control_id.encode()


def _broke_off(sent: bytearray, chance: Random) -> None:
    del sent[chance.randrange(1, len(sent) - 2) :]


def _broke_off_at_a_line(sent: bytearray, chance: Random) -> None:
    ends = [at for at, byte in enumerate(sent[:-2]) if byte == 0x0D]
    del sent[chance.choice(ends or [0]) + 1 :]


def _began_late(sent: bytearray, chance: Random) -> None:
    del sent[: chance.randrange(1, len(sent) - 2)]


def _no_start(sent: bytearray, chance: Random) -> None:
    del sent[0]


def _no_end(sent: bytearray, chance: Random) -> None:
    del sent[-2:]


def _half_an_end(sent: bytearray, chance: Random) -> None:
    del sent[-2]


def _mark_inside(sent: bytearray, chance: Random) -> None:
    at = chance.randrange(1, len(sent) - 2)
    sent[at:at] = chance.choice(CONTROL_BYTES)


def _junk_inside(sent: bytearray, chance: Random) -> None:
    at = chance.randrange(1, len(sent) - 2)
    sent[at:at] = chance.randbytes(chance.randrange(1, 40))


def _byte_lost(sent: bytearray, chance: Random) -> None:
    del sent[chance.randrange(1, len(sent) - 2)]


def _byte_changed(sent: bytearray, chance: Random) -> None:
    sent[chance.randrange(1, len(sent) - 2)] ^= 1 << chance.randrange(8)


def _piece_lost(sent: bytearray, chance: Random) -> None:
    at = chance.randrange(1, len(sent) - 2)
    del sent[at : at + chance.randrange(2, 200)]


def _piece_twice(sent: bytearray, chance: Random) -> None:
    at = chance.randrange(1, len(sent) - 2)
    sent[at:at] = sent[at : at + chance.randrange(2, 200)]


FAULTS: tuple[Callable[[bytearray, Random], None], ...] = (
    _broke_off,
    _broke_off_at_a_line,
    _began_late,
    _no_start,
    _no_end,
    _half_an_end,
    _mark_inside,
    _junk_inside,
    _byte_lost,
    _byte_changed,
    _piece_lost,
    _piece_twice,
)


def stream(first: int, count: int, chance: Random, tally: Tally, lose_borders: bool = False) -> bytes:
    """Return messages of several patients as they come down one bad line, and note in `tally` which are intact."""
    line = bytearray()
    for number in range(first, first + count):
        raw, control_id = vital_signs(chance.randrange(PATIENTS), number)
        sent = bytearray(framed(raw))
        tally.sent += 1
        if chance.random() >= FAULTY:
            copies = 2 if chance.random() < 0.05 else 1
            tally.intact[control_id] += copies
            tally.faults["sent twice"] += copies - 1
            line += sent * copies
            if chance.random() < PARSED_BY_BOTH:
                _parsed_by_both(raw, tally)
            continue
        for fault in chance.choices(FAULTS, k=chance.choice((1, 1, 1, 2, 3))):
            if len(sent) > 4:
                fault(sent, chance)
                tally.faults[fault.__name__.strip("_").replace("_", " ")] += 1
        if line and sent[:1] != b"\x0b" and not line.endswith(b"\x1c\r"):
            tally.borders += lose_borders
            if not lose_borders:
                sent[:0] = b"\x0b"
        line += sent
    return bytes(line)


def packets(data: bytes, chance: Random) -> Iterator[bytes]:
    """Cut a stream where the network might: anywhere."""
    cuts = sorted(chance.randrange(len(data) + 1) for _ in range(chance.randrange(2 + len(data) // 250)))
    for begins, ends in zip([0, *cuts], [*cuts, len(data)], strict=True):
        yield data[begins:ends]


def judge(message: DeviceMessage, raw: bytes, tally: Tally) -> None:
    """Note a message in which a value of one patient stands under the name of another."""
    if not (readings := message.readings):
        return
    named = {NAMES[one.value] for one in message.identifiers if one.value in NAMES}
    for reading in readings:
        owner = OWNERS.get(f"{reading.value:.12f}".partition(".")[2])
        tally.readings += owner is not None
        if owner is not None and named - {owner}:
            tally.misplaced.append(raw)
            tally.charted += named == {NAMES.get(message.device.replace("MON-", "P"))}


def _count_answers(data: bytes, tally: Tally) -> None:
    for code, control_id in ANSWER.findall(data):
        if code in (b"AA", b"CA"):
            tally.accepted[control_id] += 1


def _take(frame: Frame, tally: Tally) -> None:
    """Do with one frame what the server does, without the disk."""
    try:
        message = read_message(frame.data, NOW, problem=frame.problem, again=frame.again)
        judge(message, frame.data, tally)
        if frame.answerable:
            _count_answers(b"".join(answers(message, message.answer, message.quarantine, NOW)), tally)
    except Exception as problem:
        tally.crashes.append(f"{type(problem).__name__}: {frame.data[:200]!r}")


def _parsed_by_both(raw: bytes, tally: Tally) -> None:
    """Read an intact message with PyPI `hl7` as well, and compare whose it is and every value that was charted."""
    theirs: Any = hl7.parse(raw.decode())
    ours = read_message(raw, NOW)
    values = [str(row[5]) for row in theirs.segments("OBX") if str(row[5])]
    same = (
        str(theirs["MSH.F10"]) == ours.control_id
        and str(theirs["PID.F3.R1.C1"]) == ours.identifiers[0].value
        and values == [row.raw_value for row in ours.rows]
        and [float(value) for value in values] == [reading.value for reading in ours.readings]
    )
    tally.parsed_by_both += 1
    tally.parsed_differently += not same


def megabytes() -> float:
    """Return the memory that this process really holds."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 1e6


def in_process(messages: int, tally: Tally, lose_borders: bool = False) -> tuple[float, float]:
    """Run that many messages; return the memory after a tenth of them and at the end, in MB."""
    chance = Random(SEED)
    settled = 0.0
    for first in range(0, messages, STREAM_OF):
        decoder = MllpDecoder()
        for packet in packets(stream(first, STREAM_OF, chance, tally, lose_borders), chance):
            tally.packets += 1
            for frame in decoder.feed(packet):
                _take(frame, tally)
        for frame in decoder.give_up():
            _take(frame, tally)
        tally.close_stream()
        if not settled and first >= messages / 10:
            settled = megabytes()
    return settled, megabytes()


class RecordingSink:
    """Looks at what the server hands over, and keeps none of it."""

    def __init__(self, tally: Tally) -> None:
        self.tally = tally

    def store(self, batch: Sequence[Received]) -> Sequence[Outcome]:
        for one in batch:
            judge(one.message, one.raw, self.tally)
        return [Outcome("charted") for _ in batch]


async def _one_line(port: int, first: int, count: int, tally: Tally) -> None:
    """Send a share down one connection, and read the answers until the last, intact message has its own."""
    chance = Random(SEED + first)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answered = bytearray()

    async def listen() -> None:
        while (data := await reader.read(65_536)) and not answered.endswith(last_answer):
            answered.extend(data)
            if last_id in data and answered.endswith(last_answer):
                return

    last, last_id = vital_signs(0, first + count)
    last_answer = b"|" + last_id + b"\r\x1c\r"
    listener = asyncio.create_task(listen())
    for packet in packets(stream(first, count, chance, tally), chance):
        tally.packets += 1
        writer.write(packet)
        await writer.drain()
    writer.write(framed(last))
    tally.intact[last_id] += 1
    await asyncio.wait_for(listener, 120)
    writer.close()
    _count_answers(bytes(answered), tally)


async def _through_the_socket(messages: int, tally: Tally) -> None:
    gateway = Gateway(RecordingSink(tally), port=0, limits=Limits(messages_per_second=1_000_000))
    await gateway.start()
    share = messages // CONNECTIONS
    port = gateway.address[1]
    await asyncio.gather(*(_one_line(port, 10**7 + n * 10**5, share, tally) for n in range(CONNECTIONS)))
    await gateway.stop()
    tally.close_stream()


def rows(*, short: bool = False) -> list[dict[str, Any]]:
    """Return a row for each claim; what went wrong first is shown in the note."""
    inside, outside, borders = Tally(), Tally(), Tally()
    began = time.perf_counter()
    settled, ended = in_process(SHORT_MESSAGES if short else MESSAGES, inside)
    minutes = (time.perf_counter() - began) / 60
    asyncio.run(_through_the_socket(SHORT_ON_SOCKET if short else ON_SOCKET, outside))
    in_process(SHORT_WITH_BORDERS_LOST if short else WITH_BORDERS_LOST, borders, lose_borders=True)
    crashes = [crash for tally in (inside, outside, borders) for crash in tally.crashes]
    grown = f"{ended - settled:.1f} MB grown since the first tenth, {ended:.0f} MB held; {minutes:.1f} min"
    differs = f"{inside.parsed_differently} of {inside.parsed_by_both:,} intact messages"
    return [
        *_about("in process", inside),
        *_about("through the socket", outside),
        _row("no bytes make the reader fail", "0", str(len(crashes)), not crashes, crashes[:1]),
        _row("memory stays flat", f"under {MOST_GROWTH_MB:.0f} MB", grown, ended - settled < MOST_GROWTH_MB),
        _row("intact messages read as PyPI hl7 reads them", "0", differs, not inside.parsed_differently),
        _row(
            "bytes lost across the border of two messages, which TCP excludes",
            "reported",
            f"{len(borders.misplaced)} messages of {borders.borders:,} such losses bear another's value, and "
            f"{borders.charted} of them also the name of the device connected there; {borders.sent:,} messages",
            None,
        ),
    ]


def _about(where: str, tally: Tally) -> list[dict[str, Any]]:
    faults = sum(tally.faults.values())
    sent = f"{tally.sent:,} messages of {PATIENTS} patients, {faults:,} faults, {tally.packets:,} packets, {where}"
    misplaced = f"{len(tally.misplaced)} messages; {tally.readings:,} readings from {sent}"
    wrong = f"{tally.wrong_answers} with none or several; {sent}"
    return [
        _row("no reading lands on another patient", "0", misplaced, not tally.misplaced, tally.misplaced[:1]),
        _row("every intact message is acknowledged once, by its own id", "0", wrong, not tally.wrong_answers),
    ]


def _row(claim: str, aim: str, measured: str, met: bool | None, first: Sequence[Any] = ()) -> dict[str, Any]:
    note = f"seed {SEED}" + "".join(f"; first: {one!r}" for one in first)
    return {"job": "framing", "claim": claim, "aim": aim, "measured": measured, "met": met, "note": note}
