"""Each instrument against a scorer of the tests' own: written from the published rules, without the product's files."""

import random

import pytest

from glimmer.care.scores import score, score_of_total
from glimmer.guidance.instrument import instrument, instruments
from glimmer.vocabulary.problems import BadInput

FORMS = 10_000

# Items as (lowest, highest) in the order of the form; bands as the lowest total of each.
SUMS = {
    "phq9": ([(0, 3)] * 9, [0, 5, 10, 15, 20]),
    "gad7": ([(0, 3)] * 7, [0, 5, 10, 15]),
    "madrs": ([(0, 6)] * 10, [0, 7, 20, 35]),
    "hamd17": ([(0, 4)] * 3 + [(0, 2)] * 3 + [(0, 4)] * 5 + [(0, 2)] * 3 + [(0, 4), (0, 2), (0, 2)], [0, 8, 17, 24]),
    "wsas": ([(0, 8)] * 5, [0, 10, 21]),
    "shaps": ([(0, 1)] * 14, [0, 3]),
    "cadss": ([(0, 4)] * 23, []),
    "cadss6": ([(0, 4)] * 6, []),
    "bprs_plus": ([(1, 7)] * 4, []),
    "icsi": ([(0, 5)] * 4, [0, 7]),
    "icpi": ([(0, 4)] * 4, [0, 7]),
}
HIGHEST = {
    "phq9": 27, "gad7": 21, "madrs": 60, "hamd17": 52, "wsas": 40, "shaps": 14, "cadss": 92, "cadss6": 24,
    "bprs_plus": 28, "icsi": 20, "icpi": 16, "qids_sr16": 27, "audit": 40, "cssrs_screen": 5,
}  # fmt: skip


def place(total: int, starts: list[int]) -> int:
    """Return the number of the band that a total lies in, from 1; 0 without bands."""
    return sum(total >= start for start in starts)


def band_number(name: str, band: str) -> int:
    names = [one.name for one in instrument(name).bands]
    return names.index(band) + 1 if band else 0


def made_up(answers: list[int | None]) -> int:
    """Return the mean of what was answered, times the number of items, to the nearest whole, a half upwards."""
    given = [answer for answer in answers if answer is not None]
    doubled = 2 * sum(given) * len(answers) // len(given)
    return (doubled + 1) // 2


def test_every_instrument_is_compared_with_something():
    assert {*SUMS, "qids_sr16", "audit", "cssrs_screen", "eq5d5l", "cgi", "kset"} == set(instruments())


@pytest.mark.parametrize("name", sorted(HIGHEST))
def test_range_of_totals_is_the_published_one(name):
    assert instrument(name).scoring.highest == HIGHEST[name]


