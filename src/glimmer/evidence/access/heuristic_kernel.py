"""The compiled part of the heuristic: who goes where, what each swap would change, and the way to a local best.

For each row d1 and d2 are the costs of its nearest and second nearest open site and s1 and s2 their slots (-1: none
costs less than `base`). Three tables say what any swap would save (Whitaker 1983; Resende and Werneck 2007):

    saved(open i, close r) = gain[i] - loss[r] + extra[i, r]

A swap changes few rows, and only these are taken out of the tables and put in again.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from glimmer.evidence.access.problem_ways import Array, Ways


class State(NamedTuple):
    """One set of open sites: `site_of` (slots,), `slot_of` (sites,), what rows have (rows,), and the three tables."""

    site_of: Array
    slot_of: Array
    d1: Array
    d2: Array
    s1: Array
    s2: Array
    gain: Array
    loss: Array
    extra: Array


class Rules(NamedTuple):
    """What may be opened: `may_open` (sites,), `is_kept` (sites,), `body` of each site, `floor` for each body."""

    may_open: Array
    is_kept: Array
    body: Array
    floor: Array


def empty_state(ways: Ways, clinics: int) -> State:
    """Return a state with nothing open."""
    rows, sites = len(ways.area), ways.sites
    return State(
        site_of=np.full(clinics, -1, np.int32),
        slot_of=np.full(sites, -1, np.int32),
        d1=ways.base.copy(),
        d2=ways.base.copy(),
        s1=np.full(rows, -1, np.int32),
        s2=np.full(rows, -1, np.int32),
        gain=np.zeros(sites),
        loss=np.zeros(clinics),
        extra=np.zeros((sites, clinics)),
    )


@njit(inline="always")
def costs(minutes: Any, knee: Any, steep: Any, within: Any) -> Any:
    """Return what minutes cost: the same number as Ways.costs."""
    if within >= 0.0:
        return np.float32(0.0) if minutes <= within else np.float32(np.inf)
    # Nothing is added to a way beyond reach: no times infinite is no number.
    if steep <= 0.0:
        return np.float32(minutes)
    exact = np.float64(minutes)
    return np.float32(exact + steep * max(0.0, exact - knee))


@njit(cache=True, nogil=True, error_model="numpy")
def gains(ways: Any, d1: Any, gain: Any) -> None:
    """Write what opening each site would save, (sites,), where each row now costs `d1`."""
    first, site, cost, whole, area, weight, _, minutes, knee, steep, within = ways
    gain[:] = 0.0
    for row in range(len(area)):
        a, w, best = area[row], weight[row], d1[row]
        if best <= whole[a]:
            for k in range(first[a], first[a + 1]):
                c = cost[k]
                if c >= best:
                    break
                gain[site[k]] += w * (best - c)
        else:
            for j in range(minutes.shape[1]):
                c = costs(minutes[a, j], knee, steep, within)
                if c < best:
                    gain[j] += w * (best - c)


@njit(cache=True, nogil=True, error_model="numpy")
def opened(ways: Any, site: int, d1: Any) -> None:
    """Lower each row's cost to that of one more open site."""
    for row in range(len(d1)):
        c = costs(ways.minutes[ways.area[row], site], ways.knee, ways.steep, ways.within)
        if c < d1[row]:
            d1[row] = c


