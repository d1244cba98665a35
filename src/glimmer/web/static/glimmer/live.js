// Keeps an open page true: takes the server's events, puts new parts in place, counts ages up, and says
// plainly when nothing has been heard. Without this script the page shows the state at its loading and says so.

const SILENCE_MS = 8000; // the server speaks at least every 3 s; two beats missed and some grace
const RETRY_MS = 4000;
const AGAIN_MS = 6000; // silence after a new try for so long: the line is half dead, try once more
const SENDING_MS = 15000; // how long a form that was sent off may take before the page moves on without its answer

const root = document.querySelector("[data-live]");
const listeners = [];
const shown = new Intl.DateTimeFormat("en-GB", {
  timeZone: "Europe/London", hour: "2-digit", minute: "2-digit", second: "2-digit",
});

const openedAt = Date.now();
let heardAt = 0; // by this browser's clock
let skewMs = 0; // server's clock minus this browser's
let source = null;
let triedAt = 0;
let quietSince = 0; // when what was heard last was heard, while the page is not live
let closedFor = "";
let sentAt = 0; // when a form of this page was sent off

export function serverNow() {
  return Date.now() + skewMs;
}

// How long nothing was heard from the server, from the opening of the page at first.
export function quietSeconds() {
  return (Date.now() - (heardAt || openedAt)) / 1000;
}

export function onNews(listener) {
  listeners.push(listener);
}

// Hand news to whoever listens, such as the chart: the event stream does, and so does a replay.
export function tell(news) {
  for (const listener of listeners) listener(news);
}

if (root) {
  document.addEventListener("submit", () => { sentAt = Date.now(); });
  window.setInterval(tick, 1000);
  // A tablet that wakes, a network that is back, a page that comes out of the browser's memory: look at once.
  for (const back of ["online", "pageshow", "focus"]) window.addEventListener(back, tick);
  document.addEventListener("visibilitychange", tick);
  const alarms = root.querySelector("[data-part=alarms]");
  const look = ([seen]) => root.classList.toggle("sees-alarms", seen.isIntersecting);
  if (alarms) new IntersectionObserver(look, { rootMargin: "-80px 0px" }).observe(alarms);
  connect();
}

function connect() {
  const address = new URL(root.dataset.live, location.href);
  // A reconnect by the browser itself sends Last-Event-ID; one made here says it in the address.
  address.searchParams.set("after", root.dataset.liveSeq || "0");
  triedAt = Date.now();
  source?.close();
  source = new EventSource(address);
  source.addEventListener("state", (event) => hear(JSON.parse(event.data), event.lastEventId));
  source.addEventListener("bye", (event) => leave(JSON.parse(event.data).why));
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED && !closedFor) window.setTimeout(again, RETRY_MS);
  });
}

function again() {
  if (!closedFor && Date.now() - triedAt >= RETRY_MS) connect();
}

function leave(why) {
  closedFor = why;
  source.close();
  say(false);
}

function hear(news, seq) {
  const missedFrom = quietSince;
  quietSince = 0;
  heardAt = Date.now();
  skewMs = news.now * 1000 - heardAt;
  if (seq) root.dataset.liveSeq = seq;
  const known = new Set([...root.querySelectorAll(".glimmer-log > li")].map((line) => line.id));
  for (const [name, html] of Object.entries(news.parts || {})) put(name, html);
  if (missedFrom) tellMissed(missedFrom, known);
  say(true);
  age();
  moved(news.shape);
  tell(news);
}

function tick() {
  age();
  if (!heardAt || Date.now() - heardAt <= SILENCE_MS) return;
  quietSince = heardAt;
  say(false);
  // A line can be dead without an error, after a sleep or behind a router: a new one is the only way to know.
  if (!closedFor && Date.now() - triedAt > AGAIN_MS) connect();
}

// What happened while the page heard nothing: it is all in the chart and in the record, and here it is counted.
function tellMissed(from, known) {
  const place = root.querySelector("[data-live-away]");
  if (!place) return;
  const fresh = [...root.querySelectorAll(".glimmer-log > li")].filter((line) => !known.has(line.id));
  const alarms = fresh.filter((line) => line.classList.contains("is-alarm_raised"));
  const words = [`This page was not live from ${shown.format(new Date(from + skewMs))} to ${shown.format(new Date(serverNow()))}.`];
  if (alarms.length) words.push(`${counted(alarms.length, "alarm")} came up meanwhile: ${alarms.map(saidIn).join(" ")}`);
  if (fresh.length) words.push(`${counted(fresh.length, "new line")} below under What happened.`);
  place.querySelector("p").textContent = words.join(" ");
  place.hidden = false;
  place.querySelector("button").onclick = () => { place.hidden = true; };
}

