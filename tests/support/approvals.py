"""Two clinicians have approved the protocols: what a clinic does before its first plan, stored at once."""

from datetime import UTC, datetime

from glimmer.guidance import protocols
from glimmer.records.guidance import GuidanceApproval
from glimmer.records.models import Staff
from glimmer.records.protocols import PROTOCOL

APPROVED_AT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def approve_all_protocols(*people: Staff) -> None:
    """Store an approval of the newest version of every protocol by each of the people, where there is none yet."""
    if GuidanceApproval.objects.filter(kind=PROTOCOL).exists():
        return
    GuidanceApproval.objects.bulk_create(
        GuidanceApproval(
            kind=PROTOCOL,
            guidance_id=one.id,
            version=one.version,
            digest=one.digest,
            reason="Read through.",
            approved_by=person,
            approved_at=APPROVED_AT,
        )
        for one in protocols()
        for person in people
    )