@pytest.mark.parametrize("name", sorted(SUMS))
def test_random_forms_add_up_as_published(name):
    chance = random.Random(name)
    ranges, starts = SUMS[name]
    for _ in range(FORMS // len(SUMS)):
        answers = [chance.randint(*one) for one in ranges]
        scored = score(instrument(name), answers)
        assert scored.total == sum(answers)
        assert band_number(name, scored.band) == place(sum(answers), starts)
        assert scored.answers == tuple(answers)


@pytest.mark.parametrize(("name", "allowed"), [("phq9", 2), ("gad7", 2), ("madrs", 0), ("cadss", 0), ("audit", 0)])
def test_open_items_are_made_up_for_by_the_rule_or_not_at_all(name, allowed):
    chance = random.Random(f"open {name}")
    of = instrument(name)
    for _ in range(400):
        answers: list[int | None] = [chance.choice(item.answers) for item in of.items]
        left_open = chance.randint(0, allowed + 2)
        for number in chance.sample(range(len(answers)), left_open):
            answers[number] = None
        if left_open > allowed:
            with pytest.raises(BadInput, match="left open"):
                score(of, answers)
        else:
            scored = score(of, answers)
            assert (scored.total, len(scored.missing)) == (made_up(answers), left_open)
            assert scored.prorated is (left_open > 0)


def test_qids_takes_the_highest_of_each_group():
    chance = random.Random("qids")
    of = instrument("qids_sr16")
    for _ in range(2_000):
        a = [chance.randint(0, 3) for _ in range(16)]
        single = a[4] + a[9] + a[10] + a[11] + a[12] + a[13]
        total = max(a[0], a[1], a[2], a[3]) + max(a[5], a[6], a[7], a[8]) + max(a[14], a[15]) + single
        scored = score(of, a)
        assert scored.total == total
        assert band_number("qids_sr16", scored.band) == place(total, [0, 6, 11, 16, 21])
        assert len(scored.parts) == 9


def test_audit_knows_that_its_last_items_are_answered_nought_two_or_four():
    of = instrument("audit")
    assert score(of, [4] * 10).total == 40
    assert score(of, [1] * 8 + [2, 4]).band == "increasing risk"
    with pytest.raises(BadInput, match="one of 0, 2, 4"):
        score(of, [1] * 10)


@pytest.mark.parametrize(
    ("answers", "behaviour", "rung", "band"),
    [
        ([0, 0, None, None, None], 0, 0, "no thoughts"),
        ([1, 0, None, None, None], 0, 1, "low"),
        ([1, 1, 0, 0, 0], 0, 2, "low"),
        ([1, 1, 1, 0, 0], 0, 3, "moderate"),
        ([1, 1, 1, 1, 0], 0, 4, "high"),
        ([1, 1, 0, 0, 1], 0, 5, "high"),
        ([0, 0, None, None, None], 1, 0, "moderate"),
        ([0, 0, None, None, None], 2, 0, "high"),
        ([1, 1, 0, 0, 0], None, 2, "low"),
    ],
)
def test_suicide_screen_climbs_its_ladder_and_recent_behaviour_is_high(answers, behaviour, rung, band):
    scored = score(instrument("cssrs_screen"), answers, behaviour)
    assert (scored.total, scored.band) == (rung, band)
    assert bool(scored.concerns) is (rung > 0 or behaviour != 0)


def test_suicide_screen_with_thoughts_needs_the_questions_that_follow():
    with pytest.raises(BadInput, match="3 items were left open"):
        score(instrument("cssrs_screen"), [1, 1, None, None, None], 0)


def test_profile_is_kept_and_has_no_total():
    scored = score(instrument("eq5d5l"), [1, 2, None, 4, 5], 70)
    assert (scored.total, scored.answers, scored.scale, scored.missing) == (None, (1, 2, None, 4, 5), 70, (3,))
    for vas in (-1, 101, True):
        with pytest.raises(BadInput) as problem:
            score(instrument("eq5d5l"), [1] * 5, vas)
        assert problem.value.field == "scale"


@pytest.mark.parametrize(("name", "item"), [("phq9", 9), ("qids_sr16", 12), ("madrs", 10), ("hamd17", 3)])
def test_answer_about_suicide_concerns_somebody_on_every_scale(name, item):
    of = instrument(name)
    answers: list[int | None] = [part.lowest for part in of.items]
    assert score(of, answers).concerns == ()
    answers[item - 1] = of.items[item - 1].highest
    (concern,) = score(of, answers).concerns
    assert f"Item {item} of the {of.title}" in concern.says


@pytest.mark.parametrize("name", ["madrs", "qids_sr16", "hamd17"])
def test_total_alone_leaves_open_what_the_suicide_item_said(name):
    scored = score_of_total(instrument(name), 12)
    assert (scored.total, scored.answers) == (12, ())
    assert "left open" in scored.concerns[0].says


@pytest.mark.parametrize("name", ["phq9", "gad7", "cssrs_screen", "eq5d5l"])
def test_total_alone_is_refused_where_the_answers_can_be_had(name):
    with pytest.raises(BadInput, match="worked out from its answers"):
        score_of_total(instrument(name), 3)


def test_total_out_of_range_is_refused():
    with pytest.raises(BadInput, match="from 0 to 60, not 61"):
        score_of_total(instrument("madrs"), 61)
