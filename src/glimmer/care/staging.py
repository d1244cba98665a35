"""The Maudsley Staging Method: how far a depression has resisted treatment. It describes; it admits or refuses nobody.

Fekadu and others 2009; scoring as set down by Fekadu, Donocik and Cleare 2018.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from glimmer.care.treatment_history import JudgedTrial, TrialKind, failed_antidepressants
from glimmer.guidance import figure


@dataclass(frozen=True, slots=True)
class Illness:
    """The present episode: how many completed months it has lasted, and how severe it was found. None: not known."""

    months: int | None = None
    severity: str = ""


@dataclass(frozen=True, slots=True)
class Stage:
    """Points by part and altogether, with the stage in a word; `missing` names what it could not be worked out from.

    `total` is None and `stage` "" while anything is missing.
    """

    parts: tuple[tuple[str, int], ...]
    total: int | None
    stage: str
    missing: tuple[str, ...]


SEVERITIES = {
    "subsyndromal": "Below the threshold",
    "mild": "Mild",
    "moderate": "Moderate",
    "severe": "Severe, without psychosis",
    "severe_psychotic": "Severe, with psychosis",
}


def maudsley_stage(illness: Illness, judged: Sequence[JudgedTrial]) -> Stage:
    """Return the stage from the illness and the trials of the present episode.

    Only adequate antidepressants that failed count. Where it is not known of one whether it belongs to the present
    episode, the count is not known either.
    """
    missing = list(_missing(illness, judged))
    present = [one for one in judged if one.trial.in_present_episode]
    failures = len(failed_antidepressants(present))
    if not failures:
        missing.append("An adequate antidepressant that failed in the present episode.")
    if missing:
        return Stage((), None, "", tuple(missing))
    kinds = {one.trial.kind for one in present}
    parts = (
        ("Duration", _from_on("duration_from_months", illness.months)),
        ("Severity", int(figure("staging", "severity").value[illness.severity])),
        ("Antidepressants that failed", _from_on("failures_from", failures)),
        ("Augmentation", int(figure("staging", "augmentation").value) if TrialKind.AUGMENTATION in kinds else 0),
        ("ECT", int(figure("staging", "electroconvulsive_therapy").value) if TrialKind.ECT in kinds else 0),
    )
    total = sum(points for _, points in parts)
    return Stage(parts, total, _from_on("stage_from", total), ())


def _missing(illness: Illness, judged: Sequence[JudgedTrial]) -> list[str]:
    missing = []
    if illness.months is None:
        missing.append("How long the present episode has lasted.")
    if illness.severity not in SEVERITIES:
        missing.append("How severe the depression is now.")
    counted = (TrialKind.ANTIDEPRESSANT, TrialKind.AUGMENTATION, TrialKind.ECT)
    unplaced = [one.trial for one in judged if one.trial.kind in counted and one.trial.in_present_episode is None]
    missing += [f"Whether {trial.name} was in the present episode." for trial in unplaced]
    return missing


def _from_on(name: str, value: Any) -> Any:
    """Return what the last row of a table that `value` has reached says."""
    reached = [says for least, says in figure("staging", name).value if value >= least]
    return reached[-1]
