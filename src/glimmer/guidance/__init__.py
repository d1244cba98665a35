"""Every figure that comes from a guideline, trial, label, law or proposal, with its source; and the protocols."""

from glimmer.guidance.alarm_rules import AlarmRule, Artefact, BuiltInRule, Condition, Rung
from glimmer.guidance.baseline_tests import BaselineTest, baseline_tests
from glimmer.guidance.figures import Figure, GuidanceError, figure, figures, subjects
from glimmer.guidance.information import Edition, Information, Point, Risk, information, information_for, risks
from glimmer.guidance.interactions import Interaction, interactions
from glimmer.guidance.protocol import (
    Check,
    DoseBand,
    Protocol,
    protocol,
    protocol_versions,
    protocols,
)
from glimmer.guidance.referral import ReferralItem, referral_items
from glimmer.guidance.selection import (
    Antidepressant,
    RuleSheet,
    SelectionRule,
    built_in_sheet,
    built_in_sheets,
    parse_sheet,
    selection_rules,
    selection_version,
)
from glimmer.guidance.told import Told

__all__ = [
    "AlarmRule",
    "Antidepressant",
    "Artefact",
    "BaselineTest",
    "BuiltInRule",
    "Check",
    "Condition",
    "DoseBand",
    "Edition",
    "Figure",
    "GuidanceError",
    "Information",
    "Interaction",
    "Point",
    "Protocol",
    "ReferralItem",
    "Risk",
    "RuleSheet",
    "Rung",
    "SelectionRule",
    "Told",
    "baseline_tests",
    "built_in_sheet",
    "built_in_sheets",
    "figure",
    "figures",
    "information",
    "information_for",
    "interactions",
    "parse_sheet",
    "protocol",
    "protocol_versions",
    "protocols",
    "referral_items",
    "risks",
    "selection_rules",
    "selection_version",
    "subjects",
]
