// Asks every few seconds whether this person was called to an alarm, and shows it on whatever page they are.
const place = document.querySelector("[data-calls]");
const EVERY_MS = 5000;
const LOST_MS = 15000;
const LOST = '<p class="glimmer-call is-medium"><strong>▲ This page cannot hear of alarms:</strong> the connection is lost. Look at the monitors themselves.</p>';

let heardAt = Date.now();
let asking = false;
let shown = "";

if (place) {
  window.setInterval(ask, EVERY_MS);
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") ask(); });
  ask();
}

async function ask() {
  if (asking) return;
  asking = true;
  try {
    const answer = await fetch(place.dataset.calls, { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(4000) });
    if (!answer.ok) throw new Error(String(answer.status));
    put((await answer.json()).html);
    heardAt = Date.now();
  } catch {
    if (Date.now() - heardAt > LOST_MS) put(LOST);
  } finally {
    asking = false;
  }
}

function put(html) {
  if (html === shown) return;
  shown = html;
  place.querySelector("[data-calls-list]").innerHTML = html;
  // The page of that very session shows it already.
  for (const call of place.querySelectorAll("[data-call]")) if (call.dataset.call === location.pathname) call.remove();
  place.hidden = !place.querySelector("p.glimmer-call");
}
