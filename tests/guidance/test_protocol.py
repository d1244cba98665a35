"""The protocols: what they state, where it comes from, and that they stay as they were."""

from importlib import import_module

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
    ("im-racemic-test", "1"): "04455dabaf7697b0d4adad03abdb940bdd3f9c8e78b234bdf07379905c1efb31",
    ("intranasal-esketamine", "1"): "612fb1514dc63585ae82757f6bc547b33b0a6dfd019984c168bdf25995d76347",
    ("intranasal-esketamine-maintenance", "1"): "59fb4fd224f7cf9959f0abdd424c6c5f299bb795a320f6c71a1b83c7dfc5ea0f",
    ("intranasal-esketamine-maintenance", "2"): "6f83b542d225846668e3f330e38efe50b44e800c0c4804b3f9179c1a6c25634d",
    ("iv-racemic-higher", "1"): "03b08e6de9a243e4c6d757a246a3abf09ca6bab11a37f423fec873f3e6d09811",
    ("iv-racemic-maintenance", "1"): "9d78cb90fd425fc154e9e7fed7ea2d76e97be16d80520758bac9c6e02e4ca089",
    ("iv-racemic-oxford-weekly", "1"): "c1a01db25919aa498dab2fd79e2746d63455bf772d5971debfd012070928fefd",
    ("iv-racemic-oxford-weekly", "2"): "89ba8262b499aadd3f7a05c56337273d8cde4cfd84edc6f4184b79cdb3caf403",
    ("iv-racemic-oxford-weekly", "3"): "7ec1557953ca5386e3f703a7ef110b4ec70422a6d01397408d71c995e7febb91",
    ("iv-racemic-slow", "1"): "ac31a3c014a0da829c0d9849d66bd7292e2f4cfc90eb64144115880f9402ad3d",
    ("iv-racemic-standard", "1"): "d72b130ddfa962dff32aedf0aa41a693575caeb93a4cc58e0fcd1a2975a03f5a",
    ("iv-racemic-standard", "2"): "890d9bf3311f93314f63fa450afd1e8dc7f4a33b71e914bd00c7617a450fa3a4",
    ("iv-racemic-standard", "3"): "4f7d206f7c4ae05e807b7c19812f77e3ec912676e2e3a8efeb732625f56ed486",
    ("iv-racemic-urgent-single", "1"): "925394771166a8373e86e1f79542e98cacc918ba8c10e88fc036299360dcd20e",
    ("oral-racemic-maintenance", "1"): "d708717ecf175fb62ba53ac49cc04b9b2930679e51aa4f5cdc516734cbc5cffa",
    ("sc-racemic-step-up", "1"): "5f363759020b6c97ce3116d53b103eebdb3aee78498d565f2a3df9cb4142b30c",
}


def tables_of(protocol_id: str = STANDARD, version: str = "3"):
    return read_protocol_tables(FOLDER / f"{protocol_id}.v{version}.toml")


def alarm(rule_id: str):
    return next(rule for rule in protocol(STANDARD).alarms if rule.id == rule_id)


def limits(rule_id: str):
    return {
        (c.parameter, c.measure): next(v for v in (c.above, c.at_least, c.below, c.at_most) if v is not None)
        for c in alarm(rule_id).conditions
    }


# The rows of the clinical facts' table of protocols, as its sources give them: dose, unit, sessions, days between.
ROWS = {
    STANDARD: (0.5, "mg/kg", 6, (3, 4)),
    OXFORD: (0.5, "mg/kg", 3, (7,)),
    "iv-racemic-higher": (0.75, "mg/kg", 1, (7,)),
    "iv-racemic-slow": (0.5, "mg/kg", 6, (3, 4)),
    "iv-racemic-maintenance": (0.5, "mg/kg", 12, (7, 7, 7, 7, 14, 14, 14, 14, 28, 28, 28)),
    "iv-racemic-urgent-single": (0.5, "mg/kg", 1, (7,)),
    "sc-racemic-step-up": (0.5, "mg/kg", 8, (3, 4)),
    "im-racemic-test": (0.5, "mg/kg", 1, (7,)),
    "oral-racemic-maintenance": (50, "mg", 4, (3,)),
    "intranasal-esketamine": (56, "mg", 12, (3, 4, 3, 4, 3, 4, 3, 7, 7, 7, 7)),
    "intranasal-esketamine-maintenance": (56, "mg", 12, (14,)),
}


def test_every_row_of_the_facts_is_a_protocol_with_its_course():
    found = {p.id: (p.dose.value, p.dose.unit, p.sessions.value, p.days_between.value) for p in protocols()}
    assert found == ROWS


