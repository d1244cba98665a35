"""The controlled drugs register: its pages, the entries of each in the order of the law, and what is written there."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from glimmer.actions import controlled as do
from glimmer.actions.controlled import Draft
from glimmer.actions.diversion import report_signals
from glimmer.care.controlled import Kind, Line, Page, judge_entry
from glimmer.guidance import figure
from glimmer.records.access import access_register_page, access_register_pages
from glimmer.records.controlled import RegisterEntry, RegisterPage, broken_entry, entries_of, facts, patients_on
from glimmer.records.looking import note_patients
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may
from glimmer.vocabulary.problems import RuleRefused
from glimmer.web import controlled_forms as forms
from glimmer.web.forms import Form, attempt
from glimmer.web.gate import StaffRequest, page
from glimmer.web.pages import done, show
from glimmer.web.signatures import signed_by_two
from glimmer.web.transfers import coming, send_form, siblings

NEWEST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class PageRow:
    """A page as the register lists it."""

    page: RegisterPage
    book: Page
    now: datetime

    @property
    def check_due_at(self) -> datetime | None:
        """By when two people count the stock again."""
        return self.book.check_due_at(int(figure("controlled", "checked_every").value))

    @property
    def is_check_due(self) -> bool:
        """True when the count is overdue."""
        return self.check_due_at is not None and self.check_due_at < self.now

    @property
    def expired(self) -> int:
        """How many containers are past their expiry date and wait for destruction."""
        today = timezone.localtime(self.now).date()
        return sum(held for (_, expires), held in self.book.batches().items() if expires and expires < today)


@page("controlled.view")
def register(request: StaffRequest) -> HttpResponse:
    """List the pages with what they hold and what is due, and the sessions whose drug nobody has accounted for."""
    return _shown_register(request, forms.OpenPageForm())


@page("controlled.open", methods=("POST",))
def open_page_post(request: StaffRequest) -> HttpResponse:
    """Open a page for a product."""
    form = forms.OpenPageForm(request.POST)
    opened: list[RegisterPage] = []
    if attempt(form, lambda data: opened.append(do.open_page(form.product, by=request.staff))):
        return done(request, f"The page for {opened[0]} is open.", "register_page", opened[0].pk)
    return _shown_register(request, form)


def _shown_register(request: StaffRequest, form: Form) -> HttpResponse:
    now = timezone.now()
    return show(
        request,
        "controlled/register.html",
        title="Controlled drugs register",
        here="register",
        forms=[form] if form.is_bound else [],
        form=form,
        rows=[PageRow(one, facts(one), now) for one in access_register_pages(request.staff)],
        sessions=do.sessions_to_account_for(request.staff),
        opens=may(Role(request.staff.role), "controlled.open"),
    )


@page("controlled.view")
def register_page(request: StaffRequest, page_id: int) -> HttpResponse:
    """Show one page of the register, the newest entries first, and what can be written on it."""
    return _shown(request, access_register_page(request.staff, page_id))


@page("controlled.view", looks="")
def register_print(request: StaffRequest, page_id: int) -> HttpResponse:
    """Show one page of the register in the order and with the columns of the law, for the printer."""
    found = access_register_page(request.staff, page_id)
    do.print_page(found, by=request.staff)
    entries = list(entries_of(found))
    return show(
        request,
        "controlled/print.html",
        title=f"Controlled drugs register: {found}",
        here="register",
        page=found,
        rows=[(entry, entry.line) for entry in entries],
        broken=broken_entry(entries),
        printed_at=timezone.now(),
        trail=[("Controlled drugs", "register"), (str(found), "register_page", found.pk)],
    )


@page("controlled.signals")
def register_signals(request: StaffRequest) -> HttpResponse:
    """Show what may be a sign of diversion: numbers, and to the accountable officer the names."""
    report = report_signals(by=request.staff)
    note_patients(request.staff, [one.signal.about for one in report.named if one.signal.is_patient])
    return show(
        request,
        "controlled/signals.html",
        title="Signs of diversion",
        here="register",
        report=report,
        names=may(Role(request.staff.role), "controlled.names"),
        trail=[("Controlled drugs", "register")],
    )


@page("controlled.enter", methods=("POST",))
def register_post(request: StaffRequest, page_id: int, what: str) -> HttpResponse:
    """Take one entry."""
    found = access_register_page(request.staff, page_id)
    book = facts(found)
    makers = _forms(found, book, request)
    if what not in makers:
        raise RuleRefused("There is no such entry. Go back to the page and choose one of those shown.")
    form = makers[what](request.POST)
    written: list[RegisterEntry] = []

    def write(data: dict[str, Any]) -> None:
        witness = signed_by_two(request, form)
        draft = _settlement(book, data) if what == "settle" else form.draft
        written.append(do.write_entry(found, draft, seen=data["seen"], by=request.staff, witness=witness))

    if attempt(form, write):
        entry = written[0]
        says = (
            f"Entry {entry.number} is written. The book holds {entry.balance}.",
            *judge_entry(book, entry.line).cautions,
        )
        return done(request, " ".join(says), "register_page", found.pk)
    return _shown(request, found, what, form)


def _settlement(book: Page, data: dict[str, Any]) -> Draft:
    standing = book.open_discrepancy()
    if standing is None or standing.counted is None:
        raise RuleRefused("There is no open difference to settle. Count the stock first.")
    batch, expires_on = forms.batch_of(data["of_batch"])
    missing = standing.counted - standing.balance
    return Draft(Kind.SETTLEMENT, missing, batch=batch, expires_on=expires_on, about=standing.number, note=data["note"])


def _forms(found: RegisterPage, book: Page, request: StaffRequest) -> dict[str, Callable[..., Any]]:
    people = do.witnesses(request.staff)
    seen = book.lines[-1].number if book.lines else 0
    return {
        "in": lambda data=None: forms.InForm(data, people=people, seen=seen),
        "out": lambda data=None: forms.OutForm(data, people=people, seen=seen, batches=tuple(book.batches())),
        "count": lambda data=None: forms.CountForm(data, people=people, seen=seen),
        "settle": lambda data=None: forms.SettleForm(data, people=people, seen=seen, batches=tuple(book.all_batches())),
        "footnote": lambda data=None: forms.FootnoteForm(data, seen=seen),
    }


def _shown(request: StaffRequest, found: RegisterPage, what: str = "", posted: Form | None = None) -> HttpResponse:
    entries = list(entries_of(found))
    book = Page(tuple(entry.line for entry in entries))
    made: dict[str, Any] = {name: make() for name, make in _forms(found, book, request).items()}
    if posted is not None:
        posted.shown_revision = book.lines[-1].number if book.lines else 0
        made[what] = posted
    rows: list[tuple[RegisterEntry, Line]] = [(entry, entry.line) for entry in reversed(entries[-NEWEST_SHOWN:])]
    note_patients(request.staff, patients_on(entry for entry, _ in rows))
    return show(
        request,
        "controlled/page.html",
        title=str(found),
        here="register",
        page=found,
        row=PageRow(found, book, timezone.now()),
        rows=rows,
        total=len(entries),
        broken=broken_entry(entries),
        made=made,
        forms=[posted] if posted is not None else [],
        writes=may(Role(request.staff.role), "controlled.enter"),
        send=_numbered(send_form(request, found), book) if siblings(request, found) else None,
        coming=[(one, _numbered(one.form, book)) for one in coming(request, found, timezone.now())],
        trail=[("Controlled drugs", "register")],
    )


def _numbered(form: Form, book: Page) -> Form:
    """Return the form with the number of the newest entry that the page shows."""
    form.shown_revision = book.lines[-1].number if book.lines else 0
    return form
