// <progress data-progress-url>: moves on while the server works, and shows the page anew when it is done. What is said
// beside it, under data-progress-words, moves along.
const MILLISECONDS = 1000;

for (const bar of document.querySelectorAll("progress[data-progress-url]")) {
  const words = document.querySelector("[data-progress-words]");
  const look = async () => {
    const answer = await fetch(bar.dataset.progressUrl).catch(() => null);
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
