// Shows an error if the single-page script fails to load, as its button would stay disabled.
import { outcome } from "./single_page_words.js";

const PATIENCE_MILLISECONDS = 2000;

addEventListener("load", () => {
  setTimeout(() => {
    for (const form of document.querySelectorAll("[data-single-page]:not([data-ready], [action])")) {
      form.querySelector("[data-progress]").replaceChildren();
      outcome(form, "unready");
    }
  }, PATIENCE_MILLISECONDS);
});
