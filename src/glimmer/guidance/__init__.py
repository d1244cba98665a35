"""Every figure that comes from a guideline, trial, label, law or proposal, with its source; and the protocols."""

from glimmer.guidance.figures import Figure, GuidanceError, figure, figures, subjects
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

__all__ = [
    "AlarmRule",
    "Check",
    "Condition",
    "DoseBand",
    "Figure",
    "GuidanceError",
    "Protocol",
    "figure",
    "figures",
    "protocol",
    "protocol_versions",
    "protocols",
    "subjects",
]
