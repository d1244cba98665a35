// The wall view keeps the screen awake where the browser can, says so where it cannot, and fills the screen on demand.
const words = document.querySelector("[data-wall-awake]");
const full = document.querySelector("[data-wall-full]");
let lock = null;

async function stayAwake() {
  if (document.visibilityState !== "visible" || (lock && !lock.released)) return;
  try {
    lock = await navigator.wakeLock.request("screen");
    words.textContent = "";
  } catch {
    words.textContent = "This browser may let the screen sleep: switch sleep off in the device's settings.";
  }
}

document.addEventListener("visibilitychange", stayAwake);
stayAwake();
if (document.fullscreenEnabled) {
  full.hidden = false;
  full.addEventListener("click", () => document.documentElement.requestFullscreen());
  document.addEventListener("fullscreenchange", () => { full.hidden = Boolean(document.fullscreenElement); });
}
