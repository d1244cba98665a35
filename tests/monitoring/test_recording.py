"""A recording proves itself: whatever is changed in the file, the examination says so in words and never fails."""

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glimmer.care.session.events import (
    Corrected,
    DeviceReadings,
    InfusionChecked,
    InfusionPrepared,
    InfusionStarted,
    NoteWritten,
    SessionEvent,
    SessionOpened,
)
from glimmer.care.session.log import fold
from glimmer.guidance.protocol import protocol, protocol_tables
from glimmer.monitoring.recording import package
from glimmer.monitoring.recording.chain import FORMAT, VERSION, Damaged, canonical, chained, event_row, unchained
from glimmer.monitoring.recording.examine import examine
from glimmer.monitoring.recording.states import state_row, states_at
from glimmer.monitoring.recording.words import state_in_words
from glimmer.monitoring.state import as_received, session_state
from glimmer.vocabulary.parameters import Parameter
from glimmer.vocabulary.readings import Reading

T = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ID, ED = "iv-racemic-standard", "1"


def event(seq: int, seconds: int, what: object, by: str = "Maya Okafor, nurse") -> SessionEvent:
    return SessionEvent(seq, T + seconds * SECOND, T + seconds * SECOND, by, what, None)  # type: ignore[arg-type]


def reading(seq: int, seconds: int, systolic: float) -> SessionEvent:
    at = T + seconds * SECOND
    pressures = (Reading(Parameter.SYSTOLIC, systolic, at, "cuff"), Reading(Parameter.DIASTOLIC, 80, at, "cuff"))
    return event(seq, seconds, DeviceReadings("bay-1-monitor", pressures), "device bay-1-monitor")


EVENTS = (
    event(1, 0, SessionOpened(ID, ED, 2, 35, 40, 70, "Bay 1")),
    event(2, 1, InfusionPrepared("ketamine", "B1", "2027-12-31", 10, 35, 3.5, 50, 0.7, 75)),
    event(3, 2, InfusionChecked(2), "Jo Sparrow, nurse"),
    event(4, 3, InfusionStarted()),
    *(reading(5 + n, 10 + 10 * n, 220 if n > 3 else 128) for n in range(6)),
    event(11, 80, NoteWritten("Comfortable – no complaints")),
    event(12, 90, Corrected(11, "Wrong patient")),
)
HEADER = {
    "format": FORMAT,
    "version": VERSION,
    "glimmer": "0",
    "time_zone": "Europe/London",
    "session": {"id": 7},
    "protocol": {"id": ID, "version": ED, "digest": protocol(ID, ED).digest, "tables": protocol_tables(ID, ED)},
}
MOMENTS = [T + seconds * SECOND for seconds in (0, 30, 60, 90)]


def members(events: tuple[SessionEvent, ...] = EVENTS, header: dict = HEADER) -> dict[str, bytes]:
    return {
        package.SESSION: chained([header, *map(event_row, events)]),
        package.STATES: chained(state_row(state) for state in states_at(EVENTS, MOMENTS)),
        package.RECORD: b"%PDF-1.7 stands for the record",
    }


WHOLE = package.pack(members())


def broken(raw: bytes) -> list[str]:
    return [finding.says for finding in examine(raw).findings if not finding.holds]


def test_whole_file_holds_in_every_respect() -> None:
    examined = examine(WHOLE)
    assert broken(WHOLE) == []
    assert len(examined.findings) >= 6
    assert examined.recording is not None
    assert examined.recording.events == EVENTS


@settings(max_examples=300)
@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
def test_any_byte_that_is_changed_is_noticed(place: int, change: int) -> None:
    raw = bytearray(WHOLE)
    raw[place] ^= change
    assert broken(bytes(raw))


@settings(max_examples=60)
@given(st.integers(0, len(WHOLE) - 1))
def test_file_that_was_cut_off_is_noticed(length: int) -> None:
    assert broken(WHOLE[:length])
    assert broken(WHOLE + b"\x00")


@settings(max_examples=100)
@given(st.binary(max_size=400))
def test_examination_of_anything_at_all_answers_in_words(raw: bytes) -> None:
    assert broken(raw)


def repacked(change: Callable[[dict[str, bytes]], object]) -> bytes:
    """A forger's file: a member changed, and the manifest and the zip made to fit."""
    inside = members()
    change(inside)
    return package.pack(inside)


