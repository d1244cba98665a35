"""Versions of the selection rules: proposed as a whole document, compared, and approved by a named clinician."""

from datetime import datetime

from glimmer.actions.act import acting
from glimmer.actions.position import refresh_position
from glimmer.care.selection_compare import Compared, compare_sheets
from glimmer.guidance import GuidanceError, RuleSheet, parse_sheet
from glimmer.records.episodes import Episode
from glimmer.records.guidance import (
    SELECTION,
    GuidanceApproval,
    GuidanceVersion,
    sheet_in_force,
    sheet_of_version,
    take_turns_approving,
)
from glimmer.records.selection import past_cases
from glimmer.records.staff import Staff
from glimmer.vocabulary.problems import BadInput, RuleRefused

MOST_CHARACTERS = 400_000


def propose_rules(document: str, reason: str, *, by: Staff, at: datetime | None = None) -> GuidanceVersion:
    """Store a document as a proposed version. It is judged by only once it is approved."""
    with acting(by, "guidance.propose", verb="propose_rules", at=at) as act:
        if not reason.strip():
            raise BadInput("Say what is changed and why: the approving clinician decides by it.", field="reason")
        sheet = read_sheet(document)
        if sheet_of_version(sheet.version) is not None:
            raise BadInput(
                f"There is a version {sheet.version} already, and a version never changes. Give this one another.",
                field="document",
            )
        stored = GuidanceVersion.objects.create(
            kind=SELECTION,
            guidance_id=SELECTION,
            version=sheet.version,
            digest=sheet.digest,
            document=document,
            reason=reason.strip(),
            proposed_by=by,
            proposed_at=act.at,
        )
        act.about(stored)
        act.note(version=sheet.version, digest=sheet.digest[:12])
    return stored


def approve_rules(version: str, digest: str, reason: str, *, by: Staff, at: datetime | None = None) -> GuidanceApproval:
    """Put a version in force, with the content that was looked at. Cases that were decided keep theirs."""
    with acting(by, "guidance.approve", verb="approve_rules", at=at) as act:
        take_turns_approving()
        if not reason.strip():
            raise BadInput("Say why these rules are to be judged by.", field="reason")
        if not by.registration.strip():
            raise RuleRefused(
                "Your sign-in holds no professional registration number, which an approval must show. "
                "Ask the clinic's administrator to add it."
            )
        sheet = sheet_of_version(version)
        if sheet is None or sheet.digest != digest:
            raise BadInput("These are not the rules that you looked at. Open the page again.", field="")
        if sheet_in_force().digest == digest and GuidanceApproval.objects.filter(kind=SELECTION).exists():
            raise RuleRefused("These rules are in force already.")
        _keep(sheet, by, act.at)
        stored = GuidanceApproval.objects.create(
            kind=SELECTION,
            guidance_id=SELECTION,
            version=version,
            digest=digest,
            reason=reason.strip(),
            approved_by=by,
            approved_at=act.at,
        )
        act.about(stored)
        act.note(version=version, digest=digest[:12], waiting=_judge_anew(act.at))
    return stored


def _keep(sheet: RuleSheet, by: Staff, at: datetime) -> None:
    """Keep what Glimmer brings as it was approved: another release may bring something else under that version."""
    GuidanceVersion.objects.get_or_create(
        kind=SELECTION,
        guidance_id=SELECTION,
        version=sheet.version,
        defaults={
            "digest": sheet.digest,
            "document": sheet.text,
            "reason": "As Glimmer brings it.",
            "proposed_by": by,
            "proposed_at": at,
        },
    )


def _judge_anew(at: datetime) -> int:
    """Work out anew where the patients in selection stand: they are judged by the new rules from now on."""
    waiting = Episode.objects.filter(closed_at__isnull=True, step=SELECTION).order_by("pk")
    locked = list(waiting.select_for_update(of=("self",)).select_related("patient"))
    for episode in locked:
        refresh_position(episode, at)
    return len(locked)


def read_sheet(document: str) -> RuleSheet:
    """Return a document as a sheet; raise BadInput, field `document`, saying what is wrong with it."""
    if len(document) > MOST_CHARACTERS or "\x00" in document:
        raise BadInput("This cannot be a selection sheet: it is too long or not plain text.", field="document")
    try:
        return parse_sheet(document, "The document")
    except GuidanceError as problem:
        raise BadInput(str(problem), field="document") from problem


def compare_past(first: RuleSheet, second: RuleSheet) -> tuple[Compared, ...]:
    """Return every past decision judged by both versions, with what was known when it was taken."""
    return compare_sheets(first, second, past_cases())
