// What is drawn over and under the lines of a panel: limits, course, pauses, cuff, lanes of events, the cursor.
// Nothing is said by colour alone: lines differ by dash and carry their name, pauses are hatched, events have signs.
import { plannedDose, stretches } from "./chart_data.js";

export const plain = window.matchMedia("(forced-colors: active)");
const INK = "#212b32";
const COLOURS = {
  systolic: "#005eb8", diastolic: "#005eb8", pulse: "#8a1538", spo2: "#006747", respiratory_rate: "#330072",
  temperature: "#594d00", infusion_rate: "#00435a", dose_given: "#00435a",
};
const DASHES = { respiratory_rate: [6, 4], temperature: [2, 3] };
export const LANES = ["notes", "rounds", "alarms"]; // from below

export function ink() {
  return plain.matches ? getComputedStyle(document.body).color : INK;
}

export function look(key) {
  return { stroke: plain.matches ? ink() : COLOURS[key], width: 2, dash: DASHES[key] };
}

// The size of the letters: readable from two metres where there is room.
export function letters(box) {
  return box.clientWidth >= 640 ? 18 : 14;
}

export function drawUnder(plot, chart, now) {
  const { ctx } = plot;
  const { left, top, width, height } = plot.bbox;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, width, height);
  ctx.clip();
  for (const [from, until] of stretches(chart, now).paused) {
    const [x1, x2] = [plot.valToPos(from, "x", true), plot.valToPos(until, "x", true)];
    ctx.fillStyle = "rgba(76, 98, 114, 0.15)";
    ctx.fillRect(x1, top, x2 - x1, height);
    ctx.save();
    ctx.beginPath();
    ctx.rect(x1, top, x2 - x1, height);
    ctx.clip();
    for (let x = x1 - height; x < x2; x += 16) line(ctx, "rgba(76, 98, 114, 0.5)", [], x, top + height, x + height, top);
    ctx.restore();
  }
  ctx.restore();
}

export function drawOver(plot, panel, shown, chart, now, size) {
  const { ctx } = plot;
  const { left, top, width, height } = plot.bbox;
  const scale = window.devicePixelRatio || 1;
  const box = { left, top, width, height, scale, size: size * scale };
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, width + 60 * scale, height);
  ctx.clip();
  ctx.font = `${box.size}px Arial, sans-serif`;
  ctx.lineWidth = scale;
  ctx.textAlign = "left";
  ctx.textBaseline = "alphabetic";
  limits(plot, panel, chart, box);
  course(plot, panel, chart, box);
  if (panel.name === "events") lanes(plot, chart, box);
  if (panel.name === "pressure") cuff(plot, shown, box);
  if (panel.name === "dose") plan(plot, chart, now, box);
  names(plot, panel, shown, box);
  if (chart.cursor != null) cursor(plot, chart.cursor, box);
  ctx.restore();
}

function limits(plot, panel, chart, { left, top, width, height, scale, size }) {
  for (const limit of chart.limits.filter((one) => panel.keys.includes(one.key))) {
    const y = plot.valToPos(limit.value, "y", true);
    if (y < top || y > top + height) continue;
    line(plot.ctx, plain.matches ? ink() : "#d5281b", [2 * scale, 3 * scale], left, y, left + width, y);
    plot.ctx.fillStyle = plain.matches ? ink() : "#a8071a";
    // Two limits of one panel may lie close together: each parameter writes in a column of its own, and the lower of
    // two under its line.
    const crowded = chart.limits.some((other) => other.key === limit.key && isJustBelow(plot, other.value, limit.value, size));
    plot.ctx.fillText(limit.says, left + (limit.key === "diastolic" ? size * 8 : 4 * scale), crowded ? y + size : y - 3 * scale);
  }
}

function isJustBelow(plot, upper, lower, size) {
  const apart = plot.valToPos(lower, "y", true) - plot.valToPos(upper, "y", true);
  return apart > 0 && apart < size * 1.2;
}

function course(plot, panel, chart, { left, top, width, height, scale, size }) {
  for (const event of chart.events.filter((one) => one.lane === "course")) {
    const x = plot.valToPos(event.at, "x", true);
    if (x < left || x > left + width) continue;
    line(plot.ctx, plain.matches ? ink() : "#4c6272", [4 * scale, 4 * scale], x, top, x, top + height);
    if (panel.name !== "events") continue;
    plot.ctx.fillStyle = ink();
    plot.ctx.fillText(event.says, x + 3 * scale, top + size);
  }
}

