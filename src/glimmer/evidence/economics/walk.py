"""One walk of the cohort for the strategies that share it: from layouts to the arrays of the kernel, and back."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from glimmer.evidence.economics import kernel
from glimmer.evidence.economics.counting import Counted, counted
from glimmer.evidence.economics.expressions import BadModel
from glimmer.evidence.economics.graph import Evaluation, Graph
from glimmer.evidence.economics.layout import NOWHERE, Edge, Flow, Layout, Term, name_of
from glimmer.evidence.economics.model import Model
from glimmer.evidence.economics.outcomes import Numbers

# What rounding may leave of probabilities that add up to 1.
SLACK = 1e-9
# Published matrices are rounded: what their rows may be off by where staying is stated too.
WHOLE_SLACK = 1e-6
NEVER = 1 << 30


class Walk:
    """The walk of strategies in which the same people are in the same places; only what it is worth differs.

    `group` are the columns of these strategies. `rows` is how many numbers a draw needs.
    """

    def __init__(
        self,
        model: Model,
        graph: Graph,
        layouts: Sequence[Layout],
        group: Sequence[int],
        outcomes: Sequence[str],
        residence: bool,
    ) -> None:
        self.model, self.graph, self.layouts, self.group, self.outcomes = model, graph, layouts, group, outcomes
        self.residence = residence
        self.plan = layouts[0]
        self._base: dict[int, int] = {}
        self.rows = 0
        self._row_of_ones = NOWHERE
        self._weigh()
        self._lay_ways()
        self._lay_rewards()

    # Laid out once

    def _weigh(self) -> None:
        said = self.model.settings
        rates = dict.fromkeys(
            [*(self.model.rate_of(name) for name in self.outcomes), *([0.0] if self.residence else [])]
        )
        named = [one.outcome for plan in self.layouts for one in plan.terms]
        named += [one.outcome for plan in self.layouts for one in plan.flows]
        used = {self.model.rate_of(name) for name in named}
        self.rates = [rate for rate in rates if rate in used or (self.residence and rate == 0.0)] or [0.0]
        weights: list[Counted] = [
            counted(self.model.times, said.counting, rate, said.discounting, said.flows) for rate in self.rates
        ]
        self.folded = np.array([one.folded for one in weights])
        self.at_point = np.array([one.at_point for one in weights])
        self.at_end = np.array([one.at_end for one in weights])
        self.flow = np.array([one.flow for one in weights])

    def _row(self, node: int) -> int:
        """Return the first row of a node's values, which are rows of (readings, places of its tunnel)."""
        if node not in self._base:
            self._base[node] = self.rows
            self.rows += len(self.graph.rows(node).cycle) * self.graph.nodes[node].tunnel
        return self._base[node]

    def _rows_over_time(self, node: int, after: int) -> Any:
        """Return the row of a node's value at each point, for somebody so many cycles after entry."""
        base, tunnel = self._row(node), self.graph.nodes[node].tunnel
        return base + self.graph.rows(node).row * tunnel + (after if tunnel > 1 else 0)

    def _lay_ways(self) -> None:
        """Lay out all ways from place to place: edges, the rest of each place, and whoever just stays or moves on."""
        edges, places, points = self.plan.edges, len(self.plan.places), len(self.model.times)
        self._edge_rows = [self._rows_over_time(edge.node, edge.after) for edge in edges]
        self._checked = self.rows
        self._moving = {edge.node for edge in edges}
        self._rests: dict[int, tuple[int, Any]] = {}
        self._laid_rests: dict[bytes, int] = {}
        self._rest_rows: list[Any] = []
        rows_out_of: dict[int, list[Any]] = {}
        for edge, rows in zip(edges, self._edge_rows, strict=True):
            rows_out_of.setdefault(edge.source, []).append(rows)
        for place in range(places):
            out_of = rows_out_of.get(place)
            self._rest_rows.append(self._lay_rest(place, np.array(out_of)) if out_of else np.full(points, self._one()))
        ways = [(edge.source, edge.target, rows) for edge, rows in zip(edges, self._edge_rows, strict=True)]
        ways += [(place, self.plan.rest[place], rows) for place, rows in enumerate(self._rest_rows)]
        ways.sort(key=lambda way: way[:2])
        self.target = np.array([target for _, target, _ in ways], np.int64)
        self.first = np.searchsorted([source for source, _, _ in ways], np.arange(places + 1)).astype(np.int64)
        over_time = np.array([rows for _, _, rows in ways], np.int64).T
        # Not np.unique: it sorts rows that are as long as a tunnel has places.
        patterns: dict[bytes, int] = {}
        self.pattern = np.array([patterns.setdefault(row.tobytes(), len(patterns)) for row in over_time], np.int64)
        self.way_row = np.ascontiguousarray(over_time[np.unique(self.pattern, return_index=True)[1]])
        self.reach = self._reached(places)

    def _one(self) -> int:
        """Return the row of those who have no choice: its values are 1."""
        if self._row_of_ones == NOWHERE:
            self._row_of_ones = self.rows
            self.rows += 1
        return self._row_of_ones

    def _lay_rest(self, place: int, rows: Any) -> Any:
        """Reserve rows for the rest of a place, given the rows of its edges (edges, points); return them over time."""
        if (rows == rows[:, :1]).all():
            combined, over_time = rows[:, :1], np.zeros(rows.shape[1], np.int64)
        else:
            combined, over_time = np.unique(rows, axis=1, return_inverse=True)
        # Lines of the same treatment share their edges' rows, and so their rests.
        key = combined.T.tobytes()
        if key not in self._laid_rests:
            self._laid_rests[key] = self.rows
            self.rows += combined.shape[1]
        self._rests[place] = (self._laid_rests[key], combined.T)
        return self._rests[place][0] + over_time.reshape(-1)

    def _reached(self, places: int) -> Any:
        """Return the first cycle in which anybody can be in a place."""
        found = np.full(places, NEVER, np.int64)
        ways: dict[int, set[int]] = {place: {self.plan.rest[place]} for place in range(places)}
        for edge in self.plan.edges:
            ways[edge.source].add(edge.target)
        front = {place for place, _ in self.plan.starts} or {self.plan.start_rest}
        step = 0
        while front:
            for place in front:
                found[place] = step
            step += 1
            front = {to for place in front for to in ways[place] if found[to] == NEVER}
        return found

    def _lay_rewards(self) -> None:
        """Sort rewards: what is worth the same in all cycles is paid by time spent, the rest as the walk goes."""
        self.steady: list[tuple[int, int, list[Term]]] = []
        terms: list[tuple[int, Term]] = []
        flows: list[tuple[int, Flow]] = []
        for column, plan in enumerate(self.layouts):
            varied = {(t.outcome, t.node) for t in plan.terms if self._varies(t)}
            terms += [(column, one) for one in plan.terms if (one.outcome, one.node) in varied]
            by_node: dict[tuple[str, int], list[Term]] = {}
            for one in plan.terms:
                if (one.outcome, one.node) not in varied:
                    by_node.setdefault((one.outcome, one.node), []).append(one)
            self.steady += [(column, node, same) for (_, node), same in by_node.items()]
            flows += [(column, one) for one in plan.flows]
        paid = {one.place for _, _, same in self.steady for one in same}
        all_places = range(len(self.plan.places))
        self.tallied = np.array([place for place in all_places if self.residence or place in paid], np.int64)
        self._lay_terms(terms)
        self._lay_flows(flows)

    def _varies(self, term: Term) -> bool:
        return len(self.graph.rows(term.node).cycle) > 1 or self.graph.nodes[term.node].tunnel > 1

    def _slot(self, column: int, outcome: str) -> int:
        return column * len(self.outcomes) + self.outcomes.index(outcome)

    def _weight_of(self, outcome: str) -> int:
        return self.rates.index(self.model.rate_of(outcome))

    def _lay_terms(self, terms: list[tuple[int, Term]]) -> None:
        points = len(self.model.times)
        rows = [(self._slot(column, t.outcome), t.place, self._weight_of(t.outcome)) for column, t in terms]
        self.terms = np.array(rows, np.int64).reshape(-1, 3)
        self._term_nodes = [one.node for _, one in terms]
        self.term_row = np.zeros((points, len(terms)), np.int64)
        for number, (_, one) in enumerate(terms):
            self.term_row[:, number] = self._rows_over_time(one.node, one.after)

    def _lay_flows(self, flows: list[tuple[int, Flow]]) -> None:
        points = len(self.model.times)
        rows = [(self._slot(column, f.outcome), f.source, self._weight_of(f.outcome)) for column, f in flows]
        self.flows = np.array(rows, np.int64).reshape(-1, 3)
        self._moving |= {one.node for _, one in flows}
        self.flow_way, self.flow_row = (np.zeros((points, len(flows)), np.int64) for _ in range(2))
        for number, (_, one) in enumerate(flows):
            self.flow_row[:, number] = self._rows_over_time(one.node, one.after)
            is_rest = one.edge == NOWHERE
            self.flow_way[:, number] = self._rest_rows[one.source] if is_rest else self._edge_rows[one.edge]

    # Walked for each block

    def into(self, evaluation: Evaluation, count: int, from_draw: int, out: Numbers, years: Numbers) -> None:
        """Add what this walk gives for a block of draws to `out` and `years`."""
        occupied, paid, _ = self.walk(evaluation, count, from_draw)
        for column, plan in enumerate(self.layouts):
            into = out[:, self.group[column]]
            first = column * len(self.outcomes)
            into += paid[first : first + len(self.outcomes)]
            for outcome, place, node in plan.entries:
                share = self._starts(evaluation, count, from_draw)[place]
                into[self.outcomes.index(outcome)] += share * self._at_start(evaluation, node)
        for column, node, same in self.steady:
            outcome = same[0].outcome
            weight = self._weight_of(outcome)
            held = occupied[weight, same[0].place]
            for one in same[1:]:
                held = held + occupied[weight, one.place]
            out[self.outcomes.index(outcome), self.group[column]] += held * evaluation.value(node)[0, 0]
        if self.residence:
            self._tell_years(occupied[self.rates.index(0.0)], years)

    def walk(self, evaluation: Evaluation, count: int, from_draw: int, trace: bool = False) -> tuple[Any, Any, Any]:
        """Return weighted time (weights, places, draws), varying outcomes (slots, draws) and the trace if asked for."""
        nothing = self._worth_nothing(evaluation)
        kept = np.array([node not in nothing for node in self._term_nodes], bool)
        values = self._values(evaluation, count, from_draw, nothing)
        places = len(self.plan.places)
        occupied = np.zeros((len(self.rates), places, count))
        paid = np.zeros((len(self.layouts) * len(self.outcomes), count))
        seen = np.zeros((len(self.model.times), places, count) if trace else (0, 0, 0))
        kernel.walk(
            self._starts(evaluation, count, from_draw),
            values,
            self.way_row,
            self.pattern,
            self.first,
            self.target,
            self.reach,
            self.tallied,
            self.folded,
            occupied,
            self.terms[kept],
            self.term_row[:, kept],
            self.at_point,
            self.at_end,
            self.flows,
            self.flow_way,
            self.flow_row,
            self.flow,
            paid,
            seen,
        )
        return occupied, paid, seen

    def tables(self, evaluation: Evaluation, count: int, from_draw: int) -> tuple[Numbers, Numbers]:
        """Return who starts where, (places, draws), and all probabilities and amounts, (rows, draws), checked."""
        return self._starts(evaluation, count, from_draw), self._values(evaluation, count, from_draw)

    def _worth_nothing(self, evaluation: Evaluation) -> frozenset[int]:
        """Return the nodes of amounts that are 0 in all draws of a block: nothing has to be added up for them.

        Maintenance in a strategy without it, harm outside its scenario: most rewards of most strategies.
        """
        only_paid = set(self._term_nodes) - self._moving
        return frozenset(node for node in only_paid if not evaluation.value(node).any())

    def _values(
        self, evaluation: Evaluation, count: int, from_draw: int, unused: frozenset[int] = frozenset()
    ) -> Numbers:
        """Return the rows of all nodes and of all rests, (rows, draws), checked; those of `unused` hold anything."""
        values = np.empty((max(self.rows, 1), count))
        for node, base in self._base.items():
            if node in unused:
                continue
            found = evaluation.value(node)
            readings, tunnel = len(self.graph.rows(node).cycle), self.graph.nodes[node].tunnel
            values[base : base + readings * tunnel].reshape(readings, tunnel, count)[:] = found
        self._check(values, from_draw)
        if self._row_of_ones != NOWHERE:
            values[self._row_of_ones] = 1.0
        totals: dict[int, Any] = {}
        sound: dict[int, bool] = {}
        for place, (base, rows) in self._rests.items():
            if base not in totals:
                total = values[rows[:, 0]]
                for column in range(1, rows.shape[1]):
                    total += values[rows[:, column]]
                np.subtract(1.0, total, out=values[base : base + len(rows)])
                totals[base] = total
                sound[base] = total.max() <= 1 + SLACK
            if place in self.plan.whole or not sound[base]:
                self._check_rest(place, totals[base], from_draw)
        return values

    def _at_start(self, evaluation: Evaluation, node: int) -> Any:
        """Return a node's values for who has just entered as all begins, (draws,)."""
        return evaluation.value(node)[self.graph.rows(node).row[0], 0]

    def _starts(self, evaluation: Evaluation, count: int, from_draw: int) -> Numbers:
        start = np.zeros((len(self.plan.places), count))
        if self.plan.start_rest != NOWHERE:
            start[self.plan.start_rest] = 1.0
        for place, node in self.plan.starts:
            start[place] += self._at_start(evaluation, node)
        total = start.sum(axis=0)
        wrong = ~((np.abs(total - 1) <= WHOLE_SLACK) & (start.min(axis=0) >= -SLACK))
        if wrong.any():
            draw = int(np.argmax(wrong))
            shares = ", ".join(
                f"{start[place, draw]:.6g} in {name_of(self.plan.places[place])}" for place, _ in self.plan.starts
            )
            raise BadModel(
                f"{self._whose()}: people start {shares} in draw {from_draw + draw}. "
                "Shares are not negative and add up to 1."
            )
        return start

    def _tell_years(self, occupied: Numbers, years: Numbers) -> None:
        names = list(self.model.states)
        for place, one in enumerate(self.plan.places):
            for column in self.group:
                years[names.index(one.state), column] += occupied[place]

    # What must hold

    def _check(self, values: Numbers, from_draw: int) -> None:
        used = values[: self._checked]
        if not used.size or (used.min() >= -SLACK and used.max() <= 1 + SLACK):
            return
        for edge in self.plan.edges:
            for cycle, row in enumerate(self._rows_over_time(edge.node, edge.after)[:-1]):
                wrong = ~((values[row] >= -SLACK) & (values[row] <= 1 + SLACK))
                if wrong.any() and self.reach[edge.source] <= cycle:
                    self._refuse(edge, int(np.argmax(wrong)), cycle, values[row], from_draw)

    def _refuse(self, edge: Edge, draw: int, cycle: int, values: Numbers, from_draw: int) -> None:
        node = self.graph.nodes[edge.node]
        said = node.said.text if node.said else node.leaf
        # Not where the node was first met: transitions may share it.
        way = self.model.transitions[edge.transition]
        raise BadModel(
            f"{self._whose()}, transition {way.source} -> {way.target}: the probability {said!r} is "
            f"{values[draw]:.6g} out of {name_of(self.plan.places[edge.source])} in draw {from_draw + draw}, "
            f"cycle {cycle}. It must lie between 0 and 1."
        )

    def _check_rest(self, place: int, total: Numbers, from_draw: int) -> None:
        is_whole = place in self.plan.whole
        off = np.abs(total - 1) - WHOLE_SLACK if is_whole else total - 1 - SLACK
        if off.max() <= 0:
            return
        for cycle, row in enumerate(self._rest_rows[place][:-1] - self._rests[place][0]):
            if off[row].max() > 0 and self.reach[place] <= cycle:
                draw = int(np.argmax(off[row]))
                raise BadModel(
                    f"{self._whose()}: the ways out of {name_of(self.plan.places[place])} add up to "
                    f"{total[row, draw]:.9g} in draw {from_draw + draw}, cycle {cycle}. They may add up to 1 at most"
                    + (", and to 1 where staying is one of them." if is_whole else ".")
                )

    def _whose(self) -> str:
        names = list(self.model.strategies)
        return f"strategy {', '.join(repr(names[column]) for column in self.group)}"
