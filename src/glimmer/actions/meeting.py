"""The multidisciplinary meeting: a case put on the list, each member's view, the conclusion with its actions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from django.utils import timezone

from glimmer.actions.act import Act, acting
from glimmer.actions.endings import locked_episode, open_episode
from glimmer.care.meeting import Advice, View, may_advise
from glimmer.records.episodes import Episode
from glimmer.records.meeting import MeetingCase, MeetingConclusion, MeetingView, view_facts, views_of
from glimmer.records.outcomes import Task
from glimmer.records.staff import Staff
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.problems import BadInput, RuleRefused

TASK = "meeting"
OWNERS = (Role.NURSE, Role.PSYCHIATRIST, Role.THERAPIST, Role.PHARMACIST, Role.ADMINISTRATOR)


@dataclass(frozen=True, slots=True)
class MeetingAction:
    """Something the meeting wants done: by which role, and by when."""

    what: str
    owner_role: str
    due_on: date


def put_on_the_list(
    episode: Episode,
    held_on: date,
    question: str,
    *,
    by: Staff,
    seen: int | None = None,
    at: datetime | None = None,
) -> MeetingCase:
    """Put a patient on the list of the meeting of a day, with the question to it."""
    with acting(by, "meeting.put", verb="put_on_the_list", episode=episode, seen=seen, at=at) as act:
        locked = open_episode(act)
        if not question.strip():
            raise BadInput("Say what the meeting is asked.", field="question")
        if held_on < timezone.localtime(act.at).date():
            raise BadInput("The meeting cannot lie before today.", field="held_on")
        if locked.meeting_cases.filter(conclusion__isnull=True).exists():
            raise RuleRefused("This patient waits for a meeting already. Conclude that one first.")
        if locked.meeting_cases.filter(held_on=held_on).exists():
            raise RuleRefused("The meeting of that day has concluded about this patient. Choose another day.")
        stored = MeetingCase.objects.create(
            episode=locked, held_on=held_on, question=question.strip(), put_by=by, put_at=act.at
        )
        act.about(stored)
    return stored


def give_view(
    case: MeetingCase, view: str, says: str, *, by: Staff, seen: int | None = None, at: datetime | None = None
) -> MeetingView:
    """Say what one thinks, and why. A later view of the same member counts instead; both stay."""
    with acting(by, "meeting.view_give", verb="give_view", episode=case.episode, seen=seen, at=at) as act:
        if view not in set(View):
            raise BadInput("Choose your view.", field="view")
        if not says.strip():
            raise BadInput("Say why, in a sentence.", field="says")
        _open(case, act)
        stored = MeetingView.objects.create(case=case, view=view, says=says.strip(), member=by, role=by.role, at=act.at)
        act.about(stored)
        act.note(view=view)
    return stored


def conclude(
    case: MeetingCase,
    advice: str,
    says: str,
    dissent: str = "",
    actions: Sequence[MeetingAction] = (),
    *,
    by: Staff,
    seen: int | None = None,
    at: datetime | None = None,
) -> MeetingConclusion:
    """Write down what the meeting advises, the dissent, and a task for each action. It decides nothing by itself."""
    with acting(by, "meeting.conclude", verb="conclude", episode=case.episode, seen=seen, at=at) as act:
        if advice not in set(Advice):
            raise BadInput("Choose what the meeting advises.", field="advice")
        if not says.strip():
            raise BadInput("Say why the meeting advises this.", field="says")
        locked = _open(case, act)
        verdict = may_advise(view_facts(views_of(case)), Advice(advice), dissent)
        if not verdict.allowed:
            raise RuleRefused("The meeting cannot conclude yet.", reasons=verdict.reasons)
        stored = MeetingConclusion.objects.create(
            case=case,
            advice=advice,
            says=says.strip(),
            dissent=dissent.strip(),
            concluded_by=by,
            concluded_at=act.at,
        )
        for action in actions:
            _raise_task(locked, action, act.at)
        act.about(stored)
        act.note(advice=advice, actions=len(actions))
    return stored


def _open(case: MeetingCase, act: Act) -> Episode:
    locked = locked_episode(act)
    if MeetingConclusion.objects.filter(case=case).exists():
        raise RuleRefused("The meeting has concluded about this patient. Put them on the list of another one.")
    return locked


def _raise_task(episode: Episode, action: MeetingAction, at: datetime) -> None:
    if not action.what.strip():
        raise BadInput("Say what is to be done.", field="action")
    if action.owner_role not in {role.value for role in OWNERS}:
        raise BadInput("Choose who does it.", field="action_owner")
    if action.due_on < timezone.localtime(at).date():
        raise BadInput("The action cannot be due before today.", field="action_due")
    due_at = datetime.combine(action.due_on, time(17), tzinfo=timezone.get_current_timezone()).astimezone(UTC)
    Task.objects.create(
        episode=episode,
        kind=TASK,
        says=f"From the meeting: {action.what.strip()}",
        owner_role=action.owner_role,
        raised_at=at,
        due_at=due_at,
    )