// Alarms, rounds and notes, each in a lane of its own; signs that would cover each other become a number.
function lanes(plot, chart, { left, width, scale, size }) {
  plot.ctx.fillStyle = ink();
  LANES.forEach((lane, index) => {
    const y = plot.valToPos(index + 0.8, "y", true);
    let last = { x: -1e9, count: 0, says: "" };
    const drawn = [];
    for (const event of chart.events.filter((one) => one.lane === lane)) {
      const x = plot.valToPos(event.at, "x", true);
      if (x < left || x > left + width) continue;
      if (x - last.x < plot.ctx.measureText(last.says).width + 4 * scale) {
        last.count += 1;
        last.says = `${last.first}+${last.count}`;
      } else drawn.push(last = { x, count: 0, says: event.says, first: event.says });
    }
    for (const one of drawn) plot.ctx.fillText(one.says, one.x - size / 3, y);
  });
}

// The cuff measures now and then: a bar from diastolic to systolic with its two ends, and no line in between.
function cuff(plot, shown, { left, width, scale }) {
  const [systolic, diastolic] = ["systolic", "diastolic"].map((key) => shown.find((one) => one.key === key));
  if (!systolic || !diastolic) return;
  const low = new Map(diastolic.points);
  const { ctx } = plot;
  ctx.fillStyle = look("systolic").stroke;
  for (const [at, high] of systolic.points) {
    const x = plot.valToPos(at, "x", true);
    if (x < left || x > left + width) continue;
    const upper = plot.valToPos(high, "y", true);
    tip(ctx, x, upper, 5 * scale, 1);
    if (!low.has(at)) continue;
    const lower = plot.valToPos(low.get(at), "y", true);
    tip(ctx, x, lower, 5 * scale, -1);
    line(ctx, look("systolic").stroke, [], x, upper, x, lower);
  }
}

function tip(ctx, x, y, half, way) {
  ctx.beginPath();
  ctx.moveTo(x, y);
  ctx.lineTo(x - half, y - 1.6 * half * way);
  ctx.lineTo(x + half, y - 1.6 * half * way);
  ctx.fill();
}

function plan(plot, chart, now, { scale, size }) {
  const corners = plannedDose(chart, now);
  for (let index = 1; index < corners.length; index += 1) {
    const [from, until] = [corners[index - 1], corners[index]];
    line(plot.ctx, ink(), [6 * scale, 4 * scale],
      plot.valToPos(from[0], "x", true), plot.valToPos(from[1], "y", true),
      plot.valToPos(until[0], "x", true), plot.valToPos(until[1], "y", true));
  }
  const end = corners.at(-1);
  if (!end) return;
  plot.ctx.fillStyle = ink();
  plot.ctx.fillText("plan", plot.valToPos(end[0], "x", true) + 6 * scale, plot.valToPos(end[1], "y", true) + size * 1.1);
}

// Each line's name stands at its newest point, so that nobody has to match colours with a key.
function names(plot, panel, shown, { left, top, width, scale, size }) {
  const places = shown.map((one) => placeOf(plot, one, { top, size })).filter(Boolean).sort((a, b) => a.y - b.y);
  let above = -1e9;
  for (const { one, at, y } of places) {
    const x = Math.min(plot.valToPos(at, "x", true) + 6 * scale, left + width + 56 * scale - plot.ctx.measureText(one.short).width);
    if (x < left) continue;
    // Where two lines end close together, their names stand one below the other.
    above = Math.max(y, above + size);
    plot.ctx.fillStyle = look(one.key).stroke;
    plot.ctx.fillText(one.short, x, above);
  }
}

function placeOf(plot, one, { top, size }) {
  const last = one.points.at(-1);
  if (!last) return null;
  const lift = one.key === "systolic" ? -size * 0.4 : one.key === "diastolic" ? size : one.key === "dose_given" ? 0 : size * 0.35;
  return { one, at: last[0], y: Math.max(plot.valToPos(last[1], "y", true) + lift, top + size) };
}

function cursor(plot, at, { left, top, width, height, scale }) {
  const x = plot.valToPos(at, "x", true);
  if (x < left || x > left + width) return;
  plot.ctx.lineWidth = 3 * scale;
  line(plot.ctx, ink(), [], x, top, x, top + height);
}

function line(ctx, colour, dash, x1, y1, x2, y2) {
  ctx.strokeStyle = colour;
  ctx.setLineDash(dash);
  ctx.beginPath();
  ctx.moveTo(x1, y1);
  ctx.lineTo(x2, y2);
  ctx.stroke();
}
