// Asks the planner without leaving the page, again while it works. Without this script the form's button does the same.

const PATIENCE_MS = 12000;
const AGAIN_MS = 700; // the answer itself is waited for about a second
const STARTING_MS = 2500;
const MOST_FAILED = 3;
const COMING = ["working", "starting"];

const form = document.querySelector("[data-planner]");
const place = document.querySelector("[data-planner-answer]");
const says = document.querySelector("[data-planner-says]");
const stop = document.querySelector("[data-planner-stop]");
let due = 0;
let newest = 0;
let failed = 0;
// Whether the best is looked for or what is ticked is worked out: the button that was pressed last says so.
let does = new URLSearchParams(window.location.search).get("do") || "";

form.addEventListener("submit", (event) => {
  event.preventDefault();
  does = event.submitter?.name === "do" ? event.submitter.value : "";
  ask();
});
// What is ticked in the answer itself belongs to the form as well: the sites of the plan.
place.addEventListener("change", (event) => { if (event.target.form === form && event.target.name === "site") { does = "sites"; ask(event.target.id); } });
place.addEventListener("click", toggle);
stop?.addEventListener("click", cease);
goOn(place, new URLSearchParams(window.location.search), "");

function toggle(event) {
  const mark = event.target.closest("[data-toggles]");
  if (!mark) return;
  event.preventDefault();
  const box = document.getElementById(mark.dataset.toggles);
  box.checked = !box.checked;
  does = "sites";
  ask();
}

// Nobody asks any more: the model drops the question by itself. What was answered before stays.
function cease() {
  window.clearTimeout(due);
  newest += 1;
  place.removeAttribute("aria-busy");
  stop.hidden = true;
  if (COMING.includes(stateOf(place))) place.replaceChildren();
  says.textContent = "Stopped. Press “Work it out” to begin again.";
  form.querySelector("[type=submit]").focus();
}

function ask(focusAfter = "") {
  const query = new URLSearchParams(new FormData(form));
  if (does) query.set("do", does);
  send(query, focusAfter);
}

async function send(query, focusAfter) {
  window.clearTimeout(due);
  const mine = (newest += 1);
  if (stop) stop.hidden = false;
  place.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(`${form.dataset.planner}?${query}`, { signal: AbortSignal.timeout(PATIENCE_MS), redirect: "error" });
    if (!answer.ok) throw new Error(String(answer.status));
    const html = await answer.text();
    // An answer to an earlier question may arrive late: it is not shown.
    if (mine !== newest) return;
    failed = 0;
    show(html, query, focusAfter);
  } catch {
    if (mine !== newest) return;
    failed += 1;
    place.removeAttribute("aria-busy");
    says.textContent = "No answer came. What stands below is from before your last change. Press the button to try again.";
    if (failed < MOST_FAILED) due = window.setTimeout(() => send(query, focusAfter), STARTING_MS);
  }
}

function show(html, query, focusAfter) {
  const found = document.createElement("template");
  found.innerHTML = html;
  const isComing = COMING.includes(stateOf(found.content));
  // While the next answer is worked out the one before it stays, dimmed: its ticks belong to the form.
  if (!(isComing && stateOf(place) === "answered")) place.replaceChildren(found.content.cloneNode(true));
  if (!isComing) {
    place.removeAttribute("aria-busy");
    if (focusAfter) document.getElementById(focusAfter)?.focus({ preventScroll: true });
    window.history.replaceState(null, "", `?${query}`);
  }
  goOn(found.content, query, focusAfter);
}

function stateOf(part) {
  return part.querySelector("[data-planner-state]")?.dataset.plannerState ?? "";
}

function goOn(part, query, focusAfter) {
  const what = stateOf(part);
  if (stop) stop.hidden = !COMING.includes(what);
  if (COMING.includes(what)) {
    const done = part.querySelector("[data-planner-state]").dataset.plannerDone;
    says.textContent = what === "working" ? `Being worked out: ${done} %.` : "The model is being started.";
    due = window.setTimeout(() => send(query, focusAfter), what === "working" ? AGAIN_MS : STARTING_MS);
  } else if (says.textContent) {
    says.textContent = what === "answered" ? "Worked out." : "";
  }
}
