"""The protocols and the figures behind them: every number with its source; who approved what; new versions and old."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse

from glimmer.actions.protocols import approve_protocol, faults, propose_protocol, retire_protocol
from glimmer.guidance import figure, figures, subjects
from glimmer.guidance.compare import differences
from glimmer.records.access import NotFound
from glimmer.records.guidance import GuidanceApproval, GuidanceVersion
from glimmer.records.protocols import Standing, access_standing, access_standings
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may
from glimmer.vocabulary.problems import BadInput
from glimmer.web.forms import Form, LongText, Secret, Upload, attempt
from glimmer.web.gate import StaffRequest, page
from glimmer.web.pages import done, show
from glimmer.web.sign_in import check_own_password

MOST_BYTES_OF_A_PROTOCOL = 400_000
EVIDENCE = {
    "source": "Seen in the source",
    "memory": "From memory, to be checked",
    "proposal": "Proposal, to be signed off",
}


class ProposeProtocolForm(Form):
    """A new protocol or version as a file, and why."""

    name = "propose-protocol"
    document = Upload(
        "Protocol",
        missing="Choose the file that holds the protocol.",
        most_bytes=MOST_BYTES_OF_A_PROTOCOL,
        hint="A TOML file, checked before with glimmer protocol check",
    )
    reason = LongText("What is new, and why?", missing="Say what is new and why.")

    def text(self) -> str:
        """Return the document as text; raise BadInput where it is none."""
        try:
            return str(self.cleaned_data["document"].read().decode("utf-8-sig"))
        except UnicodeDecodeError as problem:
            raise BadInput("The file is not plain text in UTF-8.", field="document") from problem


class SignProtocolForm(Form):
    """A named clinician's signature under one version, or under its end."""

    name = "sign-protocol"
    reason = LongText("Why?", missing="Say why, in a few words.", rows=2)
    password = Secret("Your password", missing="Enter your password: it is your signature.")


@page("guidance.view")
def protocols_list(request: StaffRequest) -> HttpResponse:
    """List the protocols with how each stands, and the subjects of the other figures."""
    return _list(request, ProposeProtocolForm())


@page("guidance.view")
def protocol_detail(request: StaffRequest, protocol_id: str) -> HttpResponse:
    """Show the version of a protocol that may be prescribed, or the newest where none may."""
    versions = [one for one in access_standings(request.staff) if one.protocol.id == protocol_id]
    in_use = next((one for one in versions if one.may_be_prescribed), None)
    return _detail(request, in_use or access_standing(request.staff, protocol_id))


@page("guidance.view")
def protocol_version(request: StaffRequest, protocol_id: str, version: str) -> HttpResponse:
    """Show one version of a protocol whole."""
    return _detail(request, access_standing(request.staff, protocol_id, version))


@page("guidance.propose", methods=("POST",))
def propose_protocol_post(request: StaffRequest) -> HttpResponse:
    """Take a protocol as a proposal."""
    form = ProposeProtocolForm(request.POST, request.FILES)
    stored: list[GuidanceVersion] = []
    if attempt(form, lambda data: stored.append(propose_protocol(form.text(), data["reason"], by=request.staff))):
        says = "The protocol is proposed. It can be prescribed once two clinicians have approved it."
        return done(request, says, "protocol_version", stored[0].guidance_id, stored[0].version)
    return _list(request, form)


@page("protocol.approve", methods=("POST",))
def approve_protocol_post(request: StaffRequest, protocol_id: str, version: str) -> HttpResponse:
    """Approve one version with a signature."""
    return _signed(request, protocol_id, version, approve_protocol, "Your approval is stored.")


@page("protocol.approve", methods=("POST",))
def retire_protocol_post(request: StaffRequest, protocol_id: str, version: str) -> HttpResponse:
    """Let no new plan be made with a version."""
    return _signed(request, protocol_id, version, retire_protocol, "The version is retired. Running courses go on.")


def _signed(
    request: StaffRequest, protocol_id: str, version: str, act: Callable[..., GuidanceApproval], says: str
) -> HttpResponse:
    standing = access_standing(request.staff, protocol_id, version)
    form = SignProtocolForm(request.POST)

    def sign(data: dict[str, Any]) -> None:
        check_own_password(request, data["password"])
        act(protocol_id, version, request.POST.get("digest", ""), data["reason"], by=request.staff)

    if attempt(form, sign):
        return done(request, says, "protocol_version", protocol_id, version)
    return _detail(request, standing, form)


def _list(request: StaffRequest, form: Form) -> HttpResponse:
    standing = access_standings(request.staff)
    newest: dict[str, Standing] = {}
    for one in sorted(standing, key=lambda found: not found.may_be_prescribed):
        newest.setdefault(one.protocol.id, one)
    rows = sorted(newest.values(), key=lambda one: one.protocol.title)
    return show(
        request,
        "protocols.html",
        title="Protocols",
        here="protocols",
        forms=[form],
        propose_form=form,
        standings=rows,
        others=[one for one in standing if one not in rows],
        subjects=subjects(),
        proposes=may(Role(request.staff.role), "guidance.propose"),
    )


def _detail(request: StaffRequest, standing: Standing, form: Form | None = None) -> HttpResponse:
    before = _version_before(request, standing)
    return show(
        request,
        "protocol.html",
        title=standing.protocol.title,
        here="protocols",
        forms=[form] if form else [],
        sign_form=form or SignProtocolForm(),
        protocol=standing.protocol,
        standing=standing,
        needed=figure("protocol", "approvals_needed").value,
        faults=() if standing.is_approved else faults(standing.protocol),
        before=before,
        changes=differences(before, standing.protocol) if before else (),
        approves=may(Role(request.staff.role), "protocol.approve"),
        evidence=EVIDENCE,
        trail=[("Protocols", "protocols")],
    )


def _version_before(request: StaffRequest, standing: Standing) -> Any:
    """Return the version of the same protocol that comes next below, None for a first one."""
    versions = [one.protocol for one in access_standings(request.staff) if one.protocol.id == standing.protocol.id]
    below = versions[versions.index(standing.protocol) + 1 :]
    return below[0] if below else None


@page("guidance.view")
def figures_of_subject(request: StaffRequest, subject: str) -> HttpResponse:
    """Show every figure of one subject with its source."""
    try:
        found = figures(subject)
    except KeyError:
        raise NotFound("There are no figures on this subject. Choose one from the list of protocols.") from None
    return show(
        request,
        "figures.html",
        title=f"Figures: {subject}",
        here="protocols",
        figures=found,
        evidence=EVIDENCE,
        trail=[("Protocols", "protocols")],
    )
