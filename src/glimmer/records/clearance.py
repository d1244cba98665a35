"""What stands against treating a patient at this moment besides the rules: medicines, tests, an urgent matter."""

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from glimmer.care.baseline_tests import (
    Result,
    StandingTest,
    Wanted,
    heart_at_risk,
    proposals_of_tests,
    standing_of_tests,
    verdict_of_tests,
)
from glimmer.care.medicines import medicine_proposals, medicines_verdict
from glimmer.care.meeting import Advice, advice_caution
from glimmer.care.referral import age_on
from glimmer.care.selection import Judgement, asks_about_pregnancy
from glimmer.care.treatment_history import Proposal
from glimmer.care.urgent import urgent_verdict
from glimmer.guidance import RuleSheet, baseline_tests
from glimmer.records.baseline_tests import results_of
from glimmer.records.episodes import Episode
from glimmer.records.medicines import medicine_cautions, settled_interactions
from glimmer.records.meeting import newest_conclusion
from glimmer.records.selection import SelectionSheet, selection_sheet
from glimmer.records.urgent import newest_safety_plan, urgent_calls, urgent_of
from glimmer.vocabulary.verdict import Verdict


def standing_for(
    episode: Episode, rules: RuleSheet, judgement: Judgement, results: Sequence[Result], at: datetime
) -> tuple[StandingTest, ...]:
    """Return how every test before treatment stands for a patient."""
    today = timezone.localtime(at).date()
    age = age_on(episode.patient.birth_date, today)
    wanted = Wanted(asks_about_pregnancy(rules, episode.patient.sex, age), heart_at_risk(judgement))
    return standing_of_tests(rules, baseline_tests(), results, wanted, today)


def clearance(episode: Episode, at: datetime, sheet: SelectionSheet | None = None) -> Verdict:
    """Return what stops treatment now besides the rules, and what is to be weighed.

    Of the tests only those count that were recorded: which are missing is shown where somebody decides.
    """
    results = [row.facts for row in results_of(episode)]
    known: list[StandingTest] = []
    if results:
        shown = sheet or selection_sheet(episode, at)
        everything = standing_for(episode, shown.rules, shown.judgement, results, at)
        known = [one for one in everything if one.newest is not None]
    decided_at = episode.selection_decisions.order_by("-decided_at").values_list("decided_at", flat=True).first()
    cautions = medicine_cautions(episode)
    at_decision = medicine_cautions(episode, decided_at) if decided_at is not None else cautions
    medicines = medicines_verdict(cautions, settled_interactions(episode) if cautions else (), at_decision)
    tests, urgent = verdict_of_tests(known), urgent_verdict([urgent_of(call) for call in urgent_calls(episode)])
    review = _safety_review(episode, at)
    return Verdict(
        (*urgent.reasons, *medicines.reasons, *tests.reasons),
        (*medicines.cautions, *tests.cautions, *review, *advised_otherwise(episode)),
    )


def advised_otherwise(episode: Episode) -> tuple[str, ...]:
    """Return a caution where the last meeting about the patient did not advise to treat; () else."""
    concluded = newest_conclusion(episode)
    if concluded is None:
        return ()
    held_on = concluded.case.held_on
    return advice_caution(Advice(concluded.advice), f"{held_on.day} {held_on:%B %Y}")


def _safety_review(episode: Episode, at: datetime) -> tuple[str, ...]:
    plan = newest_safety_plan(episode)
    if plan is None or plan.review_on >= timezone.localtime(at).date():
        return ()
    return ("The safety plan should have been looked at again with the patient by now.",)


def all_proposals(episode: Episode, sheet: SelectionSheet, at: datetime) -> dict[str, Proposal]:
    """Return what the record proposes to the rules, by rule id: history, medicines and tests."""
    results = [row.facts for row in results_of(episode)]
    standing = standing_for(episode, sheet.rules, sheet.judgement, results, at)
    found = (*medicine_proposals(medicine_cautions(episode)), *proposals_of_tests(standing))
    return {**sheet.proposals, **{one.rule: one for one in found}}
