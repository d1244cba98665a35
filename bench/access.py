"""Siting: 50 clinics among 1,981 sites for 35,672 small areas with proof, one health body, and a map that is touched.

The tables of the country are read from ../shared/data/geo where they are; otherwise a made-up country of the same size
stands in, and the note says so.
"""

import os
import time
from typing import Any

import numpy as np

from bench.access_peers import NOT_INSTALLED, is_here, spopt_median
from bench.measured import ROOT, best, row
from glimmer.evidence.access.plan import Plan, evaluate
from glimmer.evidence.access.problem import Problem
from glimmer.evidence.access.solve import solve
from glimmer.evidence.access.tables import read_areas, read_sites
from glimmer.evidence.access.travel import proxy

FOLDER = ROOT.parent / "shared" / "data" / "geo"
SMALL_AREAS, AREAS, SITES, CLINICS, SHORT_PART = 35_672, 9_433, 1_981, 50, 20
AIM_S, AIM_GAP, AIM_BODY_MS, AIM_TOUCH_MS = 60, 0.002, 1000, 20
# As large as the peer solves in about a minute of a free core, and a few seconds.
PEER, SHORT_PEER = (600, 120, 10), (120, 30, 4)


def rows(*, short: bool = False) -> list[dict[str, Any]]:
    """Measure a plan of the country, the peer at its size, one health body, and one touch of a map."""
    part = SHORT_PART if short else 1
    minutes, need, note = _country("small_areas_uk", SMALL_AREAS // part, SITES // part)
    solve(Problem(minutes[:200, :60].copy(), need[:200], 3))
    began = time.perf_counter()
    plan = solve(Problem(minutes, need, max(CLINICS // part, 2)))
    took = time.perf_counter() - began
    areas, sites = minutes.shape
    work, busy = f"{len(plan.sites)} clinics, {areas:,} areas x {sites:,} sites", f"load {os.getloadavg()[0]:.1f}"
    met = took < AIM_S and plan.gap <= AIM_GAP
    return [
        row(f"{work}, with proof", took, "the aim", AIM_S, f"under {AIM_S} s, gap at most {AIM_GAP:.1%}", met,
            f"{_said(plan)}; {note}; {busy}", unit="s"),
        row("The table of minutes", minutes.nbytes / 1e6, "", None, "", None, note, unit="MB"),
        _beside_spopt(minutes, need, SHORT_PEER if short else PEER),
        *_one_body(AREAS // part),
    ]  # fmt: skip


def _beside_spopt(minutes: Any, need: Any, size: tuple[int, int, int]) -> dict[str, Any]:
    """Measure one problem that spopt can do, on every so-manieth area and site of the country."""
    areas, sites, clinics = size
    few = np.ascontiguousarray(minutes[:: len(need) // areas][:areas, :: minutes.shape[1] // sites][:, :sites])
    few = np.minimum(few, np.float32(360))
    weights = need[:: len(need) // areas][:areas]
    ours = best(lambda: solve(Problem(few, weights, clinics)), 3)
    plan = solve(Problem(few, weights, clinics))
    work = f"{clinics} clinics, {areas} areas x {sites} sites, proven"
    if not is_here():
        return row(work, ours, NOT_INSTALLED, None, "", None, _said(plan))
    solved = spopt_median(few, weights, clinics)
    began = time.perf_counter()
    theirs = solved()
    took = (time.perf_counter() - began) * 1000
    note = f"{_said(plan)}; spopt {theirs:.4f}; load {os.getloadavg()[0]:.1f}"
    return row(work, ours, "spopt with HiGHS", took, "the same optimum", abs(theirs - plan.objective) < 1e-3, note)


def _one_body(count: int) -> list[dict[str, Any]]:
    """Measure one health body, and what a set of sites amounts to for the whole country."""
    minutes, need, note = _country("areas_uk", count, SITES if count == AREAS else SITES // SHORT_PART)
    # As many areas and sites as the largest health body has, about one town.
    near = np.argsort(minutes[:, 0], kind="stable")[:400]
    around = np.argsort(minutes[near].mean(axis=0), kind="stable")[:180]
    body = Problem(np.ascontiguousarray(minutes[near][:, around]), need[near], 8)
    country = Problem(minutes, need, CLINICS)
    chosen = range(0, minutes.shape[1], max(minutes.shape[1] // CLINICS, 1))
    took, touched = best(lambda: solve(body), 3), best(lambda: evaluate(country, chosen), 10)
    work = f"8 clinics, {len(near)} areas x {len(around)} sites"
    return [
        row(work, took, "the aim", AIM_BODY_MS, f"under {AIM_BODY_MS / 1000:g} s",
            took < AIM_BODY_MS, f"{_said(solve(body))}; {note}"),
        row(f"What {len(list(chosen))} sites amount to, {count:,} areas", touched, "the aim", AIM_TOUCH_MS,
            "a few ms", touched < AIM_TOUCH_MS, note),
    ]  # fmt: skip


def _said(plan: Plan) -> str:
    return f"{plan.objective:.4f} {plan.unit}, gap {plan.gap:.4%}"


def _country(name: str, count: int, sites: int) -> tuple[Any, Any, str]:
    """Return minutes (areas, sites), need (areas,) and where they are from."""
    if not FOLDER.is_dir():
        return *_made_up(count, sites), "a made-up country"
    areas, there = read_areas(FOLDER / f"{name}.parquet"), read_sites(FOLDER / "sites_uk.csv.gz")
    if name == "small_areas_uk":
        areas = areas.part(np.isin(areas.nation, ["England", "Wales"]))
    areas, there = areas.part(_every(len(areas), count)), there.part(_every(len(there), sites))
    return proxy(areas, there).minutes, areas.adults, "real areas, minutes estimated from distance"


def _every(there: int, wanted: int) -> Any:
    return np.arange(there)[:: max(there // wanted, 1)][:wanted]


def _made_up(count: int, sites: int) -> tuple[Any, Any]:
    """Return a country of towns: people and sites lie about them, more about the larger ones."""
    chance = np.random.default_rng(8)
    towns, size = chance.uniform(0, 600, (200, 2)), chance.pareto(1.2, 200) + 1
    at = [towns[chance.choice(200, many, p=size / size.sum())] + chance.normal(0, 12, (many, 2))
          for many in (count, sites)]  # fmt: skip
    apart = np.sqrt(((at[0][:, None].astype(np.float32) - at[1][None].astype(np.float32)) ** 2).sum(axis=2))
    return (6 + apart * np.float32(1.8)).astype(np.float32), chance.integers(800, 2000, count).astype(float)
