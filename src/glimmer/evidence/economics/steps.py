"""People stepped through the cycles of a cohort model, compiled: each cycle one chance decides where each goes.

It reads the same tables as the walk of the cohort (`walk.py`, `kernel.py`), so that both are the same model.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from glimmer.evidence.economics.chance import GOLDEN, ONE, mixed, uniform

OF_START, OF_MOVES = 1 << 25, 1 << 26


class Tables(NamedTuple):
    """The tables of a walk; rows of terms, flows and steady amounts lie in the order of their places."""

    way_row: Any  # (patterns, ways)
    pattern: Any  # (points,)
    first: Any  # (places + 1,): ways; each place has one at least
    target: Any  # (ways,)
    steady_first: Any  # (places + 1,)
    steady: Any  # (steady, 3): slot, weight, column of its amount
    folded: Any  # (weights, points)
    term_first: Any  # (places + 1,)
    terms: Any  # (terms, 3): slot, place, weight
    term_row: Any  # (terms, points)
    at_point: Any  # (weights, points)
    at_end: Any  # (weights, points - 1)
    flow_first: Any  # (places + 1,)
    flows: Any  # (flows, 4): slot, place, way, weight
    flow_row: Any  # (flows, points)
    flow_weight: Any  # (weights, points - 1)
    entry_first: Any  # (places + 1,)
    entry: Any  # (entries, 2): slot, column of its amount


@njit(cache=True, nogil=True, error_model="numpy")
def step_through(
    book: Any,
    values: Any,  # (rows,): probabilities and amounts of one draw
    amounts: Any,  # (columns,): what is worth the same in all cycles, and entries
    start: Any,  # (places,): shares who start there
    key: Any,  # of the draw, 64 bits
    first_person: int,
    totals: Any,  # out (slots, people)
) -> None:
    """Step people through all cycles and write what came of each."""
    way_row, pattern, first, target = book.way_row, book.pattern, book.first, book.target
    steady_first, steady, folded = book.steady_first, book.steady, book.folded
    term_first, terms, term_row, at_point, at_end = (
        book.term_first,
        book.terms,
        book.term_row,
        book.at_point,
        book.at_end,
    )
    flow_first, flows, flow_row, flow_weight = book.flow_first, book.flows, book.flow_row, book.flow_weight
    slots, people = totals.shape
    total, points = np.zeros(slots), len(pattern)
    for person in range(people):
        who = mixed(key + GOLDEN * (np.uint64(first_person + person) + ONE))
        total[:] = 0.0
        left, place = uniform(who, OF_START, 0), 0
        for one in range(len(start)):
            if start[one] > 0.0:
                place = one
                left -= start[one]
                if left < 0.0:
                    break
        for row in range(book.entry_first[place], book.entry_first[place + 1]):
            total[book.entry[row, 0]] += amounts[book.entry[row, 1]]
        for k in range(points):
            for row in range(steady_first[place], steady_first[place + 1]):
                total[steady[row, 0]] += folded[steady[row, 1], k] * amounts[steady[row, 2]]
            for row in range(term_first[place], term_first[place + 1]):
                slot, weight = terms[row, 0], terms[row, 2]
                total[slot] += at_point[weight, k] * values[term_row[row, k]]
                if k > 0:
                    total[slot] += at_end[weight, k - 1] * values[term_row[row, k - 1]]
            if k == points - 1:
                break
            taken, chance = first[place], uniform(who, OF_MOVES, k)
            for way in range(first[place], first[place + 1]):
                probability = values[way_row[pattern[k], way]]
                if probability > 0.0:
                    taken = way
                    chance -= probability
                    if chance < 0.0:
                        break
            for row in range(flow_first[place], flow_first[place + 1]):
                if flows[row, 2] == taken:
                    total[flows[row, 0]] += flow_weight[flows[row, 3], k] * values[flow_row[row, k]]
            place = target[taken]
        for slot in range(slots):
            totals[slot, person] = total[slot]
