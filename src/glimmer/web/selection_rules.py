"""The selection rules of the clinic: what is in force, who approved it, what is proposed and what it would change."""

from typing import Any

from django.http import HttpResponse

from glimmer.actions.selection_rules import approve_rules, compare_past, propose_rules
from glimmer.care.selection_compare import differences_in_words
from glimmer.guidance import RuleSheet, built_in_sheet, parse_sheet
from glimmer.records.guidance import (
    GuidanceVersion,
    access_guidance_approvals,
    access_guidance_version,
    access_guidance_versions,
    newest_approval,
    sheet_in_force,
)
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may
from glimmer.vocabulary.problems import BadInput
from glimmer.web.forms import Form, LongText, Secret, Upload, attempt
from glimmer.web.gate import StaffRequest, page
from glimmer.web.pages import done, show
from glimmer.web.protocols import EVIDENCE
from glimmer.web.sign_in import check_own_password

MOST_BYTES_OF_A_SHEET = 400_000


class ProposeForm(Form):
    """A new version as a file, and why."""

    name = "propose"
    document = Upload(
        "New version",
        missing="Choose the file that holds the new version.",
        most_bytes=MOST_BYTES_OF_A_SHEET,
        hint="A TOML file: take the one in force, change it, and give it a version of its own",
    )
    reason = LongText("What is changed, and why?", missing="Say what is changed and why.")

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["document"].error_messages["empty"] = "The file is empty. Choose the file that holds the rules."

    def text(self) -> str:
        """Return the document as text; raise BadInput where it is none."""
        try:
            return str(self.cleaned_data["document"].read().decode("utf-8-sig"))
        except UnicodeDecodeError as problem:
            raise BadInput("The file is not plain text in UTF-8.", field="document") from problem


class ApproveForm(Form):
    """A named clinician's signature under one version."""

    name = "approve"
    reason = LongText("Why are these rules to be judged by?", missing="Say why these rules are to be judged by.")
    password = Secret("Your password", missing="Enter your password: it is your signature.")


@page("guidance.view")
def rules(request: StaffRequest) -> HttpResponse:
    """Show the rules in force with their figures, the versions and the approvals."""
    return _rules(request)


@page("guidance.propose", methods=("POST",))
def propose_post(request: StaffRequest) -> HttpResponse:
    """Take a new version as a proposal."""
    form = ProposeForm(request.POST, request.FILES)
    stored: list[GuidanceVersion] = []
    if attempt(form, lambda data: stored.append(propose_rules(form.text(), data["reason"], by=request.staff))):
        says = f"Version {stored[0].version} is proposed. It counts once a psychiatrist has approved it."
        return done(request, says, "selection_rules_version", stored[0].pk)
    return _rules(request, propose_form=form)


@page("guidance.view")
def version(request: StaffRequest, version_id: int) -> HttpResponse:
    """Show what a version changes, and which past decisions would differ."""
    return _version(request, access_guidance_version(request.staff, version_id), ApproveForm())


@page("guidance.approve", methods=("POST",))
def approve_post(request: StaffRequest, version_id: int) -> HttpResponse:
    """Put a proposed version in force."""
    row = access_guidance_version(request.staff, version_id)
    form = ApproveForm(request.POST)
    if attempt(form, lambda data: _sign(request, row.version, row.digest, data)):
        return done(request, f"Version {row.version} is in force.", "selection_rules")
    return _version(request, row, form)


@page("guidance.approve", methods=("POST",))
def approve_built_in(request: StaffRequest) -> HttpResponse:
    """Approve the version that Glimmer brings, for the first time or to go back to it."""
    form, sheet = ApproveForm(request.POST), built_in_sheet()
    if attempt(form, lambda data: _sign(request, sheet.version, sheet.digest, data)):
        return done(request, f"Version {sheet.version} is in force.", "selection_rules")
    return _rules(request, approve_form=form)


@page("guidance.view")
def document(request: StaffRequest, version_id: int) -> HttpResponse:
    """Hand out a proposed version as its file."""
    row = access_guidance_version(request.staff, version_id)
    return _as_file(row.version, row.document)


@page("guidance.view")
def document_in_force(request: StaffRequest) -> HttpResponse:
    """Hand out the version in force as a file: what a new version begins with."""
    sheet = sheet_in_force()
    return _as_file(sheet.version, sheet.text)


def _as_file(version: str, text: str) -> HttpResponse:
    response = HttpResponse(text, content_type="text/plain; charset=utf-8")
    named = "".join(letter if letter.isalnum() else "-" for letter in version)
    response["Content-Disposition"] = f'attachment; filename="selection-{named}.toml"'
    return response


def _sign(request: StaffRequest, version: str, digest: str, data: dict[str, Any]) -> None:
    check_own_password(request, data["password"])
    approve_rules(version, digest, data["reason"], by=request.staff)


def _rules(request: StaffRequest, **forms: Form) -> HttpResponse:
    sheet, role = sheet_in_force(), Role(request.staff.role)
    shown: dict[str, Any] = {
        "propose_form": forms.get("propose_form") or ProposeForm(),
        "approve_form": forms.get("approve_form") or ApproveForm(),
    }
    return show(
        request,
        "selection_rules.html",
        title="Selection rules",
        here="protocols",
        forms=list(shown.values()),
        sheet=sheet,
        built_in=built_in_sheet(),
        approval=newest_approval(),
        approvals=access_guidance_approvals(request.staff),
        versions=access_guidance_versions(request.staff),
        evidence=EVIDENCE,
        proposes=may(role, "guidance.propose"),
        approves=may(role, "guidance.approve"),
        trail=[("Protocols", "protocols")],
        **shown,
    )


def _version(request: StaffRequest, row: GuidanceVersion, form: Form) -> HttpResponse:
    in_force, proposed = sheet_in_force(), parse_sheet(row.document)
    return show(
        request,
        "selection_rules_version.html",
        title=f"Selection rules, version {row.version}",
        here="protocols",
        forms=[form],
        approve_form=form,
        row=row,
        in_force=in_force,
        is_in_force=in_force.label == proposed.label,
        changes=differences_in_words(in_force, proposed),
        approves=may(Role(request.staff.role), "guidance.approve"),
        trail=[("Protocols", "protocols"), ("Selection rules", "selection_rules")],
        **_past(request, in_force, proposed),
    )


def _past(request: StaffRequest, in_force: RuleSheet, proposed: RuleSheet) -> dict[str, Any]:
    """Return what the version would have changed: as counts for everybody, case by case for those who see patients."""
    compared = compare_past(in_force, proposed)
    differing = [one for one in compared if one.differs]
    return {
        "decided": len(compared),
        "differing": differing if may(Role(request.staff.role), "patient.view") else [],
        "differ_count": len(differing),
        "verdict_count": sum(one.verdict_differs for one in differing),
        "words": {rule.id: rule.asks for rule in (*in_force.rules, *proposed.rules)},
    }