def lines_changed(change: Callable[[list[bytes]], object]) -> bytes:
    def apply(inside: dict[str, bytes]) -> None:
        lines = inside[package.SESSION].splitlines(keepends=True)
        change(lines)
        inside[package.SESSION] = b"".join(lines)

    return repacked(apply)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda lines: lines.insert(5, lines.pop(6)), "does not carry the digest of the line before"),
        (lambda lines: lines.pop(7), "does not carry the digest of the line before"),
        (lambda lines: lines.append(lines[-1]), "does not carry the digest of the line before"),
        (lambda lines: lines.append(b'{"seq":13}\n'), "does not carry the digest of the line before"),
        (lambda lines: lines.append(b"no json\n"), "it is no JSON"),
        (lambda lines: lines.append(b'{"cut": "of'), "ends in the middle of a line"),
        (lambda lines: lines.clear(), "session.jsonl is empty"),
        (lambda lines: lines.pop(), "give another state"),
    ],
)
def test_lines_that_were_moved_cut_or_added_break_the_chain(change: Callable, says: str) -> None:
    assert says in " ".join(broken(lines_changed(change)))


def test_file_without_states_does_not_hold_but_one_without_a_message_does() -> None:
    assert broken(repacked(lambda inside: inside.update({package.STATES: b""}))) == ["states.jsonl is empty."]
    assert broken(repacked(lambda inside: inside.update({package.MESSAGES: b""}))) == []


def test_missing_and_strange_members_are_named() -> None:
    assert broken(repacked(lambda inside: inside.pop(package.RECORD))) == ["record.pdf is missing."]
    assert broken(repacked(lambda inside: inside.update({"virus.exe": b""})))[0].startswith("virus.exe does not belong")


def test_two_members_of_one_name_are_refused() -> None:
    target = io.BytesIO(WHOLE)
    with zipfile.ZipFile(target, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(package.SESSION, b"other")
    assert broken(target.getvalue()) == ["The file holds two members of one name."]


def test_entries_that_were_chained_anew_no_longer_give_the_states_that_are_printed() -> None:
    calm = tuple(reading(one.seq, 10 * (one.seq - 4), 128) if 5 <= one.seq <= 10 else one for one in EVENTS)
    (says,) = broken(package.pack(members(calm)))
    assert says.startswith("The entries give another state than the record prints, first at 2026-11-23T12:01:00")


def test_gap_in_the_numbers_is_noticed_even_where_the_chain_was_made_anew() -> None:
    without = tuple(one for one in EVENTS if one.seq != 11)
    assert "Entries are missing or out of order." in broken(package.pack(members(without)))


def test_other_tables_under_the_name_of_a_protocol_are_noticed() -> None:
    tables = {**HEADER["protocol"]["tables"], "title": "Another"}  # type: ignore[index]
    forged = {**HEADER, "protocol": {**HEADER["protocol"], "tables": tables}}  # type: ignore[dict-item]
    assert "do not have the digest" in " ".join(broken(package.pack(members(header=forged))))


def test_package_depends_on_its_members_alone() -> None:
    inside = members()
    assert package.pack(dict(reversed(inside.items()))) == WHOLE
    assert package.unpack(WHOLE) == {**inside, package.MANIFEST: package.manifest_of(inside)}


def test_chain_is_the_sha256_of_the_line_before() -> None:
    import hashlib

    first, second = chained([{"b": 1, "a": "ä"}, {"c": None}]).splitlines()
    assert first.decode() == '{"a":"ä","b":1,"previous":""}'
    assert second.decode() == f'{{"c":null,"previous":"{hashlib.sha256(first).hexdigest()}"}}'
    assert unchained(first + b"\n" + second + b"\n", "x") == [{"a": "ä", "b": 1}, {"c": None}]
    with pytest.raises(Damaged):
        unchained(second + b"\n", "x")
    with pytest.raises(ValueError, match="Out of range"):
        canonical({"value": float("nan")})


def test_states_are_the_folds_of_what_had_arrived() -> None:
    for state, moment in zip(states_at(EVENTS, MOMENTS), MOMENTS, strict=True):
        assert state == session_state(as_received(EVENTS, moment), moment)


def test_moment_in_words_names_alarm_value_and_what_had_happened() -> None:
    moment = T + 85 * SECOND
    known = as_received(EVENTS, moment)
    text = "\n".join(state_in_words(session_state(known, moment), fold(known), ZoneInfo("Europe/London")))
    assert text.startswith("As it was seen at 12:01:25 on 23 November 2026: Infusion running.")
    assert "Systolic blood pressure: 220 mmHg, 25 s old" in text
    assert "nobody had taken charge" in text
    assert "12:01:20 Comfortable – no complaints – Maya Okafor, nurse" in text
    assert "marked as wrong" not in text
