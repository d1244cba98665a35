"""The multidisciplinary meeting: its list, the papers of a case, views, conclusion, actions."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from glimmer.actions.meeting import OWNERS, MeetingAction, conclude, give_view, put_on_the_list
from glimmer.actions.outcomes import outcome_summary
from glimmer.care.meeting import Advice, View
from glimmer.care.staging import maudsley_stage
from glimmer.care.treatment_history import judge_history
from glimmer.records.access import access_episode
from glimmer.records.access_journey import access_meeting_case, access_meeting_cases, access_meeting_list
from glimmer.records.clearance import clearance
from glimmer.records.episodes import Episode
from glimmer.records.meeting import views_of
from glimmer.records.selection import selection_sheet
from glimmer.records.treatment_history import illness_of, trials_of
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may
from glimmer.vocabulary.problems import BadInput
from glimmer.web.forms import Choice, Day, Form, LongText, Pick, Text, attempt
from glimmer.web.gate import StaffRequest, page
from glimmer.web.pages import done, show


class PutForm(Form):
    """A patient for the list of a meeting."""

    name = "put"
    held_on = Day("Day of the meeting", missing="Enter the day of the meeting.")
    question = LongText("What is the meeting asked?", rows=2, missing="Say what the meeting is asked.")


class ViewForm(Form):
    """One's own view."""

    name = "view"
    view = Choice("Your view of treatment", [(one.value, one.label) for one in View], missing="Choose your view.")
    says = LongText("Why?", rows=2, missing="Say why, in a sentence.")


class ConcludeForm(Form):
    """What the meeting advises, the dissent, and one action."""

    name = "conclude"
    advice = Choice(
        "What does the meeting advise?",
        [(one.value, one.label) for one in Advice],
        missing="Choose what the meeting advises.",
        hint="A psychiatrist decides about eligibility on the selection page",
    )
    says = LongText("Why?", missing="Say why the meeting advises this.")
    dissent = LongText("Dissent, in the words of who dissents", rows=2)
    action = Text("An action", max_length=300, hint="Left out where there is none")
    action_owner = Pick("Who does it?", [(role.value, role.label) for role in OWNERS])
    action_due = Day("Done by")

    def actions(self) -> list[MeetingAction]:
        """Return the action, or none; raise BadInput for half of one."""
        data = self.cleaned_data
        given = (data["action"], data["action_owner"], data["action_due"])
        if not any(given):
            return []
        if not all(given):
            raise BadInput("An action says what, who and by when.", field="action")
        return [MeetingAction(*given)]


@page("meeting.read")
def meetings(request: StaffRequest) -> HttpResponse:
    """Show the list: which patients wait for which meeting."""
    cases = access_meeting_list(request.staff)
    return show(request, "meetings.html", title="Meeting list", here="patients", cases=cases)


@page("meeting.read")
def meeting(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Show the papers of a patient, the views and what meetings concluded."""
    return _page(request, access_episode(request.staff, episode_id))


@page("meeting.put", methods=("POST",))
def put_post(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Put a patient on the list."""
    episode = access_episode(request.staff, episode_id)
    form = PutForm(request.POST)

    def put(data: dict[str, Any]) -> None:
        put_on_the_list(episode, data["held_on"], data["question"], by=request.staff, seen=data["seen"])

    if attempt(form, put):
        return done(request, "The patient is on the list of the meeting.", "meeting", episode_id)
    return _page(request, episode, put_form=form)


@page("meeting.view_give", methods=("POST",))
def view_post(request: StaffRequest, case_id: int) -> HttpResponse:
    """Give one's view."""
    case = access_meeting_case(request.staff, case_id)
    form = ViewForm(request.POST)
    # Members write at the same time: another's view does not make this one an old page.
    if attempt(form, lambda data: give_view(case, data["view"], data["says"], by=request.staff)):
        return done(request, "Your view is on record.", "meeting", case.episode_id)
    return _page(request, case.episode, view_form=form)


@page("meeting.conclude", methods=("POST",))
def conclude_post(request: StaffRequest, case_id: int) -> HttpResponse:
    """Write down what the meeting advises."""
    case = access_meeting_case(request.staff, case_id)
    form = ConcludeForm(request.POST)

    def write(data: dict[str, Any]) -> None:
        conclude(
            case,
            data["advice"],
            data["says"],
            data["dissent"],
            form.actions(),
            by=request.staff,
            seen=data["seen"],
        )

    if attempt(form, write):
        return done(request, "What the meeting advises is on record.", "meeting", case.episode_id)
    return _page(request, case.episode, conclude_form=form)


def _page(request: StaffRequest, episode: Episode, **forms: Form) -> HttpResponse:
    role = Role(request.staff.role)
    cases = access_meeting_cases(request.staff, episode)
    waiting = next((case for case in cases if not hasattr(case, "conclusion")), None)
    shown: dict[str, Any] = {
        "put_form": forms.get("put_form") or PutForm(),
        "view_form": forms.get("view_form") or ViewForm(),
        "conclude_form": forms.get("conclude_form") or ConcludeForm(),
    }
    return show(
        request,
        "meeting.html",
        title="Multidisciplinary meeting",
        here="patients",
        episode=episode,
        step="selection",
        forms=list(shown.values()),
        waiting=waiting,
        views=views_of(waiting) if waiting else [],
        concluded=[(case, views_of(case)) for case in cases if hasattr(case, "conclusion")],
        puts=episode.closed_at is None and may(role, "meeting.put"),
        gives=may(role, "meeting.view_give"),
        concludes=may(role, "meeting.conclude"),
        trail=[("Patients", "patients"), ("Journey", "journey", episode.pk), ("Meeting list", "meetings")],
        **_papers(episode),
        **shown,
    )


def _papers(episode: Episode) -> dict[str, Any]:
    """Return what the members read beforehand: drawn together from the record, not written twice."""
    sheet = selection_sheet(episode)
    judged = judge_history(sheet.rules, [row.facts for row in trials_of(episode)])
    return {
        "sheet": sheet,
        "judged": judged,
        "stage": maudsley_stage(illness_of(episode), judged),
        "now": clearance(episode, timezone.now(), sheet),
        "summary": outcome_summary(episode),
    }
