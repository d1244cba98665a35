"""Memory is not walked through while sessions run, and nothing unreachable is kept for good."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from glimmer.config.memory import LONGEST_WITHOUT_A_WALK_SECONDS, SET_ASIDE_SECONDS, Housekeeping


class Ring:
    """An object that keeps itself."""

    def __init__(self) -> None:
        self.itself = self


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keeping(clock: Clock) -> Iterator[Housekeeping]:
    before = gc.get_threshold()
    keeping = Housekeeping(clock)
    yield keeping
    keeping.end()
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0


def walked(generation: int) -> int:
    return int(gc.get_stats()[generation]["collections"])


def test_what_lives_long_is_set_aside_while_sessions_run(keeping: Housekeeping, clock: Clock) -> None:
    keeping.tick(3)
    assert gc.get_freeze_count() == 0
    clock.now += SET_ASIDE_SECONDS
    before = walked(2)
    keeping.tick(3)
    assert gc.get_freeze_count() > 10_000  # the modules of this very process
    assert walked(2) == before


def test_oldest_generation_is_not_walked_by_itself_while_sessions_run(keeping: Housekeeping) -> None:
    gc.collect()
    keeping.tick(1)
    before = walked(2)
    # What would else make Python walk through everything: more new objects that stay than a quarter of the old ones.
    kept = [[] for _ in range(4 * len(gc.get_objects()))]
    assert walked(2) == before
    assert kept


def test_ring_that_was_set_aside_is_given_back_when_no_session_runs(keeping: Housekeeping, clock: Clock) -> None:
    keeping.tick(1)
    ring = Ring()
    gone = weakref.ref(ring)
    clock.now += SET_ASIDE_SECONDS
    keeping.tick(1)
    del ring
    clock.now += SET_ASIDE_SECONDS
    keeping.tick(1)
    assert gone() is not None  # it waits: this is the price
    keeping.tick(0)
    assert gone() is None


def test_young_ring_is_given_back_before_it_is_set_aside(keeping: Housekeeping, clock: Clock) -> None:
    keeping.tick(1)
    ring = Ring()
    gone = weakref.ref(ring)
    del ring
    clock.now += SET_ASIDE_SECONDS
    keeping.tick(1)
    assert gone() is None


def test_ward_that_is_never_quiet_is_walked_through_once_a_day(keeping: Housekeeping, clock: Clock) -> None:
    keeping.tick(1)
    ring = Ring()
    gone = weakref.ref(ring)
    clock.now += SET_ASIDE_SECONDS
    keeping.tick(1)
    del ring
    clock.now += LONGEST_WITHOUT_A_WALK_SECONDS
    keeping.tick(1)
    assert gone() is None


def test_idle_process_is_left_to_python(keeping: Housekeeping, clock: Clock) -> None:
    before = gc.get_threshold()
    for _ in range(3):
        clock.now += SET_ASIDE_SECONDS
        keeping.tick(0)
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0
