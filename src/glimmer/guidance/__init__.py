"""Every figure that comes from a guideline, trial, label, law or proposal, with its source; and the protocols."""

from glimmer.guidance.figures import Figure, GuidanceError, figure, figures, subjects
from glimmer.guidance.information import Information, Point, information
from glimmer.guidance.interactions import Interaction, interactions
from glimmer.guidance.protocol import (
    AlarmRule,
    Check,
    Condition,
    DoseBand,
    Protocol,
    protocol,
    protocol_versions,
    protocols,
)
from glimmer.guidance.referral import ReferralItem, referral_items
from glimmer.guidance.selection import SelectionRule, selection_rules, selection_version

__all__ = [
    "AlarmRule",
    "Check",
    "Condition",
    "DoseBand",
    "Figure",
    "GuidanceError",
    "Information",
    "Interaction",
    "Point",
    "Protocol",
    "ReferralItem",
    "SelectionRule",
    "figure",
    "figures",
    "information",
    "interactions",
    "protocol",
    "protocol_versions",
    "protocols",
    "referral_items",
    "selection_rules",
    "selection_version",
    "subjects",
]
