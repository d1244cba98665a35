"""Tables of areas and sites are read as they stand, and what is wrong is told with its row."""

import gzip

import numpy as np
import polars as pl
import pytest

from glimmer.evidence.access.tables import BadTable, read_areas, read_sites
from tests.support.shared_data import shared_data

AREAS = """code,name,lat,lon,adults,health_body,nation,district,imd_rank,imd_decile,rural,households
E01,Low Town,51.5,-0.1,1200,E54A,England,Camden,1,1,Urban,700
E02,High Moor,54.5,-2.1,800,E54B,England,Eden,33755,10,Rural,400
W01,Aber,52.4,-4.1,900,W11A,Wales,Ceredigion,1909,10,,500
"""
SITES = """code,name,lat,lon,type,health_body
RA1,Town Hospital,51.51,-0.12,acute,E54A
RB2,Moor Clinic,54.51,-2.12,clinic,E54B
"""


def written(folder, text, name="areas.csv"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_areas_come_as_columns_with_deprivation_within_each_nation(tmp_path):
    areas = read_areas(written(tmp_path, AREAS))
    assert areas.code.tolist() == ["E01", "E02", "W01"]
    assert areas.adults.tolist() == [1200, 800, 900]
    # The last rank of England and the last of Wales are both the least deprived of their nation.
    assert areas.imd_pct.tolist() == [1 / 33755, 1, 1]
    assert areas.imd_decile.tolist() == [1, 10, 10]
    assert areas.rural.tolist() == [0, 1, -1]
    assert areas.extra["households"].tolist() == [700, 400, 500]


def test_one_table_in_three_kinds_of_file_is_the_same(tmp_path):
    plain = written(tmp_path, AREAS)
    (tmp_path / "areas.csv.gz").write_bytes(gzip.compress(AREAS.encode()))
    pl.read_csv(plain).write_parquet(tmp_path / "areas.parquet")
    first, *others = (read_areas(tmp_path / f"areas.{kind}") for kind in ("csv", "csv.gz", "parquet"))
    for other in others:
        for column in ("code", "name", "lat", "lon", "adults", "nation", "district", "imd_pct", "imd_decile", "rural"):
            assert getattr(first, column).tolist() == getattr(other, column).tolist(), column
        assert first.extra["households"].tolist() == other.extra["households"].tolist()


def test_sites_take_public_names_of_columns_and_need_no_nation(tmp_path):
    sites = read_sites(written(tmp_path, SITES, "sites.csv"))
    assert sites.kind.tolist() == ["acute", "clinic"]
    assert sites.nation.tolist() == ["", ""]
    assert sites.rows(["RB2", "RA1"]).tolist() == [1, 0]
    assert sites.part(sites.kind == "clinic").code.tolist() == ["RB2"]
    with pytest.raises(BadTable, match="RX9"):
        sites.rows(["RX9"])


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("1200", "many", ("areas.csv", "column adults", "row 2", "'many'", "at least 0")),
        ("54.5", "-2.1", ("column lat", "row 3", "from 49 to 61")),
        ("E02,", "E01,", ("column code", "row 3", "no other row")),
        ("Wales", "Cornwall", ("column nation", "row 4", "England, Wales, Scotland, Northern Ireland")),
        (",1909,", ",1910,", ("column imd_rank", "row 4", "within the nation")),
        ("E54B", "", ("column health_body", "row 3", "not empty")),
        ("Rural", "Suburb", ("column rural", "row 3", "Rural, Urban or nothing")),
        (",adults,", ",people,", ("lacks the column adults", "people")),
        ("imd_rank,imd_decile", "rank,decile", ("lacks the column imd_pct",)),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path, old, new, words):
    with pytest.raises(BadTable) as told:
        read_areas(written(tmp_path, AREAS.replace(old, new, 1)))
    assert all(word in str(told.value) for word in words), str(told.value)


def test_a_file_that_is_no_table_is_refused_in_words(tmp_path):
    (tmp_path / "areas.parquet").write_text("nothing of the kind")
    for name, words in (("areas.parquet", "cannot be read"), ("areas.xlsx", ".csv.gz"), ("none.csv", "no file")):
        with pytest.raises(BadTable, match=words):
            read_areas(tmp_path / name)
    with pytest.raises(BadTable, match="no rows"):
        read_areas(written(tmp_path, AREAS.splitlines()[0] + "\n"))
    with pytest.raises(BadTable, match="nobody lives"):
        read_areas(written(tmp_path, AREAS.replace("1200", "0").replace("800", "0").replace("900", "0")))


