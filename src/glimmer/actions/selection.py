"""Selection: the rules answered one by one, overrides with a second clinician, and the decision."""

from collections.abc import Mapping
from datetime import datetime

from glimmer.actions.act import Act, acting
from glimmer.actions.endings import close_episode, open_episode
from glimmer.care.selection import Answer, may_agree_override, may_override
from glimmer.guidance import SelectionRule, selection_rules, selection_version
from glimmer.records.episodes import (
    Episode,
    SelectionAnswer,
    SelectionDecision,
    SelectionOverride,
    TriageDecision,
)
from glimmer.records.selection import SelectionSheet, newest_answers, override_facts, selection_sheet
from glimmer.records.staff import Staff
from glimmer.vocabulary.problems import BadInput, RuleRefused
from glimmer.vocabulary.verdict import Verdict

__all__ = [
    "SelectionSheet",
    "agree_override",
    "answer_rules",
    "decide_selection",
    "propose_override",
    "selection_sheet",
]


def answer_rules(
    episode: Episode,
    answers: Mapping[str, tuple[str, str]],
    *,
    by: Staff,
    seen: int | None = None,
    at: datetime | None = None,
) -> int:
    """Store `{rule id: (answer, evidence)}`; return how many said something new.

    An answer that repeats what is stored adds no row.
    """
    with acting(by, "selection.record", verb="answer_rules", episode=episode, seen=seen, at=at) as act:
        locked = _in_selection(act)
        known = newest_answers(locked)
        fresh = [
            SelectionAnswer(
                episode=locked, rule=rule, answer=answer, evidence=evidence, answered_by=by, answered_at=act.at
            )
            for rule, (answer, evidence) in _checked_answers(answers).items()
            if rule not in known or (known[rule].answer, known[rule].evidence) != (answer, evidence)
        ]
        SelectionAnswer.objects.bulk_create(fresh)
        act.note(**{row.rule: row.answer for row in fresh})
    return len(fresh)


def propose_override(
    episode: Episode,
    rule: str,
    reason: str,
    *,
    by: Staff,
    seen: int | None = None,
    at: datetime | None = None,
) -> SelectionOverride:
    """Propose that a hard rule that is not met may pass; it counts once a second psychiatrist agrees."""
    with acting(by, "selection.override", verb="propose_override", episode=episode, seen=seen, at=at) as act:
        locked = _in_selection(act)
        if not reason.strip():
            raise BadInput("Give the reason for the override: the second clinician decides by it.", field="reason")
        sheet = selection_sheet(locked, act.at)
        _allow(may_override(_rule(rule), sheet.judgement), "This rule cannot be overridden.")
        if rule in sheet.overrides:
            raise RuleRefused("An override of this rule is waiting already. A second psychiatrist can agree to it.")
        stored = SelectionOverride.objects.create(
            episode=locked, rule=rule, reason=reason.strip(), proposed_by=by, proposed_at=act.at
        )
        act.about(stored)
        act.note(rule=rule)
    return stored


def agree_override(
    override: SelectionOverride, *, by: Staff, seen: int | None = None, at: datetime | None = None
) -> SelectionOverride:
    """Agree to a colleague's override. Nobody can agree to their own."""
    with acting(by, "selection.override", verb="agree_override", episode=override.episode, seen=seen, at=at) as act:
        _in_selection(act)
        fresh = (
            SelectionOverride.objects.select_for_update(of=("self",))
            .select_related("proposed_by", "agreed_by")
            .get(pk=override.pk)
        )
        _allow(may_agree_override(override_facts(fresh), by.pk), "You cannot agree to this override.")
        fresh.agreed_by, fresh.agreed_at = by, act.at
        fresh.save(update_fields=["agreed_by", "agreed_at"])
        act.about(fresh)
        act.note(rule=fresh.rule)
    return fresh


def decide_selection(
    episode: Episode,
    decision: str,
    reason: str = "",
    *,
    by: Staff,
    seen: int | None = None,
    at: datetime | None = None,
) -> SelectionDecision:
    """Decide whether the patient is eligible. *Not eligible* needs a reason and ends the journey."""
    with acting(by, "selection.decide", verb="decide_selection", episode=episode, seen=seen, at=at) as act:
        locked = _in_selection(act)
        if decision not in {"eligible", "not_eligible"}:
            raise BadInput("Choose the decision: eligible or not eligible.", field="decision")
        sheet = selection_sheet(locked, act.at)
        if decision == "eligible":
            _allow(sheet.verdict, "This patient cannot be called eligible yet.")
        elif not reason.strip():
            raise BadInput("Give the reason. The referrer is told it.", field="reason")
        stored = SelectionDecision.objects.create(
            episode=locked,
            decision=decision,
            reason=reason.strip(),
            guidance_version=selection_version(),
            decided_by=by,
            decided_at=act.at,
        )
        if decision == "not_eligible":
            close_episode(act, "Not eligible.")
        act.about(stored)
        act.note(decision=decision, rules=stored.guidance_version, cautions=len(sheet.judgement.cautions))
    return stored


def _in_selection(act: Act) -> Episode:
    episode = open_episode(act)
    newest = TriageDecision.objects.filter(referral__episode=episode).order_by("-decided_at", "-pk").first()
    if newest is None or newest.decision != "accepted":
        raise RuleRefused("This referral has not been accepted at triage. Triage it first.")
    return episode


def _checked_answers(answers: Mapping[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    rules = {rule.id: rule for rule in selection_rules()}
    checked = {}
    for rule, (answer, evidence) in answers.items():
        if rule not in rules:
            raise BadInput(f"There is no selection rule called “{rule}”. Open the page again.", field="")
        if answer not in set(Answer):
            raise BadInput(f"{rules[rule].asks}: choose met, not met or unknown.", field=rule)
        if "\x00" in evidence:
            raise BadInput("This text holds a character that cannot be stored. Type it again.", field=rule)
        checked[rule] = (str(answer), evidence.strip())
    return checked


def _rule(rule_id: str) -> SelectionRule:
    for rule in selection_rules():
        if rule.id == rule_id:
            return rule
    raise BadInput("There is no such selection rule. Open the page again.", field="rule")


def _allow(verdict: Verdict, message: str) -> None:
    if not verdict.allowed:
        raise RuleRefused(message, reasons=verdict.reasons)
