"""The protocols: what they state, where it comes from, and that they stay as they were."""

import pytest

from glimmer.guidance import GuidanceError, protocol, protocol_versions, protocols
from glimmer.guidance.figures import EVIDENCE
from glimmer.guidance.protocol import FOLDER, parse_protocol, read_protocol_tables
from glimmer.guidance.rows import digest_of

STANDARD = "iv-racemic-standard"
OXFORD = "iv-racemic-oxford-weekly"

# A version that a session may have run under never changes: to change it, write a new version file
# and add its line here. A failing line here means that history was about to be rewritten.
DIGESTS = {
    ("iv-racemic-oxford-weekly", "1"): "c1a01db25919aa498dab2fd79e2746d63455bf772d5971debfd012070928fefd",
    ("iv-racemic-standard", "1"): "d72b130ddfa962dff32aedf0aa41a693575caeb93a4cc58e0fcd1a2975a03f5a",
}


def tables_of(protocol_id: str = STANDARD):
    return read_protocol_tables(FOLDER / f"{protocol_id}.v1.toml")


def alarm(rule_id: str):
    return next(rule for rule in protocol(STANDARD).alarms if rule.id == rule_id)


def limits(rule_id: str):
    return {
        (c.parameter, c.measure): next(v for v in (c.above, c.at_least, c.below, c.at_most) if v is not None)
        for c in alarm(rule_id).conditions
    }


def test_there_are_two_protocols_with_their_courses():
    assert [p.id for p in protocols()] == [STANDARD, OXFORD]
    standard, oxford = protocols()
    assert (standard.sessions.value, standard.days_between.value) == (6, (3, 4))
    assert (oxford.sessions.value, oxford.days_between.value) == (3, (7,))


@pytest.mark.parametrize("protocol_id", [STANDARD, OXFORD])
def test_both_give_half_a_milligram_per_kilogram_over_forty_minutes(protocol_id):
    found = protocol(protocol_id)
    assert (found.dose_mg_per_kg.value, found.infusion_minutes.value) == (0.5, 40)
    assert found.shortest_infusion_minutes.value == 30
    assert [(b.above_mg_per_kg, b.effect) for b in found.dose_bands] == [
        (0.5, "warn"),
        (0.75, "second_prescriber"),
        (1.0, "block"),
    ]


def test_observations_are_planned_by_the_minute():
    assert protocol(STANDARD).observation_minutes == (-15, 0, 10, 20, 30, 40, 55, 70, 100)
    assert protocol(STANDARD).observation_late_after_minutes == 3


def test_every_row_of_the_limits_table_is_an_alarm():
    pressure = {("systolic", "value"): 0, ("diastolic", "value"): 0}
    assert limits("pressure-before-raised") == dict(zip(pressure, (140, 90), strict=True))
    assert limits("pressure-before-too-high") == dict(zip(pressure, (160, 100), strict=True))
    assert limits("hypertension") == dict(zip(pressure, (165, 100), strict=True))
    assert limits("hypertension-severe-lasting") == dict(zip(pressure, (180, 110), strict=True))
    assert limits("hypertension-extreme") == dict(zip(pressure, (200, 120), strict=True))
    assert limits("pressure-rise") == {("systolic", "rise"): 40, ("diastolic", "rise"): 25}
    assert limits("tachycardia") == {("pulse", "value"): 120}
    assert limits("oxygen-low") == {("spo2", "value"): 94}
    assert limits("oxygen-very-low") == {("spo2", "value"): 90}
    assert limits("breathing-slow") == {("respiratory_rate", "value"): 8}
    assert limits("sedation-deep") == {("sedation", "moaas"): 3}
    assert limits("sedation-very-deep") == {("sedation", "moaas"): 1}
    assert limits("news2-single") == {("news2", "news2_single"): 3}
    assert limits("news2-urgent") == {("news2", "news2_total"): 5}
    assert limits("news2-emergency") == {("news2", "news2_total"): 7}


