// The single-page flow's messages: progress and outcome. The texts are in the page's templates.
export function progress(form, stage, button) {
  const words = document.getElementById("single-page-progress").content.querySelector(`[data-for="${stage}"]`);
  form.querySelector("[data-progress]").textContent = words?.textContent ?? "";
  for (const busy of form.querySelectorAll("[aria-busy]")) busy.removeAttribute("aria-busy");
  if (stage) (button ?? form.querySelector("button")).setAttribute("aria-busy", "true");
}

export function outcome(form, name, values = {}) {
  const place = form.querySelector("[data-outcome]");
  place.replaceChildren();
  if (!name) return;
  const shown = document.getElementById(`single-page-${name}`).content.cloneNode(true);
  for (const slot of shown.querySelectorAll("[data-slot]")) slot.textContent = values[slot.dataset.slot] ?? "";
  for (const button of shown.querySelectorAll("[data-copy-of]"))
    button.dataset.copy = values[button.dataset.copyOf] ?? "";
  for (const part of shown.querySelectorAll("[data-with]")) part.hidden = !values[part.dataset.with];
  place.append(shown);
}
