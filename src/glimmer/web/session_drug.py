"""The controlled drug of one session: taken from the register, put back unopened, accounted for."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.http import HttpResponse
from django.utils import timezone

from glimmer.actions import controlled as do
from glimmer.actions.controlled import Taking
from glimmer.actions.log import log_of, protocol_of
from glimmer.care.session.drug import drug_of
from glimmer.care.session.log import SessionLog
from glimmer.records.access import access_drug_session, access_register_page, access_register_pages, access_session
from glimmer.records.controlled import RegisterPage, facts
from glimmer.records.sessions import TreatmentSession
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may
from glimmer.vocabulary.problems import BadInput
from glimmer.web import controlled_forms as forms
from glimmer.web.controlled_forms import batch_of
from glimmer.web.forms import Form, attempt
from glimmer.web.gate import StaffRequest, page
from glimmer.web.pages import done, show
from glimmer.web.signatures import signed_by_two


@page("controlled.view", bedside=True)
def session_drug(request: StaffRequest, session_id: int) -> HttpResponse:
    """Show what was taken for a session, and what can be done with it."""
    return _shown(request, access_drug_session(request.staff, session_id))


@page("controlled.enter", methods=("POST",), bedside=True)
def take_post(request: StaffRequest, session_id: int) -> HttpResponse:
    """Take containers out for the session."""
    session = access_session(request.staff, session_id)
    form = forms.TakeForm(request.POST, people=do.witnesses(request.staff), stock=_stock(request, log_of(session.pk)))

    def take(data: dict[str, Any]) -> None:
        number, _, key = data["stock"].partition("|")
        found, (batch, expires_on) = access_register_page(request.staff, int(number)), batch_of(key)
        taking = Taking(data["containers"], batch, expires_on)
        do.take_for_session(session, found, taking, seen=_newest(found), by=request.staff, **_signed(request, form))

    return _done(request, session, "take", form, take, "It is in the register and in the session's record.")


@page("controlled.enter", methods=("POST",), bedside=True)
def put_back_post(request: StaffRequest, session_id: int, page_id: int, entry: int) -> HttpResponse:
    """Put unopened containers back."""
    session = access_session(request.staff, session_id)
    found = access_register_page(request.staff, page_id)
    name = f"put-back-{page_id}-{entry}"
    form = forms.PutBackForm(request.POST, people=do.witnesses(request.staff), name=name)

    def back(data: dict[str, Any]) -> None:
        do.put_back(
            session,
            entry,
            found,
            data["containers"],
            data["note"],
            seen=_newest(found),
            by=request.staff,
            **_signed(request, form),
        )

    return _done(request, session, name, form, back, "It is back in the register.")


@page("controlled.enter", methods=("POST",), bedside=True)
def account_post(request: StaffRequest, session_id: int) -> HttpResponse:
    """Take what was given and what was discarded."""
    session = access_session(request.staff, session_id)
    form = forms.AccountForm(request.POST, people=do.witnesses(request.staff))

    def account(data: dict[str, Any]) -> None:
        given, discarded = float(data["given_ml"]), float(data["discarded_ml"])
        signed = _signed(request, form)
        do.account_for_drug(session, given, discarded, data["explanation"], by=request.staff, **signed)

    return _done(request, session, "account", form, account, "The drug of this session is accounted for.")


def _signed(request: StaffRequest, form: Form) -> dict[str, Any]:
    witness = signed_by_two(request, form)
    if witness is None:
        raise BadInput("A second person has to sign.", field="witness")
    # One page load is one press: sent twice, it is stored once.
    return {"witness": witness, "form_token": str(request.POST.get("form_token", ""))[:40]}


def _newest(found: RegisterPage) -> int:
    lines = facts(found).lines
    return lines[-1].number if lines else 0


def _done(
    request: StaffRequest, session: TreatmentSession, name: str, form: Form, act: Callable[[Any], None], says: str
) -> HttpResponse:
    if attempt(form, act):
        return done(request, says, "session_drug", session.pk)
    return _shown(request, session, name, form)


def _stock(request: StaffRequest, log: SessionLog) -> list[tuple[str, str]]:
    drug = protocol_of(log).drug
    pages = [one for one in access_register_pages(request.staff) if one.drug == drug]
    return forms.stock_choices((one, facts(one).batches()) for one in pages)


def _shown(
    request: StaffRequest, session: TreatmentSession, name: str = "", posted: Form | None = None
) -> HttpResponse:
    log, role = log_of(session.pk), Role(request.staff.role)
    drug, people = drug_of(log), do.witnesses(request.staff)
    made: dict[str, Any] = {
        "take": forms.TakeForm(people=people, stock=_stock(request, log)),
        "account": forms.AccountForm(people=people),
        **{f"put-back-{p}-{e}": forms.PutBackForm(people=people, name=f"put-back-{p}-{e}") for p, e in drug.out},
    }
    if posted is not None:
        made[name] = posted
    return show(
        request,
        "controlled/session.html",
        title="Controlled drug of the session",
        here="board",
        session=session,
        # Without the banner, which leads into the record, for the accountable officer: the name stands on the page.
        episode=session.episode if may(role, "session.view") else None,
        drug=drug,
        prepared=log.course.preparation,
        course=log.course,
        is_over=log.phase().is_over,
        in_use=do.is_in_use(protocol_of(log).drug, timezone.now()),
        made=made,
        forms=[posted] if posted is not None else [],
        new_token=lambda: uuid4().hex,
        writes=may(role, "controlled.enter"),
    )
