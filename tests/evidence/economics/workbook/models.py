"""Models that between them use everything a workbook has to say in formulas."""

from glimmer.evidence.economics.inputs import Beta, Gamma
from glimmer.evidence.economics.model import Model

FUNCTIONS_CALLED = {
    "abs": "abs(a - b)",
    "exp": "exp(-a)",
    "log": "log(b)",
    "sqrt": "sqrt(b)",
    "floor": "floor(a - b)",
    "ceil": "ceil(b - a)",
    "round": "round(b) + round(b + 1) + round(-b) + round(a + b)",
    "min": "min(a, b)",
    "max": "max(a, b)",
    "clip": "clip(b, a, 2 * a)",
    "where": "where(a < b, a, b)",
    "logit": "logit(a / 2)",
    "logistic": "logistic(a - b)",
    "normal_cdf": "normal_cdf(a - b)",
    "normal_quantile": "normal_quantile(a / 2)",
    "rate_to_probability": "rate_to_probability(a) + rate_to_probability(a, b)",
    "probability_to_rate": "probability_to_rate(a) + probability_to_rate(a, b)",
    "rescale": "rescale(a, 1, b)",
    "risk_ratio": "risk_ratio(a, b) + risk_ratio(a, 9)",
    "odds_ratio": "odds_ratio(a / 2, b + 1)",
    "hazard_ratio": "hazard_ratio(a, b)",
    "risk_difference": "risk_difference(a, b) + risk_difference(a, -a / 3)",
    "probit_difference": "probit_difference(a, -b)",
    "exponential_event": "exponential_event(time, length, a)",
    "weibull_event": "weibull_event(time + a, length, a, b) + weibull_event(0, length, b, a)",
    "gompertz_event": "gompertz_event(time, length, a, b / 9) + gompertz_event(time, length, a - a, b / 9)",
    "loglogistic_event": "loglogistic_event(time, length + 0, b, a)",
    "lognormal_event": "lognormal_event(time, length, a - b, b / 2)",
}
GRAMMAR = {
    "power_of_minus": "-a ** 2 + 2 ** -b",
    "remainder": "(a - b) % 2 + (a - b) // 2",
    "chosen": "a if a < b <= 9 and not a == b else (b if a > 3 or b != 1 else -7)",
    "stepped": "steps(3 * time + a)",
    "bent": "bent(3 * time + a) + bent(99)",
    "tiny": "0.00001 * a - 1e-12",
}


def functions(**settings) -> Model:
    """Return a model of one state in which each function is an outcome of its own."""
    model = Model("Functions", cycles=[(3, 0.25), (2, 1)], **settings)
    model.parameter("a", 0.37)
    model.parameter("b", 2.5)
    model.table("steps", [0, 1, 2.5], [4, 5, 7])
    model.table("bent", [0, 1, 2.5], [4, 5, 3], linear=True)
    model.state("Here", others={**FUNCTIONS_CALLED, **GRAMMAR})
    model.strategy("One")
    return model


def tunnelled(**settings) -> Model:
    """Return a model with a tunnel, cycles of three lengths, flows of every kind, shares, parts and a table."""
    model = Model("Tunnelled", cycles=[(6, 7 / 365.25), (8, 28 / 365.25), (3, 1)], start_age=43, **settings)
    model.parameter("scale", Gamma.from_mean(0.8, 0.1), '=HYPERLINK("http://example.org","a note")')
    model.parameter("shape", 0.55, "+ a note that begins with a sign")
    model.parameter("recovering", Beta(30, 70))
    model.parameters_that_add_up(mild=30, severe=70)
    model.table("mortality", [0, 43, 46], [0.001, 0.004, 0.009])
    model.value("p_well", "rescale(recovering, 0.5, length)")
    model.value("p_dead", "rate_to_probability(mortality(age), length)")
    model.value("drug", 0)
    model.state("Mild", cost="1200 + drug", effect=0.6)
    model.state("Severe", cost="3000 + drug", effect="0.4 - 0.01 * time")
    visits = {"cost.visits": "100 / (1 + state_cycle)"}
    model.state("Well", effect="0.85 - 0.1 * exp(-state_time)", tunnel=5, others=visits)
    model.state("Dead")
    model.start_in({"Mild": "mild", "Severe": "severe"})
    for ill in ("Mild", "Severe"):
        model.transition(ill, "Well", "p_well", cost=50)
        model.transition(ill, "Dead", "p_dead")
    model.transition("Well", "Severe", "weibull_event(state_time, length, shape, scale)")
    model.transition("Well", "Dead", "p_dead", effect=-0.01)
    model.reward("cost", 400, target="Severe")
    model.reward("bed_days", "3 + time", source="Well", target="Severe")
    model.event("crisis", "Severe", "0.3 * length / length", cost=900)
    model.strategy("Usual care")
    model.strategy("Drug [new]: a/b", drug="600 if time < 1 else 0", recovering="min(1.5 * 0.3, 0.9)")
    return model


def in_lines(**settings) -> Model:
    """Return a model of treatments one after the other."""
    model = Model("In lines", cycles=12, years=1 / 12, discount=0.035, **settings)
    model.parameter("response", 0.5)
    model.parameter("lasting", Gamma.from_mean(0.5, 0.1))
    model.value("chance", "response")
    model.value("price", 0)
    model.state("Trying", cost="price", effect=0.4, in_lines=True)
    model.state("Better", effect=0.8, in_lines=True, tunnel=3)
    model.state("Out", effect=0.45)
    model.transition("Trying", "Better", "chance", cost="10 * price / 1000")
    model.transition("Trying", "Trying", "rest", next_line=True, last="Out")
    model.transition("Better", "Trying", "weibull_event(state_time, length, 0.7, lasting)", next_line=True, last="Out")
    model.treatment("Infusion", chance="0.55", price=9000)
    model.treatment("Shock", chance="0.63 * response / 0.5", price=14000)
    model.strategy("Infusion first", ["Infusion", "Shock"])
    model.strategy("Shock first", ["Shock", "Infusion"])
    model.strategy("Shock only", ["Shock"])
    return model
