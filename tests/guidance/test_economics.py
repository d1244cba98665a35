"""The economic inputs: each has its source, its doubt and its price year; and what nobody found has no value."""

import math

import pytest

from glimmer.guidance.economics import (
    DISTRIBUTIONS,
    assumptions,
    blanks,
    life_table,
    norms,
    parameter,
    parameters,
    parse_parameters,
    price_growth,
    uprated,
)
from glimmer.guidance.figures import EVIDENCE, GuidanceError

WHOLE = {
    "title": "A share",
    "value": 0.46,
    "unit": "share",
    "distribution": "beta",
    "alpha": 44,
    "beta": 51,
    "source": "A trial",
    "edition": "2022",
    "evidence": "source",
}


@pytest.mark.parametrize("name", parameters())
def test_every_parameter_says_unit_doubt_source_edition_and_evidence(name):
    one = parameter(name)
    assert all(part.strip() for part in (one.title, one.unit, one.source, one.edition))
    assert one.evidence in EVIDENCE
    assert set(one.spread) == set(DISTRIBUTIONS[one.distribution])


@pytest.mark.parametrize("name", [name for name, one in parameters().items() if "GBP" in one.unit])
def test_every_cost_says_the_year_of_its_prices_or_that_there_is_none(name):
    assert parameter(name).price_year is not None


@pytest.mark.parametrize("name", [name for name, one in parameters().items() if one.evidence == "proposal"])
def test_what_is_proposed_by_this_project_says_so(name):
    assert "propos" in (parameter(name).source + parameter(name).note).lower()


@pytest.mark.parametrize("name", blanks())
def test_an_input_to_be_filled_says_where_to_look_and_has_no_value_of_its_own(name):
    one = blanks()[name]
    assert one.look
    assert one.needed_by
    assert one.bound_reason
    assert not hasattr(one, "value")
    if one.stand_in is not None:
        assert one.stand_in_caveat
        assert one.stand_in >= one.at_least
    assert one.at_most is None or one.at_most > one.at_least


def test_prices_that_nobody_found_have_not_even_a_stand_in():
    assert {name for name, one in blanks().items() if one.stand_in is None} >= {
        "ect_session",
        "rtms_session",
        "ketamine_vial",
        "consumables",
        "chair_hour",
    }


def test_the_two_trials_of_ect_are_pooled_as_dersimonian_and_laird_do():
    # Counts: KetECT's beta distributions; ELEKT-D's 41.2 % of 170 and 55.4 % of 195. Formula: DerSimonian, Laird 1986.
    arms = [((57, 34), (44, 51)), ((70, 100), (108, 87))]
    effects = [math.log((a / b) / (c / d)) for (a, b), (c, d) in arms]
    variances = [1 / a + 1 / b + 1 / c + 1 / d for (a, b), (c, d) in arms]
    weights = [1 / one for one in variances]
    fixed = sum(w * y for w, y in zip(weights, effects, strict=True)) / sum(weights)
    spread = sum(w * (y - fixed) ** 2 for w, y in zip(weights, effects, strict=True))
    between = max(0.0, (spread - 1) / (sum(weights) - sum(w * w for w in weights) / sum(weights)))
    random = [1 / (one + between) for one in variances]
    pooled = sum(w * y for w, y in zip(random, effects, strict=True)) / sum(random)
    found = parameter("ect_log_odds_ratio_versus_ketamine")
    assert found.value == pytest.approx(pooled, abs=5e-3)
    assert found.spread["se"] == pytest.approx(1 / math.sqrt(sum(random)), abs=5e-3)
    for name, effect, variance in zip(
        ("ect_log_odds_ratio_ketect", "ect_log_odds_ratio_elektd"), effects, variances, strict=True
    ):
        assert parameter(name).value == pytest.approx(effect, abs=1e-2)
        assert parameter(name).spread["se"] == pytest.approx(math.sqrt(variance), abs=1e-2)


def log_odds_ratio(events: int, of: int, control_events: int, control_of: int) -> tuple[float, float]:
    """Return the log odds ratio of two arms and its standard error (Woolf)."""
    cells = (events, of - events, control_events, control_of - control_events)
    return math.log(cells[0] * cells[3] / (cells[1] * cells[2])), math.sqrt(sum(1 / cell for cell in cells))


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        # KARMA-Dep 2: 43.8 % and 30 % of 62; the only arms that also give responses of 46.9 and 33.3 % are 32 and 30.
        ("ketamine_log_odds_ratio", (14, 32, 9, 30)),
        # TRANSFORM-1 and -2, table of PMC7894501.
        ("esketamine_log_odds_ratio", (145, 343, 69, 222)),
    ],
)
def test_effects_are_the_log_odds_ratios_of_the_trials_counts(name, counts):
    effect, error = log_odds_ratio(*counts)
    assert parameter(name).value == pytest.approx(effect, abs=6e-4)
    assert parameter(name).spread["se"] == pytest.approx(error, abs=6e-4)


