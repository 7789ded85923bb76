// Restarts a test that only needs to wait.
const form = document.querySelector("form[data-again-after]");
if (form) setTimeout(() => form.requestSubmit(), Number(form.dataset.againAfter) * 1000);
