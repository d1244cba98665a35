// Starts the NHS components' own behaviour (menu, error summary focus, double-click guard).
// Pages work without it.
import { initAll } from "../vendor/nhsuk-frontend/nhsuk-frontend.min.js";

initAll();

// What was done is said at the top, but the page of a session goes on where the work goes on: the words come along.
const JUST_SAID_MS = 8000;
if (location.hash && document.querySelector(".glimmer-session")) {
  for (const said of document.querySelectorAll(".nhsuk-notification-banner")) {
    said.classList.add("is-just-said");
    const letGo = () => said.classList.remove("is-just-said");
    window.setTimeout(letGo, JUST_SAID_MS);
    // It was seen by whoever goes on, and must not cover what the next press says.
    document.addEventListener("pointerdown", letGo, { once: true });
    // Anew, below the words: the browser went there before it knew of them.
    window.addEventListener("load", () => document.getElementById(location.hash.slice(1))?.scrollIntoView());
  }
}

// A form that came back with errors may name a place further down, and the browser goes there: what is wrong is said
// at the top, and comes first.
const wrong = document.querySelector(".nhsuk-error-summary");
if (wrong && location.hash) {
  window.addEventListener("load", () => window.setTimeout(() => {
    wrong.tabIndex = -1;
    wrong.focus();
    wrong.scrollIntoView();
  }));
}