def test_nation_without_adults_is_named_with_its_first_row(tmp_path):
    with pytest.raises(BadTable, match=r"nobody lives in Wales \(1 rows, the first is row 4\)"):
        read_areas(written(tmp_path, AREAS.replace("900", "0")))


@pytest.mark.parametrize(
    ("spoiled", "words"),
    [
        (AREAS.replace(",", ";").encode(), ("separated by semicolons", "commas")),
        (AREAS.replace(",", "\t").encode(), ("separated by tabs", "commas")),
        (AREAS.encode("utf-16"), ("UTF-16", "CSV UTF-8")),
        (AREAS.encode("utf-16-le"), ("UTF-16", "CSV UTF-8")),
        (AREAS.replace("\n", "\r").encode(), ("all is one line", "CSV UTF-8")),
        (AREAS.replace("Aber", "Ynys Môn").encode("latin-1"), ("row 4", "Ynys Môn", "CSV UTF-8")),
        (AREAS.replace("Aber", "Aber,Dyfed").encode(), ("more fields than the heading", "quotes")),
        (b"", ("is empty",)),
    ],
)
@pytest.mark.parametrize("is_packed", [False, True])
def test_csv_as_other_programs_save_it_is_refused_with_how_to_save_it(tmp_path, spoiled, words, is_packed):
    path = tmp_path / ("areas.csv.gz" if is_packed else "areas.csv")
    path.write_bytes(gzip.compress(spoiled) if is_packed else spoiled)
    with pytest.raises(BadTable) as told:
        read_areas(path)
    assert all(word in str(told.value) for word in words), str(told.value)
    assert len(str(told.value)) < 400


def test_mark_of_utf_8_windows_lines_and_very_long_texts_are_read(tmp_path):
    path, long = tmp_path / "areas.csv", "x" * 140_000
    path.write_bytes(AREAS.replace("Aber", long).replace("\n", "\r\n").encode("utf-8-sig"))
    areas = read_areas(path)
    assert areas.code.tolist() == ["E01", "E02", "W01"]
    assert areas.name[2] == long


def test_message_stays_short_where_a_quote_is_never_closed(tmp_path):
    with pytest.raises(BadTable, match="cannot be read") as told:
        read_areas(written(tmp_path, AREAS.replace("Aber", '"' + "Aber" * 50_000)))
    assert len(str(told.value)) < 400
    with pytest.raises(BadTable, match=r"column adults, row 2: 'xxx.*at least 0") as told:
        read_areas(written(tmp_path, AREAS.replace("1200", "x" * 140_000)))
    assert len(str(told.value)) < 400


@pytest.mark.parametrize(
    ("column", "values"),
    [("name", [["a", "b"], ["c"], ["d"]]), ("adults", [[1], [2], [3]]), ("name", [b"\xff", b"\xfe", b"a"])],
)
def test_column_of_lists_or_bytes_is_refused_by_name(tmp_path, column, values):
    frame = pl.read_csv(written(tmp_path, AREAS)).with_columns(pl.Series(column, values))
    frame.write_parquet(tmp_path / "areas.parquet")
    with pytest.raises(BadTable, match=rf"column {column} holds .* one text or number in each row"):
        read_areas(tmp_path / "areas.parquet")


def test_column_of_outlines_that_nobody_asked_for_is_left_aside(tmp_path):
    frame = pl.read_csv(written(tmp_path, AREAS)).with_columns(
        pl.Series("geometry", [b"\xff", b"\xfe", b"\x01"]), pl.Series("corners", [[1.0], [2.0], [3.0]])
    )
    frame.write_parquet(tmp_path / "areas.parquet")
    assert set(read_areas(tmp_path / "areas.parquet").extra) == {"households"}


def test_the_tables_of_the_whole_country_are_read_whole():
    areas, small = (read_areas(shared_data("geo", f"{name}.parquet")) for name in ("areas_uk", "small_areas_uk"))
    sites = read_sites(shared_data("geo", "sites_uk.csv.gz"))
    assert (len(areas), len(small), len(sites)) == (9433, 43538, 1981)
    assert areas.adults.sum() == small.adults.sum() == 53_024_500
    assert set(sites.health_body.tolist()) == set(areas.health_body.tolist())
    assert len(set(areas.health_body.tolist())) == 68
    # The deprivation of each nation fills its range by itself.
    for nation in set(small.nation.tolist()):
        assert np.isclose(small.imd_pct[small.nation == nation].mean(), 0.5, atol=0.01), nation
