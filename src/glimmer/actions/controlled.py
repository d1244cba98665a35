"""Writing in the controlled drugs register: by two people, once, in order, and for a patient together with the session.

    write_entry(page, Draft(Kind.RECEIPT, 10, ...), seen=41, by=nurse, witness=pharmacist)
    take_for_session(session, page, Taking(...), seen=42, by=nurse, witness=colleague)

`seen` is the number of the newest entry on the page that the person looked at: whoever writes second, and a button
that was pressed twice, is told so and writes nothing.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import QuerySet
from django.utils import timezone

from glimmer.actions.act import Act, acting, even_when_full
from glimmer.actions.entries import optional_text, past_moment
from glimmer.actions.incidents import open_for_officer, tell_open_reports
from glimmer.actions.log import Bedside, allow, attend, protocol_of
from glimmer.care.controlled import ADDS, ALONE, TAKES, Kind, Line, Used, adds_up, judge_entry, missing_ml
from glimmer.care.session.conduct import BEFORE_START
from glimmer.care.session.course import Phase
from glimmer.care.session.drug import drug_in_syringe, drug_of, given_by_the_log, given_fits, may_put_back
from glimmer.care.session.events import DrugAccounted, DrugPutBack, DrugTaken, SessionEvent, What
from glimmer.care.session.log import SessionLog
from glimmer.care.session.manner import manner_of
from glimmer.records.access import access_drug_sessions, require
from glimmer.records.controlled import (
    RegisterEntry,
    RegisterPage,
    entries_of,
    facts,
    locked_page,
    mac_of,
    open_discrepancy,
    patients_on,
)
from glimmer.records.sessions import TreatmentSession
from glimmer.records.staff import Staff
from glimmer.vocabulary.permissions import roles_with
from glimmer.vocabulary.problems import BadInput, ChangedMeanwhile, NotAllowed, RuleRefused
from glimmer.vocabulary.verdict import Verdict

WRITTEN_FROM = {
    Kind.ADMINISTRATION: "the session's page",
    Kind.PUT_BACK: "the session's page",
    Kind.SUPPLY: "the prescription's page",
}
NOT_OVER = (*BEFORE_START, Phase.RUNNING, Phase.PAUSED)
LONGEST = {"batch": 40, "party": 300, "authority": 200, "note": 2000}


@dataclass(frozen=True, slots=True)
class Product:
    """What a page is for, as on the label: strength in mg/mL, size of one container in mL."""

    premises: str
    drug_class: str
    drug: str
    form: str
    strength_mg_per_ml: Decimal
    container_ml: Decimal
    container: str


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be written. `amount` is whole containers without a sign; a settlement alone has its sign."""

    kind: Kind
    amount: int = 0
    happened_at: datetime | None = None
    batch: str = ""
    expires_on: date | None = None
    party: str = ""
    authority: str = ""
    counted: int | None = None
    about: int | None = None
    note: str = ""

    @property
    def change(self) -> int:
        """What the entry does to the balance."""
        if self.kind in TAKES:
            return -self.amount
        return self.amount if self.kind in ADDS or self.kind is Kind.SETTLEMENT else 0


@dataclass(frozen=True, slots=True)
class Taking:
    """What is taken out of the cupboard for one session."""

    containers: int
    batch: str
    expires_on: date | None


def witnesses(by: Staff) -> QuerySet[Staff]:
    """Return who may sign as second person beside `by`."""
    require(by, "controlled.view")
    roles = [role.value for role in roles_with("controlled.enter")]
    return Staff.objects.filter(is_active=True, role__in=roles).exclude(pk=by.pk).order_by("name", "pk")


def is_in_use(drug: str, at: datetime) -> bool:
    """Say whether this clinic kept its register of a drug in Glimmer then: whether any page of it was open."""
    return RegisterPage.objects.filter(drug=drug, opened_at__lte=at).exists()


def drug_verdict(log: SessionLog, at: datetime) -> Verdict:
    """Say whether the syringe can have been drawn from what was taken for the session, where the register is kept."""
    if log.opened is None or not is_in_use(protocol_of(log).drug, at):
        return Verdict()
    return drug_in_syringe(log)


