"""What the letters about a decision on selection say: to the referrer with the rules, to the patient in plain words.

Both are made from the case as it was when it was decided, by the version of the rules that the decision pins.
"""

from typing import Any

from django.utils import timezone

from glimmer.care.selection import Judgement, Outcome, RuleOutcome
from glimmer.care.selection_compare import judge_then
from glimmer.care.treatment_history import Adequacy, judge_history
from glimmer.records.episodes import Episode, SelectionDecision
from glimmer.records.guidance import sheet_in_force, sheet_labelled
from glimmer.records.selection import case_of
from glimmer.records.urgent import urgent_calls, urgent_of
from glimmer.vocabulary.problems import RuleRefused

Section = dict[str, Any]


def newest_decision(episode: Episode) -> SelectionDecision | None:
    """Return the last decision on selection, or None."""
    found = SelectionDecision.objects.filter(episode=episode).select_related("episode__patient", "decided_by")
    return found.order_by("-decided_at", "-pk").first()


def judged_then(decision: SelectionDecision) -> Judgement:
    """Return the rules as they stood at a decision, by the version that it pins."""
    return judge_then(sheet_labelled(decision.guidance_version) or sheet_in_force(), case_of(decision))


def why_to_the_referrer(decision: SelectionDecision) -> list[Section]:
    """Return the rules that stopped the patient, those that were overridden or weighed, and the trials that counted."""
    judgement = judged_then(decision)
    stopped = [one.says for one in judgement.stopping] if decision.decision == "not_eligible" else []
    parts = []
    if stopped:
        parts.append(_section("What stood against treatment", [], stopped))
    if judgement.cautions and decision.decision == "eligible":
        parts.append(_section("What was weighed", [], [one.says for one in judgement.cautions]))
    if trials := _trials(decision):
        parts.append(_section("Treatment before, as we judge it", [], trials))
    day = timezone.localtime(decision.decided_at).date()
    decided = f"Decided by {decision.decided_by.name} on {day.day} {day:%B %Y}, by {decision.guidance_version}."
    return [*parts, _section("How it was decided", [decided])]


def _trials(decision: SelectionDecision) -> list[str]:
    sheet = sheet_labelled(decision.guidance_version) or sheet_in_force()
    judged = judge_history(sheet, case_of(decision).trials)
    words = {Adequacy.ADEQUATE: "adequate", Adequacy.NOT_ADEQUATE: "not adequate"}
    return [
        f"{one.trial.name}: {words.get(one.adequacy, 'cannot be judged')}. {' '.join(one.why)}"
        for one in judged
        if one.adequacy is not Adequacy.NOT_ASKED
    ]


def to_the_patient(episode: Episode) -> list[Section]:
    """Return the letter that tells the patient the decision, and why, in plain words."""
    decision = newest_decision(episode)
    if decision is None:
        raise RuleRefused("Nothing was decided about selection yet, so there is no decision to tell the patient.")
    judgement = judged_then(decision)
    own_words = decision.reason.splitlines()
    if decision.decision == "eligible":
        return [
            _section("What we decided", ["We think that ketamine may help you. You decide whether you want it."]),
            *_if_any("What we will take care of", _plain(judgement.cautions), own_words),
            _section(
                "What happens next",
                [
                    "We will invite you to talk about the treatment: what it is, what it can do, what it can harm, and "
                    "what else there is. You can bring somebody with you, and you can take your time.",
                    "Please go on with all your medicines as they are.",
                ],
            ),
        ]
    return [
        _section("What we decided", ["We cannot offer you ketamine treatment now. We know that this is hard to read."]),
        *_if_any("Why", _plain(judgement.stopping), own_words),
        _section(
            "What happens next",
            [
                "Your GP or your mental health team goes on looking after you. We have written to them.",
                "If you do not agree, or do not understand, call us. We will explain, and we can look at it again. "
                "You can also ask for the opinion of another doctor.",
                "If what stands against it changes, you can be referred again.",
            ],
        ),
    ]


def _plain(outcomes: tuple[RuleOutcome, ...]) -> list[str]:
    not_known = "We could not find out yet whether this is so"
    return [f"{not_known}: {one.rule.asks}." if one.outcome is Outcome.OPEN else one.rule.plain for one in outcomes]


def _if_any(heading: str, points: list[str], own_words: list[str]) -> list[Section]:
    said = ["The doctor who decided wrote:", *own_words] if own_words else []
    return [_section(heading, said, points)] if points or said else []


def urgent_handover(episode: Episode) -> list[Section]:
    """Return the letter that hands a patient back after an urgent call: what was noticed, and what was done."""
    call = next(iter(urgent_calls(episode)), None)
    if call is None:
        raise RuleRefused("There is no urgent call about this patient, so there is nothing to hand over.")
    raised = timezone.localtime(call.raised_at)
    opening = f"On {raised.day} {raised:%B %Y} at {raised:%H:%M} somebody of our team noticed acute danger."
    done = [
        f"{timezone.localtime(row.at):%d.%m.%Y %H:%M}, {row.get_step_display().lower()}"
        f"{f' ({row.whom})' if row.whom else ''}: {row.says}"
        for row in call.acts.all()
    ]
    whom = urgent_of(call).with_whom
    return [
        _section("In short", [opening, *call.noticed.splitlines()]),
        *([_section("What was done", [], done)] if done else []),
        _section("Who looks after the patient now", [whom or "The ketamine clinic, with a safety plan."]),
    ]


def _section(heading: str, paragraphs: list[str], points: list[str] | None = None) -> Section:
    shown = [line for line in paragraphs if line.strip()]
    return {"heading": heading, "paragraphs": shown, "points": points or [], "columns": [], "rows": []}
