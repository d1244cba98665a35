"""The one-page answer in plain words: which sites, who is left out, how far, how fair, and how sure that is."""

from collections.abc import Sequence
from typing import Any

from glimmer.evidence.access.breakdowns import PEOPLE
from glimmer.evidence.access.travel import PROXY_LABEL
from glimmer.guidance.access import access_figure, health_bodies

# How many struck sites, health bodies and places of a nation a page names; all of them are in the JSON and the CSV.
NAMED, WORST_BODIES, NAMED_IN_NATION = 10, 5, 4
WIDTH = 78
HOUR = "60"
BODY = "health body"
WHERE = ("nation", "tenth", "rurality")


def in_text(data: dict[str, Any]) -> str:
    """Return the page of an answer that `report.as_data` made."""
    parts = [
        _head(data),
        _reach(data),
        _left_out(data),
        _by_group(data),
        _fair(data),
        _sites(data),
        _candidates(data),
        _assumed(data),
    ]
    return "\n".join(line for part in parts for line in [*part, ""])


def _head(data: dict[str, Any]) -> list[str]:
    everybody, plan = _group(data["measures"], "all", "all"), data["plan"]
    asked = {"median": "the mean way as short as can be", "center": "the longest way as short as can be"}
    question = data["question"]
    aim = asked.get(question["objective"], f"as many in need as can be within {question['within']} minutes")
    lines = [
        f"Where {question['clinics']} clinics should be: {aim}",
        *(f"NOTE: {'minutes are ' if at == 0 else ''}{label}." for at, label in enumerate(data["labels"])),
        f"For {_people(everybody['adults'])} adults, of whom {_spread(everybody['in need'], _people)} are in need "
        f"of a clinic.",
        *_near_and_places(data["measures"]),
        f"Intervals hold the middle 95 % of {data['measures']['draws']} draws; seed {question['seed']}.",
        "",
    ]
    by = "by this aim and these estimated minutes" if data["minutes are"] == PROXY_LABEL else "by this aim"
    if plan["is proven"]:
        return [*lines, f"Proven: no plan does better {by}. {plan['method']}."]
    lines.append(
        f"Proven: no plan does better {by} by more than {plan['gap']:.2%} "
        f"({plan['objective']:.4g} {plan['unit']}; no plan gets beyond {plan['bound']:.4g})."
    )
    return [*lines, *(["The search was cut short by time: another run may differ."] if plan["is cut short"] else [])]


def _near_and_places(found: dict[str, Any]) -> list[str]:
    """Say side by side how many are near a clinic and how many of them can be treated there: near is not treated."""
    near = _spread(_within(_group(found, "all", "all")), _percent)
    each = access_figure("measures", "starts_of_a_clinic").value
    return [
        f"Within {HOUR} minutes of a clinic: {near} of those in need. To be near is not to be treated:",
        f"places there: {_spread(found['indices']['places_per_need'], _two)} starts a year for each 1,000 in need, "
        f"at {each:g} a clinic.",
    ]


def _reach(data: dict[str, Any]) -> list[str]:
    lines = ["WHO IS NEAR A CLINIC"]
    for said, found in (("", data["measures"]), ("without a car: ", data["without a car"])):
        if found is None:
            continue
        everybody = _group(found, "all", "all")
        worst = found["indices"]["worst_off_minutes"]
        lines += [
            f"  {said}mean way {_spread(everybody['minutes'], _minutes)} minutes; "
            f"worst-off tenth {_spread(worst, _minutes)}",
            *(
                f"  {said}within {limit} minutes: {_spread(share, _percent)} of adults in need"
                for limit, share in everybody["within"].items()
            ),
        ]
    if data["without a car"] is None:
        lines.append("  Without a car: not known. Give a table of those minutes (--without-car).")
        lines.append("  Nobody may drive home after a session, so it matters.")
    return lines


