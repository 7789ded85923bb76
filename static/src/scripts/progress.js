// <progress data-progress-url>: updates while the server works, and reloads the page when it is done. The text
// in data-progress-words is updated, too.
import { sessionFetch } from "./session_fetch.js";

const MILLISECONDS = 1000;

for (const bar of document.querySelectorAll("progress[data-progress-url]")) {
  const words = document.querySelector("[data-progress-words]");
  const look = async () => {
    const answer = await sessionFetch(bar.dataset.progressUrl);
    const said = answer?.ok ? await answer.json() : null;
    if (said?.finished) return location.reload();
    if (said) {
      if (said.total) {
        bar.max = said.total;
        bar.value = said.done;
      }
      if (words && said.words) words.textContent = said.words;
    }
    setTimeout(look, MILLISECONDS);
  };
  setTimeout(look, MILLISECONDS);
}
