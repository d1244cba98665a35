"""Adverse events, near misses and incidents: the list with what is due, the report, and one incident to its closing."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.http import HttpResponse
from django.utils import timezone

from glimmer.actions import incidents as do
from glimmer.actions.yellow_card import card_of, export_card
from glimmer.care.incidents import Incident, Kind, Step, clocks, expected_by_guidance, may_close
from glimmer.care.yellow_card import minimum
from glimmer.guidance import figure
from glimmer.guidance.adverse_events import term
from glimmer.guidance.protocol import protocol
from glimmer.records.access import NotFound, access_episode, access_incident, access_incidents, access_session
from glimmer.records.incidents import IncidentReport, facts
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may
from glimmer.web import incident_forms as forms
from glimmer.web.forms import Form, attempt
from glimmer.web.frame import address
from glimmer.web.gate import StaffRequest, page
from glimmer.web.pages import done, show

MOST_SHOWN = 200
TEXTS = {Step.WROTE: "wrote", Step.OFFICER: "officer", Step.NOTE: "note", Step.REOPENED: "reopened"}


@dataclass(frozen=True, slots=True)
class Row:
    """An incident as the list shows it."""

    report: IncidentReport
    is_overdue: bool

    @property
    def title(self) -> str:
        """What it is in a few words."""
        found = term(self.report.term)
        return found.title if found else Kind(self.report.kind).label


@page("incident.view")
def incidents(request: StaffRequest) -> HttpResponse:
    """List the incidents that the person may see, what is due first."""
    closed = request.GET.get("show") == "closed"
    now = timezone.now()
    found = access_incidents(request.staff).filter(is_closed=closed)
    if closed:
        found = found.order_by("-pk")
    rows = [Row(one, one.due_at is not None and one.due_at < now) for one in found[:MOST_SHOWN]]
    return show(
        request,
        "incidents/list.html",
        title="Incidents",
        here="incidents",
        rows=rows,
        closed=closed,
        reports=may(Role(request.staff.role), "incident.report"),
    )


@page("incident.report", methods=("GET", "POST"))
def incident_new(request: StaffRequest) -> HttpResponse:
    """Report something: from an entry of a session's log, from a patient's page, or by itself."""
    draft = _from(request)
    kinds = list(Kind) if draft.episode is not None else [kind for kind in Kind if kind is not Kind.ADVERSE_EVENT]
    if request.method == "POST":
        form = forms.ReportForm(request.POST, kinds=kinds)
        made: list[IncidentReport] = []
        known = {
            "episode": draft.episode,
            "session": draft.session,
            "log_seq": draft.log_seq,
            "happened_at": draft.happened_at,
        }
        token = str(request.POST.get("form_token", ""))[:40]
        if attempt(
            form,
            lambda data: made.append(do.report_incident(form.draft(**known), by=request.staff, form_token=token)),
        ):
            if may(Role(request.staff.role), "incident.view"):
                return done(request, "It was reported. The clocks are running.", "incident", made[0].pk)
            return done(request, "It was reported. A clinician takes it from here.", "home")
    else:
        first = {"kind": draft.kind.value, "term": draft.term, "what": draft.what} if draft.session else {}
        form = forms.ReportForm(initial=first, kinds=kinds)
    return show(
        request,
        "incidents/new.html",
        title="Report an adverse event or incident",
        here="incidents",
        episode=draft.episode,
        forms=[form],
        form=form,
        draft=draft,
        entries=do.entries_to_report(draft.session) if draft.session is not None and draft.log_seq is None else [],
        token=request.POST.get("form_token") or uuid4().hex,
    )


def _from(request: StaffRequest) -> do.Draft:
    """Return what the address names: `session` and `seq` of an entry of the log, `episode`, or nothing."""
    asked = {name: _number(request.GET.get(name)) for name in ("session", "seq", "episode")}
    if asked["session"] is not None:
        session = access_session(request.staff, asked["session"])
        if asked["seq"] is not None:
            return do.prefilled(session, asked["seq"])
        return do.Draft(Kind.ADVERSE_EVENT, "", episode=session.episode, session=session)
    if asked["episode"] is not None:
        return do.Draft(Kind.ADVERSE_EVENT, "", episode=access_episode(request.staff, asked["episode"]))
    return do.Draft(Kind.SAFETY, "")


def _number(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise NotFound("There is no such record. Go back and choose again.")
    return int(text)


@page("incident.view")
def incident(request: StaffRequest, report_id: int) -> HttpResponse:
    """Show one incident with its clocks, its steps, and what can be added."""
    return _shown(request, access_incident(request.staff, report_id))


@page("incident.add", methods=("POST",))
def incident_step(request: StaffRequest, report_id: int, what: str) -> HttpResponse:
    """Add one step."""
    report = access_incident(request.staff, report_id)
    if what not in {step.value for step in do.FIELDS}:
        raise NotFound("There is no such step. Go back to the incident and choose one of those shown.")
    step = Step(what)
    form = _step_form(step, request.POST)
    if attempt(form, lambda data: do.add_step(report, step, form.body, seen=data["seen"], by=request.staff)):
        return done(request, "It was written down.", "incident", report_id)
    return _shown(request, report, what, form)


@page("incident.assess", methods=("POST",))
def incident_assess(request: StaffRequest, report_id: int) -> HttpResponse:
    """Take a clinician's assessment."""
    report = access_incident(request.staff, report_id)
    form = forms.AssessForm(request.POST, kind=Kind(report.kind))
    if attempt(form, lambda data: do.assess_incident(report, form.assessment, seen=data["seen"], by=request.staff)):
        return done(request, "The assessment was saved.", "incident", report_id)
    return _shown(request, report, "assess", form)


