"""Value sets: read whole or refused in words; worked out by an own sum; the published range of one set is met."""

import tomllib
from decimal import Decimal
from itertools import product
from pathlib import Path

import pytest

from glimmer.care.value_set import DIMENSIONS, STATES, read_value_set, state_of
from glimmer.vocabulary.problems import BadInput

ENGLAND = (Path(__file__).parents[2] / "docs" / "examples" / "eq5d5l-england-2018.toml").read_bytes()
HEAD = b'title="T"\ncountry="C"\nmethod="M"\nsource="S"\npermission="P"\nin_force_from=2026-05-01\n'


def listed(**changes: str) -> bytes:
    """Every state with a value of its own: 1 less a thousandth for each step away from full health."""
    steps = {"".join(map(str, one)): sum(one) - 5 for one in product(range(1, 6), repeat=5)}
    lines = [f"{state} = {changes.get('_' + state, f'{1 - step / 1000:.3f}')}" for state, step in steps.items()]
    return HEAD + b"[values]\n" + "\n".join(lines).encode()


def test_range_that_was_published_for_england_comes_out() -> None:
    values = read_value_set(ENGLAND).values
    assert len(values) == 3125
    # The worst state of that set was published as -0.285, from the full precision of its coefficients.
    assert (values["11111"], values["55555"]) == (1, Decimal("-0.285"))
    assert read_value_set(ENGLAND).reversals == 0


def test_every_state_is_one_less_what_its_levels_take_away() -> None:
    taken = tomllib.loads(ENGLAND.decode())["decrements"]
    values = read_value_set(ENGLAND).values
    for state in STATES[::97]:
        lost = sum(taken[name][int(level) - 1] for name, level in zip(DIMENSIONS, state, strict=True))
        assert float(values[state]) == pytest.approx(1 - lost, abs=1e-9)


def test_set_that_lists_every_state_is_taken_as_it_is() -> None:
    assert read_value_set(listed()).values["21111"] == Decimal("0.999")


def test_worse_state_that_is_worth_more_is_counted() -> None:
    # 55555 is one step worse than five states; lifted above them, all five are reversed.
    assert read_value_set(listed(_55555="0.99")).reversals == 5


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"\xff", "no TOML"),
        (b"title = ", "no TOML"),
        (HEAD, "either"),
        (HEAD.replace(b'source="S"', b'source=" "') + b"[values]\n", "source"),
        (HEAD.replace(b"2026-05-01", b'"May"') + b"[values]\n", "in_force_from"),
        (HEAD.replace(b"2026-05-01", b"2026-05-01T10:00:00") + b"[values]\n", "in_force_from"),
        (HEAD + b"[values]\n11111 = 1.0\n", "3125 states once; this has 1"),
        (HEAD + b"[decrements]\nmobility = [0, 0, 0, 0, 0]\n", "these five"),
        (ENGLAND.replace(b"[0, 0.058", b"[0.1, 0.058"), "the first is 0"),
        (ENGLAND.replace(b"0.274]", b"nan]"), "plain number"),
        (ENGLAND.replace(b"0.274]", b"true]"), "plain number"),
        (ENGLAND.replace(b"0.274]", b"-0.1]"), "no state is worth more"),
        (listed(_11111="0.95"), "Full health"),
    ],
)
def test_file_that_cannot_be_right_is_refused_in_words(raw: bytes, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        read_value_set(raw)


def test_profile_with_an_open_answer_has_no_state() -> None:
    assert state_of([2, 1, 1, 3, 5]) == "21135"
    for levels in ([2, 1, None, 3, 5], [1, 1, 1, 1], [0, 1, 1, 1, 1], [6, 1, 1, 1, 1], []):
        assert state_of(levels) is None
