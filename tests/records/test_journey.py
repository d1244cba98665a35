"""The facts of a journey ask only where there is something to ask for: where that is has to be known rightly."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from glimmer.actions.treatment_history import TrialDetails, record_trial
from glimmer.records.journey import _counted, journey_facts
from glimmer.records.models import Episode, FollowUpDecision, SelectionOverride
from glimmer.records.selection import selection_sheet
from tests.support.cast import Cast, an_episode, make_cast

AT_STEP = {
    "referral": set(),
    "selection": set(),
    "consent": {"answers", "decisions"},
    "plan": {"answers", "decisions", "consents"},
    "session": {"answers", "decisions", "consents", "plans"},
}


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


def is_tried(cast: Cast, episode: Episode) -> None:
    record_trial(episode, TrialDetails("antidepressant", "Sertraline", "no_response", "gp_record"), by=cast.maya)


def is_overridden(cast: Cast, episode: Episode) -> None:
    SelectionOverride.objects.create(
        episode=episode, rule="adult", reason="Weighed.", proposed_by=cast.idris, proposed_at=timezone.now()
    )


def is_followed_up(cast: Cast, episode: Episode) -> None:
    FollowUpDecision.objects.create(
        episode=episode,
        decision="repeat",
        reason="Better.",
        next_on=timezone.localdate() + timedelta(days=7),
        decided_by=cast.idris,
        decided_at=timezone.now(),
    )


@pytest.mark.parametrize("step", AT_STEP)
def test_what_a_journey_has_so_far_is_known_and_nobody_elses(cast: Cast, step: str) -> None:
    an_episode(cast, at="session", patient=1)
    assert _counted(an_episode(cast, at=step)).recorded == AT_STEP[step]


@pytest.mark.parametrize(
    ("kind", "happens"), [("trials", is_tried), ("overrides", is_overridden), ("followups", is_followed_up)]
)
def test_what_happens_beside_the_journey_is_known_at_once(
    cast: Cast, kind: str, happens: Callable[[Cast, Episode], None]
) -> None:
    episode = an_episode(cast, at="selection")
    happens(cast, episode)
    assert _counted(episode).recorded == {kind}


def test_override_and_follow_up_are_among_the_facts(cast: Cast) -> None:
    episode = an_episode(cast, at="session")
    rule = journey_rule(episode)
    episode.selection_answers.create(rule=rule, answer="not_met", answered_by=cast.maya, answered_at=timezone.now())
    assert (journey_facts(episode).hard_rules_open, journey_facts(episode).overrides_waiting) == (1, 0)
    SelectionOverride.objects.create(
        episode=episode, rule=rule, reason="Weighed.", proposed_by=cast.idris, proposed_at=timezone.now()
    )
    is_followed_up(cast, episode)
    facts = journey_facts(episode)
    assert (facts.overrides_waiting, facts.consent, facts.followup) == (1, "given", "repeat")


def journey_rule(episode: Episode) -> str:
    """Return a rule that stops a treatment when it is not met."""
    sheet = selection_sheet(episode)
    return next(rule.id for rule in sheet.rules.rules if rule.id in sheet.answers and rule.overridable)
