"""One walk of the cohort for the strategies that share it: from layouts to the arrays of the kernel, and back."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from glimmer.evidence.economics import kernel
from glimmer.evidence.economics.counting import Counted, counted
from glimmer.evidence.economics.expressions import BadModel
from glimmer.evidence.economics.graph import Evaluation
from glimmer.evidence.economics.layout import NOWHERE, Edge, Flow, Layout, Term, name_of
from glimmer.evidence.economics.model import Model
from glimmer.evidence.economics.outcomes import Numbers
from glimmer.evidence.economics.rows import SLACK, Rows

# Published matrices are rounded: what their rows may be off by where staying is stated too.
WHOLE_SLACK = 1e-6
NEVER = 1 << 30


class Walk:
    """The walk of strategies in which the same people are in the same places; only what it is worth differs.

    `group` are the columns of these strategies. `rows` is the table that all walks of the model share.
    """

    def __init__(
        self,
        model: Model,
        rows: Rows,
        layouts: Sequence[Layout],
        group: Sequence[int],
        outcomes: Sequence[str],
        residence: bool,
    ) -> None:
        self.model, self.rows, self.layouts, self.group, self.outcomes = model, rows, layouts, group, outcomes
        self.graph, self.residence, self.plan = rows.graph, residence, layouts[0]
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

    def _lay_ways(self) -> None:
        """Lay out all ways from place to place: edges, the rest of each place, and whoever just stays or moves on."""
        edges, places = self.plan.edges, len(self.plan.places)
        self._edge_rows = [self.rows.over_time(edge.node, edge.after) for edge in edges]
        rows_out_of: dict[int, list[Any]] = {}
        for edge, rows in zip(edges, self._edge_rows, strict=True):
            rows_out_of.setdefault(edge.source, []).append(rows)
        self._rests: dict[int, int] = {}
        self._rest_rows: list[Any] = []
        for place in range(places):
            if place in rows_out_of:
                self._rests[place], over_time = self.rows.rest(np.array(rows_out_of[place]))
            else:
                over_time = self.rows.all_who_stay()
            self._rest_rows.append(over_time)
        ways = [(edge.source, edge.target, rows) for edge, rows in zip(edges, self._edge_rows, strict=True)]
        ways += [(place, self.plan.rest[place], rows) for place, rows in enumerate(self._rest_rows)]
        ways.sort(key=lambda way: way[:2])
        self.target = np.array([target for _, target, _ in ways], np.int64)
        self.first = np.searchsorted([source for source, _, _ in ways], np.arange(places + 1)).astype(np.int64)
        by_point = np.array([rows for _, _, rows in ways], np.int64).T
        # Not np.unique: it sorts rows that are as long as a tunnel has places.
        patterns: dict[bytes, int] = {}
        self.pattern = np.array([patterns.setdefault(row.tobytes(), len(patterns)) for row in by_point], np.int64)
        self.way_row = np.ascontiguousarray(by_point[np.unique(self.pattern, return_index=True)[1]])
        self.reach = self._reached(places)
        self._turn_ways([source for source, _, _ in ways])

    def _turn_ways(self, source: list[int]) -> None:
        """Sort the ways by where they lead, for the kernel: `into`, source, way, and `late` for each place.

        `late` is the first cycle from which every place that leads here can have been reached, so that nothing needs
        to be asked of each way any more. Ways out of places that nobody ever reaches are left out.
        """
        places, at = len(self.plan.places), np.array(source, np.int64)
        way = np.argsort(self.target, kind="stable")
        way = way[self.reach[at[way]] < NEVER].astype(np.int64)
        into = np.searchsorted(self.target[way], np.arange(places + 1)).astype(np.int64)
        late = np.full(places, NEVER, np.int64)
        for place in np.flatnonzero(np.diff(into)):
            late[place] = self.reach[at[way[into[place] : into[place + 1]]]].max()
        self.ways_in = (into, at[way], way, late)

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
        self._name_rows()

    def _name_rows(self) -> None:
        """Tell the kernel which rows of the table it reads, and let it name each by its place among them."""
        named = (self.way_row, self.term_row, self.flow_way, self.flow_row)
        self.used = np.unique(np.concatenate([one.ravel() for one in named]))
        self.kernel_rows = [np.searchsorted(self.used, one) for one in named]

    def _varies(self, term: Term) -> bool:
        return len(self.graph.readings(term.node)) > 1

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
            self.term_row[:, number] = self.rows.over_time(one.node, one.after)

    def _lay_flows(self, flows: list[tuple[int, Flow]]) -> None:
        points = len(self.model.times)
        rows = [(self._slot(column, f.outcome), f.source, self._weight_of(f.outcome)) for column, f in flows]
        self.flows = np.array(rows, np.int64).reshape(-1, 3)
        self.flow_way, self.flow_row = (np.zeros((points, len(flows)), np.int64) for _ in range(2))
        for number, (_, one) in enumerate(flows):
            self.flow_row[:, number] = self.rows.over_time(one.node, one.after)
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
                into[self.outcomes.index(outcome)] += share * evaluation.at_start(node)
        for column, node, same in self.steady:
            outcome = same[0].outcome
            weight = self._weight_of(outcome)
            held = occupied[weight, same[0].place]
            for one in same[1:]:
                held = held + occupied[weight, one.place]
            out[self.outcomes.index(outcome), self.group[column]] += held * evaluation.value(node)[0]
        if self.residence:
            self._tell_years(occupied[self.rates.index(0.0)], years)

    def walk(self, evaluation: Evaluation, count: int, from_draw: int, trace: bool = False) -> tuple[Any, Any, Any]:
        """Return weighted time (weights, places, draws), varying outcomes (slots, draws) and the trace if asked for."""
        # Maintenance in a strategy without it, harm outside its scenario: most rewards of most strategies.
        kept = np.array([not evaluation.is_nothing(node) for node in self._term_nodes], bool)
        values = self._values(evaluation, count, from_draw)
        way_row, term_row, flow_way, flow_row = self.kernel_rows
        places = len(self.plan.places)
        occupied = np.zeros((len(self.rates), places, count))
        paid = np.zeros((len(self.layouts) * len(self.outcomes), count))
        seen = np.zeros((len(self.model.times), places, count) if trace else (0, 0, 0))
        kernel.walk(
            self._starts(evaluation, count, from_draw),
            values,
            self.used,
            way_row,
            self.pattern,
            *self.ways_in,
            self.reach,
            self.tallied,
            self.folded,
            occupied,
            self.terms[kept],
            term_row[:, kept],
            self.at_point,
            self.at_end,
            self.flows,
            flow_way,
            flow_row,
            self.flow,
            paid,
            seen,
        )
        return occupied, paid, seen

    def tables(self, evaluation: Evaluation, count: int, from_draw: int) -> tuple[Numbers, Numbers]:
        """Return who starts where, (places, draws), and all probabilities and amounts, (rows, draws), checked."""
        return self._starts(evaluation, count, from_draw), self._values(evaluation, count, from_draw)

    def _values(self, evaluation: Evaluation, count: int, from_draw: int) -> Numbers:
        """Return the table of all walks, (rows, draws), with what this walk takes of it checked."""
        filled = self.rows.filled(evaluation, count)
        if not all(evaluation.are_shares(node, SLACK) for node in {edge.node for edge in self.plan.edges}):
            self._find_bad_edge(filled.values, from_draw)
        for place, base in self._rests.items():
            if place in self.plan.whole or not filled.sound[base]:
                self._check_rest(place, filled.totals[base], from_draw)
        return filled.values

    def _starts(self, evaluation: Evaluation, count: int, from_draw: int) -> Numbers:
        start = np.zeros((len(self.plan.places), count))
        if self.plan.start_rest != NOWHERE:
            start[self.plan.start_rest] = 1.0
        for place, node in self.plan.starts:
            start[place] += evaluation.at_start(node)
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

    def _find_bad_edge(self, values: Numbers, from_draw: int) -> None:
        for edge in self.plan.edges:
            for cycle, row in enumerate(self.rows.over_time(edge.node, edge.after)[:-1]):
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
        for cycle, row in enumerate(self._rest_rows[place][:-1] - self._rests[place]):
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
