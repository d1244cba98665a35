"""The lives of people of whom all that matters is where they are: constant rates and amounts, compiled.

The same chances, the same order and the same figures to the last bit as `lives.live_through`, without what such a model
never asks: no clocks, no laws, no programs, no memory. `Plain.of` says whether a draw of a model is of this kind.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from glimmer.evidence.economics.chance import BY_32, GOLDEN, ONE, mixed, uniform, unit_exponential
from glimmer.evidence.economics.lives import MOST_EVENTS, OF_START, TOO_MANY, Book
from glimmer.evidence.economics.waiting import EXPONENTIAL


class Plain(NamedTuple):
    """A draw of a plain model. Indices have no sign: compiled code need not ask whether they count from the end."""

    first: Any  # (places + 1,): the first way out of each place
    target: Any  # (ways,)
    state: Any  # (places,)
    offset: Any  # (ways,): where the chances of each way lie, 64 bits
    mean: Any  # (ways,): the mean wait, years
    stay_first: Any  # (places + 1,): what staying is worth
    stay: Any  # (stays, 2): slot, force
    worth: Any  # (stays,): an amount, over its force of discount
    move_first: Any  # (ways + 1,): what moving is worth
    move: Any  # (moves, 2): slot, force
    cost: Any  # (moves,)
    forces: Any  # (forces,)
    start: Any  # (starts,): places
    share: Any  # (starts,): the shares who start there, added up
    entry_first: Any  # (places + 1,): what starting in a place is worth
    entry: Any  # (entries,): slot
    entry_cost: Any  # (entries,)
    horizon: float  # years

    @staticmethod
    def of(book: Book, constants: Any, programs: int) -> "Plain | None":
        """Return a draw of a model for these lives, or None where a person's own figures or a faulty one decide."""
        ways, stays, moves, entries = book.way, book.stay, book.move, book.entry
        read = (ways[:, [2, 4]], stays[:, 2], moves[:, 2], entries[:, 1], book.start[:, 1])
        if book.age < 0 or not np.isfinite(constants[book.age]):
            return None
        if programs or (ways[:, 0] != EXPONENTIAL).any() or any((one < 0).any() for one in read):
            return None
        with np.errstate(all="ignore"):
            mean = 1.0 / (constants[ways[:, 2]] * constants[ways[:, 4]])
        shares = constants[book.start[:, 1]]
        if not (mean > 0.0).all() or (shares < 0.0).any() or (len(shares) and abs(shares.sum() - 1.0) > 1e-6):
            return None
        forces = book.forces
        whole = np.uint64
        return Plain(
            book.first.astype(whole),
            book.target.astype(whole),
            book.state.astype(whole),
            GOLDEN * (ways[:, 5].astype(whole) << BY_32),
            mean,
            book.stay_first.astype(whole),
            stays[:, :2].astype(whole),
            constants[stays[:, 2]] / np.where(forces > 0.0, forces, 1.0)[stays[:, 1]],
            book.move_first.astype(whole),
            moves[:, :2].astype(whole),
            constants[moves[:, 2]],
            forces,
            book.start[:, 0].astype(whole) if len(shares) else np.zeros(1, whole),
            np.cumsum(shares) if len(shares) else np.ones(1),
            book.entry_first.astype(whole),
            entries[:, 0].astype(whole),
            constants[entries[:, 1]],
            book.horizon,
        )


@njit(cache=True, nogil=True, error_model="numpy")
def live_plainly(plain: Plain, key: Any, first_person: int, totals: Any, events: Any, trouble: Any) -> None:
    """Follow people through their lives until the horizon; the parameters are those of `lives.live_through`."""
    first, target, states, offset, mean = plain.first, plain.target, plain.state, plain.offset, plain.mean
    stay_first, stay, worth = plain.stay_first, plain.stay, plain.worth
    move_first, move, cost, forces = plain.move_first, plain.move, plain.cost, plain.forces
    horizon, share, start = plain.horizon, plain.share, plain.start
    visits = np.zeros(np.int64(states.max()) + 1, np.uint64)
    worth_now, worth_then, total = np.ones(len(forces)), np.ones(len(forces)), np.zeros(len(totals))
    for person in range(totals.shape[1]):
        who = mixed(key + GOLDEN * (np.uint64(first_person + person) + ONE))
        total[:], visits[:], worth_now[:] = 0.0, np.uint64(0), 1.0
        place = _where_started(start, share, who)
        for row in range(plain.entry_first[place], plain.entry_first[place + ONE]):
            total[plain.entry[row]] += plain.entry_cost[row]
        now, moved = 0.0, 0
        while True:
            state = states[place]
            visits[state] += ONE
            chance = who + GOLDEN * visits[state]
            soonest, taken = np.inf, first[place]
            for way in range(first[place], first[place + ONE]):
                time = unit_exponential(mixed(chance + offset[way])) * mean[way]
                taken = way if time < soonest else taken
                soonest = min(time, soonest)
            then = min(now + soonest, horizon)
            is_over = then >= horizon
            first_stay, last_stay = stay_first[place], stay_first[place + ONE]
            if is_over and first_stay == last_stay:
                break
            for force in range(len(forces)):
                worth_then[force] = math.exp(-forces[force] * then)
            for row in range(first_stay, last_stay):
                which = stay[row, 1]
                spent = worth_now[which] - worth_then[which] if forces[which] > 0.0 else then - now
                total[stay[row, 0]] += worth[row] * spent
            if is_over:
                break
            for row in range(move_first[taken], move_first[taken + ONE]):
                total[move[row, 0]] += cost[row] * worth_then[move[row, 1]]
            for force in range(len(forces)):
                worth_now[force] = worth_then[force]
            now, place, moved = then, target[taken], moved + 1
            if moved > MOST_EVENTS:
                trouble[0], trouble[1], trouble[2] = TOO_MANY, person, taken
                return
        events[person] = moved
        for slot in range(len(total)):
            totals[slot, person] = total[slot]


@njit(cache=True, error_model="numpy")
def _where_started(start: Any, share: Any, who: Any) -> Any:
    chance = uniform(who, OF_START, 0) if len(share) > 1 else 0.0
    for row in range(len(share)):
        if chance < share[row]:
            return start[row]
    return start[len(start) - 1]
