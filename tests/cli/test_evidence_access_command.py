"""`glimmer evidence access`: one page or JSON, files beside it, and a sentence for what is wrong."""

import json

from typer.testing import CliRunner

from glimmer.cli.main import app


def run(*words: object):
    return CliRunner().invoke(app, ["evidence", "access", "--draws", "20", *map(str, words)])


def test_without_tables_the_health_bodies_answer_and_the_page_says_so():
    page = run("--clinics", 5).stdout
    assert "Where 5 clinics should be" in page
    assert "minutes are estimated from distance, not timetables" in page
    assert "coarse: whole health bodies" in page


def test_json_is_json_for_every_parser_and_keeps_what_was_asked():
    data = json.loads(
        run("--clinics", 6, "--keep", "W11000029", "--within", 60, "--json").stdout,
        parse_constant=lambda name: 1 / 0,
    )
    assert len(data["open sites"]) == 6
    assert "W11000029" in data["open sites"]
    assert data["question"]["objective"] == "cover"
    assert data["plan"]["unit"] == "share of need"


def test_the_same_seed_gives_the_same_page_and_another_does_not():
    one, two = run("--clinics", 4).stdout, run("--clinics", 4).stdout
    assert one == two
    assert run("--clinics", 4, "--seed", 2).stdout != one


def test_a_saved_question_is_worked_out_again(tmp_path):
    saved = tmp_path / "plan.json"
    first = run("--clinics", 4, "--save", saved, "--csv", tmp_path / "csv", "--geojson", tmp_path / "map.geojson")
    assert first.exit_code == 0
    assert (tmp_path / "csv" / "areas.csv").is_file()
    assert json.loads((tmp_path / "map.geojson").read_text())["type"] == "FeatureCollection"
    again = run("--scenario", saved)
    assert again.stdout == first.stdout


def test_struck_site_is_in_no_plan_and_stands_with_its_reason(tmp_path):
    best = json.loads(run("--clinics", 4, "--json").stdout)["open sites"]
    listed = tmp_path / "struck.csv"
    listed.write_text(f"code,reason\n{best[0]},the lease ends\n")
    data = json.loads(run("--clinics", 4, "--exclude-list", listed, "--exclude", f"{best[1]}=sold", "--json").stdout)
    assert not {best[0], best[1]} & set(data["open sites"])
    assert {one["code"]: one["reason"] for one in data["candidates"]["struck"]} == {
        best[0]: "the lease ends",
        best[1]: "sold",
    }
    assert data["question"]["struck"] == {best[0]: "the lease ends", best[1]: "sold"}


def test_what_is_wrong_is_one_sentence(tmp_path):
    for words, says in (
        (("--areas", tmp_path / "areas.csv"), "sites are not"),
        (("--areas", tmp_path / "a.csv", "--sites", tmp_path / "s.csv"), "There is no file"),
        (("--keep", "X"), "no row with the code X"),
        (("--clinics", 500), "may open"),
        (("--objective", "best"), "must be one of"),
        (("--exclude", "W11000029"), "names no reason"),
        (("--exclude", "W11000029=too small", "--keep", "W11000029"), "was struck (too small)"),
        (("--kinds", "castle"), "No site is of the kind castle"),
        (("--scenario", tmp_path / "no.json"), "cannot be read"),
    ):
        found = run(*words)
        assert found.exit_code == 1, words
        assert says in found.stderr, (words, found.stderr)
        assert "Traceback" not in found.stderr
