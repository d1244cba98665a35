// The chart by keyboard: a cursor that goes minute by minute or from event to event and says what was so then.
import { clockTime, eventBeside, eventsWithin, measured, span, valueAt, whole } from "./chart_data.js";

const MINUTE = 60;
const SHORTEST = 5 * MINUTE;

export function steer(place, current, redraw) {
  const says = document.querySelector("[data-chart-says]");
  const keys = {
    ArrowLeft: () => go(here() - MINUTE),
    ArrowRight: () => go(here() + MINUTE),
    ArrowUp: () => go(eventBeside(current(), here(), -1)?.at ?? here()),
    ArrowDown: () => go(eventBeside(current(), here(), 1)?.at ?? here()),
    Home: () => go(measured(current())[0]),
    End: () => go(measured(current())[1]),
    "+": () => zoom(0.5),
    "=": () => zoom(0.5),
    "-": () => zoom(2),
    0: () => all(),
    Escape: () => all(),
  };
  place.addEventListener("keydown", (event) => {
    const act = event.ctrlKey || event.altKey || event.metaKey ? null : keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  for (const button of document.querySelectorAll("[data-chart-press]")) {
    button.hidden = false;
    button.addEventListener("click", () => keys[button.dataset.chartPress]());
  }

  function here() {
    return current().cursor ?? measured(current())[1];
  }

  function go(at) {
    const [first, last] = measured(current());
    current().cursor = Math.min(Math.max(at, first), last);
    follow();
    tell();
    redraw();
  }

  // A cursor beyond the window takes the window with it.
  function follow() {
    if (!current().window) return;
    const [from, until] = current().window;
    const shift = current().cursor < from ? current().cursor - from : current().cursor > until ? current().cursor - until : 0;
    current().window = [from + shift, until + shift];
  }

  function zoom(factor) {
    const [from, until] = span(current());
    const [first, last] = whole(current());
    const width = Math.max((until - from) * factor, SHORTEST);
    if (width >= last - first) {
      all();
      return;
    }
    const start = Math.min(Math.max(here() - width / 2, first), last - width);
    current().window = [start, start + width];
    tell();
    redraw();
  }

  function all() {
    current().window = null;
    tell();
    redraw();
  }

  function tell() {
    const [from, until] = span(current());
    const shown = current().window ? ` Shown: ${clockTime(from)} to ${clockTime(until)}.` : "";
    says.textContent = saidAt(current(), here()) + shown;
  }

  return { go };
}

// "10:31: BP 124/76 mmHg, Pulse 72 /min. Alarm, high: ..." What was not measured is left out, and said where nothing was.
export function saidAt(chart, at) {
  const known = new Map(chart.series.map((one) => [one.key, one]));
  const [high, low] = ["systolic", "diastolic"].map((key) => valueAt(known.get(key), at));
  const values = high && low ? [`BP ${high[1]}/${low[1]} mmHg at ${clockTime(high[0])}`] : [];
  for (const one of chart.series) {
    if (one.key === "systolic" || one.key === "diastolic") continue;
    const found = valueAt(one, at);
    if (found) values.push(one.key === "dose_given" ? `${found[1]} mg given` : `${one.short} ${found[1].toFixed(one.decimals)} ${one.unit}`);
  }
  const events = eventsWithin(chart, at, at + MINUTE).map((event) => ` ${clockTime(event.at)} ${event.words}.`);
  return `${clockTime(at)}: ${values.join(", ") || "nothing measured"}.${events.join("").replaceAll("..", ".")}`;
}
