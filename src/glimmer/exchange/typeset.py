"""Facts as a PDF: A4, tagged for screen readers (PDF/UA-1), with fonts that come along."""

import re
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

import orjson
import typst

STANDARD: Final = "ua-1"


class Mark:
    """What stands across every sheet; empty in a clinic. Set from what the database says, before each document."""

    says = ""


_NO_GLYPH = re.compile(r'the text `"(.+?)"` could not be displayed', re.DOTALL)
_PRIVATE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]")
_ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}")


def typeset(template: str, name: str, content: dict[str, Any]) -> bytes:
    """Return the PDF that a template of this folder makes of `content`, which it reads as `sys.inputs.NAME` (JSON).

    The facts reach the template as data, so nothing that a person typed is ever read as a command.
    The same content gives the same bytes: the PDF's own date is the content's `written_at` (ISO 8601).
    A character that no font at hand can draw is printed as its number, such as [U+4F60]; so is a private one, which
    means what some font of this machine makes of it.
    """
    data = _PRIVATE.sub(_number, orjson.dumps(content).decode())
    while True:
        try:
            return _compile(template, name, data, content["written_at"])
        except typst.TypstError as error:
            named = _named(data, str(error))
            if named == data:
                raise
            data = named


def _compile(template: str, name: str, data: str, written_at: str) -> bytes:
    return typst.compile(
        _marked(_template(template)),
        format="pdf",
        sys_inputs={name: data},
        pdf_standards=STANDARD,
        timestamp=datetime.fromisoformat(written_at).replace(microsecond=0),
    )


def _named(data: str, error: str) -> str:
    # PDF/UA refuses a character without a glyph, rightly: the reader would see an empty box.
    # The message shows an invisible character as \u{200b}, any other one as itself.
    found = _NO_GLYPH.search(error)
    shown = _ESCAPED.sub(lambda code: chr(int(code.group(1), 16)), found.group(1)) if found else ""
    for character in shown:
        if not character.isascii():
            data = data.replace(character, f"[U+{ord(character):04X}]")
        elif not character.isprintable():
            data = data.replace(f"\\u{ord(character):04x}", " ")
    return data


def _number(found: re.Match[str]) -> str:
    return f"[U+{ord(found.group()):04X}]"


def _marked(template: bytes) -> bytes:
    if not Mark.says:
        return template
    across = f'rotate(-40deg, text(64pt, weight: "bold", fill: rgb(180, 0, 0, 70))[{Mark.says}])'
    return f"#set page(foreground: place(center + horizon, {across}))\n".encode() + template


@lru_cache
def _template(name: str) -> bytes:
    return files("glimmer.exchange").joinpath(name).read_bytes()
