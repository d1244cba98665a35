"""The controlled drug of one session, as its log tells: what was taken out, put back, and what became of the rest."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from glimmer.care.session.events import DrugAccounted, DrugPutBack, DrugTaken, InfusionPrepared
from glimmer.care.session.log import SessionLog
from glimmer.care.session.manner import manner_of
from glimmer.guidance import figure
from glimmer.vocabulary.parameters import Parameter
from glimmer.vocabulary.verdict import Verdict

PER_CENT = 100


@dataclass(frozen=True, slots=True)
class Out:
    """One taking, and how many of its containers are still out of the cupboard."""

    what: DrugTaken
    containers: int

    @property
    def ml(self) -> float:
        """What these containers hold, in mL."""
        return self.containers * self.what.container_ml


@dataclass(frozen=True, slots=True)
class SessionDrug:
    """What is out for a session, by (page, entry); `accounted` stands while nothing was taken or put back since."""

    out: Mapping[tuple[int, int], Out]
    accounted: DrugAccounted | None = None

    @property
    def out_ml(self) -> float:
        """What all containers that are out hold, in mL."""
        return sum(one.ml for one in self.out.values())

    @property
    def is_open(self) -> bool:
        """True while something is out that nobody has accounted for."""
        return bool(self.out) and self.accounted is None


DRUG_EVENTS = (DrugTaken, DrugPutBack, DrugAccounted)


def drug_of(log: SessionLog) -> SessionDrug:
    """Return the controlled drug of a session."""
    out: dict[tuple[int, int], Out] = {}
    accounted = None
    for seq in sorted(log.events):
        what = log.events[seq].what
        if isinstance(what, DrugTaken):
            out[(what.page, what.entry)], accounted = Out(what, what.containers), None
        elif isinstance(what, DrugPutBack):
            key = (what.page, what.taken)
            out[key], accounted = replace(out[key], containers=out[key].containers - what.containers), None
        elif isinstance(what, DrugAccounted):
            accounted = what
    return SessionDrug({key: one for key, one in out.items() if one.containers}, accounted)


def drug_in_syringe(log: SessionLog) -> Verdict:
    """Say whether the syringe that counts can have been drawn from what was taken from the register."""
    what, prepared = log.course.preparation, manner_of(log).prepared
    if what is None:
        return Verdict()
    of_this = _of_the_syringe(drug_of(log).out.values(), what)
    if not of_this:
        return Verdict(
            (
                f"Nothing of batch {what.batch} at {what.vial_concentration_mg_per_ml:g} mg/mL was taken from the "
                "controlled drugs register for this session. Take it there, with a witness.",
            )
        )
    held = _ml(of_this)
    if held < Decimal(str(what.drug_volume_ml)):
        return Verdict(
            (
                f"The {prepared} holds {what.drug_volume_ml:g} mL of the drug, but only "
                f"{float(held):g} mL of batch "
                f"{what.batch} were taken from the controlled drugs register. Take the rest there, with a witness.",
            )
        )
    if all(one.what.expires_on != what.expires_on for one in of_this):
        # Not a refusal: the register's date may be the wrong one, and it cannot be changed.
        return Verdict(
            cautions=(
                f"Batch {what.batch} expires on {of_this[0].what.expires_on} by the register and on {what.expires_on} "
                f"by the {prepared}'s entry. Read the vial again: enter the {prepared} anew, or write a footnote "
                "in the register.",
            )
        )
    return Verdict()


def given_by_the_log(log: SessionLog) -> float | None:
    """Return how much undiluted drug went into the patient by the log, in mL; None where nothing was prepared.

    By what the pump showed, else by the minutes that it ran, or by the steps that were given.
    """
    course = log.course
    syringe, ended_at = course.preparation, course.ended_at
    if syringe is None:
        return None
    if course.started_at is None or ended_at is None:
        return 0.0
    if course.steps:
        return course.expected_volume_ml(ended_at)
    shown = log.latest(Parameter.VOLUME_INFUSED)
    volume = shown.reading.value if shown is not None else course.expected_volume_ml(ended_at)
    return min(volume / syringe.total_volume_ml, 1.0) * syringe.drug_volume_ml


def given_fits(log: SessionLog, given_ml: float) -> Verdict:
    """Say whether what is said to be given is what the pump gave: a dose that was stopped early was not given whole."""
    by_the_log, syringe = given_by_the_log(log), log.course.preparation
    if by_the_log is None or syringe is None:
        return Verdict()
    within = syringe.drug_volume_ml * figure("controlled", "given_within").value / PER_CENT
    if round(abs(given_ml - by_the_log), 2) <= round(within, 2):
        return Verdict()
    return Verdict(
        (
            f"{given_ml:g} mL are said to be given, but by the record {by_the_log:.2f} mL of the drug went in. Check "
            "the amount. If both of you have, and it is so, say what happened: it is written as it is and becomes an "
            "incident for the accountable officer.",
        )
    )


def may_put_back(log: SessionLog, taken: tuple[int, int], containers: int) -> Verdict:
    """Say whether so many containers of a taking can still be unopened: a started syringe was drawn from the others.

    `taken` is page and entry of the register. How many are out at all is the register's to judge.
    """
    out, what = dict(drug_of(log).out), log.course.preparation
    if log.course.started is None or what is None or taken not in out:
        return Verdict()
    out[taken] = replace(out[taken], containers=out[taken].containers - containers)
    if _ml(_of_the_syringe(out.values(), what)) >= Decimal(str(what.drug_volume_ml)):
        return Verdict()
    held = f"Entry {taken[1]} holds what is in the started {manner_of(log).prepared}"
    return Verdict((f"{held}, so not all of these can be unopened.",))


def _of_the_syringe(out: Iterable[Out], what: InfusionPrepared) -> list[Out]:
    return [
        one
        for one in out
        if one.what.batch == what.batch
        and one.what.drug == what.drug
        and one.what.strength_mg_per_ml == what.vial_concentration_mg_per_ml
    ]


def _ml(out: Iterable[Out]) -> Decimal:
    return sum((Decimal(str(one.ml)) for one in out), Decimal())