@njit(cache=True, nogil=True, error_model="numpy")
def exchange(ways: Any, state: Any, slot: int, opens: int) -> None:
    """Open a site in a slot and close what was there; slot -1: nothing is swapped, and every row is worked out anew."""
    first, site, cost, whole, area, weight, base, minutes, knee, steep, within = ways
    site_of, slot_of, d1, d2, s1, s2, gain, loss, extra = state
    if slot >= 0:
        slot_of[site_of[slot]] = -1
        slot_of[opens] = slot
        site_of[slot] = opens
    else:
        gain[:] = 0.0
        loss[:] = 0.0
        extra[:] = 0.0
    for row in range(len(area)):
        a, w = area[row], weight[row]
        anew = slot < 0 or s1[row] == slot or s2[row] == slot
        came = np.float32(np.inf)
        if slot >= 0:
            came = costs(minutes[a, opens], knee, steep, within)
            if not anew and came >= d2[row]:
                continue
        for turn in range(2):
            sign = -w
            if turn == 1:
                sign = w
                if anew:
                    b1 = b2 = base[row]
                    t1 = t2 = -1
                    # The list is in the order of cost: the first two open sites are the nearest.
                    for k in range(first[a], first[a + 1]):
                        if cost[k] >= b2:
                            break
                        t = slot_of[site[k]]
                        if t >= 0:
                            if t1 < 0:
                                b1, t1 = np.float64(cost[k]), t
                            else:
                                b2, t2 = np.float64(cost[k]), t
                                break
                    if t2 < 0 and base[row] > whole[a]:
                        b1 = b2 = base[row]
                        t1 = t2 = -1
                        for t in range(len(site_of)):
                            c = np.float64(costs(minutes[a, site_of[t]], knee, steep, within))
                            if c < b1:
                                b2, t2, b1, t1 = b1, t1, c, t
                            elif c < b2:
                                b2, t2 = c, t
                    d1[row], s1[row], d2[row], s2[row] = b1, t1, b2, t2
                elif came < d1[row]:
                    d2[row], s2[row], d1[row], s1[row] = d1[row], s1[row], came, slot
                else:
                    d2[row], s2[row] = came, slot
            elif slot < 0:
                continue
            best, second, mine = d1[row], d2[row], s1[row]
            if mine < 0:
                second = best
            else:
                loss[mine] += sign * (second - best)
            if second <= whole[a]:
                for k in range(first[a], first[a + 1]):
                    c = cost[k]
                    if c >= second:
                        break
                    j = site[k]
                    if c < best:
                        gain[j] += sign * (best - c)
                        if mine >= 0:
                            extra[j, mine] += sign * (second - best)
                    else:
                        extra[j, mine] += sign * (second - c)
            else:
                for j in range(minutes.shape[1]):
                    c = costs(minutes[a, j], knee, steep, within)
                    if c < best:
                        gain[j] += sign * (best - c)
                        if mine >= 0:
                            extra[j, mine] += sign * (second - best)
                    elif c < second:
                        extra[j, mine] += sign * (second - c)


@njit(cache=True, nogil=True, error_model="numpy")
def best_swap(state: Any, rules: Any, left: Any) -> tuple[int, int, float]:
    """Return (slot, site to open, saved) of the best swap that the rules allow; slot -1 where there is none.

    `left` says how many open sites each body has above its floor.
    """
    site_of, slot_of, gain, loss, extra = state.site_of, state.slot_of, state.gain, state.loss, state.extra
    slot, opens, saved = -1, -1, 0.0
    for j in range(len(slot_of)):
        if slot_of[j] >= 0 or not rules.may_open[j]:
            continue
        for r in range(len(site_of)):
            would = gain[j] - loss[r] + extra[j, r]
            if would > saved:
                closes = site_of[r]
                body = rules.body[closes]
                if not rules.is_kept[closes] and (left[body] > 0 or body == rules.body[j]):
                    slot, opens, saved = r, j, would
    return slot, opens, saved


@njit(cache=True, nogil=True, error_model="numpy")
def descend(ways: Any, state: Any, rules: Any, least: float, most: int) -> float:
    """Swap until no swap saves more than `least`, at most `most` times; return the cost of all rows."""
    left = -rules.floor.copy()
    for site in state.site_of:
        left[rules.body[site]] += 1
    for _ in range(most):
        slot, opens, saved = best_swap(state, rules, left)
        if slot < 0 or saved <= least:
            break
        left[rules.body[state.site_of[slot]]] -= 1
        left[rules.body[opens]] += 1
        exchange(ways, state, slot, opens)
    total = 0.0
    for row in range(len(state.d1)):
        total += ways.weight[row] * state.d1[row]
    return total
