"""Ketamine to take at home: one patient's prescriptions, what was supplied on each, and what came back."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from glimmer.actions import supplies as do
from glimmer.actions.controlled import witnesses
from glimmer.care.supplies import COLLECTORS, supplied_ml
from glimmer.records.access import (
    access_episode,
    access_prescription,
    access_prescriptions,
    access_register_page,
    access_register_pages,
)
from glimmer.records.controlled import facts
from glimmer.records.episodes import Episode
from glimmer.records.supplies import TakeHomePrescription
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may
from glimmer.web import take_home_forms as forms
from glimmer.web.forms import Form, attempt
from glimmer.web.gate import StaffRequest, page
from glimmer.web.pages import done, show
from glimmer.web.sign_in import check_own_password
from glimmer.web.signatures import signed_by_two


@page("take_home.view")
def take_home(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Show a patient's take-home prescriptions, and to a prescriber the form for one."""
    return _listed(request, access_episode(request.staff, episode_id))


@page("take_home.prescribe", methods=("POST",))
def take_home_new(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Sign a prescription."""
    episode = access_episode(request.staff, episode_id)
    form = forms.PrescribeForm(request.POST, pages=access_register_pages(request.staff))
    made: list[TakeHomePrescription] = []

    def prescribe(data: dict[str, Any]) -> None:
        check_own_password(request, data["password"])
        chosen = access_register_page(request.staff, int(data["page"]))
        made.append(do.prescribe_take_home(episode, chosen, form.order, by=request.staff))

    if attempt(form, prescribe):
        return done(
            request, "The prescription is signed. Print it, and sign the paper too.", "prescription", made[0].pk
        )
    return _listed(request, episode, form)


def _listed(request: StaffRequest, episode: Episode, form: Form | None = None) -> HttpResponse:
    prescribes = may(Role(request.staff.role), "take_home.prescribe") and episode.closed_at is None
    pages = access_register_pages(request.staff)
    return show(
        request,
        "take_home/list.html",
        title="To take at home",
        here="patients",
        episode=episode,
        rows=access_prescriptions(request.staff).filter(episode=episode).order_by("-signed_at", "-pk"),
        form=(form or forms.PrescribeForm(pages=pages)) if prescribes else None,
        forms=[form] if form is not None else [],
        trail=[("Patients", "patients"), ("Journey", "journey", episode.pk)],
    )


@page("take_home.view")
def prescription(request: StaffRequest, prescription_id: int) -> HttpResponse:
    """Show one prescription with what became of it."""
    return _shown(request, access_prescription(request.staff, prescription_id))


@page("take_home.view", looks="print")
def prescription_print(request: StaffRequest, prescription_id: int) -> HttpResponse:
    """Show a prescription for the printer, with all that the law asks for."""
    found = access_prescription(request.staff, prescription_id)
    return show(
        request,
        "take_home/print.html",
        title="Prescription",
        here="patients",
        one=found,
        facts=found.facts,
        trail=[("To take at home", "take_home", found.episode_id)],
    )


@page("controlled.enter", methods=("POST",))
def prescription_supply(request: StaffRequest, prescription_id: int) -> HttpResponse:
    """Hand bottles out."""
    found = access_prescription(request.staff, prescription_id)
    book = facts(found.page)
    form = forms.SupplyForm(request.POST, people=witnesses(request.staff), batches=tuple(book.batches()))

    def supply(data: dict[str, Any]) -> None:
        witness, newest = signed_by_two(request, form), book.lines[-1].number if book.lines else 0
        seen = data["seen"]
        do.supply_take_home(found, form.handed_out, seen=seen, seen_entry=newest, by=request.staff, witness=witness)

    return _done(request, found, form, supply, "It is in the register and beside the prescription.")


@page("controlled.enter", methods=("POST",))
def prescription_back(request: StaffRequest, prescription_id: int, what: str) -> HttpResponse:
    """Write down what was brought back and destroyed, or what is said to be lost."""
    found = access_prescription(request.staff, prescription_id)
    form = _lost_or_destroyed(request, what, request.POST)

    def note(data: dict[str, Any]) -> None:
        witness = signed_by_two(request, form)
        do.note_take_home(
            found, form.kind, data["ml"], data["note"], seen=data["seen"], by=request.staff, witness=witness
        )

    return _done(request, found, form, note, "It was written down.")


def _lost_or_destroyed(request: StaffRequest, what: str, data: Any = None) -> Any:
    if what == forms.LostForm.name:
        return forms.LostForm(data)
    return forms.BackForm(data, people=witnesses(request.staff))


@page("take_home.prescribe", methods=("POST",))
def prescription_cancel(request: StaffRequest, prescription_id: int) -> HttpResponse:
    """Cancel a prescription."""
    found = access_prescription(request.staff, prescription_id)
    form = forms.CancelForm(request.POST)

    def cancel(data: dict[str, Any]) -> None:
        check_own_password(request, data["password"])
        do.cancel_take_home(found, data["note"], seen=data["seen"], by=request.staff)

    return _done(request, found, form, cancel, "The prescription is cancelled.")


def _done(
    request: StaffRequest, found: TakeHomePrescription, form: Any, act: Callable[[Any], None], says: str
) -> HttpResponse:
    if attempt(form, act):
        return done(request, says, "prescription", found.pk)
    return _shown(request, found, form)


def _shown(request: StaffRequest, found: TakeHomePrescription, posted: Any = None) -> HttpResponse:
    events = do.became_of(found)
    known, book = [event.facts for event in events], facts(found.page)
    people = witnesses(request.staff)
    made: dict[str, Any] = {
        "supply": forms.SupplyForm(people=people, batches=tuple(book.batches())),
        "destroyed": forms.BackForm(people=people),
        "lost": forms.LostForm(),
        "cancel": forms.CancelForm(),
    }
    if posted is not None:
        made[posted.name] = posted
    for form in made.values():
        form.shown_revision = len(events)
    role = Role(request.staff.role)
    one, today = found.facts, timezone.localdate()
    return show(
        request,
        "take_home/prescription.html",
        title="Prescription to take at home",
        here="patients",
        episode=found.episode,
        one=found,
        facts=one,
        events=events,
        left_ml=one.total_ml - supplied_ml(known),
        is_valid=today <= one.valid_until and not any(event.kind == "cancelled" for event in events),
        with_patient=any(event.kind == "supplied" for event in events),
        collectors=COLLECTORS,
        made=made,
        forms=[posted] if posted is not None else [],
        supplies=may(role, "controlled.enter"),
        prescribes=may(role, "take_home.prescribe"),
        trail=[("To take at home", "take_home", found.episode_id)],
    )
