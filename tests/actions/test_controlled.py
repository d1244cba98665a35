"""The controlled drugs register: two people, once, in order, and together with the session."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from glimmer.actions.controlled import (
    Draft,
    Taking,
    account_for_drug,
    drug_verdict,
    open_page,
    print_page,
    put_back,
    sessions_to_account_for,
    take_for_session,
    write_entry,
)
from glimmer.actions.log import log_of
from glimmer.actions.session import (
    SyringeDetails,
    cancel_session,
    complete_infusion,
    prepare_infusion,
    start_infusion,
    start_verdict,
    stop_infusion,
)
from glimmer.care.controlled import Kind
from glimmer.care.session.drug import drug_of, given_fits
from glimmer.records.audit import AuditLine
from glimmer.records.controlled import broken_entry, entries_of, facts
from glimmer.records.models import IncidentReport, LogLine, RegisterEntry, RegisterPage, TreatmentSession
from glimmer.vocabulary.problems import BadInput, ChangedMeanwhile, NotAllowed, RuleRefused
from tests.support.bedside import NOON, Ward, a_ward
from tests.support.register import BATCH, EXPIRES, a_page, product, received, take

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def ward(db: None) -> Ward:
    return a_ward()


@pytest.fixture
def page(ward: Ward) -> RegisterPage:
    return a_page(ward)


def two(ward: Ward, **more: Any) -> dict[str, Any]:
    return {"by": ward.nurse, "witness": ward.second_nurse, "at": NOON, **more}


def test_receipt_is_in_the_book_with_both_names_and_in_the_audit(ward: Ward, page: RegisterPage) -> None:
    entry = entries_of(page).get()
    assert (entry.number, entry.change, entry.balance) == (1, 10, 10)
    assert (entry.by, entry.witness) == (ward.pharmacist, ward.nurse)
    line = AuditLine.objects.order_by("pk").last()
    assert line is not None
    assert line.action == "write_entry"
    assert line.details == {"kind": "receipt", "page": page.pk, "number": 1, "change": 10, "witness": ward.nurse.pk}


def test_nobody_is_their_own_witness(ward: Ward, page: RegisterPage) -> None:
    with pytest.raises(BadInput, match="your own witness"):
        write_entry(page, received(1), seen=1, by=ward.nurse, witness=ward.nurse, at=NOON)
    with pytest.raises(BadInput, match="second person"):
        write_entry(page, received(1), seen=1, by=ward.nurse, at=NOON)
    assert facts(page).balance == 10


@pytest.mark.parametrize("who", ["researcher", "officer"])
def test_only_who_may_write_may_witness(ward: Ward, page: RegisterPage, who: str) -> None:
    with pytest.raises(BadInput, match="may not witness"):
        write_entry(page, received(1), seen=1, by=ward.nurse, witness=getattr(ward, who), at=NOON)
    with pytest.raises(NotAllowed):
        write_entry(page, received(1), seen=1, by=getattr(ward, who), witness=ward.nurse, at=NOON)


def test_closed_account_cannot_witness(ward: Ward, page: RegisterPage) -> None:
    ward.second_nurse.is_active = False
    ward.second_nurse.save()
    with pytest.raises(BadInput, match="may not witness"):
        write_entry(page, received(1), seen=1, **two(ward))


def test_button_pressed_twice_writes_once(ward: Ward, page: RegisterPage) -> None:
    write_entry(page, received(5), seen=1, **two(ward))
    with pytest.raises(ChangedMeanwhile, match="entry 2"):
        write_entry(page, received(5), seen=1, **two(ward))
    assert facts(page).balance == 15


def test_taking_stands_in_the_register_and_in_the_session(ward: Ward, page: RegisterPage) -> None:
    session = ward.open()
    number = take(session, page, 2, seen=1, **two(ward))
    entry = entries_of(page).get(number=number)
    assert (entry.change, entry.balance, entry.session) == (-2, 8, session)
    assert entry.party == f"{ward.patient.name}, NHS number {ward.patient.nhs_number}"
    assert entry.authority == str(ward.psychiatrist)
    taken = drug_of(log_of(session.pk)).out[(page.pk, number)]
    assert (taken.containers, taken.ml, taken.what.witness) == (2, 40, str(ward.second_nurse))


def test_taking_that_the_register_refuses_leaves_nothing_in_the_session(ward: Ward, page: RegisterPage) -> None:
    session = ward.open()
    before = LogLine.objects.filter(session=session).count()
    with pytest.raises(RuleRefused, match="The book holds 10, so 11"):
        take(session, page, 11, seen=1, **two(ward))
    assert LogLine.objects.filter(session=session).count() == before
    assert facts(page).balance == 10


def test_same_press_takes_once(ward: Ward, page: RegisterPage) -> None:
    session = ward.open()
    for _ in range(2):
        seen = facts(page).lines[-1].number
        take_for_session(session, page, Taking(1, BATCH, EXPIRES), seen=seen, form_token="press", **two(ward))
    assert facts(page).balance == 9


def test_another_drug_is_not_taken_for_this_session(ward: Ward) -> None:
    other = a_page(ward, drug="Esketamine")
    with pytest.raises(BadInput, match="the page is for Esketamine"):
        take(ward.open(), other, seen=1, **two(ward))


def test_taking_and_putting_back_are_not_written_past_the_session(ward: Ward, page: RegisterPage) -> None:
    for kind in (Kind.ADMINISTRATION, Kind.PUT_BACK):
        with pytest.raises(RuleRefused, match="on the session's page"):
            write_entry(page, Draft(kind, 1), seen=1, **two(ward))


def reasons(session: TreatmentSession) -> str:
    return " ".join(start_verdict(session, log_of(session.pk), NOON + MINUTE).reasons)


def test_clinic_with_its_register_on_paper_is_asked_nothing(ward: Ward) -> None:
    session = ward.ready()
    assert reasons(session) == ""
    start_infusion(session, by=ward.nurse, at=NOON)


def test_session_before_the_register_was_opened_is_of_the_book_of_paper(ward: Ward, page: RegisterPage) -> None:
    session = ward.ready(at=NOON - timedelta(minutes=90))
    assert start_verdict(session, log_of(session.pk), NOON - timedelta(minutes=80)).allowed


def test_infusion_starts_only_with_what_was_taken_from_the_register(ward: Ward, page: RegisterPage) -> None:
    session = ward.ready()
    assert "Nothing of batch B1234 at 10 mg/mL was taken" in reasons(session)
    with pytest.raises(RuleRefused, match="controlled drugs register"):
        start_infusion(session, by=ward.nurse, at=NOON)
    take(session, page, seen=1, **two(ward))
    assert reasons(session) == ""
    start_infusion(session, by=ward.nurse, at=NOON)


def test_batch_of_the_syringe_must_be_the_batch_that_was_taken(ward: Ward, page: RegisterPage) -> None:
    session = ward.ready()
    write_entry(page, received(3, batch="B9"), seen=1, **two(ward))
    take_for_session(session, page, Taking(1, "B9", EXPIRES), seen=2, **two(ward))
    assert "Nothing of batch B1234" in reasons(session)


def test_another_expiry_in_the_syringe_than_in_the_register_is_said_before_the_start(
    ward: Ward, page: RegisterPage
) -> None:
    session = ward.ready()
    take(session, page, seen=1, **two(ward))
    prepare_infusion(session, SyringeDetails(10, 50, BATCH, date(2027, 10, 31)), by=ward.nurse, at=NOON)
    cautions = " ".join(start_verdict(session, log_of(session.pk), NOON + MINUTE).cautions)
    assert "expires on 2027-12-31 by the register and on 2027-10-31 by the syringe" in cautions


def test_more_than_was_taken_cannot_be_in_the_syringe(ward: Ward) -> None:
    small = a_page(ward, container_ml=2)  # 3.5 mL are needed
    session = ward.ready()
    take(session, small, seen=1, **two(ward))
    assert "The syringe holds 3.5 mL of the drug, but only 2 mL" in reasons(session)
    take(session, small, seen=2, **two(ward))
    assert reasons(session) == ""


def test_what_was_put_back_is_not_in_the_syringe_and_is_in_the_book(ward: Ward, page: RegisterPage) -> None:
    session = ward.ready()
    number = take(session, page, 2, seen=1, **two(ward))
    put_back(session, number, page, 1, "One was enough", seen=2, **two(ward))
    assert (facts(page).balance, drug_of(log_of(session.pk)).out_ml) == (9, 20)
    put_back(session, number, page, 1, "Session is off", seen=3, **two(ward))
    assert facts(page).balance == 10
    assert not drug_of(log_of(session.pk)).is_open
    assert "Nothing of batch B1234" in reasons(session)
    with pytest.raises(BadInput, match="what was taken for this session"):
        put_back(session, number, page, 1, "Again", seen=4, **two(ward))


def test_vial_that_the_running_syringe_was_drawn_from_is_not_put_back_unopened(ward: Ward, page: RegisterPage) -> None:
    session = ward.ready()
    number = take(session, page, 2, seen=1, **two(ward))
    start_infusion(session, by=ward.nurse, at=NOON)
    with pytest.raises(RuleRefused, match="holds what is in the started syringe"):
        put_back(session, number, page, 2, "Not opened", seen=2, **two(ward))
    assert facts(page).balance == 8
    put_back(session, number, page, 1, "Not opened", seen=2, **two(ward))
    assert drug_of(log_of(session.pk)).is_open


def finished(ward: Ward, page: RegisterPage) -> TreatmentSession:
    session = ward.ready()
    take(session, page, seen=1, **two(ward))
    start_infusion(session, by=ward.nurse, at=NOON)
    complete_infusion(session, 50, by=ward.nurse, at=NOON + 40 * MINUTE)
    return session


def test_given_and_discarded_must_be_all_that_was_taken(ward: Ward, page: RegisterPage) -> None:
    session = finished(ward, page)
    later = two(ward, at=NOON + 50 * MINUTE)
    assert sessions_to_account_for(ward.nurse) == [session]
    with pytest.raises(RuleRefused, match=r"1\.50 mL are not accounted for"):
        account_for_drug(session, 3.5, 15, **later)
    account_for_drug(session, 3.5, 16.5, **later)
    assert sessions_to_account_for(ward.nurse) == []


def stopped(ward: Ward, page: RegisterPage, minutes: int) -> TreatmentSession:
    session = ward.ready()
    take(session, page, seen=1, **two(ward))
    start_infusion(session, by=ward.nurse, at=NOON)
    stop_infusion(session, "Unwell", by=ward.nurse, at=NOON + minutes * MINUTE)
    return session


def test_dose_that_was_stopped_early_is_not_accounted_for_as_given_whole(ward: Ward, page: RegisterPage) -> None:
    # 10 of 40 minutes at a steady rate: a quarter of the 3.5 mL in the syringe.
    session = stopped(ward, page, 10)
    later = two(ward, at=NOON + 50 * MINUTE)
    with pytest.raises(RuleRefused, match=r"3\.5 mL are said to be given, but by the record 0\.88 mL"):
        account_for_drug(session, 3.5, 16.5, **later)
    with pytest.raises(RuleRefused, match=r"0 mL are said to be given, but by the record 0\.88 mL"):
        account_for_drug(session, 0, 20, **later)
    assert not IncidentReport.objects.exists()
    account_for_drug(session, 0.9, 19.1, **later)
    assert not IncidentReport.objects.exists()


def test_explained_difference_from_what_went_in_is_an_incident_for_the_officer(ward: Ward, page: RegisterPage) -> None:
    session = stopped(ward, page, 10)
    account_for_drug(session, 3.5, 16.5, "The pump ran on unseen", **two(ward, at=NOON + 50 * MINUTE))
    (report,) = IncidentReport.objects.all()
    assert "3.5 mL" in report.what
    assert "0.88 mL by the record" in report.what
    assert "The pump ran on unseen" in report.what


@pytest.mark.parametrize(
    ("minutes", "given", "fits"), [(33, 3.5, True), (31, 3.5, False), (40, 2.8, True), (40, 2.7, False)]
)
def test_minutes_pressed_late_are_no_difference(
    ward: Ward, page: RegisterPage, minutes: int, given: float, fits: bool
) -> None:
    session = stopped(ward, page, minutes)
    assert given_fits(log_of(session.pk), given).allowed is fits


def test_more_than_the_syringe_held_was_not_given(ward: Ward, page: RegisterPage) -> None:
    session = finished(ward, page)
    with pytest.raises(BadInput, match=r"The syringe held 3\.5 mL"):
        account_for_drug(session, 15, 5, **two(ward, at=NOON + 50 * MINUTE))


def test_session_is_listed_again_when_what_is_out_changed_after_it_was_accounted_for(
    ward: Ward, page: RegisterPage
) -> None:
    session = ward.ready()
    number = take(session, page, 2, seen=1, **two(ward))
    cancel_session(session, "Unwell", by=ward.nurse, at=NOON)
    assert sessions_to_account_for(ward.nurse) == [session]
    account_for_drug(session, 0, 40, **two(ward))
    assert sessions_to_account_for(ward.nurse) == []
    put_back(session, number, page, 1, "It was unopened after all", seen=2, **two(ward))
    assert sessions_to_account_for(ward.nurse) == [session]


def test_session_whose_infusion_runs_is_not_asked_to_account_yet(ward: Ward, page: RegisterPage) -> None:
    session = ward.ready()
    take(session, page, seen=1, **two(ward))
    start_infusion(session, by=ward.nurse, at=NOON)
    assert sessions_to_account_for(ward.nurse) == []


def test_nothing_is_accounted_for_while_the_infusion_runs(ward: Ward, page: RegisterPage) -> None:
    session = ward.ready()
    take(session, page, seen=1, **two(ward))
    start_infusion(session, by=ward.nurse, at=NOON)
    with pytest.raises(RuleRefused, match="has not ended yet"):
        account_for_drug(session, 3.5, 16.5, **two(ward, at=NOON + 5 * MINUTE))


def test_nothing_was_given_where_nothing_was_started(ward: Ward, page: RegisterPage) -> None:
    session = ward.ready()
    take(session, page, seen=1, **two(ward))
    with pytest.raises(BadInput, match="never started"):
        account_for_drug(session, 3.5, 16.5, **two(ward))
    account_for_drug(session, 0, 20, **two(ward))


def test_nothing_is_taken_for_an_infusion_that_is_over(ward: Ward, page: RegisterPage) -> None:
    session = finished(ward, page)
    with pytest.raises(RuleRefused, match="nothing more is taken"):
        take(session, page, seen=2, **two(ward, at=NOON + 50 * MINUTE))


def test_count_that_differs_is_settled_by_two_people(ward: Ward, page: RegisterPage) -> None:
    write_entry(page, Draft(Kind.CHECK, counted=9), seen=1, **two(ward))
    standing = facts(page).open_discrepancy()
    assert standing is not None
    of = {"batch": BATCH, "expires_on": EXPIRES, "about": standing.number}
    draft = Draft(Kind.SETTLEMENT, -1, note="Found broken, incident 17", **of)
    write_entry(page, draft, seen=2, **two(ward))
    assert facts(page).balance == 9
    assert facts(page).open_discrepancy() is None


def test_footnote_is_written_by_one_person_and_changes_nothing(ward: Ward, page: RegisterPage) -> None:
    note = Draft(Kind.FOOTNOTE, about=1, note="The supplier is 2, not 1, Invented Street")
    entry = write_entry(page, note, seen=1, by=ward.nurse, at=NOON)
    assert (entry.witness, entry.balance) == (None, 10)


def test_late_entry_keeps_both_times(ward: Ward, page: RegisterPage) -> None:
    entry = write_entry(page, received(1, happened_at=NOON - timedelta(days=3)), seen=1, **two(ward))
    assert (entry.happened_at, entry.entered_at) == (NOON - timedelta(days=3), NOON)
    assert entry.line.is_late


def test_entry_is_in_time_by_the_clinics_own_days(ward: Ward, page: RegisterPage) -> None:
    """In summer the clinic's day begins at 23:00 UTC of the day before."""
    happened = datetime(2026, 6, 1, 23, 30, tzinfo=UTC)  # 2 June, 00:30 at the clinic
    summer = a_page(a_ward(happened), vials=0)
    draft = received(1, happened_at=happened)
    entry = write_entry(summer, draft, seen=0, **two(ward, at=happened + timedelta(hours=47)))  # 3 June, 23:30
    assert not entry.line.is_late
    later = write_entry(summer, draft, seen=1, **two(ward, at=happened + timedelta(hours=48)))  # 4 June, 00:30
    assert later.line.is_late


