"""The words that letters are made of: read, changed with a preview, compared, approved, and taken back."""

import difflib
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from glimmer.actions.letter_templates import approve_template, propose_template, read_template
from glimmer.actions.letters import example_content, letter_content
from glimmer.actions.ports import port
from glimmer.guidance.letter_templates import LetterKind, LetterTemplate, letter_facts, letter_kinds
from glimmer.records.access import access_episode
from glimmer.records.correspondence import (
    TemplateVersion,
    access_letter_kind,
    access_template_version,
    newest_template_approval,
    template_in_force,
    template_versions,
)
from glimmer.records.guidance import GuidanceVersion
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may
from glimmer.vocabulary.problems import BadInput
from glimmer.web.forms import Form, LongText, Number, Secret, Text, attempt
from glimmer.web.gate import StaffRequest, page
from glimmer.web.pages import done, show
from glimmer.web.sign_in import check_own_password

PREVIEW = "preview"


class WordsForm(Form):
    """The words of a letter. A preview stores nothing; a proposal needs its reason."""

    name = "words"
    title = Text("Title", missing="The letter needs a title.", max_length=200, width="")
    greeting = Text("Greeting", max_length=200, width="")
    body = LongText("What the letter says", missing="The letter says nothing yet.", rows=24, max_length=20_000)
    journey = Number(
        "Number of a journey for the preview",
        unit="",
        least=1,
        most=999_999_999,
        hint="As in the address of the patient's page. Made-up facts are shown if it is left out",
    )
    reason = LongText("What is changed, and why?", rows=2, hint="Needed for a proposal, not for a preview")


class ApproveForm(Form):
    """A named clinician's signature under one version."""

    name = "approve"
    reason = LongText(
        "Why are letters to be made by it?", rows=2, missing="Say why letters are to be made by this version."
    )
    password = Secret("Your password", missing="Enter your password: it is your signature.")


@page("letter.view")
def templates(request: StaffRequest) -> HttpResponse:
    """List the kinds of letter with what is in force."""
    kinds = [(kind, template_in_force(kind.id), newest_template_approval(kind.id)) for kind in letter_kinds().values()]
    return show(request, "letter_templates.html", title="Letter templates", here="protocols", kinds=kinds)


@page("letter.view")
def template(request: StaffRequest, kind: str) -> HttpResponse:
    """Show the words in force, the versions, and the form to change them."""
    return _template(request, access_letter_kind(request.staff, kind))


@page("letter.template", methods=("POST",))
def template_post(request: StaffRequest, kind: str) -> HttpResponse:
    """Show a preview of what was typed, or take it as a proposal, as the button says."""
    of = access_letter_kind(request.staff, kind)
    form = WordsForm(request.POST)
    if request.POST.get("press") == PREVIEW:
        shown: list[dict[str, Any]] = []
        attempt(form, lambda data: shown.append(_preview(request, of, data)))
        return _template(request, of, form=form, preview=shown[0] if shown else None)
    stored: list[GuidanceVersion] = []

    def propose(data: dict[str, Any]) -> None:
        words = (data["title"], data["greeting"], data["body"])
        stored.append(propose_template(kind, *words, data["reason"], by=request.staff))

    if attempt(form, propose):
        says = f"Version {stored[0].version} is proposed. Letters are made by it once a psychiatrist has approved it."
        return done(request, says, "letter_template_version", kind, stored[0].version)
    return _template(request, of, form=form)


@page("letter.view")
def version(request: StaffRequest, kind: str, version: str) -> HttpResponse:
    """Show one version, what differs from the shipped one and from the one in force, and how a letter by it looks."""
    return _version(request, access_template_version(request.staff, kind, version), ApproveForm())


@page("letter.view")
def version_pdf(request: StaffRequest, kind: str, version: str) -> HttpResponse:
    """Return a letter about nobody by one version, as PDF with the draft mark."""
    found = access_template_version(request.staff, kind, version)
    pdf = port("render_letter")(example_content(kind, found.template, timezone.now()))
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="example-{kind}.pdf"'
    return response


@page("letter.approve", methods=("POST",))
def approve_post(request: StaffRequest, kind: str, version: str) -> HttpResponse:
    """Put a version in force."""
    found = access_template_version(request.staff, kind, version)
    form = ApproveForm(request.POST)

    def sign(data: dict[str, Any]) -> None:
        check_own_password(request, data["password"])
        approve_template(kind, version, found.template.words.digest, data["reason"], by=request.staff)

    if attempt(form, sign):
        return done(request, "Letters are made by this version from now on.", "letter_template", kind)
    return _version(request, found, form)


def _preview(request: StaffRequest, kind: LetterKind, data: dict[str, Any]) -> dict[str, Any]:
    made = read_template(kind.id, data["title"], data["greeting"], data["body"])
    if data["journey"] is None:
        return example_content(kind.id, made, timezone.now())
    number = data["journey"]
    if number != int(number):
        raise BadInput("The number of a journey is a whole number.", field="journey")
    episode = access_episode(request.staff, int(number))
    return letter_content(episode, kind.id, "", timezone.now(), template=made)


def _template(
    request: StaffRequest, kind: LetterKind, form: WordsForm | None = None, preview: dict[str, Any] | None = None
) -> HttpResponse:
    in_force = template_in_force(kind.id)
    words = {"title": in_force.words.title, "greeting": in_force.words.greeting, "body": in_force.words.body}
    form = form or WordsForm(initial=words)
    return show(
        request,
        "letter_template.html",
        title=f"Letter template: {kind.menu}",
        here="protocols",
        forms=[form],
        form=form,
        kind=kind,
        in_force=in_force,
        approval=newest_template_approval(kind.id),
        versions=template_versions(kind.id),
        facts=letter_facts().values(),
        content=preview,
        changes=may(Role(request.staff.role), "letter.template"),
        trail=[("Protocols", "protocols"), ("Letter templates", "letter_templates")],
    )


def _version(request: StaffRequest, found: TemplateVersion, form: ApproveForm) -> HttpResponse:
    kind = letter_kinds()[found.template.kind]
    in_force = template_in_force(kind.id)
    return show(
        request,
        "letter_template_version.html",
        title=f"{kind.menu}, version {found.template.version}",
        here="protocols",
        forms=[form],
        form=form,
        kind=kind,
        found=found,
        is_in_force=found.template.label == in_force.label and newest_template_approval(kind.id) is not None,
        content=example_content(kind.id, found.template, timezone.now()),
        from_force=differences(in_force, found.template),
        from_shipped=differences(kind.shipped, found.template),
        approves=may(Role(request.staff.role), "letter.approve"),
        trail=[
            ("Protocols", "protocols"),
            ("Letter templates", "letter_templates"),
            (kind.menu, "letter_template", kind.id),
        ],
    )


def differences(first: LetterTemplate, second: LetterTemplate) -> list[tuple[str, str]]:
    """Return the lines that differ, as (removed or added, line), in the order of the letter."""
    marks = {"- ": "removed", "+ ": "added"}
    lines = difflib.ndiff(_lines(first), _lines(second))
    return [(marks[line[:2]], line[2:]) for line in lines if line[:2] in marks]


def _lines(of: LetterTemplate) -> list[str]:
    return [f"Title: {of.words.title}", f"Greeting: {of.words.greeting}", *of.words.body.split("\n")]
