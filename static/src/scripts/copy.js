// <button data-copy="what to copy" data-copied="…" data-copy-failed="…">: copies, and shows the outcome for two seconds.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const label = button.querySelector("[data-copy-label]");
  button.dataset.label ??= label.textContent;
  const before = button.dataset.label;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    label.textContent = button.dataset.copied;
  } catch {
    label.textContent = button.dataset.copyFailed; // no clipboard on plain http, or permission refused
  }
  clearTimeout(button.timer);
  button.timer = setTimeout(() => (label.textContent = before), 2000);
});
