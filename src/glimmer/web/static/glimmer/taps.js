// One-tap notes without leaving the page: sent at once, in the record a moment later, taken back for a while.
// Without this script each button is an ordinary form.
import { pressToken, serverNow } from "./live.js";

const taps = document.querySelector("[data-taps]");
const tapped = document.querySelector("[data-tapped]");
const words = tapped?.querySelector("[data-tapped-words]");
const undo = tapped?.querySelector("[data-tapped-undo]");
const clock = new Intl.DateTimeFormat("en-GB", {
  timeZone: "Europe/London", hour: "2-digit", minute: "2-digit", second: "2-digit",
});
const LOCKED = 423; // nobody pressed anything for a while, and the password is asked for (web/lock.py)
let undoUntil = 0;
let undoSeq = 0;

if (taps && tapped) {
  taps.addEventListener("submit", tap);
  undo.addEventListener("click", takeBack);
  window.setInterval(() => { if (!undo.hidden && Date.now() > undoUntil) undo.hidden = true; }, 500);
}

async function tap(event) {
  event.preventDefault();
  // The record is not sent off from here: a page that moves on by itself must not wait for this form.
  event.stopPropagation();
  const form = event.target;
  const button = form.querySelector("button");
  // A double tap is one note; glove and fingertip both bounce.
  if (form.dataset.busy) return;
  form.dataset.busy = "yes";
  window.setTimeout(() => delete form.dataset.busy, Number(taps.dataset.againAfter) * 1000);
  const fields = new FormData(form);
  fields.set("text", button.value);
  const at = clock.format(new Date(serverNow()));
  const answer = await send(form.action, fields);
  if (answer === LOCKED) {
    // The screen is locked: as an ordinary form the press is kept while the password is asked for.
    const kept = document.createElement("input");
    Object.assign(kept, { type: "hidden", name: "text", value: button.value });
    form.append(kept);
    form.submit();
    return;
  }
  if (!answer) {
    // The sign of this press stays the same: what did arrive after all is not stored twice.
    say(`Not saved: “${button.value}”, ${at}. Press it again; if that fails too, write it on paper.`, 0);
    return;
  }
  form.querySelector("[name=form_token]").value = pressToken();
  say(`The note was saved. ${at}: ${button.value}.`, answer.seq);
}

async function takeBack() {
  const fields = new FormData();
  fields.set("csrfmiddlewaretoken", tapped.dataset.csrf);
  fields.set("form_token", pressToken());
  fields.set("about", undoSeq);
  fields.set("reason", "Taken back right after the tap");
  undo.hidden = true;
  const answer = await send(tapped.dataset.undo, fields);
  say(answer && answer !== LOCKED ? "Taken back: the line stays in the record, crossed out." : "Not taken back. Mark the line as wrong under What happened.", 0);
}

async function send(address, fields) {
  try {
    const answer = await fetch(address, { method: "POST", body: fields, headers: { "X-Glimmer-Press": "tap" }, redirect: "error" });
    if (answer.status === LOCKED) return LOCKED;
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

function say(text, seq) {
  words.textContent = text;
  undoSeq = seq;
  undoUntil = Date.now() + Number(tapped.dataset.undoWithin) * 1000;
  undo.hidden = !(seq && tapped.dataset.undo);
}
