"""What `glimmer protocol check` finds: each fault planted in a sound protocol is named, and a sound one has none."""

import copy

import pytest

from glimmer.care.plan import judge_dose
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


def limit(rule_id, **condition):
    """Put another limit in the place of the first condition of an alarm."""

    def change(tables):
        row = next(row for row in tables["alarms"] if row["id"] == rule_id)
        row["conditions"] = [condition]

    return change


def row_of(part, row_id, **parts):
    def change(tables):
        next(row for row in tables[part] if row["id"] == row_id).update(parts)

    return change


def all_limits(parameter, **condition):
    """Put one limit in the place of every one on a parameter while the drug is given, on that side."""

    def change(tables):
        side = {"above", "at_least"} if {"above", "at_least"} & set(condition) else {"below", "at_most"}
        for row in tables["alarms"]:
            for one in row["conditions"]:
                plain = one.get("measure", "value") in ("value", "moaas", "news2_total", "news2_single")
                if one["parameter"] == parameter and row.get("phase") != "before" and plain and side & set(one):
                    for name in side:
                        one.pop(name, None)
                    one.update(condition)

    return change


@pytest.mark.parametrize(
    ("protocol_id", "change", "says"),
    [
        # Limits that are there, and are none
        (STANDARD, all_limits("spo2", below=86), "No high alarm on spo2 low comes by 90"),
        (STANDARD, all_limits("respiratory_rate", at_most=6), "No high alarm on respiratory_rate low comes by 8"),
        (STANDARD, all_limits("systolic", above=209), "No high alarm on systolic high comes by 200"),
        (STANDARD, all_limits("sedation", at_most=0), "No high alarm on sedation low comes by 1"),
        (STANDARD, row_of("alarms", "oxygen-very-low", priority="low"), "No high alarm on spo2 low comes by 90"),
        (STANDARD, row_of("alarms", "oxygen-very-low", persists_seconds=900), "No high alarm on spo2 low comes by 90"),
        (STANDARD, row_of("alarms", "pulse-very-fast", priority="low"), "No medium alarm on pulse high comes by 131"),
        (
            STANDARD,
            limit("pressure-before-too-high", parameter="systolic", at_least=250),
            "start is not stopped by systolic of 160",
        ),
        (STANDARD, row_of("alarms", "oxygen-very-low", escalate_after_seconds=0), "oxygen-very-low calls nobody"),
        (STANDARD, row_of("alarms", "oxygen-very-low", latches=False), "oxygen-very-low clears by itself"),
        # Questions that any answer passes, or nobody is asked
        (STANDARD, row_of("checks_before", "consent", wanted="either"), "consent lets pass whoever answers no"),
        (STANDARD, row_of("checks_before", "identity", wanted="no"), "identity lets pass whoever answers no"),
        (
            STANDARD,
            row_of("checks_before", "consent", only_if="pregnancy_possible"),
            "consent is not asked of everybody",
        ),
        (
            STANDARD,
            row_of("checks_before", "blood_pressure", measured=""),
            "blood_pressure is not answered by what was",
        ),
        (STANDARD, row_of("leaving", "awake", measured=""), "awake is not answered by what was measured"),
        (STANDARD, row_of("leaving", "awake", overridable=True), "awake can be overridden"),
        (STANDARD, row_of("leaving", "way_home", overridable=True), "way_home can be overridden"),
        (STANDARD, without("checks_before", "capacity_weighs"), "does not ask about capacity_weighs"),
        (STANDARD, row_of("checks_before", "capacity_weighs", overridable=True), "capacity_weighs can be overridden"),
        # Another way of giving than the route
        (SKIN, lambda tables: tables.update(route="Intravenous infusion"), "is given by infusion, not by injection"),
        (SKIN, lambda tables: tables.update(route="By mouth (oral)"), "is given by swallowed, not by injection"),
        (STANDARD, lambda tables: tables.update(drug="Esketamine"), "no cap on Esketamine by this route"),
        (NASAL, lambda tables: tables.update(drug="Ketamine (racemic)"), "no cap on Ketamine (racemic) by this route"),
        # Strengths and dilution
        (STANDARD, put("must_dilute_at_or_above_mg_per_ml", value=1000), "must be diluted from 100 mg/mL on"),
        (STANDARD, put("vial_concentrations_mg_per_ml", value=[10, 500]), "500 mg/mL is no strength"),
        (STANDARD, put("vial_concentrations_mg_per_ml", value=[10, -50]), "-50 mg/mL is no strength"),
        (NASAL, put("container_ml", value=2), "28 mg in 2 mL is 14 mg/mL"),
        # Times below zero, and too short to be meant
        (STANDARD, put("stay_minutes_escorted", value=5), "stays 5 minutes with an escort; at least 60"),
        (STANDARD, put("stay_minutes_alone", value=60), "stays 60 minutes alone; at least 120"),
        (STANDARD, put("shortest_days_between", value=-3), "shortest_days_between] is -3"),
        (STANDARD, put("shortest_days_between", value=0), "shortest_days_between] is 0"),
        (STANDARD, put("days_between", value=[3, 400]), "400 days lie between"),
        (STANDARD, put("review_after_sessions", value=-1), "review_after_sessions] is -1"),
        (STANDARD, put("review_after_sessions", value=7), "only after 7 sessions, and there are 6"),
        (STANDARD, put("sessions", value=600), "600 sessions are planned; at most 24"),
        (STANDARD, put("sessions", value=2.5), "sessions] is 2.5"),
        (STANDARD, put("observation_late_after_minutes", value=-3), "observation_late_after_minutes] is -3"),
        (STANDARD, put("observation_minutes", value=[-600, 10, 20, 30, 40, 55, 70, 100]), "round of minute -600"),
        (STANDARD, put("chair_minutes", value=130.5), "chair_minutes] is 130.5"),
        (STANDARD, put("staff_minutes", value={"nurse": -5, "psychiatrist": 30}), "staff_minutes] for nurse is -5"),
        (STANDARD, put("staff_minutes", value={"nurse": 150, "wizard": 30}), "no role named wizard"),
        (
            STANDARD,
            put("signal_lost_after_end_seconds", value={"spo2": 36000}),
            "[signal_lost_after_end_seconds] must say for spo2 at most 600 s",
        ),
        (NASAL, put("minutes_between_steps", value=-5), "minutes_between_steps] is -5"),
    ],
)
def test_a_limit_that_is_none_is_found(protocol_id, change, says):
    wrong = found_after(protocol_id, change)
    assert any(says in sentence for sentence in wrong), wrong


