// Priority-coded tones, after the patterns of guidance (figures/tones.toml). What should sound stands in the page
// (data-sound, put there by the server); a page that hears nothing any more has a tone of its own. A browser makes
// no sound before somebody pressed something: until then the page says that it is off, with a button.
import { onNews, quietSeconds } from "./live.js";

const given = document.getElementById("tones");
const here = document.querySelector("[data-sound-here]");
const KEPT = "glimmer-sound"; // "on" or "off", for this tab
const HARMONICS = [0, 1, 0.6, 0.5, 0.4, 0.3]; // several partials: a tone of one only is hard to locate
const LOUDNESS = 0.25;
const RISE = 0.2; // of the pulse

const tones = given ? JSON.parse(given.textContent) : null;
let context = null;
let playing = "";
let nextAt = 0;
let sounding = [];

// Puts the pulses of one burst on an audio clock, beginning at `at` seconds; returns what can be stopped.
export function schedule(audio, pattern, at) {
  const wave = audio.createPeriodicWave(new Float32Array(HARMONICS.length), new Float32Array(HARMONICS));
  return pattern.starts.map((start, index) => {
    const pulse = audio.createOscillator();
    const gain = audio.createGain();
    const [from, until] = [at + start, at + start + pattern.pulse];
    pulse.setPeriodicWave(wave);
    pulse.frequency.value = pattern.pitches[index];
    gain.gain.setValueAtTime(0, from);
    gain.gain.linearRampToValueAtTime(LOUDNESS, from + pattern.pulse * RISE);
    gain.gain.setValueAtTime(LOUDNESS, until - pattern.pulse * RISE);
    gain.gain.linearRampToValueAtTime(0, until);
    pulse.connect(gain).connect(audio.destination);
    pulse.start(from);
    pulse.stop(until);
    return pulse;
  });
}

if (tones && here) begin();

function begin() {
  here.querySelector("[data-sound-switch]").addEventListener("click", flip);
  here.querySelector("[data-sound-test]").addEventListener("click", test);
  // Whoever wanted sound in this tab gets it back with the first press on the next page.
  for (const press of ["pointerdown", "keydown"]) document.addEventListener(press, () => wants() && wake(), true);
  if (wants()) wake();
  onNews(beat);
  window.setInterval(beat, 250);
  beat();
}

function wants() {
  return sessionStorage.getItem(KEPT) === "on";
}

function isOn() {
  return wants() && context !== null && context.state === "running";
}

function wake() {
  context ??= new AudioContext();
  context.onstatechange = beat;
  if (context.state !== "running") context.resume().then(beat, () => {});
}

function flip() {
  const on = isOn();
  sessionStorage.setItem(KEPT, on ? "off" : "on");
  if (on) {
    hush();
    beat();
    return;
  }
  wake();
  context.resume().then(test, () => {});
}

function test() {
  if (!context) return;
  schedule(context, tones.patterns.low, context.currentTime + 0.05);
  beat();
}

// What should sound now: the tone of a dead feed outranks what the page said last.
function wanted() {
  if (document.querySelector("[data-live]") && quietSeconds() > tones.dead_after) return "dead_feed";
  const asked = new Set([...document.querySelectorAll("[data-sound]")].map((element) => element.dataset.sound));
  return ["high", "medium", "low"].find((priority) => asked.has(priority)) || "";
}

function beat() {
  const want = wanted();
  say(want);
  if (want !== playing) hush();
  if (!want || !isOn()) return;
  const now = context.currentTime;
  if (want === playing && now < nextAt) return;
  playing = want;
  nextAt = now + tones.patterns[want].every;
  sounding = schedule(context, tones.patterns[want], now + 0.05);
}

function hush() {
  for (const pulse of sounding) pulse.stop();
  sounding = [];
  playing = "";
}

// On or off, in words; off while something should sound is said loudly.
function say(want) {
  const on = isOn();
  const words = on ? "Sound is on in this browser." : want ? "SOUND IS OFF in this browser, and something should sound." : "Sound is off in this browser.";
  put(here.querySelector("[data-sound-words]"), words);
  put(here.querySelector("[data-sound-switch]"), on ? "Switch sound off" : "Switch sound on");
  here.querySelector("[data-sound-switch]").hidden = false;
  here.querySelector("[data-sound-test]").hidden = !on;
  here.dataset.soundHere = on ? "on" : want ? "missed" : "off";
}

function put(element, words) {
  if (element.textContent !== words) element.textContent = words;
}
