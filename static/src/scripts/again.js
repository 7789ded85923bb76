// A test that only needs time is begun again by itself.
const form = document.querySelector("form[data-again-after]");
if (form) setTimeout(() => form.requestSubmit(), Number(form.dataset.againAfter) * 1000);
