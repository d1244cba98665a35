"""The built-in rules that make an alarm of an artefact, as rules of a track."""

from glimmer.guidance.alarm_rules import AlarmRule, Condition
from glimmer.guidance.protocol import Protocol
from glimmer.monitoring.stream import PRESSURE
from glimmer.vocabulary.parameters import Parameter

IN_GROUP = {"probe_off": Parameter.SPO2.value, "cuff_doubtful": PRESSURE, "line_flush": PRESSURE}


def artefact_rules(protocol: Protocol) -> list[tuple[AlarmRule, str]]:
    """Return the protocol's rules on artefacts, each with the group of readings that it is judged on."""
    return [
        (
            AlarmRule(
                one.id,
                one.priority,
                # No limit is compared: `ArtefactTrack` asks the sieve. A condition names what is concerned.
                (Condition(IN_GROUP[one.id], above=0),),
                one.says,
                one.action,
                one.source,
                one.evidence,
                persists_seconds=one.persists_seconds,
            ),
            IN_GROUP[one.id],
        )
        for one in protocol.built_in
        if one.id in IN_GROUP
    ]
