"""What a commissioner fills in: a value or a range, checked against reason, and never needed to be a guess."""

from pathlib import Path

import pytest

from glimmer.evidence.economics.clinic.inputs import (
    CHARGED,
    FROM_PROTOCOL,
    BadInputs,
    Entry,
    Inputs,
    Unfilled,
    parse_inputs,
    read_inputs,
    template,
)


def test_a_file_of_inputs_is_read_as_it_is_documented(tmp_path: Path):
    path = tmp_path / "ours.toml"
    path.write_text(
        'price_year = "2022/23"\nsession = "from the protocol"\n'
        "[ect_session]\nvalue = 450\n[remission_care]\nlow = 100\nhigh = 300\n"
    )
    inputs = read_inputs(path)
    assert inputs.price_year == "2022/23"
    assert inputs.session == FROM_PROTOCOL
    assert inputs.value("ect_session") == 450
    assert inputs.value("remission_care") == 200
    assert inputs.entries["remission_care"] == Entry(100, 300)
    assert inputs.entries["remission_care"].is_range


def test_nothing_filled_in_leaves_stand_ins_and_unknowns():
    inputs = Inputs()
    assert inputs.session == CHARGED
    assert inputs.value("remission_care") == 121
    assert inputs.value("ect_session") is None
    assert "ect_session" in inputs.missing()
    with pytest.raises(Unfilled, match=r"ect_session .*GBP per session.*Fill it in with a value or a range"):
        inputs.needed("ect_session")


def test_a_figure_with_a_source_may_be_replaced_by_ones_own():
    assert parse_inputs({"nurse_hour": {"value": 61}}).entries["nurse_hour"].middle == 61


@pytest.mark.parametrize(
    ("tables", "says"),
    [
        ({"ect_sesion": {"value": 1}}, "no input 'ect_sesion'. To be filled: .*ect_session"),
        ({"ect_session": {"value": -1}}, r"\[ect_session\]: -1 to -1 GBP per session must be at least 0"),
        ({"remission_care": {"value": 1200}}, "must be at least 0 and at most 992"),
        ({"remission_ketamine": {"value": 46}}, "must be at least 0 and at most 1"),
        ({"ect_session": {"low": 1}}, "write either value = ..., or low = ... and high"),
        ({"ect_session": 450}, "write either value"),
        ({"ect_session": {"low": 9, "high": 1}}, "write the smaller one as low"),
        ({"ect_session": {"value": "450"}}, "'450'.* must be numbers"),
        ({"ect_session": {"value": float("nan")}}, "must be numbers"),
        ({"session": "free"}, "session is 'free', but must be 'charged' or 'from the protocol'"),
        ({"price_year": "1999"}, "price_year is '1999', but must be one of 2014/15"),
    ],
)
def test_what_reason_excludes_is_refused_with_what_to_write_instead(tables, says):
    with pytest.raises(BadInputs, match=says):
        parse_inputs(tables)


def test_a_file_that_is_no_toml_is_named(tmp_path: Path):
    (tmp_path / "bad.toml").write_text("[ect_session\n")
    with pytest.raises(BadInputs, match=r"bad.toml cannot be read as TOML"):
        read_inputs(tmp_path / "bad.toml")
    with pytest.raises(BadInputs, match=r"absent.toml cannot be read"):
        read_inputs(tmp_path / "absent.toml")


def test_the_file_to_be_filled_in_is_one_that_can_be_read(tmp_path: Path):
    path = tmp_path / "ours.toml"
    path.write_text(template())
    assert read_inputs(path) == Inputs()
    filled = template().replace("# [ect_session]\n# value = ", "[ect_session]\nvalue = 410")
    path.write_text(filled)
    assert read_inputs(path).value("ect_session") == 410
    assert all(f"[{name}]" in template() for name in Inputs().missing())
