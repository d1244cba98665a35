"""Protocols of the clinic: proposed as a file, approved by two named clinicians, retired."""

from datetime import UTC, datetime
from functools import lru_cache

from glimmer.actions.act import acting
from glimmer.care.protocol_check import examine_protocol
from glimmer.guidance import GuidanceError, Protocol
from glimmer.guidance.protocol import on_trial, parse_protocol_text
from glimmer.monitoring.rehearsal import dangers_missed, rehearse
from glimmer.records.guidance import GuidanceApproval, GuidanceVersion, take_turns_approving
from glimmer.records.protocols import PROTOCOL, RETIRED, Standing, standings
from glimmer.records.staff import Staff
from glimmer.vocabulary.problems import BadInput, RuleRefused

MOST_CHARACTERS = 400_000
# The played session has to be on some day; the clock of the clinic plays no part in it.
PLAYED_ON = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def propose_protocol(document: str, reason: str, *, by: Staff, at: datetime | None = None) -> GuidanceVersion:
    """Store a file as a proposed version. It can be prescribed only once two clinicians have approved it."""
    with acting(by, "guidance.propose", verb="propose_protocol", at=at) as act:
        if not reason.strip():
            raise BadInput("Say what is changed and why: the approving clinicians decide by it.", field="reason")
        found = read_protocol(document)
        if any((one.protocol.id, one.protocol.version) == (found.id, found.version) for one in standings()):
            raise BadInput(
                f"There is a version {found.version} of {found.id} already, and a version never changes. "
                "Give this one another.",
                field="document",
            )
        stored = GuidanceVersion.objects.create(
            kind=PROTOCOL,
            guidance_id=found.id,
            version=found.version,
            digest=found.digest,
            document=document,
            reason=reason.strip(),
            proposed_by=by,
            proposed_at=act.at,
        )
        act.about(stored)
        act.note(protocol=found.id, version=found.version, digest=found.digest[:12])
    return stored


def approve_protocol(
    protocol_id: str, version: str, digest: str, reason: str, *, by: Staff, at: datetime | None = None
) -> GuidanceApproval:
    """Approve one version with the content that was looked at, if the check finds nothing wrong with it."""
    with acting(by, "protocol.approve", verb="approve_protocol", at=at) as act:
        take_turns_approving()
        standing = _standing(protocol_id, version, digest)
        _may_sign(by, reason)
        if standing.retired is not None:
            raise RuleRefused("This version is retired. Propose a new one instead.")
        if by.pk in standing.approved_by:
            raise RuleRefused("You have approved this version. Another clinician has to approve it as well.")
        if standing.is_approved:
            raise RuleRefused("Two clinicians have approved this version already.")
        if wrong := faults(standing.protocol):
            raise RuleRefused("This protocol cannot be approved: the check finds it at fault.", reasons=wrong)
        stored = _signed(PROTOCOL, standing, reason, by, act.at)
        act.about(stored)
        act.note(protocol=protocol_id, version=version, digest=digest[:12])
    return stored


def retire_protocol(
    protocol_id: str, version: str, digest: str, reason: str, *, by: Staff, at: datetime | None = None
) -> GuidanceApproval:
    """Let no new plan be made with a version. Courses that run under it go on."""
    with acting(by, "protocol.approve", verb="retire_protocol", at=at) as act:
        take_turns_approving()
        standing = _standing(protocol_id, version, digest)
        _may_sign(by, reason)
        if standing.retired is not None:
            raise RuleRefused("This version is retired already.")
        if not standing.approvals:
            raise RuleRefused("Nobody has approved this version, so it is not in use.")
        stored = _signed(RETIRED, standing, reason, by, act.at)
        act.about(stored)
        act.note(protocol=protocol_id, version=version, digest=digest[:12])
    return stored


def faults(protocol: Protocol) -> tuple[str, ...]:
    """Return what `glimmer protocol check` finds wrong with a protocol."""
    with on_trial(protocol):
        return _faults(protocol.id, protocol.version, protocol.digest)


@lru_cache(maxsize=64)
def _faults(protocol_id: str, version: str, digest: str) -> tuple[str, ...]:
    # By its digest, for the same content has the same faults; it is on trial, so it is found.
    from glimmer.guidance import protocol

    found = protocol(protocol_id, version)
    wrong = examine_protocol(found).wrong
    return wrong or (*rehearse(found, PLAYED_ON).wrong, *dangers_missed(found, PLAYED_ON))


def read_protocol(document: str) -> Protocol:
    """Return a document as a protocol; raise BadInput, field `document`, saying what is wrong with it."""
    if len(document) > MOST_CHARACTERS or "\x00" in document:
        raise BadInput("This cannot be a protocol: it is too long or not plain text.", field="document")
    try:
        return parse_protocol_text(document, where="The document")
    except GuidanceError as problem:
        raise BadInput(str(problem), field="document") from problem


def _standing(protocol_id: str, version: str, digest: str) -> Standing:
    for one in standings():
        if (one.protocol.id, one.protocol.version, one.protocol.digest) == (protocol_id, version, digest):
            return one
    raise BadInput("This is not the protocol that you looked at. Open the page again.", field="")


def _may_sign(by: Staff, reason: str) -> None:
    if not reason.strip():
        raise BadInput("Say why, in a few words.", field="reason")
    if not by.registration.strip():
        raise RuleRefused(
            "Your sign-in holds no professional registration number, which a signature must show. "
            "Ask the clinic's administrator to add it."
        )


def _signed(kind: str, standing: Standing, reason: str, by: Staff, at: datetime) -> GuidanceApproval:
    return GuidanceApproval.objects.create(
        kind=kind,
        guidance_id=standing.protocol.id,
        version=standing.protocol.version,
        digest=standing.protocol.digest,
        reason=reason.strip(),
        approved_by=by,
        approved_at=at,
    )
