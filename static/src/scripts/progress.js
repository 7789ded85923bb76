// <progress data-progress-url>: moves on while the server works, and shows the page anew when it is done.
const MILLISECONDS = 1000;

for (const bar of document.querySelectorAll("progress[data-progress-url]")) {
  const look = async () => {
    const answer = await fetch(bar.dataset.progressUrl).catch(() => null);
    const said = answer?.ok ? await answer.json() : null;
    if (said?.finished) return location.reload();
    if (said) {
      bar.max = said.total;
      bar.value = said.done;
    }
    setTimeout(look, MILLISECONDS);
  };
  setTimeout(look, MILLISECONDS);
}
