"""The selection sheet of one patient: the newest answers, the overrides that stand, judged by the version in force."""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q
from django.utils import timezone

from glimmer.care.outcomes import MEASURE
from glimmer.care.referral import age_on
from glimmer.care.selection import (
    Judgement,
    OverrideFacts,
    SelectionFacts,
    asks_about_pregnancy,
    judge,
    may_decide_eligible,
)
from glimmer.care.selection_compare import AnswerThen, CaseThen, effective_answers
from glimmer.care.treatment_history import Proposal, Trial, history_proposals
from glimmer.guidance import RuleSheet
from glimmer.records.episodes import Episode, SelectionAnswer, SelectionDecision, SelectionOverride
from glimmer.records.guidance import sheet_in_force, sheet_labelled
from glimmer.records.treatment_history import trials_of
from glimmer.vocabulary.verdict import Verdict

ALL_KINDS = frozenset({"answers", "trials", "decisions", "overrides"})
"""What a selection sheet is made of, each kind in a table of its own."""


@dataclass(frozen=True, slots=True)
class SelectionSheet:
    """The rule list as it stands for one patient, by the version `rules`.

    `answers` and `overrides` hold the rows that count, by rule id; `proposals` what the record proposes; `outdated`
    the rules whose answer confirmed what the record no longer proposes, so that they count as the record has them
    now. `decision` is the newest decision if it still stands, `verdict` says whether the patient may be called
    eligible.
    """

    rules: RuleSheet
    judgement: Judgement
    answers: Mapping[str, SelectionAnswer]
    overrides: Mapping[str, SelectionOverride]
    proposals: Mapping[str, Proposal]
    outdated: frozenset[str]
    decision: SelectionDecision | None
    verdict: Verdict


