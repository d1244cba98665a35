"""The signature under a consent: drawn, typed or scanned; and the patient's copy."""

from typing import Any

from django.http import HttpResponse

from glimmer.actions.consent_signing import Signature, print_consent, sign_consent
from glimmer.care.consent_signature import BOX
from glimmer.records.access_consent import access_consent, access_signature, access_signatures
from glimmer.records.consent import ConsentRecord
from glimmer.web.consent_forms import SignForm
from glimmer.web.forms import attempt
from glimmer.web.gate import StaffRequest, page
from glimmer.web.pages import done, show


@page("consent.record")
def signing(request: StaffRequest, consent_id: int) -> HttpResponse:
    """Show the box to sign in."""
    return _page(request, access_consent(request.staff, consent_id), SignForm())


@page("consent.record", methods=("POST",))
def sign_post(request: StaffRequest, consent_id: int) -> HttpResponse:
    """Store the signature."""
    found = access_consent(request.staff, consent_id)
    form = SignForm(request.POST, request.FILES)
    if attempt(form, lambda data: sign_consent(found, _signature(data), by=request.staff, seen=data["seen"])):
        return done(request, "The signature was stored.", "consent", found.episode_id)
    return _page(request, found, form)


@page("patient.view")
def scan_file(request: StaffRequest, signature_id: int) -> HttpResponse:
    """Hand out a scan to be saved: never shown inside the page, whatever it claims to be."""
    row = access_signature(request.staff, signature_id)
    ending = row.scan_type.split("/")[-1]
    headers = {
        "Content-Disposition": f'attachment; filename="consent-{row.consent_id}-signed.{ending}"',
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(bytes(row.scan or b""), content_type=row.scan_type, headers=headers)


@page("patient.view", looks="")
def copy_file(request: StaffRequest, consent_id: int) -> HttpResponse:
    """Hand out the patient's copy as PDF."""
    found = access_consent(request.staff, consent_id)
    # The name holds no patient's name: file names travel further than files.
    headers = {"Content-Disposition": f'inline; filename="consent-{found.pk}.pdf"'}
    return HttpResponse(print_consent(found, by=request.staff), content_type="application/pdf", headers=headers)


def _signature(data: dict[str, Any]) -> Signature:
    return Signature(
        how=data["how"],
        signed_name=data["signed_name"],
        path=data["path"] if data["how"] == "drawn" else "",
        scan=data["scan"].read() if data["scan"] and data["how"] == "scan" else b"",
        witness_name=data["witness_name"],
    )


def _page(request: StaffRequest, found: ConsentRecord, form: SignForm) -> HttpResponse:
    return show(
        request,
        "consent/signing.html",
        title="Sign the consent",
        here="patients",
        episode=found.episode,
        step="consent",
        forms=[form],
        form=form,
        consent=found,
        signatures=list(access_signatures(request.staff, found)),
        box=BOX,
        trail=[("Patients", "patients"), ("Consent", "consent", found.episode_id)],
    )
