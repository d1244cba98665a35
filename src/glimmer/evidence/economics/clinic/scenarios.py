"""The structural scenarios that must be shown beside the base case: each changes what the structure takes for granted.

A scenario says which values of the model it replaces (expressions) and which inputs it cannot do without. Add one here;
its title and reason are printed with its result.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from glimmer.evidence.economics.clinic.beliefs import belief
from glimmer.evidence.economics.clinic.inputs import FROM_PROTOCOL, Inputs
from glimmer.evidence.economics.clinic.question import SOCIETY
from glimmer.evidence.economics.model import Model

BASE = "base"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario. `values` replace values of the model, `parameters` are further ones that these need.

    `needs` are inputs to be filled without which there is no result, only a turning point. `courses`, `perspective`,
    `session` and `discount` replace those of the question ("" or None: as asked; discount names a figure of guidance).
    """

    id: str
    title: str
    why: str
    values: Mapping[str, str | float] = field(default_factory=dict, hash=False)
    parameters: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    courses: int | None = None
    perspective: str = ""
    session: str = ""
    discount: str = ""

    def applied(self, model: Model, inputs: Inputs) -> Model:
        """Return the model under this scenario; raise Unfilled naming what has to be filled in first."""
        for name in (*self.parameters, *self.needs):
            if name not in model.parameters:
                model.parameter(name, belief(name, inputs))
        return model.with_values(**self.values) if self.values else model


# A constant danger that gives the same share relapsed at twelve months as the Weibull curve of the same draw.
_CONSTANT = {
    f"{what}_{drug}": said
    for drug in ("ketamine", "ect")
    for what, said in (
        ("shape", "1"),
        ("scale", f"year_days / (year_days / relapse_scale_{drug}_days) ** relapse_shape_{drug} / days_a_year"),
    )
}

SCENARIOS = (
    Scenario(BASE, "Base case", "What the assumption log says."),
    Scenario(
        "no_effect",
        "Ketamine adds nothing over an active placebo",
        "KARMA-Dep 2 found no difference that chance could not explain; ketamine's course is then usual care's.",
        {"p_ketamine": "p_control"},
    ),
    Scenario(
        "usual_care_as_stard",
        "Usual care as in STAR*D",
        "Usual care has no trial's attention: its first 28 days are those of any later step.",
        {"p_usual": "rescale(usual_care_step_remission, step_years, course_years)"},
    ),
    Scenario(
        "constant_relapse",
        "The danger of relapse is constant",
        "Most models take it so. The same people relapse within a year, but later.",
        _CONSTANT,
    ),
    Scenario(
        "oral_does_nothing",
        "Maintenance by mouth does not prevent relapse",
        "There is no trial of it.",
        {"oral_hazard_ratio": "1"},
    ),
    Scenario(
        "maintenance_ends_at_recovery",
        "Maintenance ends after a year of remission",
        "When to stop is not known; here it is stopped, and its protection with it.",
        {"maintained_in_recovery": "0"},
    ),
    Scenario(
        "one_course",
        "One course, and no second one after a relapse",
        "No figure for repeated courses was found.",
        courses=1,
    ),
    Scenario(
        "ketamine_inferior_to_ect",
        "ECT is better than ketamine (KetECT)",
        "In inpatients 63 % remitted by ECT and 46 % by ketamine.",
        {"p_ect": "logistic(log_odds_ketamine + ect_log_odds_ratio_ketect)"},
        parameters=("ect_log_odds_ratio_ketect",),
    ),
    Scenario(
        "ketamine_superior_to_ect",
        "Ketamine is better than ECT (ELEKT-D)",
        "In outpatients 41 % responded to ECT and 55 % to ketamine.",
        {"p_ect": "logistic(log_odds_ketamine + ect_log_odds_ratio_elektd)"},
        parameters=("ect_log_odds_ratio_elektd",),
    ),
    Scenario(
        "sapin_utilities",
        "Utilities of French patients (Sapin)",
        "They were higher in every state, and the gain smaller.",
        {
            "worth_remission": "sapin_remission * ageing",
            "worth_response": "sapin_response * ageing",
            "worth_episode": "sapin_episode * ageing",
        },
        parameters=("sapin_remission", "sapin_response", "sapin_episode"),
    ),
    Scenario(
        "values_5l",
        "UK 5L values",
        "They weigh anxiety and depression more. By how much the gain in TRD then grows was not found.",
        {"gain_ratio": "gain_5l_over_3l"},
        needs=("gain_5l_over_3l",),
    ),
    Scenario(
        "claims_costs",
        "NHS care costs what claims say",
        "CPRD found an eighth of the chart review's cost. Well or ill, it is then the same for everybody.",
        {"care_episode": "episode_care_claims * 12", "care_remission": "episode_care_claims * 12"},
        parameters=("episode_care_claims",),
    ),
    Scenario(
        "harm",
        "Dependence and harm to the bladder",
        "Each year of maintenance costs health. How much is not known.",
        {"harm_of_a_year": "harm_qaly_year"},
        needs=("harm_qaly_year",),
    ),
    Scenario(
        "episode_mortality",
        "Only an episode shortens life",
        "If the excess of deaths belongs to the episode, whatever ends it saves lives. No trial shows it.",
        {"ratio_well": "1"},
    ),
    Scenario(
        "session_from_protocol",
        "A session costs what its protocol takes",
        "Built up from minutes, vials and fixed costs, and not a charge.",
        session=FROM_PROTOCOL,
    ),
    Scenario(
        "society",
        "Costs of society: lost work and care by family",
        "Four fifths of the cost of severe TRD fall outside the NHS.",
        needs=("societal_remission",),
        perspective=SOCIETY,
    ),
    Scenario(
        "discount_1_5",
        "Discounted at 1.5 %",
        "NICE asks for it beside 3.5 %.",
        discount="discount_rate_sensitivity",
    ),
)


def scenario(scenario_id: str) -> Scenario:
    """Return a scenario; raise KeyError naming what there is."""
    for one in SCENARIOS:
        if one.id == scenario_id:
            return one
    raise KeyError(f"There is no scenario {scenario_id!r}. There is: {', '.join(one.id for one in SCENARIOS)}.")
