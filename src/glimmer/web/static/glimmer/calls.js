// Asks every few seconds whether this person is called, to an alarm or to a patient who is not safe, and shows it on
// whatever page they are. What was heard last stays, and goes on sounding, while nothing can be heard.
const place = document.querySelector("[data-calls]");
const EVERY_MS = 5000;
const LOST_MS = 15000;
const SIGNED_OUT = [401, 403];
const shownTime = new Intl.DateTimeFormat("en-GB", { timeZone: "Europe/London", hour: "2-digit", minute: "2-digit" });

let heardAt = Date.now();
let asking = false;
let known = ""; // what the server said last
let shown = "";

if (place) {
  window.setInterval(ask, EVERY_MS);
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") ask(); });
  for (const back of ["online", "pageshow"]) window.addEventListener(back, ask);
  ask();
}

async function ask() {
  if (asking) return;
  asking = true;
  let status = 0;
  try {
    const answer = await fetch(place.dataset.calls, { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(4000) });
    status = answer.status;
    if (!answer.ok) throw new Error(String(status));
    known = (await answer.json()).html;
    put(known);
    heardAt = Date.now();
  } catch {
    if (SIGNED_OUT.includes(status)) put(deaf('You are signed out here. <a href="">Open this page again</a>.') + known);
    else if (Date.now() - heardAt > LOST_MS) put(deaf("For some time nothing is heard from the server.") + known);
  } finally {
    asking = false;
  }
}

function deaf(why) {
  const below = known ? ` What stands below was heard last at ${shownTime.format(heardAt)}.` : "";
  return `<p class="glimmer-call is-medium"><strong>▲ This page cannot hear of alarms and calls.</strong> ${why} Look at the monitors themselves, and at the tasks in another window.${below}</p>`;
}

function put(html) {
  if (html === shown) return;
  shown = html;
  place.querySelector("[data-calls-list]").innerHTML = html;
  // The page of that very session shows it already, where it is that page and not one that asks for the password.
  const isLive = document.querySelector("[data-live]");
  for (const call of place.querySelectorAll("[data-call]")) if (isLive && call.dataset.call === location.pathname) call.remove();
  place.hidden = !place.querySelector("p.glimmer-call");
}
