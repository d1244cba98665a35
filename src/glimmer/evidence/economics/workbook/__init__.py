"""The base case of any model as an Excel workbook with live formulas.

book.py      the whole workbook, its results and its first page
inputs.py    every parameter with its value, belief and source, and the settings
time.py      clocks, counting weights, discounting
cells.py     every value of the model, each in a cell of its own (formulas.py translates expressions)
strategy.py  chances, moves, trace and rewards of one strategy
sheets.py    cells and how they look; text is never taken for a formula
"""

from glimmer.evidence.economics.workbook.book import Page, Shown, write_workbook

__all__ = ["Page", "Shown", "write_workbook"]
