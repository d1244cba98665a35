"""How the answer settles, and how many draws it takes."""

import numpy as np
import pytest

from glimmer.evidence.economics.analysis import BadAnalysis, convergence, probability_best
from tests.evidence.economics.analysis.toys import outcomes


def saving(benefit):
    return outcomes(np.column_stack([0 * benefit, -benefit]), np.zeros((len(benefit), 2)))


def autocorrelated(draws, kept, seed):
    """A chain in which each draw keeps a share of the one before (AR(1)), with variance 1."""
    steps = np.random.default_rng(seed).normal(size=draws) * np.sqrt(1 - kept**2)
    chain = np.empty(draws)
    chain[0] = steps[0]
    for at in range(1, draws):
        chain[at] = kept * chain[at - 1] + steps[at]
    return chain


def test_the_running_mean_and_error_are_those_of_the_first_draws():
    benefit = np.random.default_rng(1).normal(1e9, 3, 5000)
    found = convergence(saving(benefit), "ketamine", 20000)
    for at in (0, 17, 49):
        first = benefit[: found.draws[at]]
        assert found.mean[at] == pytest.approx(first.mean(), rel=1e-13)
        # Far from zero, where a sum of squares would have lost every digit.
        assert found.error[at] == pytest.approx(first.std(ddof=1) / np.sqrt(len(first)), rel=1e-5)
    assert found.draws[-1] == 5000


def test_independent_draws_count_in_full():
    found = convergence(saving(np.random.default_rng(2).normal(10, 50, 40_000)), "ketamine", 20000)
    assert found.effective_draws > 0.8 * 40_000
    assert found.batch_error == pytest.approx(found.error[-1], rel=0.15)


def test_a_chain_whose_draws_resemble_each_other_is_worth_fewer():
    # Of an AR(1) chain n draws are worth n (1 - r) / (1 + r): here a tenth.
    kept = 9 / 11
    found = convergence(saving(autocorrelated(60_000, kept, seed=3)), "ketamine", 20000)
    assert found.effective_draws == pytest.approx(6000, rel=0.25)
    assert found.batch_error == pytest.approx(found.error[-1] * np.sqrt(10), rel=0.15)


def test_the_number_of_draws_for_a_precision_is_the_textbook_one():
    # (1.96 * 100 / 2)^2 = 9604.
    benefit = np.random.default_rng(4).normal(0, 100, 50_000)
    found = convergence(saving(benefit), "ketamine", 20000)
    independent = 9604 * (found.standard_deviation / 100) ** 2
    assert found.draws_needed(2) == pytest.approx(independent * 50_000 / found.effective_draws, abs=2)
    assert found.draws_needed(2) / found.draws_needed(4) == pytest.approx(4, rel=1e-3)
    assert found.draws_needed_for_probability(0.01) == pytest.approx(9604, rel=0.25)


def test_so_many_draws_do_give_the_precision():
    rough = convergence(saving(np.random.default_rng(5).normal(0, 100, 2000)), "ketamine", 20000)
    needed = rough.draws_needed(3)
    chance = np.random.default_rng(6)
    missed = [abs(chance.normal(0, 100, needed).mean()) > 3 for _ in range(400)]
    assert np.mean(missed) == pytest.approx(0.05, abs=0.035)


def test_the_probability_of_being_best_settles_with_its_own_error():
    benefit = np.random.default_rng(7).normal(0, 1, 10_000)
    found = convergence(saving(benefit), "ketamine", 20000)
    assert found.probability[-1] == pytest.approx(0.5, abs=3 * found.probability_error[-1])
    assert found.probability_error[-1] == pytest.approx(0.5 / 100, rel=0.01)
    assert probability_best(saving(benefit), 20000)["ketamine"] == pytest.approx(
        (found.probability[-1], found.probability_error[-1])
    )


def test_the_loss_from_finite_draws_is_that_of_the_unit_normal():
    # Mean 0 exactly: the loss is error * pdf(0).
    benefit = np.concatenate([np.full(50, 10.0), np.full(50, -10.0)])
    found = convergence(saving(benefit), "ketamine", 20000)
    assert found.wrong_choice_loss == pytest.approx(found.error[-1] * 0.3989423, rel=1e-6)
    # One error away from a tie: the unit normal loss at 1 is 0.08331547 (tables).
    once_away = convergence(saving(benefit + found.error[-1]), "ketamine", 20000)
    assert once_away.wrong_choice_loss == pytest.approx(found.error[-1] * 0.08331547, rel=1e-6)
    assert convergence(saving(benefit + 1000), "ketamine", 20000).wrong_choice_loss == pytest.approx(0, abs=1e-12)


def test_a_constant_answer_needs_no_more_draws():
    found = convergence(saving(np.full(100, 5.0)), "ketamine", 20000)
    assert (found.effective_draws, found.error[-1], found.draws_needed(1)) == (100, 0, 0)


def test_the_frame_has_a_row_per_checkpoint():
    frame = convergence(saving(np.arange(30.0)), "ketamine", 20000, checkpoints=7).frame()
    assert frame.height == 7
    assert frame["draws"].to_list()[-1] == 30


@pytest.mark.parametrize("precision", [0, -1])
def test_a_precision_of_nothing_is_refused(precision):
    found = convergence(saving(np.arange(30.0)), "ketamine", 20000)
    with pytest.raises(BadAnalysis, match="must be above 0"):
        found.draws_needed(precision)
    with pytest.raises(BadAnalysis, match="between 0 and 1"):
        found.draws_needed_for_probability(precision)


def test_one_draw_settles_nothing():
    with pytest.raises(BadAnalysis, match="needs draws"):
        convergence(outcomes([0, 1], [0, 1]), "ketamine", 20000)