def _left_out(data: dict[str, Any]) -> list[str]:
    beyond, groups = data["measures"]["beyond"], data["measures"]["groups"]
    nations = _farthest_first([one for one in groups if one["breakdown"] == "nation"], beyond["places"], "nation")
    bodies = _farthest_first([one for one in groups if one["breakdown"] == BODY], beyond["places"], BODY)
    names = {one.code: one.name for one in health_bodies()}
    lines = [
        "WHO IS LEFT OUT",
        f"  {_spread(beyond['adults'], _people)} adults are more than {beyond['limit']} minutes from every clinic.",
        f"  In need within {HOUR} minutes, and adults in places beyond {beyond['limit']} by the minutes of the table:",
        *(_share_line(name, share, adults) for name, share, adults in nations),
    ]
    if len(bodies) > 1:
        lines.append("  Health bodies with the fewest in need within that:")
        lines += [_share_line(names.get(code, code), share, adults) for code, share, adults in bodies[:WORST_BODIES]]
    if not beyond["places"]:
        return [*lines, "  No whole place is beyond that by the minutes of the table."]
    return [*lines, *_places([name for name, _, _ in nations], beyond["places"])]


def _farthest_first(
    groups: Sequence[dict[str, Any]], places: Sequence[dict[str, Any]], by: str
) -> list[tuple[str, dict[str, float] | None, int | None]]:
    """Return each group with its share within an hour and its adults in places beyond reach, the worst first.

    Adults are those of the places that are told, so that no sum gives a hidden one away.
    """
    adults: dict[str, int] = {}
    for one in places:
        adults[one[by]] = adults.get(one[by], 0) + (one["adults"] or 0)
    rows = [(one["group"], _within(one), adults.get(one["group"])) for one in groups]
    return sorted(rows, key=lambda row: (row[1]["mean"] if row[1] else 1.0, -(row[2] or 0), row[0]))


def _share_line(name: str, share: dict[str, float] | None, adults: int | None) -> str:
    beyond = "none beyond" if adults is None else f"{_people(adults)} adults beyond" if adults else "hidden beyond"
    return f"    {name[:40]:<40} {_spread(share, _percent):>20} {beyond:>24}"


def _places(nations: Sequence[str], places: Sequence[dict[str, Any]]) -> list[str]:
    """Name the largest places beyond reach of each nation, so that no nation hides behind another's large areas."""
    lines = [f"  By the minutes of the table these are {len(places):,} places; the largest of each nation:"]
    for nation in nations:
        mine = [one for one in places if one["nation"] == nation]
        if mine:
            lines.append(f"   {nation} ({len(mine):,}):")
        for one in mine[:NAMED_IN_NATION]:
            way = "no way" if one["minutes"] is None else f"{one['minutes']:.0f} min"
            adults = "hidden" if one["adults"] is None else f"{one['adults']:,} adults"
            lines.append(f"    {one['code']:<10} {one['name'][:40]:<40} {adults:>16} {way:>8}")
    return lines


def _by_group(data: dict[str, Any]) -> list[str]:
    """Return the share within an hour of each group of people, by car and without, and what is not known."""
    lines = ["WHO IS WITHIN 60 MINUTES, BY GROUP"]
    for breakdown in (*WHERE, *PEOPLE.values()):
        for said, found in (("", data["measures"]), (", without a car", data["without a car"])):
            rows = [] if found is None else [one for one in found["groups"] if one["breakdown"] == breakdown]
            if len(rows) > 1:
                lines.append(f"  By {breakdown}{said}:")
                lines += [f"    {one['group'][:40]:<40} {_spread(_within(one), _percent)}" for one in rows]
    return [*lines, *(line for one in data["measures"]["missing"] for line in _wrapped(one))]


def _within(row: dict[str, Any]) -> dict[str, Any] | None:
    return row["within"][HOUR] if row["within"] else None


