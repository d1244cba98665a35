// The chart of a session: panels on one time axis, with limits, dose and events. Its text alternative is the
// table below it; the keyboard is in chart_cursor.js.
import { onNews, serverNow } from "./live.js";
import { aligned, clockTime, keep, keepMark, measured, span, widened } from "./chart_data.js";
import { drawOver, drawUnder, ink, LANES, letters, look, plain } from "./chart_draw.js";
import { steer } from "./chart_cursor.js";

const HEIGHT = { events: 120, pressure: 300, saturation: 110, breathing: 140, temperature: 100, rate: 120, dose: 130 };
const POINTS_ONLY = new Set(["temperature"]);

const holder = document.querySelector("[data-chart]");
const given = document.getElementById("chart-data");
if (holder && given && window.uPlot) show(holder, JSON.parse(given.textContent));

// One chart in its place. News add to it; news that bring a whole chart, as a replay going back does, replace it.
function show(place, chart) {
  let drawn = draw(place, chart);
  const { go } = steer(place, () => drawn.chart, () => drawn.refresh());
  onNews((news) => {
    if (news.chart) {
      const { window: shown, cursor } = drawn.chart;
      place.replaceChildren();
      drawn = draw(place, { ...news.chart, window: shown, cursor });
    } else drawn.take(news);
  });
  place.addEventListener("click", (event) => pick(event, drawn.panels, go));
  for (const moment of ["resize", "beforeprint", "afterprint"]) window.addEventListener(moment, () => drawn.resize());
  plain.addEventListener("change", () => location.reload());
  // What is drawn can be asked for, as a table or a test does: the points of one series.
  place.glimmerSeries = (key) => drawn.chart.series.find((one) => one.key === key).points;
  place.dataset.chart = "drawn";
}

function draw(place, chart) {
  const known = new Map(chart.series.map((one) => [one.key, one]));
  const last = chart.panels.at(-1);
  const panels = chart.panels.map((panel) => makePanel(place, { ...panel, isLast: panel === last }, chart, known));
  const refresh = () => panels.forEach((panel) => panel.refresh());
  const take = (news) => {
    let changed = false;
    for (const [key, at, value] of news.points || []) changed = keep(known.get(key), at, value) || changed;
    for (const mark of news.marks || []) {
      if (mark.withdrawn) anew(chart, known, refresh);
      else changed = keepMark(chart, mark) || changed;
    }
    if (changed) refresh();
  };
  return { chart, panels, refresh, take, resize: () => panels.forEach((panel) => panel.resize()) };
}

// Something was marked as wrong: what counts now, or at the moment of a replay, is fetched whole.
async function anew(chart, known, refresh) {
  await null; // the page first takes in the rest of this news
  const replay = document.querySelector("[data-replay]");
  const at = replay ? `?at=${new Date(Number(replay.dataset.at)).toISOString()}` : "";
  const page = new DOMParser().parseFromString(await (await fetch(location.pathname + at)).text(), "text/html");
  const fresh = JSON.parse(page.getElementById("chart-data").textContent);
  chart.events = fresh.events;
  for (const one of fresh.series) known.get(one.key).points = one.points;
  refresh();
}

// The end of what is known: now, or in a replay its newest entry.
function until(chart) {
  return document.querySelector("[data-replay]") ? measured(chart)[1] : serverNow() / 1000;
}

function pick(event, panels, go) {
  const panel = panels.find((one) => one.plot.over.contains(event.target));
  if (panel) go(panel.plot.posToVal(event.clientX - panel.plot.over.getBoundingClientRect().left, "x"));
}

function makePanel(place, panel, chart, known) {
  const shown = panel.keys.map((key) => known.get(key)).filter(Boolean);
  const box = document.createElement("div");
  box.className = "glimmer-plot";
  box.dataset.panel = panel.name;
  place.append(box);
  const columns = () => (panel.name === "events" ? [span(chart), [null, null]] : aligned(shown));
  const plot = new window.uPlot(options(panel, shown, chart, box), columns(), box);
  return {
    plot,
    refresh: () => plot.setData(columns()),
    resize: () => plot.setSize({ width: widthOf(box), height: heightOf(panel) }),
  };
}

function widthOf(box) {
  return Math.max(240, box.clientWidth);
}

function heightOf(panel) {
  return HEIGHT[panel.name] + (panel.isLast ? 40 : 0);
}

function options(panel, shown, chart, box) {
  const size = letters(box);
  const now = () => until(chart);
  return {
    width: widthOf(box),
    height: heightOf(panel),
    tzDate: (seconds) => window.uPlot.tzDate(new Date(seconds * 1000), "Europe/London"),
    padding: [8, 64, 0, 0],
    cursor: { sync: { key: "session" }, drag: { x: false, y: false }, y: false },
    legend: { show: false },
    scales: { x: { time: true, range: () => span(chart) }, y: { range: (_, low, high) => widened(panel.range, low, high) } },
    axes: axes(panel, size),
    series: [{}, ...(panel.name === "events" ? [{}] : shown.map(series))],
    hooks: {
      drawClear: [(plot) => drawUnder(plot, chart, now())],
      draw: [(plot) => drawOver(plot, panel, shown, chart, now(), size)],
    },
  };
}

function axes(panel, size) {
  const font = `${size}px Arial, sans-serif`;
  const time = { stroke: ink(), show: panel.isLast, values: (_, ticks) => ticks.map(clockTime), space: size * 5, font, size: size * 2 };
  const lanes = { splits: () => LANES.map((_, index) => index + 1), values: () => ["Notes", "Rounds", "Alarms"] };
  const values = { label: panel.label, labelFont: font, labelSize: size * 1.6, space: size * 1.6 };
  return [time, { stroke: ink(), font, size: size * (panel.name === "events" ? 5.2 : 3.6), ...(panel.name === "events" ? lanes : values) }];
}

function series(one) {
  const isCuff = one.key === "systolic" || one.key === "diastolic";
  const bare = isCuff ? { paths: () => null, points: { show: false } } : {};
  const dots = POINTS_ONLY.has(one.key) ? { paths: () => null, points: { show: true, size: 8 } } : {};
  return { label: one.name, spanGaps: false, points: { show: one.points.length < 60, size: 5 }, ...look(one.key), ...bare, ...dots };
}
