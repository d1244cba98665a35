"""Device messages that were not charted: a worklist of groups, what each holds, and the decision about it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.http import HttpResponse

from glimmer.actions import quarantine as do
from glimmer.actions.quarantine import access_group
from glimmer.actions.worklist import Listed
from glimmer.monitoring.attribution import ANOTHER, NOBODY, THIS, UNKNOWN
from glimmer.records.access import access_message, messages_of_group, patients_named, sees_sessions
from glimmer.records.looking import note_patients
from glimmer.records.quarantine import QuarantineDecision, QuarantineGroup
from glimmer.records.staff import Staff
from glimmer.vocabulary.parameters import FORMS, Parameter
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may
from glimmer.web.forms import Choice, Form, Several, Text, attempt
from glimmer.web.gate import StaffRequest, page
from glimmer.web.jinja import shown_time
from glimmer.web.lists import asked_number, page_links
from glimmer.web.pages import done, show

PAGE_SIZE = 25
NEWEST_MESSAGES = 10
SIGNS = {"open": "▲", "proposed": "▶", "attributed": "✓", "discarded": "–"}


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One group as the worklist shows it. `named` are the identities as sent, each with the patient where known."""

    group: QuarantineGroup
    sign: str
    named: tuple[str, ...]
    values: tuple["Extremes", ...]


@dataclass(frozen=True, slots=True)
class Extremes:
    """What a group holds of one parameter, in words with units."""

    name: str
    short: str
    first: str
    last: str
    low: str
    high: str
    count: int


class ReasonForm(Form):
    """Why something is decided."""

    name = "reason"
    reason = Text("Reason", missing="Say why. A few words are enough.", max_length=do.LONGEST_REASON, width="")


SURE = [("yes", "I know that these messages name somebody else, and that the values are this patient's all the same")]
NAMED = {
    ANOTHER: "▲ The messages name somebody else",
    THIS: "The messages name this patient",
    NOBODY: "The messages name nobody",
    UNKNOWN: "The messages name a number that is not known here",
}


class ConfirmForm(Form):
    """A second person's word."""

    name = "confirm"
    sure = Several("The messages name somebody else", SURE)


class ProposeForm(Form):
    """Whose messages these are, and how the person knows."""

    name = "propose"
    sure = Several("If the messages name somebody else", SURE)
    reason = Text("How you know", missing="Say how you know whose values these are.", max_length=500, width="")

    def __init__(self, *args: Any, group: QuarantineGroup, by: Staff, **more: Any) -> None:
        super().__init__(*args, **more)
        told = [(one, do.whom_named(group, one)) for one in do.sessions_for(group, by)]
        self.elsewhere = do.sessions_then(group).count() - len(told)
        self.patients = {one.episode.patient_id for one, _ in told}
        choices = [
            (
                str(one.pk),
                f"{one.episode.patient.name}, {one.bay.name}",
                f"Session {one.number}, from {shown_time(one.opened_at)} to {shown_time(one.ended_at) or 'now'}. "
                f"{NAMED[named]}.",
            )
            for one, named in told
        ]
        if ANOTHER not in {named for _, named in told}:
            del self.fields["sure"]
        self.fields["session"] = Choice(
            "Session that was live when these arrived", choices, missing="Choose the session."
        )
        self.order_fields(["session", "sure", "reason"])


