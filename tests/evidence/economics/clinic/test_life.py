"""A cohort of both sexes dies between the two, and expects what is published for each."""

import math

import pytest

from glimmer.evidence.economics.clinic.life import cohort_years, expected_qalys_without_condition, mortality_table
from glimmer.guidance.economics import life_table

# McNamara 2022, quality-adjusted life expectancy of England, from their tables: age, women, men, at 0, 1.5 and 3.5 %.
PUBLISHED = [
    (18, 0.0, 53.17, 52.21),
    (43, 0.0, 31.99, 30.69),
    (43, 0.015, 23.93, 23.28),
    (43, 0.035, 17.29, 17.06),
    (65, 0.035, 11.08, 10.58),
]


@pytest.mark.parametrize(("age", "discount", "women", "men"), PUBLISHED)
def test_expected_qalys_are_the_published_ones(age, discount, women, men):
    assert expected_qalys_without_condition(age, 1.0, discount) == pytest.approx(women, abs=0.03)
    assert expected_qalys_without_condition(age, 0.0, discount) == pytest.approx(men, abs=0.03)


def test_one_sex_alone_dies_as_its_table_says():
    for sex, share in (("female", 1.0), ("male", 0.0)):
        for year in cohort_years(43, share):
            assert year.rate == pytest.approx(-math.log(1 - life_table().probability(sex, year.age)))


def test_a_mixed_cohort_dies_between_the_sexes_and_becomes_more_female():
    years = tuple(cohort_years(43, 0.6))
    for year in years:
        women, men = (-math.log(1 - life_table().probability(sex, year.age)) for sex in ("female", "male"))
        assert women <= year.rate <= men
    assert [one.share_female for one in years] == sorted(one.share_female for one in years)
    ages, rates = mortality_table(43, 0.6)
    assert (ages[0], ages[-1], len(ages)) == (43, 100, len(rates))