@pytest.mark.parametrize(
    "name",
    [
        "ect_log_odds_ratio_elektd",
        "ect_log_odds_ratio_versus_ketamine",
        "usual_care_step_remission",
        "rtms_log_odds_ratio",
    ],
)
def test_a_figure_that_rests_on_remembered_numbers_is_marked_as_remembered(name):
    # ELEKT-D's arms, STAR*D's arms and Berlim's odds ratio were never read: they count as memory until somebody does.
    assert parameter(name).evidence == "memory"
    assert "remember" in f"{parameter(name).note} {parameter(name).edition}"


@pytest.mark.parametrize(("drug", "relapsed", "median_of_the_relapsed"), [("ketamine", 0.70, 57), ("ect", 0.63, 61)])
def test_the_relapse_curves_give_the_trials_twelve_months_and_median(drug, relapsed, median_of_the_relapsed):
    shape = parameter(f"relapse_shape_{drug}").value
    scale = parameter(f"relapse_scale_{drug}_days").value
    # By hand, as KetECT states it: the share relapsed at 365 days, and half of that share at the median.
    assert 1 - math.exp(-((365 / scale) ** shape)) == pytest.approx(relapsed, abs=5e-3)
    assert 1 - math.exp(-((median_of_the_relapsed / scale) ** shape)) == pytest.approx(relapsed / 2, abs=1e-2)


def test_money_is_uprated_by_the_index_and_comes_back_unchanged():
    # By hand from the index: 1.0160 x 1.0214 x 1.0249 x 1.0258 x 1.0732 x 1.0247.
    assert uprated(992, "2017/18", "2023/24") == pytest.approx(992 * 1.199806, rel=1e-6)
    assert uprated(uprated(10, "2014/15", "2023/24"), "2023/24", "2014/15") == pytest.approx(10)
    assert uprated(225, "", "2023/24") == 225
    assert uprated(58, "2023/24", "2023/24") == 58
    with pytest.raises(GuidanceError, match=r"'1999/00' is no year of the price index. There is: 2014/15, .*2023/24"):
        uprated(1, "1999/00", "2023/24")
    assert all(0 < growth < 0.1 for growth in price_growth().values())


# Life expectancy that the Office for National Statistics prints beside these probabilities, England 2017-2019.
PRINTED = [("female", 43, 41.30), ("male", 43, 38.14), ("female", 80, 9.86), ("male", 18, 62.17)]


@pytest.mark.parametrize(("sex", "age", "years"), PRINTED)
def test_the_life_table_gives_the_life_expectancy_that_is_printed_with_it(sex, age, years):
    table, alive, lived = life_table(), 1.0, 0.0
    for now in range(age, table.last_age + 1):
        dying = table.probability(sex, now)
        lived += alive * (1 - dying / 2)
        alive *= 1 - dying
    lived += alive * 1.5  # beyond the table the Office closes with about a year and a half
    assert lived == pytest.approx(years, abs=0.02)


# Quality-adjusted life expectancy at 43, discounted at 3.5 %, from McNamara 2022 (their tables) and the 3L norms.
@pytest.mark.parametrize(
    ("value_set", "sex", "expected"),
    [("crosswalk", "female", 17.29), ("crosswalk", "male", 17.06), ("3l", "female", 17.79), ("3l", "male", 16.94)],
)
def test_norms_and_life_table_give_the_published_quality_adjusted_life_expectancy(value_set, sex, expected):
    table, alive, total = life_table(), 1.0, 0.0
    for number, age in enumerate(range(43, table.last_age)):
        dying = table.probability(sex, age)
        total += alive * (1 - dying / 2) * norms(value_set).of(sex, age) / 1.035**number
        alive *= 1 - dying
    assert total == pytest.approx(expected, abs=0.02)


def test_an_age_outside_the_table_is_refused_below_and_certain_above():
    assert life_table().probability("male", 101) == 1
    with pytest.raises(ValueError, match="begins at 18 years, and 12 was asked for"):
        life_table().probability("male", 12)


@pytest.mark.parametrize("part", ["title", "alpha", "source", "unit"])
def test_a_parameter_without_one_of_its_parts_is_refused(part):
    table = {key: value for key, value in WHOLE.items() if key != part}
    with pytest.raises(GuidanceError, match=rf"demo.toml \[share\].*{part}"):
        parse_parameters({"share": table}, "demo")


def test_a_beta_distribution_that_does_not_fit_its_value_is_refused():
    with pytest.raises(GuidanceError, match=r"value is 0.46, but its beta distribution has the mean 0.6000"):
        parse_parameters({"share": {**WHOLE, "alpha": 60, "beta": 40}}, "demo")


def test_an_unknown_distribution_names_what_there_is():
    with pytest.raises(GuidanceError, match="distribution is 'cauchy', but must be one of 'fixed', 'beta'"):
        parse_parameters({"share": {**WHOLE, "distribution": "cauchy"}}, "demo")


def test_an_unknown_parameter_names_what_there_is():
    with pytest.raises(KeyError, match=r"no economic parameter 'remission'.*remission_ketamine"):
        parameter("remission")


def test_every_assumption_has_a_reason_and_a_source():
    assert len(assumptions()) >= 12
    for one in assumptions():
        assert one.because, one.id
        assert one.source, one.id
