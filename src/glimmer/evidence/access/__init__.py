"""Where clinics should be, who is then reached, and who is left out.

tables.py  the tables that are read: areas where people live, sites where a clinic could be
travel.py  how long the way from each area to each site is: a supplied table, or a proxy that says it is one
"""
