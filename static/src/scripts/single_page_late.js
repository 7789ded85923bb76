// Where the single page's own script never came, its button would stay shut without a word.
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