@page("incident.close", methods=("POST",))
def incident_close(request: StaffRequest, report_id: int) -> HttpResponse:
    """Close the review."""
    report = access_incident(request.staff, report_id)
    form = forms.CloseForm(request.POST)

    def close(data: dict[str, Any]) -> None:
        do.close_incident(report, data["review"], data["learned"], data["changes"], seen=data["seen"], by=request.staff)

    if attempt(form, close):
        return done(request, "The incident is closed.", "incident", report_id)
    return _shown(request, report, "close", form)


@page("incident.close", methods=("POST",))
def incident_reopen(request: StaffRequest, report_id: int) -> HttpResponse:
    """Open a closed incident again."""
    report = access_incident(request.staff, report_id)
    form = forms.NoteForm(request.POST, name="reopened")
    if attempt(form, lambda data: do.reopen_incident(report, data["note"], seen=data["seen"], by=request.staff)):
        return done(request, "The incident is open again.", "incident", report_id)
    return _shown(request, report, "reopened", form)


@page("incident.export", methods=("POST",))
def incident_card(request: StaffRequest, report_id: int) -> HttpResponse:
    """Hand out the draft of the Yellow Card as a file."""
    report = access_incident(request.staff, report_id)
    form = forms.ExportForm(request.POST)
    files: list[bytes] = []
    if attempt(form, lambda data: files.append(export_card(report, data["contact"], by=request.staff))):
        response = HttpResponse(files[0], content_type="application/json")
        response["Content-Disposition"] = f'attachment; filename="yellow-card-draft-{report.pk}.json"'
        return response
    return _shown(request, report, "export", form)


def _step_form(step: Step, data: Any = None) -> Any:
    if step in TEXTS:
        return forms.NoteForm(data, name=step.value)
    kinds = {
        Step.OUTCOME: forms.OutcomeForm,
        Step.TOLD: forms.ToldForm,
        Step.CARD: forms.CardForm,
        Step.LFPSE: forms.ReferenceForm,
    }
    return kinds[step](data)


def _made(report: IncidentReport, stands: Incident) -> dict[str, Form]:
    """Return every form of the page, those of the assessment filled with what is known."""
    kind = Kind(report.kind)
    first: dict[str, Any] = {"term": report.term}
    if report.session is not None:
        first["drug"] = protocol(report.session.plan.protocol_id, report.session.plan.protocol_version).drug
    made: dict[str, Form] = {step.value: _step_form(step) for step in do.FIELDS}
    return {
        **made,
        "assess": forms.AssessForm(initial=first, kind=kind),
        "close": forms.CloseForm(),
        "reopened": forms.NoteForm(name="reopened"),
        "export": forms.ExportForm(),
    }


def _shown(request: StaffRequest, report: IncidentReport, what: str = "", posted: Form | None = None) -> HttpResponse:
    now, stands = timezone.localtime(), facts(report)
    made = _made(report, stands)
    if posted is not None:
        made[what] = posted
    steps = do.steps_of(report)
    for form in made.values():
        form.shown_revision = len(steps)
    role = Role(request.staff.role)
    card = card_of(report, reporter=request.staff, contact="known when it is filed", at=now)
    return show(
        request,
        "incidents/incident.html",
        title=str(report),
        here="incidents",
        episode=report.episode if may(role, "patient.view") else None,
        report=report,
        log_address=_log_address(report, role),
        stands=stands,
        steps=steps,
        clocks=clocks(stands),
        now=now,
        term=term(report.term),
        assessed=term(stands.assessment.term) if stands.assessment else None,
        proposed=_proposed(stands),
        words={
            name: figure("incidents", name).value for name in ("serious", "causality", "outcomes", "harm", "grades")
        },
        card=card,
        card_missing=minimum(card).reasons,
        closing=may_close(stands, request.staff.pk, is_officer=role is Role.ACCOUNTABLE_OFFICER),
        made=made,
        forms=[posted] if posted is not None else [],
        can={name for name in ("add", "assess", "close", "export") if may(role, f"incident.{name}")},
        is_officer=role is Role.ACCOUNTABLE_OFFICER,
        trail=[("Incidents", "incidents")],
    )


def _proposed(stands: Incident) -> bool | None:
    made = stands.assessment
    return expected_by_guidance(made.term, made.grade) if made else None


def _log_address(report: IncidentReport, role: Role) -> str:
    if report.session_id is None or not may(role, "session.view"):
        return ""
    return address("session", report.session_id) + (f"#log-{report.log_seq}" if report.log_seq else "")
