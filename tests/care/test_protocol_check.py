"""What `glimmer protocol check` finds: each fault planted in a sound protocol is named, and a sound one has none."""

import copy

import pytest

from glimmer.care.protocol_check import examine_protocol
from glimmer.guidance import protocol, protocols
from glimmer.guidance.protocol import parse_protocol, protocol_tables

STANDARD, NASAL, SKIN = "iv-racemic-standard", "intranasal-esketamine", "sc-racemic-step-up"


def found_after(protocol_id, change):
    """Return what is wrong with a protocol in which `change` planted a fault."""
    tables = copy.deepcopy(protocol_tables(protocol_id, protocol(protocol_id).version))
    change(tables)
    return examine_protocol(parse_protocol(tables, where="demo")).wrong


def put(name, **parts):
    def change(tables):
        tables[name] = {**tables[name], **parts}

    return change


def without(name, *ids):
    def change(tables):
        tables[name] = [row for row in tables[name] if row.get("id") not in ids]

    return change


@pytest.mark.parametrize("found", protocols(), ids=lambda p: p.id)
def test_the_newest_version_of_every_protocol_is_sound(found):
    assert examine_protocol(found).wrong == ()


def test_the_first_version_is_known_to_lack_limits():
    wrong = " ".join(examine_protocol(protocol(STANDARD, "1")).wrong)
    assert "no limit on systolic low" in wrong
    assert "Nobody is called" in wrong


@pytest.mark.parametrize(
    ("protocol_id", "change", "says"),
    [
        (STANDARD, put("infusion_minutes", unit="s"), "[infusion_minutes] is given in 's', but must be in min"),
        (STANDARD, put("infusion_minutes", value=2400), "takes 2400 minutes"),
        (STANDARD, put("infusion_minutes", value="40"), "must be a number"),
        (STANDARD, put("dose_mg_per_kg", value=35), "at most the cap of 1 mg/kg"),
        (STANDARD, put("dose_mg_per_kg", unit="mg"), "must be in mg/kg"),
        (STANDARD, put("shortest_infusion_minutes", value=2), "none may run in less than 30"),
        (
            STANDARD,
            put("observation_minutes", value=[-15, 0, 10, 40, 55, 70, 100]),
            "No observations from minute 10 to 40",
        ),
        (STANDARD, put("observation_minutes", value=[-15, 0, 10, 20, 30, 40]), "last round is at minute 40"),
        (STANDARD, put("observation_minutes", value=[10, 20, 30, 40, 55, 70, 100]), "before the start"),
        (STANDARD, put("observation_parameters", value=["spo2", "pulse"]), "systolic is not among"),
        (STANDARD, put("signal_lost_seconds", value={"spo2": 3600}), "must say for spo2 at most 120 s"),
        (STANDARD, put("stay_minutes_alone", value=30), "alone must not be shorter"),
        (STANDARD, put("vial_concentrations_mg_per_ml", value=[0.5]), "cannot be made up from any vial"),
        (
            STANDARD,
            without("alarms", "breathing-slow", "breathing-absent"),
            "no limit on respiratory_rate low (infusion)",
        ),
        (STANDARD, without("alarms", "pressure-before-too-high"), "stops a start"),
        (STANDARD, without("built_in", "pump_too_fast"), "pump_too_fast is missing"),
        (STANDARD, without("checks_before", "pregnancy"), "does not ask about pregnancy"),
        (STANDARD, without("leaving", "escorted"), "does not ask about escorted"),
        (STANDARD, without("dose_bands", None), "No guard rail blocks"),
        (NASAL, put("dose_steps", value=[28, 56, 112]), "The dose 112 mg must be"),
        (NASAL, put("dose_steps", value=[28, 50, 56, 84]), "50 mg cannot be made up"),
        (NASAL, put("container_ml", unit="L"), "must be in mL"),
        (SKIN, put("dose_steps", value=[0.9, 0.5]), "do not rise"),
        (SKIN, put("observation_minutes", value=[-15, 30, 60, 90, 120]), "No observations from minute 0 to 30"),
    ],
)
def test_a_planted_fault_is_found(protocol_id, change, says):
    def planted(tables):
        change(tables)
        if says == "No guard rail blocks":
            tables["dose_bands"] = [
                row for row in protocol_tables(STANDARD, "2")["dose_bands"] if row["effect"] == "warn"
            ]

    wrong = found_after(protocol_id, planted)
    assert any(says in sentence for sentence in wrong), wrong


def test_a_route_without_a_cap_is_no_protocol():
    def change(tables):
        tables["route"] = "Rectal"

    assert any("no cap in mg/kg for the route 'Rectal'" in sentence for sentence in found_after(STANDARD, change))


def test_what_nobody_may_override_cannot_be_made_overridable():
    def change(tables):
        next(row for row in tables["checks_before"] if row["id"] == "consent")["overridable"] = True

    assert any("check consent can be overridden" in sentence for sentence in found_after(STANDARD, change))


def test_what_no_source_carries_is_listed_for_a_signature():
    listed = examine_protocol(protocol(NASAL)).to_sign
    assert any("[container_ml] memory" in line for line in listed)
    assert not any("[dose_mg]" in line for line in listed)
