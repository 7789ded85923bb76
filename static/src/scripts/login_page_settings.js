// Login page settings: checks while typing whether a code is free, and previews the note in the language in
// which it is typed.
import { sessionFetch } from "./session_fetch.js";

const WAIT_MILLISECONDS = 300;

function whenQuiet(field, act) {
  let timer;
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(act, WAIT_MILLISECONDS);
  });
}

const code = document.querySelector("[data-check]");
if (code) {
  const said = document.getElementById("code-error");
  whenQuiet(code, async () => {
    const address = new URL(code.dataset.check, location);
    address.searchParams.set("code", code.value);
    const answer = await sessionFetch(address);
    if (!answer?.ok) return;
    const { free, text } = await answer.json();
    said.textContent = text;
    said.classList.toggle("form-error", !free);
  });
}

const preview = document.getElementById("preview");
for (const note of preview ? document.querySelectorAll("textarea[data-language]") : []) {
  const show = () => {
    const shown = { note: note.value, language: note.dataset.language };
    const address = `${preview.dataset.src}?${new URLSearchParams(shown)}`;
    if (!preview.src.endsWith(address)) preview.src = address;
  };
  whenQuiet(note, show);
  note.addEventListener("focus", show);
}