def _fair(data: dict[str, Any]) -> list[str]:
    found = data["measures"]
    lines = ["HOW FAIR"]
    if data["question"]["areas"] is None:
        return [*lines, "  Not judged: whole health bodies hide who within them is deprived, and who is far away."]
    for gap in found["gaps"]:
        if gap["limit"] == 60:
            first, second = gap["of"].split(" less ")
            whom = f"{first} less {second} people" if first == "rural" else "most less least deprived tenth"
            ratio = f"; ratio {_spread(gap['ratio'], _two)}" if gap["ratio"] else ""
            lines.append(f"  within 60 minutes, {whom}: {_spread(gap['absolute'], _points)} points{ratio}")
    for name in ("slope_index", "inequity_of_places", "gini_of_places"):
        if name in found["indices"]:
            one = found["indices"][name]
            lines.append(f"  {one['what']}: {_spread(one, _two)}")
    lines.append("  By minutes deprived people look well served, because they live in towns. Judge by places and need.")
    return lines


def _sites(data: dict[str, Any]) -> list[str]:
    lines = ["WHICH SITES", f"    {'code':<10} {'name':<40} {'adults nearest':>14} {'minutes':>16}"]
    for one in data["plan"]["sites"]:
        adults = "hidden" if one["adults nearest"] is None else f"{one['adults nearest']:,}"
        minutes = _spread(one["minutes"], _minutes) if one["minutes"] else "nobody's nearest"
        lines.append(f"    {one['code']:<10} {one['name'][:40]:<40} {adults:>14} {minutes:>16}")
        if one["check"]:
            lines.append(f"    {'':<10} CHECK FIRST: {one['check']}")
    return [*lines, "  Check each: what cannot be a clinic for adults is struck with --exclude CODE=REASON."]


def _candidates(data: dict[str, Any]) -> list[str]:
    """Say which sites were candidates at all, what was left out and why, and what the table cannot tell."""
    said = data["candidates"]
    lines = ["WHICH SITES WERE CANDIDATES", f"  {said['used']:,} of {said['found']:,} sites of the table, by kind:"]
    for one in said["kinds"]:
        used = "all used" if one["used"] == one["found"] else f"{one['used']:,} used" if one["used"] else "left out"
        lines.append(f"    {one['kind'][:50]:<50} {one['found']:>6,}  {used}")
    lines += [f"  Struck: {one['code']} {one['name']}: {one['reason']} (by the {one['by']})" for one in _first(said)]
    if (more := len(said["struck"]) - NAMED) > 0:
        lines.append(f"  and {more:,} more, all in the JSON.")
    return [*lines, *(line for one in said["untold"] for line in _wrapped(one))]


def _first(said: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the struck sites that a page names: those of the planner before those of the table."""
    return sorted(said["struck"], key=lambda one: str(one["by"]))[:NAMED]


def _assumed(data: dict[str, Any]) -> list[str]:
    proposals = [one["title"] for one in data["priors"] if one["mark"] == "proposal"]
    return [
        "WHAT THIS RESTS ON",
        f"  Starts of a course by those in need: {_spread(data['starts a year'], _people)} a year.",
        "  Nobody has counted them. Proposals of this project, for you to replace:",
        *(f"    - {title}" for title in proposals),
        *(line for limit in data["limits"] for line in _wrapped(limit)),
        "  The software proposes; the planners who know the places decide.",
        *_wrapped(data["attribution"]),
    ]


def _wrapped(text: str) -> list[str]:
    from textwrap import wrap

    return [f"  {line}" for line in wrap(text, WIDTH)]


def _group(found: dict[str, Any], breakdown: str, name: str) -> dict[str, Any]:
    return next(one for one in found["groups"] if (one["breakdown"], one["group"]) == (breakdown, name))


def _spread(one: dict[str, Any] | None, said: Any) -> str:
    if one is None:
        return "hidden (a small number)"
    return f"{said(one['mean'])} ({said(one['low'])} to {said(one['high'])})"


def _people(count: float | None) -> str:
    """Say a count as people do: to three figures above a thousand."""
    if count is None:
        return "hidden"
    if count >= 1e6:
        return f"{count / 1e6:.3g} million"
    return f"{float(f'{count:.3g}'):,.0f}"


def _minutes(value: float) -> str:
    return f"{value:.0f}"


def _percent(value: float) -> str:
    return f"{value:.0%}"


def _points(value: float) -> str:
    return f"{value * 100:+.0f}"


def _two(value: float) -> str:
    return f"{value:.2f}"
