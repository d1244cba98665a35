"""The demo's controlled drugs register: brought over from a book of paper yesterday, and used since then."""

from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone

from glimmer.actions.controlled import Draft, Product, Taking, open_page, take_for_session, write_entry
from glimmer.care.controlled import Kind
from glimmer.cli.demo.clinic import DemoClinic
from glimmer.guidance import protocol
from glimmer.records.models import RegisterEntry, RegisterPage, TreatmentSession

PROTOCOL = "iv-racemic-standard"
FORM = "solution for injection"
BATCH = "KET-26-0417"
VIALS = 24
VIAL_ML = 20
STRENGTHS = (10, 50)
HOURS_BEFORE = 5


def expiry(clinic: DemoClinic) -> date:
    """Return the expiry date of the vials in the cupboard."""
    return timezone.localtime(clinic.now).date() + timedelta(days=400)


def open_register(clinic: DemoClinic) -> None:
    """Open a page for each strength; the weaker, which every session takes, has vials and was counted today."""
    before = clinic.now - timedelta(hours=HOURS_BEFORE)
    drug = protocol(PROTOCOL).drug
    pages = [
        open_page(
            Product(
                "Lantern House", "ketamine", drug, "solution for injection", Decimal(strength), Decimal(ml), "vial"
            ),
            by=clinic.pharmacist,
            at=before,
        )
        for strength, ml in zip(STRENGTHS, (VIAL_ML, 10), strict=True)
    ]
    two = {"by": clinic.pharmacist, "witness": clinic.second_nurse}
    brought = Draft(
        Kind.OPENING, VIALS, batch=BATCH, expires_on=expiry(clinic), party="Register on paper, book 7, page 31"
    )
    write_entry(pages[0], brought, seen=0, at=before + timedelta(minutes=5), **two)
    write_entry(pages[0], Draft(Kind.CHECK, counted=VIALS), seen=1, at=before + timedelta(minutes=10), **two)


def take_vial(clinic: DemoClinic, session: TreatmentSession) -> None:
    """Take a vial for a session that began after the register was opened; older ones stand in the book of paper."""
    page = RegisterPage.objects.filter(entries__isnull=False).distinct().get()
    at = session.opened_at + timedelta(minutes=20)
    newest = RegisterEntry.objects.filter(page=page).order_by("-number").values_list("number", flat=True)[0]
    take_for_session(
        session,
        page,
        Taking(1, BATCH, expiry(clinic)),
        seen=newest,
        by=clinic.nurse,
        witness=clinic.second_nurse,
        at=at,
    )
