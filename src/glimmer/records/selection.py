"""The selection sheet of one patient: the newest answers, the overrides that stand, judged by the rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from glimmer.care.referral import age_on
from glimmer.care.selection import (
    Judgement,
    OverrideFacts,
    SelectionFacts,
    asks_about_pregnancy,
    judge,
    may_decide_eligible,
)
from glimmer.guidance import selection_rules
from glimmer.records.episodes import Episode, SelectionAnswer, SelectionDecision, SelectionOverride
from glimmer.vocabulary.verdict import Verdict


@dataclass(frozen=True, slots=True)
class SelectionSheet:
    """The rule list as it stands for one patient.

    `answers` and `overrides` hold the rows that count, by rule id; `decision` is the newest decision if it
    still stands, `verdict` says whether the patient may be called eligible.
    """

    judgement: Judgement
    answers: Mapping[str, SelectionAnswer]
    overrides: Mapping[str, SelectionOverride]
    decision: SelectionDecision | None
    verdict: Verdict


def selection_sheet(episode: Episode, at: datetime | None = None) -> SelectionSheet:
    """Return the rules judged by the newest answers. An answer given after a decision sets the decision aside."""
    answers = newest_answers(episode)
    overrides = _overrides(episode, answers)
    judgement = judge(
        selection_rules(),
        {rule: row.answer for rule, row in answers.items()},
        {rule: override_facts(row) for rule, row in overrides.items()},
        _facts(episode, at or timezone.now()),
    )
    return SelectionSheet(
        judgement, answers, overrides, _standing_decision(episode, answers), may_decide_eligible(judgement)
    )


def override_facts(row: SelectionOverride) -> OverrideFacts:
    """Return the frozen facts of a stored override."""
    return OverrideFacts(
        reason=row.reason,
        first_id=row.proposed_by_id,
        first_name=row.proposed_by.name,
        second_id=row.agreed_by_id,
        second_name=row.agreed_by.name if row.agreed_by is not None else "",
    )


def standing_decision(episode: Episode) -> str:
    """Return eligible, not_eligible, or "" when nothing was decided or an answer has changed since."""
    decision = _standing_decision(episode, newest_answers(episode))
    return decision.decision if decision is not None else ""


def newest_answers(episode: Episode) -> dict[str, SelectionAnswer]:
    rows = episode.selection_answers.select_related("answered_by").order_by("answered_at", "pk")
    return {row.rule: row for row in rows}


def _overrides(episode: Episode, answers: Mapping[str, SelectionAnswer]) -> dict[str, SelectionOverride]:
    # An override stands on the answer it followed: a later answer to the same rule takes it away.
    rows = episode.selection_overrides.select_related("proposed_by", "agreed_by").order_by("proposed_at", "pk")
    return {row.rule: row for row in rows if row.rule in answers and row.proposed_at >= answers[row.rule].answered_at}


def _standing_decision(episode: Episode, answers: Mapping[str, SelectionAnswer]) -> SelectionDecision | None:
    newest = episode.selection_decisions.select_related("decided_by").order_by("-decided_at", "-pk").first()
    if newest is None or any(row.answered_at > newest.decided_at for row in answers.values()):
        return None
    return newest


def _facts(episode: Episode, at: datetime) -> SelectionFacts:
    patient = episode.patient
    age = age_on(patient.birth_date, timezone.localtime(at).date())
    baseline = (
        episode.scores.filter(occasion="baseline", replaced_by__isnull=True)
        .order_by("-completed_on", "-pk")
        .values_list("total", flat=True)
        .first()
    )
    return SelectionFacts(
        age_years=age, pregnancy_possible=asks_about_pregnancy(patient.sex, age), baseline_phq9=baseline
    )
