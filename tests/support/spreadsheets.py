"""A real spreadsheet program: LibreOffice opens workbooks, works them out, and says what stands in the cells."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest


def recalculated(files: Sequence[Path], folder: Path) -> Mapping[str, Any]:
    """Return workbooks by their names after LibreOffice, started as anybody starts it, has worked them out.

    Where there is no LibreOffice the test is skipped with the reason, but fails under CI=true.
    """
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        message = "LibreOffice is not installed (soffice), so that no workbook can be recalculated."
        if os.environ.get("CI", "").lower() in {"true", "1"}:
            pytest.fail(message, pytrace=False)
        pytest.skip(message)
    out = folder / "recalculated"
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    told = subprocess.run(
        [program, profile, "--headless", "--convert-to", "xlsx", "--outdir", str(out), *map(str, files)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert told.returncode == 0, told.stderr
    return {file.stem: openpyxl.load_workbook(out / file.name, data_only=True) for file in files}


def changed(file: Path, into: Path, cells: Mapping[tuple[str, str], float]) -> Path:
    """Return a copy of a workbook in which somebody has typed numbers over the cells beside a label, by sheet."""
    book = openpyxl.load_workbook(file)
    for (sheet, label), value in cells.items():
        row = next(row for row in book[sheet].iter_rows() if row[0].value == label)
        row[1].value = value
    book.save(into)
    return into
