"""What happens after the course, and the letters that tell others."""

import hashlib
from datetime import date, datetime
from typing import Any

import orjson
from django.utils import timezone

from glimmer.actions.act import acting
from glimmer.actions.booking import cancel_open_dates
from glimmer.actions.endings import close_episode, locked_episode, open_episode
from glimmer.actions.letters import letter_content, patient_block, recipients_of, signed
from glimmer.actions.outcomes import outcome_summary
from glimmer.actions.ports import port
from glimmer.actions.psychotherapy import give_back_places
from glimmer.care.followup import FollowUpProposal, LetterDue, letter_due, propose_followup
from glimmer.guidance.letter_templates import letter_kinds
from glimmer.records.access import require
from glimmer.records.episodes import Episode
from glimmer.records.followup import FollowUpDecision, Letter
from glimmer.records.sessions import TreatmentSession
from glimmer.records.staff import Staff
from glimmer.vocabulary.problems import BadInput, RuleRefused

DECISIONS = ("review", "repeat", "discharge")


def decide_followup(
    episode: Episode,
    decision: str,
    next_on: date | None,
    reason: str,
    *,
    by: Staff,
    seen: int | None = None,
    at: datetime | None = None,
) -> FollowUpDecision:
    """Decide what happens after the course: a review, another course, or discharge, which ends the journey."""
    with acting(by, "followup.decide", verb="decide_followup", episode=episode, seen=seen, at=at) as act:
        locked = open_episode(act)
        _check_decision(locked, decision, next_on, reason, act.at)
        stored = FollowUpDecision.objects.create(
            episode=locked,
            decision=decision,
            next_on=None if decision == "discharge" else next_on,
            reason=reason.strip(),
            decided_by=by,
            decided_at=act.at,
        )
        if decision == "discharge":
            # First the talks, then the dates: with no talk left, none lies badly to them.
            act.note(places_given_back=give_back_places(act, "Discharged from the clinic."))
            act.note(dates_cancelled=cancel_open_dates(act, "Discharged from the clinic."))
            close_episode(act, "Discharged to the referrer.")
        act.about(stored)
        act.note(decision=decision)
    return stored


def write_letter(
    episode: Episode,
    kind: str,
    *,
    by: Staff,
    note: str = "",
    session: TreatmentSession | None = None,
    seen: int | None = None,
    at: datetime | None = None,
) -> Letter:
    """Draft a letter from what is on record, by the template in force; `note` is the writer's own paragraph.

    `session` is the one that a summary of a session is about, the last that is over where none is given. Nothing is
    sent. Letters may be written after the journey has ended: the last one tells of that end.
    """
    with acting(by, "letter.write", verb="write_letter", episode=episode, seen=seen, at=at) as act:
        locked = locked_episode(act)
        if kind not in letter_kinds():
            raise BadInput("Choose which letter to write.", field="kind")
        letter = Letter.objects.create(
            episode=locked,
            kind=kind,
            recipients=recipients_of(locked, kind),
            content=letter_content(locked, kind, note.strip(), act.at, session),
            written_by=by,
            written_at=act.at,
        )
        act.about(letter)
        act.note(kind=kind, template=letter.content["template"])
    return letter


def sign_letter(letter: Letter, *, by: Staff, seen: int | None = None, at: datetime | None = None) -> Letter:
    """Sign a draft: the exact PDF is made now and kept with its digest. A signed letter never changes."""
    with acting(by, "letter.sign", verb="sign_letter", episode=letter.episode, seen=seen, at=at) as act:
        fresh = Letter.objects.select_for_update(of=("self",)).select_related("episode__patient").get(pk=letter.pk)
        if fresh.signed_at is not None:
            raise RuleRefused("This letter has been signed. Write a new one if something has to be added.")
        if fresh.set_aside_at is not None:
            raise RuleRefused("This draft was set aside. Write a new one if the letter is wanted after all.")
        if fresh.content["patient"] != patient_block(fresh.episode.patient):
            raise RuleRefused(
                "The patient's details have changed since this was drafted, so it would go out with the old ones. "
                "Set this draft aside and write the letter anew."
            )
        if not by.registration.strip():
            raise RuleRefused(
                "Your sign-in holds no professional registration number, which a signed letter must show. "
                "Ask the clinic's administrator to add it."
            )
        fresh.content = signed(fresh.content, by, act.at)
        fresh.pdf = port("render_letter")(fresh.content)
        fresh.pdf_digest = hashlib.sha256(fresh.pdf).hexdigest()
        fresh.signed_by, fresh.signed_at = by, act.at
        fresh.save(update_fields=["content", "pdf", "pdf_digest", "signed_by", "signed_at"])
        act.about(fresh)
        act.note(kind=fresh.kind, digest=fresh.pdf_digest)
    return fresh