def test_limits_are_reached_or_passed_as_the_table_says():
    assert all(c.above is not None for c in alarm("hypertension-severe-lasting").conditions)
    assert all(c.at_least is not None for c in alarm("hypertension").conditions)
    assert alarm("oxygen-low").conditions[0].below is not None
    assert alarm("sedation-deep").conditions[0].at_most is not None
    assert (
        alarm("hypertension-severe-lasting").repeats,
        alarm("hypertension-severe-lasting").repeats_apart_seconds,
    ) == (
        2,
        300,
    )
    assert alarm("tachycardia").persists_seconds == 300


def test_the_stay_is_an_hour_escorted_and_two_alone():
    found = protocol(OXFORD)
    assert (found.stay_minutes_escorted.value, found.stay_minutes_alone.value) == (60, 120)
    assert "Oxford" in found.stay_minutes_alone.source


@pytest.mark.parametrize("found", protocol_versions(), ids=lambda p: f"{p.id}-{p.version}")
def test_every_number_of_a_protocol_has_unit_source_edition_and_evidence(found):
    assert len(found.figures) == 17
    for name, one in found.figures.items():
        assert one.unit.strip(), name
        assert one.source.strip(), name
        assert one.edition.strip(), name
        assert one.evidence in EVIDENCE, name
    for row in (*found.dose_bands, *found.checks_before, *found.alarms, *found.leaving):
        assert row.source.strip()
        assert row.evidence in EVIDENCE


def test_an_unknown_protocol_or_version_names_what_there_is():
    with pytest.raises(KeyError, match=r"no protocol 'iv'.*iv-racemic-oxford-weekly, iv-racemic-standard"):
        protocol("iv")
    with pytest.raises(KeyError, match=r"no version '99'\. There is: 1"):
        protocol(STANDARD, "99")


def test_the_digest_depends_on_content_alone():
    tables = tables_of()
    assert digest_of(dict(reversed(tables.items()))) == protocol(STANDARD).digest
    tables["infusion_minutes"] = {**tables["infusion_minutes"], "value": 41}
    assert digest_of(tables) != protocol(STANDARD).digest


def test_a_version_once_published_is_never_edited():
    assert {(found.id, found.version): found.digest for found in protocol_versions()} == DIGESTS


def test_a_change_of_the_shared_file_changes_the_digest_of_both():
    shared = (FOLDER / "shared" / "iv-racemic.v1.toml").read_text()
    assert "dose_mg_per_kg" in shared
    assert protocol(STANDARD).digest != protocol(OXFORD).digest
    assert tables_of(STANDARD)["alarms"] == tables_of(OXFORD)["alarms"]


def test_a_number_without_a_source_is_refused():
    tables = tables_of()
    del tables["sessions"]["source"]
    with pytest.raises(GuidanceError, match=r"demo \[sessions\]: missing source"):
        parse_protocol(tables, where="demo")


def test_an_alarm_with_two_limits_in_one_condition_is_refused():
    tables = tables_of()
    tables["alarms"][0]["conditions"] = [{"parameter": "pulse", "above": 1, "below": 2}]
    with pytest.raises(GuidanceError, match=r"pressure-before-raised.*exactly one of above, at_least, below, at_most"):
        parse_protocol(tables, where="demo")


def test_an_unknown_phase_or_priority_is_refused():
    tables = tables_of()
    tables["alarms"][0]["phase"] = "during"
    with pytest.raises(GuidanceError, match="phase is 'during', but must be one of 'before', 'infusion'"):
        parse_protocol(tables, where="demo")


def test_a_misspelt_setting_is_refused_rather_than_ignored():
    tables = tables_of() | {"max_dose": 5}
    with pytest.raises(GuidanceError, match="unknown max_dose"):
        parse_protocol(tables, where="demo")


def test_two_alarms_of_one_name_are_refused():
    tables = tables_of()
    tables["alarms"].append(tables["alarms"][0])
    with pytest.raises(GuidanceError, match="pressure-before-raised stands there twice"):
        parse_protocol(tables, where="demo")