@page("quarantine.view")
def quarantine(request: StaffRequest) -> HttpResponse:
    """List the groups that wait for a decision, or those that have one, the newest first."""
    decided = request.GET.get("show") == "decided"
    found = do.groups(request.staff, decided=decided)
    total = found.count()
    last = max(1, -(-total // PAGE_SIZE))
    number = min(max(asked_number(request.GET, "page"), 1), last)
    rows = list(found[(number - 1) * PAGE_SIZE : number * PAGE_SIZE])
    listed: Listed[Any] = Listed(rows=_rows(request.staff, rows), number=number, total=total, size=PAGE_SIZE)
    return show(
        request,
        "quarantine.html",
        title="Device messages not charted",
        here="quarantine",
        listed=listed,
        decided=decided,
        links=page_links(request, listed),
    )


@page("quarantine.view")
def group(request: StaffRequest, group_id: int) -> HttpResponse:
    """Show one group: what it holds, what was decided, and what can be decided."""
    return _shown(request, access_group(request.staff, group_id))


@page("quarantine.decide", methods=("POST",))
def propose_post(request: StaffRequest, group_id: int) -> HttpResponse:
    """Take a proposal."""
    found = access_group(request.staff, group_id)
    form = ProposeForm(request.POST, group=found, by=request.staff)

    def act(data: dict[str, Any]) -> None:
        sure = bool(data.get("sure"))
        do.propose_attribution(
            found, int(data["session"]), data["reason"], seen=data["seen"], by=request.staff, sure=sure
        )

    return _decided(request, found, form, act, "Proposed. Another person has to confirm it; nothing is charted yet.")


@page("quarantine.decide", methods=("POST",))
def confirm_post(request: StaffRequest, group_id: int) -> HttpResponse:
    """Take a second person's confirmation."""
    found = access_group(request.staff, group_id)
    says: list[str] = []

    def act(data: dict[str, Any]) -> None:
        made = do.attribute_messages(found, seen=data["seen"], by=request.staff, sure=bool(data["sure"]))
        charted = "1 message is" if made.charted == 1 else f"{made.charted} messages are"
        left_out = "1 was" if made.left_out == 1 else f"{made.left_out} were"
        says.append(f"{charted} in the session's log, {left_out} left out.")

    form = ConfirmForm(request.POST)
    return _decided(request, found, form, act, says)


@page("quarantine.decide", methods=("POST",))
def discard_post(request: StaffRequest, group_id: int) -> HttpResponse:
    """Take a discard."""
    found = access_group(request.staff, group_id)
    form = ReasonForm(request.POST, name="discard")

    def act(data: dict[str, Any]) -> None:
        do.discard_messages(found, data["reason"], seen=data["seen"], by=request.staff)

    return _decided(request, found, form, act, "Discarded. The messages are kept, and this can be taken back.")


@page("quarantine.decide", methods=("POST",))
def reopen_post(request: StaffRequest, group_id: int) -> HttpResponse:
    """Take a proposal or a discard back."""
    found = access_group(request.staff, group_id)
    form = ReasonForm(request.POST, name="reopen")

    def act(data: dict[str, Any]) -> None:
        do.reopen_messages(found, data["reason"], seen=data["seen"], by=request.staff)

    return _decided(request, found, form, act, "Taken back. These messages wait for a decision again.")


@page("quarantine.view")
def message(request: StaffRequest, message_id: int) -> HttpResponse:
    """Show one message: why it was not charted, what was read from it, and the text as it came."""
    found = access_message(request.staff, message_id)
    return show(
        request,
        "quarantine_message.html",
        title="Device message",
        here="quarantine",
        message=found,
        summary=found.summary if isinstance(found.summary, dict) else {},
        raw=bytes(found.raw).replace(b"\r", b"\n").decode("utf-8", errors="replace"),
        trail=[("Device messages", "quarantine")],
    )


def _decided(
    request: StaffRequest,
    found: QuarantineGroup,
    form: Form,
    act: Callable[[dict[str, Any]], None],
    says: str | list[str],
) -> HttpResponse:
    if not attempt(form, act):
        found.refresh_from_db()
        return _shown(request, found, form)
    return done(request, says if isinstance(says, str) else " ".join(says), "quarantine_group", found.pk)


def _shown(request: StaffRequest, found: QuarantineGroup, posted: Form | None = None) -> HttpResponse:
    decisions = do.decisions_of(found)
    newest = decisions[-1] if decisions else None
    (row,) = _rows(request.staff, [found])
    context: dict[str, Any] = {
        **_what_can_be_done(request, found, newest),
        **_forms(request.staff, found, newest, posted),
    }
    mine = sees_sessions(request.staff, [one.session for one in decisions if one.session is not None])
    note_patients(request.staff, context["propose_form"].patients)
    return show(
        request,
        "quarantine_group.html",
        title="Device messages",
        here="quarantine",
        forms=[posted] if posted is not None else [],
        trail=[("Device messages", "quarantine")],
        row=row,
        group=found,
        decisions=decisions,
        newest=newest,
        mine=mine,
        is_elsewhere=newest is not None and newest.session_id is not None and newest.session_id not in mine,
        names_another=newest is not None
        and newest.session is not None
        and do.whom_named(found, newest.session) == ANOTHER,
        **context,
        messages_of=list(messages_of_group(request.staff, found)[:NEWEST_MESSAGES]),
    )


def _what_can_be_done(
    request: StaffRequest, found: QuarantineGroup, newest: QuarantineDecision | None
) -> dict[str, bool]:
    allowed = may(Role(request.staff.role), "quarantine.decide")
    is_own = newest is not None and newest.by_id == request.staff.pk
    return {
        "can_propose": allowed and found.state == "open" and do.may_be_attributed(found),
        "can_discard": allowed and found.state == "open",
        "can_confirm": allowed and found.state == "proposed" and not is_own,
        "waits_for_another": found.state == "proposed" and is_own,
        "can_reopen": allowed and found.state in ("proposed", "discarded"),
    }


def _forms(
    by: Staff, found: QuarantineGroup, newest: QuarantineDecision | None, posted: Form | None
) -> dict[str, Form]:
    """Return a fresh form for each decision, with the posted one in its place; each says what the page showed."""
    forms: dict[str, Form] = {
        "propose_form": ProposeForm(group=found, by=by),
        "confirm_form": ConfirmForm(),
        "discard_form": ReasonForm(name="discard"),
        "reopen_form": ReasonForm(name="reopen"),
    }
    if posted is not None:
        forms[posted.auto_id.split("-")[0] + "_form"] = posted  # type: ignore[union-attr]
    for form in forms.values():
        form.shown_revision = newest.seq if newest else 0
    return forms


def _rows(by: Staff, found: Sequence[QuarantineGroup]) -> list[GroupRow]:
    named = {one.pk: orjson.loads(one.named) if one.named else [] for one in found}
    patients = _patients(by, {str(identifier[0]) for each in named.values() for identifier in each})
    return [
        GroupRow(
            one,
            SIGNS[one.state],
            tuple(_identity(identifier, patients) for identifier in named[one.pk]),
            tuple(_extremes(name, held) for name, held in one.values.items() if name in FORMS),
        )
        for one in found
    ]


def _patients(by: Staff, numbers: set[str]) -> dict[str, str]:
    """Return the names of those patients whose numbers were sent, by number, in one query."""
    plain = {number.replace(" ", "").replace("-", "") for number in numbers} | numbers
    names: dict[str, str] = {}
    for patient in patients_named(by, plain):
        name = patient.name if patient.may_be_named else "a patient of another clinic"  # type: ignore[attr-defined]
        names[patient.nhs_number] = names[patient.local_number] = name
    return names


def _identity(identifier: Sequence[str], patients: dict[str, str]) -> str:
    value, authority, kind = (str(part) for part in identifier)
    of = " ".join(part for part in (kind, authority) if part)
    name = patients.get(value) or patients.get(value.replace(" ", "").replace("-", ""), "")
    return f"{value}{f' ({of})' if of else ''}{f': {name}' if name else ''}"


def _extremes(name: str, held: dict[str, float]) -> Extremes:
    form = FORMS[Parameter(name)]
    first, last, low, high = (f"{held[key]:g} {form.shown_unit}" for key in ("first", "last", "low", "high"))
    return Extremes(form.name, form.short, first, last, low, high, int(held["n"]))
