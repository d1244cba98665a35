"""The plan: dose, guard rails, second prescriber, versions; and what cannot be right."""

from datetime import time
from decimal import Decimal

import pytest
from django.utils import timezone

from glimmer.actions.booking import book_course
from glimmer.actions.consent import withdraw_consent
from glimmer.actions.plan import countersign_plan, prescribe_plan, preview_plan
from glimmer.guidance import protocol
from glimmer.records.models import Appointment, Plan
from glimmer.vocabulary.problems import BadInput, RuleRefused
from tests.support.cast import an_episode, an_order, bay, consents_to_the_plan


@pytest.fixture
def episode(cast):
    return an_episode(cast, at="plan")


def test_seventy_kilograms_at_half_a_milligram_make_thirty_five_milligrams(cast, episode):
    plan = prescribe_plan(episode, an_order(), by=cast.idris)
    assert (plan.dose_mg, plan.dose_mg_per_kg, plan.infusion_minutes, plan.sessions) == (35, Decimal("0.5"), 40, 6)


def test_plan_pins_the_version_and_content_of_its_protocol(cast, episode):
    plan = prescribe_plan(episode, an_order(protocol_id="iv-racemic-oxford-weekly"), by=cast.idris)
    pinned = protocol("iv-racemic-oxford-weekly")
    assert (plan.protocol_id, plan.protocol_version, plan.protocol_digest) == (pinned.id, pinned.version, pinned.digest)
    assert plan.sessions == 3


def test_preview_shows_both_weights_and_chooses_none(cast, episode):
    # Devine: a woman of 170 cm has 45.5 + 2.3 x (170 / 2.54 - 60) = 61.4 kg.
    preview = preview_plan(episode, an_order(basis="", weight_kg=100))
    assert preview.chosen is None
    assert (preview.actual.weight_used_kg, preview.actual.dose_mg) == (100, 50)
    assert preview.ideal.weight_used_kg == pytest.approx(61.4, abs=0.05)


def test_order_without_a_chosen_weight_is_refused(cast, episode):
    with pytest.raises(BadInput) as problem:
        prescribe_plan(episode, an_order(basis=""), by=cast.idris)
    assert problem.value.field == "basis"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"weight_kg": 700}, "weight_kg"),
        ({"weight_kg": 0}, "weight_kg"),
        ({"weight_kg": float("nan")}, "weight_kg"),
        ({"height_cm": 1.7}, "height_cm"),
        ({"protocol_id": "oral"}, "protocol_id"),
        ({"oxygen_scale": 3}, "oxygen_scale"),
        ({"sessions": 0, "reason": "x"}, "sessions"),
        ({"sessions": 40, "reason": "x"}, "sessions"),
        ({"minutes": 45.5, "reason": "x"}, "minutes"),
        ({"minutes": 45}, "reason"),
        ({"mg_per_kg": 0.4}, "reason"),
        ({"sessions": 4, "mg_per_kg": 0.4}, "reason"),
    ],
)
def test_order_that_cannot_be_right_is_refused_at_its_field(cast, episode, wrong, field):
    with pytest.raises(BadInput) as problem:
        prescribe_plan(episode, an_order(**wrong), by=cast.idris)
    assert problem.value.field == field
    assert not Plan.objects.exists()


@pytest.mark.parametrize("wrong", [{"mg_per_kg": 1.1}, {"minutes": 20}, {"mg_per_kg": 0.0}, {"mg_per_kg": -0.5}])
def test_dose_beyond_the_guard_rails_is_refused(cast, episode, wrong):
    with pytest.raises(RuleRefused, match="cannot be prescribed"):
        prescribe_plan(episode, an_order(reason="asked for", **wrong), by=cast.idris)


def test_dose_above_half_a_milligram_is_cautioned_but_possible(cast, episode):
    order = an_order(mg_per_kg=0.6, reason="Little change at 0.5.")
    assert preview_plan(episode, order).verdict.cautions
    plan = prescribe_plan(episode, order, by=cast.idris)
    consents_to_the_plan(cast, episode)
    episode.refresh_from_db()
    assert (plan.dose_mg, episode.state) == (42, "To be booked")


def test_high_dose_waits_for_a_second_prescriber_before_dates_are_booked(cast, episode):
    plan = prescribe_plan(episode, an_order(mg_per_kg=0.8, reason="Partial response."), by=cast.idris)
    consents_to_the_plan(cast, episode)
    episode.refresh_from_db()
    assert episode.state == "Second prescriber wanted"
    day = timezone.localdate()
    with pytest.raises(RuleRefused, match="second prescriber"):
        book_course(plan, day, time(10), bay(), by=cast.bea)
    with pytest.raises(RuleRefused, match="You prescribed"):
        countersign_plan(plan, by=cast.idris)
    countersign_plan(plan, by=cast.una)
    with pytest.raises(RuleRefused, match="does not wait"):
        countersign_plan(plan, by=cast.una)
    episode.refresh_from_db()
    assert episode.state == "To be booked"


def test_plan_that_needs_no_second_prescriber_takes_none(cast, episode):
    plan = prescribe_plan(episode, an_order(), by=cast.idris)
    with pytest.raises(RuleRefused, match="does not wait"):
        countersign_plan(plan, by=cast.una)


def test_form_posted_twice_makes_one_plan(cast, episode):
    prescribe_plan(episode, an_order(), by=cast.idris)
    with pytest.raises(RuleRefused, match="prescribed already"):
        prescribe_plan(episode, an_order(), by=cast.idris)
    assert Plan.objects.count() == 1


def test_new_plan_is_the_next_version_and_frees_the_dates_of_the_old_one(cast):
    episode = an_episode(cast, at="session")
    plan = prescribe_plan(episode, an_order(weight_kg=68), by=cast.una)
    assert plan.version == 2
    dates = Appointment.objects.filter(plan__episode=episode)
    assert dates.count() == 6
    assert all(date.cancelled_by == cast.una and "plan 2" in date.cancelled_because for date in dates)


def test_nothing_is_prescribed_without_consent(cast):
    with pytest.raises(RuleRefused, match="consent"):
        prescribe_plan(an_episode(cast, at="consent"), an_order(), by=cast.idris)
    episode = an_episode(cast, at="plan", patient=1)
    withdraw_consent(episode, by=cast.maya)
    with pytest.raises(RuleRefused, match="consent"):
        prescribe_plan(episode, an_order(), by=cast.idris)


def test_nothing_is_prescribed_before_selection(cast):
    with pytest.raises(RuleRefused, match="eligible"):
        prescribe_plan(an_episode(cast, at="selection"), an_order(), by=cast.idris)
