// A box to sign in: pointer strokes become SVG path data in a hidden field, in whole units of the canvas. Without
// script the box stays hidden, and a typed name or a scan are the ways to sign.

const part = document.querySelector("[data-signature]");
if (part) begin(part);

function begin(box) {
  const canvas = box.querySelector("canvas");
  const field = box.querySelector("input[name=path]");
  const ink = canvas.getContext("2d");
  let drawing = false;
  box.hidden = false;
  ink.lineWidth = 3;
  ink.lineCap = "round";
  redraw(ink, canvas, field.value);

  const place = (event) => {
    const shown = canvas.getBoundingClientRect();
    const within = (value, most) => Math.max(0, Math.min(most, Math.round(value)));
    return [
      within(((event.clientX - shown.left) / shown.width) * canvas.width, canvas.width),
      within(((event.clientY - shown.top) / shown.height) * canvas.height, canvas.height),
    ];
  };
  const add = (letter, [x, y]) => {
    const next = `${letter}${x} ${y}`;
    if (field.value.endsWith(next)) return;
    field.value += next;
    redraw(ink, canvas, field.value);
  };
  canvas.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    drawing = true;
    const chosen = box.closest("form").querySelector("input[name=how][value=drawn]");
    if (chosen) chosen.checked = true;
    add("M", place(event));
  });
  canvas.addEventListener("pointermove", (event) => drawing && add("L", place(event)));
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => (drawing = false));
  box.querySelector("[data-signature-clear]").addEventListener("click", () => {
    field.value = "";
    redraw(ink, canvas, "");
  });
}

function redraw(ink, canvas, path) {
  ink.clearRect(0, 0, canvas.width, canvas.height);
  if (path) ink.stroke(new Path2D(path));
}