def sessions_to_account_for(by: Staff) -> list[TreatmentSession]:
    """Return the sessions whose infusion is over and whose drug nobody has accounted for, the oldest first."""
    found = access_drug_sessions(by).filter(drug_is_open=True).exclude(phase__in=NOT_OVER)
    return list(found.order_by("opened_at"))


def print_page(page: RegisterPage, *, by: Staff, at: datetime | None = None) -> None:
    """Enter into the audit that a person asked for a page as it is printed, with the names of patients on it."""
    with even_when_full("print_page"), acting(by, "controlled.view", verb="print_page", at=at) as act:
        act.about(page)
        act.note(patients=patients_on(entries_of(page)))


def open_page(product: Product, *, by: Staff, at: datetime | None = None) -> RegisterPage:
    """Open a page for a product that has none yet."""
    with acting(by, "controlled.open", verb="open_page", at=at) as act:
        words = (product.premises, product.drug_class, product.drug, product.form, product.container)
        if not all(word.strip() for word in words):
            raise BadInput("Enter premises, class, drug, form and container: they head the page for good.")
        page = RegisterPage(
            premises=product.premises.strip(),
            drug_class=product.drug_class.strip().lower(),
            drug=product.drug.strip(),
            form=product.form.strip().lower(),
            strength_mg_per_ml=product.strength_mg_per_ml,
            container_ml=product.container_ml,
            container=product.container.strip().lower(),
            opened_at=act.at,
            opened_by=by,
        )
        page.save(force_insert=True)
        act.about(page)
    return page


def write_entry(
    page: RegisterPage, draft: Draft, *, seen: int, by: Staff, witness: Staff | None = None, at: datetime | None = None
) -> RegisterEntry:
    """Write one entry on a page. What is written together with another record is written from there instead."""
    if draft.kind in WRITTEN_FROM:
        raise RuleRefused(f"“{draft.kind.label}” is written on {WRITTEN_FROM[draft.kind]}, together with its record.")
    with acting(by, "controlled.enter", verb="write_entry", at=at) as act:
        before = open_discrepancy(page.pk)
        entry = add_line(act, page.pk, draft, seen, witness)
        _tell_the_officer(act, entry, before)
        act.about(entry)
        act.note(kind=entry.kind, page=page.pk, number=entry.number, change=entry.change, witness=entry.witness_id)
    return entry


def take_for_session(
    session: TreatmentSession,
    page: RegisterPage,
    taking: Taking,
    *,
    seen: int,
    by: Staff,
    witness: Staff,
    form_token: str = "",
    at: datetime | None = None,
) -> list[SessionEvent]:
    """Take containers out for a session: one entry in the register and one in the session's log, or neither."""

    def decide(bedside: Bedside) -> list[What]:
        if bedside.log.course.ended is not None or bedside.log.phase().is_over:
            raise RuleRefused(f"This {manner_of(bedside.log).treatment} has ended, so nothing more is taken for it.")
        if page.drug != bedside.protocol.drug:
            raise BadInput(f"This session is for {bedside.protocol.drug}; the page is for {page.drug}.", field="page")
        patient = bedside.session.episode.patient
        draft = Draft(
            kind=Kind.ADMINISTRATION,
            amount=taking.containers,
            batch=taking.batch,
            expires_on=taking.expires_on,
            party=f"{patient.name}, NHS number {patient.nhs_number or 'not known'}",
            authority=str(bedside.session.plan.prescribed_by),
        )
        entry = add_line(bedside.act, page.pk, draft, seen, witness, session=bedside.session)
        return [
            DrugTaken(
                page=page.pk,
                entry=entry.number,
                drug=page.drug,
                strength_mg_per_ml=float(page.strength_mg_per_ml),
                container_ml=float(page.container_ml),
                containers=taking.containers,
                batch=entry.batch,
                expires_on=taking.expires_on.isoformat() if taking.expires_on else "",
                witness=str(witness),
            )
        ]

    return attend(session, "controlled.enter", "take_for_session", decide, by=by, form_token=form_token, at=at)


