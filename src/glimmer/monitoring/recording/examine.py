"""Is this file what a Glimmer once wrote? Each question with its answer in words; nothing here asks a clinic."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from glimmer.care.session.events import SessionEvent
from glimmer.guidance import GuidanceError
from glimmer.guidance.protocol import protocol
from glimmer.guidance.rows import digest_of as digest_of_tables
from glimmer.monitoring.recording import package
from glimmer.monitoring.recording.chain import FORMAT, VERSION, Damaged, canonical, event_of, unchained
from glimmer.monitoring.recording.states import state_row, states_at


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: whether it holds, and in words."""

    holds: bool
    says: str


@dataclass(frozen=True)
class Recording:
    """What a file tells: its header, and its events in the order of storing."""

    header: dict[str, Any]
    rows: tuple[dict[str, Any], ...]

    @cached_property
    def events(self) -> tuple[SessionEvent, ...]:
        """The events."""
        return tuple(event_of(row) for row in self.rows)

    @property
    def session_id(self) -> int:
        """The clinic's number of the session."""
        return int(self.header["session"]["id"])

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the clinic's clock."""
        try:
            return ZoneInfo(self.header["time_zone"])
        except (ZoneInfoNotFoundError, KeyError, ValueError, TypeError):
            raise Damaged("The header names no time zone that this machine knows.") from None


@dataclass(frozen=True)
class Examination:
    """All findings, the overall digest ("" where there is none), and the recording where it could be read."""

    findings: tuple[Finding, ...]
    digest: str = ""
    recording: Recording | None = None

    @property
    def holds(self) -> bool:
        """True when everything that was looked at holds."""
        return all(finding.holds for finding in self.findings)


def examine(raw: bytes) -> Examination:
    """Look at the bytes of a file; never raises, whatever they are."""
    try:
        members = package.unpack(raw)
    except Damaged as problem:
        return Examination((Finding(False, str(problem)),))
    inside = {name: body for name, body in members.items() if name != package.MANIFEST}
    findings = [*_members(members, inside), _bytes_between(raw, members)]
    digest = package.overall_digest(inside)
    try:
        recording = read_session(inside.get(package.SESSION, b""))
        findings.append(Finding(True, f"session.jsonl: {len(recording.rows)} entries, each chained to the one before."))
        findings += [_numbers(recording), _messages(inside)]
        if all(finding.holds for finding in findings):
            # What is not whole is not worked out: it could say anything.
            findings += [_protocol(recording), _states(recording, inside)]
    except Damaged as problem:
        return Examination((*findings, Finding(False, str(problem))), digest)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        return Examination(
            (*findings, Finding(False, "The header or an entry does not have the form it must.")), digest
        )
    return Examination(tuple(findings), digest, recording)


def read_session(raw: bytes) -> Recording:
    """Return the recording in the lines of `session.jsonl`; raise Damaged where they are not whole."""
    header, *rows = _lines(raw, package.SESSION)
    if (header.get("format"), header.get("version")) != (FORMAT, VERSION):
        raise Damaged(f"session.jsonl is not of format {FORMAT} {VERSION}, the one that this Glimmer reads.")
    if not isinstance(header.get("session"), dict) or not isinstance(header["session"].get("id"), int):
        raise Damaged("The header of session.jsonl names no session.")
    return Recording(header, tuple(rows))


def _lines(raw: bytes, name: str) -> list[dict[str, Any]]:
    if not raw:
        raise Damaged(f"{name} is empty.")
    return unchained(raw, name)


def _members(members: dict[str, bytes], inside: dict[str, bytes]) -> list[Finding]:
    missing = [name for name in (*package.REQUIRED, package.MANIFEST) if name not in members]
    strange = sorted(set(inside) - set(package.ORDER))
    findings = [Finding(False, f"{name} is missing.") for name in missing]
    findings += [Finding(False, f"{name} does not belong into such a file.") for name in strange]
    if package.MANIFEST in members:
        same = members[package.MANIFEST] == package.manifest_of(inside)
        says = "every file has the digest that the manifest names" if same else "a file or the manifest was changed"
        findings.append(Finding(same, f"MANIFEST.json: {says}."))
    return findings


def _bytes_between(raw: bytes, members: dict[str, bytes]) -> Finding:
    same = package.is_as_packed(raw, members)
    return Finding(
        same, "No byte stands between the files." if same else "Bytes between or around the files were changed."
    )


def _numbers(recording: Recording) -> Finding:
    seqs = [row.get("seq") for row in recording.rows]
    whole = seqs == list(range(1, len(seqs) + 1)) and bool(seqs)
    return Finding(
        whole, "The entries are numbered without a gap." if whole else "Entries are missing or out of order."
    )


def _messages(inside: dict[str, bytes]) -> Finding:
    if package.MESSAGES not in inside:
        return Finding(True, "The raw messages of the devices were not exported.")
    count = len(unchained(inside[package.MESSAGES], package.MESSAGES))
    return Finding(True, f"messages.jsonl: {count} messages of devices, each chained to the one before.")


def _protocol(recording: Recording) -> Finding:
    told = recording.header.get("protocol", {})
    name = f"{told.get('id')} version {told.get('version')}"
    if digest_of_tables(told.get("tables", {})) != told.get("digest"):
        return Finding(False, f"The tables of the protocol {name} in the header do not have the digest that it names.")
    try:
        same = protocol(told["id"], told["version"]).digest == told["digest"]
    except (KeyError, GuidanceError):
        return Finding(
            False, f"This Glimmer no longer holds the protocol {name}, so it cannot work out the states again."
        )
    says = f"The protocol {name} is the one that this Glimmer holds."
    return Finding(same, says if same else f"This Glimmer holds another protocol under the name {name}.")


def _states(recording: Recording, inside: dict[str, bytes]) -> Finding:
    told = _lines(inside.get(package.STATES, b""), package.STATES)
    try:
        moments = [datetime.fromisoformat(row["at"]) for row in told]
        found = [state_row(state) for state in states_at(recording.events, moments)]
    except (KeyError, TypeError, ValueError, GuidanceError) as problem:
        raise Damaged(f"The states cannot be worked out again: {problem}.") from None
    wrong = [row["at"] for row, again in zip(told, found, strict=True) if canonical(row) != canonical(again)]
    if not wrong:
        return Finding(True, f"The entries give the {len(told)} states that the record prints.")
    says = f"The entries give another state than the record prints, first at {wrong[0]}."
    return Finding(False, f"{says} The file was written by Glimmer {recording.header.get('glimmer')}.")


def in_words(findings: Sequence[Finding]) -> list[str]:
    """Return the findings as lines, what does not hold marked by sign and word."""
    return [f"{'✓' if finding.holds else '✗ NOT'} {finding.says}" for finding in findings]
