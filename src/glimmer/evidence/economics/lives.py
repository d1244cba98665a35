"""The lives of people in continuous time, compiled: one after the other, from event to event, in constant memory.

At each entry into a state every way out gets a time of its own, by its law and by a chance of its own; the first comes
true. Between two events nothing changes, so what a stay is worth is an integral in closed form; only amounts and rates
that depend on a clock are stepped through. `Book` is a model laid out for this, by `people_plan.py`.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from glimmer.evidence.economics.chance import GOLDEN, ONE, element, exponential, mixed, uniform
from glimmer.evidence.economics.programs import read, run_program
from glimmer.evidence.economics.waiting import EXPONENTIAL, VARYING, wait

TIME, AGE, STATE_TIME, CHANCE, FIRST_FREE = range(5)
ENTRY_CLOCK, AGE_CLOCK, TIME_CLOCK = range(3)
FINE, NO_WAIT, TOO_MANY, NO_START, NO_AGE = range(5)
MOST_EVENTS = 1_000_000
# Purposes of chances: transitions come first, by their numbers.
OF_ATTRIBUTES, OF_START = 1 << 24, 1 << 25


class Book(NamedTuple):
    """A model laid out. A reference is the slot of a constant, or -1 - the number of a program."""

    first: Any  # (places + 1,): the first way out of each place
    state: Any  # (places,): the state that a place is of
    target: Any  # (ways,)
    way: Any  # (ways, 6): law, clock, references of two parameters and the ratio, the number of the transition
    stay_first: Any  # (places + 1,): what staying is worth
    stay: Any  # (stays, 4): slot, force, reference, whether it moves with a clock
    move_first: Any  # (ways + 1,): what moving is worth
    move: Any  # (moves, 3): slot, force, reference
    entry_first: Any  # (places + 1,): what starting in a place is worth
    entry: Any  # (entries, 2): slot, reference
    forces: Any  # (forces,): of discount
    memory_first: Any  # (ways + 1,): what is remembered of a move
    memory: Any  # (memories, 2): live slot, timer (-1: a counter)
    timers: Any  # (timers,): their live slots
    start: Any  # (starts, 2): place, reference of its share
    attribute: Any  # (attributes, 3): live slot, reference, purpose
    given: Any  # (columns,): live slots of attributes that are given
    age: int  # reference of the age at the start
    horizon: float
    step: float


@njit(cache=True, error_model="numpy")
def _set_clocks(live: Any, timers: Any, happened: Any, now: float, entered: float, age: float) -> None:
    live[TIME], live[AGE], live[STATE_TIME] = now, age + now, now - entered
    for timer in range(len(timers)):
        live[timers[timer]] = now - happened[timer]


@njit(inline="always", error_model="numpy")
def _end_of_step(at: float, step: float, end: float) -> float:
    return min((math.floor(at / step + 1e-9) + 1.0) * step, end)


@njit(cache=True, error_model="numpy")
def _varying_wait(
    machine: Any,
    ways: Any,
    way: int,
    left: float,
    now: float,
    age: float,
    until: float,
    step: float,
    timers: Any,
    happened: Any,
) -> float:
    """Return when so much hazard is `left`, at a rate that changes with a clock; infinity beyond `until`."""
    at = now
    while at < until:
        end = _end_of_step(at, step, until)
        _set_clocks(machine.live, timers, happened, 0.5 * (at + end), now, age)
        rate = read(machine, ways[way, 2]) * read(machine, ways[way, 4])
        if not rate >= 0.0:
            return np.nan
        if rate * (end - at) >= left:
            return at + left / rate - now
        left -= rate * (end - at)
        at = end
    return np.inf


@njit(cache=True, error_model="numpy")
def _lasting_wait(machine: Any, ways: Any, way: int, met: float, now: float, age: float) -> float:
    """Return how long somebody waits by a law that is fixed at entry."""
    ratio = read(machine, ways[way, 4])
    if not ratio >= 0.0:
        return np.nan
    clock = ways[way, 1]
    waited = 0.0 if clock == ENTRY_CLOCK else now if clock == TIME_CLOCK else age + now
    return wait(ways[way, 0], met, waited, ratio, read(machine, ways[way, 2]), read(machine, ways[way, 3]))


@njit(cache=True, error_model="numpy")
def _moving_worth(
    machine: Any,
    amount: int,
    force: float,
    begin: float,
    end: float,
    age: float,
    step: float,
    timers: Any,
    happened: Any,
) -> float:
    """Return what a stay is worth whose amount changes with a clock: as in the middle of each step."""
    at, total = begin, 0.0
    while at < end:
        until = _end_of_step(at, step, end)
        _set_clocks(machine.live, timers, happened, 0.5 * (at + until), begin, age)
        weight = (until - at) if force == 0.0 else math.exp(-force * at) * -math.expm1(-force * (until - at)) / force
        total += read(machine, amount) * weight
        at = until
    return total


@njit(cache=True, error_model="numpy")
def _born(machine: Any, attribute: Any, age: int, timers: Any, who: Any) -> float:
    """Set what a person is from the start, and return their age."""
    live = machine.live
    for timer in range(len(timers)):
        live[timers[timer]] = np.inf
    for row in range(len(attribute)):
        live[CHANCE] = uniform(who, attribute[row, 2], 0)
        live[attribute[row, 0]] = read(machine, attribute[row, 1])
    live[AGE] = read(machine, age)
    return live[AGE]


@njit(cache=True, error_model="numpy")
def _started(machine: Any, start: Any, who: Any) -> int:
    """Return the place where a person starts; -1 where the shares do not add up to 1."""
    if len(start) == 0:
        return 0
    left, found, total = uniform(who, OF_START, 0), -1, 0.0
    for row in range(len(start)):
        share = read(machine, start[row, 1])
        total += share
        if not share >= -1e-9:
            return -1
        if found < 0 and left < total:
            found = start[row, 0]
    if not abs(total - 1.0) <= 1e-6:
        return -1
    return found if found >= 0 else start[len(start) - 1, 0]


@njit(cache=True, error_model="numpy")
def _mean_waits(ways: Any, constants: Any) -> Any:
    """Return the mean wait on each way whose rate is the same for all; 0 on the others."""
    mean = np.zeros(len(ways))
    for way in range(len(ways)):
        if ways[way, 0] == EXPONENTIAL and ways[way, 2] >= 0 and ways[way, 4] >= 0:
            mean[way] = 1.0 / (constants[ways[way, 2]] * constants[ways[way, 4]])
    return mean


@njit(cache=True, error_model="numpy")
def _lasting_amounts(stays: Any, constants: Any, forces: Any) -> Any:
    """Return what each stay is worth over its force of discount; not a number where it is about the person."""
    amount = np.full(len(stays), np.nan)
    for row in range(len(stays)):
        if stays[row, 2] >= 0:
            force = forces[stays[row, 1]]
            amount[row] = constants[stays[row, 2]] / (force if force > 0.0 else 1.0)
    return amount


@njit(cache=True, nogil=True, error_model="numpy")
def live_through(
    book: Any,
    programs: Any,  # a Machine, whose constants are what is the same for all people of the draw
    key: Any,  # of the draw, 64 bits
    first_person: int,
    given: Any,  # (people, columns): attributes that are given
    totals: Any,  # out (slots of outcomes, people)
    events: Any,  # out (people,): how many moves each made
    log_from: Any,  # (people,): where in the log each person's moves begin, or empty
    log: Any,  # out (moves, 3): time, from place, into place, or empty
    own: Any,  # out (attributes, people): those that are worked out, or empty
    trouble: Any,  # out (3,): what went wrong, for whom, on which way
) -> None:
    """Follow people through their lives; stop at the first trouble."""
    # A book is large: its arrays are taken out of it once, and never handed on with it.
    first, states, target, ways = book.first, book.state, book.target, book.way
    stay_first, stays, move_first, moves = book.stay_first, book.stay, book.move_first, book.move
    entry_first, entries, forces = book.entry_first, book.entry, book.forces
    memory_first, memories, timers = book.memory_first, book.memory, book.timers
    horizon, step, constants = book.horizon, book.step, programs.constants
    live, machine = programs.live, programs
    is_plain = len(programs.spans) == 0
    mean, lasting = _mean_waits(ways, constants), _lasting_amounts(stays, constants, forces)
    # Columns that every event reads, each by itself and in one piece.
    purpose, stay_slot, stay_force = ways[:, 5].copy(), stays[:, 0].copy(), stays[:, 1].copy()
    happened, visits = np.full(len(timers), -np.inf), np.zeros(states.max() + 1, np.int64)
    worth_now, worth_then = np.ones(len(forces)), np.ones(len(forces))
    slots, people = totals.shape
    total = np.zeros(slots)
    for person in range(people):
        who = mixed(key + GOLDEN * (np.uint64(first_person + person) + ONE))
        total[:] = 0.0
        live[:] = 0.0
        happened[:] = -np.inf
        visits[:] = 0
        worth_now[:] = 1.0
        for column in range(len(book.given)):
            live[book.given[column]] = given[person, column]
        age = _born(machine, book.attribute, book.age, timers, who)
        for row in range(len(own)):
            own[row, person] = live[book.attribute[row, 0]]
        place = _started(machine, book.start, who)
        if place < 0 or not np.isfinite(age):
            trouble[0], trouble[1] = NO_START if place < 0 else NO_AGE, person
            return
        for row in range(entry_first[place], entry_first[place + 1]):
            total[entries[row, 0]] += read(machine, entries[row, 1])
        now, moved = 0.0, 0
        while True:
            state = states[place]
            soonest, taken, visit = np.inf, -1, visits[state]
            visits[state] = visit + 1
            for way in range(first[place], first[place + 1]):
                time = exponential(who, purpose[way], visit)
                if mean[way] > 0.0:
                    time *= mean[way]
                elif ways[way, 0] == VARYING:
                    time = _varying_wait(machine, ways, way, time, now, age, horizon, step, timers, happened)
                    _set_clocks(live, timers, happened, now, now, age)
                else:
                    time = _lasting_wait(machine, ways, way, time, now, age)
                if not time >= 0.0:
                    trouble[0], trouble[1], trouble[2] = NO_WAIT, person, way
                    return
                if time < soonest:
                    soonest, taken = time, way
            is_over = now + soonest >= horizon
            then = horizon if is_over else now + soonest
            first_stay, last_stay = stay_first[place], stay_first[place + 1]
            if last_stay > first_stay or not is_over:
                for force in range(len(forces)):
                    worth_then[force] = math.exp(-forces[force] * then)
            for row in range(first_stay, last_stay):
                which, amount = stay_force[row], lasting[row]
                spent = worth_now[which] - worth_then[which] if forces[which] > 0.0 else then - now
                if amount == amount:
                    total[stay_slot[row]] += amount * spent
                    continue
                if stays[row, 3]:
                    gained = _moving_worth(
                        machine, stays[row, 2], forces[which], now, then, age, step, timers, happened
                    )
                    _set_clocks(live, timers, happened, now, now, age)
                else:
                    gained = spent * run_program(machine, -1 - stays[row, 2])
                    gained /= forces[which] if forces[which] > 0.0 else 1.0
                total[stay_slot[row]] += gained
            if is_over:
                break
            if move_first[taken + 1] > move_first[taken]:
                # What a move costs is worked out at its moment, before it is remembered.
                _set_clocks(live, timers, happened, then, now, age)
                for row in range(move_first[taken], move_first[taken + 1]):
                    total[moves[row, 0]] += read(machine, moves[row, 2]) * worth_then[moves[row, 1]]
            for row in range(memory_first[taken], memory_first[taken + 1]):
                if memories[row, 1] < 0:
                    live[memories[row, 0]] += 1.0
                else:
                    happened[memories[row, 1]] = then
            if log_from.size > 0:
                at = log_from[person] + moved
                log[at, 0], log[at, 1], log[at, 2] = then, place, target[taken]
            moved += 1
            if moved > MOST_EVENTS:
                trouble[0], trouble[1], trouble[2] = TOO_MANY, person, taken
                return
            for force in range(len(forces)):
                worth_now[force] = worth_then[force]
            now, place = then, target[taken]
            if not is_plain:
                _set_clocks(live, timers, happened, now, now, age)
        events[person] = moved
        for slot in range(slots):
            totals[slot, person] = total[slot]


@njit(cache=True, nogil=True)
def chances(key: Any, first_person: int, purpose: int, out: Any) -> None:
    """Write each person's chance for one purpose."""
    for person in range(len(out)):
        who = mixed(key + GOLDEN * (np.uint64(first_person + person) + ONE))
        out[person] = uniform(who, purpose, 0)


def key_of_draw(key: Any, draw: int) -> np.uint64:
    """Return the key of a draw."""
    # What compiled code returns is a plain integer, which as an argument would no longer be one without a sign.
    return np.uint64(_key_of_draw(key, draw))


@njit(cache=True)
def _key_of_draw(key: Any, draw: int) -> Any:
    return element(key, draw)
