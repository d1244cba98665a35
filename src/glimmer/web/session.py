"""The session page: everything about one treatment, in the order of the work, and the presses that move it on.

Each press of `session_presses.PRESSES` has a POST address of its own. What an action refuses comes back on
the page with everything that was typed.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import URLPattern, path, reverse

from glimmer.actions.heard import look
from glimmer.actions.session import preview_preparation
from glimmer.care.outcomes import MEASURE
from glimmer.care.session.words import Line, line_of
from glimmer.guidance.figures import figures
from glimmer.records.access_journey import access_scores
from glimmer.records.outcomes import Score
from glimmer.records.staff import Staff
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import PERMISSIONS, may
from glimmer.web.devices import DEVICE_PRESSES
from glimmer.web.forms import attempt
from glimmer.web.frame import address
from glimmer.web.gate import StaffRequest, page
from glimmer.web.pages import show
from glimmer.web.session_chart import chart_json, table_of
from glimmer.web.session_forms import PressForm
from glimmer.web.session_giving import Working
from glimmer.web.session_presses import PRESSES, Bedside, Press, find
from glimmer.web.session_view import SessionView, session_view

SAVED_BEFORE = (
    "This form had already been saved, so nothing was saved this time. "
    "If you entered something new on it, enter it again on this page."
)
# A tap is sent by the page itself, which stays as it is: its answer is the number of the new line.
BY_SCRIPT = "X-Glimmer-Press"
EACH_OF_MANY = {"override_check": "checks", "override_leaving": "criteria"}


@page("session.view", bedside=True, stands_open="session")
def session(request: StaffRequest, session_id: int) -> HttpResponse:
    """Show one session as it stands now."""
    return _shown(request, find(request, session_id))


def press_patterns() -> list[URLPattern]:
    """Return one address for each press, such as `/sessions/7/pause`."""
    return [
        path(f"sessions/<int:session_id>/{one.name.replace('_', '-')}", _press_view(one), name=f"session_{one.name}")
        for one in (*PRESSES, *DEVICE_PRESSES)
    ]


def _press_view(press: Press) -> Callable[..., HttpResponse]:
    def view(request: StaffRequest, session_id: int) -> HttpResponse:
        bedside = find(request, session_id, press.permission)
        form = press.fields(bedside, request.POST)
        if press.name == "prepare" and not _is_saved(request, form):
            return _worked_out(request, bedside, press, form)
        stored: list[object] = []
        if not attempt(form, lambda data: stored.append(press.do(bedside, form, request))):
            return _shown(request, find(request, session_id), press, form)
        if request.headers.get(BY_SCRIPT) == "tap":
            return JsonResponse({"seq": _first_seq(stored[0])})
        if stored[0]:
            messages.success(request, press.words(bedside))
        else:
            messages.info(request, SAVED_BEFORE)
        return HttpResponseRedirect(f"{reverse('session', args=[session_id])}#{press.part}")

    view.__name__ = view.__qualname__ = f"session_{press.name}"
    view.__doc__ = f"Take the form of the press {press.name!r}."
    return page(press.permission, methods=("POST",), bedside=True)(view)


def _first_seq(stored: Any) -> int | None:
    """Return the number of the line that a press wrote, None where it had been written before."""
    return stored[0].seq if stored else None


def _is_saved(request: StaffRequest, form: Any) -> bool:
    """The working is seen before it is saved, whichever button was pressed."""
    return (form.typed or request.POST.get("do") == "save") and form.is_valid() and form.is_worked


def _worked_out(request: StaffRequest, bedside: Bedside, press: Press, form: Any) -> HttpResponse:
    found: list[Working] = []

    def work_out(data: dict[str, Any]) -> None:
        if form.typed:
            return
        details = form.details()
        worked = preview_preparation(bedside.session, details.vial_concentration_mg_per_ml, details.total_volume_ml)
        found.append(Working.of(worked, bedside.protocol, bedside.log))

    attempt(form, work_out)
    return _shown(request, bedside, press, form, working=found[0] if found else None)


def _shown(
    request: StaffRequest,
    bedside: Bedside,
    press: Press | None = None,
    posted: PressForm | None = None,
    working: Working | None = None,
) -> HttpResponse:
    session = bedside.session
    look()
    view = session_view(session, bedside.log, bedside.protocol, bedside.state, bedside.now)
    return show(
        request,
        "session/page.html",
        title=f"Session {session.number}",
        here="board",
        episode=session.episode,
        step="session",
        forms=[posted] if posted is not None else [],
        trail=[("Chair board", "board"), ("Sessions", "sessions", session.episode_id)],
        session=session,
        protocol=bedside.protocol,
        view=view,
        can=held_by(request.staff.role),
        presses=_forms(bedside, view, press, posted),
        phq9=_phq9_before(request.staff, bedside),
        outcomes_address=address("outcomes", session.episode_id),
        working=working,
        chart=chart_json(bedside.log, bedside.protocol, bedside.state.rounds),
        table=table_of(bedside.log),
        notes=figures("notes"),
        to_correct=_to_correct(bedside, request, press),
        shows_elsewhere=request.GET.get("devices") == "all",
    )


def held_by(role: str) -> frozenset[str]:
    """Return the permissions that a role holds."""
    return frozenset(name for name in PERMISSIONS if may(Role(role), name))


def _forms(bedside: Bedside, view: SessionView, press: Press | None, posted: PressForm | None) -> dict[str, Any]:
    """Return a fresh form for every press, with the posted one in its place."""
    found: dict[str, Any] = {}
    for one in PRESSES:
        if one.name in EACH_OF_MANY:
            among = view.checks if one.name == "override_check" else view.criteria
            found[one.name] = {item.id: one.fields(bedside, None) for item in among if item.can_override}
            for item_id, form in found[one.name].items():
                form.auto_id = f"{one.name}-{item_id}-%s"
        else:
            found[one.name] = one.fields(bedside, None)
    found["observation"].initial["due_minute"] = bedside.round
    if press is not None and posted is not None:
        if press.name in EACH_OF_MANY:
            found[press.name][str(posted.data.get("about", ""))] = posted
        else:
            found[press.name] = posted
    return found


def _phq9_before(by: Staff, bedside: Bedside) -> Score | None:
    """Return the score that was taken before this session, where it is recorded."""
    if not may(Role(by.role), "outcome.view"):
        return None
    scores = access_scores(by, bedside.session.episode).filter(
        instrument=MEASURE, occasion="before_session", replaced_by=None
    )
    return scores.filter(session_number=bedside.session.number).last()


def _to_correct(bedside: Bedside, request: StaffRequest, press: Press | None) -> Line | None:
    wanted = request.POST.get("about", "") if press and press.name == "correct" else request.GET.get("correct", "")
    event = bedside.log.events.get(int(wanted)) if wanted.isascii() and wanted.isdigit() and len(wanted) < 10 else None
    if event is None:
        return None
    line = line_of(event, bedside.log, bedside.protocol)
    return line if line.can_correct else None
