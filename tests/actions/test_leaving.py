"""Going home: not before every criterion is met or answered for."""

from datetime import datetime, timedelta

import pytest

from glimmer.actions.session import discharge_patient, override_leaving, record_leaving
from glimmer.care.session.leaving import ESCORTED
from glimmer.guidance import protocol
from glimmer.records.models import LogLine, TreatmentSession
from glimmer.vocabulary.problems import BadInput, NotAllowed, RuleRefused
from tests.support.bedside import NOON, PROTOCOL, Ward, a_ward

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
LATE = NOON + 110 * MINUTE


@pytest.fixture
def ward(db: None) -> Ward:
    return a_ward()


def everything_met(ward: Ward, session: TreatmentSession, at: datetime, **other: str) -> None:
    asked = [criterion for criterion in protocol(PROTOCOL).leaving if not criterion.measured]
    answers = {one.id: (other.get(one.id, one.wanted), "") for one in asked}
    answers[ESCORTED] = ("yes", "Her sister")
    record_leaving(session, answers, by=ward.nurse, at=at)
    ward.observe(session, at)


def test_a_patient_who_meets_every_criterion_goes_home_and_the_bay_is_free(ward: Ward) -> None:
    session = ward.recovering()
    everything_met(ward, session, LATE)
    discharge_patient(session, "Her sister", by=ward.nurse, at=LATE)
    assert (session.phase, session.ended_at) == ("left", LATE)


def test_too_early_is_too_early(ward: Ward) -> None:
    session = ward.recovering()
    early = NOON + 50 * MINUTE
    everything_met(ward, session, early)
    with pytest.raises(RuleRefused, match="at least 60"):
        discharge_patient(session, "Her sister", by=ward.nurse, at=early)
    assert session.phase == "recovering"


def test_a_patient_who_goes_home_alone_stays_longer(ward: Ward) -> None:
    session = ward.recovering()
    everything_met(ward, session, LATE)
    record_leaving(session, {ESCORTED: ("no", "Takes the bus")}, by=ward.nurse, at=LATE)
    with pytest.raises(RuleRefused, match="at least 120"):
        discharge_patient(session, "Alone, by bus", by=ward.nurse, at=LATE)


def test_an_unanswered_criterion_keeps_the_patient(ward: Ward) -> None:
    session = ward.recovering()
    with pytest.raises(RuleRefused) as refused:
        discharge_patient(session, "Her sister", by=ward.nurse, at=LATE)
    assert any("Not answered yet" in reason for reason in refused.value.reasons)


def test_nobody_leaves_while_the_pump_runs(ward: Ward) -> None:
    session = ward.running()
    with pytest.raises(RuleRefused, match="has not ended yet"):
        discharge_patient(session, "Her sister", by=ward.nurse, at=NOON + MINUTE)


def test_the_escort_and_the_advice_are_asked_for(ward: Ward) -> None:
    session = ward.recovering()
    everything_met(ward, session, LATE)
    with pytest.raises(BadInput) as refused:
        discharge_patient(session, " ", by=ward.nurse, at=LATE)
    assert refused.value.field == "escorted_by"
    with pytest.raises(BadInput) as refused:
        discharge_patient(session, "Her sister", advice_given=False, by=ward.nurse, at=LATE)
    assert refused.value.field == "advice_given"


def test_a_measured_criterion_is_not_answered_by_hand(ward: Ward) -> None:
    session = ward.recovering()
    with pytest.raises(BadInput, match="worked out from the readings"):
        record_leaving(session, {"minimum_stay": ("yes", "")}, by=ward.nurse, at=LATE)


def test_only_a_psychiatrist_lets_a_patient_leave_early(ward: Ward) -> None:
    session = ward.recovering()
    early = NOON + 95 * MINUTE
    everything_met(ward, session, early)
    with pytest.raises(RuleRefused):
        discharge_patient(session, "Her sister", by=ward.nurse, at=early)
    with pytest.raises(NotAllowed):
        override_leaving(session, "minimum_stay", "Feels well", by=ward.nurse, at=early)
    override_leaving(session, "minimum_stay", "Seen, well, sister drives", by=ward.psychiatrist, at=early)
    discharge_patient(session, "Her sister", by=ward.nurse, at=early)
    assert session.phase == "left"


def test_what_nobody_may_override_stays(ward: Ward) -> None:
    session = ward.recovering()
    with pytest.raises(RuleRefused):
        override_leaving(session, "awake", "Nearly", by=ward.psychiatrist, at=LATE)


def test_a_criterion_that_is_met_needs_no_override(ward: Ward) -> None:
    session = ward.recovering()
    everything_met(ward, session, LATE)
    with pytest.raises(RuleRefused, match="nothing to override"):
        override_leaving(session, "vitals", "Just in case", by=ward.psychiatrist, at=LATE)


def test_a_patient_leaves_once(ward: Ward) -> None:
    session = ward.recovering()
    everything_met(ward, session, LATE)
    discharge_patient(session, "Her sister", by=ward.nurse, at=LATE)
    with pytest.raises(RuleRefused, match="has left"):
        discharge_patient(session, "Her brother", by=ward.second_nurse, at=LATE + MINUTE)
    assert LogLine.objects.filter(kind="discharged").count() == 1
