"""The planner's solver, HiGHS, in a process of its own: `python -m glimmer.scheduling.solver` reads and writes JSON.

It is a process so that no web worker loads numpy, and so that a solver that hangs or dies takes nothing with it. First
it chooses days, then the times on those days, then what still fits is put in; the plan is never worth less than first
come, first served, for that is compared last.
"""

import json
import sys
from collections.abc import Sequence
from typing import Any

import highspy
import numpy as np

from glimmer.scheduling.planner import Option, Problem, Row, first_come, measured, options_of, rows_of, worth
from glimmer.scheduling.planner_days import day_options, day_rows, day_worths, filled_up, on_those_days
from glimmer.scheduling.wall import MINUTES_A_DAY
from glimmer.scheduling.wire import problem_from, solution_as

FOUND = (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kTimeLimit)
FEASIBLE = 2
# A plan within one part in a hundred of the best there can be is as good as the best: targets are known to the day.
GAP = 0.01
# Of the time there is, the days get the larger part; the times on given days are quickly chosen.
SHARE_OF_DAYS = 0.7


def solve(problem: Problem, seconds: float) -> tuple[tuple[Option, ...], str]:
    """Return the best options found and how it ended: "best", "in time" or "nothing" (first come is returned then)."""
    options, simple = options_of(problem), first_come(problem)
    if not options:
        return (), "best"
    days = day_options(options)
    # What first come gives is where the solver begins: it has something to offer however short the time.
    known = {(one.want, one.begins // MINUTES_A_DAY) for one in simple}
    begin = [float(one in known) for one in days]
    which, is_best = _chosen(day_worths(problem, days), day_rows(problem, days), seconds * SHARE_OF_DAYS, begin)
    if which is None:
        return simple, "nothing"
    left = on_those_days(options, (days[index] for index in which))
    values = [worth(problem.wants[one.want], one.begins // MINUTES_A_DAY) for one in left]
    times, _ = _chosen(values, rows_of(problem, left), seconds * (1 - SHARE_OF_DAYS))
    if times is None:
        return simple, "nothing"
    found = filled_up(problem, [left[index] for index in times])
    better = max((found, simple), key=lambda plan: measured(problem, plan).worth)
    return better, "best" if is_best else "in time"


def _chosen(
    worths: Sequence[int], rows: Sequence[Row], seconds: float, begin: Sequence[float] = ()
) -> tuple[list[int] | None, bool]:
    """Return which columns to take so that their worth is greatest, None where nothing was found in time."""
    if not worths:
        return [], True
    solver = highspy.Highs()
    solver.silent()
    solver.setOptionValue("time_limit", float(seconds))
    solver.setOptionValue("mip_rel_gap", GAP)
    solver.passModel(_model(worths, rows))
    if begin:
        start = highspy.HighsSolution()
        start.col_value = list(begin)
        solver.setSolution(start)
    solver.run()
    status, values = solver.getModelStatus(), np.asarray(solver.getSolution().col_value)
    if status not in FOUND or values.size != len(worths) or solver.getInfo().primal_solution_status != FEASIBLE:
        return None, False
    return [int(index) for index in np.flatnonzero(values > 0.5)], status == highspy.HighsModelStatus.kOptimal


def _model(worths: Sequence[int], rows: Sequence[Row]) -> Any:
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(worths), len(rows)
    model.sense_ = highspy.ObjSense.kMaximize
    model.col_cost_ = np.array(worths, dtype=np.double)
    model.col_lower_, model.col_upper_ = np.zeros(len(worths)), np.ones(len(worths))
    model.integrality_ = [highspy.HighsVarType.kInteger] * len(worths)
    model.row_lower_ = np.full(len(rows), -highspy.kHighsInf)
    model.row_upper_ = np.array([row.most for row in rows], dtype=np.double)
    matrix = model.a_matrix_
    matrix.format_ = highspy.MatrixFormat.kRowwise
    matrix.start_ = np.cumsum([0, *(len(row.terms) for row in rows)])
    matrix.index_ = np.array([index for row in rows for index, _ in row.terms])
    matrix.value_ = np.array([one for row in rows for _, one in row.terms], dtype=np.double)
    return model


def main() -> int:
    """Read a problem, solve it, write the solution."""
    asked = json.load(sys.stdin)
    chosen, how = solve(problem_from(asked["problem"]), asked["seconds"])
    json.dump(solution_as(chosen, how), sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
