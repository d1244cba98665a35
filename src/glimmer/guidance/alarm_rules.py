"""The rows of a protocol that say when the bedside calls, how loudly, whom next, and what is not used for it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from glimmer.guidance.figures import GuidanceError
from glimmer.guidance.rows import as_row, one_of

PRIORITIES = ("high", "medium", "low")
PHASES = ("before", "infusion", "after", "any")
MEASURES = ("value", "rise", "change", "moaas", "news2_total", "news2_single")
LIMITS = ("above", "at_least", "below", "at_most")
ARTEFACTS = ("probe_off", "cuff_repeat", "cuff_doubtful", "line_flush")


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison of an alarm rule.

    `measure` is "value" (the reading), "rise" (reading minus this patient's baseline), "change" (reading minus the
    lowest, or where the limit is a fall the highest, value of the same probe in the `within_seconds` before it),
    "moaas" (`parameter` is then "sedation"), "news2_total" or "news2_single" (the most points that any one
    parameter scored; `parameter` is "news2" for both); the condition holds when the measure is above
    `above` (>), at least `at_least`, below `below` (<) or at most `at_most`; exactly one is set.
    """

    parameter: str
    measure: str = "value"
    above: float | None = None
    at_least: float | None = None
    below: float | None = None
    at_most: float | None = None
    within_seconds: int = 0

    @property
    def is_fall(self) -> bool:
        """True when the limit lies on the low side."""
        return self.below is not None or self.at_most is not None


@dataclass(frozen=True, slots=True)
class AlarmRule:
    """One alarm of the protocol: raised when any of `conditions` holds for long enough.

    `persists_seconds`: the condition must hold for this long (0: at once). A break shorter than `breaks_under_seconds`
    is none: a probe that moves shows a normal value now and then (0: each normal value is a break).
    `repeats`: that many readings in a row, at least `repeats_apart_seconds` from first to last.
    `phase`: "before", "infusion", "after" or "any". `says` and `action` are words for the nurse;
    `says` may hold {value} and {limit}. `latches`: it stays until a named person took charge of it; one that does
    not clears by itself when its cause is over. `escalate_after_seconds`: the time that each rung of the protocol's
    ladder has to take charge before the next is called, from `first_rung` on (0: never escalates).
    """

    id: str
    priority: str
    conditions: tuple[Condition, ...]
    says: str
    action: str
    source: str
    evidence: str
    persists_seconds: int = 0
    breaks_under_seconds: int = 0
    repeats: int = 1
    repeats_apart_seconds: int = 0
    phase: str = "any"
    latches: bool = True
    escalate_after_seconds: int = 0
    first_rung: int = 1


@dataclass(frozen=True, slots=True)
class BuiltInRule:
    """How one of the rules that need more than a limit behaves: lost signal, overdue round, pump, device, identity.

    `id` is the rule's name in the engine and `when` says in words what it looks for. `says` may hold {value},
    {limit} and {planned}. `latches`, `escalate_after_seconds` and `first_rung` are as in an AlarmRule. A rule that a
    protocol does not list is not judged in its sessions.
    """

    id: str
    when: str
    priority: str
    says: str
    action: str
    source: str
    evidence: str
    persists_seconds: int = 0
    latches: bool = True
    escalate_after_seconds: int = 0
    first_rung: int = 1


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of the ladder: who is called when nobody took charge. `to` in words; `roles` may take charge."""

    id: str
    rung: int
    to: str
    roles: tuple[str, ...]
    source: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Artefact:
    """One class of values that alarms do not use, or not at once. `when` and `says` in words.

    `delays_at_most_seconds` is the most by which a true danger that looks like it can be alarmed later.
    """

    id: str
    when: str
    says: str
    delays_at_most_seconds: int
    source: str
    evidence: str


def alarm_row(table: Mapping[str, Any], where: str) -> AlarmRule:
    """Return one `[[alarms]]` table as a rule; raise GuidanceError saying what is wrong."""
    conditions = tuple(_condition(one, where) for one in table.get("conditions", ()))
    found = as_row(AlarmRule, {**table, "conditions": conditions}, where)
    if not conditions:
        raise GuidanceError(f"{where}: an alarm needs at least one condition.")
    one_of(found.priority, PRIORITIES, f"{where}: priority")
    one_of(found.phase, PHASES, f"{where}: phase")
    return found


def built_in_row(table: Mapping[str, Any], where: str) -> BuiltInRule:
    """Return one `[[built_in]]` table as a rule; raise GuidanceError saying what is wrong."""
    found = as_row(BuiltInRule, table, where)
    one_of(found.priority, PRIORITIES, f"{where}: priority")
    return found


def rung_row(table: Mapping[str, Any], where: str) -> Rung:
    """Return one `[[escalation]]` table as a rung; raise GuidanceError saying what is wrong."""
    found = as_row(Rung, table, where)
    if not found.roles:
        raise GuidanceError(f"{where}: a rung needs the roles that it calls.")
    return found


def artefact_row(table: Mapping[str, Any], where: str) -> Artefact:
    """Return one `[[artefacts]]` table; raise GuidanceError saying what is wrong."""
    found = as_row(Artefact, table, where)
    one_of(found.id, ARTEFACTS, f"{where}: id")
    return found


def check_ladder(rungs: Sequence[Rung], rules: Iterable[AlarmRule | BuiltInRule], where: str) -> None:
    """Raise GuidanceError unless rungs count from 1 and each rule that escalates begins on one of them."""
    if [rung.rung for rung in rungs] != list(range(1, len(rungs) + 1)):
        raise GuidanceError(f"{where} [[escalation]]: rungs must count 1, 2, 3 from the first on.")
    for rule in rules:
        if rule.escalate_after_seconds and not 1 <= rule.first_rung <= len(rungs):
            raise GuidanceError(f"{where} {rule.id}: first_rung {rule.first_rung} is not on the ladder.")


def _condition(table: Mapping[str, Any], where: str) -> Condition:
    if unknown := sorted(set(table) - {"parameter", "measure", "within_seconds", *LIMITS}):
        raise GuidanceError(f"{where}: a condition holds unknown {', '.join(unknown)}.")
    if "parameter" not in table or len(set(table) & set(LIMITS)) != 1:
        raise GuidanceError(f"{where}: a condition needs a parameter and exactly one of {', '.join(LIMITS)}.")
    found = Condition(**table)
    one_of(found.measure, MEASURES, f"{where}: measure")
    if (found.measure == "change") != (found.within_seconds > 0):
        raise GuidanceError(f"{where}: within_seconds belongs to the measure 'change', and to no other.")
    return found
