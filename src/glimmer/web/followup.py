"""Follow-up: what happens after the course, and the letters that tell others."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from glimmer.actions.followup import (
    decide_followup,
    drafts_and_letters,
    followup_proposal,
    letter_pdf,
    letters_due,
    sign_letter,
    write_letter,
)
from glimmer.actions.outcomes import outcome_summary
from glimmer.records.access import access_episode, access_letter
from glimmer.records.access_journey import access_followup
from glimmer.records.episodes import Episode
from glimmer.records.followup import Letter
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may
from glimmer.web.forms import Choice, Day, Form, LongText, attempt
from glimmer.web.gate import StaffRequest, page
from glimmer.web.pages import done, show

LETTER_KINDS = (
    ("referral_outcome", "Outcome of the referral"),
    ("patient_decision", "Decision on selection, to the patient in plain words"),
    ("course_summary", "Summary of the course"),
    ("discharge", "Discharge from the clinic"),
    ("urgent_handover", "Urgent hand-over to the referrer"),
)


class FollowUpForm(Form):
    """What happens next, when and why."""

    name = "followup"
    decision = Choice(
        "What happens next?",
        [
            ("review", "A review", "The patient is seen again"),
            ("repeat", "Another course", "A new plan will be prescribed"),
            ("discharge", "Discharge to the referrer", "The journey ends here"),
        ],
        missing="Choose what happens next: a review, another course or discharge.",
    )
    next_on = Day("Date of the next contact", hint="Not needed for a discharge")
    reason = LongText("Reason", missing="Give the reason for this decision.")


class LetterForm(Form):
    """Which letter, and the writer's own words."""

    name = "letter"
    kind = Choice("Which letter?", LETTER_KINDS, missing="Choose which letter to write.")
    note = LongText("Your own paragraph (optional)", hint="The facts on record are filled in for you", rows=4)


class SignForm(Form):
    """Signing asks nothing further."""

    name = "sign"


@page("patient.view")
def followup(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Show what was decided after the course and the letters."""
    return _page(request, access_episode(request.staff, episode_id))


@page("followup.decide", methods=("POST",))
def followup_post(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Record what happens next."""
    episode = access_episode(request.staff, episode_id)
    form = FollowUpForm(request.POST)

    def decide(data: dict[str, Any]) -> None:
        decide_followup(episode, data["decision"], data["next_on"], data["reason"], by=request.staff, seen=data["seen"])

    if attempt(form, decide):
        return done(request, "The decision was recorded.", "followup", episode_id)
    return _page(request, episode, form=form)


@page("letter.write", methods=("POST",))
def letter_post(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Draft a letter from what is on record."""
    episode = access_episode(request.staff, episode_id)
    form = LetterForm(request.POST)
    drafted: list[Letter] = []
    if attempt(
        form,
        lambda data: drafted.append(
            write_letter(episode, data["kind"], note=data["note"], by=request.staff, seen=data["seen"])
        ),
    ):
        return done(request, "The letter was drafted. Read it before it is signed.", "letter", drafted[0].pk)
    return _page(request, episode, letter_form=form)


@page("letter.view")
def letter(request: StaffRequest, letter_id: int) -> HttpResponse:
    """Show a letter as it will be read."""
    return _letter_page(request, access_letter(request.staff, letter_id), SignForm())


@page("letter.sign", methods=("POST",))
def letter_sign(request: StaffRequest, letter_id: int) -> HttpResponse:
    """Sign a draft; from then on it never changes."""
    found = access_letter(request.staff, letter_id)
    form = SignForm(request.POST)
    if attempt(form, lambda data: sign_letter(found, by=request.staff, seen=data["seen"])):
        return done(request, "The letter was signed.", "letter", letter_id)
    return _letter_page(request, found, form)


@page("letter.view", looks="print")
def letter_file(request: StaffRequest, letter_id: int) -> HttpResponse:
    """Return the letter as PDF: the signed one as it was signed, a draft with the draft mark."""
    found = access_letter(request.staff, letter_id)
    response = HttpResponse(letter_pdf(found, by=request.staff), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="letter-{found.pk}.pdf"'
    response["Cache-Control"] = "private, no-store"
    return response


def _letter_page(request: StaffRequest, found: Letter, form: SignForm) -> HttpResponse:
    return show(
        request,
        "letter.html",
        title="Letter",
        here="patients",
        episode=found.episode,
        step="follow-up",
        forms=[form],
        form=form,
        letter=found,
        content=found.content,
        trail=[("Patients", "patients"), ("Follow-up", "followup", found.episode_id)],
    )


def _page(
    request: StaffRequest,
    episode: Episode,
    form: FollowUpForm | None = None,
    letter_form: LetterForm | None = None,
) -> HttpResponse:
    form, letter_form = form or FollowUpForm(), letter_form or LetterForm()
    sees_outcomes = may(Role(request.staff.role), "outcome.view")
    now = timezone.now()
    return show(
        request,
        "followup.html",
        title="Follow-up",
        here="patients",
        episode=episode,
        step="follow-up",
        forms=[form, letter_form],
        form=form,
        letter_form=letter_form,
        decisions=list(access_followup(request.staff, episode)),
        letters=drafts_and_letters(episode) if may(Role(request.staff.role), "letter.view") else [],
        kinds=dict(LETTER_KINDS),
        letters_due=letters_due(episode, now),
        summary=outcome_summary(episode) if sees_outcomes else None,
        proposal=followup_proposal(episode, now) if sees_outcomes else None,
        trail=[("Patients", "patients"), ("Journey", "journey", episode.pk)],
    )
