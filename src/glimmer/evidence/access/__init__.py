"""Where clinics should be, who is then reached, and who is left out.

tables.py  the tables that are read: areas where people live, sites where a clinic could be
travel.py  how long the way from each area to each site is: a supplied table, or a proxy that says it is one

need.py        how many adults are in need, where, and how unsure that is
inequality.py  slope, relative and concentration index, Gini, Atkinson, worst-off share, curves
measures.py    who is reached by a plan, how fairly, who is beyond reach; each with an interval
bodies.py      the health bodies of guidance as tables, for an answer without the large ones
floating.py    places per person in need, by floating catchments
suppress.py    small numbers are not shown, nor what would give them away
"""
