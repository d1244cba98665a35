"""One table of numbers for all walks of a model: a row for every reading of every node, and for every rest.

Strategies differ in little: what they share is worked out, written and checked once for a block of draws.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from glimmer.evidence.economics.graph import Evaluation, Graph
from glimmer.evidence.economics.outcomes import Numbers

# What rounding may leave of probabilities that add up to 1.
SLACK = 1e-9


@dataclass(frozen=True, slots=True)
class Filled:
    """The table for one block of draws: `values` has the shape (rows, draws).

    `totals` are the sums of the ways out that a rest is left by, (rests, draws), by the first row of the rests.
    """

    values: Numbers
    totals: dict[int, Numbers] = field(default_factory=dict)
    sound: dict[int, bool] = field(default_factory=dict)


class Rows:
    """Which row holds what. Rows are reserved while walks are laid out, and filled block by block."""

    def __init__(self, graph: Graph, points: int) -> None:
        self.graph, self.points = graph, points
        self.count = 0
        self._of_node: dict[int, int] = {}
        self._of_rest: dict[bytes, int] = {}
        self._rests: dict[int, Any] = {}
        self._ones = -1

    def over_time(self, node: int, after: int) -> Any:
        """Return the row of a node's value at each point, for somebody so many cycles after entry."""
        if node not in self._of_node:
            self._of_node[node] = self.count
            self.count += len(self.graph.readings(node))
        return self._of_node[node] + self.graph.readings(node).over_time(after)

    def all_who_stay(self) -> Any:
        """Return the row of those who have no choice, at each point: its values are 1."""
        if self._ones < 0:
            self._ones = self.count
            self.count += 1
        return np.full(self.points, self._ones)

    def rest(self, rows: Any) -> tuple[int, Any]:
        """Reserve rows for what ways out leave over, given the rows of the ways at each point (ways, points).

        Return the first row of them and their rows over time. Lines and strategies with the same ways share theirs.
        """
        if (rows == rows[:, :1]).all():
            combined, number = rows[:, :1], np.zeros(rows.shape[1], np.int64)
        else:
            combined, number = np.unique(rows, axis=1, return_inverse=True)
        key = np.array([len(combined), *combined.ravel()]).tobytes()
        if key not in self._of_rest:
            self._of_rest[key] = self.count
            self._rests[self.count] = combined
            self.count += combined.shape[1]
        return self._of_rest[key], self._of_rest[key] + number.reshape(-1)

    def filled(self, evaluation: Evaluation, draws: int) -> Filled:
        """Return the table for a block of draws, worked out once for all walks."""
        if evaluation.table is None:
            evaluation.table = self._fill(evaluation, draws)
        found: Filled = evaluation.table
        return found

    def _fill(self, evaluation: Evaluation, draws: int) -> Filled:
        found = Filled(np.empty((max(self.count, 1), draws)))
        values = found.values
        for node, base in self._of_node.items():
            values[base : base + len(self.graph.readings(node))] = evaluation.value(node)
        if self._ones >= 0:
            values[self._ones] = 1.0
        for base, combined in self._rests.items():
            total = values[combined[0]]
            for way in combined[1:]:
                total += values[way]
            np.subtract(1.0, total, out=values[base : base + combined.shape[1]])
            found.totals[base] = total
            found.sound[base] = bool(total.max() <= 1 + SLACK)
        return found
