"""The walk of a cohort through its cycles, compiled. It knows places, edges and weights, and nothing of models.

Draws lie side by side in memory and are walked in tiles that stay in the nearest cache. What is worked out for a draw
never depends on the others in its tile.
"""

from typing import Any

import numpy as np
from numba import njit

TILE = 128


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _add_scaled(into: Any, scale: float, what: Any) -> None:
    for b in range(len(into)):
        into[b] += scale * what[b]


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _add_product(into: Any, one: Any, other: Any) -> None:
    for b in range(len(into)):
        into[b] += one[b] * other[b]


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def walk(
    start: Any,  # (places, draws): who is where at the start
    values: Any,  # (rows, draws): probabilities and amounts
    way_row: Any,  # (patterns, ways): the row of each way's probability
    pattern: Any,  # (points,): which pattern holds in a cycle
    first: Any,  # (places + 1,): the first way out of each place; ways lie in the order of their places
    target: Any,  # (ways,): where each leads
    reach: Any,  # (places,): the first cycle in which anybody can be there
    counted: Any,  # (counted,): the places whose time is wanted
    folded: Any,  # (weights, points): for what is worth the same in all cycles
    occupied: Any,  # out (weights, places, draws): weighted time in each place
    terms: Any,  # (terms, 3): outcome, place, weights, of what is worth different amounts
    term_row: Any,  # (points, terms): the row of its amount
    point_weight: Any,  # (weights, points)
    end_weight: Any,  # (weights, points - 1)
    flows: Any,  # (flows, 3): outcome, place, weights
    flow_way: Any,  # (points, flows): the row of the probability of the move
    flow_row: Any,  # (points, flows): the row of what each who makes that move costs
    flow_weight: Any,  # (weights, points - 1)
    outcomes: Any,  # out (outcomes, draws): what differs between cycles
    trace: Any,  # out (points, places, draws), or empty: the shares themselves
) -> None:
    """Walk all draws; see the parameters for the layout of each array."""
    points, places, draws = len(pattern), len(reach), start.shape[1]
    for begin in range(0, draws, TILE):
        end = min(begin + TILE, draws)
        now, then = start[:, begin:end].copy(), np.zeros((places, end - begin))
        tallied = np.zeros((len(folded), len(counted), end - begin))
        for k in range(points):
            if trace.size > 0:
                trace[k, :, begin:end] = now
            for w in range(len(folded)):
                weight = folded[w, k]
                if weight != 0.0:
                    for c in range(len(counted)):
                        if reach[counted[c]] <= k:
                            _add_scaled(tallied[w, c], weight, now[counted[c]])
            for t in range(len(terms)):
                o, s, w = terms[t, 0], terms[t, 1], terms[t, 2]
                if reach[s] > k:
                    continue
                into, amount = outcomes[o, begin:end], values[term_row[k, t], begin:end]
                at_point = point_weight[w, k]
                if at_point != 0.0:
                    for b in range(len(into)):
                        into[b] += at_point * now[s, b] * amount[b]
                if k > 0 and end_weight[w, k - 1] != 0.0:
                    at_end, amount = end_weight[w, k - 1], values[term_row[k - 1, t], begin:end]
                    for b in range(len(into)):
                        into[b] += at_end * now[s, b] * amount[b]
            if k == points - 1:
                break
            for f in range(len(flows)):
                o, s, w = flows[f, 0], flows[f, 1], flows[f, 2]
                if reach[s] > k:
                    continue
                into, weight = outcomes[o, begin:end], flow_weight[w, k]
                moved, amount = values[flow_way[k, f], begin:end], values[flow_row[k, f], begin:end]
                for b in range(len(into)):
                    into[b] += weight * now[s, b] * moved[b] * amount[b]
            rows = way_row[pattern[k]]
            then[:] = 0.0
            for s in range(places):
                if reach[s] > k:
                    continue
                for way in range(first[s], first[s + 1]):
                    _add_product(then[target[way]], now[s], values[rows[way], begin:end])
            now, then = then, now
        for c in range(len(counted)):
            occupied[:, counted[c], begin:end] = tallied[:, c]
