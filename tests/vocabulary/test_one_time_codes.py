"""One-time codes against the published vectors of RFC 6238 (appendix B) and RFC 4226 (appendix D)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glimmer.vocabulary.one_time_codes import STEP_SECONDS, code_at, matching_step, shown_secret, step_of

RFC_SECRET = b"12345678901234567890"


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_code_of_a_time_is_that_of_the_standard(seconds, code):
    assert code_at(RFC_SECRET, step_of(datetime.fromtimestamp(seconds, UTC)), digits=8) == code


def test_first_ten_codes_of_a_counter_are_those_of_the_standard():
    assert [code_at(RFC_SECRET, step) for step in range(10)] == [
        "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489",
    ]  # fmt: skip


@given(st.integers(1_500_000_000, 4_000_000_000), st.integers(-3, 3))
def test_code_is_taken_within_one_step_of_the_clock_and_no_further(seconds, off):
    now = datetime.fromtimestamp(seconds, UTC)
    step = step_of(now) + off
    found = matching_step(RFC_SECRET, code_at(RFC_SECRET, step), now)
    # Two steps can share a code by chance (one in a million); then the nearer one is found, which is no worse.
    assert (
        (found == step) if abs(off) <= 1 else (found is None or code_at(RFC_SECRET, found) == code_at(RFC_SECRET, step))
    )


def test_code_of_a_minute_ago_is_not_taken():
    now = datetime(2026, 11, 26, 12, tzinfo=UTC)
    old = code_at(RFC_SECRET, step_of(now - timedelta(seconds=2 * STEP_SECONDS)))
    assert matching_step(RFC_SECRET, old, now) is None


def test_secret_is_shown_as_apps_take_it():
    # The well-known base32 form of the standard's secret.
    assert shown_secret(RFC_SECRET) == "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"
