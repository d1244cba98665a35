"""The page that `glimmer evidence capacity` prints: the answer first, then the figures, each with its interval."""

from typing import Any

from glimmer.cli.evidence_run import in_words_of


def page(answer: dict[str, Any]) -> str:
    """Return the page for people: the answer first, and each figure with the interval that holds 95 % of futures."""
    run, clinic = answer["run"], answer["clinic"]
    lines = [
        f"{clinic['name']}: {clinic['chairs']} chairs, {run['years']:g} years from {clinic['begins']}",
        answer["pathway"]["maintenance"],
        f"{run['draws']:,} futures, seed {run['seed']}, Glimmer {run['version']}; in brackets, what holds 95 % of them",
        "",
        *_wait(answer["wait"]),
        "",
        "Waiting at the end of each year, and people in care:",
    ]
    lines += [
        f"  year {row['year']:<3} {_many(row['waiting']):>22} waiting {_many(row['in care']):>24} in care"
        for row in answer["waiting list"]["at the end of year"]
    ]
    lines += ["", "A year, on average:"]
    lines += [f"  {name:24} {_many(said):>24}" for name, said in answer["per year"].items()]
    lines += [f"  {'vials a month':24} {_many(answer['vials a month']):>24}", "", "Share of their hours that is used:"]
    lines += [f"  {name:24} {_share(said):>24}" for name, said in answer["use"].items()]
    lines += [f"  {'sessions on a later day':24} {_share(answer['sessions on a later day than due']):>24}", ""]
    return "\n".join([*lines, *_long_run(answer["in the long run"]), "", *(f"- {one}" for one in answer["said"])])


def options_page(data: dict[str, Any]) -> list[str]:
    """Return the table of the clinics that were tried for `--find-staff`."""
    lines = ["Chairs  Nurses  Psychiatrists  Start in time          Keeps up for good      Both"]
    return lines + [
        f"{row['chairs']:>6}  {row['nurses']:>6}  {row['doctors']:>13}  {_share(row['within']):<21}  "
        f"{_share(row['keeps up']):<21}  "
        f"{_share(row['chance'])}{'   <- the smallest' if row is data['found'] else ''}"
        for row in data["tried"]
    ]


def table_of_change(data: dict[str, Any]) -> list[str]:
    """Return the table of two plans side by side."""
    lines = [f"{'':34} {'as it is':>22} {'after':>22} {'change':>22}"]
    for name, change in data["change"].items():
        words = (
            "{:.1%}" if "use of" in name or name in ("within target", "sessions on a later day than due") else "{:,.1f}"
        )
        cells = (data["before"][name], data["after"][name], change)
        lines.append(f"{name:34} " + " ".join(f"{in_words_of(one, words):>22}" for one in cells))
    return lines


def _wait(wait: dict[str, Any]) -> list[str]:
    share, weeks = wait["target share"], wait["target weeks"]
    if wait["within target"] is None and wait["median weeks"]["not reached"] == 0:
        return ["Nobody is referred, so nobody waits to start."]
    if wait["within target"] is None:
        return [f"The run is shorter than {weeks:g} weeks, so it cannot say who starts within them."]
    met = wait["chance that the target is met"]
    listed = wait["of today's list within target"]
    late = wait["of today's list late already"]
    return [
        f"{_share(wait['within target'])} of those referred from now on start within {weeks:g} weeks.",
        *(
            []
            if listed is None
            else [
                f"Of today's list {_share(listed)} start within {weeks:g} weeks of referral; {late} on it were late "
                "already.",
            ]
        ),
        f"The chance that {share:.0%} or more do is {_share(met)}.",
        f"Half start within {_weeks(wait['median weeks'])},",
        f"{share:.0%} within {_weeks(wait['weeks for the target share'])}.",
    ]


def _weeks(said: dict[str, Any]) -> str:
    if said["mean"] is None:
        # A mean has no end where one future has none: the middle one still says something.
        middle = "no number of" if said["middle"] is None else f"{said['middle']:.1f}"
        low = "" if said["low"] is None else f"{said['low']:.1f} in the best, and "
        return f"{middle} weeks in the middle future ({low}never in {said['not reached']:.0%} of futures)"
    return f"{in_words_of(said, '{:.1f}')} weeks"


def _many(said: dict[str, Any] | None) -> str:
    return "not known" if said is None else in_words_of(said, "{:,.0f}")


def _share(said: dict[str, Any] | None) -> str:
    return "nobody there" if said is None else in_words_of(said, "{:.0%}")


def _asked(load: dict[str, Any] | None) -> str:
    return "needed, and never there" if load is None else f"{_share(load)} of its hours"


def _long_run(said: dict[str, Any]) -> list[str]:
    lines = ["Without end, by sums that know nothing of the simulation:"]
    keeps = said["chance that it keeps up"]
    lines.append(f"  {'keeps up with demand':24} {_share(keeps):>24}")
    lines += [f"  {'asked of ' + name:24} {_asked(load):>24}" for name, load in said["load"].items()]
    wait = said["hours until a chair is free"]
    if wait is not None:
        ends = [f"{end:.2f}" if end is not None else "no end" for end in (wait["median"], wait["low"], wait["high"])]
        lines.append(
            f"  {'hours for a chair':24} {f'{ends[0]} ({ends[1]} to {ends[2]})':>24} the middle, by M/M/c halved"
        )
    return lines
