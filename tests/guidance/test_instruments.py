"""The instruments' files: each is whole, and one that contradicts itself is refused in words."""

import copy
import tomllib
from typing import Any

import pytest

from glimmer.guidance.figures import GuidanceError
from glimmer.guidance.instrument import FOLDER, instruments, parse_instrument

PHQ9 = tomllib.loads((FOLDER / "phq9.toml").read_text(encoding="utf-8"))


def changed(path: str, value: Any) -> dict[str, Any]:
    tables = copy.deepcopy(PHQ9)
    place: Any = tables
    *way, last = path.split(".")
    for name in way:
        place = place[int(name)] if name.isdigit() else place[name]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return tables


@pytest.mark.parametrize("name", sorted(instruments()))
def test_instrument_holds_labels_of_our_own_and_no_wording(name):
    one = instruments()[name]
    assert one.id == name
    assert one.version.startswith(f"{name}-")
    assert all(len(item.label) < 60 and "?" not in item.label for item in one.items)
    assert one.licence


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("licence", None, "licence"),
        ("rater", "robot", "rater is 'robot'"),
        ("scoring.highest", 30, r"add up to \(0, 27\), not 0 to 30"),
        ("scoring.kind", "guess", "scoring.kind"),
        ("items.3.highest", 0, "range of item 4 runs backwards"),
        ("items.3.id", "9", "stands there twice"),
        ("bands.2.at_least", 4, "bands begin at the lowest total and rise"),
        ("bands.4.at_least", 28, "at most the highest"),
        ("alerts.0.item", "10", "there is no item 10"),
        ("alerts.0.evidence", "hearsay", "evidence is 'hearsay'"),
        ("readings.response_fall.unit", "", "unit"),
        ("wording", "copied", "wording"),
        ("direction", "sideways", "direction"),
        ("items.0.words", ["No", "Yes"], "4 answers and 2 words"),
    ],
)
def test_file_that_contradicts_itself_is_refused(path, value, says):
    with pytest.raises(GuidanceError, match=says):
        parse_instrument(changed(path, value), "phq9.toml")


def test_item_that_belongs_to_no_domain_is_refused():
    tables = tomllib.loads((FOLDER / "qids_sr16.toml").read_text(encoding="utf-8"))
    tables["scoring"]["domains"][0]["items"].remove("4")
    with pytest.raises(GuidanceError, match="each item belongs to one domain"):
        parse_instrument(tables, "qids_sr16.toml")


def test_codes_of_the_whole_form_or_of_known_items_only():
    assert instruments()["gad7"].codes_of("total") == {"loinc": "70274-6", "snomed": "445455005"}
    assert instruments()["phq9"].codes_of("3") == {"loinc": "44259-0"}
    assert instruments()["wsas"].codes_of("total") == {}
    with pytest.raises(GuidanceError, match="no item 12"):
        parse_instrument(changed("codes.2.of", "12"), "phq9.toml")
