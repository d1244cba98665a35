// The chart's data, and what follows from it: gaps, pauses, the dose by plan, what was so at a moment. Draws nothing.

// Late readings go where they belong in time; the same moment and value is not drawn twice.
export function keep(series, at, value) {
  if (!series) return false;
  const points = series.points;
  let index = points.length;
  while (index > 0 && points[index - 1][0] > at) index -= 1;
  for (let same = index; same > 0 && points[same - 1][0] === at; same -= 1) if (points[same - 1][1] === value) return false;
  points.splice(index, 0, [at, value]);
  return true;
}

export function keepMark(chart, mark) {
  if (chart.events.some((known) => known.seq === mark.seq)) return false;
  chart.events.push(mark);
  chart.events.sort((a, b) => a.at - b.at || a.seq - b.seq);
  return true;
}

// uPlot wants one shared column of times, and one column for each line. `undefined` is a time at which another
// line has its value, null is a gap: where nothing was measured for too long, no line is drawn across.
export function aligned(shown) {
  const lines = shown.map((one) => withGaps(one));
  const times = [...new Set(lines.flatMap((points) => points.map(([at]) => at)))].sort((a, b) => a - b);
  const place = new Map(times.map((at, index) => [at, index]));
  const columns = lines.map((points) => {
    const column = new Array(times.length).fill(undefined);
    for (const [at, value] of points) column[place.get(at)] = value;
    return column;
  });
  return [times, ...columns];
}

function withGaps({ points, gap }) {
  const found = [];
  points.forEach(([at, value], index) => {
    const before = points[index - 1];
    if (before && at - before[0] > gap) found.push([before[0] + 0.05, null]);
    found.push([at, value]);
  });
  return found;
}

// All panels share one time axis: the window that was chosen, or all there is, and never less than ten minutes.
export function span(chart) {
  return chart.window || whole(chart);
}

export function whole(chart) {
  const [first, last] = measured(chart);
  return [first, Math.max(last, first + 600)];
}

// From the first value or event to the newest.
export function measured(chart) {
  const times = chart.series.flatMap((one) => (one.points.length ? [one.points[0][0], one.points.at(-1)[0]] : []));
  const marks = chart.events.map((event) => event.at);
  const first = Math.min(...times, ...marks);
  return Number.isFinite(first) ? [first, Math.max(...times, ...marks)] : [0, 0];
}

// What the panel always shows, and whatever lies beyond it: a dangerous value never falls off the chart.
export function widened([least, most], low, high) {
  return [low == null ? least : Math.min(least, low - 8), high == null ? most : Math.max(most, high + 8)];
}

// The stretches in which the infusion ran, and those in which it was paused, as [from, until] up to `now`.
export function stretches(chart, now) {
  const running = [];
  const paused = [];
  let [since, isRunning] = [null, false];
  for (const { kind, at } of chart.events) {
    if (!["started", "paused", "resumed", "stopped", "completed"].includes(kind)) continue;
    if (since !== null) (isRunning ? running : paused).push([since, at]);
    const over = kind === "stopped" || kind === "completed";
    [since, isRunning] = [over ? null : at, kind === "started" || kind === "resumed"];
  }
  if (since !== null) (isRunning ? running : paused).push([since, Math.max(now, since)]);
  return { running, paused };
}

// The dose as it should have risen: corners of a line, [at, mg].
export function plannedDose(chart, now) {
  if (!chart.plan) return [];
  const { running, paused } = stretches(chart, now);
  const perSecond = chart.plan.dose / (chart.plan.minutes * 60);
  const corners = [];
  let given = 0;
  for (const [from, until] of [...running, ...paused].sort((a, b) => a[0] - b[0])) {
    corners.push([from, given]);
    if (running.some(([start]) => start === from)) {
      const full = from + (chart.plan.dose - given) / perSecond;
      if (full < until) corners.push([full, chart.plan.dose]);
      given = Math.min(chart.plan.dose, given + (until - from) * perSecond);
    }
    corners.push([until, given]);
  }
  return corners;
}

// The newest value of a series at a moment, null where it is older than its gap.
export function valueAt(series, at) {
  const found = series.points.findLast(([when]) => when <= at);
  return found && at - found[0] <= series.gap ? found : null;
}

export function eventsWithin(chart, from, until) {
  return chart.events.filter((event) => event.at >= from && event.at < until);
}

export function eventBeside(chart, at, way) {
  return way > 0 ? chart.events.find((event) => event.at > at + 0.001) : chart.events.findLast((event) => event.at < at - 0.001);
}

export function clockTime(seconds) {
  return CLOCK.format(new Date(seconds * 1000));
}

const CLOCK = new Intl.DateTimeFormat("en-GB", { timeZone: "Europe/London", hour: "2-digit", minute: "2-digit" });