def test_each_way_of_giving_brings_its_own_rules():
    nasal, skin, vein = protocol("intranasal-esketamine"), protocol("sc-racemic-step-up"), protocol(STANDARD)
    assert (nasal.dose_steps.value, nasal.container_mg.value, nasal.minutes_between_steps.value) == (
        (28, 56, 84),
        28,
        5,
    )
    assert {"food", "fluid", "nasal_spray"} <= {check.id for check in nasal.checks_before}
    assert next(check for check in nasal.checks_before if check.id == "food").asks == "Nothing was eaten for 2 hours"
    assert (40 in nasal.observation_minutes, nasal.stay_minutes_alone.value) == (True, 120)
    assert skin.dose_steps.value == (0.5, 0.6, 0.75, 0.9)
    assert [p.given_by.id for p in (nasal, skin, vein)] == ["sprays", "injection", "infusion"]
    assert not [rule.id for rule in nasal.built_in if rule.id.startswith("pump")]
    assert "cannula_out" not in {check.id for check in skin.leaving}


def test_a_nasal_dose_is_counted_in_devices_five_minutes_apart():
    nasal = protocol("intranasal-esketamine")
    assert [(nasal.steps_for(dose), nasal.minutes_for(dose)) for dose in (28, 56, 84)] == [(1, 0), (2, 5), (3, 10)]
    assert (protocol(STANDARD).steps_for(35), protocol(STANDARD).minutes_for(35)) == (1, 40)


def test_an_added_check_takes_the_place_of_the_one_with_its_id_or_follows():
    urgent, standard = protocol("iv-racemic-urgent-single"), protocol(STANDARD)
    ids = [check.id for check in standard.checks_before]
    assert [check.id for check in urgent.checks_before] == [*ids, "safety_plan", "care_after", "place_of_care"]
    mine, shared = (next(c for c in p.checks_before if c.id == "suicidality") for p in (urgent, standard))
    assert (mine.overridable, shared.overridable) == (False, True)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"administration": "inhaled"}, "administration is 'inhaled', but must be one of 'infusion'"),
        ({"dose_mg": {"value": 35}}, "demo .dose_mg.: missing unit"),
        ({"container_mg": {}}, "demo .container_mg.: missing value"),
        ({"administration": "sprays"}, "given as sprays, it must not hold .infusion_minutes."),
    ],
)
def test_a_way_of_giving_that_contradicts_itself_is_refused(change, says):
    with pytest.raises(GuidanceError, match=says):
        parse_protocol(tables_of() | change, where="demo")


def test_a_dose_by_weight_and_a_fixed_one_cannot_both_be_stated():
    tables = tables_of()
    tables["dose_mg"] = {**tables["dose_mg_per_kg"], "unit": "mg"}
    with pytest.raises(GuidanceError, match=r"exactly one of .dose_mg_per_kg. and .dose_mg."):
        parse_protocol(tables, where="demo")


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
        270,
    )
    assert alarm("tachycardia").persists_seconds == 300


def test_the_stay_is_an_hour_escorted_and_two_alone():
    found = protocol(OXFORD)
    assert (found.stay_minutes_escorted.value, found.stay_minutes_alone.value) == (60, 120)
    assert "Oxford" in found.stay_minutes_alone.source


@pytest.mark.parametrize("found", protocol_versions(), ids=lambda p: f"{p.id}-{p.version}")
def test_every_number_of_a_protocol_has_unit_source_edition_and_evidence(found):
    assert len(found.figures) >= 15
    for name, one in found.figures.items():
        assert one.unit.strip(), name
        assert one.source.strip(), name
        assert one.edition.strip(), name
        assert one.evidence in EVIDENCE, name
    rows = (*found.dose_bands, *found.checks_before, *found.alarms, *found.leaving)
    for row in (*rows, *found.escalation, *found.built_in, *found.artefacts):
        assert row.source.strip()
        assert row.evidence in EVIDENCE


def test_an_unknown_protocol_or_version_names_what_there_is(monkeypatch):
    # No clinic with a database stands behind this.
    monkeypatch.setattr(import_module("glimmer.guidance.protocol"), "_source", tuple)
    with pytest.raises(
        KeyError, match=r"no protocol 'iv'.*iv-racemic-oxford-weekly, iv-racemic-slow, iv-racemic-standard"
    ):
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


CAPACITY = {f"capacity_{element}" for element in ("understands", "retains", "weighs", "communicates")}


@pytest.mark.parametrize("found", protocols(), ids=lambda one: one.id)
def test_capacity_is_asked_element_by_element_before_every_session_and_nobody_overrides_it(found):
    # Mental Capacity Act 2005, section 3; asked again at each session: clinical facts, section 9.
    asked = {check.id: check for check in found.checks_before}
    assert set(asked) >= CAPACITY | {"consent"}
    assert not [name for name in CAPACITY | {"consent"} if asked[name].overridable]
    assert all(asked[name].wanted == "yes" and not asked[name].only_if for name in CAPACITY | {"consent"})
