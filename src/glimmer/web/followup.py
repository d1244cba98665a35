"""Follow-up: what happens after the course, and the letters that tell others."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from glimmer.actions.followup import (
    decide_followup,
    drafts_and_letters,
    followup_proposal,
    letters_due,
    write_letter,
)
from glimmer.actions.outcomes import outcome_summary
from glimmer.guidance.letter_templates import letter_kinds
from glimmer.records.access import access_episode
from glimmer.records.access_journey import access_followup, access_sessions_of
from glimmer.records.correspondence import sent_ones
from glimmer.records.episodes import Episode
from glimmer.records.followup import Letter
from glimmer.records.sessions import TreatmentSession
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may
from glimmer.web.forms import Choice, Day, Form, LongText, Pick, attempt
from glimmer.web.gate import StaffRequest, page
from glimmer.web.pages import done, show


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
    kind = Choice(
        "Which letter?",
        [(kind.id, kind.menu) for kind in letter_kinds().values()],
        missing="Choose which letter to write.",
    )
    session = Pick(
        "Which session? (only for the summary of a session)", [], hint="The last one that is over, if you choose none"
    )
    note = LongText("Your own paragraph (optional)", hint="The facts on record are filled in for you", rows=4)

    def __init__(self, *args: Any, sessions: Sequence[TreatmentSession] = (), **more: Any) -> None:
        super().__init__(*args, **more)
        days = [
            (str(one.pk), f"Session {one.number}, {timezone.localtime(one.opened_at):%-d %B %Y}") for one in sessions
        ]
        self.fields["session"].choices = days  # type: ignore[attr-defined]


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
    over = _sessions_over(request, episode)
    form = LetterForm(request.POST, sessions=over)
    drafted: list[Letter] = []

    def draft(data: dict[str, Any]) -> None:
        chosen = next((one for one in over if str(one.pk) == data["session"]), None)
        rest = {"note": data["note"], "session": chosen, "seen": data["seen"]}
        drafted.append(write_letter(episode, data["kind"], by=request.staff, **rest))

    if attempt(form, draft):
        return done(request, "The letter was drafted. Read it before it is signed.", "letter", drafted[0].pk)
    return _page(request, episode, letter_form=form)


def _page(
    request: StaffRequest,
    episode: Episode,
    form: FollowUpForm | None = None,
    letter_form: LetterForm | None = None,
) -> HttpResponse:
    form = form or FollowUpForm()
    letter_form = letter_form or LetterForm(sessions=_sessions_over(request, episode))
    sees_outcomes = may(Role(request.staff.role), "outcome.view")
    now = timezone.now()
    letters = drafts_and_letters(episode) if may(Role(request.staff.role), "letter.view") else []
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
        letters=letters,
        sent=sent_ones(letters),
        kinds={kind.id: kind.menu for kind in letter_kinds().values()},
        letters_due=letters_due(episode, now),
        summary=outcome_summary(episode) if sees_outcomes else None,
        proposal=followup_proposal(episode, now) if sees_outcomes else None,
        trail=[("Patients", "patients"), ("Journey", "journey", episode.pk)],
    )


def _sessions_over(request: StaffRequest, episode: Episode) -> list[TreatmentSession]:
    """Return the sessions that a summary can be about; for who may see no sessions, the last is taken unseen."""
    if not may(Role(request.staff.role), "session.view"):
        return []
    over = access_sessions_of(request.staff, episode).filter(ended_at__isnull=False).exclude(phase="cancelled")
    return list(over.order_by("-opened_at"))
