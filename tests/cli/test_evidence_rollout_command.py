"""`glimmer evidence rollout`: clinics open as staff allows, each figure with its interval, and mistakes in words."""

import json

import polars as pl
import pytest
from typer.testing import CliRunner

from glimmer.cli.main import app

AREAS = """code,name,lat,lon,adults,health_body,nation,district,imd_pct,imd_decile,rural
E1,North,51.50,-0.10,40000,B1,England,D1,0.1,1,0
E2,South,51.40,-0.10,30000,B1,England,D1,0.5,5,0
E3,East,51.50,0.60,20000,B1,England,D2,0.9,9,1
"""
SITES = """code,name,lat,lon,kind,health_body,nation,precision
S1,North Clinic,51.50,-0.11,acute,B1,England,postcode
S2,East Clinic,51.50,0.61,acute,B1,England,postcode
S3,South Clinic,51.40,-0.11,acute,B1,England,postcode
"""


@pytest.fixture
def tables(tmp_path):
    (tmp_path / "areas.csv").write_text(AREAS)
    (tmp_path / "sites.csv").write_text(SITES)
    return ["--areas", str(tmp_path / "areas.csv"), "--sites", str(tmp_path / "sites.csv")]


def asked(tables, *options):
    return CliRunner().invoke(
        app, ["evidence", "rollout", *tables, "--draws", "12", "--maintenance-until", "relapse", *map(str, options)]
    )


def test_clinics_open_year_by_year_and_the_page_says_what_the_json_says(tables, tmp_path):
    options = ("--clinics", 2, "--staff", 5, "--workforce", "5,10", "--within", 30, "--csv", tmp_path / "order.csv")
    said = asked(tables, *options, "--json")
    assert said.exit_code == 0, said.output
    found = json.loads(said.stdout)
    assert [row["clinics open"] for row in found["years"]] == [1, 2]
    assert "estimated" in found["travel"].lower()
    assert all({"mean", "low", "high"} <= set(row["started"]) for row in found["years"])
    assert pl.read_csv(tmp_path / "order.csv")["code"].to_list() == [row["code"] for row in found["openings"]]
    page = asked(tables, *options).stdout
    assert "By year 2, 2 clinics are open" in page
    assert found["travel"] in page
    for row in found["openings"]:
        assert f"year {row['year']}: {row['name']} ({row['code']})" in page
    started = found["years"][1]["started"]
    assert f"{started['mean']:,.0f} ({started['low']:,.0f} to {started['high']:,.0f})" in page


def test_named_sites_are_the_plan_and_what_is_open_opens_first(tables):
    options = ("--only", "S1,S3,S2", "--first", "S2", "--staff", 5, "--workforce", "5,15")
    found = json.loads(asked(tables, *options, "--json").stdout)
    assert found["openings"][0]["code"] == "S2"
    assert {row["code"] for row in found["openings"]} == {"S1", "S2", "S3"}


def test_roll_out_opens_the_sites_that_access_finds_near_to_who_is_in_need(tmp_path):
    # More adults in the north, more people in need in the deprived south: the two weights choose different sites.
    (tmp_path / "areas.csv").write_text(
        AREAS.splitlines()[0] + "\nE1,North,52.50,-0.10,11000,B1,England,D1,0.99,10,0"
        "\nE2,South,51.40,-0.10,10000,B1,England,D1,0.01,1,0\n"
    )
    (tmp_path / "sites.csv").write_text(
        SITES.splitlines()[0] + "\nN1,North Clinic,52.50,-0.10,acute,B1,England,postcode"
        "\nS1,South Clinic,51.40,-0.10,acute,B1,England,postcode\n"
    )
    asked_of = ["--areas", str(tmp_path / "areas.csv"), "--sites", str(tmp_path / "sites.csv"), "--clinics", "1"]
    rolled = json.loads(asked(asked_of, "--staff", 5, "--workforce", 5, "--json").stdout)
    sited = json.loads(CliRunner().invoke(app, ["evidence", "access", *asked_of, "--draws", "9", "--json"]).stdout)
    assert [row["code"] for row in rolled["openings"]] == sited["open sites"] == ["S1"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--staff", 5, "--workforce", "5", "--within", "inf"), "--within inf is no number that ends"),
        (("--staff", "inf", "--workforce", "5"), "--staff inf is no number that ends"),
        (("--staff", 5, "--workforce", "5,inf"), "Give a number for each year"),
        (("--staff", 5, "--workforce", "five"), "Give a number for each year"),
        (("--staff", 5, "--workforce", "5", "--only", "S9"), "There is no row with the code S9"),
        (("--staff", 5, "--workforce", "5", "--clinics", 9), "9"),
        (("--staff", 5, "--workforce", "2", "--clinics", 2, "--first", "S1"), "the clinics that are open need 5"),
    ],
)
def test_mistakes_are_said_in_words(tables, options, says):
    said = asked(tables, *options)
    assert said.exit_code == 1
    assert says in said.output
    assert "Traceback" not in said.output
