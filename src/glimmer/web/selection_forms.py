"""The forms of the selection page, built from the rule list."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from glimmer.care.selection import RuleOutcome
from glimmer.care.treatment_history import Proposal
from glimmer.guidance import SelectionRule
from glimmer.records.episodes import ReferralItem, SelectionAnswer
from glimmer.vocabulary.problems import BadInput, Problem
from glimmer.web.forms import Choice, Form, LongText, Pick, Text

ANSWERS = (("met", "Met"), ("not_met", "Not met"), ("unknown", "Unknown"))


class AnswersForm(Form):
    """Each rule with its answer and evidence. What was answered before is shown with its author."""

    name = "answers"

    def __init__(
        self,
        data: Any = None,
        *,
        asked: Sequence[RuleOutcome],
        stored: Mapping[str, SelectionAnswer],
        proposals: Mapping[str, Proposal],
        referral: Mapping[str, Sequence[ReferralItem]],
        **more: Any,
    ) -> None:
        self.asked, self.stored, self.proposals, self.referral = asked, stored, proposals, referral
        initial: dict[str, str] = {}
        for rule, row in stored.items():
            initial |= {f"rule_{rule}": row.answer, f"rule_{rule}_evidence": row.evidence}
        super().__init__(data, initial=initial, **more)
        for one in asked:
            if one.rule.derived:
                continue
            hints = [one.rule.help, f"Wanted: the view of {one.rule.specialist}." if one.rule.specialist else ""]
            hint = " ".join(part for part in hints if part)
            self.fields[f"rule_{one.rule.id}"] = Choice(one.rule.asks, ANSWERS, inline=True, small=True, hint=hint)
            self.fields[f"rule_{one.rule.id}_evidence"] = Text("Evidence", max_length=1000, width="30")

    def changed(self) -> dict[str, tuple[str, str]]:
        """Return the answers that differ from what is stored."""
        found = {}
        for one in self.asked:
            answer = self.cleaned_data.get(f"rule_{one.rule.id}", "")
            evidence = self.cleaned_data.get(f"rule_{one.rule.id}_evidence", "")
            row = self.stored.get(one.rule.id)
            if answer and (row is None or (row.answer, row.evidence) != (answer, evidence) or self._is_outdated(row)):
                found[one.rule.id] = (answer, evidence)
        if not found:
            raise BadInput("Nothing was changed. Answer at least one rule, or change an answer, then save.")
        return found

    def _is_outdated(self, row: SelectionAnswer) -> bool:
        """Say whether the record proposes something else than when this was answered: then it may be said again."""
        proposal = self.proposals.get(row.rule)
        return proposal is not None and row.proposed != proposal.answer

    def groups(self) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        """Return the rules by group, each with its fields, what is stored and what it comes to."""
        for group, members in groupby(self.asked, key=lambda one: one.rule.group):
            yield group, [self._row(one) for one in members]

    def _row(self, one: RuleOutcome) -> dict[str, Any]:
        derived = bool(one.rule.derived)
        return {
            "judged": one,
            "stored": self.stored.get(one.rule.id),
            "proposal": self.proposals.get(one.rule.id),
            "referral": self.referral.get(one.rule.id, ()),
            "answer": None if derived else self[f"rule_{one.rule.id}"],
            "evidence": None if derived else self[f"rule_{one.rule.id}_evidence"],
        }

    def complain(self, problem: Problem) -> None:
        """Put what the action says about a rule at that rule."""
        if isinstance(problem, BadInput) and f"rule_{problem.field}" in self.fields:
            problem.field = f"rule_{problem.field}"
        super().complain(problem)


class OverrideForm(Form):
    """Which hard rule is to pass, and why."""

    name = "override"
    rule = Pick("Rule", missing="Choose the rule that is to be overridden.")
    reason = LongText(
        "Reason", missing="Give the reason for the override.", hint="Name the specialist's view where one is wanted"
    )

    def __init__(self, *args: Any, rules: Sequence[SelectionRule], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["rule"].choices = [(rule.id, rule.asks) for rule in rules if rule.overridable]  # type: ignore[attr-defined]


class AgreeForm(Form):
    """Agreeing asks nothing further."""

    name = "agree"


class DecisionForm(Form):
    """Eligible or not, and why."""

    name = "decision"
    decision = Choice(
        "Is the patient eligible?",
        [
            ("eligible", "Eligible", "The patient goes on to consent"),
            ("not_eligible", "Not eligible", "The journey ends here"),
        ],
        missing="Choose whether the patient is eligible.",
    )
    reason = LongText("Reason", hint="Needed when the patient is not eligible. The referrer is told it.")
