"""Selection: the rules answered one by one, overrides with a second clinician, and the decision."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from glimmer.actions.act import Act, acting
from glimmer.actions.endings import close_episode, open_episode
from glimmer.care.selection import Answer, may_agree_override, may_override
from glimmer.guidance import RuleSheet, SelectionRule, referral_items
from glimmer.records.clearance import advised_otherwise, all_proposals, clearance
from glimmer.records.episodes import (
    Episode,
    ReferralItem,
    SelectionAnswer,
    SelectionDecision,
    SelectionOverride,
    TriageDecision,
)
from glimmer.records.selection import SelectionSheet, override_facts, selection_sheet
from glimmer.records.staff import Staff
from glimmer.vocabulary.problems import BadInput, RuleRefused
from glimmer.vocabulary.verdict import Verdict

__all__ = [
    "SelectionSheet",
    "agree_override",
    "answer_rules",
    "decide_selection",
    "items_by_rule",
    "propose_override",
    "referral_items_of",
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

    An answer that repeats what is stored adds no row, unless the record proposes something else by now. One that
    differs from what the record proposes needs words.
    """
    with acting(by, "selection.record", verb="answer_rules", episode=episode, seen=seen, at=at) as act:
        locked = _in_selection(act)
        sheet = selection_sheet(locked, act.at)
        sheet = replace(sheet, proposals=all_proposals(locked, sheet, act.at))
        referral = _referral_lines(locked)
        fresh = [
            SelectionAnswer(
                episode=locked,
                rule=rule,
                answer=answer,
                evidence=evidence,
                proposed=_proposed(sheet, rule, answer, evidence),
                rests_on="\n".join((*_because(sheet, rule), *referral.get(rule, ()))),
                answered_by=by,
                answered_at=act.at,
            )
            for rule, (answer, evidence) in _checked_answers(sheet.rules, answers).items()
            if _is_new(sheet, rule, answer, evidence)
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
        _allow(may_override(_rule(sheet.rules, rule), sheet.judgement), "This rule cannot be overridden.")
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
    """Decide whether the patient is eligible. *Not eligible* needs a reason and ends the journey.

    *Eligible* against the advice of the last meeting needs a reason as well.
    """
    with acting(by, "selection.decide", verb="decide_selection", episode=episode, seen=seen, at=at) as act:
        locked = _in_selection(act)
        if decision not in {"eligible", "not_eligible"}:
            raise BadInput("Choose the decision: eligible or not eligible.", field="decision")
        sheet = selection_sheet(locked, act.at)
        if decision == "eligible":
            now = clearance(locked, act.at, sheet)
            both = Verdict((*sheet.verdict.reasons, *now.reasons), (*sheet.verdict.cautions, *now.cautions))
            _allow(both, "This patient cannot be called eligible yet.")
            if not reason.strip() and (otherwise := advised_otherwise(locked)):
                raise BadInput(otherwise[0], field="reason")
        elif not reason.strip():
            raise BadInput("Give the reason. The referrer is told it.", field="reason")
        stored = SelectionDecision.objects.create(
            episode=locked,
            decision=decision,
            reason=reason.strip(),
            guidance_version=sheet.rules.label,
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


def _is_new(sheet: SelectionSheet, rule: str, answer: str, evidence: str) -> bool:
    stored = sheet.answers.get(rule)
    if stored is None or (stored.answer, stored.evidence) != (answer, evidence):
        return True
    proposal = sheet.proposals.get(rule)
    return proposal is not None and stored.proposed != str(proposal.answer)


def _proposed(sheet: SelectionSheet, rule: str, answer: str, evidence: str) -> str:
    proposal = sheet.proposals.get(rule)
    if proposal is None:
        return ""
    if answer != proposal.answer and not evidence:
        words = {"met": "met", "not_met": "not met", "unknown": "unknown"}
        asks = getattr(sheet.rules.rule(rule), "asks", rule)
        raise BadInput(
            f"{asks}: the record proposes {words[proposal.answer]}. "
            "Say in the evidence why you answer otherwise, or complete the record.",
            field=rule,
        )
    return str(proposal.answer)


def _because(sheet: SelectionSheet, rule: str) -> tuple[str, ...]:
    return sheet.proposals[rule].because if rule in sheet.proposals else ()


def referral_items_of(episode: Episode) -> list[ReferralItem]:
    """Return the items of the referral with who recorded them, in the order in which they are asked."""
    order = [item.id for item in referral_items()]
    rows = ReferralItem.objects.filter(referral__episode=episode).select_related("recorded_by")
    return sorted((row for row in rows if row.item in order), key=lambda row: order.index(row.item))


def items_by_rule(episode: Episode) -> dict[str, list[ReferralItem]]:
    """Return the items of the referral that are evidence for each rule, by rule id."""
    speaks_to = {item.id: item.speaks_to for item in referral_items()}
    found: dict[str, list[ReferralItem]] = {}
    for row in referral_items_of(episode):
        for rule in speaks_to[row.item]:
            found.setdefault(rule, []).append(row)
    return found


def _referral_lines(episode: Episode) -> dict[str, list[str]]:
    titles = {item.id: item.title.lower() for item in referral_items()}
    return {
        rule: [f"Referral, {titles[row.item]}: {row.get_state_display().lower()}." for row in rows]
        for rule, rows in items_by_rule(episode).items()
    }


def _checked_answers(sheet: RuleSheet, answers: Mapping[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    rules = {rule.id: rule for rule in sheet.rules}
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


def _rule(sheet: RuleSheet, rule_id: str) -> SelectionRule:
    if (rule := sheet.rule(rule_id)) is not None:
        return rule
    raise BadInput("There is no such selection rule. Open the page again.", field="rule")


def _allow(verdict: Verdict, message: str) -> None:
    if not verdict.allowed:
        raise RuleRefused(message, reasons=verdict.reasons)
