"""Where clinics should be, who is then reached, and who is left out.

tables.py      the tables that are read: areas where people live, sites where a clinic could be
candidates.py  which sites of a table may be clinics, what is left out, and why
travel.py      how long the way from each area to each site is: a supplied table, or a proxy that says it is one

problem.py     the question: need, clinics, what is to be short, and rules (problem_ways.py lays it out for the kernels)
solve.py       the answer: heuristic.py finds a plan, bound.py proves how good it is, exact.py (HiGHS) closes the gap;
               solve_center.py is for the longest way
plan.py        a plan, and what any set of sites amounts to in milliseconds
pareto.py      the average against the worst-off tenth against the number of clinics

need.py        how many adults are in need, where, and how unsure that is
inequality.py  slope, relative and concentration index, Gini, Atkinson, worst-off share, curves
breakdowns.py  the groups that a plan is broken down by
measures.py    who is reached by a plan, how fairly, who is beyond reach; each with an interval
bodies.py      the health bodies of guidance as tables, for an answer without the large ones
floating.py    places per person in need, by floating catchments
suppress.py    small numbers are not shown, nor what would give them away
report.py      the whole answer to a question, as plain data; report_page.py is the page of it in plain words
outputs.py     an answer as CSV and GeoJSON; scenario.py freezes it, and works it out again to the bit
"""
