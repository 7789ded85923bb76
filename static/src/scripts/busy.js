// Marks a form as busy while it is sent, and prevents a second submit.
const busy = new Set();

document.addEventListener("submit", (event) => {
  const form = event.target;
  // A form whose answer opens in another tab, or in a frame, leaves this page as it is.
  if (event.defaultPrevented || form.method !== "post" || form.target || event.submitter?.formTarget) return;
  if (busy.has(form)) {
    event.preventDefault();
    return;
  }
  busy.add(form);
  // Not `disabled`: that would drop the button's own name and value from what is sent, and the focus with it.
  const button = event.submitter;
  button?.setAttribute("aria-busy", "true");
  button?.setAttribute("aria-disabled", "true");
});

// The back button may bring the page back as it was left; it must be usable again.
addEventListener("pageshow", () => {
  for (const form of busy) {
    for (const button of form.querySelectorAll("[aria-busy]")) {
      button.removeAttribute("aria-busy");
      button.removeAttribute("aria-disabled");
    }
  }
  busy.clear();
});
