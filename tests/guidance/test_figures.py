"""The loader of figures, and the promise that every figure has a source."""

from pathlib import Path

import pytest

from glimmer.guidance import GuidanceError, figure, figures, subjects
from glimmer.guidance.figures import EVIDENCE, as_figure, parse_figures, read_toml
from glimmer.vocabulary.parameters import FORMS, Parameter

WHOLE = {"value": 7, "unit": "points", "source": "A guideline", "edition": "2017", "evidence": "source"}


def test_a_figure_is_found_by_subject_and_name():
    found = figure("news2", "emergency_total")
    assert found.value == 7
    assert "Royal College of Physicians" in found.source
    assert (found.edition, found.evidence) == ("2017", "source")


def test_an_unknown_figure_names_what_there_is_instead():
    with pytest.raises(KeyError, match=r"no figure 'emergency'.*emergency_total"):
        figure("news2", "emergency")


def test_an_unknown_subject_names_what_there_is_instead():
    with pytest.raises(KeyError, match=r"no guidance subject 'news3'.*news2"):
        figure("news3", "emergency_total")


@pytest.mark.parametrize("subject", subjects())
def test_every_figure_has_unit_source_edition_and_evidence(subject):
    assert figures(subject)
    for name, found in figures(subject).items():
        for part in ("unit", "source", "edition"):
            assert getattr(found, part).strip(), f"{subject}.{name} has no {part}"
        assert found.evidence in EVIDENCE, f"{subject}.{name}"
        if found.evidence == "proposal":
            assert "propos" in (found.source + found.note).lower(), f"{subject}.{name} hides that it is ours"


@pytest.mark.parametrize("part", ["value", "unit", "source", "edition", "evidence"])
def test_a_figure_without_one_of_its_parts_is_refused(part):
    table = {key: value for key, value in WHOLE.items() if key != part}
    with pytest.raises(GuidanceError, match=f"demo .*missing {part}"):
        as_figure(table, where="demo [limit]")


def test_an_unknown_mark_of_evidence_is_refused():
    with pytest.raises(GuidanceError, match="evidence is 'rumour', but must be one of memory, proposal, source"):
        as_figure({**WHOLE, "evidence": "rumour"}, where="demo [limit]")


def test_a_misspelt_part_is_refused_rather_than_ignored():
    with pytest.raises(GuidanceError, match="unknown sorce"):
        as_figure({**WHOLE, "sorce": "x"}, where="demo [limit]")


def test_an_empty_source_is_refused():
    with pytest.raises(GuidanceError, match="source must be a text that is not empty"):
        as_figure({**WHOLE, "source": "  "}, where="demo [limit]")


def test_a_bare_number_in_a_figures_file_is_refused():
    with pytest.raises(GuidanceError, match="limit must be a table"):
        parse_figures({"limit": 5}, where="demo")


def test_the_file_name_and_line_are_told_when_the_toml_is_broken(tmp_path: Path):
    broken = tmp_path / "broken.toml"
    broken.write_text("[limit]\nvalue = = 3\n")
    with pytest.raises(GuidanceError, match=r"broken\.toml is not valid TOML.*line 2"):
        read_toml(broken)


def test_a_loaded_figure_cannot_be_changed_by_its_caller():
    consciousness = figure("news2", "consciousness").value
    with pytest.raises(TypeError):
        consciousness["C"] = 0
    assert isinstance(figure("news2", "pulse").value, tuple)


@pytest.mark.parametrize("parameter", list(Parameter))
def test_every_parameter_has_a_plausible_range_in_its_own_unit(parameter):
    found = figure("plausibility", parameter.value)
    lowest, highest = found.value
    assert lowest < highest
    assert found.unit == FORMS[parameter].unit


def test_a_dying_patient_is_not_filtered_away():
    for parameter in ("pulse", "spo2", "respiratory_rate"):
        assert figure("plausibility", parameter).value[0] == 0
