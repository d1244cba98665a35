"""Sheets of a workbook: cells by row and column from 0, and text that is never taken for a formula.

Formulas are written without a result. A spreadsheet program then works out the whole book as it opens it; with a
stand-in such as 0 in each, LibreOffice would believe the zeros.
"""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import CellFormulaTuple, Worksheet

from glimmer.evidence.economics.expressions import BadModel

# Characters with which a spreadsheet may begin to calculate, were the text typed in or read from a text file.
CALCULATING = ("=", "+", "-", "@", "\t", "\r")
MOST_COLUMNS = 16_000
_LOOKS: dict[str, dict[str, Any]] = {
    "plain": {},
    "title": {"bold": True, "font_size": 14},
    "head": {"bold": True, "bottom": 1, "text_wrap": True, "valign": "bottom"},
    "note": {"italic": True, "font_color": "#425563", "text_wrap": True, "valign": "top"},
    "wrapped": {"text_wrap": True, "valign": "top"},
    # A box and a colour: an input is recognised in a black and white print too.
    "input": {"bg_color": "#FFF4CC", "border": 1, "locked": False},
    "result": {"num_format": "#,##0.0000", "bold": True},
    "money": {"num_format": "#,##0.00"},
    "share": {"num_format": "0.000000"},
    "quoted": {"quote_prefix": True, "text_wrap": True, "valign": "top"},
}


class _PlainWorksheet(Worksheet):
    """A worksheet whose formulas use only functions that Excel 2007 knows, and have no result.

    Newer functions need a prefix in the file. To look for their thirty names in each of a million formulas takes most
    of the time that a workbook takes, and finds none: see `formulas.FORMULAS`.
    """

    def plain_formula(self, row: int, column: int, said: str, look: Any) -> None:
        """Write a formula, given without its equals sign; raise BadModel where the sheet has no such cell."""
        if self._check_dimensions(row, column):
            raise BadModel(
                f"The sheet {self.name!r} would need row {row + 1}, column {column + 1}, but a spreadsheet has "
                f"{self.xls_rowmax} rows and {self.xls_colmax} columns. Give the model shorter tunnels or fewer cycles."
            )
        self.table[row][column] = CellFormulaTuple(said, look, "")

    def _write_cell(self, row: int, col: int, cell: Any) -> None:
        if not isinstance(cell, CellFormulaTuple):
            super()._write_cell(row, col, cell)
            return
        place, look = f"{_letter(col)}{row + 1}", cell.format._get_xf_index()
        looks = f' s="{look}"' if look else ""
        self.fh.write(f'<c r="{place}"{looks}><f>{self._escape_data(cell.formula)}</f><v></v></c>')


class Book:
    """A workbook being written."""

    def __init__(self, path: Path) -> None:
        safe = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        self._workbook = xlsxwriter.Workbook(str(path), {**safe, "constant_memory": False})
        self._looks = {name: self._workbook.add_format(look) for name, look in _LOOKS.items()}

    def sheet(self, name: str) -> "Sheet":
        """Return a new sheet; characters that a sheet's name may not have are left out."""
        plain = re.sub(r"[^\w \-().]", "", name).strip()[:31]
        return Sheet(self._workbook.add_worksheet(plain, _PlainWorksheet), plain, self._looks)

    def name_cell(self, name: str, sheet: "Sheet", row: int, column: int) -> None:
        """Give a cell a name that formulas can use."""
        self._workbook.define_name(name, f"={sheet.cell(row, column)}")

    def close(self) -> None:
        """Write the file."""
        self._workbook.set_calc_mode("auto")
        self._workbook.close()


class Sheet:
    """One sheet. Rows and columns count from 0."""

    def __init__(self, worksheet: Any, name: str, looks: dict[str, Any]) -> None:
        self._worksheet, self.name, self._looks = worksheet, name, looks
        self._columns: dict[int, str] = {}
        worksheet.set_landscape()
        worksheet.set_paper(9)
        worksheet.fit_to_pages(1, 0)

    def text(self, row: int, column: int, said: str, look: str = "plain") -> None:
        """Write a text, whatever it begins with, as a text."""
        if said.startswith(CALCULATING):
            look = "quoted"
        self._worksheet.write_string(row, column, said, self._looks[look])

    def number(self, row: int, column: int, value: float, look: str = "plain") -> None:
        """Write a number."""
        self._worksheet.write_number(row, column, value, self._looks[look])

    def formula(self, row: int, column: int, said: str, look: str = "plain") -> None:
        """Write a formula, given without its equals sign."""
        self._worksheet.plain_formula(row, column, said, self._looks[look])

    def heads(self, row: int, names: Sequence[str], first: int = 0) -> None:
        """Write a row of column heads."""
        for column, name in enumerate(names, first):
            self.text(row, column, name, "head")

    def widths(self, *widths: float) -> None:
        """Set the widths of the first columns, in characters."""
        for column, width in enumerate(widths):
            self._worksheet.set_column(column, column, width)

    def freeze(self, row: int, column: int) -> None:
        """Keep the rows above and the columns before a cell in sight, on paper too."""
        self._worksheet.freeze_panes(row, column)
        if row:
            self._worksheet.repeat_rows(0, row - 1)

    def cell(self, row: int, column: int) -> str:
        """Return a reference to a cell that stays when it is copied."""
        return f"{self.column(column)}${row + 1}"

    def at(self, row: int, column: int) -> str:
        """Return a reference to a cell that moves along when it is copied downwards."""
        return f"{self.column(column)}{row + 1}"

    def across(self, row: int, first: int, last: int) -> str:
        """Return a reference to cells of one row."""
        return f"{self.column(first)}{row + 1}:${_letter(last)}{row + 1}"

    def down(self, column: int, first: int, last: int) -> str:
        """Return a reference to cells of one column."""
        return f"{self.column(column)}${first + 1}:${_letter(column)}${last + 1}"

    def column(self, column: int) -> str:
        """Return what a reference to any cell of a column begins with; the number of its row follows."""
        if column not in self._columns:
            self._columns[column] = f"'{self.name}'!${_letter(column)}"
        return self._columns[column]


@cache
def _letter(column: int) -> str:
    return str(xl_col_to_name(column))
