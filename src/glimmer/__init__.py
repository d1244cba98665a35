"""Glimmer runs an NHS ketamine clinic and turns what it learns into evidence."""

import hashlib
import os
from pathlib import Path

__version__ = "0.1.0"

# Packages whose loops are compiled, as numba caches them: each by its own file alone.
COMPILED_IN = ("evidence/access", "evidence/capacity", "evidence/economics", "pharmacology")
CACHE_OF_KERNELS = "NUMBA_CACHE_DIR"


def kernel_cache(package: Path) -> Path:
    """Return where compiled loops are kept: one folder for each state of all the files that they are made of.

    numba asks of a loop only whether its own file has changed. A loop that calls another, or reads a number from
    another file, would go on as it was after an update, and answer by the old code.
    """
    stamps = hashlib.sha256()
    for folder in COMPILED_IN:
        for file in sorted(os.scandir(package / folder), key=lambda one: one.name):
            if file.name.endswith(".py"):
                found = file.stat()
                stamps.update(f"{folder}/{file.name} {found.st_mtime_ns} {found.st_size}\n".encode())
    return package / "__pycache__" / f"kernels-{stamps.hexdigest()[:16]}"


def _keep_kernels_apart() -> None:
    # Before numba is loaded by anybody. Who has named a folder of their own keeps it, unless it is one of ours.
    named = os.environ.get(CACHE_OF_KERNELS, "")
    if named and not Path(named).name.startswith("kernels-"):
        return
    folder = kernel_cache(Path(__file__).parent)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        # Installed where nobody may write: numba keeps the loops with the user, by file.
        return
    os.environ[CACHE_OF_KERNELS] = str(folder)


_keep_kernels_apart()
