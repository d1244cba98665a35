"""Versions of guidance that a clinic proposed, and who approved which: added, never changed.

A version is a whole document, kept as it was approved, so that a case can be looked at by the version it was judged
by for as long as the record is kept. `kind` says what it is the guidance of ("selection"); `guidance_id` which, where
a kind has several.
"""

from django.db import connection, models
from django.db.models import Q

from glimmer.guidance import RuleSheet, built_in_sheet, built_in_sheets, parse_sheet
from glimmer.records.access import NotFound, require
from glimmer.records.staff import Staff

SELECTION = "selection"
# Any fixed number, other than the audit's: it names the lock that makes those who approve take turns on PostgreSQL.
_APPROVAL_LOCK = 726_002


class GuidanceVersion(models.Model):
    """A proposed version: the document, its digest, and why it is proposed. It counts once it is approved."""

    kind = models.CharField(max_length=20)
    guidance_id = models.CharField(max_length=80)
    version = models.CharField(max_length=20)
    digest = models.CharField(max_length=64)
    document = models.TextField()
    reason = models.TextField()
    proposed_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()

    class Meta:
        ordering = ["proposed_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "guidance_id", "version"], name="guidance_version_once"),
            models.CheckConstraint(condition=~Q(reason=""), name="guidance_version_has_a_reason"),
        ]


class GuidanceApproval(models.Model):
    """A named clinician's approval of one version with one content. Of a kind with one document the newest counts."""

    kind = models.CharField(max_length=20)
    guidance_id = models.CharField(max_length=80)
    version = models.CharField(max_length=20)
    digest = models.CharField(max_length=64)
    reason = models.TextField()
    approved_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField()

    class Meta:
        ordering = ["approved_at", "pk"]
        indexes = [models.Index(fields=["kind", "guidance_id", "approved_at"])]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="guidance_approval_has_a_reason"),
        ]


def take_turns_approving() -> None:
    """Let whoever approves or retires guidance wait for one who is at it, until the caller's transaction ends.

    Whether a signature is still wanted is read from the signatures that stand: two at once would both find it so.
    SQLite has one writer at a time anyway.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_APPROVAL_LOCK])


def newest_approval() -> GuidanceApproval | None:
    """Return the approval of the selection sheet that counts, or None where nobody has approved any."""
    found = GuidanceApproval.objects.filter(kind=SELECTION).select_related("approved_by")
    return found.order_by("-approved_at", "-pk").first()


def sheet_in_force() -> RuleSheet:
    """Return the selection sheet that is judged by now: the one last approved, or Glimmer's own while none is."""
    approval = newest_approval()
    if approval is None:
        return built_in_sheet()
    found = sheet_with(approval.version, approval.digest)
    if found is None:
        raise LookupError(f"The approved selection sheet {approval.version} is not stored with the content approved.")
    return found


def sheet_with(version: str, digest: str) -> RuleSheet | None:
    """Return the sheet of a version with a content, or None where there is none."""
    return next((one for one in known_sheets() if (one.version, one.digest) == (version, digest)), None)


def sheet_labelled(label: str) -> RuleSheet | None:
    """Return the sheet that a decision pins, or None where it is not among those known here."""
    for one in built_in_sheets():
        if one.label == label:
            return one
    return next((one for one in known_sheets() if one.label == label), None)


def sheet_of_version(version: str) -> RuleSheet | None:
    """Return the sheet of a version, or None where there is none."""
    return next((one for one in known_sheets() if one.version == version), None)


def known_sheets() -> tuple[RuleSheet, ...]:
    """Return Glimmer's own sheets and those proposed in this clinic, approved or not."""
    return (*built_in_sheets(), *(parse_sheet(row.document) for row in proposed_versions()))


def proposed_versions() -> list[GuidanceVersion]:
    """Return the versions of the selection sheet that were proposed here, the oldest first."""
    return list(GuidanceVersion.objects.filter(kind=SELECTION).select_related("proposed_by"))


def approvals() -> list[GuidanceApproval]:
    """Return every approval of a selection sheet, the newest first."""
    found = GuidanceApproval.objects.filter(kind=SELECTION).select_related("approved_by")
    return list(found.order_by("-approved_at", "-pk"))


def access_guidance_versions(by: Staff) -> list[GuidanceVersion]:
    """Return the proposed versions of the selection sheet, the newest first."""
    require(by, "guidance.view")
    return proposed_versions()[::-1]


def access_guidance_version(by: Staff, version_id: int) -> GuidanceVersion:
    """Return one proposed version of the selection sheet, or raise NotFound."""
    require(by, "guidance.view")
    rows = GuidanceVersion.objects.filter(kind=SELECTION).select_related("proposed_by")
    found = rows.filter(pk=version_id).first()
    if found is None:
        raise NotFound("There is no such version of the selection rules. Go back to the rules and choose again.")
    return found


def access_guidance_approvals(by: Staff) -> list[GuidanceApproval]:
    """Return every approval of a selection sheet, the newest first."""
    require(by, "guidance.view")
    return approvals()
