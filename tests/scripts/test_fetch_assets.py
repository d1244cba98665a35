"""Assets arrive with the pinned digest and ask no other machine for anything."""

import hashlib
import io
import re
import tarfile

import pytest

from scripts import fetch_assets
from scripts.fetch_assets import FetchFailed, is_up_to_date, local_stylesheet, wanted_files, write_assets


def an_archive(folder, files):
    archive = folder / "made-up-1.0.0.tgz"
    with tarfile.open(archive, "w:gz") as package:
        for name, content in files.items():
            entry = tarfile.TarInfo("package/" + name)
            entry.size = len(content)
            package.addfile(entry, io.BytesIO(content))
    return archive


def test_integrity_matches_the_published_form():
    # sha512 of no bytes at all, in base64, as any reference implementation gives it.
    assert fetch_assets.integrity_of(b"") == (
        "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg=="
    )


def test_fonts_of_another_machine_are_dropped_and_icons_become_relative():
    css = "@font-face{font-family:F;src:url(https://fonts.invalid/f.woff2)}a{background:url(/assets/images/i.svg)}"
    assert local_stylesheet(css) == "a{background:url(assets/images/i.svg)}"


@pytest.mark.parametrize(
    "css",
    [
        "a{background:url(https://elsewhere.invalid/a.png)}",
        'a{background:url("//elsewhere.invalid/a.png")}',
        "@import 'https://elsewhere.invalid/b.css';",
    ],
)
def test_stylesheet_that_still_asks_another_machine_is_refused(css):
    with pytest.raises(FetchFailed, match=r"elsewhere\.invalid"):
        local_stylesheet(css)


def test_reference_to_a_source_map_that_is_not_fetched_is_removed():
    assert fetch_assets.written_form("x.js", b"run();//# sourceMappingURL=x.js.map\n") == b"run();\n"


def test_package_that_lacks_a_wanted_file_is_refused_by_name(tmp_path):
    archive = an_archive(tmp_path, {"dist/a.js": b"1"})
    with pytest.raises(FetchFailed, match=r"lacks dist/b\.css"):
        wanted_files(archive, {"dist/a.js": "a.js", "dist/b.css": "b.css"})


def test_package_with_another_digest_is_refused(tmp_path, monkeypatch):
    archive = an_archive(tmp_path, {"dist/a.js": b"1"})
    monkeypatch.setattr(fetch_assets, "pack", lambda name, version, folder: archive)
    pin = {"name": "made-up", "version": "1.0.0", "integrity": "sha512-AAAA", "take": {"dist/a.js": "a.js"}}
    with pytest.raises(FetchFailed, match="sha512-AAAA is pinned"):
        fetch_assets.fetch_package(pin)


def test_assets_are_fetched_again_when_a_file_was_changed(tmp_path):
    vendor = tmp_path / "vendor"
    write_assets({"made-up/a.js": b"1", "made-up/a.css": b"a{}"}, vendor)
    assert is_up_to_date(vendor)
    (vendor / "made-up" / "a.js").write_bytes(b"2")
    assert not is_up_to_date(vendor)


def test_no_stylesheet_that_was_fetched_names_another_machine():
    sheets = sorted(fetch_assets.VENDOR.rglob("*.css"))
    assert {sheet.name for sheet in sheets} == {"nhsuk-frontend.min.css", "uPlot.min.css"}, "Run make run or make test."
    for sheet in sheets:
        css = sheet.read_text()
        assert re.findall(r"(?:https?:)?//[\w.]+", css) == []
        for address in re.findall(r"url\(['\"]?([^)'\"]+)", css):
            if not address.startswith("data:"):
                assert (sheet.parent / address).is_file(), f"{sheet.name} needs {address}"


def test_fetched_files_are_those_that_were_noted():
    assert is_up_to_date()
    noted = hashlib.sha512((fetch_assets.VENDOR / "nhsuk-frontend" / "nhsuk-frontend.min.js").read_bytes()).hexdigest()
    assert noted in (fetch_assets.VENDOR / "fetched.json").read_text()
