"""Which protocols this clinic may prescribe: proposed here or brought by Glimmer, approved by two, not retired.

An approval and a retirement are rows of `GuidanceApproval`, added and never changed. A plan pins version and content,
so what is retired here ends no course that runs under it.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from glimmer.guidance import GuidanceError, Protocol, figure, protocol_versions
from glimmer.guidance.protocol import parse_protocol_text
from glimmer.records.access import NotFound, require
from glimmer.records.guidance import GuidanceApproval, GuidanceVersion
from glimmer.records.staff import Staff
from glimmer.vocabulary.people import Role

PROTOCOL, RETIRED = "protocol", "protocol_retired"
# Of the two, one at least decides on treatment in this clinic.
DECIDES = Role.PSYCHIATRIST


@dataclass(frozen=True, slots=True)
class Standing:
    """How one version of a protocol stands in this clinic: who approved it, who retired it, who proposed it."""

    protocol: Protocol
    approvals: tuple[GuidanceApproval, ...] = ()
    retired: GuidanceApproval | None = None
    proposed: GuidanceVersion | None = None

    @property
    def approved_by(self) -> frozenset[int]:
        """The people who approved it, each once."""
        return frozenset(one.approved_by_id for one in self.approvals)

    @property
    def is_approved(self) -> bool:
        """True when as many different people as guidance wants approved it, a psychiatrist among them."""
        roles = {one.approved_by.role for one in self.approvals}
        return len(self.approved_by) >= figure("protocol", "approvals_needed").value and DECIDES.value in roles

    @property
    def may_be_prescribed(self) -> bool:
        """True when a plan may be made with it."""
        return self.is_approved and self.retired is None

    @property
    def state(self) -> str:
        """Where it stands, as a word for a page: `in use`, `retired`, `one approval` or `not approved`."""
        if self.retired is not None:
            return "retired"
        if self.is_approved:
            return "in use"
        return "one approval" if self.approvals else "not approved"


def standings() -> tuple[Standing, ...]:
    """Return every version of every protocol that is known here, by title and then by version, the newest first."""
    given: dict[tuple[str, str, str], list[GuidanceApproval]] = defaultdict(list)
    ended: dict[tuple[str, str, str], GuidanceApproval] = {}
    rows = GuidanceApproval.objects.filter(kind__in=(PROTOCOL, RETIRED)).select_related("approved_by")
    for row in rows.order_by("approved_at", "pk"):
        key = (row.guidance_id, row.version, row.digest)
        if row.kind == RETIRED:
            ended.setdefault(key, row)
        else:
            given[key].append(row)
    found = []
    for known, proposed in _known():
        key = (known.id, known.version, known.digest)
        found.append(Standing(known, tuple(given[key]), ended.get(key), proposed))
    newest_first = sorted(found, key=lambda one: _order(one.protocol), reverse=True)
    return tuple(sorted(newest_first, key=lambda one: one.protocol.title))


def _known() -> Iterator[tuple[Protocol, GuidanceVersion | None]]:
    for built_in in protocol_versions():
        yield built_in, None
    for row in proposed_protocols():
        yield parse_protocol_text(row.document, where=f"{row.guidance_id} {row.version}"), row


def proposed_protocols() -> list[GuidanceVersion]:
    """Return the protocols that were proposed in this clinic, the oldest first."""
    return list(GuidanceVersion.objects.filter(kind=PROTOCOL).select_related("proposed_by"))


def proposed_documents() -> list[str]:
    """Return the documents of the protocols proposed here: where the library looks for what it does not hold."""
    return [row.document for row in proposed_protocols()]


def _order(one: Protocol) -> tuple[int, ...]:
    return tuple(int(part) for part in one.version.split("."))


def prescribable() -> tuple[Protocol, ...]:
    """Return the newest approved version of each protocol, by title; none of one whose newest was retired.

    An older version does not come back by that: it was replaced for a reason, and nobody has looked at it again.
    """
    newest: dict[str, Standing] = {}
    for one in standings():
        if one.is_approved:
            newest.setdefault(one.protocol.id, one)
    return tuple(one.protocol for one in newest.values() if one.may_be_prescribed)


def access_standings(by: Staff) -> tuple[Standing, ...]:
    """Return how every protocol stands, for whoever may see guidance."""
    require(by, "guidance.view")
    return standings()


def access_standing(by: Staff, protocol_id: str, version: str = "") -> Standing:
    """Return how one version stands (the newest unless one is named), or raise NotFound."""
    require(by, "guidance.view")
    found = [one for one in standings() if one.protocol.id == protocol_id]
    if version:
        found = [one for one in found if one.protocol.version == version]
    if not found:
        raise NotFound("There is no such protocol. Choose one from the list of protocols.")
    return found[0]


__all__ = ["GuidanceError", "Standing", "access_standing", "access_standings", "prescribable", "standings"]
