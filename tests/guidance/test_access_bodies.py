"""The health bodies that are shipped are those of the public tables, to the last adult."""

import gzip
import json

import polars
import pytest

from glimmer.guidance.access import health_bodies, parameter, parameters
from glimmer.guidance.figures import EVIDENCE
from tests.support.shared_data import shared_data


def test_there_are_the_bodies_of_the_four_nations():
    nations = [one.nation for one in health_bodies()]
    assert {name: nations.count(name) for name in nations} == {
        "England": 42,
        "Wales": 7,
        "Scotland": 14,
        "Northern Ireland": 5,
    }


def test_codes_names_and_adults_are_those_of_the_tables():
    table = polars.read_parquet(shared_data("geo", "areas_uk.parquet"))
    expected: dict[str, tuple] = {}
    for row in table.iter_rows(named=True):
        name, nation, adults = expected.get(row["health_body"], (row["health_body_name"], row["country"], 0))
        expected[row["health_body"]] = (name, nation, adults + row["adults"])
    assert {one.code: (one.name, one.nation, one.adults) for one in health_bodies()} == expected


def test_shares_and_places_are_means_over_adults():
    inside: dict[str, list[dict]] = {}
    for row in polars.read_parquet(shared_data("geo", "areas_uk.parquet")).iter_rows(named=True):
        inside.setdefault(row["health_body"], []).append(row)
    for one in health_bodies():
        rows = inside[one.code]
        adults = sum(row["adults"] for row in rows)
        deprived = sum(row["share_adults_q1"] * row["adults"] for row in rows) / adults
        lat = sum(row["lat"] * row["adults"] for row in rows) / adults
        assert one.share_most_deprived_fifth == pytest.approx(deprived, abs=6e-5)
        assert one.lat == pytest.approx(lat, abs=6e-5)
        if one.nation == "Northern Ireland":
            assert one.share_rural is None
        else:
            rural = sum(row["adults"] for row in rows if row["rural_urban"] == "Rural") / adults
            assert one.share_rural == pytest.approx(rural, abs=6e-5)


def test_codes_are_those_of_the_map():
    outlines = json.loads(gzip.decompress(shared_data("geo", "health_bodies_uk.geojson.gz").read_bytes()))
    assert {one["properties"]["code"] for one in outlines["features"]} == {one.code for one in health_bodies()}


def test_each_body_has_a_source_and_each_parameter_a_mark():
    assert all(one.source and one.edition and one.evidence == "source" for one in health_bodies())
    assert all(one.evidence in EVIDENCE and one.title and one.unit for one in parameters().values())


def test_what_is_proposed_says_so():
    assert all("propos" in one.source for one in parameters().values() if one.evidence == "proposal")


def test_an_unknown_parameter_is_answered_with_those_there_are():
    with pytest.raises(KeyError, match="depressed_share"):
        parameter("luck")
