"""What the alarm job plants is what it says: only then is a miss a miss."""

import pytest

from glimmer.guidance.protocol import protocol
from soak.alarm_bedside import Bedside
from soak.alarm_body import BREATHING


@pytest.fixture(scope="module")
def asked():
    return protocol("iv-racemic-standard")


def test_who_does_not_breathe_is_measured_as_not_breathing(asked):
    seen = 0
    for seed in range(100):
        bed = Bedside(seed, asked)
        for one in bed.planted:
            if one.danger.kind != "no breathing" or one.beside == "single normal values":
                continue
            until = min(one.over_at - 61, one.by)
            measured = [
                value
                for message in bed.deliveries
                for name, value, site in message.values
                if name == BREATHING and site == "impedance"
                if one.since <= message.measured - bed.offset <= until
            ]
            assert set(measured) <= {0.0}
            seen += len(measured)
    assert seen > 20


def test_time_without_a_value_that_shows_the_danger_is_not_the_engine_s(asked):
    """It counts to its end, also where that lies after the moment at which the alarm would have been due."""
    bed = next(
        bed
        for bed in (Bedside(seed, asked) for seed in range(1000))
        if any(one.danger.kind == "slow breathing" and one.beside == "values missing" for one in bed.planted)
    )
    one = next(one for one in bed.planted if one.danger.kind == "slow breathing" and one.beside == "values missing")
    said = {at.at for at in bed.deliveries if any(name == BREATHING for name, _, _ in at.values)}
    due = one.by
    # All values from one measuring interval before the danger until a minute after it was due are lost.
    lost = {at for at in said if one.since - one.danger.every <= at <= due + 60}
    bed.deliveries = [at for at in bed.deliveries if at.at not in lost]
    following = min(at for at in said - lost if at > one.since)
    assert bed._not_measured(one) >= following - one.since - 3