@pytest.mark.parametrize(
    ("protocol_id", "bands", "says"),
    [
        (STANDARD, {"effect": "second_prescriber"}, "needs a second prescriber above 0.75 mg/kg"),
        (NASAL, {"first_session_only": True}, "first session blocks no dose above 56 mg"),
        (NASAL, {"from_age": 65}, "first session blocks no dose above 28 mg from the age of 65"),
    ],
)
def test_guard_rail_that_the_route_needs_is_missed(protocol_id, bands, says):
    def change(tables):
        ((name, value),) = bands.items()
        tables["dose_bands"] = [row for row in tables["dose_bands"] if row.get(name) != value]

    wrong = found_after(protocol_id, change)
    assert any(says in sentence for sentence in wrong), wrong


def test_own_dose_is_not_blocked_by_the_protocols_own_guard_rail():
    def change(tables):
        next(row for row in tables["dose_bands"] if row["effect"] == "block")["above_mg_per_kg"] = 0.4

    assert any("own dose, 0.5 mg/kg, is blocked" in sentence for sentence in found_after(STANDARD, change))


def test_whoever_begins_with_maintenance_is_held_to_the_first_dose_all_the_same():
    """Spravato EU leaflet: day 1 is 56 mg, from the age of 65 on 28 mg, whatever the plan is called."""
    found = protocol("intranasal-esketamine-maintenance")
    assert not judge_dose(found, 84, 0, session_number=1, has_second_prescriber=True, age=40).allowed
    assert not judge_dose(found, 56, 0, session_number=1, has_second_prescriber=True, age=65).allowed
    assert judge_dose(found, 28, 0, session_number=1, has_second_prescriber=True, age=65).allowed
    assert judge_dose(found, 84, 0, session_number=13, has_second_prescriber=True, age=70).allowed


def test_what_no_source_carries_is_listed_for_a_signature():
    listed = examine_protocol(protocol(NASAL)).to_sign
    assert any("[container_ml] memory" in line for line in listed)
    assert not any("[dose_mg]" in line for line in listed)
