"""Dates for many patients in few bays, pure: opening, staffing, slot search, the planner, the waiting list.

Times are whole minutes on the clinic's wall clock, counted from the first day of the calendar: `wall(day, minute)`.
The clinic is shut when the clocks change, so that no session meets an hour that is there twice or not at all.
"""
