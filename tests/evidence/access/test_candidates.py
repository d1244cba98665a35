"""Which sites may be clinics: by kind, by the planner's and the table's own reasons; nothing is left out unsaid."""

import numpy as np
import polars
import pytest

from glimmer.evidence.access.candidates import BY_PLANNER, BY_TABLE, NO_KIND, candidates, doubt_of, read_struck
from glimmer.evidence.access.problem import BadProblem
from glimmer.evidence.access.report import Question, answer_to, as_data
from glimmer.evidence.access.report_page import in_text
from glimmer.evidence.access.scenario import rerun, save
from glimmer.evidence.access.tables import BadTable, Table, read_sites
from tests.support.shared_data import shared_data

NAMES = ["Town Clinic", "Broadmoor Hospital", "CAMHS House", "Mind Centre", "Old Clinic", "Market Hall"]
KINDS = ["clinic", "hospital", "clinic", "centre", "clinic", ""]


def table(path, **columns):
    size = len(NAMES)
    polars.DataFrame(
        {
            "code": [f"S{row}" for row in range(size)],
            "name": NAMES,
            "lat": np.linspace(51, 53, size),
            "lon": np.linspace(-2, 0, size),
            "health_body": ["B0"] * size,
            "type": KINDS,
            **columns,
        }
    ).write_csv(path / "sites.csv")
    return path / "sites.csv"


def codes(found):
    return found.sites.code.tolist()


def test_every_kind_is_used_unless_some_are_named_and_all_are_counted(tmp_path):
    sites = read_sites(table(tmp_path))
    everything, some = candidates(sites), candidates(sites, kinds=("clinic", NO_KIND))
    assert codes(everything) == sites.code.tolist()
    assert codes(some) == ["S0", "S2", "S4", "S5"]
    counted = {one.name: (one.found, one.used) for one in some.kinds}
    assert counted == {"clinic": (3, 3), "hospital": (1, 0), "centre": (1, 0), NO_KIND: (1, 1)}
    assert some.rows.tolist() == [0, 2, 4, 5]


def test_planner_and_table_strike_sites_each_with_a_reason(tmp_path):
    path = table(tmp_path, excluded=["", "", "", "", "closed in 2019", ""], adults=["yes", "no", "", "yes", "", ""])
    found = candidates(read_sites(path), struck={"S2": " for under-18s "})
    assert codes(found) == ["S0", "S3", "S5"]
    assert [(one.code, one.reason, one.by) for one in found.struck] == [
        ("S1", "the table says: not for adults", BY_TABLE),
        ("S2", "for under-18s", BY_PLANNER),
        ("S4", "closed in 2019", BY_TABLE),
    ]
    assert "Of 3 of 6 sites" in found.untold[0]


def test_what_the_table_cannot_tell_is_said(tmp_path):
    said = " ".join(candidates(read_sites(table(tmp_path))).untold)
    assert "Of 6 of 6 sites the table does not say whether adults are seen there" in said
    assert "how secure" in said
    told = " ".join(candidates(read_sites(table(tmp_path, adults=["yes"] * 6))).untold)
    assert "adults" not in told
    assert "how secure" in told


@pytest.mark.parametrize(
    ("asked", "wrong", "words"),
    [
        ({"kinds": ("castle",)}, BadTable, r"castle.*clinic \(3\)"),
        ({"struck": {"S9": "unknown"}}, BadTable, "S9"),
        ({"struck": {"S1": " "}}, BadProblem, "without a reason"),
        ({"kinds": ("centre",), "struck": {"S3": "sold"}}, BadTable, "No candidate site is left"),
    ],
)
def test_what_cannot_be_left_out_is_refused_in_words(tmp_path, asked, wrong, words):
    with pytest.raises(wrong, match=words):
        candidates(read_sites(table(tmp_path)), **asked)


