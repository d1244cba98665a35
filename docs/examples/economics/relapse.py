"""A model in Python: well people relapse ever more slowly, so the model remembers how long they have been well.

`glimmer evidence run docs/examples/economics/relapse.py`. All figures are invented for the example.
"""

from glimmer.evidence.economics import Beta, Gamma, LogNormal, Model

MONTH = 28 / 365.25

model = Model("Relapse after remission", cycles=[(12, 7 / 365.25), (24, MONTH)], discount=0.035)
model.parameter("p_remit", Beta(44, 51), note="per course")
model.parameter("scale", LogNormal.from_mean(0.71, 0.1), note="Weibull scale in years")
model.parameter("shape", 0.55)
model.parameter("hr_maintenance", LogNormal.from_interval(0.29, 0.84))
model.parameter("c_session", Gamma.from_mean(225, 34))
model.parameter("u_well", Beta.from_mean(0.7, 0.015))
model.parameter("u_ill", Beta.from_mean(0.39, 0.02))
model.value("hr", 1)
model.value("sessions_a_year", 0)
model.value("p_course", 0)
model.value("p_relapse", "hazard_ratio(weibull_event(state_time, length, shape, scale), hr)")

model.state("Ill", effect="u_ill")
model.state("Well", effect="u_well", cost="c_session * sessions_a_year", tunnel=37)
model.transition("Ill", "Well", "p_course * p_remit if cycle < 1 else 0", cost="6 * c_session")
model.transition("Well", "Ill", "p_relapse")

model.strategy("No course")
model.strategy("Course, then stop", p_course=1)
model.strategy("Course, then monthly", p_course=1, hr="hr_maintenance", sessions_a_year=12)
