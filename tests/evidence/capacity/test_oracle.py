"""The compiled simulation against a SimPy model of the same clinic that shares none of its code."""

import math

import numpy as np
import pytest

from glimmer.evidence.capacity import Clinic, Pathway, simulate
from glimmer.evidence.capacity import plan as numbered
from tests.evidence.capacity.small import known

simpy = pytest.importorskip("simpy", reason="SimPy is of the dev group")

WEEKS = 52
RUNS = 10
BUSY = {
    "urgent_share": 0.2,
    "accepted": 0.7,
    "goes_on": 0.7,
    "gives_up_per_week": 0.02,
    "worsens_per_week": 0.03,
    "did_not_attend": 0.1,
    "response": 0.5,
    "leaves_course": 0.02,
    "leaves_maintenance": 0.03,
    "returns": 0.8,
}


def _simpy_runs(clinic, pathway, values):
    from tests.evidence.capacity.simpy_clinic import SimpyClinic

    return [SimpyClinic(clinic, pathway, values, WEEKS * 7, seed).run() for seed in range(RUNS)]


def _close(name, ours, theirs):
    theirs = np.array(theirs, float)
    error = math.sqrt(ours.var(ddof=1) / len(ours) + theirs.var(ddof=1) / len(theirs))
    assert abs(ours.mean() - theirs.mean()) <= 4 * error + 1e-9, (name, ours.mean(), theirs.mean(), error)


@pytest.mark.parametrize(("chairs", "referrals"), [(3, 6.0), (1, 6.0)])
def test_a_busy_clinic_comes_to_the_same_in_simpy(chairs, referrals):
    """With three chairs the doctor and the assessor are short; with one, starts wait and people give up."""
    clinic, pathway, inputs = (
        Clinic.example().with_chairs(chairs),
        Pathway.from_protocol(months=None),
        known(referrals, **BUSY),
    )
    found = simulate(clinic, pathway, inputs, years=WEEKS * 7 / 365.25, draws=300, seed=8)
    assert found.weeks == WEEKS
    values = {name: float(one[0]) for name, one in found.values.items()}
    theirs = _simpy_runs(clinic, pathway, values)
    series = {
        "referrals": "referrals",
        "starts": "starts",
        "course": "course sessions",
        "later course": "later course sessions",
        "maintenance": "maintenance sessions",
        "missed": "missed",
        "gave up": "gave up",
        "relapses": "relapses",
    }
    for name, ours in series.items():
        _close(name, found.weekly(ours).sum(axis=1).astype(float), [one[name] for one in theirs])
    for name in ("waiting", "in care"):
        _close(name, found.weekly(name)[:, -1].astype(float), [one[name] for one in theirs])
    _close("chair minutes", found.totals[:, numbered.T_CHAIR], [one["chair minutes"] for one in theirs])
    days = np.arange(found.days_waited.shape[2]) + 0.5
    started = found.days_waited[:, numbered.W_STARTED]
    mean_wait = started @ days / np.maximum(started.sum(axis=1), 1)
    _close("wait to start", mean_wait, [one["waited"] / max(one["starts"], 1) for one in theirs])
