// Asks a security key and puts what it answers into the form. The server made the question, and judges the answer.
const part = document.querySelector("[data-security-key]");
const form = part && document.getElementById(part.dataset.form);
const SAYS = {
  none: "This browser, or this address, cannot use security keys. The pages must be reached by https.",
  away: "The key was not touched in time, or is not one that you added here. Press the button to try again.",
  known: "This key is added already.",
};

if (form) {
  form.addEventListener("submit", async (event) => {
    if (form.elements.answer.value) return; // answered: let the form go
    event.preventDefault();
    await ask();
  });
}

async function ask() {
  if (!window.PublicKeyCredential) return say(SAYS.none);
  part.querySelector("[data-key-says]").hidden = true;
  try {
    const options = { publicKey: asBytes(JSON.parse(part.dataset.options)) };
    const made = await navigator.credentials[part.dataset.securityKey](options);
    form.elements.answer.value = JSON.stringify(asText(made));
    form.submit();
  } catch (problem) {
    say(problem.name === "InvalidStateError" ? SAYS.known : problem.name === "SecurityError" ? SAYS.none : SAYS.away);
  }
}

function say(words) {
  const place = part.querySelector("[data-key-says]");
  place.textContent = words;
  place.hidden = false;
}

// The question comes as text; the browser wants bytes where the standard says so.
function asBytes(options) {
  options.challenge = bytes(options.challenge);
  if (options.user) options.user.id = bytes(options.user.id);
  for (const name of ["excludeCredentials", "allowCredentials"]) {
    options[name] = (options[name] || []).map((one) => ({ ...one, id: bytes(one.id) }));
  }
  return options;
}

function asText(made) {
  const response = { clientDataJSON: text(made.response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (made.response[name]) response[name] = text(made.response[name]);
  }
  return { id: made.id, rawId: text(made.rawId), type: made.type, response, clientExtensionResults: {} };
}

function bytes(base64url) {
  const plain = atob(base64url.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (sign) => sign.charCodeAt(0));
}

function text(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}
