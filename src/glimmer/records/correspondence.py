"""Who else looks after a patient, which words letters are made of, and what was sent to whom: only ever added to."""

from dataclasses import dataclass

from django.db import models
from django.db.models import Q, QuerySet

from glimmer.guidance.letter_templates import LetterKind, LetterTemplate, letter_kinds, parse_template, words_of
from glimmer.records.access import NotFound, require
from glimmer.records.clinics import reached
from glimmer.records.episodes import Episode
from glimmer.records.followup import Letter
from glimmer.records.guidance import GuidanceApproval, GuidanceVersion
from glimmer.records.incidents import IncidentReport
from glimmer.records.looking import note_record, patient_of
from glimmer.records.staff import Staff

LETTER = "letter"
"""The `kind` under which versions and approvals of letter templates are stored."""
WAYS = [
    ("notice", "Notice by e-mail that the letter is ready, without what it says"),
    ("nhsmail", "By NHSmail, sent by hand"),
    ("post", "By post"),
    ("handed", "Handed over"),
    ("other", "Another way"),
]


class CareContact(models.Model):
    """Somebody else who looks after the patient, such as the community team: from `added_at` until `ended_at`."""

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="care_contacts")
    kind = models.CharField(
        max_length=20,
        choices=[("team", "Community team"), ("crisis", "Crisis team"), ("coordinator", "Care coordinator")],
    )
    name = models.CharField(max_length=120)
    organisation = models.CharField(max_length=160, blank=True)
    telephone = models.CharField(max_length=30, blank=True)
    email = models.EmailField(blank=True)
    added_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
    ended_by = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["added_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_by__isnull=True, ended_at__isnull=True)
                | Q(ended_by__isnull=False, ended_at__isnull=False),
                name="care_contact_ended_by_and_at",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="care_contact_has_name"),
        ]


class LetterDispatch(models.Model):
    """A signed letter went to one recipient. `recipient` is who that was then; `digest` the PDF that went."""

    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="dispatches")
    recipient = models.JSONField()
    way = models.CharField(max_length=10, choices=WAYS)
    to_address = models.CharField(max_length=254, blank=True)
    digest = models.CharField(max_length=64)
    sent_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    sent_at = models.DateTimeField()

    class Meta:
        ordering = ["sent_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(way__in=[way for way, _ in WAYS]), name="dispatch_way_known"),
            models.CheckConstraint(condition=~Q(digest=""), name="dispatch_has_digest"),
        ]


class SentInError(models.Model):
    """A letter went where it should not: what happened, what was done, and the incident."""

    dispatch = models.OneToOneField(LetterDispatch, on_delete=models.PROTECT, related_name="error")
    happened = models.TextField()
    did = models.TextField()
    incident = models.OneToOneField(IncidentReport, on_delete=models.PROTECT, related_name="wrong_dispatch")
    reported_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    reported_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(happened="") & ~Q(did=""), name="sent_in_error_says_what_and_done")
        ]


def care_contacts(episode: Episode) -> QuerySet[CareContact]:
    """Return who else looks after the patient now, the longest first."""
    return CareContact.objects.filter(episode=episode, ended_at__isnull=True)


def access_care_contacts(by: Staff, episode: Episode) -> QuerySet[CareContact]:
    """Return who else looks after the patient now, for a person whom `access_episode` let in."""
    require(by, "patient.view")
    return care_contacts(episode)


def access_care_contact(by: Staff, contact_id: int) -> CareContact:
    """Return one such person or team with the patient, or raise NotFound."""
    require(by, "patient.view")
    contacts = CareContact.objects.select_related("episode__patient")
    found = reached(by, contacts, "episode__").filter(pk=contact_id).first()
    if found is None:
        raise NotFound("There is no such contact. Go back to the patient's follow-up page and choose again.")
    note_record(by, found, patient_of(found))
    return found


def dispatches_of(letter: Letter) -> list[LetterDispatch]:
    """Return to whom a letter went, the oldest first, each with its error where there is one."""
    found = LetterDispatch.objects.filter(letter=letter).select_related("sent_by", "error__reported_by")
    return list(found.order_by("sent_at", "pk"))


