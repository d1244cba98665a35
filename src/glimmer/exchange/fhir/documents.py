"""A JSON document from outside, read with suspicion; what is wrong with it is said in words."""

from typing import Any

import orjson

from glimmer.vocabulary.problems import BadInput


def read_json(raw: bytes, *, largest_bytes: int, too_large: str) -> Any:
    """Return what a JSON document holds; raise BadInput, field `file`, where it cannot be read or stored.

    `too_large` says what to do about a document above the limit.
    """
    if not raw.strip():
        raise BadInput("This file is empty. Choose the file again.", field="file")
    if len(raw) > largest_bytes:
        raise BadInput(
            f"This file has {len(raw) / 1024 / 1024:.1f} MB; at most {largest_bytes // 1024 // 1024} MB can be read. "
            f"{too_large}",
            field="file",
        )
    text = raw.removeprefix(b"\xef\xbb\xbf")
    if text.lstrip()[:1] == b"<":
        raise BadInput("This file is XML. Ask the sender for the same as JSON.", field="file")
    if b"\\u0000" in text:
        raise BadInput("This file holds a null character in a text, which cannot be stored.", field="file")
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadInput(
            f"This file is not readable as JSON (line {error.lineno}, column {error.colno}). "
            "It may have been cut off on its way: ask for it again.",
            field="file",
        ) from None
