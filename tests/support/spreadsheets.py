"""A real spreadsheet program: LibreOffice opens workbooks, works them out, and says what stands in the cells."""

import csv
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest


def recalculated(files: Sequence[Path], folder: Path) -> Mapping[str, Any]:
    """Return workbooks by their names after LibreOffice, started as anybody starts it, has worked them out.

    Where there is no LibreOffice the test is skipped with the reason, but fails under CI=true.
    """
    out = _converted(files, folder, "xlsx")
    return {file.stem: openpyxl.load_workbook(out / file.name, data_only=True) for file in files}


def sheet_worked_out(files: Sequence[Path], folder: Path, sheet: str) -> Mapping[str, list[list[str]]]:
    """Return the cells of one sheet as text with all their digits, by workbook: as `recalculated`, in half the time."""
    book = openpyxl.load_workbook(files[0], read_only=True)
    number = book.sheetnames.index(sheet) + 1
    book.close()
    # Commas, quotes where needed, UTF-8, from the first line; numbers whole and not as shown; this sheet alone.
    out = _converted(
        files, folder, f"csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,{number}"
    )
    return {file.stem: list(csv.reader((out / f"{file.stem}-{sheet}.csv").read_text().splitlines())) for file in files}


def _converted(files: Sequence[Path], folder: Path, form: str) -> Path:
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        message = "LibreOffice is not installed (soffice), so that no workbook can be recalculated."
        if os.environ.get("CI", "").lower() in {"true", "1"}:
            pytest.fail(message, pytrace=False)
        pytest.skip(message)
    out = folder / "recalculated"
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    told = subprocess.run(
        [program, profile, "--headless", "--convert-to", form, "--outdir", str(out), *map(str, files)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert told.returncode == 0, told.stderr
    return out


def changed(file: Path, into: Path, cells: Mapping[tuple[str, str], float]) -> Path:
    """Return a copy of a workbook in which numbers stand in the cells beside a label, by sheet, as if typed over.

    Only those numbers change in the file: sheets lie in it in the order of the book, as our workbooks write them.
    """
    book = openpyxl.load_workbook(file, read_only=True)
    typed: dict[str, dict[str, float]] = {}
    for (sheet, label), value in cells.items():
        labels = book[sheet].iter_rows(max_col=1, values_only=True)
        row = next(row for row, said in enumerate(labels, 1) if said[:1] == (label,))
        part = f"xl/worksheets/sheet{book.sheetnames.index(sheet) + 1}.xml"
        typed.setdefault(part, {})[f"B{row}"] = value
    book.close()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, _typed(old.read(part), typed.get(part, {})))
    return into


def _typed(part: bytes, cells: Mapping[str, float]) -> bytes:
    for cell, value in cells.items():
        said = rf'(<c r="{cell}"(?: s="\d+")?>)<v>[^<]*</v>'
        part, found = re.subn(said.encode(), rf"\g<1><v>{value!r}</v>".encode(), part)
        assert found == 1, f"{cell} holds no number"
    return part
