// Login page settings: checks while typing whether a code is free, and updates the preview.
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
const note = document.getElementById("note");
if (preview && note) {
  whenQuiet(note, () => {
    preview.src = `${preview.dataset.src}?${new URLSearchParams({ note: note.value })}`;
  });
}
