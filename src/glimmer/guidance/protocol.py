"""A treatment protocol as typed facts: the one file from which dose, checks, alarms and minutes all come."""

from dataclasses import dataclass

from glimmer.guidance.figures import Figure


@dataclass(frozen=True, slots=True)
class Check:
    """One question before the start, or one criterion for leaving.

    `id` is its key in the log; `wanted` is the answer that lets things go on ("yes" or "no");
    `overridable` says whether a named clinician may go on regardless; `only_if` is "" or
    "pregnancy_possible"; `measured` is "" or the name of the rule in care that answers it from readings.
    """

    id: str
    asks: str
    wanted: str
    if_not: str
    overridable: bool
    source: str
    evidence: str
    only_if: str = ""
    measured: str = ""
    help: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison of an alarm rule.

    `measure` is "value" (the reading), "rise" (reading minus this patient's baseline), "moaas"
    or "news2_total"; the condition holds when the measure is above `above` (>), at least `at_least`,
    below `below` (<) or at most `at_most`; exactly one of the four is set.
    """

    parameter: str
    measure: str = "value"
    above: float | None = None
    at_least: float | None = None
    below: float | None = None
    at_most: float | None = None


@dataclass(frozen=True, slots=True)
class AlarmRule:
    """One alarm of the protocol: raised when any of `conditions` holds for long enough.

    `persists_seconds`: the condition must hold without a break for this long (0: at once).
    `repeats`: that many readings in a row, at least `repeats_apart_seconds` from first to last.
    `phase`: "before", "infusion", "after" or "any". `says` and `action` are words for the nurse;
    `says` may hold {value} and {limit}.
    """

    id: str
    priority: str
    conditions: tuple[Condition, ...]
    says: str
    action: str
    source: str
    evidence: str
    persists_seconds: int = 0
    repeats: int = 1
    repeats_apart_seconds: int = 0
    phase: str = "any"


@dataclass(frozen=True, slots=True)
class DoseBand:
    """A guard rail on mg/kg: `above` this, `effect` is "warn", "second_prescriber" or "block"."""

    above_mg_per_kg: float
    effect: str
    says: str
    source: str
    evidence: str
    first_session_only: bool = False


@dataclass(frozen=True, slots=True)
class Protocol:
    """A reviewed, versioned treatment protocol. A session pins `id`, `version` and `digest` for good.

    `observation_minutes` are minutes from the start of the infusion (negative: before it);
    `signal_lost_seconds` maps a vital-sign parameter to how long its silence is tolerated while
    the infusion runs; `staff_minutes` maps a role to minutes per session.
    """

    id: str
    version: str
    title: str
    summary: str
    drug: str
    route: str
    dose_mg_per_kg: Figure
    infusion_minutes: Figure
    shortest_infusion_minutes: Figure
    sessions: Figure
    days_between: Figure
    shortest_days_between: Figure
    dose_bands: tuple[DoseBand, ...]
    vial_concentrations_mg_per_ml: tuple[float, ...]
    must_dilute_at_or_above_mg_per_ml: float
    checks_before: tuple[Check, ...]
    observation_minutes: tuple[int, ...]
    observation_late_after_minutes: int
    observation_parameters: tuple[str, ...]
    alarms: tuple[AlarmRule, ...]
    signal_lost_seconds: dict[str, int]
    leaving: tuple[Check, ...]
    stay_minutes_escorted: Figure
    stay_minutes_alone: Figure
    staff_minutes: dict[str, int]
    chair_minutes: int
    review_after_sessions: Figure
    approved_by: str
    approved_on: str
    digest: str


def protocol(protocol_id: str, version: str | None = None) -> Protocol:
    """Return a protocol (its newest version unless one is named); raise KeyError naming what there is."""
    raise NotImplementedError


def protocols() -> tuple[Protocol, ...]:
    """Return the newest version of every protocol, by title."""
    raise NotImplementedError
