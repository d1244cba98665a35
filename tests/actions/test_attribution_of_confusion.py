"""Confusion that a nurse recorded and a psychiatrist attributes afterwards: who is called changes, not the score."""

from datetime import timedelta

import pytest

from glimmer.actions.live import live_view
from glimmer.actions.session import Observation, attribute_confusion, record_observation
from glimmer.records.models import AuditLine
from glimmer.vocabulary.parameters import Parameter
from glimmer.vocabulary.problems import BadInput, ChangedMeanwhile, NotAllowed
from tests.support.bedside import NOON, Ward, a_ward

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
CALM = {
    Parameter.SYSTOLIC: 122,
    Parameter.DIASTOLIC: 78,
    Parameter.PULSE: 72,
    Parameter.SPO2: 98,
    Parameter.RESPIRATORY_RATE: 14,
    Parameter.TEMPERATURE: 36.6,
}


@pytest.fixture
def ward(db: None) -> Ward:
    return a_ward()


def confused(ward: Ward, consciousness: str = "C"):  # type: ignore[no-untyped-def]
    """A running session in which a nurse recorded this level of consciousness; the session and the round's number."""
    session = ward.running()
    observation = Observation(values=CALM, consciousness=consciousness)
    (event,) = record_observation(session, observation, by=ward.nurse, at=NOON + 20 * MINUTE)
    return session, event.seq


def calls(session, at) -> bool:  # type: ignore[no-untyped-def]
    return any(one.rule == "news2-single" and one.is_holding for one in live_view(session.pk, at).state.alarms)


def test_psychiatrist_attributes_what_a_nurse_recorded(ward: Ward) -> None:
    session, seq = confused(ward)
    assert calls(session, NOON + 21 * MINUTE)
    attribute_confusion(session, seq, "Dissociated, answers", by=ward.psychiatrist, at=NOON + 22 * MINUTE)
    latest = live_view(session.pk, NOON + 23 * MINUTE).state.latest_round
    assert latest is not None
    assert (latest.score.total, latest.score.any_three, latest.score.escalating_single) == (3, True, 0)
    assert latest.attributed_by == str(ward.psychiatrist)
    assert not calls(session, NOON + 23 * MINUTE)
    assert AuditLine.objects.last().action == "attribute_confusion"


def test_nurse_cannot_take_back_a_call_for_review(ward: Ward) -> None:
    session, seq = confused(ward)
    with pytest.raises(NotAllowed):
        attribute_confusion(session, seq, "Dissociated", by=ward.nurse, at=NOON + 22 * MINUTE)


@pytest.mark.parametrize("consciousness", ["A", "V", "U"])
def test_only_new_confusion_can_be_attributed(ward: Ward, consciousness: str) -> None:
    session, seq = confused(ward, consciousness)
    with pytest.raises(BadInput, match="no new confusion"):
        attribute_confusion(session, seq, "Asleep", by=ward.psychiatrist, at=NOON + 22 * MINUTE)


def test_it_is_attributed_once_with_a_reason(ward: Ward) -> None:
    session, seq = confused(ward)
    with pytest.raises(BadInput, match="Say why"):
        attribute_confusion(session, seq, " ", by=ward.psychiatrist, at=NOON + 22 * MINUTE)
    attribute_confusion(session, seq, "Dissociated", by=ward.psychiatrist, at=NOON + 22 * MINUTE)
    with pytest.raises(ChangedMeanwhile, match="already"):
        attribute_confusion(session, seq, "Dissociated", by=ward.psychiatrist, at=NOON + 23 * MINUTE)