function counted(number, what) {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

function saidIn(line) {
  const [at, what] = [".glimmer-log__time", ".glimmer-log__what"].map((part) => line.querySelector(part).textContent.trim());
  return `${at} ${what}`;
}

// Live or not, in words, and the values greyed when they may be old.
function say(live) {
  const state = root.querySelector("[data-live-state]");
  root.classList.toggle("is-not-live", !live);
  if (!state || (state.dataset.live === String(live) && live)) return;
  const since = heardAt ? ` since ${shown.format(new Date(heardAt + skewMs))}` : "";
  const words = live ? "Live" : `Not live${since}. ${closedFor || "The connection is lost; trying again. Look at the monitor itself."}`;
  const slot = state.querySelector("[data-live-words]");
  if (slot.textContent !== words) slot.textContent = words;
  state.dataset.live = String(live);
}

// Ages count up between events, so that an old value never looks new.
function age() {
  for (const element of root.querySelectorAll("[data-since]")) {
    const text = ageInWords(serverNow() / 1000 - Number(element.dataset.since));
    if (element.textContent !== text) element.textContent = text;
  }
  for (const element of root.querySelectorAll("[data-left]")) {
    const text = ` (${leftInWords(Number(element.dataset.left) - serverNow() / 1000)})`;
    if (element.textContent !== text) element.textContent = text;
  }
  for (const clock of root.querySelectorAll("[data-clock]")) clock.textContent = shown.format(new Date(serverNow()));
}

function leftInWords(seconds) {
  const whole = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")} left`;
}

function ageInWords(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s ago`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ago`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min ago`;
}

// The session went into another phase: other forms belong on the page. Nothing typed is thrown away.
function moved(shape) {
  if (!shape || shape === root.dataset.liveShape) return;
  // The news of this person's own press comes before its answer, which says what was done and where to go on.
  if (Date.now() - sentAt < SENDING_MS) return;
  const banner = root.querySelector("[data-live-moved]");
  // Never a reload: after a refused press this page is the answer to a form, and a reload would press again.
  const address = banner?.querySelector("a")?.href;
  if (address && !typedSomething()) {
    location.replace(address);
    return;
  }
  if (banner) banner.hidden = false;
}

function typedSomething() {
  if (document.querySelector(".nhsuk-error-summary")) return true; // what was refused is still being worked on
  for (const input of document.querySelectorAll("main input, main textarea, main select")) {
    if (input.type === "hidden" || input.type === "submit") continue;
    if (input.type === "radio" || input.type === "checkbox") {
      if (input.checked !== input.defaultChecked) return true;
    } else if (input.tagName === "SELECT") {
      if ([...input.options].some((option) => option.selected !== option.defaultSelected && option.value)) return true;
    } else if (input.value !== input.defaultValue) return true;
  }
  return false;
}

// Putting a part in place changes only what differs: focus, typed text and open details stay.
function put(name, html) {
  const part = root.querySelector(`[data-part="${CSS.escape(name)}"]`);
  if (!part) return;
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  morphChildren(part, fresh.content);
  arm(part);
}

function morph(from, to) {
  if (from.tagName === "INPUT" && from.type === "hidden") return;
  for (const { name, value } of to.attributes) {
    if (from.getAttribute(name) !== value) from.setAttribute(name, value);
  }
  for (const { name } of [...from.attributes]) {
    if (!to.hasAttribute(name) && name !== "open") from.removeAttribute(name);
  }
  if (from.tagName !== "TEXTAREA") morphChildren(from, to);
}

function morphChildren(from, to) {
  const known = new Map([...from.children].filter((child) => child.id).map((child) => [child.id, child]));
  let at = from.firstChild;
  for (const want of [...to.childNodes]) {
    const match = want.id ? known.get(want.id) : null;
    if (match) {
      if (match === at) at = at.nextSibling;
      else from.insertBefore(match, at);
      morph(match, want);
    } else if (at && !at.id && !want.id && at.nodeName === want.nodeName) {
      if (at.nodeType === Node.ELEMENT_NODE) morph(at, want);
      else if (at.nodeValue !== want.nodeValue) at.nodeValue = want.nodeValue;
      at = at.nextSibling;
    } else {
      from.insertBefore(want.cloneNode(true), at);
    }
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

// Parts are rendered once for everybody, so each browser puts its own sign into the forms.
function arm(part) {
  for (const input of part.querySelectorAll("input[name=csrfmiddlewaretoken]")) input.value = root.dataset.liveCsrf || "";
  for (const input of part.querySelectorAll("input[name=form_token]")) if (!input.value) input.value = pressToken();
}

export function pressToken() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
