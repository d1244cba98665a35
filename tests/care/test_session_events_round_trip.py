"""Every kind of event survives being stored as JSON and read back: an old log can always be replayed."""

import json
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import pytest

from glimmer.care.session.events import KINDS, What, from_body, to_body
from glimmer.vocabulary.parameters import Parameter
from glimmer.vocabulary.readings import Reading

READINGS = (
    Reading(Parameter.SYSTOLIC, 131.0, datetime(2026, 3, 2, 9, 30, 5, 120000, tzinfo=UTC), "cuff"),
    Reading(Parameter.TEMPERATURE, 36.65, datetime(2026, 3, 2, 9, 31, tzinfo=UTC)),
)
EXAMPLE: dict[str, Any] = {
    "str": "words £ é",
    "int": 7,
    "float": 0.1,
    "bool": True,
    "int | None": 3,
    "float | None": 2.5,
}


def example(kind: type[What]) -> What:
    """Return one event of `kind` with a telling value in every field."""
    return kind(
        **{
            field.name: READINGS
            if field.name == "readings"
            else EXAMPLE[str(getattr(field.type, "__name__", field.type))]
            for field in fields(kind)  # type: ignore[arg-type]
        }
    )


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_event_comes_back_from_json_as_it_was(kind):
    event = example(kind)
    assert from_body(kind.kind, json.loads(json.dumps(to_body(event)))) == event


def test_an_unknown_kind_is_an_error_rather_than_a_gap_in_the_log():
    with pytest.raises(KeyError):
        from_body("teleported", {})