def access_dispatches(by: Staff, letter: Letter) -> list[LetterDispatch]:
    """Return to whom a letter went, for a person whom `access_letter` let in."""
    require(by, "letter.view")
    return dispatches_of(letter)


def access_dispatch(by: Staff, dispatch_id: int) -> LetterDispatch:
    """Return one sending with its letter and patient, or raise NotFound."""
    require(by, "letter.view")
    rows = LetterDispatch.objects.select_related("letter__episode__patient", "sent_by")
    found = reached(by, rows, "letter__episode__").filter(pk=dispatch_id).first()
    if found is None:
        raise NotFound("There is no such sending. Go back to the letter and choose again.")
    note_record(by, found, found.letter.episode.patient_id)
    return found


def sent_ones(letters: list[Letter]) -> set[int]:
    """Return the keys of those of the letters that went to somebody, sendings in error left out."""
    rows = LetterDispatch.objects.filter(letter__in=letters, error__isnull=True)
    return set(rows.values_list("letter_id", flat=True))


@dataclass(frozen=True, slots=True)
class TemplateVersion:
    """One version of a template as a clinic sees it: its words, who proposed it and why (None: it is shipped)."""

    template: LetterTemplate
    row: GuidanceVersion | None
    approvals: tuple[GuidanceApproval, ...]


def template_in_force(kind: str) -> LetterTemplate:
    """Return the template that letters of a kind are made by: the last approved, or the shipped one."""
    approval = newest_template_approval(kind)
    shipped = letter_kinds()[kind].shipped
    if approval is None or (approval.version, approval.digest) == (shipped.version, shipped.words.digest):
        return shipped
    row = GuidanceVersion.objects.filter(
        kind=LETTER, guidance_id=kind, version=approval.version, digest=approval.digest
    ).first()
    if row is None:
        raise LookupError(f"The approved template {kind} {approval.version} is not stored with the content approved.")
    return _template(row)


def newest_template_approval(kind: str) -> GuidanceApproval | None:
    """Return the approval of a template that counts, or None where nobody has approved one."""
    found = GuidanceApproval.objects.filter(kind=LETTER, guidance_id=kind).select_related("approved_by")
    return found.order_by("-approved_at", "-pk").first()


def template_versions(kind: str) -> list[TemplateVersion]:
    """Return every version of a kind, the shipped one first and then the clinic's own, the newest first."""
    shipped = letter_kinds()[kind].shipped
    approved = list(
        GuidanceApproval.objects.filter(kind=LETTER, guidance_id=kind)
        .select_related("approved_by")
        .order_by("approved_at", "pk")
    )

    def signed(template: LetterTemplate) -> tuple[GuidanceApproval, ...]:
        key = (template.version, template.words.digest)
        return tuple(one for one in approved if (one.version, one.digest) == key)

    rows = GuidanceVersion.objects.filter(kind=LETTER, guidance_id=kind).select_related("proposed_by")
    own = [TemplateVersion(_template(row), row, signed(_template(row))) for row in rows.order_by("-proposed_at", "-pk")]
    kept = [
        one
        for one in own
        if (one.template.version, one.template.words.digest) != (shipped.version, shipped.words.digest)
    ]
    return [TemplateVersion(shipped, None, signed(shipped)), *kept]


def access_template_version(by: Staff, kind: str, version: str) -> TemplateVersion:
    """Return one version of a template, or raise NotFound."""
    require(by, "letter.view")
    access_letter_kind(by, kind)
    found = next((one for one in template_versions(kind) if one.template.version == version), None)
    if found is None:
        raise NotFound("There is no such version of this letter. Go back to the letter and choose again.")
    return found


def access_letter_kind(by: Staff, kind: str) -> LetterKind:
    """Return a kind of letter, or raise NotFound."""
    require(by, "letter.view")
    found = letter_kinds().get(kind)
    if found is None:
        raise NotFound("There is no such letter. Go back to the list of letters and choose again.")
    return found


def _template(row: GuidanceVersion) -> LetterTemplate:
    return parse_template(row.guidance_id, row.version, words_of(row.document))
