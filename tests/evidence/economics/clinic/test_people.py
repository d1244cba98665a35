"""People one by one agree with the cohort in the mean, and die, relapse and are treated as it says."""

from dataclasses import replace

import numpy as np
import pytest

from glimmer.evidence.economics.clinic.decision import central_values, run
from glimmer.evidence.economics.clinic.inputs import parse_inputs
from glimmer.evidence.economics.clinic.people import NoPeople, people_model
from glimmer.evidence.economics.clinic.question import Question
from glimmer.evidence.economics.clinic.relapse import relapse_by

ASK = Question(horizon_years=2, inputs=parse_inputs({"ect_session": {"value": 400}}))
PEOPLE = 3000


@pytest.fixture(scope="module")
def followed():
    model = people_model(ASK)
    return model.individuals(PEOPLE, central_values(model, ASK.inputs), seed=1)


@pytest.mark.parametrize("kind", ["cost", "effect"])
def test_people_agree_with_the_cohort_within_three_standard_errors(followed, kind):
    cohort = run(ASK).run
    assert followed.strategies == cohort.strategies
    apart = (followed.total(kind)[0] - cohort.total(kind)[0]) / followed.error(kind)[0]
    assert np.abs(apart).max() < 3
    # And the errors are small enough to tell: below one per cent of what is estimated.
    assert (followed.error(kind)[0] < 0.01 * np.abs(cohort.total(kind)[0])).all()


def test_sessions_and_courses_are_those_of_the_cohort(followed):
    cohort = run(ASK).run
    for name in ("courses", "ketamine sessions", "ECT or rTMS sessions", "years of maintenance"):
        assert followed.totals[name][0] == pytest.approx(cohort.totals[name][0], rel=0.05, abs=0.05), name


def test_the_first_relapse_follows_the_trials_curve():
    lone = replace(ASK, scenario="one_course", horizon_years=1 + 28 / 365.25)
    model = people_model(lone).with_values(p_ketamine=1, later_rate=0)
    values = {**central_values(model, lone.inputs), "mortality_ratio": 1e-9}
    found = model.individuals(PEOPLE, values, seed=2, residence=True)
    place = found.strategies.index("iv_course")
    ill = sum(found.years[state][0, place] for state in ("Course", "Relapse", "Out of service"))
    # By the curve: everybody is ill for 28 days, and of the year after it for what is left of it after a relapse.
    days = np.arange(0, 365, 0.25)
    expected = (28 + np.mean([relapse_by(day, 0.55, 261) for day in days]) * 365) / 365.25
    share = expected / (1 + 28 / 365.25)
    assert ill == pytest.approx(expected, abs=3 * np.sqrt(share * (1 - share) / PEOPLE))


def test_no_effect_gives_every_person_the_same_life():
    model = people_model(replace(ASK, scenario="no_effect", horizon_years=1))
    found = model.individuals(200, central_values(model, ASK.inputs), seed=3)
    usual, course = (found.strategies.index(name) for name in ("usual_care", "iv_course"))
    # The same lots for the same people: no difference in health at all, not only none in the mean.
    assert found.total("effect")[0, course] == pytest.approx(found.total("effect")[0, usual], abs=1e-12)


def test_stopping_maintenance_while_well_is_for_the_cohort_only():
    stopping = replace(ASK, inputs=parse_inputs({"maintenance_stop": {"value": 0.02}}))
    with pytest.raises(NoPeople, match=r"maintenance_stop is not 0: .* the cohort only"):
        people_model(stopping)
