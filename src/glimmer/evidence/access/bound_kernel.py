"""The compiled part of the bound: what each site would save below a price, and how often each row is then served.

Each row has a price v in the unit of costs: what it pays to whoever serves it. A site then earns, for each row that
costs less than its price, the difference. The kernels work on a block of rows; blocks are added in their order.
"""

from typing import Any

from numba import njit

from glimmer.evidence.access.heuristic_kernel import costs


@njit(cache=True, nogil=True, error_model="numpy")
def earned(ways: Any, price: Any, begin: int, end: int, earns: Any) -> float:
    """Write what each site earns from a block of rows, (sites,); return what the rows of the block pay."""
    first, site, cost, whole, area, weight, _, minutes, knee, steep, within = ways
    earns[:] = 0.0
    paid = 0.0
    for row in range(begin, end):
        a, w, v = area[row], weight[row], price[row]
        paid += w * v
        if v <= whole[a]:
            for k in range(first[a], first[a + 1]):
                c = cost[k]
                if c >= v:
                    break
                earns[site[k]] += w * (v - c)
        else:
            for j in range(minutes.shape[1]):
                c = costs(minutes[a, j], knee, steep, within)
                if c < v:
                    earns[j] += w * (v - c)
    return paid


@njit(cache=True, nogil=True, error_model="numpy")
def unserved(ways: Any, price: Any, is_open: Any, begin: int, end: int, lacks: Any) -> float:
    """Write 1 less the number of open sites that serve each row of a block; return the weighted sum of squares."""
    first, site, cost, whole, area, weight, _, minutes, knee, steep, within = ways
    square = 0.0
    for row in range(begin, end):
        a, v = area[row], price[row]
        served = 0
        if v <= whole[a]:
            for k in range(first[a], first[a + 1]):
                if cost[k] >= v:
                    break
                served += is_open[site[k]]
        else:
            for j in range(minutes.shape[1]):
                if is_open[j] and costs(minutes[a, j], knee, steep, within) < v:
                    served += 1
        lacks[row] = 1.0 - served
        square += weight[row] * lacks[row] * lacks[row]
    return square
