"""The walk of a cohort through its cycles, compiled. It knows places, ways and weights, and nothing of models.

Draws lie side by side in memory and are walked in tiles that stay in the nearest cache. What is worked out for a draw
never depends on the others in its tile. A tile has one length, known when the loops are compiled: with a length that
is only known later, each of these short loops asks anew where its arrays lie, and the walk takes twice as long.
"""

from typing import Any

import numpy as np
from numba import njit

TILE = 128


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _tally(tallied: Any, now: Any, folded: Any, counted: Any, reach: Any, k: int) -> None:
    """Add the time that is spent in each counted place around point `k`, by every set of weights."""
    for w in range(len(folded)):
        weight = folded[w, k]
        if weight != 0.0:
            for c in range(len(counted)):
                s, into = counted[c], w * len(counted) + c
                if reach[s] <= k:
                    for b in range(TILE):
                        tallied[into, b] += weight * now[s, b]


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _move(
    then: Any,
    now: Any,
    table: Any,
    into: Any,
    source: Any,
    way: Any,
    late: Any,
    way_row: Any,
    p: int,
    reach: Any,
    k: int,
) -> None:
    """Let everybody take cycle `k`: `then` is who is where after it. Up to four ways into a place go together."""
    for t in range(len(reach)):
        i, end = into[t], into[t + 1]
        # A place that nobody can have reached yet may hold no sensible probability: then each way is asked.
        known = end - i if late[t] <= k else 0
        if known == 0:
            for b in range(TILE):
                then[t, b] = 0.0
        elif known == 1:
            s0, r0 = source[i], way_row[p, way[i]]
            for b in range(TILE):
                then[t, b] = now[s0, b] * table[r0, b]
        elif known == 2:
            s0, s1, r0, r1 = source[i], source[i + 1], way_row[p, way[i]], way_row[p, way[i + 1]]
            for b in range(TILE):
                then[t, b] = now[s0, b] * table[r0, b] + now[s1, b] * table[r1, b]
        elif known == 3:
            s0, s1, s2 = source[i], source[i + 1], source[i + 2]
            r0, r1, r2 = way_row[p, way[i]], way_row[p, way[i + 1]], way_row[p, way[i + 2]]
            for b in range(TILE):
                then[t, b] = now[s0, b] * table[r0, b] + now[s1, b] * table[r1, b] + now[s2, b] * table[r2, b]
        else:
            s0, s1, s2, s3 = source[i], source[i + 1], source[i + 2], source[i + 3]
            r0, r1, r2, r3 = way_row[p, way[i]], way_row[p, way[i + 1]], way_row[p, way[i + 2]], way_row[p, way[i + 3]]
            for b in range(TILE):
                two = now[s0, b] * table[r0, b] + now[s1, b] * table[r1, b]
                then[t, b] = two + now[s2, b] * table[r2, b] + now[s3, b] * table[r3, b]
        for j in range(i + min(known, 4), end):
            s0, r0 = source[j], way_row[p, way[j]]
            if reach[s0] <= k:
                for b in range(TILE):
                    then[t, b] += now[s0, b] * table[r0, b]


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _pay_terms(
    paid: Any, now: Any, table: Any, which: Any, row: Any, at_point: Any, at_end: Any, reach: Any, k: int
) -> None:
    """Add what it is worth to be somewhere at point `k`, and to have been on the way there."""
    for t in range(len(which)):
        o, s, w = which[t, 0], which[t, 1], which[t, 2]
        if reach[s] > k:
            continue
        weight, r = at_point[w, k], row[k, t]
        if weight != 0.0:
            for b in range(TILE):
                paid[o, b] += weight * now[s, b] * table[r, b]
        if k > 0 and at_end[w, k - 1] != 0.0:
            weight, r = at_end[w, k - 1], row[k - 1, t]
            for b in range(TILE):
                paid[o, b] += weight * now[s, b] * table[r, b]


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _pay_flows(
    paid: Any, now: Any, table: Any, which: Any, way: Any, row: Any, weights: Any, reach: Any, k: int
) -> None:
    """Add what each costs who makes a move in cycle `k`."""
    for f in range(len(which)):
        o, s, weight = which[f, 0], which[f, 1], weights[which[f, 2], k]
        if reach[s] <= k:
            moved, amount = way[k, f], row[k, f]
            for b in range(TILE):
                paid[o, b] += weight * now[s, b] * table[moved, b] * table[amount, b]


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def walk(
    start: Any,  # (places, draws): who is where at the start
    values: Any,  # (rows, draws): probabilities and amounts
    used: Any,  # (used,): the rows that this walk reads; all that name a row below name its place in here
    way_row: Any,  # (patterns, ways): the row of each way's probability
    pattern: Any,  # (points,): which pattern holds in a cycle
    into: Any,  # (places + 1,): the first way into each place, among the two that follow
    source: Any,  # (ways in,): where each comes from
    way: Any,  # (ways in,): its column in `way_row`
    late: Any,  # (places,): the first cycle in which all that lead here can have been reached
    reach: Any,  # (places,): the first cycle in which anybody can be there
    counted: Any,  # (counted,): the places whose time is wanted
    folded: Any,  # (weights, points): for what is worth the same in all cycles
    occupied: Any,  # out (weights, places, draws): weighted time in each place
    terms: Any,  # (terms, 3): outcome, place, weights, of what is worth different amounts
    term_row: Any,  # (points, terms): the row of its amount
    at_point: Any,  # (weights, points)
    at_end: Any,  # (weights, points - 1)
    flows: Any,  # (flows, 3): outcome, place, weights
    flow_way: Any,  # (points, flows): the row of the probability of the move
    flow_row: Any,  # (points, flows): the row of what each who makes that move costs
    flow_weight: Any,  # (weights, points - 1)
    outcomes: Any,  # out (outcomes, draws): what differs between cycles
    trace: Any,  # out (points, places, draws), or empty: the shares themselves
) -> None:
    """Walk all draws; see the parameters for the layout of each array."""
    points, places, draws, kept = len(pattern), len(reach), start.shape[1], len(counted)
    now, then, table = np.zeros((places, TILE)), np.zeros((places, TILE)), np.zeros((len(used), TILE))
    tallied, paid = np.zeros((len(folded) * kept, TILE)), np.zeros((len(outcomes), TILE))
    for begin in range(0, draws, TILE):
        n = min(TILE, draws - begin)
        for row in range(len(used)):
            for b in range(n):
                table[row, b] = values[used[row], begin + b]
        for s in range(places):
            for b in range(n):
                now[s, b] = start[s, begin + b]
        tallied[:], paid[:] = 0.0, 0.0
        for k in range(points):
            if trace.size > 0:
                trace[k, :, begin : begin + n] = now[:, :n]
            _tally(tallied, now, folded, counted, reach, k)
            _pay_terms(paid, now, table, terms, term_row, at_point, at_end, reach, k)
            if k < points - 1:
                _pay_flows(paid, now, table, flows, flow_way, flow_row, flow_weight, reach, k)
                _move(then, now, table, into, source, way, late, way_row, pattern[k], reach, k)
                now, then = then, now
        for o in range(len(outcomes)):
            for b in range(n):
                outcomes[o, begin + b] += paid[o, b]
        for w in range(len(folded)):
            for c in range(kept):
                for b in range(n):
                    occupied[w, counted[c], begin + b] = tallied[w * kept + c, b]
