// Plays a past session. The server says what was known at each moment; this script only asks for the next one and
// puts the parts in place. It makes no sound. Without it the page is a page at a moment, with links.
import { tell } from "./live.js";

const GAP_MS = 250; // between two frames while playing
const MOST_STEP_MS = 15000;
const REFUSALS = {
  401: "You are signed out. Sign in again.",
  423: "This screen is locked. Load the page again and enter your password.",
};

const root = document.querySelector("[data-replay]");
const shown = new Intl.DateTimeFormat("en-GB", {
  timeZone: "Europe/London", hour: "2-digit", minute: "2-digit", second: "2-digit",
});

if (root) start();

function start() {
  const find = (name) => root.querySelector(`[data-${name}]`);
  const player = find("player");
  const slider = find("slider");
  const stops = JSON.parse(document.getElementById("replay-stops").textContent);
  const first = Number(root.dataset.first);
  let end = Number(root.dataset.last);
  let at = Number(root.dataset.at); // what the page shows
  let holds = at; // what the server was told that the page holds
  let speed = 1;
  let playing = false;
  let asking = false;
  let wanted = null; // a moment that was asked for while an answer was under way
  let toward = at; // the moment asked for last: steps add up, however late the answers are

  for (const element of root.querySelectorAll("[data-needs-script]")) element.hidden = false;

  const clamp = (ms) => Math.min(Math.max(Math.round(ms), first), end);
  const words = (ms) => shown.format(new Date(ms));

  // A frame of the film that comes after the pause is dropped: whoever paused has read a time, and it must stay.
  async function go(ms, film = false) {
    toward = clamp(ms);
    if (asking) {
      wanted = ms;
      return;
    }
    asking = true;
    try {
      const address = new URL(root.dataset.replay, location.href);
      address.search = new URLSearchParams({ at: clamp(ms), holds, viewing: root.dataset.viewing });
      const answer = await fetch(address, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(REFUSALS[answer.status] || "The server did not answer.");
      const frame = await answer.json();
      if (playing || !film) put(frame);
    } catch (problem) {
      stop();
      find("says").textContent = `Stopped at ${words(at)}: ${problem.message} Press play to try again.`;
    } finally {
      asking = false;
    }
    if (wanted !== null) {
      const next = wanted;
      wanted = null;
      await go(next);
    }
  }

  function put(frame) {
    for (const [name, html] of Object.entries(frame.parts)) {
      const part = root.querySelector(`[data-part="${CSS.escape(name)}"]`);
      if (part) part.innerHTML = html;
    }
    find("chart-section").hidden = !frame.charted;
    tell(frame);
    at = holds = frame.at;
    end = frame.end;
    find("clock-words").textContent = words(at);
    find("end-words").textContent = words(end);
    slider.max = String(end);
    slider.value = String(at);
    slider.setAttribute("aria-valuetext", words(at));
    root.dataset.at = String(at);
    if (!playing) say();
  }

  function say() {
    find("says").textContent = playing ? `Playing at ${speed} times the speed.` : `Paused at ${words(at)}.`;
    find("play").textContent = playing ? "Pause" : "Play";
  }

  async function play() {
    if (at >= end) return;
    playing = true;
    say();
    let before = performance.now();
    while (playing && at < end) {
      await new Promise((resolve) => window.setTimeout(resolve, GAP_MS));
      const now = performance.now();
      const step = Math.min((now - before) * speed, MOST_STEP_MS * speed);
      before = now;
      if (playing) await go(at + step, true);
    }
    if (playing) stop();
  }

  function stop() {
    playing = false;
    toward = at;
    say();
    history.replaceState(null, "", `?at=${new Date(at).toISOString()}`);
  }

  function jump(ms) {
    if (playing) stop();
    return go(ms).then(() => history.replaceState(null, "", `?at=${new Date(at).toISOString()}`));
  }

  function neighbour(way, kind) {
    const among = stops.filter(([, one]) => !kind || one === kind).map(([ms]) => ms);
    return way === "on" ? among.find((ms) => ms > at) : among.findLast((ms) => ms < at);
  }

  function toNeighbour(way, kind) {
    const ms = neighbour(way, kind);
    if (ms !== undefined) return jump(ms);
    if (playing) stop();
    find("says").textContent = `There is no ${way === "on" ? "later" : "earlier"} ${kind || "entry"}. Paused at ${words(at)}.`;
  }

  find("play").addEventListener("click", () => (playing ? stop() : play()));
  find("speed").addEventListener("change", (event) => {
    speed = Number(event.target.value);
    say();
  });
  slider.addEventListener("input", () => jump(Number(slider.value)));
  root.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-by], a[data-way], a[data-to]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (link.dataset.by) jump(toward + 1000 * Number(link.dataset.by));
    else if (link.dataset.to) jump(Number(link.dataset.to));
    else toNeighbour(link.dataset.way, link.dataset.kind);
  });
  // Only while the controls have the focus, so that no key means something else elsewhere on the page.
  player.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const on = event.target;
    if (on.matches("select, input:not([type=range])")) return;
    if (event.key === " " && on.matches("button, a")) return;
    if (event.key.startsWith("Arrow") && on === slider && !event.shiftKey) return;
    const act = {
      " ": () => (playing ? stop() : play()),
      ",": () => jump(toward - 1000),
      ".": () => jump(toward + 1000),
      ArrowLeft: () => (event.shiftKey ? toNeighbour("back", "") : jump(toward - 10000)),
      ArrowRight: () => (event.shiftKey ? toNeighbour("on", "") : jump(toward + 10000)),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  say();
}