def put_back(
    session: TreatmentSession,
    entry: int,
    page: RegisterPage,
    containers: int,
    note: str,
    *,
    seen: int,
    by: Staff,
    witness: Staff,
    form_token: str = "",
    at: datetime | None = None,
) -> list[SessionEvent]:
    """Put unopened containers of this session back: one entry in the register and one in the session's log."""

    def decide(bedside: Bedside) -> list[What]:
        taken = drug_of(bedside.log).out.get((page.pk, entry))
        if taken is None:
            raise BadInput("Choose what was taken for this session.", field="entry")
        allow(may_put_back(bedside.log, (page.pk, entry), containers), "They cannot be put back.")
        expires = date.fromisoformat(taken.what.expires_on) if taken.what.expires_on else None
        draft = Draft(Kind.PUT_BACK, containers, batch=taken.what.batch, expires_on=expires, about=entry, note=note)
        written = add_line(bedside.act, page.pk, draft, seen, witness, session=bedside.session)
        return [
            DrugPutBack(page=page.pk, taken=entry, entry=written.number, containers=containers, witness=str(witness))
        ]

    return attend(session, "controlled.enter", "put_back", decide, by=by, form_token=form_token, at=at)


def _tell_the_officer(act: Act, entry: RegisterEntry, before: Line | None) -> None:
    """Open an incident where a count does not agree, and say in an open one what became of it."""
    counted = f"entry {entry.number}: counted {entry.counted}, the book says {entry.balance}"
    if entry.kind == Kind.CHECK and entry.counted != entry.balance:
        open_for_officer(act, entry.page, entry.number, f"The stock of {entry.page} does not agree, {counted}.")
    elif entry.kind == Kind.CHECK and before is not None:
        tell_open_reports(act, entry.page, f"Counted again and it agrees, {counted}.")
    elif entry.kind == Kind.SETTLEMENT:
        tell_open_reports(act, entry.page, f"Settled by {entry.change:+d} in entry {entry.number}: {entry.note}")


def account_for_drug(
    session: TreatmentSession,
    given_ml: float,
    discarded_ml: float,
    explanation: str = "",
    *,
    by: Staff,
    witness: Staff,
    form_token: str = "",
    at: datetime | None = None,
) -> list[SessionEvent]:
    """Say before a witness what was given and what was discarded, in mL of the undiluted drug.

    It must add up, and what was given must be what went in by the pump or its minutes; where it does not and both
    people say what happened (`explanation`), it is written as it is and an incident for the accountable officer is
    opened in the same transaction.
    """

    def decide(bedside: Bedside) -> list[What]:
        two_people(by, witness)
        drug = drug_of(bedside.log)
        if not drug.out:
            raise RuleRefused("Nothing was taken from the register for this session.")
        course = bedside.log.course
        if course.started is not None and course.ended is None and not bedside.log.phase().is_over:
            raise RuleRefused(
                f"The {manner_of(bedside.log).treatment} has not ended yet. Account for the drug when it has."
            )
        if min(given_ml, discarded_ml) < 0:
            raise BadInput("Amounts are 0 mL or more.", field="given_ml")
        if course.started is None and given_ml:
            raise BadInput(
                f"This {manner_of(bedside.log).treatment} was never started, so nothing was given.", field="given_ml"
            )
        syringe = course.preparation
        if syringe is not None and given_ml > syringe.drug_volume_ml:
            held = f"The {manner_of(bedside.log).prepared} held {syringe.drug_volume_ml:g} mL of the drug"
            raise BadInput(f"{held}, so no more was given.", field="given_ml")
        used, why = Used(drug.out_ml, given_ml, discarded_ml), optional_text(explanation, "explanation")
        verdict, fits = adds_up(used), given_fits(bedside.log, given_ml)
        if not why:
            allow(verdict, "The amounts do not add up.")
            allow(fits, "More or less is said to be given than went in.")
        missing = 0.0 if verdict.allowed else float(missing_ml(used))
        if missing:
            _report_missing(bedside, next(iter(drug.out)), missing, why)
        elif not fits.allowed:
            _report_given(bedside, next(iter(drug.out)), given_ml, why)
        return [DrugAccounted(round(drug.out_ml, 2), given_ml, discarded_ml, str(witness), missing, why)]

    return attend(session, "controlled.enter", "account_for_drug", decide, by=by, form_token=form_token, at=at)


