// One-tap notes without leaving the page: sent at once, in the record a moment later, taken back for a while.
// Without this script each button is an ordinary form.
import { pressToken, serverNow } from "./live.js";

const taps = document.querySelector("[data-taps]");
const tapped = document.querySelector("[data-tapped]");
const words = tapped?.querySelector("[data-tapped-words]");
const undo = tapped?.querySelector("[data-tapped-undo]");
const undoName = tapped?.querySelector("[data-tapped-undo-name]");
const clock = new Intl.DateTimeFormat("en-GB", {
  timeZone: "Europe/London", hour: "2-digit", minute: "2-digit", second: "2-digit",
});
const LOCKED = 423; // nobody pressed anything for a while, and the password is asked for (web/lock.py)
let undoUntil = 0;
let undoSeq = 0;
// The last thing pressed here: an answer to an earlier press must not hand out the button that takes back.
let lastPress = 0;
let latest = "";
// What failed, by what it was: said until it is done after all, whatever is pressed meanwhile.
const failed = new Map();

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
  // Until this note is stored there is nothing to take back: the button would take back the one before it.
  const press = begin(`Saving: ${button.value} …`);
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
    failed.set(button.value, `Not saved: “${button.value}”, ${at}. Press it again; if that fails too, write it on paper.`);
    say(press, "");
    return;
  }
  form.querySelector("[name=form_token]").value = pressToken();
  failed.delete(button.value);
  say(press, `The note was saved. ${at}: ${button.value}.`, { seq: answer.seq, name: button.value });
}

async function takeBack() {
  const fields = new FormData();
  fields.set("csrfmiddlewaretoken", tapped.dataset.csrf);
  fields.set("form_token", pressToken());
  fields.set("about", undoSeq);
  fields.set("reason", "Taken back right after the tap");
  const name = undoName.textContent;
  const press = begin(`Taking back: ${name} …`);
  const answer = await send(tapped.dataset.undo, fields);
  if (answer && answer !== LOCKED) {
    say(press, `Taken back: ${name}. The line stays in the record, crossed out.`);
  } else {
    failed.set(`undo ${name}`, `Not taken back: “${name}”. Mark the line as wrong under What happened.`);
    say(press, "");
  }
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

function begin(text) {
  lastPress += 1;
  say(lastPress, text);
  return lastPress;
}

function say(press, text, stored = null) {
  if (press === lastPress) {
    latest = text;
    undoSeq = stored?.seq ?? 0;
    undoName.textContent = stored?.name ?? "";
    undoUntil = Date.now() + Number(tapped.dataset.undoWithin) * 1000;
    undo.hidden = !(undoSeq && tapped.dataset.undo);
  }
  words.textContent = [...failed.values(), latest].filter(Boolean).join("\n");
}
