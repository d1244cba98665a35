"""What the letters about a decision on selection say: to the referrer with the rules, to the patient in plain words.

Both are made from the case as it was when it was decided, by the version of the rules that the decision pins. A rule
that nobody looked into is no reason and was not weighed; a decision that no longer stands is told to nobody.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from glimmer.care.selection import Answer, RuleOutcome
from glimmer.care.selection_compare import CaseThen, judge_then
from glimmer.care.treatment_history import Adequacy, judge_history
from glimmer.guidance import RuleSheet
from glimmer.records.episodes import Episode, SelectionDecision
from glimmer.records.guidance import sheet_labelled
from glimmer.records.selection import case_of, standing_decision
from glimmer.records.urgent import UrgentCall, newest_safety_plan, urgent_calls, urgent_of
from glimmer.vocabulary.problems import RuleRefused


def newest_decision(episode: Episode) -> SelectionDecision | None:
    """Return the last decision on selection, or None."""
    found = SelectionDecision.objects.filter(episode=episode).select_related("episode__patient", "decided_by")
    return found.order_by("-decided_at", "-pk").first()


@dataclass(frozen=True, slots=True)
class Told:
    """What stood at a decision, split as a letter tells it. `case` is all that was known then, `sheet` the rules.

    `stopped` and `weighed` are rules that somebody answered; `left` those that nobody looked into.
    """

    sheet: RuleSheet
    case: CaseThen
    stopped: tuple[RuleOutcome, ...]
    weighed: tuple[RuleOutcome, ...]
    left: tuple[RuleOutcome, ...]


def told_of(decision: SelectionDecision) -> Told:
    """Return what a letter may tell of a decision; raise RuleRefused for one that does not stand or cannot be read."""
    if standing_decision(decision.episode) != decision.decision:
        raise RuleRefused(
            "What this decision rested on has changed since, so it is told to nobody. Decide on selection anew first."
        )
    sheet = sheet_labelled(decision.guidance_version)
    if sheet is None:
        raise RuleRefused(
            f"The rules that this was decided by, {decision.guidance_version}, are not known here, and by others no "
            "letter is written. Ask whoever looks after Glimmer."
        )
    case = case_of(decision)
    judgement = judge_then(sheet, case)
    found = (*judgement.stopping, *judgement.cautions)
    # What is worked out, such as the age, is known without an answer.
    left = tuple(one for one in found if one.answer is Answer.UNKNOWN and one.rule.id not in case.answers)
    return Told(
        sheet,
        case,
        tuple(one for one in judgement.stopping if one not in left),
        tuple(one for one in judgement.cautions if one not in left),
        left,
    )


def referrer_rules(decision: SelectionDecision) -> Mapping[str, list[str]]:
    """Return what the referrer is told of the rules: `against`, `weighed`, `left`, `trials` and `how` it was decided.

    What stood against treatment is told of a refusal, what was weighed or not looked into of an offer.
    """
    told = told_of(decision)
    offered = decision.decision == "eligible"
    day = timezone.localtime(decision.decided_at).date()
    return {
        "against": [] if offered else [one.says for one in told.stopped],
        "weighed": [one.says for one in told.weighed] if offered else [],
        "left": [f"{one.rule.asks}." for one in told.left] if offered else [],
        "trials": _trials(told),
        "how": [f"Decided by {decision.decided_by.name} on {day.day} {day:%B %Y}, by {decision.guidance_version}."],
    }


def _trials(told: Told) -> list[str]:
    judged = judge_history(told.sheet, told.case.trials)
    words = {Adequacy.ADEQUATE: "adequate", Adequacy.NOT_ADEQUATE: "not adequate"}
    return [
        f"{one.trial.name}: {words.get(one.adequacy, 'cannot be judged')}. {' '.join(one.why)}"
        for one in judged
        if one.adequacy is not Adequacy.NOT_ASKED
    ]


def decision_to_the_patient(episode: Episode) -> Mapping[str, list[str]]:
    """Return the decision and why, in plain words: `decided`, `care_for`, `why_not`, `wrote` and what comes `next`."""
    decision = newest_decision(episode)
    if decision is None:
        raise RuleRefused("Nothing was decided about selection yet, so there is no decision to tell the patient.")
    told = told_of(decision)
    wrote = [line for line in decision.reason.splitlines() if line.strip()]
    if decision.decision == "eligible":
        return {
            "decided": ["We think that ketamine may help you. You decide whether you want it."],
            "care_for": _plain(told.weighed),
            "why_not": [],
            "wrote": wrote,
            "next": [
                "We will invite you to talk about the treatment: what it is, what it can do, what it can harm, and "
                "what else there is. You can bring somebody with you, and you can take your time.",
                "Please go on with all your medicines as they are.",
            ],
        }
    return {
        "decided": ["We cannot offer you ketamine treatment now. We know that this is hard to read."],
        "care_for": [],
        "why_not": _plain(told.stopped),
        "wrote": wrote,
        "next": [
            "Your GP or your mental health team goes on looking after you. We have written to them.",
            "If you do not agree, or do not understand, call us. We will explain, and we can look at it again. "
            "You can also ask for the opinion of another doctor.",
            "If what stands against it changes, you can be referred again.",
        ],
    }


def _plain(outcomes: tuple[RuleOutcome, ...]) -> list[str]:
    not_known = "We could not find out yet whether this is so"
    return [f"{not_known}: {one.rule.asks}." if one.answer is Answer.UNKNOWN else one.rule.plain for one in outcomes]


def urgent_handover(episode: Episode) -> Mapping[str, Any]:
    """Return what a hand-over after an urgent call says: `opening`, `noticed`, `done`, and whom they are `with`."""
    calls = urgent_calls(episode)
    call = next((one for one in calls if urgent_of(one).is_open), calls[0] if calls else None)
    if call is None:
        raise RuleRefused("There is no urgent call about this patient, so there is nothing to hand over.")
    raised = timezone.localtime(call.raised_at)
    opening = f"On {raised.day} {raised:%B %Y} at {raised:%H:%M} somebody of our team noticed acute danger."
    done = [
        f"{timezone.localtime(row.at):%-d %B %Y, %H:%M}, {row.get_step_display().lower()}"
        f"{f' ({row.whom})' if row.whom else ''}: {row.says}"
        for row in call.acts.all()
    ]
    whom = urgent_of(call).with_whom
    return {
        "opening": opening,
        "noticed": [line for line in call.noticed.splitlines() if line.strip()],
        "done": done,
        "with": whom or _with_the_clinic(call),
    }


def _with_the_clinic(call: UrgentCall) -> str:
    plan = newest_safety_plan(call.episode)
    if plan is not None and plan.written_at >= call.raised_at:
        return "The ketamine clinic, with a safety plan."
    return "The ketamine clinic. There is no safety plan from after this call yet."
