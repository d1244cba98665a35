// Fetches the predicted level into its place, now and then, and greys it once it is old. Nothing else on the page waits
// for it or knows of it; without this script a link leads to the same picture.

const EVERY_MS = 15000;
const PATIENCE_MS = 12000;

const place = document.querySelector("[data-predicted]");
const failed = document.querySelector("[data-predicted-failed]");
let fetchedAt = 0; // by this browser's clock
let asking = false;

if (place) {
  look();
  window.setInterval(look, EVERY_MS);
  window.setInterval(grey, 1000);
}

function drawn() {
  return place.querySelector("[data-predicted-drawn]");
}

async function look() {
  // What has ended no longer changes; what nobody sees is not asked for. A model that is only starting is asked again.
  const picture = drawn();
  if (asking || document.hidden || (picture && !picture.hasAttribute("data-predicted-moves"))) return;
  asking = true;
  try {
    const answer = await fetch(place.dataset.predicted, { signal: AbortSignal.timeout(PATIENCE_MS), redirect: "error" });
    if (!answer.ok) throw new Error(String(answer.status));
    show(await answer.text());
  } catch {
    if (failed) failed.hidden = false;
  } finally {
    asking = false;
  }
}

function show(html) {
  const open = [...place.querySelectorAll("details")].map((one) => one.open);
  // Whoever reads the table with the keyboard stays where they are.
  const stop = stops().indexOf(document.activeElement);
  place.innerHTML = html;
  place.querySelectorAll("details").forEach((one, index) => { one.open = Boolean(open[index]); });
  if (stop >= 0) stops()[stop]?.focus({ preventScroll: true });
  fetchedAt = Date.now();
  if (failed) failed.hidden = true;
}

function stops() {
  return [...place.querySelectorAll("summary, a, [tabindex]")];
}

function grey() {
  const picture = drawn();
  if (!picture?.hasAttribute("data-predicted-moves")) return;
  if (Date.now() - fetchedAt > Number(picture.dataset.predictedSeconds) * 1000) {
    picture.classList.add("is-stale");
    picture.querySelector("[data-predicted-old]").hidden = false;
  }
}
