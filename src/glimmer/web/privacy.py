"""The privacy officer's page, and the list of who looked at one patient's record, for the patient to be given."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from glimmer.actions.access_list import default_since, list_looks, rows_for, searches, start_of, unusual_looks
from glimmer.actions.clinics import review_glass
from glimmer.care.unusual_access import Unusual
from glimmer.guidance import figure
from glimmer.records.access import (
    access_broken_glass,
    access_glass,
    access_patient_for_list,
    find_patient_for_list,
)
from glimmer.records.clinics import FINDINGS, BrokenGlass
from glimmer.records.looking import note_patients
from glimmer.records.patients import Patient
from glimmer.vocabulary.problems import BadInput
from glimmer.web.forms import Choice, Day, Form, LongText, Text, attempt
from glimmer.web.gate import StaffRequest, page
from glimmer.web.pages import done, show

MOST_GLASS = 50


@dataclass(frozen=True, slots=True)
class UnusualRow:
    """One unusual thing as the page tells it."""

    found: Unusual
    who: str
    patient: Patient | None


class FindForm(Form):
    """Whose list."""

    name = "find"
    nhs_number = Text("NHS number of the patient", missing="Enter the whole NHS number.", max_length=20, width="10")


class ReviewForm(Form):
    """What the privacy officer found about one broken glass."""

    name = "review"
    finding = Choice("What did you find?", FINDINGS, missing="Choose what you found.", inline=True, small=True)
    words = LongText("How you came to this", missing="Say in a few words how you came to this.", rows=2)


class SinceForm(Form):
    """From when on."""

    name = "since"
    since = Day("From this day on")


@page("audit.view", methods=("GET", "POST"))
def privacy(request: StaffRequest) -> HttpResponse:
    """Show broken glass, what was unusual and who searched; find the list of one patient."""
    form = FindForm(request.POST if request.method == "POST" else None)
    found: list[Patient] = []

    def find(data: dict[str, Any]) -> None:
        patient = find_patient_for_list(request.staff, data["nhs_number"])
        if patient is None:
            raise BadInput("There is nobody with this NHS number. Check it and try again.", field="nhs_number")
        found.append(patient)

    if request.method == "POST" and attempt(form, find):
        return done(request, "The patient was found.", "access_list", found[0].pk)
    return _page(request, form)


@page("audit.review", methods=("POST",))
def glass_review(request: StaffRequest, glass_id: int) -> HttpResponse:
    """Record what was found about one broken glass."""
    glass = access_glass(request.staff, glass_id)
    form = ReviewForm(request.POST, prefix=str(glass_id))
    if attempt(form, lambda data: review_glass(glass, data["finding"], data["words"], by=request.staff)):
        return done(request, "Your finding is recorded.", "privacy")
    return _page(request, FindForm(), reviewed=glass, posted=form)


def _page(
    request: StaffRequest, form: Form, reviewed: BrokenGlass | None = None, posted: Form | None = None
) -> HttpResponse:
    now = timezone.now()
    glass = list(access_broken_glass(request.staff)[:MOST_GLASS])
    unusual, people, patients = unusual_looks(by=request.staff, now=now)
    note_patients(request.staff, patients)
    waiting = [one for one in glass if not hasattr(one, "review")]
    forms = {one.pk: ReviewForm(prefix=str(one.pk)) for one in waiting}
    if reviewed is not None and posted is not None:
        forms[reviewed.pk] = posted  # type: ignore[assignment]
    return show(
        request,
        "access/privacy.html",
        title="Privacy",
        here="privacy",
        forms=[posted] if posted is not None else [form],
        form=form,
        glass=[(one, forms.get(one.pk)) for one in glass],
        waiting=len(waiting),
        unusual=[UnusualRow(one, people.get(one.person, ""), patients.get(one.patient or 0)) for one in unusual],
        searches=searches(by=request.staff, now=now),
        looked_back=figure("access", "looked_back").value,
        within=figure("access", "many_within").value,
    )


@page("access_list.view")
def access_list(request: StaffRequest, patient_id: int) -> HttpResponse:
    """Show who looked at one patient's record."""
    patient = access_patient_for_list(request.staff, patient_id)
    form, since = _since(request)
    return show(
        request,
        "access/list.html",
        title="Who has looked at this record",
        here="privacy",
        forms=[form],
        form=form,
        about=patient,
        since=since,
        rows=rows_for(patient, since=start_of(since), until=timezone.now()),
    )


@page("access_list.view", looks="")
def access_list_pdf(request: StaffRequest, patient_id: int) -> HttpResponse:
    """Return the list as a PDF for the patient."""
    patient = access_patient_for_list(request.staff, patient_id)
    _, since = _since(request)
    response = HttpResponse(list_looks(patient, since, by=request.staff), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="who-looked-{patient.pk}.pdf"'
    return response


def _since(request: StaffRequest) -> tuple[SinceForm, date]:
    usual = default_since(timezone.now())
    is_asked = any(name.startswith("since") for name in request.GET)
    form = SinceForm(request.GET if is_asked else None, initial={"since": usual})
    asked = form.cleaned_data["since"] if form.is_bound and form.is_valid() else None
    return form, asked or usual
