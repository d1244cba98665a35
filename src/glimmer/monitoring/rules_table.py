"""Every alarm of one protocol as a table that a clinician can sign: what, when, how urgent, what to do, from where."""

from collections.abc import Sequence

from glimmer.care.session.conditions import limit_in_words, limit_of
from glimmer.guidance.alarm_rules import AlarmRule, BuiltInRule, Condition
from glimmer.guidance.protocol import Protocol
from glimmer.vocabulary.parameters import FORMS, Parameter

HEAD = ("Rule", "When", "For", "Priority", "What to do", "Nobody takes charge", "Stays until taken", "Source")
WORDS = {"moaas": "MOAA/S", "news2_total": "NEWS2", "news2_single": "one NEWS2 parameter"}
PHASES = {"before": "before the start, ", "infusion": "during the infusion, ", "after": "after the infusion, "}
MARKS = {"source": "", "memory": " (from memory)", "proposal": " (proposal)"}


def rules_table(protocol: Protocol) -> str:
    """Return the alarms, the ladder and the artefacts of a protocol as Markdown."""
    rules: Sequence[AlarmRule | BuiltInRule] = (*protocol.alarms, *protocol.built_in)
    parts = [_table(HEAD, [_row(rule) for rule in rules])]
    if protocol.escalation:
        rungs = [(str(one.rung), one.to, _source(one.source, one.evidence)) for one in protocol.escalation]
        parts.append(_table(("Rung", "Who is called", "Source"), rungs))
    if protocol.artefacts:
        rows = [
            (one.id, one.when, one.says, f"{one.delays_at_most_seconds} s", _source(one.source, one.evidence))
            for one in protocol.artefacts
        ]
        parts.append(_table(("Artefact", "When", "Said", "Delays an alarm by at most", "Source"), rows))
    return "\n".join(parts)


def _row(rule: AlarmRule | BuiltInRule) -> tuple[str, ...]:
    when = rule.when if isinstance(rule, BuiltInRule) else _when(rule)
    lasts = f"{rule.persists_seconds} s" if rule.persists_seconds else "at once"
    if isinstance(rule, AlarmRule) and rule.breaks_under_seconds:
        lasts += f", breaks under {rule.breaks_under_seconds} s aside"
    if isinstance(rule, AlarmRule) and rule.repeats > 1:
        lasts = f"{rule.repeats} readings, {rule.repeats_apart_seconds} s from first to last"
    every = rule.escalate_after_seconds
    climbs = f"rung {rule.first_rung} after {every} s, then each next" if every else "no call"
    stays = "yes" if rule.latches else "no, clears by itself"
    return (rule.id, when, lasts, rule.priority, rule.action, climbs, stays, _source(rule.source, rule.evidence))


def _when(rule: AlarmRule) -> str:
    conditions = [_condition(one) for one in rule.conditions]
    when = PHASES.get(rule.phase, "") + " or ".join(conditions)
    return when[0].upper() + when[1:]


def _condition(one: Condition) -> str:
    if one.measure in WORDS:
        return f"{WORDS[one.measure]} {limit_in_words(one)}"
    form = FORMS[Parameter(one.parameter)]
    name = form.name[0].lower() + form.name[1:]
    if one.measure == "change":
        verb = "falls" if one.is_fall else "rises"
        size = abs(limit_of(one))
        return f"{name} {verb} by {size:g} {form.shown_unit} or more within {one.within_seconds} s"
    risen = " risen over the patient's own baseline by" if one.measure == "rise" else ""
    return f"{name}{risen} {limit_in_words(one)} {form.shown_unit}"


def _source(source: str, evidence: str) -> str:
    return source + ("" if "proposal" in source and evidence == "proposal" else MARKS[evidence])


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
