// The chart of a session: panels on one time axis, with limits and events. Its text alternative is the
// table below it. The identity of a line is written at its end; colour only helps.
import { onNews } from "./live.js";

const INK = "#212b32";
const LOOKS = {
  systolic: { stroke: "#005eb8", width: 2 },
  diastolic: { stroke: "#005eb8", width: 2, dash: [6, 4] },
  pulse: { stroke: "#8a1538", width: 2 },
  spo2: { stroke: "#006747", width: 2 },
  respiratory_rate: { stroke: "#330072", width: 2, dash: [6, 4] },
};
const HEIGHT = { pressure: 260, saturation: 100, breathing: 130 };

const holder = document.querySelector("[data-chart]");
const given = document.getElementById("chart-data");
if (holder && given && window.uPlot) draw(holder, JSON.parse(given.textContent));

function draw(place, chart) {
  const known = new Map(chart.series.map((one) => [one.key, one]));
  const last = chart.panels.at(-1);
  const panels = chart.panels.map((panel) => makePanel(place, { ...panel, isLast: panel === last }, chart, known));
  onNews((news) => {
    let changed = false;
    for (const [key, at, value] of news.points || []) changed = keep(known.get(key), at, value) || changed;
    for (const event of news.marks || []) {
      chart.events.push(event);
      changed = true;
    }
    if (changed) for (const panel of panels) panel.refresh();
  });
  window.addEventListener("resize", () => panels.forEach((panel) => panel.resize()));
}

// Late readings go where they belong in time; the same moment and value is not drawn twice.
function keep(series, at, value) {
  if (!series) return false;
  const points = series.points;
  let index = points.length;
  while (index > 0 && points[index - 1][0] > at) index -= 1;
  if (index > 0 && points[index - 1][0] === at && points[index - 1][1] === value) return false;
  points.splice(index, 0, [at, value]);
  return true;
}

function makePanel(place, panel, chart, known) {
  const shown = panel.keys.map((key) => known.get(key)).filter(Boolean);
  const box = document.createElement("div");
  box.className = "glimmer-plot";
  place.append(box);
  const plot = new window.uPlot(options(panel, shown, chart, box), aligned(shown), box);
  return {
    refresh: () => plot.setData(aligned(shown)),
    resize: () => plot.setSize({ width: widthOf(box), height: HEIGHT[panel.name] }),
  };
}

function widthOf(box) {
  return Math.max(240, box.clientWidth);
}

function options(panel, shown, chart, box) {
  return {
    width: widthOf(box),
    height: HEIGHT[panel.name],
    tzDate: (seconds) => window.uPlot.tzDate(new Date(seconds * 1000), "Europe/London"),
    padding: [12, 40, 0, 0],
    cursor: { sync: { key: "session" }, drag: { x: false, y: false } },
    legend: { show: shown.length > 1, live: true },
    scales: { x: { time: true, range: () => span(chart) }, y: { range: (_, low, high) => widened(panel.range, low, high) } },
    axes: [
      { stroke: INK, show: panel.isLast, values: (_, ticks) => ticks.map(clockTime), space: 60 },
      { stroke: INK, label: panel.label, size: 50, labelSize: 22, space: 24 },
    ],
    series: [
      { label: "Time", value: (_, at) => (at == null ? "–" : clockTime(at)) },
      ...shown.map((one) => ({
        label: one.name,
        spanGaps: true,
        points: { show: one.points.length < 60, size: 5 },
        value: (_, value) => (value == null ? "–" : `${value} ${one.unit}`),
        ...LOOKS[one.key],
      })),
    ],
    hooks: { draw: [(plot) => drawOver(plot, panel, shown, chart)] },
  };
}

// All panels share one time axis: from the first value to the newest, and never less than ten minutes.
function span(chart) {
  const times = chart.series.flatMap((one) => (one.points.length ? [one.points[0][0], one.points.at(-1)[0]] : []));
  const marks = chart.events.map((event) => event.at);
  const first = Math.min(...times, ...marks);
  return Number.isFinite(first) ? [first, Math.max(...times, ...marks, first + 600)] : [0, 600];
}

// What the panel always shows, and whatever lies beyond it: a dangerous value never falls off the chart.
function widened([least, most], low, high) {
  return [low == null ? least : Math.min(least, low - 5), high == null ? most : Math.max(most, high + 5)];
}

function clockTime(seconds) {
  return new Intl.DateTimeFormat("en-GB", { timeZone: "Europe/London", hour: "2-digit", minute: "2-digit" }).format(
    new Date(seconds * 1000),
  );
}

// uPlot wants one shared column of times, and one column for each line.
function aligned(shown) {
  const times = [...new Set(shown.flatMap((one) => one.points.map(([at]) => at)))].sort((a, b) => a - b);
  const place = new Map(times.map((at, index) => [at, index]));
  const columns = shown.map((one) => {
    const column = new Array(times.length).fill(null);
    for (const [at, value] of one.points) column[place.get(at)] = value;
    return column;
  });
  return [times, ...columns];
}

function drawOver(plot, panel, shown, chart) {
  const { ctx } = plot;
  const { left, top, width, height } = plot.bbox;
  const scale = window.devicePixelRatio || 1;
  ctx.save();
  ctx.font = `${12 * scale}px Arial, sans-serif`;
  ctx.lineWidth = scale;
  ctx.textAlign = "left";
  ctx.textBaseline = "alphabetic";
  for (const limit of chart.limits.filter((one) => panel.keys.includes(one.key))) {
    const y = plot.valToPos(limit.value, "y", true);
    if (y < top || y > top + height) continue;
    line(ctx, "#d5281b", [2 * scale, 3 * scale], left, y, left + width, y);
    ctx.fillStyle = "#a8071a";
    ctx.fillText(limit.says, left + 4 * scale, y - 3 * scale);
  }
  for (const event of chart.events) {
    const x = plot.valToPos(event.at, "x", true);
    if (x < left || x > left + width) continue;
    line(ctx, "#4c6272", [4 * scale, 4 * scale], x, top, x, top + height);
    ctx.fillStyle = INK;
    ctx.fillText(event.says, x + 3 * scale, top + 11 * scale);
  }
  label(plot, shown, ctx, scale);
  ctx.restore();
}

// Each line's name stands at its newest point, so that nobody has to match colours with a key.
function label(plot, shown, ctx, scale) {
  for (const one of shown) {
    const last = one.points.at(-1);
    if (!last) continue;
    const x = Math.min(plot.valToPos(last[0], "x", true), plot.bbox.left + plot.bbox.width - 36 * scale);
    ctx.fillStyle = LOOKS[one.key].stroke;
    ctx.fillText(one.short, x, plot.valToPos(last[1], "y", true) - 6 * scale);
  }
}

function line(ctx, colour, dash, x1, y1, x2, y2) {
  ctx.strokeStyle = colour;
  ctx.setLineDash(dash);
  ctx.beginPath();
  ctx.moveTo(x1, y1);
  ctx.lineTo(x2, y2);
  ctx.stroke();
}
