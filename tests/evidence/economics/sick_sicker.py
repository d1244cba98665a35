"""The Sick-Sicker model of the DARTH tutorials, declared once for the tests; its figures are published there."""

from typing import Any

from glimmer.evidence.economics.continuous import ContinuousModel
from glimmer.evidence.economics.inputs import Beta, Gamma, LogNormal
from glimmer.evidence.economics.model import Model
from glimmer.evidence.economics.rates import transitions_by_rates

STRATEGIES = ("SoC", "A", "B", "AB")
LONG_NAMES = ("Standard of care", "Strategy A", "Strategy B", "Strategy AB")
BELIEFS = {
    "r_HD": Gamma.from_mean(0.002, 0.0002),
    "r_HS1": Gamma.from_mean(0.15, 0.02),
    "r_S1H": Gamma.from_mean(0.5, 0.05),
    "r_S1S2": Gamma.from_mean(0.105, 0.01),
    "hr_S1": LogNormal.from_mean(3, 0.3),
    "hr_S2": LogNormal.from_mean(10, 1),
    "hr_trtB": LogNormal.from_mean(0.6, 0.06),
    "c_H": Gamma.from_mean(2000, 200),
    "c_S1": Gamma.from_mean(4000, 400),
    "c_S2": Gamma.from_mean(15000, 1500),
    "c_trtA": Gamma.from_mean(12000, 1200),
    "c_trtB": Gamma.from_mean(13000, 1300),
    "u_S1": Beta.from_mean(0.75, 0.03),
    "u_S2": Beta.from_mean(0.5, 0.03),
    "u_trtA": Beta.from_mean(0.95, 0.02),
}
# The rates at the means, between states.
RATES = {("H", "S1"): 0.15, ("H", "D"): 0.002, ("S1", "H"): 0.5, ("S1", "S2"): 0.105, ("S1", "D"): 0.006,
         ("S2", "D"): 0.02}  # fmt: skip


def sick_sicker(cycles: int = 75, discount: float = 0.03, **settings: Any) -> Model:
    """Return the time-homogeneous model with four strategies."""
    model = Model("Sick-Sicker", cycles=cycles, discount=discount, **settings)
    for name, belief in BELIEFS.items():
        model.parameter(name, belief)
    model.value("hr_B", 1)
    model.value("c_treatment", 0)
    model.value("u_treated", "u_S1")
    model.value("p_HD", "rate_to_probability(r_HD)")
    model.value("p_S1D", "rate_to_probability(r_HD * hr_S1)")
    model.value("p_S2D", "rate_to_probability(r_HD * hr_S2)")
    model.state("H", cost="c_H", effect=1)
    model.state("S1", cost="c_S1 + c_treatment", effect="u_treated")
    model.state("S2", cost="c_S2 + c_treatment", effect="u_S2")
    model.state("D")
    model.transition("H", "S1", "rate_to_probability(r_HS1) * (1 - p_HD)")
    model.transition("H", "D", "p_HD")
    model.transition("S1", "H", "rate_to_probability(r_S1H) * (1 - p_S1D)")
    model.transition("S1", "S2", "rate_to_probability(r_S1S2 * hr_B) * (1 - p_S1D)")
    model.transition("S1", "D", "p_S1D")
    model.transition("S2", "D", "p_S2D")
    model.strategy("SoC")
    model.strategy("A", c_treatment="c_trtA", u_treated="u_trtA")
    model.strategy("B", c_treatment="c_trtB", hr_B="hr_trtB")
    model.strategy("AB", c_treatment="c_trtA + c_trtB", u_treated="u_trtA", hr_B="hr_trtB")
    return model


def continuous_sick_sicker(discount: float = 0.03, **settings: Any) -> ContinuousModel:
    """Return the same rates as competing hazards in continuous time, over 75 years."""
    model = ContinuousModel("Sick-Sicker", years=75, discount=discount, **settings)
    for name, belief in BELIEFS.items():
        model.parameter(name, belief)
    model.value("hr_B", 1)
    model.value("c_treatment", 0)
    model.value("u_treated", "u_S1")
    model.state("H", cost="c_H", effect=1)
    model.state("S1", cost="c_S1 + c_treatment", effect="u_treated")
    model.state("S2", cost="c_S2 + c_treatment", effect="u_S2")
    model.state("D")
    model.transition("H", "S1", rate="r_HS1")
    model.transition("H", "D", rate="r_HD")
    model.transition("S1", "H", rate="r_S1H")
    model.transition("S1", "S2", rate="r_S1S2", hazard_ratio="hr_B")
    model.transition("S1", "D", rate="r_HD", hazard_ratio="hr_S1")
    model.transition("S2", "D", rate="r_HD * hr_S2")
    model.strategy("SoC")
    model.strategy("A", c_treatment="c_trtA", u_treated="u_trtA")
    model.strategy("B", c_treatment="c_trtB", hr_B="hr_trtB")
    model.strategy("AB", c_treatment="c_trtA + c_trtB", u_treated="u_trtA", hr_B="hr_trtB")
    return model


def declare_states(model: Model) -> None:
    """Declare the states with the standard of care's costs and effects at the means."""
    model.state("H", cost=2000, effect=1)
    model.state("S1", cost=4000, effect=0.75)
    model.state("S2", cost=15000, effect=0.5)
    model.state("D")


def sick_sicker_by_rates(cycles: int, years: float) -> Model:
    """Return a cohort whose cycles are worked out from the rates, for the standard of care."""
    model = Model("By rates", cycles=cycles, years=years, discount=0.03)
    declare_states(model)
    transitions_by_rates(model, RATES)
    model.strategy("SoC")
    return model
