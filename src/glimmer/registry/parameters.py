"""The names of what a registry update gives, each with its meaning and unit: what a decision model takes its draws by.

A `course` parameter says how a treated person fares and what that costs; the registry informs it. An `effect` compares
with another treatment; a registry without a comparison group says nothing of it, and its draws are the trials' alone.
An `association` was seen in the registry and is no effect: people are not maintained by chance. A `spread` says how
much clinics, sessions or people differ.
"""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What may be concluded from a parameter."""

    COURSE = "course"
    EFFECT = "effect"
    ASSOCIATION = "association"
    SPREAD = "spread"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One name of the posterior draws."""

    name: str
    role: Role
    unit: str
    meaning: str


PARAMETERS = (
    Parameter("response_logit", Role.COURSE, "log odds", "response at the end of a course, in the typical clinic"),
    Parameter("remission_given_response_logit", Role.COURSE, "log odds", "remission among those who respond"),
    Parameter("relapse_shape", Role.COURSE, "-", "Weibull shape of the time to relapse; below 1: most early"),
    Parameter(
        "relapse_scale_days", Role.COURSE, "d", "Weibull scale of the time to relapse: remitters who are not maintained"
    ),
    Parameter("session_cost", Role.COURSE, "GBP", "mean cost of a session in the typical clinic"),
    Parameter("staff_minutes", Role.COURSE, "min", "mean staff minutes of a session"),
    Parameter("utility_remission", Role.COURSE, "EQ-5D index", "mean utility at PHQ-9 below 5"),
    Parameter("utility_mild", Role.COURSE, "EQ-5D index", "mean utility at PHQ-9 5 to 9"),
    Parameter("utility_moderate", Role.COURSE, "EQ-5D index", "mean utility at PHQ-9 10 to 14"),
    Parameter("utility_severe", Role.COURSE, "EQ-5D index", "mean utility at PHQ-9 15 and above"),
    Parameter(
        "partial_response_log_hazard_ratio",
        Role.ASSOCIATION,
        "log hazard ratio",
        "relapse of those who responded without remission, against remitters",
    ),
    Parameter(
        "maintenance_association_log_hazard_ratio",
        Role.ASSOCIATION,
        "log hazard ratio",
        "relapse of those maintained every 14 days against those who were not, as seen; not an effect",
    ),
    Parameter(
        "maintenance_interval_log_hazard_ratio",
        Role.ASSOCIATION,
        "log hazard ratio for a doubling",
        "relapse by the interval between maintenance sessions, as seen; not an effect",
    ),
    Parameter("response_site_sd", Role.SPREAD, "log odds", "standard deviation of response between clinics"),
    Parameter("relapse_site_sd", Role.SPREAD, "log hazard", "standard deviation of relapse between clinics"),
    Parameter("session_cost_site_sd", Role.SPREAD, "log cost", "standard deviation of session cost between clinics"),
    Parameter("session_cost_cv", Role.SPREAD, "-", "coefficient of variation between sessions of one clinic"),
    Parameter("staff_minutes_cv", Role.SPREAD, "-", "coefficient of variation of staff minutes between sessions"),
    Parameter("utility_precision", Role.SPREAD, "-", "precision of the beta distribution of utility between people"),
    Parameter(
        "response_over_control_log_odds_ratio", Role.EFFECT, "log odds ratio", "response, ketamine against midazolam"
    ),
    Parameter(
        "remission_over_control_log_odds_ratio", Role.EFFECT, "log odds ratio", "remission, ketamine against midazolam"
    ),
    Parameter("response_over_ect_log_odds_ratio", Role.EFFECT, "log odds ratio", "response, ketamine against ECT"),
    Parameter("remission_over_ect_log_odds_ratio", Role.EFFECT, "log odds ratio", "remission, ketamine against ECT"),
    Parameter(
        "maintenance_log_hazard_ratio", Role.EFFECT, "log hazard ratio", "relapse, maintained against stopped, by trial"
    ),
)


def parameter(name: str) -> Parameter:
    """Return what a name means; raise KeyError naming what there is."""
    for one in PARAMETERS:
        if one.name == name:
            return one
    raise KeyError(f"There is no parameter {name!r}. There is: {', '.join(one.name for one in PARAMETERS)}.")


def names_of(*roles: Role) -> tuple[str, ...]:
    """Return the names of the parameters of these roles, in their order."""
    return tuple(one.name for one in PARAMETERS if one.role in roles)