def test_column_of_adults_holds_yes_no_or_nothing(tmp_path):
    with pytest.raises(BadTable, match="'perhaps' for S3"):
        candidates(read_sites(table(tmp_path, adults=["yes", "", "", "perhaps", "", ""])))
    by_number = candidates(read_sites(table(tmp_path, adults=[1, 0, 1, 1, 1, 1])))
    assert "S1" not in codes(by_number)


def test_a_kept_site_that_is_left_out_is_refused_with_the_reason(tmp_path):
    found = candidates(read_sites(table(tmp_path)), kinds=("clinic",), struck={"S2": "for under-18s"})
    with pytest.raises(BadProblem, match=r"S2 was struck .for under-18s"):
        found.refuse_left_out(("S2",))
    with pytest.raises(BadProblem, match=r"S1 is no candidate.*Used are: clinic"):
        found.refuse_left_out(("S1",))
    found.refuse_left_out(("S0",))


def test_a_list_of_struck_sites_is_read_and_needs_reasons(tmp_path):
    path = tmp_path / "struck.csv"
    path.write_text("code,reason\nS1,secure hospital\nS2,for under-18s\n")
    assert read_struck(Table(path)) == {"S1": "secure hospital", "S2": "for under-18s"}
    path.write_text("code,reason\nS1,\n")
    with pytest.raises(BadTable, match="reason, row 2"):
        read_struck(Table(path))


def test_names_that_ask_for_a_look_are_told_and_others_are_not():
    assert "under 18" in doubt_of("West End Adolescent Unit")
    assert "secure" in doubt_of("Broadmoor Hospital")
    assert doubt_of("Brampton War Memorial Hospital") == ""
    assert doubt_of("Mount Gould Hospital") == ""


@pytest.fixture
def asked(tmp_path):
    polars.DataFrame(
        {
            "code": [f"A{row}" for row in range(40)],
            "lat": np.linspace(51, 53, 40),
            "lon": np.linspace(-2, 0, 40),
            "adults": [5000] * 40,
            "health_body": ["B0"] * 40,
            "nation": ["England"] * 40,
            "imd_decile": [1 + row % 10 for row in range(40)],
        }
    ).write_csv(tmp_path / "areas.csv")
    return Question(
        clinics=2, areas=tmp_path / "areas.csv", sites=table(tmp_path), draws=10,
        kinds=("clinic", "hospital"), struck={"S4": "the lease ends"},
    )  # fmt: skip


def test_the_answer_says_what_was_left_out_and_a_scenario_keeps_the_reasons(asked, tmp_path):
    answer = answer_to(asked)
    assert set(as_data(answer)["open sites"]) <= {"S0", "S1", "S2"}
    page = " ".join(in_text(as_data(answer)).split())
    assert "3 of 6 sites of the table, by kind:" in page
    assert "centre 1 left out" in page
    assert "Struck: S4 Old Clinic: the lease ends (by the planner)" in page
    assert "CHECK FIRST: “broadmoor” in its name" in page or "CHECK FIRST: “camhs” in its name" in page
    save(answer, tmp_path / "plan.json")
    again = rerun(tmp_path / "plan.json")
    assert again.question.struck == {"S4": "the lease ends"}
    assert as_data(again) == as_data(answer)


def test_the_real_table_of_sites_has_kinds_to_choose_from_and_says_that_it_knows_no_ages():
    sites = read_sites(shared_data("geo", "sites_uk.csv.gz"))
    found = candidates(sites, kinds=("mental_health_trust", "mental_health_site"))
    counted = {one.name: one.found for one in found.kinds}
    assert counted["mental_health_trust"] == 425
    assert counted["mental_health_trust_clinic"] == 751
    assert len(found.sites) == 425 + 19
    assert "Of 1,981 of 1,981 sites" in found.untold[0]
    names = {str(name) for name in found.sites.name if doubt_of(str(name))}
    assert {"Broadmoor Hospital", "Rampton Hospital", "Ashworth Hospital"} <= names
