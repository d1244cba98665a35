"""Where Django looks for models: every record, by name."""

from glimmer.records.audit import AuditLine
from glimmer.records.consent import ConsentRecord
from glimmer.records.episodes import (
    Episode,
    Referral,
    ReferralItem,
    SelectionAnswer,
    SelectionDecision,
    SelectionOverride,
    TriageDecision,
)
from glimmer.records.followup import FollowUpDecision, Letter
from glimmer.records.inbox import InboundMessage
from glimmer.records.outcomes import Score, Task
from glimmer.records.patients import Patient
from glimmer.records.plans import Appointment, Bay, Plan
from glimmer.records.sessions import Device, LogLine, TreatmentSession
from glimmer.records.staff import Staff

__all__ = [
    "Appointment",
    "AuditLine",
    "Bay",
    "ConsentRecord",
    "Device",
    "Episode",
    "FollowUpDecision",
    "InboundMessage",
    "Letter",
    "LogLine",
    "Patient",
    "Plan",
    "Referral",
    "ReferralItem",
    "Score",
    "SelectionAnswer",
    "SelectionDecision",
    "SelectionOverride",
    "Staff",
    "Task",
    "TreatmentSession",
    "TriageDecision",
]
