// Moves the answer along with the levers. Without this script the form's button does the same.

const DEBOUNCE_MS = 30; // a moving slider speaks about every 16 ms
const PATIENCE_MS = 8000;
const AGAIN_MS = 4000; // while the model is being prepared

const form = document.querySelector("[data-economics]");
const place = document.querySelector("[data-economics-answer]");
const says = document.querySelector("[data-economics-says]");
let due = 0;
let newest = 0;

for (const slider of form.querySelectorAll("input[type=range]")) {
  const field = document.getElementById(slider.dataset.for);
  slider.hidden = false;
  slider.addEventListener("input", () => { field.value = slider.value; later(); });
  field.addEventListener("input", () => { if (field.value) slider.value = field.value; later(); });
}
form.addEventListener("submit", (event) => { event.preventDefault(); ask(); });
waitIfPreparing();

function later() {
  window.clearTimeout(due);
  due = window.setTimeout(ask, DEBOUNCE_MS);
}

async function ask() {
  window.clearTimeout(due);
  const mine = (newest += 1);
  const query = new URLSearchParams(new FormData(form));
  place.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(`${form.dataset.economics}?${query}`, { signal: AbortSignal.timeout(PATIENCE_MS), redirect: "error" });
    if (!answer.ok) throw new Error(String(answer.status));
    const html = await answer.text();
    // An answer to an earlier question may arrive late: it is not shown.
    if (mine !== newest) return;
    place.innerHTML = html;
    says.textContent = "";
    window.history.replaceState(null, "", `?${query}`);
    waitIfPreparing();
  } catch {
    if (mine === newest) says.textContent = "No answer came. What stands below is from before your last change. Press Work it out to try again.";
  } finally {
    if (mine === newest) place.removeAttribute("aria-busy");
  }
}

function waitIfPreparing() {
  if (place.querySelector("[data-economics-state=waiting]")) {
    window.clearTimeout(due);
    due = window.setTimeout(ask, AGAIN_MS);
  }
}
