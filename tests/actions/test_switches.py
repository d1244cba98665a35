"""Dose arithmetic off: the prescriber types, the nurse types, people check, and nothing is worked out behind them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from glimmer.actions import live
from glimmer.actions.infusion import (
    SyringeDetails,
    check_preparation,
    prepare_infusion,
    start_infusion,
    start_verdict,
    stop_infusion,
)
from glimmer.actions.log import log_of
from glimmer.actions.plan import countersign_plan, prescribe_plan
from glimmer.actions.switches import STATEMENTS, sign_function
from glimmer.actions.treatments import treatments_of
from glimmer.care.session.events import FunctionsSwitched, InfusionPrepared
from glimmer.guidance.safety import Document
from glimmer.records.audit import AuditLine
from glimmer.records.journey import second_prescriber_wanted
from glimmer.records.logbook import events_of
from glimmer.records.models import TreatmentSession
from glimmer.records.switches import SwitchSigning, functions_now
from glimmer.vocabulary.functions import Function
from glimmer.vocabulary.problems import BadInput, NotAllowed, RuleRefused
from tests.support.bedside import NOON, Ward, a_ward
from tests.support.cast import Cast, an_episode, an_order, make_cast, sign_functions

TYPED = SyringeDetails(10, 50, "B1", date(2030, 1, 1), 3.5, 0.7, 75)


@pytest.fixture
def cast(db) -> Cast:
    cast = make_cast()
    sign_functions(cast.wilf, False, Function.DOSE_ARITHMETIC)
    return cast


@pytest.fixture
def ward(db) -> Ward:
    live.forget_all()
    ward = a_ward()
    sign_functions(ward.officer, False, Function.DOSE_ARITHMETIC)
    return ward


def test_the_prescriber_types_the_dose_and_no_sum_stands_behind_it(cast: Cast) -> None:
    plan = prescribe_plan(an_episode(cast, at="plan"), an_order(basis="", dose_mg=33.0), by=cast.idris)
    assert (float(plan.dose_mg), plan.dose_mg_per_kg, plan.basis) == (33.0, None, "")
    assert plan.dose_basis == "typed by the prescriber, not worked out"


def test_without_a_typed_dose_nothing_is_prescribed(cast: Cast) -> None:
    with pytest.raises(BadInput, match="Glimmer works none out") as refused:
        prescribe_plan(an_episode(cast, at="plan"), an_order(), by=cast.idris)
    assert refused.value.field == "dose_mg"


def test_a_typed_dose_always_waits_for_a_second_prescriber(cast: Cast) -> None:
    plan = prescribe_plan(an_episode(cast, at="plan"), an_order(basis="", dose_mg=33.0), by=cast.idris)
    assert second_prescriber_wanted(plan)
    with pytest.raises(RuleRefused, match="Another prescriber"):
        countersign_plan(plan, by=cast.idris)
    assert not second_prescriber_wanted(countersign_plan(plan, by=cast.una))


def test_a_typed_dose_is_refused_while_dose_arithmetic_is_on(cast: Cast) -> None:
    sign_functions(cast.wilf, True, Function.DOSE_ARITHMETIC)
    episode = an_episode(cast, at="plan")
    with pytest.raises(BadInput, match="doses by weight"):
        prescribe_plan(episode, an_order(dose_mg=99.0), by=cast.idris)
    plan = prescribe_plan(episode, an_order(), by=cast.idris)
    assert (float(plan.dose_mg), plan.basis) == (35.0, "actual")


def test_the_nurse_types_volumes_strength_and_rate_and_a_second_person_checks_them(ward: Ward) -> None:
    session = ward.open()
    # A volume that no sum would give: what was typed is what both people look at.
    typed = SyringeDetails(10, 50, "B1", date(2030, 1, 1), 9.9, 1.2, 80)
    (event,) = prepare_infusion(session, typed, by=ward.nurse, at=NOON)
    what = event.what
    assert isinstance(what, InfusionPrepared)
    assert (what.drug_volume_ml, what.final_concentration_mg_per_ml, what.rate_ml_per_hour) == (9.9, 1.2, 80)
    with pytest.raises(RuleRefused, match="Ask a colleague"):
        check_preparation(session, by=ward.nurse, at=NOON)
    check_preparation(session, by=ward.second_nurse, at=NOON)


@pytest.mark.parametrize("field", ["drug_volume_ml", "final_concentration_mg_per_ml", "rate_ml_per_hour"])
def test_what_is_left_open_at_the_syringe_is_asked_for_and_not_worked_out(ward: Ward, field: str) -> None:
    with pytest.raises(BadInput, match="Glimmer works none out") as refused:
        prepare_infusion(ward.open(), replace(TYPED, **{field: None}), by=ward.nurse, at=NOON)
    assert refused.value.field == field


def test_the_infusion_starts_and_says_that_the_dose_was_not_judged(ward: Ward) -> None:
    session = ward.open()
    ward.answer_checks(session)
    ward.observe(session)
    prepare_infusion(session, TYPED, by=ward.nurse, at=NOON)
    check_preparation(session, by=ward.second_nurse, at=NOON)
    verdict = start_verdict(session, log_of(session.pk), NOON)
    assert verdict.allowed
    assert any("not judged by the guard rails" in words for words in verdict.cautions)
    start_infusion(session, by=ward.nurse, at=NOON)


def test_a_typed_dose_without_a_second_prescriber_is_not_started(ward: Ward) -> None:
    session = ward.open()
    ward.plan.dose_mg_per_kg, ward.plan.basis = None, ""
    ward.plan.save()
    session.refresh_from_db()
    verdict = start_verdict(session, log_of(session.pk), NOON)
    assert any("Ask another prescriber to agree" in words for words in verdict.reasons)


def test_a_stopped_infusion_has_no_worked_out_dose_in_the_letter(ward: Ward) -> None:
    session = ward.open()
    ward.answer_checks(session)
    ward.observe(session)
    prepare_infusion(session, TYPED, by=ward.nurse, at=NOON)
    check_preparation(session, by=ward.second_nurse, at=NOON)
    start_infusion(session, by=ward.nurse, at=NOON)
    stop_infusion(session, "Distress", by=ward.nurse, at=NOON + timedelta(minutes=10))
    TreatmentSession.objects.filter(pk=session.pk).update(ended_at=NOON + timedelta(minutes=90))
    (given,) = treatments_of(ward.episode)
    assert given.dose_in_words.endswith(" 35.0 mg, of which a part was given (not worked out)")


# The signature itself


def test_only_the_safety_officer_signs(ward: Ward) -> None:
    for person in (ward.nurse, ward.psychiatrist, ward.pharmacist, ward.researcher):
        with pytest.raises(NotAllowed):
            sign_function(Function.ALARMS, False, "Because.", by=person)
    assert functions_now().alarms


def test_signing_what_is_so_already_is_refused_and_only_that_it_was_tried_is_kept(ward: Ward) -> None:
    lines, signings = AuditLine.objects.filter(action="sign_function").count(), SwitchSigning.objects.count()
    with pytest.raises(RuleRefused, match="is on already"):
        sign_function(Function.ALARMS, True, "Again.", confirmed=STATEMENTS, by=ward.officer)
    kept = AuditLine.objects.filter(action="sign_function").count(), SwitchSigning.objects.count()
    assert kept == (lines, signings)
    assert AuditLine.objects.order_by("-pk")[0].action == "refused.sign_function"


def test_a_function_is_signed_on_again_for_changed_documents_and_is_never_off_between(ward: Ward, monkeypatch) -> None:
    session = ward.open()
    before = len(events_of(session.pk))
    monkeypatch.setattr("glimmer.actions.switches.safety_documents", lambda: [Document("Hazard log", "9", "0" * 64)])
    signing = sign_function(Function.ALARMS, True, "Read again.", confirmed=STATEMENTS, by=ward.officer)
    assert signing.documents == {"Hazard log": f"9 (sha256 {'0' * 64})"}
    assert [event.what.alarms for event in events_of(session.pk)[before:]] == [True]
    with pytest.raises(RuleRefused, match="is on already"):
        sign_function(Function.ALARMS, True, "And again.", confirmed=STATEMENTS, by=ward.officer)


def test_signing_for_changed_documents_asks_for_every_statement_again(ward: Ward, monkeypatch) -> None:
    monkeypatch.setattr("glimmer.actions.switches.safety_documents", lambda: [Document("Hazard log", "9", "0" * 64)])
    with pytest.raises(BadInput, match="Tick every statement"):
        sign_function(Function.ALARMS, True, "Read again.", confirmed=["read"], by=ward.officer)


def test_a_signature_without_a_reason_is_refused(ward: Ward) -> None:
    with pytest.raises(BadInput) as refused:
        sign_function(Function.ALARMS, False, "  ", by=ward.officer)
    assert refused.value.field == "reason"
    assert functions_now().alarms


def test_every_live_session_is_told_and_an_ended_one_is_not(ward: Ward) -> None:
    now = datetime.now(UTC)
    ended = a_ward(now - timedelta(hours=3))
    over = ended.recovering()
    TreatmentSession.objects.filter(pk=over.pk).update(ended_at=now)
    running, open_one = a_ward(now), ward.open()
    live_one = running.open()
    before = {one.pk: len(events_of(one.pk)) for one in (over, open_one, live_one)}
    sign_function(Function.ALARMS, False, "A test of the network.", by=ward.officer)
    grown = {pk: len(events_of(pk)) - count for pk, count in before.items()}
    assert grown == {over.pk: 0, open_one.pk: 1, live_one.pk: 1}
    newest = events_of(live_one.pk)[-1]
    assert newest.what == FunctionsSwitched(False, True, False, "Dr Wilf Tarrant, safety officer")
    assert (newest.by, newest.by_id) == ("Dr Wilf Tarrant, safety officer", ward.officer.pk)