def letter_pdf(letter: Letter, *, by: Staff) -> bytes:
    """Return the signed PDF, or for a draft a fresh one that carries the draft mark."""
    require(by, "letter.view")
    if letter.pdf is not None:
        return bytes(letter.pdf)
    rendered: bytes = port("render_letter")(letter.content)
    return rendered


def letter_as_data(letter: Letter, *, by: Staff) -> bytes:
    """Return the letter as a FHIR document (JSON), made from the content that the letter keeps."""
    require(by, "letter.view")
    if "data" not in letter.content:
        raise RuleRefused("This letter was written before letters were kept as data. It can be had as a PDF.")
    document = port("letter_document")(letter.content, letter.pk)
    return orjson.dumps(document, option=orjson.OPT_INDENT_2)


def _check_decision(episode: Episode, decision: str, next_on: date | None, reason: str, now: datetime) -> None:
    if decision not in DECISIONS:
        raise BadInput("Choose what happens next: a review, another course or discharge.", field="decision")
    if not reason.strip():
        raise BadInput("Give the reason for this decision.", field="reason")
    if TreatmentSession.objects.filter(episode=episode, ended_at__isnull=True).exists():
        raise RuleRefused("A session of this patient has not ended. End it before deciding what comes next.")
    if decision == "discharge":
        return
    if next_on is None:
        raise BadInput("Enter the date of the next contact.", field="next_on")
    if next_on <= timezone.localtime(now).date():
        raise BadInput("The next contact must lie after today. Check the date.", field="next_on")


def followup_proposal(episode: Episode, now: datetime) -> FollowUpProposal | None:
    """Return what may come after the course, for a clinician to accept or not; None while no session is over."""
    over = TreatmentSession.objects.filter(episode=episode, ended_at__isnull=False).exclude(phase="cancelled")
    last = over.order_by("-opened_at").values_list("opened_at", flat=True).first()
    if last is None:
        return None
    return propose_followup(outcome_summary(episode), timezone.localtime(last).date(), timezone.localtime(now).date())


def letters_due(episode: Episode, now: datetime) -> tuple[LetterDue, ...]:
    """Return the letters that the decisions of the journey call for and that nobody has signed yet."""
    decided = {
        "referral_outcome": episode.selection_decisions.values_list("decided_at", flat=True).last(),
        "patient_decision": episode.selection_decisions.values_list("decided_at", flat=True).last(),
        "course_summary": episode.followup_decisions.exclude(decision="discharge")
        .values_list("decided_at", flat=True)
        .last(),
        "discharge": episode.followup_decisions.filter(decision="discharge")
        .values_list("decided_at", flat=True)
        .last(),
        "relapse_warning": episode.tasks.filter(kind="relapse")
        .order_by("raised_at", "pk")
        .values_list("raised_at", flat=True)
        .last(),
    }
    due = []
    for kind, moment in decided.items():
        if moment is None:
            continue
        signed_at = (
            episode.letters.filter(kind=kind, signed_at__isnull=False).values_list("signed_at", flat=True).last()
        )
        written_on = timezone.localtime(signed_at).date() if signed_at else None
        one = letter_due(kind, timezone.localtime(moment).date(), written_on, timezone.localtime(now).date())
        due += [one] if one else []
    return tuple(due)


def drafts_and_letters(episode: Episode) -> list[Letter]:
    """Return the letters of a journey, newest first, without their PDFs."""
    found: Any = (
        episode.letters.defer("pdf")
        .select_related("written_by", "signed_by", "set_aside_by")
        .order_by("-written_at", "-pk")
    )
    return list(found)
