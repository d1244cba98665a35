"""Dialect files: for whom they hold, what happens where they disagree, and what a broken one is told."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from glimmer.gateway.dialect import DialectBook
from glimmer.gateway.dialect_files import DialectProblem, read_book, read_text, shipped
from glimmer.gateway.message import DeviceMessage, read_message

NOW = datetime(2026, 7, 1, 12, 0, 5, tzinfo=UTC)
OWN = """
name = "Harbour"
source = "A test message of our own monitor, 1 July 2026"
coding_systems = ["HARBOUR"]

[for]
sender = ["HARBOUR*"]

[codes]
77 = { name = "O2", parameter = "spo2", site = "oximeter", evidence = "site" }
"""


def read(row: str, sender: str, *texts: str, version: str = "2.5") -> DeviceMessage:
    own = [read_text(f"own-{n}.toml", text) for n, text in enumerate(texts, start=1)]
    lines = (
        f"MSH|^~\\&|{sender}|WARD|||20260701120000+0000||ORU^R01|42|P|{version}",
        "PID|||9990000018^^^NHS^NH",
        "OBR|1||1|X|||20260701115900+0000",
        f"OBX|1|NM|{row}",
    )
    return read_message("\r".join(lines).encode(), NOW, book=DialectBook([*shipped(), *own]))


def charted(message: DeviceMessage) -> list[tuple[str, float]]:
    return [(reading.parameter.value, reading.value) for reading in message.readings]


@pytest.mark.parametrize(
    ("sender", "found"),
    [
        ("HARBOUR", [("spo2", 97.0)]),
        ("Harbour-9^0019^EUI-64", [("spo2", 97.0)]),
        ("X^HARBOUR_3^L", [("spo2", 97.0)]),
        ("MARINA", []),
        ("", []),
    ],
)
def test_a_file_holds_for_its_own_senders_only(sender, found):
    assert charted(read("77^O2^HARBOUR||97|%", sender, OWN)) == found


@pytest.mark.parametrize(("version", "found"), [("2.3", [("pulse", 72.0)]), ("2.5", [])])
def test_a_file_may_hold_for_a_version_of_hl7(version, found):
    assert charted(read("HR||72|bpm", "MON", version=version)) == found


def test_every_list_under_for_must_fit():
    both = OWN.replace('sender = ["HARBOUR*"]', 'sender = ["HARBOUR*"]\nfacility = ["PIER"]')
    assert charted(read("77^O2^HARBOUR||97|%", "HARBOUR", both)) == []
    assert charted(read("77^O2^HARBOUR||97|%", "HARBOUR", both.replace("PIER", "W?RD"))) == [("spo2", 97.0)]


def test_a_code_holds_in_its_coding_system_only():
    for system in ("MDC", "", "ELSE"):
        assert charted(read(f"77^O2^{system}||97|%", "HARBOUR", OWN)) == []
    # 150456 is saturation in the common nomenclature; as a code of somebody else it is nobody's.
    assert charted(read("150456^X^HARBOUR||97|%", "HARBOUR", OWN)) == []


def test_a_clinics_own_file_holds_over_what_glimmer_brings():
    ear = OWN.replace('"HARBOUR"]\n\n[for]', '"MDC"]\n\n[for]').replace(
        '77 = { name = "O2", parameter = "spo2", site = "oximeter"',
        '150344 = { name = "EAR", parameter = "temperature", site = "ear"',
    )
    (reading,) = read("150344^EAR^MDC||36.6|Cel", "HARBOUR", ear).readings
    assert reading.site == "ear"
    (reading,) = read("150344^MDC_TEMP^MDC||36.6|Cel", "MARINA", ear).readings
    assert reading.site == ""


def test_where_two_files_of_a_clinic_disagree_neither_is_believed():
    other = OWN.replace('parameter = "spo2", site = "oximeter"', 'parameter = "pulse", site = "ecg"')
    message = read("77^O2^HARBOUR||97|%", "HARBOUR", OWN, other)
    assert message.readings == ()
    assert message.rows[0].why_not == (
        "disputed code 77 (O2): the dialect files own-1.toml and own-2.toml disagree about it"
    )


def test_where_two_files_disagree_about_a_unit_its_values_are_not_charted():
    row = '\n[[units]]\nunit = "Cel"\nnames = ["grad"]\nfactor = {}\nevidence = "site"\n'
    message = read("150344^MDC_TEMP^MDC||36.6|grad", "HARBOUR", OWN + row.format("1.0"), OWN + row.format("2.0"))
    assert message.readings == ()
    assert message.rows[0].why_not.startswith("disputed unit grad: the dialect files")


@pytest.mark.parametrize(
    ("sent", "values"),
    [
        ("120/80 (93)", [("systolic", 120.0), ("diastolic", 80.0), ("mean_pressure", 93.0)]),
        ("120/80(93)", [("systolic", 120.0), ("diastolic", 80.0), ("mean_pressure", 93.0)]),
        ("120 / 80", [("systolic", 120.0), ("diastolic", 80.0)]),
        ("80/120", []),
        ("120/80 (130)", []),
        ("120/80 (70)", []),
        ("120/120", []),
        ("120", []),
        ("120/80/93", []),
        ("---", []),
        ("400/80", [("diastolic", 80.0)]),
    ],
)
def test_a_pressure_in_one_value(sent, values):
    message = read(f"NIBP||{sent}|mmHg", "MON", version="2.3")
    assert charted(message) == values
    assert all(row.why_not for row in message.rows if not row.charted)


def test_a_unit_that_the_device_never_sends_may_be_named_in_its_file():
    named = OWN.replace('site = "oximeter"', 'site = "oximeter", unit = "%"')
    assert charted(read("77^O2^HARBOUR||97|", "HARBOUR", named)) == [("spo2", 97.0)]
    assert charted(read("77^O2^HARBOUR||97|", "HARBOUR", OWN)) == []
    # A unit that was sent is never overruled by the file.
    assert charted(read("77^O2^HARBOUR||97|furlong", "HARBOUR", named)) == []


@pytest.mark.parametrize("sent", ["888", "off", "888.0"])
def test_a_device_may_have_its_own_sign_for_no_value(sent):
    own = OWN + '\n[sentinels]\nvalues = ["888", "off"]\nevidence = "site"\n'
    assert "sentinel" in read(f"150344^MDC_TEMP^MDC||{sent}|Cel", "HARBOUR", own).rows[0].why_not
    assert "sentinel" not in read(f"150344^MDC_TEMP^MDC||{sent}|Cel", "MARINA", own).rows[0].why_not


@pytest.mark.parametrize(
    ("places", "measured", "time_from"),
    [
        ('"OBX-14", "OBR-7"', (11, 50), "OBX-14"),
        ('"OBR-7", "MSH-7"', (11, 59), "OBR-7"),
        ('"OBR-8", "MSH-7"', (11, 58), "OBR-8"),
        ('"MSH-7"', (12, 0), "MSH-7"),
    ],
)
def test_a_file_says_where_the_time_stands(places, measured, time_from):
    own = OWN + f'\n[time]\nfrom = [{places}]\nevidence = "site"\n'
    lines = (
        "MSH|^~\\&|HARBOUR|WARD|||20260701120000+0000||ORU^R01|42|P|2.5",
        "OBR|1||1|X|||20260701115900+0000|20260701115800+0000",
        "OBX|1|NM|150344^MDC_TEMP^MDC||36.6|Cel||||||||20260701115000+0000",
    )
    book = DialectBook([*shipped(), read_text("own.toml", own)])
    (row,) = read_message("\r".join(lines).encode(), NOW, book=book).rows
    assert (row.measured_at, row.time_from) == (datetime(2026, 7, 1, *measured, tzinfo=UTC), time_from)


@pytest.mark.parametrize(
    ("wrong", "right", "says"),
    [
        ("spo2", "sao2", "own.toml, line 10: '77' has the parameter 'sao2', but must have one of: systolic,"),
        (
            'evidence = "site"',
            'evidence = "guess"',
            "has the evidence 'guess', but must have one of: source, memory, site.",
        ),
        (', evidence = "site"', "", "own.toml, line 10: '77' lacks 'evidence'."),
        ('name = "O2", ', "", "own.toml, line 10: '77' lacks 'name'."),
        ('site = "oximeter"', 'sight = "oximeter"', "'77' has 'sight', which means nothing here; it may have: name,"),
        ("[codes]", "[coeds]", "own.toml, line 9: 'coeds' means nothing here; a file may have: about,"),
        ('["HARBOUR*"]', '"HARBOUR*"', "own.toml, line 7: 'sender' must be a list of texts"),
        ("sender =", "sendr =", "own.toml, line 7: 'for' has the key 'sendr', but must have one of: sender, facility"),
        ("77 = {", "77 = ", "own.toml: this is not TOML: "),
        ("source =", "sauce =", "'sauce' means nothing here"),
    ],
)
def test_a_broken_file_is_told_file_line_and_what_was_expected(wrong, right, says):
    assert wrong in OWN
    text = OWN.replace(wrong, right)
    with pytest.raises(DialectProblem) as told:
        read_text("own.toml", text)
    if "line 7: 'for'" in says:
        says = says.replace("line 7: ", "line 6: ")
    assert says in str(told.value)


def test_a_broken_file_is_left_out_and_all_others_keep_working(tmp_path: Path):
    (tmp_path / "a-broken.toml").write_text("name = \nsource = 1\n")
    (tmp_path / "b-good.toml").write_text(OWN)
    (tmp_path / "c-latin.toml").write_bytes(b"name = '\xe9'")
    book = read_book(tmp_path)
    assert [one.name for one in book.files if one.own] == ["b-good.toml"]
    assert [problem.partition(":")[0] for problem in book.problems] == ["a-broken.toml", "c-latin.toml"]
    assert "line 1" in book.problems[0]


def test_a_folder_that_is_not_there_brings_nothing(tmp_path: Path):
    book = read_book(tmp_path / "dialects")
    assert (book.files, book.problems) == (shipped(), ())


def test_very_long_codes_and_senders_are_read_but_not_remembered():
    long = "9" * 5_000
    from glimmer.gateway import dialect, meanings

    sizes = [meanings._remembered.cache_info().currsize, dialect._dialect_of.cache_info().currsize]
    message = read(f"{long}^X^MDC||97|%", long)
    assert message.rows[0].why_not.startswith("unknown code 9999")
    assert [meanings._remembered.cache_info().currsize, dialect._dialect_of.cache_info().currsize] == sizes
