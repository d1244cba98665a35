"""One letter: read, signed, sent, and what went wrong with it; and who else looks after the patient."""

from collections.abc import Sequence
from typing import Any

from django import forms as django_forms
from django.http import HttpResponse

from glimmer.actions.correspondence import (
    CONTACT_KINDS,
    add_care_contact,
    end_care_contact,
    report_sent_in_error,
    send_letter,
    set_letter_aside,
)
from glimmer.actions.followup import letter_as_data, letter_pdf, sign_letter
from glimmer.records.access import access_episode, access_letter
from glimmer.records.correspondence import (
    WAYS,
    access_care_contact,
    access_care_contacts,
    access_dispatch,
    access_dispatches,
)
from glimmer.records.episodes import Episode
from glimmer.records.followup import Letter
from glimmer.web.forms import Choice, Form, LongText, Text, attempt
from glimmer.web.gate import StaffRequest, page
from glimmer.web.pages import done, show


class SignForm(Form):
    """Signing asks nothing further."""

    name = "sign"


class SendForm(Form):
    """To which of the letter's recipients it goes, and how. `digest` is that of the PDF on the page."""

    name = "send"
    recipient = Choice("Who does it go to?", [], missing="Choose who the letter goes to.")
    way = Choice("How?", WAYS, missing="Choose how the letter goes.")
    to_address = Text(
        "Address it goes to",
        hint="For NHSmail always; for a notice only if it differs from the one on record",
        max_length=254,
    )
    digest = django_forms.CharField(required=False, widget=django_forms.HiddenInput, max_length=64)

    def __init__(self, *args: Any, recipients: Sequence[dict[str, str]] = (), **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["recipient"].choices = [(str(place), _named(one)) for place, one in enumerate(recipients)]  # type: ignore[attr-defined]


class AsideForm(Form):
    """Why a letter goes to nobody."""

    name = "aside"
    because = Text("Why is it set aside?", missing="Say why the letter is set aside.", max_length=500)


class ErrorForm(Form):
    """What happened with a letter that went where it should not."""

    name = "error"
    happened = LongText(
        "What happened?", missing="Say what happened.", hint="Without names or numbers of other patients"
    )
    did = LongText("What was done about it?", missing="Say what was done about it.")


class ContactForm(Form):
    """Somebody else who looks after the patient."""

    name = "contact"
    kind = Choice("Who is this?", CONTACT_KINDS, missing="Choose who this is.")
    contact_name = Text("Name of the person or team", missing="Enter the name of the person or team.")
    organisation = Text("Organisation", max_length=160)
    telephone = Text("Telephone", max_length=30, width="20")
    email = Text("Email", max_length=254, hint="Notices go there; never what a letter says")


class EndContactForm(Form):
    """Taking somebody off the list asks nothing further."""

    name = "end-contact"


@page("letter.view")
def letter(request: StaffRequest, letter_id: int) -> HttpResponse:
    """Show a letter as it will be read, where it has gone, and what can be done with it."""
    return _letter_page(request, access_letter(request.staff, letter_id))


@page("letter.sign", methods=("POST",))
def letter_sign(request: StaffRequest, letter_id: int) -> HttpResponse:
    """Sign a draft; from then on it never changes."""
    found = access_letter(request.staff, letter_id)
    form = SignForm(request.POST)
    if attempt(form, lambda data: sign_letter(found, by=request.staff, seen=data["seen"])):
        return done(
            request,
            "The letter was signed. Nothing has been sent yet: choose below who it goes to.",
            "letter",
            letter_id,
        )
    return _letter_page(request, found, sign_form=form)


@page("letter.send", methods=("POST",))
def letter_send(request: StaffRequest, letter_id: int) -> HttpResponse:
    """Record that a signed letter goes to one recipient."""
    found = access_letter(request.staff, letter_id)
    form = SendForm(request.POST, recipients=found.recipients)

    def send(data: dict[str, Any]) -> None:
        send_letter(
            found,
            int(data["recipient"]),
            data["way"],
            data["to_address"],
            digest=data["digest"],
            by=request.staff,
            seen=data["seen"],
        )

    if attempt(form, send):
        return done(request, "It was recorded who the letter went to.", "letter", letter_id)
    return _letter_page(request, found, send_form=form)


@page("letter.write", methods=("POST",))
def letter_aside(request: StaffRequest, letter_id: int) -> HttpResponse:
    """Put a letter away that is not wanted."""
    found = access_letter(request.staff, letter_id)
    form = AsideForm(request.POST)
    if attempt(form, lambda data: set_letter_aside(found, data["because"], by=request.staff, seen=data["seen"])):
        return done(request, "The letter was set aside. It goes to nobody.", "followup", found.episode_id)
    return _letter_page(request, found, aside_form=form)


@page("letter.send", methods=("GET", "POST"))
def dispatch_error(request: StaffRequest, dispatch_id: int) -> HttpResponse:
    """Ask what happened with a letter that went where it should not, and open an incident."""
    found = access_dispatch(request.staff, dispatch_id)
    form = ErrorForm(request.POST if request.method == "POST" else None)

    def report(data: dict[str, Any]) -> None:
        report_sent_in_error(found, data["happened"], data["did"], by=request.staff, seen=data["seen"])

    if request.method == "POST" and attempt(form, report):
        says = "The mistake was recorded and an incident was opened. Tell the patient, and whoever should not have it."
        return done(request, says, "letter", found.letter_id)
    return show(
        request,
        "dispatch_error.html",
        title="Sent in error",
        here="patients",
        episode=found.letter.episode,
        step="follow-up",
        forms=[form],
        form=form,
        dispatch=found,
        trail=[("Patients", "patients"), ("Letter", "letter", found.letter_id)],
    )


@page("letter.view", looks="print")
def letter_file(request: StaffRequest, letter_id: int) -> HttpResponse:
    """Return the letter as PDF: the signed one as it was signed, a draft with the draft mark."""
    found = access_letter(request.staff, letter_id)
    return _file(letter_pdf(found, by=request.staff), "application/pdf", "inline", f"letter-{found.pk}.pdf")


@page("letter.view", looks="print")
def letter_data(request: StaffRequest, letter_id: int) -> HttpResponse:
    """Return the letter as a FHIR document."""
    found = access_letter(request.staff, letter_id)
    content = letter_as_data(found, by=request.staff)
    return _file(content, "application/fhir+json", "attachment", f"letter-{found.pk}.fhir.json")


@page("patient.view")
def contacts(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Show who else looks after the patient."""
    return _contacts_page(request, access_episode(request.staff, episode_id), ContactForm())


@page("letter.write", methods=("POST",))
def contact_post(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Note who else looks after the patient."""
    episode = access_episode(request.staff, episode_id)
    form = ContactForm(request.POST)

    def add(data: dict[str, Any]) -> None:
        rest = (data["organisation"], data["telephone"], data["email"])
        add_care_contact(episode, data["kind"], data["contact_name"], *rest, by=request.staff, seen=data["seen"])

    if attempt(form, add):
        return done(request, "The contact was added. Letters for the team go to them too.", "contacts", episode_id)
    return _contacts_page(request, episode, form)


@page("letter.write", methods=("POST",))
def contact_end(request: StaffRequest, contact_id: int) -> HttpResponse:
    """Take somebody off the list who no longer looks after the patient."""
    found = access_care_contact(request.staff, contact_id)
    form = EndContactForm(request.POST)
    if attempt(form, lambda data: end_care_contact(found, by=request.staff, seen=data["seen"])):
        return done(request, "The contact was taken off the list.", "contacts", found.episode_id)
    return _contacts_page(request, found.episode, ContactForm(), form)


def _contacts_page(
    request: StaffRequest, episode: Episode, form: ContactForm, end_form: EndContactForm | None = None
) -> HttpResponse:
    end_form = end_form or EndContactForm()
    return show(
        request,
        "contacts.html",
        title="Who else looks after the patient",
        here="patients",
        episode=episode,
        step="follow-up",
        forms=[form, end_form],
        form=form,
        end_form=end_form,
        contacts=list(access_care_contacts(request.staff, episode)),
        trail=[("Patients", "patients"), ("Follow-up", "followup", episode.pk)],
    )


def _letter_page(request: StaffRequest, found: Letter, **given: Form) -> HttpResponse:
    forms: dict[str, Any] = {
        "sign_form": SignForm(),
        "send_form": SendForm(recipients=found.recipients, initial={"digest": found.pdf_digest}),
        "aside_form": AsideForm(),
        **given,
    }
    return show(
        request,
        "letter.html",
        title="Letter",
        here="patients",
        episode=found.episode,
        step="follow-up",
        forms=list(forms.values()),
        letter=found,
        content=found.content,
        dispatches=access_dispatches(request.staff, found),
        trail=[("Patients", "patients"), ("Follow-up", "followup", found.episode_id)],
        **forms,
    )


def _named(recipient: dict[str, str]) -> str:
    whole = ", ".join(part for part in (recipient["name"], recipient["organisation"]) if part)
    return f"{whole} ({recipient['as']})"


def _file(content: bytes, kind: str, how: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'{how}; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response
