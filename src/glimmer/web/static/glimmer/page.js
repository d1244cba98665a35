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

// What takes the server some seconds says so, and is sent once. Without this script the browser's own sign does.
for (const form of document.querySelectorAll("form[data-busy]")) {
  const button = form.querySelector("button");
  const says = form.querySelector("[data-busy-says]");
  const free = () => {
    form.removeAttribute("aria-busy");
    button.removeAttribute("aria-disabled");
    says.textContent = "";
  };
  form.addEventListener("submit", (event) => {
    if (form.getAttribute("aria-busy")) {
      event.preventDefault();
      return;
    }
    form.setAttribute("aria-busy", "true");
    button.setAttribute("aria-disabled", "true");
    says.textContent = form.dataset.busy;
  });
  // Whoever comes back by the browser's own button finds the page as it was left.
  window.addEventListener("pageshow", free);
}
