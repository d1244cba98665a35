"""NHS numbers: ten digits whose last is a check digit (modulus 11).

Source: NHS Data Dictionary, NHS NUMBER; checked by the `nhs-number` package.
"""

import re

import nhs_number

from glimmer.vocabulary.problems import BadInput


def parse_nhs_number(text: str) -> str:
    """Return the ten digits of an NHS number typed with or without spaces or dashes.

    Raises BadInput, field `nhs_number`, that says whether the length, the characters or the
    check digit is wrong.
    """
    digits = re.sub(r"[\s\-]", "", text or "")
    if not digits:
        raise BadInput("Enter the NHS number. It has 10 digits, such as 999 000 0018.", field="nhs_number")
    if not (digits.isascii() and digits.isdigit()):
        raise BadInput(
            "The NHS number may hold only digits and spaces. Check what was typed or pasted.", field="nhs_number"
        )
    if len(digits) != 10:
        raise BadInput(
            f"The NHS number must have 10 digits, but {len(digits)} were entered. Check it against the referral.",
            field="nhs_number",
        )
    if not nhs_number.is_valid(digits):
        raise BadInput(
            "That is not a valid NHS number: its last digit does not fit the others. "
            "Two digits may be swapped; check it against the referral.",
            field="nhs_number",
        )
    return digits


def shown_nhs_number(digits: str) -> str:
    """Return an NHS number in the 3-3-4 form used in print."""
    return f"{digits[:3]} {digits[3:6]} {digits[6:]}"
