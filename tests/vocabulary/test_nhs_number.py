"""NHS numbers: the check-digit rule, worked by hand, and words for every way to mistype one."""

import pytest

from glimmer.vocabulary.nhs_number import parse_nhs_number, shown_nhs_number
from glimmer.vocabulary.problems import BadInput


def test_worked_example_of_the_check_digit_passes():
    # 943 476 5919: 9x10+4x9+3x8+4x7+7x6+6x5+5x4+9x3+1x2 = 299; 299 mod 11 = 2; 11 - 2 = 9, the last digit.
    assert parse_nhs_number("943 476 5919") == "9434765919"


@pytest.mark.parametrize("typed", ["9990000018", "999 000 0018", "999-000-0018", " 999 0000018 "])
def test_spaces_and_dashes_do_not_matter(typed):
    assert parse_nhs_number(typed) == "9990000018"


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("", "Enter"),
        ("999000001", "9 were entered"),
        ("99900000181", "11 were entered"),
        ("99900OOO18", "digits and spaces"),
        ("9990000081", "not a valid"),
        ("٩٩٩٠٠٠٠٠١٨", "digits and spaces"),
    ],
)
def test_each_mistake_is_named(typed, word):
    with pytest.raises(BadInput, match=word) as problem:
        parse_nhs_number(typed)
    assert problem.value.field == "nhs_number"


def test_the_failing_number_of_the_official_examples_is_refused():
    with pytest.raises(BadInput):
        parse_nhs_number("9912003890")
    assert parse_nhs_number("9912003888") == "9912003888"


@pytest.mark.parametrize("swap_at", range(9))
def test_two_neighbouring_digits_swapped_are_noticed(swap_at):
    digits = list("9434765919")
    digits[swap_at], digits[swap_at + 1] = digits[swap_at + 1], digits[swap_at]
    if "".join(digits) != "9434765919":
        with pytest.raises(BadInput):
            parse_nhs_number("".join(digits))


def test_shown_in_groups():
    assert shown_nhs_number("9990000018") == "999 000 0018"