def _report_missing(bedside: Bedside, key: tuple[int, int], missing: float, why: str) -> None:
    page = RegisterPage.objects.get(pk=key[0])
    words = (
        f"{missing:g} mL of {page} cannot be accounted for" if missing > 0 else f"{-missing:g} mL of {page} too much"
    )
    open_for_officer(
        bedside.act, page, key[1], f"{words} after session {bedside.session.number}. {why}", bedside.session
    )


def _report_given(bedside: Bedside, key: tuple[int, int], given_ml: float, why: str) -> None:
    page, by_the_log = RegisterPage.objects.get(pk=key[0]), given_by_the_log(bedside.log) or 0.0
    words = f"{given_ml:g} mL of {page} are said to be given, {by_the_log:.2f} mL by the record"
    open_for_officer(bedside.act, page, key[1], f"{words}, in session {bedside.session.number}. {why}", bedside.session)


def add_line(
    act: Act,
    page_id: int,
    draft: Draft,
    seen: int,
    witness: Staff | None,
    session: TreatmentSession | None = None,
) -> RegisterEntry:
    """Judge and add one entry in the caller's transaction, with the page locked. The caller audits."""
    if draft.kind not in ALONE:
        two_people(act.by, witness)
    page = locked_page(page_id)
    book = facts(page)
    newest = book.lines[-1].number if book.lines else 0
    if newest != seen:
        raise ChangedMeanwhile(
            f"Somebody wrote entry {newest} on this page while you had it open. Nothing of yours was saved. "
            "Look at the page again, then repeat your entry if it is still right."
        )
    line = _line(draft, book.balance, newest + 1, act.at)
    allow(judge_entry(book, line), "This cannot be written in the register.")
    entry = RegisterEntry(
        page=page,
        number=line.number,
        kind=line.kind.value,
        happened_at=line.happened_at,
        entered_at=line.entered_at,
        change=line.change,
        balance=line.balance,
        batch=line.batch,
        expires_on=line.expires_on,
        party=line.party,
        authority=line.authority,
        counted=line.counted,
        about=line.about,
        note=line.note,
        session=session,
        by=act.by,
        by_name=str(act.by),
        witness=witness if draft.kind not in ALONE else None,
        witness_name=str(witness) if witness is not None and draft.kind not in ALONE else "",
    )
    last = RegisterEntry.objects.filter(page=page, number=newest).values_list("mac", flat=True).first() or ""
    entry.mac = mac_of(last, entry)
    entry.save(force_insert=True)
    return entry


def _line(draft: Draft, balance: int, number: int, at: datetime) -> Line:
    tidy = {name: optional_text(getattr(draft, name), name, longest) for name, longest in LONGEST.items()}
    return Line(
        number=number,
        kind=draft.kind,
        happened_at=timezone.localtime(past_moment(draft.happened_at, at, None, "happened_at")),
        entered_at=timezone.localtime(at),
        change=draft.change,
        balance=balance + draft.change,
        expires_on=draft.expires_on,
        counted=draft.counted,
        about=draft.about,
        **tidy,
    )


def two_people(author: Staff, witness: Staff | None) -> None:
    """Raise BadInput unless a second person, who may write in the register, signs beside the author."""
    if witness is None:
        raise BadInput("A second person who was there has to sign with their own password.", field="witness")
    if witness.pk == author.pk:
        raise BadInput("You cannot be your own witness. Ask the colleague who was there.", field="witness")
    try:
        require(witness, "controlled.enter")
    except NotAllowed as problem:
        raise BadInput(
            f"{witness.name} may not witness in the register. Ask a nurse, a doctor or the pharmacist.", field="witness"
        ) from problem