def test_entry_of_the_future_is_refused(ward: Ward, page: RegisterPage) -> None:
    with pytest.raises(BadInput, match="lies in the future"):
        write_entry(page, received(1, happened_at=NOON + timedelta(hours=1)), seen=1, **two(ward))


def test_printing_a_page_is_in_the_audit(ward: Ward, page: RegisterPage) -> None:
    print_page(page, by=ward.pharmacist)
    line = AuditLine.objects.order_by("pk").last()
    assert line is not None
    assert (line.action, line.subject, line.subject_id) == ("print_page", "RegisterPage", page.pk)


def test_page_is_opened_once_for_a_product(ward: Ward) -> None:
    one = product(premises="Lantern House")
    open_page(one, by=ward.pharmacist)
    with pytest.raises(ChangedMeanwhile):
        open_page(one, by=ward.nurse)


def test_untouched_page_stands_and_expired_batch_is_not_taken(ward: Ward, page: RegisterPage) -> None:
    old = date(2026, 11, 1)
    write_entry(page, received(2, batch="OLD", expires_on=old), seen=1, **two(ward))
    with pytest.raises(RuleRefused, match="passed its expiry date"):
        take_for_session(ward.open(), page, Taking(1, "OLD", old), seen=2, **two(ward))
    assert broken_entry(list(entries_of(page))) is None
    assert RegisterEntry.objects.count() == 2


def test_syringe_that_is_drawn_again_needs_its_own_vial_only_where_the_first_is_too_small(
    ward: Ward, page: RegisterPage
) -> None:
    session = ward.ready()
    take(session, page, seen=1, **two(ward))
    prepare_infusion(session, SyringeDetails(10, 40, BATCH, EXPIRES), by=ward.nurse, at=NOON)
    assert drug_verdict(log_of(session.pk), NOON).allowed