def selection_sheet(
    episode: Episode, at: datetime | None = None, recorded: Container[str] = ALL_KINDS
) -> SelectionSheet:
    """Return the rules judged by the newest answers. An answer given after a decision sets the decision aside.

    A decision that stands is shown by the version it was judged by; everything else is judged by the one in force.
    `recorded`: which of ALL_KINDS the episode is known to have rows of; the others are not asked for.
    """
    answers = newest_answers(episode) if "answers" in recorded else {}
    trials = _trials(episode) if "trials" in recorded else ()
    decision = _standing_decision(episode, answers, trials) if "decisions" in recorded else None
    rules = _pinned(decision) or sheet_in_force()
    overrides = _overrides(episode, answers) if "overrides" in recorded else {}
    taken = effective_answers(rules, {rule: _answer(row) for rule, row in answers.items()}, trials)
    judgement = judge(
        rules,
        taken,
        {rule: override_facts(row) for rule, row in overrides.items()},
        _facts(rules, episode, at or timezone.now()),
    )
    return SelectionSheet(
        rules,
        judgement,
        answers,
        overrides,
        {one.rule: one for one in history_proposals(rules, trials)},
        frozenset(rule for rule, row in answers.items() if taken[rule] != row.answer),
        decision,
        may_decide_eligible(judgement),
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
    """Return eligible, not_eligible, or "" when nothing was decided or what it rested on has changed since."""
    decision = _standing_decision(episode, _newest_alone(episode), _trials(episode))
    return decision.decision if decision is not None else ""


def decision_that_stands(episode: Episode, recorded: Container[str] = ALL_KINDS) -> SelectionDecision | None:
    """Return the decision that stands, or None; without judging the rules, which only matter while nothing is decided.

    `recorded` as in `selection_sheet`.
    """
    if "decisions" not in recorded:
        return None
    answers = _newest_alone(episode) if "answers" in recorded else {}
    return _standing_decision(episode, answers, _trials(episode) if "trials" in recorded else ())


def newest_answers(episode: Episode) -> dict[str, SelectionAnswer]:
    """Return the answer that counts of each rule, by rule id."""
    rows = episode.selection_answers.select_related("answered_by").order_by("answered_at", "pk")
    return {row.rule: row for row in rows}


class _Answered(NamedTuple):
    """As much of an answer as says whether a decision still rests on it."""

    rule: str
    answer: str
    proposed: str
    answered_at: datetime


def _newest_alone(episode: Episode) -> dict[str, _Answered]:
    """Return the answer that counts of each rule without the rest of its row: this is asked for after every act."""
    rows = episode.selection_answers.order_by("answered_at", "pk").values_list(*_Answered._fields)
    return {row[0]: _Answered(*row) for row in rows}


def _trials(episode: Episode) -> tuple[Trial, ...]:
    return tuple(row.facts for row in trials_of(episode))


def _answer(row: SelectionAnswer | _Answered) -> AnswerThen:
    return AnswerThen(row.answer, row.proposed)


def _pinned(decision: SelectionDecision | None) -> RuleSheet | None:
    return sheet_labelled(decision.guidance_version) if decision is not None else None


def _overrides(
    episode: Episode, answers: Mapping[str, SelectionAnswer], until: datetime | None = None
) -> dict[str, SelectionOverride]:
    # An override stands on the answer it followed: a later answer to the same rule takes it away.
    rows = episode.selection_overrides.select_related("proposed_by", "agreed_by").order_by("proposed_at", "pk")
    rows = rows if until is None else rows.filter(proposed_at__lte=until)
    return {row.rule: row for row in rows if row.rule in answers and row.proposed_at >= answers[row.rule].answered_at}


def _standing_decision(
    episode: Episode, answers: Mapping[str, SelectionAnswer] | Mapping[str, _Answered], trials: Sequence[Trial]
) -> SelectionDecision | None:
    newest = episode.selection_decisions.select_related("decided_by").order_by("-decided_at", "-pk").first()
    if newest is None or any(row.answered_at > newest.decided_at for row in answers.values()):
        return None
    confirmed = {rule: _answer(row) for rule, row in answers.items() if _answer(row).rests_on_the_record}
    if confirmed:
        # What a confirmed answer rested on may have been corrected since: then the decision rests on nothing.
        rules = _pinned(newest) or sheet_in_force()
        taken = effective_answers(rules, confirmed, trials)
        if any(taken[rule] != one.answer for rule, one in confirmed.items()):
            return None
    return newest


def _facts(rules: RuleSheet, episode: Episode, at: datetime) -> SelectionFacts:
    patient = episode.patient
    age = age_on(patient.birth_date, timezone.localtime(at).date())
    baseline = (
        episode.scores.filter(instrument=MEASURE, occasion="baseline", replaced_by__isnull=True)
        .order_by("-completed_on", "-pk")
        .values_list("total", flat=True)
        .first()
    )
    return SelectionFacts(
        age_years=age, pregnancy_possible=asks_about_pregnancy(rules, patient.sex, age), baseline_phq9=baseline
    )


def past_cases() -> Iterator[CaseThen]:
    """Return every decision that was ever taken, the oldest first, with what was known at that moment."""
    decisions = SelectionDecision.objects.select_related("episode__patient").order_by("decided_at", "pk")
    return (case_of(decision) for decision in decisions.iterator(chunk_size=200))


def case_of(decision: SelectionDecision) -> CaseThen:
    """Return a decision with what was known at that moment; its episode's patient is read along."""
    episode, at = decision.episode, decision.decided_at
    answers = {
        row.rule: row for row in episode.selection_answers.filter(answered_at__lte=at).order_by("answered_at", "pk")
    }
    return CaseThen(
        episode_id=episode.pk,
        decision=decision.decision,
        decided_at=at,
        judged_by=decision.guidance_version,
        sex=episode.patient.sex,
        age_years=age_on(episode.patient.birth_date, timezone.localtime(at).date()),
        baseline_phq9=_baseline_then(episode, at),
        answers={rule: _answer(row) for rule, row in answers.items()},
        overrides=_overrides_then(episode, answers, at),
        trials=tuple(row.facts for row in trials_of(episode, at)),
    )


def _overrides_then(episode: Episode, answers: Mapping[str, SelectionAnswer], at: datetime) -> dict[str, OverrideFacts]:
    found = {}
    for rule, row in _overrides(episode, answers, until=at).items():
        if row.agreed_at is not None and row.agreed_at > at:
            row.agreed_by = None
        found[rule] = override_facts(row)
    return found


def _baseline_then(episode: Episode, at: datetime) -> int | None:
    # A score that was corrected afterwards counted until then.
    known = episode.scores.filter(instrument=MEASURE, occasion="baseline", recorded_at__lte=at)
    counted = known.filter(Q(replaced_by__isnull=True) | Q(replaced_by__recorded_at__gt=at))
    return counted.order_by("-completed_on", "-pk").values_list("total", flat=True).first()
