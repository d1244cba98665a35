"""Stock sent from one premises to another: out of one book when it leaves, into the other when it has arrived.

Each side is signed by two people who are there. What does not arrive, in part or at all, opens an incident to the
accountable officer.
"""

from datetime import datetime, timedelta

from glimmer.actions.act import acting
from glimmer.actions.controlled import Draft, add_line, two_people
from glimmer.actions.entries import required_text
from glimmer.actions.incidents import open_for_officer
from glimmer.care.controlled import Batch, Kind
from glimmer.guidance import figure
from glimmer.records.controlled import RegisterEntry, RegisterPage
from glimmer.records.staff import Staff
from glimmer.records.supplies import RegisterArrival, RegisterTransfer
from glimmer.vocabulary.problems import BadInput, ChangedMeanwhile

SAME = ("drug_class", "drug", "form", "strength_mg_per_ml", "container_ml", "container")


def is_same_product(page: RegisterPage, other: RegisterPage) -> bool:
    """Say whether two pages are of the same product at different premises."""
    alike = all(getattr(page, name) == getattr(other, name) for name in SAME)
    return alike and page.premises != other.premises


def is_late(transfer: RegisterTransfer, now: datetime) -> bool:
    """Say whether what was sent should have arrived by now."""
    return transfer.sent_at + timedelta(days=figure("controlled", "on_the_way_at_most").value) < now


def send_stock(
    page: RegisterPage,
    to_page: RegisterPage,
    amount: int,
    batch: Batch,
    note: str,
    *,
    seen: int,
    by: Staff,
    witness: Staff | None,
    at: datetime | None = None,
) -> RegisterTransfer:
    """Take containers out of this page for a page of the same product at other premises."""
    with acting(by, "controlled.enter", verb="send_stock", at=at) as act:
        if not is_same_product(page, to_page):
            raise BadInput("Choose a page of the same product at other premises.", field="to_page")
        number, expires_on = batch
        draft = Draft(
            Kind.TRANSFER_OUT,
            amount,
            batch=number,
            expires_on=expires_on,
            party=to_page.premises,
            authority=str(by),
            note=required_text(note, "note", "Say who carries it, and why it is sent."),
        )
        entry = add_line(act, page.pk, draft, seen, witness)
        sent = RegisterTransfer.objects.create(out_entry=entry, to_page=to_page, sent_at=act.at)
        act.about(sent)
        act.note(page=page.pk, number=entry.number, to=to_page.pk, change=entry.change, witness=entry.witness_id)
    return sent


def receive_stock(
    transfer: RegisterTransfer,
    arrived: int,
    note: str = "",
    *,
    seen: int,
    by: Staff,
    witness: Staff | None,
    at: datetime | None = None,
) -> RegisterArrival:
    """Write into the other book what arrived. Less, or more, than was sent is an incident for the officer."""
    with acting(by, "controlled.enter", verb="receive_stock", at=at) as act:
        two_people(by, witness)
        sent = RegisterTransfer.objects.select_for_update(of=("self",)).get(pk=transfer.pk)
        if RegisterArrival.objects.filter(transfer=sent).exists():
            raise ChangedMeanwhile("Somebody has written down that it arrived. Look at the page again.")
        out = RegisterEntry.objects.select_related("page").get(pk=sent.out_entry_id)
        expected = -out.change
        if arrived != expected:
            note = required_text(note, "note", f"{expected} were sent. Say what happened to the difference.")
        entry = None
        if arrived:
            draft = Draft(
                Kind.TRANSFER_IN,
                arrived,
                batch=out.batch,
                expires_on=out.expires_on,
                party=f"{out.page.premises} (entry {out.number} there)",
                note=note,
            )
            entry = add_line(act, sent.to_page_id, draft, seen, witness)
        arrival = RegisterArrival.objects.create(transfer=sent, in_entry=entry, arrived=arrived, at=act.at)
        if arrived != expected:
            words = f"{expected} of {out.page} were sent from {out.page.premises}, and {arrived} arrived. {note}"
            open_for_officer(act, sent.to_page, entry.number if entry else None, words)
        act.about(arrival)
        act.note(page=sent.to_page_id, arrived=arrived, expected=expected, witness=witness.pk if witness else None)
    return arrival
